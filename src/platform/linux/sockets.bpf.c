// sockets.bpf.c - runs inside the kernel: writes a struct socket_record for every socket that a process
// has open. Compiled for BPF and relocated to the running kernel when it is loaded (CO-RE): the structs
// below declare only the fields that are read.
//
// Fields that are needed of every file are read directly. Sockets are few, so their fields are read
// with bpf_probe_read_kernel(): for every pointer that is followed directly, the kernel's verifier
// searches all its types, and that would be most of the loading time.
#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#include "platform/linux/socket_record.h"

#define TYPE_MASK 0170000
#define TYPE_SOCKET 0140000
#define SOCKFS 0x534f434b // SOCKFS_MAGIC; the file of a Unix socket's name is not in sockfs

#define KERNEL __attribute__((preserve_access_index))

struct seq_file;

struct upid {
    int nr;
} KERNEL;

struct pid {
    unsigned int level;
    struct upid numbers[1];
} KERNEL;

struct task_struct {
    struct task_struct *group_leader;
    struct pid *thread_pid;
} KERNEL;

struct super_block {
    unsigned long s_magic;
} KERNEL;

struct inode {
    unsigned short i_mode;
    unsigned long i_ino;
    struct super_block *i_sb;
} KERNEL;

struct file {
    struct inode *f_inode;
} KERNEL;

struct bpf_iter_meta {
    struct seq_file *seq;
} KERNEL;

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    __u32 fd;
    struct file *file;
} KERNEL;

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct socket_wanted);
} wanted SEC(".maps");

static int is_wanted(__u64 inode) {
    __u32 key = 0;
    const struct socket_wanted *list = bpf_map_lookup_elem(&wanted, &key);
    if (list == NULL || list->count == 0) {
        return 1;
    }
    for (__u32 i = 0; i < SOCKET_MAX_WANTED; i++) {
        if (i < list->count && list->inodes[i] == inode) {
            return 1;
        }
    }
    return 0;
}

// The PID of a process in the reader's PID namespace. The iterator visits only processes of that
// namespace, so each has a PID at its level.
static __u32 pid_here(struct task_struct *task) {
    struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
    unsigned int level = BPF_CORE_READ(reader, thread_pid, level);
    const char *pid = (const char *)BPF_CORE_READ(task, group_leader, thread_pid);
    __u32 number = 0;
    bpf_probe_read_kernel(&number, sizeof number,
                          pid + bpf_core_field_offset(struct pid, numbers) +
                              level * bpf_core_type_size(struct upid) +
                              bpf_core_field_offset(struct upid, nr));
    return number;
}

SEC("iter/task_file")
int list_sockets(struct bpf_iter__task_file *context) {
    struct task_struct *task = context->task;
    struct file *file = context->file;
    if (task == NULL || file == NULL) {
        return 0;
    }
    struct inode *inode = file->f_inode;
    if ((inode->i_mode & TYPE_MASK) != TYPE_SOCKET ||
        BPF_CORE_READ(inode, i_sb, s_magic) != SOCKFS || !is_wanted(inode->i_ino)) {
        return 0;
    }
    struct socket_record record = {.inode = inode->i_ino, .pid = pid_here(task)};
    bpf_seq_write(context->meta->seq, &record, sizeof record);
    return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
