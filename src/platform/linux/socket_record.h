// socket_record.h - what sockets.bpf.c, inside the kernel, and owners_bpf.c say to each other.
#ifndef PSC_PLATFORM_LINUX_SOCKET_RECORD_H
#define PSC_PLATFORM_LINUX_SOCKET_RECORD_H

#include <linux/types.h>

/** A process has a socket open, through one of its descriptors. */
struct socket_record {
    __u64 inode;
    __u32 pid; /**< of the process, in the reader's PID namespace */
    __u32 zero;
};

#define SOCKET_WANTED_MOST 16

/** The inodes that the reader wants to hear of. */
struct socket_wanted {
    __u64 inodes[SOCKET_WANTED_MOST];
    __u32 count; /**< 0: all */
    __u32 zero;
};

#endif
