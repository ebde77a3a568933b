// main.c - where the program begins. All files, as a listing passes through them; two spaces follow the
// names:
//
//   cli/  the command line
//     cli, commands  finds the command, runs it, and chooses the exit status
//     options  reads arguments
//     option_table  every option of every command, and what options mean together
//     suggest  the word that was most likely meant
//     cmd_list  the listing
//     cmd_check  can a server use this port? if not, why?
//     cmd_free  prints a free port
//     cmd_wait  waits until a port is free, or until a server listens
//     cmd_kill, protected  stops what holds a port; the programs that it never stops
//     cmd_audit  what listens, and what is wrong with it
//     cmd_help  the help, from the tables
//   lib/  what the program and libportscope share
//     collect  a snapshot: rows, owners, names
//     port_survey  table, ranges and attempts to bind for single ports
//     portscope  libportscope: include/portscope.h over these two
//   platform/  what a system must provide; one of the systems below is linked
//     platform, terminal, file, remote_names  the contract; reverse DNS in parallel
//     file_read  whole files
//     socket_address  addresses for the system's calls
//   platform/linux/
//     collect  table by table
//     sock_diag, decode  asks by netlink; bytes of netlink and text of /proc/net to rows
//     owners, owner_table  sockets to processes; the sockets by inode
//     owners_bpf, sockets.bpf, socket_record  … by an iterator in the kernel
//     owners_proc  … by a walk through /proc
//     resolver, proc_parse  process to executable, arguments, user, start
//     exe_location  who can replace an executable
//     ports  attempts to bind, and ranges
//     process_handle  ends a process
//     proc_fs  files of /proc
//     advice  texts that name tools of Linux
//     blind_spots  notices about what an audit does not see
//     confine  gives up privileges
//   platform/posix/  what Linux shares with other systems
//     file, directory  files that appear complete or not at all
//     host, terminal  name and clocks; the terminal
//   platform/windows/
//     collect, ip_helper  table by table, from iphlpapi.dll
//     resolver, process, services  process to executable, arguments, user, start, services
//     exe_location  who can replace an executable
//     ports, netsh  attempts to bind; ranges that only netsh.exe reports
//     process_handle  ends a process
//     file, terminal  as for POSIX
//     win32  UTF-8, error numbers, late-bound functions, names and clocks
//     advice, confine  as for Linux
//     wmain, portscope  the command line in UTF-16; the manifest and version of the executable
//   model/  data and pure functions
//     address, endpoint, process  an address, a row, a process
//     filter  which rows are wanted
//     builder, snapshot, snapshot_data  filling a snapshot, and reading it
//     ports  sets of ports, and the verdict on a port
//   audit/  what is wrong with what listens: a pure function of a snapshot
//     audit  listeners and findings
//     rules, products  the rules; products that must not be reached
//     policy, policy_text  what may listen: learned, matched; read and written
//   format/  rows to text
//     columns, column_set  what each column says of a row; choosing, writing and sorting by columns
//     value  one value: as text, as JSON, and its order
//     table, json, out  lines for people; JSON; text on its way to a stream
//     listing_report, check_report, audit_report, prometheus  the whole output of a command
//   base/  for all others
//     error, array, strbuf, text, number, time, sort  failures, memory, text
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
