// fake_platform.c - a platform for tests: one machine with something of everything. Both protocols
// and families, every state, several owners of one socket, hidden and missing owners, interfaces
// with and without a name, and names with escape sequences.
#include "support/fake_platform.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "platform/file.h"
#include "platform/platform.h"
#include "platform/terminal.h"
#include "support/netstat_row.h"

#define HIDDEN UINT32_MAX // in place of a PID: a process that this user cannot see
#define SUCCESSOR 6000    // the process that replaces one that ended
#define ALL_DETAILS                                                                                \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

// In no order, because the kernel has none either.
static const struct fake_row {
    const char *row;
    uint32_t uid;
    uint32_t recv_queue, send_queue;
    uint64_t inode;   // 0: no file refers to the socket, so no process owns it
    uint32_t pids[5]; // none: no owner
} rows[] = {
    {"TCP 0.0.0.0:80 0.0.0.0:0 LISTENING", 0, 3, 511, 1001, {900, 901, 1187, 902, 903}},
    {"TCP 0.0.0.0:22 0.0.0.0:0 LISTENING", 0, 0, 128, 1002, {812}},
    {"TCP [::]:22 [::]:0 LISTENING", 0, 0, 128, 1003, {812}},
    {"TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING", 1000, 0, 511, 1004, {4242}},
    {"TCP 127.0.0.1:3000 127.0.0.1:52110 ESTABLISHED", 1000, 0, 0, 1005, {4242}},
    {"TCP 127.0.0.1:52110 127.0.0.1:3000 ESTABLISHED", 1000, 17, 4096, 1006, {4300}},
    {"TCP 127.0.0.1:5432 0.0.0.0:0 LISTENING", 70, 0, 244, 1007, {HIDDEN}},
    {"TCP 192.168.1.20:80 203.0.113.9:50514 TIME_WAIT", 0, 0, 0, 0, {0}},
    {"TCP 192.168.1.20:80 203.0.113.9:50512 SYN_RECEIVED", 0, 0, 0, 0, {0}},
    {"TCP 192.168.1.20:44100 198.51.100.7:443 SYN_SENT", 1000, 0, 1, 1008, {4300}},
    {"TCP 192.168.1.20:44102 198.51.100.7:443 FIN_WAIT_1", 0, 0, 300, 0, {0}},
    {"TCP 192.168.1.20:44104 198.51.100.7:443 FIN_WAIT_2", 1000, 0, 0, 1009, {4300}},
    {"TCP 192.168.1.20:44106 198.51.100.7:443 CLOSE_WAIT", 4711, 1, 0, 1010, {5000}},
    {"TCP 192.168.1.20:44108 198.51.100.7:443 CLOSING", 0, 0, 1, 0, {0}},
    {"TCP 192.168.1.20:44110 198.51.100.7:443 LAST_ACK", 0, 0, 1, 0, {0}},
    {"TCP 192.168.1.20:44112 198.51.100.7:443 DELETE_TCB", 0, 0, 0, 0, {0}},
    {"TCP 192.168.1.20:44114 198.51.100.7:443 UNKNOWN(14)", 0, 0, 0, 0, {0}},
    {"TCP 192.168.1.20:44116 198.51.100.7:443 CLOSED", 70, 0, 0, 1011, {HIDDEN}},
    {"TCP 0.0.0.0:50100 0.0.0.0:0 BOUND", 1000, 0, 0, 1012, {4300}},
    {"TCP [::1]:631 [::]:0 LISTENING", 0, 0, 128, 1013, {5001}},
    {"TCP [::ffff:192.168.1.20]:8080 [::ffff:203.0.113.9]:50600 ESTABLISHED",
     4711,
     0,
     0,
     1014,
     {5000}},
    {"TCP [2001:db8::20]:443 [2001:db8:1:2:3:4:5:6]:50700 ESTABLISHED", 0, 0, 0, 1015, {1187, 900}},
    {"TCP [fe80::1c2a:3bff:fe4c:5d6e%2]:8443 [fe80::1]:50800 ESTABLISHED",
     1000,
     0,
     0,
     1016,
     {5002}},
    {"UDP 0.0.0.0%2:68 *:*", 0, 0, 0, 1017, {5003}},
    {"UDP 127.0.0.53%1:53 *:*", 101, 0, 0, 1018, {5004}},
    {"UDP 127.0.0.1:62273 127.0.0.1:62273 ", 1000, 0, 0, 1019, {5005}},
    {"UDP 169.254.10.1:137 *:*", 0, 0, 0, 1020, {5006}},
    {"UDP [::]:5353 *:*", 101, 768, 0, 1021, {5007}},
    {"UDP [fe80::182e:1ba9:7b17:351d%2]:546 *:*", 0, 0, 0, 1022, {5003}},
    {"UDP [fe80::182e:1ba9:7b17:351d%7]:1900 *:*", 1000, 0, 0, 1023, {5008}},
    // From here on: only on a machine with insecure services.
    {"TCP 0.0.0.0:7000 0.0.0.0:0 LISTENING", 999, 0, 511, 1101, {7100}},
    {"TCP [::]:7000 [::]:0 LISTENING", 999, 0, 511, 1102, {7100}},
    {"TCP 0.0.0.0:81 0.0.0.0:0 LISTENING", 1000, 0, 5, 1103, {7101}},
    {"TCP 0.0.0.0:8080 0.0.0.0:0 LISTENING", 0, 0, 128, 1104, {7102}},
    {"TCP 0.0.0.0:8080 0.0.0.0:0 LISTENING", 0, 0, 128, 1105, {7103}},
    {"UDP 0.0.0.0:11211 *:*", 998, 0, 0, 1106, {7104}},
    {"TCP 192.168.1.20:23 0.0.0.0:0 LISTENING", 0, 0, 5, 1107, {HIDDEN}},
    {"TCP 127.0.0.1:9000 0.0.0.0:0 LISTENING", 0, 0, 5, 1108, {7105}},
    // From here on: only on a machine with more servers.
    {"TCP 0.0.0.0:8088 0.0.0.0:0 LISTENING", 0, 0, 5, 1201, {7200}},
    {"TCP 0.0.0.0:8089 0.0.0.0:0 LISTENING", 0, 0, 5, 1202, {7201, 7202, 7203}},
    {"TCP 0.0.0.0:7001 0.0.0.0:0 BOUND", 0, 0, 0, 1203, {7201}}, // with SO_REUSEADDR
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])
#define INSECURE_ROW_COUNT 8
#define MORE_ROW_COUNT 3

#define ARGUMENTS(text) (text), sizeof(text)

// What the system would tell of a process; `known` leaves out what this user may not see.
static const struct fake_process {
    uint32_t pid;
    unsigned known; // PSC_PROCESS_* bits
    const char *name, *path;
    bool path_deleted;
    const char *command_line;
    size_t command_line_size;
    const char *user;
    int64_t started;
} processes[] = {
    {812, ALL_DETAILS, "sshd", "/usr/sbin/sshd", false,
     ARGUMENTS("sshd: /usr/sbin/sshd -D [listener]"), "root", 1795161600000},
    {SUCCESSOR, ALL_DETAILS, "sshd", "/usr/sbin/sshd", false,
     ARGUMENTS("sshd: /usr/sbin/sshd -D [listener]"), "root", 1795162679123},
    {900, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602000},
    {901, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602000},
    {902, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602010},
    {903, ALL_DETAILS & ~(unsigned)PSC_PROCESS_STARTED, "nginx", "/usr/sbin/nginx", false,
     ARGUMENTS("nginx: worker process"), "www-data", 0},
    // The oldest, though its number is not the lowest: they begin again at 300 some day.
    {1187, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false,
     ARGUMENTS("nginx: master process /usr/sbin/nginx -g daemon off;"), "root", 1795161601000},
    {4242, ALL_DETAILS, "node", "/usr/bin/node", false, ARGUMENTS("node\0server.js\0--title=a b"),
     "alice", 1795161661000},
    {4300, ALL_DETAILS, "firefox", "/opt/firefox/firefox", true, ARGUMENTS("/opt/firefox/firefox"),
     "alice", 1795161662345},
    {5000, ALL_DETAILS, "java", "/usr/lib/jvm/bin/java", false, ARGUMENTS("java\0-jar\0shop.jar\0"),
     "4711", 1795161663000},
    // Only `comm` may be read.
    {5001, PSC_PROCESS_NAME | PSC_PROCESS_USER | PSC_PROCESS_STARTED, "cupsd", NULL, false, NULL, 0,
     "root", 1795161664000},
    {5002, ALL_DETAILS, "\x1b]0;pwned\a\x1b[2J\r\nroot", "/tmp/\x1b]0;pwned\a\x1b[2J\r\nroot",
     false,
     ARGUMENTS("x\0\xc2\x9b"
               "31m\n"),
     "alice", 1795161665000},
    {5003, ALL_DETAILS, "dhclient", "/sbin/dhclient", false, ARGUMENTS("dhclient\0-6\0eth0"),
     "root", 1795161666000},
    {5004, ALL_DETAILS, "", "/", false, "", 0, "systemd-resolve", 1795161667000},
    {5005, ALL_DETAILS, "say \"hi\", \\back\\", "/home/alice/say \"hi\", \\back\\", false,
     ARGUMENTS("=1+2\0\"\""), "alice", 1795161668000},
    {5006, ALL_DETAILS, "caf\xe9", "/usr/bin/caf\xe9", false, ARGUMENTS("caf\xe9"), "root",
     1795161669000},
    {5007, ALL_DETAILS, "\xd0\xbc\xd0\xb8\xd1\x80 \xe4\xb8\xad\xe6\x96\x87",
     "/usr/bin/\xd0\xbc\xd0\xb8\xd1\x80 \xe4\xb8\xad\xe6\x96\x87", false,
     ARGUMENTS("\xe4\xb8\xad\xe6\x96\x87"), "avahi", 1795161670000},
    {5008, ALL_DETAILS, "gpj.\xe2\x80\xaetxt\xe2\x80\xac",
     "/home/alice/gpj.\xe2\x80\xaetxt\xe2\x80\xac", false,
     ARGUMENTS("gpj.\xe2\x80\xaetxt\xe2\x80\xac"), "alice", 1795161671000},
    {7100, ALL_DETAILS, "redis-server", "/usr/bin/redis-server", true,
     ARGUMENTS("redis-server *:7000"), "redis", 1795161672000},
    {7101, ALL_DETAILS, "\x1b[31mx\"y\\z", "/tmp/\x1b[31mx\"y\\z", false, ARGUMENTS("x"), "alice",
     1795161673000},
    {7102, ALL_DETAILS, "shop", "/opt/shop/shop", false, ARGUMENTS("shop"), "root", 1795161674000},
    {7103, ALL_DETAILS, "thief", "/opt/thief/thief", false, ARGUMENTS("thief"), "root",
     1795161675000},
    {7104, ALL_DETAILS, "memcached", "/usr/bin/memcached", true,
     ARGUMENTS("memcached\0-U\0"
               "11211"),
     "memcache", 1795161676000},
    {7105, ALL_DETAILS, "app", "/srv/app", false, ARGUMENTS("/srv/app"), "root", 1795161677000},
    {7200, ALL_DETAILS, "docker-proxy", "/usr/bin/docker-proxy", false,
     ARGUMENTS("/usr/bin/docker-proxy"), "root", 1795161678000},
    {7201, ALL_DETAILS, "ends", "/usr/bin/ends", false, ARGUMENTS("ends"), "alice", 1795161679000},
    {7202, ALL_DETAILS, "forbidden", "/usr/bin/forbidden", false, ARGUMENTS("forbidden"), "root",
     1795161679500},
    {7203, ALL_DETAILS, "ignores", "/usr/bin/ignores", false, ARGUMENTS("ignores"), "alice",
     1795161680000},
};
// What has the PID fake_platform.reused_pid.
static const struct fake_process innocent = {
    0,     ALL_DETAILS,           "innocent", "/usr/bin/innocent",
    false, ARGUMENTS("innocent"), "alice",    1795162680000};
#define PROCESS_COUNT (sizeof processes / sizeof processes[0])

// What is wrong with executables.
static const struct {
    uint32_t pid;
    uint8_t flags; // PSC_EXE_* bits
} exe_flags[] = {
    {5002, PSC_EXE_TEMPORARY},
    {7100, PSC_EXE_REPLACED},
    {7101, PSC_EXE_TEMPORARY},
    {7105, PSC_EXE_FILE_WRITABLE},
};
#define EXE_FLAGS_COUNT (sizeof exe_flags / sizeof exe_flags[0])

// The working directory and the service of a process, and what it does when it is asked to exit. Nothing
// of that is known of the others, and they exit.
static const struct fake_life {
    uint32_t pid;
    enum {
        EXITS,
        IGNORES,   // is only ended by force
        NO_WINDOW, // cannot be asked, as a Windows program without windows
        RESTARTED, // exits, and another process takes its ports at once
        DENIED,    // cannot be opened by this user
        FORBIDDEN, // can be opened, but not signaled
        GONE,      // has exited since
        CRITICAL,
        ANCESTOR,
    } end;
    const char *cwd; // NULL: not known
    const char *service, *stop_command;
} lives[] = {
    {0, EXITS, NULL, NULL, NULL},
    {812, RESTARTED, "/", "ssh.service", "systemctl stop ssh.service"},
    {SUCCESSOR, RESTARTED, "/", "ssh.service", "systemctl stop ssh.service"},
    {1187, EXITS, "/", NULL, NULL},
    {4242, EXITS, "/home/alice/shop", NULL, NULL},
    {4300, IGNORES, "/home/alice", NULL, NULL},
    {5001, NO_WINDOW, NULL, NULL, NULL},
    {5002, EXITS, "/tmp/\x1b[2J", NULL, NULL},
    {5003, CRITICAL, "/", NULL, NULL},
    {5004, ANCESTOR, "/", NULL, NULL},
    {5006, DENIED, NULL, NULL, NULL},
    {5007, GONE, NULL, NULL, NULL},
    {7202, FORBIDDEN, NULL, NULL, NULL},
    {7203, IGNORES, NULL, NULL, NULL},
};
#define LIFE_COUNT (sizeof lives / sizeof lives[0])

struct fake_platform *fake_platform(void) {
    // Of one test program, which asks it in one thread.
    static struct fake_platform machine;
    return &machine;
}

int fake_platform_reset(void **state) {
    (void)state;
    *fake_platform() = (struct fake_platform){.clock = 0};
    return 0;
}

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .filter = &psc_filter_everything, .owners = true, .proc_root = "/proc"};
}

static enum psc_status out_of_memory(enum psc_status status, struct psc_error *error) {
    return status == PSC_OK ? PSC_OK : psc_no_memory(error);
}

static struct psc_endpoint endpoint_of(const struct fake_row *fake) {
    struct psc_endpoint endpoint = netstat_row(fake->row);
    endpoint.uid = fake->uid;
    endpoint.recv_queue = fake->recv_queue;
    endpoint.send_queue = fake->send_queue;
    endpoint.inode = fake->inode;
    endpoint.cookie = (uint64_t)(fake - rows) + 1;
    // The kernel keeps neither user nor queues of connections without a file.
    endpoint.known =
        PSC_KNOWN_COOKIE | (fake->inode == 0 ? PSC_KNOWN_OWNERS
                                             : PSC_KNOWN_UID | PSC_KNOWN_INODE |
                                                   PSC_KNOWN_RECV_QUEUE | PSC_KNOWN_SEND_QUEUE);
    return endpoint;
}

static bool has_ended(uint32_t pid) {
    for (size_t i = 0; i < fake_platform()->ended_count; i++) {
        if (fake_platform()->ended[i] == pid) {
            return true;
        }
    }
    return false;
}

static bool is_reused(uint32_t pid) {
    return pid != 0 && pid == fake_platform()->reused_pid;
}

static const struct fake_process *process_of(uint32_t pid) {
    if (is_reused(pid)) {
        return &innocent;
    }
    for (size_t i = 0; i < PROCESS_COUNT; i++) {
        if (processes[i].pid == pid) {
            return &processes[i];
        }
    }
    return NULL;
}

static const struct fake_life *life_of(uint32_t pid) {
    for (size_t i = 1; i < LIFE_COUNT; i++) {
        if (lives[i].pid == pid) {
            return &lives[i];
        }
    }
    return &lives[0];
}

// Who owns a row by now; 0 in place of those that have ended.
static uint32_t owner_of(const struct fake_row *fake, size_t index) {
    const struct fake_platform *machine = fake_platform();
    uint32_t pid = fake->pids[index];
    if ((is_reused(pid) && machine->resolutions > 0) ||
        (pid != 0 && pid == machine->moved_pid && machine->collections > machine->moved_after)) {
        return 0;
    }
    if (!has_ended(pid)) {
        return pid;
    }
    return life_of(pid)->end == RESTARTED ? SUCCESSOR : 0;
}

static bool is_there(const struct fake_row *fake) {
    bool there = fake->pids[0] == 0; // the kernel's
    for (size_t i = 0; i < 5; i++) {
        there = there || owner_of(fake, i) != 0;
    }
    const struct fake_platform *machine = fake_platform();
    size_t row = (size_t)(fake - rows);
    bool usual = row < ROW_COUNT - INSECURE_ROW_COUNT - MORE_ROW_COUNT;
    bool more = row >= ROW_COUNT - MORE_ROW_COUNT;
    return there && !machine->empty &&
           (usual || (more ? machine->more_servers : machine->insecure_services));
}

static void add_rows(const struct psc_request *request, struct psc_builder *builder) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct psc_endpoint endpoint = endpoint_of(&rows[i]);
        if (is_there(&rows[i]) &&
            (request->filter->protocols & PSC_PROTOCOL_BIT(endpoint.protocol)) != 0 &&
            (request->filter->states & PSC_STATE_BIT(endpoint.state)) != 0) {
            psc_builder_add(builder, &endpoint);
        }
    }
}

static void link_row(struct psc_builder *builder, size_t row) {
    const struct fake_row *fake = &rows[psc_builder_endpoint(builder, row)->cookie - 1];
    for (size_t i = 0; i < 5; i++) {
        uint32_t owner = owner_of(fake, i);
        if (owner != 0 && owner != HIDDEN) {
            psc_builder_link(builder, row, owner);
        }
    }
}

static void link_owners(struct psc_builder *builder) {
    fake_platform()->searches += psc_builder_count(builder) > 0;
    for (size_t row = 0; row < psc_builder_count(builder); row++) {
        link_row(builder, row);
    }
    psc_builder_end_links(builder, "owners-hidden", "; run as root to see all owners");
}

static bool is_exhausted(void) {
    const struct fake_platform *machine = fake_platform();
    return machine->max_calls != 0 && machine->collections + machine->probes > machine->max_calls;
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    static const char *const interfaces[] = {[1] = "lo", [2] = "eth0", [7] = NULL};
    fake_platform()->collections++;
    if (is_exhausted()) {
        return psc_fail(error, PSC_SYSTEM, "the fake platform was asked too often");
    }
    if (fake_platform()->collect_fails != PSC_OK) {
        return psc_fail(error, fake_platform()->collect_fails, "the fake platform cannot collect");
    }
    add_rows(request, builder);
    psc_builder_seal(builder);
    for (uint32_t i = 1; i < sizeof interfaces / sizeof interfaces[0]; i++) {
        psc_builder_name_interface(builder, i, interfaces[i]);
    }
    if (request->owners) {
        link_owners(builder);
    }
    return PSC_OK;
}

// Copies a text, if it is to be told.
static bool tell(struct psc_builder *builder, bool told, const char *text, const char **copy) {
    told = told && text != NULL;
    *copy = told ? psc_builder_text(builder, text, strlen(text)) : NULL;
    return !told || *copy != NULL;
}

static void tell_exe_flags(const struct fake_process *fake, struct psc_process *process) {
    for (size_t i = 0; i < EXE_FLAGS_COUNT; i++) {
        process->exe_flags =
            exe_flags[i].pid == fake->pid ? exe_flags[i].flags : process->exe_flags;
    }
}

static void tell_account(const struct fake_process *fake, struct psc_process *process) {
    bool person = strcmp(fake->user, "alice") == 0 || strcmp(fake->user, "4711") == 0;
    process->account = strcmp(fake->user, "root") == 0 ? PSC_ACCOUNT_SYSTEM
                       : person                        ? PSC_ACCOUNT_PERSON
                                                       : PSC_ACCOUNT_SERVICE;
}

static enum psc_status resolve(const struct fake_process *fake, unsigned details,
                               struct psc_builder *builder, struct psc_process *process) {
    details |= process->known | (process->shares ? PSC_PROCESS_STARTED : 0);
    const struct fake_life *life = life_of(fake->pid);
    unsigned directory = life->cwd != NULL ? PSC_PROCESS_CWD : 0;
    unsigned location = (fake->known & PSC_PROCESS_PATH) != 0 ? PSC_PROCESS_EXE_FLAGS : 0;
    unsigned account = (fake->known & PSC_PROCESS_USER) != 0 ? PSC_PROCESS_ACCOUNT : 0;
    unsigned known = (fake->known | PSC_PROCESS_SERVICE | account | location | directory) & details;
    bool arguments = (known & PSC_PROCESS_COMMAND_LINE) != 0;
    process->known = known;
    process->path_deleted = (known & PSC_PROCESS_PATH) != 0 && fake->path_deleted;
    process->command_line = arguments ? fake->command_line : NULL;
    process->command_line_size = arguments ? fake->command_line_size : 0;
    process->started = (known & PSC_PROCESS_STARTED) != 0 ? fake->started : 0;
    process->identity = (uint64_t)process->started;
    if ((known & PSC_PROCESS_EXE_FLAGS) != 0) {
        tell_exe_flags(fake, process);
    }
    if ((known & PSC_PROCESS_ACCOUNT) != 0) {
        tell_account(fake, process);
    }
    bool service = (known & PSC_PROCESS_SERVICE) != 0 && life->service != NULL;
    bool ok = tell(builder, (known & PSC_PROCESS_NAME) != 0, fake->name, &process->name) &&
              tell(builder, (known & PSC_PROCESS_PATH) != 0, fake->path, &process->path) &&
              tell(builder, (known & PSC_PROCESS_USER) != 0, fake->user, &process->user) &&
              tell(builder, (known & PSC_PROCESS_CWD) != 0, life->cwd, &process->cwd) &&
              tell(builder, service, life->service, &process->service) &&
              tell(builder, service, life->stop_command, &process->stop_command);
    return ok ? PSC_OK : PSC_NO_MEMORY;
}

enum psc_status psc_platform_resolve(const struct psc_request *request, unsigned details,
                                     struct psc_builder *builder, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    (void)request;
    if (fake_platform()->resolve_fails != PSC_OK) {
        return psc_fail(error, fake_platform()->resolve_fails, "the fake platform cannot resolve");
    }
    for (size_t i = 0; i < psc_builder_process_count(builder) && status == PSC_OK; i++) {
        struct psc_process *process = psc_builder_process(builder, i);
        if (process != NULL) {
            status = resolve(process_of(process->pid), details, builder, process);
        }
    }
    fake_platform()->resolutions++;
    return out_of_memory(status, error);
}

enum psc_status psc_platform_name_users(struct psc_builder *builder, struct psc_error *error) {
    static const struct {
        uint32_t uid;
        const char *name;
    } users[] = {{0, "root"},    {70, "postgres"}, {101, "avahi"}, {998, "memcache"},
                 {999, "redis"}, {1000, "alice"},  {4711, NULL}};
    (void)error;
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        psc_builder_name_user(builder, users[i].uid, users[i].name);
    }
    return PSC_OK;
}

enum psc_status psc_platform_name_remotes(struct psc_builder *builder, unsigned deadline_ms,
                                          struct psc_error *error) {
    static const uint8_t named[4] = {198, 51, 100, 7};
    static const uint8_t hostile[4] = {203, 0, 113, 9};
    (void)deadline_ms, (void)error;
    for (size_t row = 0; row < psc_builder_count(builder); row++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, row);
        const char *name = memcmp(endpoint->remote.bytes, named, 4) == 0     ? "web.example"
                           : memcmp(endpoint->remote.bytes, hostile, 4) == 0 ? "\x1b[8m.example"
                                                                             : NULL;
        if (endpoint->protocol == PSC_PROTOCOL_TCP4 && name != NULL) {
            psc_builder_name_remote(builder, row, name);
        }
    }
    return PSC_OK;
}

// Ports --------------------------------------------------------------------------------------------

static bool is_zero(const struct psc_address *address) {
    static const struct psc_address zero;
    return memcmp(address, &zero, sizeof zero) == 0;
}

// Whether a row keeps a server away that sets SO_REUSEADDR, as all of this machine do.
static bool keeps_away(const struct psc_endpoint *row, const struct psc_probe *probe) {
    const uint32_t passing =
        PSC_STATE_BIT(PSC_STATE_TIME_WAIT) | PSC_STATE_BIT(PSC_STATE_SYN_RECEIVED);
    return row->protocol == probe->protocol && row->local_port == probe->port &&
           (PSC_STATE_BIT(row->state) & passing) == 0 &&
           (is_zero(&row->local) || is_zero(&probe->address) ||
            memcmp(&row->local, &probe->address, sizeof row->local) == 0);
}

static bool is_taken(const struct psc_probe *probe) {
    bool taken = probe->port == FAKE_HIDDEN ||
                 (probe->port == FAKE_GETS_FREE && fake_platform()->clock < 500);
    for (size_t i = 0; i < ROW_COUNT && !taken; i++) {
        struct psc_endpoint row = endpoint_of(&rows[i]);
        taken = is_there(&rows[i]) && keeps_away(&row, probe);
    }
    return taken;
}

// 198.51.100.0/24 is elsewhere.
static bool has_address(const struct psc_probe *probe) {
    static const uint8_t elsewhere[] = {198, 51, 100};
    bool ipv6 = probe->protocol == PSC_PROTOCOL_TCP6 || probe->protocol == PSC_PROTOCOL_UDP6;
    return ipv6 || memcmp(probe->address.bytes, elsewhere, sizeof elsewhere) != 0;
}

#define RESERVED "7100-7149,65530-65535"

static bool is_reserved(uint16_t port) {
    return (port >= 7100 && port < 7150) || port >= 65530;
}

enum psc_status psc_platform_probe(const struct psc_probe *probe, enum psc_probe_result *result,
                                   struct psc_error *error) {
    const struct fake_platform *machine = fake_platform();
    fake_platform()->probes++;
    if (is_exhausted()) {
        return psc_fail(error, PSC_SYSTEM, "the fake platform was asked too often");
    }
    if (machine->probe_fails != PSC_OK) {
        return psc_fail(error, machine->probe_fails, "the fake platform cannot bind");
    }
    *result = machine->ordinary_user && probe->port < 1024         ? PSC_PROBE_DENIED
              : machine->windows_ports && is_reserved(probe->port) ? PSC_PROBE_RESERVED
              : !has_address(probe)                                ? PSC_PROBE_NO_ADDRESS
              : probe->port == FAKE_CLOSING                        ? PSC_PROBE_REUSABLE
              : is_taken(probe)                                    ? PSC_PROBE_TAKEN
                                                                   : PSC_PROBE_FREE;
    return PSC_OK;
}

enum psc_status psc_platform_port_ranges(const struct psc_request *request, bool udp,
                                         struct psc_port_ranges *ranges, struct psc_error *error) {
    fake_platform()->range_reads++;
    (void)request, (void)udp;
    *ranges = (struct psc_port_ranges){
        .known = PSC_RANGES_RESERVED | PSC_RANGES_DYNAMIC,
        .reserved_refuses = fake_platform()->windows_ports,
        .dynamic_first = 49152,
        .dynamic_last = 65535,
        .first_unprivileged = 1024,
        .time_wait_seconds = 60,
    };
    if (fake_platform()->unknown_ranges) {
        ranges->known = 0;
        return PSC_OK;
    }
    return psc_port_set_parse(&ranges->reserved, RESERVED, error);
}

// Ending a process ---------------------------------------------------------------------------------

struct psc_process_handle {
    uint32_t pid;
};

enum psc_status psc_platform_open_process(const struct psc_request *request, uint32_t pid,
                                          uint64_t identity, struct psc_process_handle **process,
                                          struct psc_error *error) {
    (void)request;
    *process = NULL;
    if (life_of(pid)->end == DENIED) {
        return psc_fail(error, PSC_DENIED, "process %u is not yours", pid);
    }
    if (life_of(pid)->end == GONE || has_ended(pid) ||
        identity != (uint64_t)process_of(pid)->started) {
        return psc_fail(error, PSC_GONE, "process %u is gone", pid);
    }
    *process = malloc(sizeof **process);
    if (*process == NULL) {
        return psc_no_memory(error);
    }
    (*process)->pid = pid;
    return PSC_OK;
}

enum psc_status psc_platform_terminate_process(struct psc_process_handle *process, bool force,
                                               struct psc_error *error) {
    struct fake_platform *machine = fake_platform();
    if (life_of(process->pid)->end == NO_WINDOW && !force) {
        return psc_fail(error, PSC_UNSUPPORTED, "process %u cannot be asked: only --force is left",
                        process->pid);
    }
    if (life_of(process->pid)->end == FORBIDDEN) {
        return psc_fail(error, PSC_DENIED, "the signal cannot be sent: Operation not permitted");
    }
    if (life_of(process->pid)->end != IGNORES || force) {
        machine->ended[machine->ended_count++] = process->pid;
    }
    return PSC_OK;
}

bool psc_platform_wait_process(struct psc_process_handle *process, unsigned milliseconds) {
    bool ended = has_ended(process->pid);
    fake_platform()->clock += ended ? 0 : milliseconds;
    return ended;
}

void psc_platform_close_process(struct psc_process_handle *process) {
    free(process);
}

bool psc_platform_is_self_or_ancestor(const struct psc_request *request, uint32_t pid) {
    (void)request;
    return life_of(pid)->end == ANCESTOR;
}

bool psc_platform_is_critical(uint32_t pid) {
    return life_of(pid)->end == CRITICAL;
}

// The machine --------------------------------------------------------------------------------------

enum psc_status psc_platform_require_stack(struct psc_error *error) {
    (void)error;
    return PSC_OK;
}

const char *psc_platform_borrowed_privileges(void) {
    return fake_platform()->borrowed_privileges ? "the executable is setuid" : NULL;
}

void psc_platform_confine(enum psc_confinement confinement, const char *output) {
    (void)confinement, (void)output;
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    snprintf(text, PSC_DESCRIPTION_SIZE, "sockets: fake\nowners: fake\n");
}

// psc_platform_advice() of the two systems, compiled under these names.
const char *fake_advice_linux(enum psc_advice topic);
const char *fake_advice_windows(enum psc_advice topic);

const char *psc_platform_advice(enum psc_advice topic) {
    return fake_platform()->windows_ports ? fake_advice_windows(topic) : fake_advice_linux(topic);
}

void psc_platform_host(char host[PSC_HOST_SIZE]) {
    snprintf(host, PSC_HOST_SIZE, "web1");
}

int64_t psc_platform_time(void) {
    return 1795162680123; // 2026-11-20T08:18:00.123Z
}

void psc_platform_sleep(unsigned milliseconds) {
    fake_platform()->sleeps++;
    fake_platform()->slept += milliseconds / 1000;
    fake_platform()->clock += milliseconds;
}

int64_t psc_platform_clock(void) {
    return fake_platform()->clock;
}

struct psc_terminal *psc_terminal_init(void) {
    return NULL;
}

void psc_terminal_done(struct psc_terminal *terminal) {
    (void)terminal;
}

bool psc_terminal_has_color(FILE *stream) {
    (void)stream;
    return fake_platform()->color;
}

bool psc_terminal_can_ask(FILE *in, FILE *out) {
    (void)in, (void)out;
    return fake_platform()->terminal;
}

void psc_terminal_discard_input(FILE *in) {
    (void)in;
    fake_platform()->discards++;
}

const char *psc_terminal_line_end(void) {
    return fake_platform()->crlf ? "\r\n" : "\n";
}

void psc_terminal_prose(FILE *stream) {
    (void)stream;
}

enum psc_status psc_terminal_write_error(FILE *stream, const char *name, struct psc_error *error) {
    (void)stream;
    int number = errno;
    psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", name, strerror(number));
    errno = number;
    return PSC_OUTPUT;
}

bool psc_terminal_reader_is_gone(FILE *stream) {
    (void)stream;
    return errno == EPIPE || errno == EINVAL; // the latter is what Windows' C library makes of it
}

// Files --------------------------------------------------------------------------------------------

FILE *psc_file_open(const char *path) {
    return fake_platform()->no_files ? NULL : fopen(path, "rb");
}

// Written as they come: only the real platforms promise more.
struct psc_new_file {
    FILE *stream;
    char path[512];
};

enum psc_status psc_file_begin(const char *path, struct psc_new_file **file,
                               struct psc_error *error) {
    struct psc_new_file *begun = calloc(1, sizeof *begun);
    *file = begun;
    if (begun == NULL) {
        return psc_no_memory(error);
    }
    snprintf(begun->path, sizeof begun->path, "%s", path);
    begun->stream = fake_platform()->no_files ? NULL : fopen(path, "wb");
    if (begun->stream == NULL) {
        free(begun);
        *file = NULL;
        return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    }
    return PSC_OK;
}

FILE *psc_file_stream(struct psc_new_file *file) {
    return file->stream;
}

enum psc_status psc_file_finish(struct psc_new_file *file, struct psc_error *error) {
    enum psc_status status = PSC_OK;
    if (fclose(file->stream) != 0) {
        status = psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", file->path, strerror(errno));
    }
    free(file);
    return status;
}

void psc_file_discard(struct psc_new_file *file) {
    if (file != NULL) {
        fclose(file->stream);
        remove(file->path);
        free(file);
    }
}
