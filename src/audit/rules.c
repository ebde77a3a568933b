// rules.c - THE rule table, and what makes each rule fire. A rule whose facts are not known is
// silent: what is hidden has a rule of its own.
#include "audit/rules.h"

#include <string.h>

#include "audit/products.h"

// Exposed services ---------------------------------------------------------------------------------

static bool is_reachable(const struct psc_listener *listener) {
    return listener->exposure > PSC_EXPOSURE_LOOPBACK;
}

static bool find_reachable(enum service_kind kind, const struct psc_snapshot *snapshot,
                           const struct psc_listener *listener, const char **subject) {
    *subject = is_reachable(listener) ? service_find(kind, snapshot, listener) : NULL;
    return *subject != NULL;
}

#define CHECK_SERVICE(name, kind)                                                                  \
    static bool check_##name(const struct psc_snapshot *snapshot,                                  \
                             const struct psc_listener *listener, const char **subject) {          \
        return find_reachable(kind, snapshot, listener, subject);                                  \
    }

CHECK_SERVICE(data_store, SERVICE_DATA_STORE)
CHECK_SERVICE(queue, SERVICE_QUEUE)
CHECK_SERVICE(control, SERVICE_CONTROL)
CHECK_SERVICE(desktop, SERVICE_DESKTOP)
CHECK_SERVICE(debugger, SERVICE_DEBUGGER)
CHECK_SERVICE(cleartext, SERVICE_CLEARTEXT)
CHECK_SERVICE(amplifier, SERVICE_AMPLIFIER)

// Executables --------------------------------------------------------------------------------------

// The first owner whose executable lies in a place with one of some properties.
static bool find_place(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                       unsigned places, const char **subject) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner =
            psc_snapshot_process(snapshot, listener->owners.processes[i]);
        if ((owner->known & PSC_PROCESS_EXE_FLAGS) != 0 && (owner->exe_flags & places) != 0) {
            *subject = owner->path;
            return true;
        }
    }
    return false;
}

static bool check_writable(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                           const char **subject) {
    return find_place(snapshot, listener, PSC_EXE_FILE_WRITABLE | PSC_EXE_DIRECTORY_WRITABLE,
                      subject);
}

static bool check_temporary(const struct psc_snapshot *snapshot,
                            const struct psc_listener *listener, const char **subject) {
    return find_place(snapshot, listener, PSC_EXE_TEMPORARY, subject);
}

// Whether an owner's executable is gone, and whether another one has taken its place.
static bool find_deleted(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                         bool replaced, const char **subject) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner =
            psc_snapshot_process(snapshot, listener->owners.processes[i]);
        bool known =
            (owner->known & PSC_PROCESS_PATH) != 0 && (owner->known & PSC_PROCESS_EXE_FLAGS) != 0;
        if (known && owner->path_deleted &&
            ((owner->exe_flags & PSC_EXE_REPLACED) != 0) == replaced) {
            *subject = owner->path;
            return true;
        }
    }
    return false;
}

static bool check_deleted(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                          const char **subject) {
    return find_deleted(snapshot, listener, false, subject);
}

static bool check_replaced(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                           const char **subject) {
    return find_deleted(snapshot, listener, true, subject);
}

// Rights -------------------------------------------------------------------------------------------

// Whether there are owners, and all of them run as one kind of user.
static bool all_run_as(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                       enum psc_account account) {
    for (size_t i = 0; i < listener->owners.count; i++) {
        const struct psc_process *owner =
            psc_snapshot_process(snapshot, listener->owners.processes[i]);
        if ((owner->known & PSC_PROCESS_ACCOUNT) == 0 || owner->account != account) {
            return false;
        }
    }
    return listener->owners.count > 0 && listener->owners_known;
}

// A program that was given the socket by root, or had it made before it gave its rights up, is as
// it should be. So is a service, which somebody has set up with the right to use such a port.
static bool check_low_port(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                           const char **subject) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, listener->row);
    (void)subject;
    return endpoint->local_port < 1024 && (endpoint->known & PSC_KNOWN_UID) != 0 &&
           endpoint->uid != 0 && all_run_as(snapshot, listener, PSC_ACCOUNT_PERSON);
}

// Programs that need their rights for each of their clients, or all the time.
static bool keeps_rights(const struct psc_process *process) {
    static const char *const programs[] = {
        "sshd*",        "dropbear",    "systemd*",    "init",      "inetd",   "xinetd",
        "login",        "telnetd",     "in.*",        "dhclient*", "dhcpcd*", "NetworkManager",
        "docker*",      "containerd*", "rootlesskit", "kubelet",   "kube-*",  "conmon",
        "rpc.*",        "smbd",        "nmbd",        "winbindd",  "samba*",  "cupsd",
        "cups-browsed", "master",      "dovecot",     "crond",     "charon*", "pluto",
        "libvirtd",     "virt*",       "multipassd",  "lxd",       "incusd",  "snapd",
        "system",       "svchost",     "lsass",       "services",  "wininit", "spoolsv",
    };
    return service_is_program(process, programs, sizeof programs / sizeof programs[0]);
}

static bool check_privileged(const struct psc_snapshot *snapshot,
                             const struct psc_listener *listener, const char **subject) {
    (void)subject;
    if (listener->exposure != PSC_EXPOSURE_ALL ||
        !all_run_as(snapshot, listener, PSC_ACCOUNT_SYSTEM)) {
        return false;
    }
    for (size_t i = 0; i < listener->owners.count; i++) {
        if (keeps_rights(psc_snapshot_process(snapshot, listener->owners.processes[i]))) {
            return false;
        }
    }
    return true;
}

// Sharing ------------------------------------------------------------------------------------------

// Several programs are meant to hear what is sent to many: discovery, DHCP, multicast addresses.
static bool is_for_many(const struct psc_endpoint *endpoint) {
    static const uint16_t ports[] = {67, 68, 546, 547, 1900, 3702, 5353, 5355};
    bool many = psc_address_is_multicast(&endpoint->local, psc_endpoint_is_ipv6(endpoint));
    for (size_t i = 0; i < sizeof ports / sizeof ports[0]; i++) {
        many = many || endpoint->local_port == ports[i];
    }
    return psc_endpoint_is_udp(endpoint) && many;
}

static const char *program_of(const struct psc_process *process) {
    return process->path != NULL ? process->path : process->name;
}

// Sockets that were inherited are one row with several owners; these are several rows.
static bool check_shared(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                         const char **subject) {
    const char *first = NULL;
    if (is_for_many(psc_snapshot_endpoint(snapshot, listener->row))) {
        return false;
    }
    for (size_t row = listener->row, seen = 0; seen < listener->rows; row++) {
        if (psc_endpoint_exposure(psc_snapshot_endpoint(snapshot, row)) == PSC_EXPOSURE_NONE) {
            continue;
        }
        seen++;
        const struct psc_process *owner = psc_snapshot_oldest(snapshot, row);
        const char *program = owner != NULL ? program_of(owner) : NULL;
        first = first != NULL ? first : program;
        if (program != NULL && strcmp(first, program) != 0) {
            *subject = program;
            return true;
        }
    }
    return false;
}

static bool check_hidden(const struct psc_snapshot *snapshot, const struct psc_listener *listener,
                         const char **subject) {
    (void)snapshot, (void)subject;
    return !listener->owners_known;
}

// The table ----------------------------------------------------------------------------------------

// The first and the last are the policy's: see audit_rule_not_allowed(), audit_rule_not_listening().
static const struct audit_rule rules[] = {
    {{"not-allowed", PSC_SEVERITY_HIGH, false, "The policy has no line that allows this listener.",
      "End it, or add a line for it to the policy if it is meant to be here."},
     NULL},
    {{"data-store", PSC_SEVERITY_HIGH, true,
      "Whoever reaches a database or cache needs one weak password, or none, to read and change "
      "what is in it.",
      "Bind it to 127.0.0.1 or to the network of the machines that use it, and require a "
      "password."},
     check_data_store},
    {{"message-queue", PSC_SEVERITY_HIGH, true,
      "Whoever reaches a message queue may read, inject and delete the messages of its clients.",
      "Bind it to the network of the machines that use it, and require a password and TLS."},
     check_queue},
    {{"control-api", PSC_SEVERITY_HIGH, true,
      "Whoever is let in by the interface that controls containers or machines owns them all.",
      "Bind it to 127.0.0.1 or a management network, and require client certificates."},
     check_control},
    {{"debugger", PSC_SEVERITY_HIGH, true,
      "A debugger or notebook runs whatever code it is sent, with the rights of the program.",
      "Bind it to 127.0.0.1 and reach it through ssh -L, and turn it off in production."},
     check_debugger},
    {{"executable-writable", PSC_SEVERITY_HIGH, false,
      "Every user of this machine may change or replace the program that listens here.",
      "Take the right to write from others (chmod o-w) on the file and all directories above it, "
      "and "
      "install it again."},
     check_writable},
    {{"remote-desktop", PSC_SEVERITY_MEDIUM, true,
      "Remote desktops are found and tried with stolen passwords all day long.",
      "Let it be reached through a VPN or ssh -L only."},
     check_desktop},
    {{"cleartext", PSC_SEVERITY_MEDIUM, true,
      "Passwords and data cross the network so that everybody on the way can read and change them.",
      "Replace it by what encrypts: ssh, sftp, HTTPS, or the same service with TLS."},
     check_cleartext},
    {{"amplifier", PSC_SEVERITY_MEDIUM, true,
      "It answers small requests with forged senders by large replies, and so takes part in "
      "attacks "
      "on others.",
      "Turn UDP off, or bind it to 127.0.0.1 or the network of its clients."},
     check_amplifier},
    {{"executable-temporary", PSC_SEVERITY_MEDIUM, false,
      "The program lies in a directory for temporary files, where installed software never lies "
      "and "
      "intruders leave theirs.",
      "Find out who put it there, and install it in a directory of its own if it is meant to "
      "stay."},
     check_temporary},
    {{"executable-deleted", PSC_SEVERITY_MEDIUM, false,
      "The file of the running program was deleted, so that nobody can look at what runs.",
      "Find out who deleted it, and restart or end the program; /proc/PID/exe still has a copy."},
     check_deleted},
    {{"low-port", PSC_SEVERITY_MEDIUM, true,
      "A person's own program answers on a port below 1024, where others expect a service of the "
      "system.",
      "Run it as a service of its own user, or on a port above 1023."},
     check_low_port},
    {{"shared-port", PSC_SEVERITY_MEDIUM, true,
      "Two different programs share the port through SO_REUSEPORT, and each gets a part of what "
      "was "
      "meant for the other.",
      "End the one that does not belong there."},
     check_shared},
    {{"executable-replaced", PSC_SEVERITY_LOW, false,
      "The file of the program was replaced since it started, so that the old version still runs, "
      "with the holes that the new one closed.",
      "Restart it."},
     check_replaced},
    {{"runs-privileged", PSC_SEVERITY_LOW, true,
      "It listens on all interfaces with all rights of the system, and a hole in it gives away the "
      "machine.",
      "Let it run as a user of its own, or bind it to the addresses that need it."},
     check_privileged},
    {{"owner-hidden", PSC_SEVERITY_LOW, false,
      "Whoever listens here cannot be seen, so that no rule about programs was applied.",
      "Run the audit as root or administrator; where that changes nothing, it is the kernel or "
      "another container."},
     check_hidden},
    {{"not-listening", PSC_SEVERITY_INFO, false, "The policy allows a listener that is not here.",
      "Start it, or remove its line from the policy."},
     NULL},
};
#define RULE_COUNT (sizeof rules / sizeof rules[0])

size_t audit_rule_count(void) {
    return RULE_COUNT;
}

const struct audit_rule *audit_rule_at(size_t index) {
    return &rules[index];
}

const struct audit_rule *audit_rule_not_allowed(void) {
    return &rules[0];
}

const struct audit_rule *audit_rule_not_listening(void) {
    return &rules[RULE_COUNT - 1];
}

size_t psc_rule_count(void) {
    return RULE_COUNT;
}

const struct psc_rule *psc_rule_at(size_t index) {
    return &rules[index].rule;
}
