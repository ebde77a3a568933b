// confine.c - gives up what a run does not need any more, with whatever of it this kernel has:
// capabilities, starting programs (seccomp), and writing files (Landlock).
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/linux/confine.h"
#include "platform/platform.h"
#include "platform/posix/directory.h"

// What searching for owners, binding ports, ending processes and replacing files may need.
#define CAPABILITY(name) (UINT64_C(1) << (name))
#define CAP_BPF_NUMBER 39 // Linux 5.8
#define CAP_PERFMON_NUMBER 38
#define FILE_CAPABILITIES                                                                          \
    (CAPABILITY(CAP_CHOWN) | CAPABILITY(CAP_DAC_OVERRIDE) | CAPABILITY(CAP_FOWNER))
#define COLLECT_CAPABILITIES                                                                       \
    (FILE_CAPABILITIES | CAPABILITY(CAP_DAC_READ_SEARCH) | CAPABILITY(CAP_KILL) |                  \
     CAPABILITY(CAP_NET_ADMIN) | CAPABILITY(CAP_NET_BIND_SERVICE) | CAPABILITY(CAP_SYS_ADMIN) |    \
     CAPABILITY(CAP_SYS_PTRACE) | CAPABILITY(CAP_BPF_NUMBER) | CAPABILITY(CAP_PERFMON_NUMBER))

static void keep_capabilities(uint64_t keep) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) {
        return;
    }
    for (unsigned i = 0; i < 2; i++) {
        uint32_t mask = (uint32_t)(keep >> (32 * i));
        data[i].effective &= mask;
        data[i].permitted &= mask;
        data[i].inheritable = 0;
    }
    syscall(SYS_capset, &header, data);
}

// System calls ---------------------------------------------------------------------------------------

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__i386__)
#define ARCHITECTURE AUDIT_ARCH_I386
#endif

#ifdef ARCHITECTURE

// Calls that no command makes and that code smuggled in through untrusted text would want.
static const uint16_t refused[] = {
#ifndef __SANITIZE_ADDRESS__ // LeakSanitizer traces its own process
    SYS_ptrace,
#endif

    SYS_execve,
    SYS_execveat,
    SYS_process_vm_writev,
    SYS_init_module,
    SYS_finit_module,
    SYS_delete_module,
    SYS_kexec_load,
    SYS_mount,
    SYS_umount2,
    SYS_pivot_root,
    SYS_chroot,
    SYS_reboot,
    SYS_swapon,
    SYS_settimeofday,
    SYS_clock_settime,
    SYS_sethostname,
    SYS_add_key,
    SYS_keyctl,
    SYS_open_by_handle_at,
    SYS_perf_event_open,
    SYS_userfaultfd,
    SYS_setuid,
    SYS_setresuid,
};
#define REFUSED_COUNT (sizeof refused / sizeof refused[0])

static void refuse_system_calls(void) {
    struct sock_filter code[REFUSED_COUNT + 7] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 0, REFUSED_COUNT + 3),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        // Numbers of another table of calls, such as those of x32.
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, REFUSED_COUNT + 1, 0),
    };
    size_t count = 4;
    for (size_t i = 0; i < REFUSED_COUNT; i++) {
        code[count++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i],
                                                     (uint8_t)(REFUSED_COUNT - i), 0);
    }
    code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[count++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1); // EPERM
    struct sock_fprog program = {.len = (unsigned short)count, .filter = code};
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

#else

static void refuse_system_calls(void) {
}

#endif

// Files ---------------------------------------------------------------------------------------------

// The accesses that Landlock's first version handles, and those that later ones added.
#define ACCESS_VERSION_1                                                                           \
    (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |  \
     LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | \
     LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |   \
     LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM)
#define ACCESS_REFER (UINT64_C(1) << 13)    // version 2
#define ACCESS_TRUNCATE (UINT64_C(1) << 14) // version 3

static long landlock_version(void) {
    return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

static void allow_directory(int ruleset, const char *output, uint64_t access) {
    char name[NAME_MAX + 1];
    struct landlock_path_beneath_attr rule = {
        .allowed_access = access & (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG |
                                    LANDLOCK_ACCESS_FS_REMOVE_FILE | ACCESS_REFER),
        .parent_fd = posix_open_directory(output, name),
    };
    if (rule.parent_fd >= 0) {
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
        close(rule.parent_fd);
    }
}

static void refuse_writing(const char *output) {
    long version = landlock_version();
    uint64_t access =
        ACCESS_VERSION_1 | (version >= 2 ? ACCESS_REFER : 0) | (version >= 3 ? ACCESS_TRUNCATE : 0);
    struct landlock_ruleset_attr attributes = {.handled_access_fs = access};
    if (version < 1) {
        return;
    }
    int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) {
        return;
    }
    if (output != NULL) {
        allow_directory(ruleset, output, access);
    }
    syscall(SYS_landlock_restrict_self, ruleset, 0);
    close(ruleset);
}

const char *confine_describe(void) {
    bool seccomp = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
    bool landlock = landlock_version() >= 1;
    return seccomp && landlock ? "capabilities, seccomp, Landlock"
           : seccomp           ? "capabilities, seccomp (no Landlock)"
           : landlock          ? "capabilities, Landlock (no seccomp)"
                               : "capabilities (no seccomp, no Landlock)";
}

const char *psc_platform_borrowed_privileges(void) {
    return getauxval(AT_SECURE) == 0
               ? NULL
               : "the executable is setuid or has file capabilities; run it with sudo instead";
}

void psc_platform_confine(enum psc_confinement confinement, const char *output) {
    if (confinement == PSC_CONFINE_COLLECTING) {
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        keep_capabilities(COLLECT_CAPABILITIES);
        refuse_system_calls();
    } else {
        // Not earlier: a process that Landlock confines may not look into one that it does not.
        refuse_writing(output);
        keep_capabilities(output != NULL ? FILE_CAPABILITIES : 0);
    }
}
