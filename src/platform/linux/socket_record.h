// socket_record.h - data that sockets.bpf.c, inside the kernel, and owners_bpf.c exchange.
#ifndef PSC_PLATFORM_LINUX_SOCKET_RECORD_H
#define PSC_PLATFORM_LINUX_SOCKET_RECORD_H

#include <linux/types.h>

/** A process has a socket open. */
struct socket_record {
    __u64 inode;
    __u32 pid; /**< of the process, in the reader's PID namespace */
    __u32 zero;
};

#define SOCKET_MAX_WANTED 16

/** The sockets that the reader wants records of. */
struct socket_wanted {
    __u64 inodes[SOCKET_MAX_WANTED];
    __u32 count; /**< 0: all */
    __u32 zero;
};

#endif
