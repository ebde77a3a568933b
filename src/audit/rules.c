// rules.c - the table of rules and the condition of each. A rule whose facts are unknown stays silent:
// what could not be examined has rules of its own.
#include <string.h>

#include "audit/audit.h"
#include "audit/products.h"

static const struct psc_process *owner_at(const struct psc_audit *audit,
                                          const struct psc_listener *listener, size_t index) {
    return psc_snapshot_process(audit->snapshot, listener->owners.processes[index]);
}

static const char *program_of(const struct psc_process *process) {
    return process->path != NULL ? process->path : process->name;
}

// The policy and the products ----------------------------------------------------------------------

static bool is_not_allowed(const struct psc_audit *audit, const struct psc_listener *listener,
                           unsigned unused, const char **subject) {
    (void)unused;
    *subject = listener->refused != NULL ? program_of(listener->refused) : NULL;
    return audit->policy != NULL && !listener->allowed;
}

static bool is_product(const struct psc_audit *audit, const struct psc_listener *listener,
                       unsigned kind, const char **subject) {
    if (listener->exposure > PSC_EXPOSURE_LOOPBACK) {
        *subject = product_find((enum product_kind)kind, audit->snapshot, listener);
    }
    return *subject != NULL;
}

// Executables --------------------------------------------------------------------------------------

#define EXECUTABLE (PSC_PROCESS_PATH | PSC_PROCESS_EXE_FLAGS)

static bool is_root(const struct psc_process *process) {
    return (process->known & PSC_PROCESS_ACCOUNT) != 0 && process->account == PSC_ACCOUNT_SYSTEM;
}

// Whether an owner runs an executable or a script with any of some PSC_EXE_* flags. The user who owns
// a file matters to root alone.
static bool has_flags(const struct psc_audit *audit, const struct psc_listener *listener,
                      unsigned flags, const char **subject) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner = owner_at(audit, listener, i);
        bool exe = (owner->exe_flags & flags) != 0;
        bool script = owner->script != NULL && (owner->script_flags & flags) != 0;
        if ((owner->known & PSC_PROCESS_EXE_FLAGS) != 0 && (exe || script) &&
            (flags != PSC_EXE_USER_OWNED || is_root(owner))) {
            *subject = exe ? owner->path : owner->script;
            return true;
        }
    }
    return false;
}

// Whether an owner's executable was deleted, with or without a replacement (PSC_EXE_REPLACED).
static bool is_deleted(const struct psc_audit *audit, const struct psc_listener *listener,
                       unsigned replaced, const char **subject) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner = owner_at(audit, listener, i);
        if ((owner->known & EXECUTABLE) == EXECUTABLE && owner->path_deleted &&
            (owner->exe_flags & PSC_EXE_REPLACED) == replaced) {
            *subject = owner->path;
            return true;
        }
    }
    return false;
}

// Where every process can be examined, an executable that cannot could evade the rules above.
// A process without a name has just exited.
static bool is_unreadable(const struct psc_audit *audit, const struct psc_listener *listener,
                          unsigned unused, const char **subject) {
    (void)unused;
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner = owner_at(audit, listener, i);
        if (psc_snapshot_is_privileged(audit->snapshot) && owner->name != NULL &&
            (owner->known & EXECUTABLE) != EXECUTABLE) {
            *subject = program_of(owner);
            return true;
        }
    }
    return false;
}

// Privileges ---------------------------------------------------------------------------------------

// Whether all owners are known, and all of them run as one kind of user.
static bool all_run_as(const struct psc_audit *audit, const struct psc_listener *listener,
                       enum psc_account account) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner = owner_at(audit, listener, i);
        if ((owner->known & PSC_PROCESS_ACCOUNT) == 0 || owner->account != account) {
            return false;
        }
    }
    return listener->owners.count > 0 && listener->owners_known;
}

// A socket that root made was passed on or kept on purpose, and a service was set up with the
// privilege to bind such a port.
static bool is_on_low_port(const struct psc_audit *audit, const struct psc_listener *listener,
                           unsigned unused, const char **subject) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(audit->snapshot, listener->row);
    (void)unused, (void)subject;
    return endpoint->local_port < 1024 && (endpoint->known & PSC_KNOWN_UID) != 0 &&
           endpoint->uid != 0 && all_run_as(audit, listener, PSC_ACCOUNT_PERSON);
}

// Programs that need their privileges for each client, or all the time.
static bool needs_privilege(const struct psc_process *process) {
    static const char *const programs[] = {
        "sshd*",        "dropbear",    "systemd*",    "init",      "inetd",   "xinetd",
        "login",        "telnetd",     "in.*",        "dhclient*", "dhcpcd*", "NetworkManager",
        "docker*",      "containerd*", "rootlesskit", "kubelet",   "kube-*",  "conmon",
        "rpc.*",        "smbd",        "nmbd",        "winbindd",  "samba*",  "cupsd",
        "cups-browsed", "master",      "dovecot",     "crond",     "charon*", "pluto",
        "libvirtd",     "virt*",       "multipassd",  "lxd",       "incusd",  "snapd",
        "system",       "svchost",     "lsass",       "services",  "wininit", "spoolsv",
    };
    return product_is_program(process, programs, sizeof programs / sizeof programs[0]);
}

static bool is_privileged(const struct psc_audit *audit, const struct psc_listener *listener,
                          unsigned unused, const char **subject) {
    (void)unused, (void)subject;
    if (listener->exposure != PSC_EXPOSURE_ALL ||
        !all_run_as(audit, listener, PSC_ACCOUNT_SYSTEM)) {
        return false;
    }
    for (size_t i = 0; i < listener->owners.count; i++) {
        if (needs_privilege(owner_at(audit, listener, i))) {
            return false;
        }
    }
    return true;
}

// Owners -------------------------------------------------------------------------------------------

// Discovery, DHCP and multicast: every program on the port receives a copy.
static bool is_multicast_service(const struct psc_endpoint *endpoint) {
    static const uint16_t ports[] = {67, 68, 546, 547, 1900, 3702, 5353, 5355};
    bool known = psc_address_is_multicast(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        known = known || endpoint->local_port == ports[i];
    }
    return psc_endpoint_is_udp(endpoint) && known;
}

// An inherited socket is one row with several owners; these are several rows.
static bool is_shared(const struct psc_audit *audit, const struct psc_listener *listener,
                      unsigned unused, const char **subject) {
    const struct psc_snapshot *snapshot = audit->snapshot;
    const char *first = NULL;
    (void)unused;
    if (is_multicast_service(psc_snapshot_endpoint(snapshot, listener->row))) {
        return false;
    }
    for (size_t row = listener->row; row < listener->end; row++) {
        const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
        const char *program = owner != NULL ? program_of(owner) : NULL;
        if (program == NULL ||
            psc_endpoint_exposure(psc_snapshot_endpoint(snapshot, row)) == PSC_EXPOSURE_NONE) {
            continue;
        }
        first = first != NULL ? first : program;
        if (strcmp(first, program) != 0) {
            *subject = program;
            return true;
        }
    }
    return false;
}

static bool is_hidden(const struct psc_audit *audit, const struct psc_listener *listener,
                      unsigned unused, const char **subject) {
    (void)audit, (void)unused, (void)subject;
    return !listener->owners_known;
}

// The table ----------------------------------------------------------------------------------------

static const struct psc_rule rules[] = {
    {"not-allowed", PSC_SEVERITY_HIGH, false, is_not_allowed, 0,
     "No line of the policy allows this listener.",
     "Stop it, or add a line to the policy if it belongs here."},
    {"data-store", PSC_SEVERITY_HIGH, true, is_product, PRODUCT_DATA_STORE,
     "Anyone who reaches a database or cache needs only one weak password, or none, to read and "
     "change its data.",
     "Bind it to 127.0.0.1 or to the network of its clients, and require a password."},
    {"message-queue", PSC_SEVERITY_HIGH, true, is_product, PRODUCT_QUEUE,
     "Anyone who reaches a message queue may be able to read, inject and delete its messages.",
     "Bind it to the network of its clients, and require a password and TLS."},
    {"control-api", PSC_SEVERITY_HIGH, true, is_product, PRODUCT_CONTROL,
     "Anyone this interface admits controls all containers or machines that it manages.",
     "Bind it to 127.0.0.1 or to a management network, and require client certificates."},
    {"debugger", PSC_SEVERITY_HIGH, true, is_product, PRODUCT_DEBUGGER,
     "A debugger or notebook runs any code it receives, with the privileges of the program.",
     "Bind it to 127.0.0.1 and connect through ssh -L; turn it off in production."},
    {"executable-writable", PSC_SEVERITY_HIGH, false, has_flags,
     PSC_EXE_FILE_WRITABLE | PSC_EXE_DIRECTORY_WRITABLE,
     "Every user of this machine can change or replace the program that listens here.",
     "Remove write permission for others from the file and every directory above it, then "
     "reinstall it."},
    {"executable-owner", PSC_SEVERITY_HIGH, false, has_flags, PSC_EXE_USER_OWNED,
     "Root runs this program, and an ordinary user owns its file or a directory above it: that "
     "user can replace it and become root.",
     "Make root the owner of the file and every directory above it, then reinstall it; or run it "
     "as its own user."},
    {"remote-desktop", PSC_SEVERITY_MEDIUM, true, is_product, PRODUCT_DESKTOP,
     "Remote desktops are attacked with stolen passwords around the clock.",
     "Allow access only through a VPN or ssh -L."},
    {"cleartext", PSC_SEVERITY_MEDIUM, true, is_product, PRODUCT_CLEARTEXT,
     "Passwords and data cross the network unencrypted, and anyone on the path can read and "
     "change them.",
     "Replace it with an encrypted service: ssh, sftp, HTTPS, or the same service over TLS."},
    {"file-share", PSC_SEVERITY_MEDIUM, true, is_product, PRODUCT_FILE_SHARE,
     "Network file shares are a common target of worms and ransomware.",
     "Bind it to the network of its clients, or allow access only through a VPN."},
    {"proxy", PSC_SEVERITY_MEDIUM, true, is_product, PRODUCT_PROXY,
     "An open proxy relays attacks on others and on the internal network in this machine's name.",
     "Bind it to 127.0.0.1 or to the network of its clients, and restrict who may use it."},
    {"amplifier", PSC_SEVERITY_MEDIUM, true, is_product, PRODUCT_AMPLIFIER,
     "It answers small requests with large replies, so forged requests turn it into a weapon "
     "against others.",
     "Turn UDP off, or bind it to 127.0.0.1 or to the network of its clients."},
    {"executable-temporary", PSC_SEVERITY_MEDIUM, false, has_flags, PSC_EXE_TEMPORARY,
     "The executable is in a temporary directory, where malware is often dropped and installed "
     "software never is.",
     "Find out where it came from; if it is meant to stay, install it outside of temporary "
     "directories."},
    {"executable-deleted", PSC_SEVERITY_MEDIUM, false, is_deleted, 0,
     "The file of the running program was deleted, so what runs cannot be inspected on disk.",
     "Find out who deleted it, then restart or stop the program."},
    {"executable-unknown", PSC_SEVERITY_MEDIUM, false, is_unreadable, 0,
     "The executable cannot be examined, so no rule about executables was applied.",
     "Find out what runs here and why its file cannot be examined; a path of excessive length or a "
     "private mount can hide it."},
    {"low-port", PSC_SEVERITY_MEDIUM, true, is_on_low_port, 0,
     "An ordinary user's program answers on a port below 1024, where clients expect a system "
     "service.",
     "Run it as a service under its own user, or on a port above 1023."},
    {"shared-port", PSC_SEVERITY_MEDIUM, true, is_shared, 0,
     "Two different programs share the port through SO_REUSEPORT, and each receives part of the "
     "other's traffic.",
     "Stop the one that does not belong there."},
    {"executable-replaced", PSC_SEVERITY_LOW, false, is_deleted, PSC_EXE_REPLACED,
     "The program's file was replaced after it started: the old version still runs, with the "
     "vulnerabilities that the new one fixes.",
     "Restart it."},
    {"runs-privileged", PSC_SEVERITY_LOW, true, is_privileged, 0,
     "Listens on every interface as root: a vulnerability in it gives away the whole machine.",
     "Run it as its own user, or bind it to the addresses that need it."},
    {"owner-hidden", PSC_SEVERITY_LOW, false, is_hidden, 0,
     "The owner of this socket is hidden, so no rule about programs was applied.",
     "Run the audit as root or administrator; if that changes nothing, the socket belongs to the "
     "kernel or to another container."},
    {"information", PSC_SEVERITY_INFO, true, is_product, PRODUCT_INFORMATION,
     "It tells every client about this machine: its services, its load, its software.",
     "Bind it to 127.0.0.1 or to the network of its clients."},
    {"not-listening", PSC_SEVERITY_INFO, false, NULL, 0,
     "The policy allows a listener that does not exist.",
     "Start it, or remove its line from the policy."},
};

size_t psc_rule_count(void) {
    return sizeof rules / sizeof rules[0];
}

const struct psc_rule *psc_rule_at(size_t index) {
    return &rules[index];
}
