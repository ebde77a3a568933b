// owners_proc.c - walks /proc/PID/fd on several threads. Each takes one process after the other and
// keeps its own list of owners, which are linked at the end.
#include "platform/linux/owners_proc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/number.h"
#include "platform/linux/proc_fs.h"
#include "platform/linux/proc_parse.h"

#define MAX_THREADS 8
#define PROCESSES_PER_THREAD 48 // for fewer, starting another thread takes longer than the walk

struct walk {
    int proc;
    bool compare_tables; // whether kcmp(2) can be used
    bool real_proc;      // a proc file system, not a directory with copies of its files
    const struct inode_table *inodes;
    uint32_t *pids;
    size_t pid_count;
    atomic_size_t next;
};

struct walker {
    struct walk *walk;
    pthread_t thread;
    struct owner_list owners;
    struct owners_gaps gaps;
    bool no_memory; // this ends the walk
};

// Records why something could not be read, unless the process just exited.
static void note_error(struct owners_gaps *gaps, int number) {
    if (number == EACCES || number == EPERM) {
        gaps->denied = true;
    } else if (number != 0 && number != ENOENT && number != ESRCH && number != EINVAL) {
        gaps->number = number;
    }
}

// Examines one descriptor. Returns whether it exists and can be read.
static bool examine_descriptor(struct walker *walker, int directory, const char *name,
                               uint32_t pid) {
    char target[40];
    ssize_t size = readlinkat(directory, name, target, sizeof target);
    if (size < 0 && errno == ENAMETOOLONG) {
        return true; // the path of a file, which is no socket
    }
    if (size < 0) {
        note_error(&walker->gaps, errno);
        return false;
    }
    uint64_t inode = proc_parse_socket(target, (size_t)size);
    if (inode != 0 && inode_table_has(walker->walk->inodes, inode) &&
        !owner_list_add(&walker->owners, inode, pid)) {
        walker->no_memory = true;
    }
    return true;
}

// The kernel assigns the lowest free number, so most processes have few gaps, and trying the numbers in
// turn costs less than listing the directory. Returns the first number that was not tried.
static uint32_t try_low_descriptors(struct walker *walker, int directory, uint32_t pid) {
    uint32_t gaps = 0;
    uint32_t next = 0;
    while (!walker->no_memory && gaps <= 1 + next / 32) {
        char name[PSC_NUMBER_DIGITS + 1];
        name[psc_number_format(next, name)] = '\0';
        gaps += !examine_descriptor(walker, directory, name, pid);
        next++;
    }
    return next;
}

static void examine_files(struct walker *walker, const char *path, uint32_t pid) {
    int directory = openat(walker->walk->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        note_error(&walker->gaps, errno);
        return;
    }
    struct proc_numbers numbers;
    proc_numbers_init(&numbers, directory);
    if (walker->walk->real_proc) {
        proc_numbers_skip_descriptors(&numbers, try_low_descriptors(walker, directory, pid));
    }
    uint32_t descriptor;
    const char *name;
    while (!walker->no_memory && (name = proc_numbers_next(&numbers, &descriptor)) != NULL) {
        examine_descriptor(walker, directory, name, pid);
    }
    note_error(&walker->gaps, numbers.error);
    close(directory);
}

// Threads nearly always share their descriptors. One that does not (unshare(2), clone(2) without
// CLONE_FILES, a main thread that has exited) may have sockets that no other directory lists.
static bool shares_files(const struct walk *walk, uint32_t pid, uint32_t tid) {
    return walk->compare_tables && syscall(SYS_kcmp, pid, tid, KCMP_FILES, 0, 0) == 0;
}

static void examine_threads(struct walker *walker, const char *path, uint32_t pid) {
    int directory = openat(walker->walk->proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        note_error(&walker->gaps, errno);
        return;
    }
    struct proc_numbers numbers;
    proc_numbers_init(&numbers, directory);
    uint32_t tid;
    while (!walker->no_memory && proc_numbers_next(&numbers, &tid) != NULL) {
        if (tid != pid && !shares_files(walker->walk, pid, tid)) {
            char files[PROC_PATH_SIZE];
            snprintf(files, sizeof files, "%u/task/%u/fd", pid, tid);
            examine_files(walker, files, pid);
        }
    }
    note_error(&walker->gaps, numbers.error);
    close(directory);
}

static void examine_process(struct walker *walker, uint32_t pid) {
    char path[PROC_PATH_SIZE];
    snprintf(path, sizeof path, "%u/fd", pid);
    examine_files(walker, path, pid);
    // A directory has one link for its name, one for `.`, and one for each directory in it, so the
    // number of threads costs one call and no listing.
    struct stat tasks;
    snprintf(path, sizeof path, "%u/task", pid);
    if (fstatat(walker->walk->proc, path, &tasks, 0) == 0 && tasks.st_nlink > 3) {
        examine_threads(walker, path, pid);
    }
}

static void *walk_processes(void *argument) {
    struct walker *walker = argument;
    struct walk *walk = walker->walk;
    size_t at;
    while (!walker->no_memory && (at = atomic_fetch_add(&walk->next, 1)) < walk->pid_count) {
        examine_process(walker, walk->pids[at]);
    }
    return NULL;
}

static unsigned choose_threads(unsigned requested, size_t processes) {
    unsigned threads = requested;
    if (threads == 0) {
        cpu_set_t cpus;
        int count = sched_getaffinity(0, sizeof cpus, &cpus) == 0 ? CPU_COUNT(&cpus) : 1;
        size_t useful = 1 + processes / PROCESSES_PER_THREAD;
        threads = useful < (unsigned)count ? (unsigned)useful : (unsigned)count;
    }
    return threads < 1 ? 1 : threads > MAX_THREADS ? MAX_THREADS : threads;
}

// Walks on this thread and on as many others as can be started.
static void walk_on_threads(struct walk *walk, struct walker *walkers, unsigned threads) {
    unsigned started = 1;
    for (unsigned i = 0; i < threads; i++) {
        walkers[i].walk = walk;
    }
    while (started < threads &&
           pthread_create(&walkers[started].thread, NULL, walk_processes, &walkers[started]) == 0) {
        started++;
    }
    walk_processes(&walkers[0]);
    for (unsigned i = 1; i < started; i++) {
        pthread_join(walkers[i].thread, NULL);
    }
}

// Returns false when out of memory.
static bool list_processes(struct walk *walk, struct owners_gaps *gaps) {
    struct proc_numbers numbers;
    size_t capacity = 0;
    uint32_t pid;
    proc_numbers_init(&numbers, walk->proc);
    while (proc_numbers_next(&numbers, &pid) != NULL) {
        if (!PSC_ARRAY_RESERVE(walk->pids, capacity, walk->pid_count + 1)) {
            return false;
        }
        walk->pids[walk->pid_count++] = pid;
    }
    note_error(gaps, numbers.error);
    return true;
}

enum psc_status owners_proc_link(const struct psc_request *request, int proc,
                                 struct inode_table *inodes, struct psc_builder *builder,
                                 struct owners_gaps *gaps, struct psc_error *error) {
    bool compare = (request->disable & PSC_DISABLE_KCMP) == 0 && proc_shows_our_pids(proc);
    struct walk walk = {
        .proc = proc, .compare_tables = compare, .real_proc = proc_is_real(proc), .inodes = inodes};
    struct walker walkers[MAX_THREADS] = {0};
    gaps->walked = true;
    bool complete = list_processes(&walk, gaps);
    if (complete) {
        walk_on_threads(&walk, walkers, choose_threads(request->threads, walk.pid_count));
    }
    for (unsigned i = 0; i < MAX_THREADS; i++) {
        inode_table_link(inodes, &walkers[i].owners, builder);
        owner_list_done(&walkers[i].owners);
        complete = complete && !walkers[i].no_memory;
        gaps->denied = gaps->denied || walkers[i].gaps.denied;
        note_error(gaps, walkers[i].gaps.number);
    }
    free(walk.pids);
    return complete ? PSC_OK : psc_no_memory(error);
}
