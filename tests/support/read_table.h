// read_table.h - lines of other programs' tables, and of ours, to rows.
#ifndef SUPPORT_READ_TABLE_H
#define SUPPORT_READ_TABLE_H

#include "support/row_compare.h"

/** Adds the row of a line, if it is one and no heading. The line is taken apart. */
typedef void read_row(struct rows *rows, char *line);

read_row read_ss_row;       /**< `ss -tuan`, with -p and -T too */
read_row read_ss_row_named; /**< the same, owners as `PID/name` */
read_row read_netstat_row;  /**< `netstat -tuanW` */
read_row read_csv_row;      /**< `portscope --csv --columns READ_CSV_COLUMNS` */
read_row read_json_row;     /**< `portscope --json` and `--ndjson`; owners as `PID/name` */
read_row read_table_row;    /**< `portscope -ano`; the owner as shown: `0`, `-`, `12` or `12 +4` */

#define READ_CSV_COLUMNS "protocol,local,remote,state,recv_queue,send_queue,uid,inode,owners"

#endif
