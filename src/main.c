// main.c - where the program begins. The way of the data through the files:
//
//   cli/cli             finds the command
//   cli/options         reads a command line by an option table
//   cli/list_options    THE option table of the listing; port_options: those about single ports
//   cli/cmd_list        the listing: filter and layout; take: collect, name, select
//   cli/cmd_check       can I have this port? also cmd_free, cmd_wait, cmd_kill
//   cli/inspect         what they need to know: table, ranges, attempts to bind, verdicts
//   cli/cmd_audit       which listeners should not be there? audit_options: THE option table
//   cli/cmd_help        the help, from the tables; nearest: the word that was most likely meant
//
//   platform/linux/     asks the system, and fills the builder
//     collect             table by table
//     sock_diag           asks by netlink
//     decode              what netlink and /proc/net answer to rows
//     owners              socket to processes; owner_table: sockets by inode
//     owners_bpf          by a BPF iterator, sockets.bpf; owners_proc: by a walk
//     resolver            process to executable, arguments, user, start; proc_parse: text to fields
//     ports               attempts to bind, ranges; process_handle: ends a process
//     exe_location        where an executable is, and who can write there
//     proc_fs             files and directories of /proc
//     advice              texts that name tools of Linux; confine: gives privileges up
//   platform/posix/     what Linux shares with other POSIX systems
//     file, host, terminal
//   platform/           what all systems share: remote_names, reverse DNS; file_read
//
//   platform/windows/   the same for Windows
//     collect             table by table, with their owners
//     ip_helper           from iphlpapi.dll: bytes, then rows
//     resolver            process to name, services, executable, arguments, user, start
//     process             what Windows reports about one process; services: what runs in it
//     exe_location        where an executable is, and who may write there
//     ports               attempts to bind; netsh: ranges that only netsh.exe reports
//     process_handle      ends a process
//     file                files that appear as a whole or not at all
//     win32               UTF-8, error numbers, late-bound functions, names and clocks
//     terminal            the console
//     advice              texts that name tools of Windows
//     confine             gives up what a run does not need
//     wmain               takes the command line in UTF-16
//
//   model/              plain data and pure functions
//     base text sort      statuses, foreign bytes, a stable sort
//     address endpoint    one row
//     filter              which rows are wanted
//     check               the verdict on a port
//     builder             filling a snapshot; builder_owners: links, processes, selection
//     snapshot            reading it
//     audit               listeners and findings; audit_rules: THE rule table
//     services            THE table of products that must not be reached
//     policy              what may listen: learning, matching; policy_parse, policy_text
//
//   format/             rows to text
//     columns             what each column says of a row, and the column table
//     column_set          picking columns, and writing and sorting rows by them
//     value               one value of a column: as text, as JSON, and its order
//     table, json         lines for people; JSON with its commas and line breaks
//     out                 buffered text on its way to a stream
//     listing_report      a listing as a table, JSON, NDJSON or CSV
//     check_report        what a check of ports found
//     audit_report        an audit as a table, JSON or NDJSON; prometheus: as metrics
#include <stdio.h>

#include "cli/cli.h"
#include "platform/platform.h"
#include "platform/terminal.h"

int main(int argc, char **argv) {
    struct psc_terminal *terminal = psc_terminal_init();
    struct psc_streams streams = {.in = stdin, .out = stdout, .err = stderr, .own_process = true};
    struct psc_error error;
    int result = PSC_EXIT_UNKNOWN;
    if (psc_platform_require_stack(&error) == PSC_OK) {
        psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
        result = psc_cli_run(argc, argv, &streams);
    } else {
        fputs("portscope: ", stderr); // fprintf would take 8 KB of stack
        fputs(error.text, stderr);
        fputs("\n", stderr);
    }
    psc_terminal_done(terminal);
    return result;
}
