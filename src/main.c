// main.c - where the program begins. The way of the data through the files:
//
//   cli/cli             finds the command
//   cli/list_options    THE option table; reads the command line
//   cli/cmd_list        filter, request and layout; collect, name, select, write
//   cli/cmd_help        the help, from the tables
//   cli/nearest         the word that somebody most likely meant
//
//   platform/linux/     asks the system, and fills the builder
//     collect             table by table
//     sock_diag           by netlink; sock_diag_decode: bytes to rows
//     proc_net            from /proc/net, where netlink is closed; proc_net_parse: text to rows
//     kernel_state        the kernel's numbers of states
//     owners_proc         socket to processes, by a walk; inode_table finds the row of a socket
//     resolver            process to executable, arguments, user, start; proc_parse: text to fields
//     remote_names        reverse DNS
//     proc_fs             files and directories of /proc
//     host, terminal      name, clock; colours
//
//   model/              plain data and pure functions
//     base text sort      statuses, foreign bytes, a stable sort
//     address endpoint    one row
//     filter              which rows are wanted
//     builder             filling a snapshot; builder_owners: links, processes, selection
//     snapshot            reading it
//
//   format/             rows to text
//     columns             THE column table; cells: their values
//     write               table, JSON, NDJSON, CSV
//     out                 bytes on their way to a stream
#include <stdio.h>

#include "portscope/cli.h"
#include "portscope/terminal.h"

int main(int argc, char **argv) {
    psc_terminal_init();
    struct psc_streams streams = {.out = stdout, .err = stderr};
    return psc_cli_run(argc, argv, &streams);
}
