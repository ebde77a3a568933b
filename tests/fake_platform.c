// fake_platform.c - a platform for tests: one machine with something of everything. Both protocols
// and families, every state, several owners of one socket, hidden and missing owners, interfaces
// with and without name, and names that want to play with the terminal.
#include "fake_platform.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "netstat_row.h"
#include "portscope/platform.h"
#include "portscope/terminal.h"

#define HIDDEN UINT32_MAX // in place of a PID: somebody whom this user may not see
#define ALL_DETAILS                                                                                \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

// In no order, because the kernel has none either.
static const struct fake_row {
    const char *row;
    uint32_t uid;
    uint32_t recv_queue, send_queue;
    uint64_t inode;   // 0: no file refers to the socket, so nobody owns it
    uint32_t pids[5]; // none: owned by nobody
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
};
#define ROW_COUNT (sizeof rows / sizeof rows[0])

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
    {900, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602000},
    {901, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602000},
    {902, ALL_DETAILS, "nginx", "/usr/sbin/nginx", false, ARGUMENTS("nginx: worker process"),
     "www-data", 1795161602010},
    {903, ALL_DETAILS & ~(unsigned)PSC_PROCESS_STARTED, "nginx", "/usr/sbin/nginx", false,
     ARGUMENTS("nginx: worker process"), "www-data", 0},
    // The eldest, though its number is not the lowest: they begin again at 300 some day.
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
};
#define PROCESS_COUNT (sizeof processes / sizeof processes[0])

struct fake_platform *fake_platform(void) {
    // Of one test program, which asks it in one thread.
    static struct fake_platform machine;
    return &machine;
}

void psc_request_init(struct psc_request *request) {
    *request = (struct psc_request){
        .tables = PSC_TABLES_ALL, .states = PSC_STATES_ALL, .owners = true, .proc_root = "/proc"};
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

static enum psc_status add_rows(const struct psc_request *request, struct psc_builder *builder) {
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < ROW_COUNT && status == PSC_OK && !fake_platform()->empty; i++) {
        struct psc_endpoint endpoint = endpoint_of(&rows[i]);
        if ((request->tables & PSC_TABLE_BIT(endpoint.table)) != 0 &&
            (request->states & PSC_STATE_BIT(endpoint.state)) != 0) {
            status = psc_builder_add(builder, &endpoint);
        }
    }
    return status;
}

static enum psc_status link_row(struct psc_builder *builder, size_t row) {
    const struct fake_row *fake = &rows[psc_builder_endpoint(builder, row)->cookie - 1];
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < 5 && fake->pids[i] != 0 && status == PSC_OK; i++) {
        if (fake->pids[i] != HIDDEN) {
            status = psc_builder_link(builder, row, fake->pids[i]);
        }
    }
    return status;
}

static enum psc_status link_owners(struct psc_builder *builder) {
    enum psc_status status = PSC_OK;
    for (size_t row = 0; row < psc_builder_count(builder) && status == PSC_OK; row++) {
        status = link_row(builder, row);
    }
    return status == PSC_OK
               ? psc_builder_end_links(builder, "owners-hidden", "hidden: run as root to see them")
               : status;
}

enum psc_status psc_platform_collect(const struct psc_request *request, struct psc_builder *builder,
                                     struct psc_error *error) {
    static const char *const zones[] = {[1] = "lo", [2] = "eth0", [7] = NULL};
    if (fake_platform()->collect_fails != PSC_OK) {
        return psc_fail(error, fake_platform()->collect_fails, "the fake platform cannot collect");
    }
    enum psc_status status = add_rows(request, builder);
    if (status == PSC_OK) {
        status = psc_builder_seal(builder);
    }
    for (uint32_t zone = 1; zone < sizeof zones / sizeof zones[0] && status == PSC_OK; zone++) {
        status = psc_builder_name_zone(builder, zone, zones[zone]);
    }
    if (status == PSC_OK && request->owners) {
        status = link_owners(builder);
    }
    return out_of_memory(status, error);
}

// Copies a text, if it is to be told.
static bool tell(struct psc_builder *builder, bool told, const char *text, const char **copy) {
    *copy = told ? psc_builder_text(builder, text, strlen(text)) : NULL;
    return !told || *copy != NULL;
}

static enum psc_status resolve(const struct fake_process *fake, unsigned details,
                               struct psc_builder *builder, struct psc_process *process) {
    details |= process->known | (process->shares ? PSC_PROCESS_STARTED : 0);
    unsigned known = fake->known & details;
    bool arguments = (known & PSC_PROCESS_COMMAND_LINE) != 0;
    process->known = known;
    process->path_deleted = (known & PSC_PROCESS_PATH) != 0 && fake->path_deleted;
    process->command_line = arguments ? fake->command_line : NULL;
    process->command_line_size = arguments ? fake->command_line_size : 0;
    process->started = (known & PSC_PROCESS_STARTED) != 0 ? fake->started : 0;
    bool ok = tell(builder, (known & PSC_PROCESS_NAME) != 0, fake->name, &process->name) &&
              tell(builder, (known & PSC_PROCESS_PATH) != 0, fake->path, &process->path) &&
              tell(builder, (known & PSC_PROCESS_USER) != 0, fake->user, &process->user);
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
        for (size_t j = 0; process != NULL && j < PROCESS_COUNT && status == PSC_OK; j++) {
            if (processes[j].pid == process->pid) {
                status = resolve(&processes[j], details, builder, process);
            }
        }
    }
    return out_of_memory(status, error);
}

enum psc_status psc_platform_name_users(struct psc_builder *builder, struct psc_error *error) {
    static const struct {
        uint32_t uid;
        const char *name;
    } users[] = {{0, "root"}, {70, "postgres"}, {101, "avahi"}, {1000, "alice"}, {4711, NULL}};
    enum psc_status status = PSC_OK;
    for (size_t i = 0; i < sizeof users / sizeof users[0] && status == PSC_OK; i++) {
        status = psc_builder_name_user(builder, users[i].uid, users[i].name);
    }
    return out_of_memory(status, error);
}

enum psc_status psc_platform_name_remotes(struct psc_builder *builder, unsigned deadline_ms,
                                          struct psc_error *error) {
    static const uint8_t named[4] = {198, 51, 100, 7};
    static const uint8_t hostile[4] = {203, 0, 113, 9};
    enum psc_status status = PSC_OK;
    (void)deadline_ms;
    for (size_t row = 0; row < psc_builder_count(builder) && status == PSC_OK; row++) {
        const struct psc_endpoint *endpoint = psc_builder_endpoint(builder, row);
        const char *name = memcmp(endpoint->remote.bytes, named, 4) == 0     ? "web.example"
                           : memcmp(endpoint->remote.bytes, hostile, 4) == 0 ? "\x1b[8m.example"
                                                                             : NULL;
        if (endpoint->table == PSC_TCP4 && name != NULL) {
            status = psc_builder_name_remote(builder, row, name);
        }
    }
    return out_of_memory(status, error);
}

void psc_platform_describe(char text[PSC_DESCRIPTION_SIZE]) {
    snprintf(text, PSC_DESCRIPTION_SIZE, "sockets: fake\nowners: fake\n");
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
}

struct psc_terminal *psc_terminal_init(void) {
    return NULL;
}

void psc_terminal_done(struct psc_terminal *terminal) {
    (void)terminal;
}

bool psc_terminal_has_colour(FILE *stream) {
    (void)stream;
    return fake_platform()->colour;
}

const char *psc_terminal_line_end(void) {
    return fake_platform()->crlf ? "\r\n" : "\n";
}

void psc_terminal_prose(FILE *stream) {
    (void)stream;
}

bool psc_terminal_reader_is_gone(FILE *stream) {
    (void)stream;
    return errno == EPIPE;
}
