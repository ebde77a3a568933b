// products.c - THE table of products, and how a listener is recognised as one of them.
#include "audit/products.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "model/filter.h"

#define MOST_PROGRAMS 8
#define MOST_RANGES 4

struct service {
    enum service_kind kind;
    const char *name;
    uint32_t protocols;
    /** Globs on the executable's name. */
    const char *programs[MOST_PROGRAMS];
    /** Glob that an argument has to match; NULL: the program alone says it. */
    const char *argument;
    /** Globs on arguments with which it is not what the rule is about. */
    const char *unless[MOST_PROGRAMS];
    /** The program does other things, too: it is this product on these ports only, or on one that
        the argument names; and these ports mean nothing without the program. */
    bool port_only_with_program;
    struct {
        uint16_t first, last; // last is 0 behind the last range
    } ports[MOST_RANGES];
};

#define TCP PSC_PROTOCOLS_TCP
#define UDP PSC_PROTOCOLS_UDP

// Only ports that nothing else is known for: where one is popular with other programs, too, the
// program decides alone.
static const struct service table[] = {
    {SERVICE_DATA_STORE, "Redis", TCP,
     .programs = {"redis-server*", "redis-sentinel*", "valkey-server*", "keydb-server*",
                  "dragonfly"},
     .ports = {{6379, 6379}, {16379, 16379}, {26379, 26379}}},
    {SERVICE_DATA_STORE, "Memcached", TCP, .programs = {"memcached"}, .ports = {{11211, 11211}}},
    {SERVICE_DATA_STORE, "PostgreSQL", TCP, .programs = {"postgres", "postmaster", "pgbouncer"},
     .ports = {{5432, 5432}, {6432, 6432}}},
    {SERVICE_DATA_STORE, "MySQL or MariaDB", TCP, .programs = {"mysqld*", "mariadbd*"},
     .ports = {{3306, 3306}, {33060, 33060}}},
    {SERVICE_DATA_STORE, "SQL Server", TCP, .programs = {"sqlservr*"}, .ports = {{1433, 1433}}},
    {SERVICE_DATA_STORE, "Oracle", TCP, .programs = {"tnslsnr"}, .ports = {{1521, 1521}}},
    {SERVICE_DATA_STORE, "MongoDB", TCP, .programs = {"mongod", "mongos"},
     .ports = {{27017, 27019}}},
    {SERVICE_DATA_STORE, "CouchDB", TCP, .programs = {"beam.smp", "erl"}, .argument = "*couchdb*",
     .ports = {{5984, 5984}}},
    {SERVICE_DATA_STORE, "Cassandra", TCP, .programs = {"java"}, .argument = "*CassandraDaemon",
     .ports = {{9042, 9042}}},
    {SERVICE_DATA_STORE, "ScyllaDB", TCP, .programs = {"scylla"}},
    {SERVICE_DATA_STORE, "Elasticsearch", TCP, .programs = {"java"},
     .argument = "org.elasticsearch.*", .ports = {{9200, 9200}, {9300, 9300}}},
    {SERVICE_DATA_STORE, "OpenSearch", TCP, .programs = {"java"}, .argument = "org.opensearch.*"},
    {SERVICE_DATA_STORE, "Solr", TCP, .programs = {"java"}, .argument = "-Dsolr.*",
     .ports = {{8983, 8983}}},
    {SERVICE_DATA_STORE, "Neo4j", TCP, .programs = {"java"}, .argument = "org.neo4j.*",
     .ports = {{7474, 7474}, {7687, 7687}}},
    {SERVICE_DATA_STORE, "InfluxDB", TCP, .programs = {"influxd"}},
    {SERVICE_DATA_STORE, "ClickHouse", TCP, .programs = {"clickhouse*"}},
    {SERVICE_DATA_STORE, "CockroachDB", TCP, .programs = {"cockroach"}, .ports = {{26257, 26257}}},
    {SERVICE_DATA_STORE, "RethinkDB", TCP, .programs = {"rethinkdb"}, .ports = {{28015, 28015}}},
    {SERVICE_DATA_STORE, "MinIO", TCP, .programs = {"minio"}},
    {SERVICE_DATA_STORE, "etcd", TCP, .programs = {"etcd"}, .ports = {{2379, 2380}}},
    {SERVICE_DATA_STORE, "ZooKeeper", TCP, .programs = {"java"}, .argument = "*QuorumPeerMain",
     .ports = {{2181, 2181}}},

    {SERVICE_QUEUE, "RabbitMQ", TCP, .programs = {"beam.smp", "erl"}, .argument = "*rabbit*",
     .ports = {{5672, 5672}, {15672, 15672}, {25672, 25672}}},
    {SERVICE_QUEUE, "Kafka", TCP, .programs = {"java"}, .argument = "kafka.Kafka",
     .ports = {{9092, 9092}}},
    {SERVICE_QUEUE, "NATS", TCP, .programs = {"nats-server"}, .ports = {{4222, 4222}}},
    {SERVICE_QUEUE, "ActiveMQ", TCP, .programs = {"java"}, .argument = "*activemq*",
     .ports = {{61616, 61616}}},
    {SERVICE_QUEUE, "MQTT", TCP, .programs = {"mosquitto"}, .ports = {{1883, 1883}}},

    {SERVICE_CONTROL, "Docker", TCP, .ports = {{2375, 2376}}},
    {SERVICE_CONTROL, "Podman", TCP, .programs = {"podman"}, .argument = "service"},
    {SERVICE_CONTROL, "Kubernetes API", TCP, .programs = {"kube-apiserver"},
     .ports = {{6443, 6443}}},
    {SERVICE_CONTROL, "kubelet", TCP, .programs = {"kubelet"},
     .ports = {{10250, 10250}, {10255, 10255}}},
    {SERVICE_CONTROL, "Consul", TCP, .programs = {"consul"}, .port_only_with_program = true,
     .ports = {{8500, 8503}}},
    {SERVICE_CONTROL, "Nomad", TCP, .programs = {"nomad"}, .port_only_with_program = true,
     .ports = {{4646, 4646}}},
    {SERVICE_CONTROL, "Vault", TCP, .programs = {"vault"}, .port_only_with_program = true,
     .ports = {{8200, 8200}}},
    {SERVICE_CONTROL, "libvirt", TCP, .programs = {"libvirtd", "virtproxyd"},
     .ports = {{16509, 16509}}},
    {SERVICE_CONTROL, "Erlang's port mapper", TCP, .programs = {"epmd"}, .ports = {{4369, 4369}}},

    {SERVICE_DESKTOP, "Remote Desktop", TCP, .programs = {"xrdp"}, .ports = {{3389, 3389}}},
    {SERVICE_DESKTOP, "VNC", TCP,
     .programs = {"x11vnc", "Xvnc*", "Xtigervnc", "Xtightvnc", "winvnc*", "tvnserver",
                  "vino-server", "wayvnc"},
     .ports = {{5900, 5909}}},
    {SERVICE_DESKTOP, "AnyDesk", TCP, .programs = {"anydesk"}},

    {SERVICE_DEBUGGER, "Node's inspector", TCP, .programs = {"node*", "electron"},
     .argument = "--inspect*", .port_only_with_program = true, .ports = {{9229, 9229}}},
    {SERVICE_DEBUGGER, "Java's debugger (JDWP)", TCP, .programs = {"java"}, .argument = "-*jdwp*",
     .port_only_with_program = true},
    {SERVICE_DEBUGGER, "Chrome's DevTools", TCP,
     .programs = {"chrom*", "msedge", "headless_shell", "electron"},
     .argument = "--remote-debugging-port*", .port_only_with_program = true,
     .ports = {{9222, 9222}}},
    {SERVICE_DEBUGGER, "debugpy", TCP, .programs = {"python*"}, .argument = "*debugpy*",
     .port_only_with_program = true, .ports = {{5678, 5678}}},
    {SERVICE_DEBUGGER, "Jupyter", TCP, .programs = {"python*"}, .argument = "*/jupyter-*",
     .port_only_with_program = true, .ports = {{8888, 8898}}},
    {SERVICE_DEBUGGER, "gdbserver", TCP, .programs = {"gdbserver", "lldb-server"}},
    {SERVICE_DEBUGGER, "Delve", TCP, .programs = {"dlv"}},
    {SERVICE_DEBUGGER, "Android Debug Bridge", TCP, .programs = {"adb", "adbd"}},

    {SERVICE_CLEARTEXT, "Telnet", TCP, .programs = {"telnetd", "in.telnetd", "utelnetd"},
     .ports = {{23, 23}}},
    {SERVICE_CLEARTEXT, "FTP", TCP,
     .programs = {"ftpd", "in.ftpd", "vsftpd", "proftpd", "pure-ftpd*"}, .ports = {{21, 21}}},
    {SERVICE_CLEARTEXT, "rsh, rlogin or rexec", TCP,
     .programs = {"rshd", "in.rshd", "in.rlogind", "in.rexecd"}, .ports = {{512, 513}}},
    {SERVICE_CLEARTEXT, "TFTP", UDP, .programs = {"tftpd", "in.tftpd", "atftpd"},
     .ports = {{69, 69}}},
    {SERVICE_CLEARTEXT, "X11", TCP, .programs = {"X", "Xorg", "Xwayland", "Xephyr"},
     .port_only_with_program = true, .ports = {{6000, 6063}}},
    {SERVICE_CLEARTEXT, "VNC", TCP,
     .programs = {"x11vnc", "Xvnc*", "Xtigervnc", "Xtightvnc", "winvnc*", "tvnserver",
                  "vino-server", "wayvnc"},
     .unless = {"*tls*", "*x509*", "*vencrypt*", "-ssl*"}, .ports = {{5900, 5909}}},

    {SERVICE_AMPLIFIER, "Memcached", UDP, .programs = {"memcached"}, .ports = {{11211, 11211}}},
    {SERVICE_AMPLIFIER, "SSDP", UDP, .programs = {"minissdpd"}, .ports = {{1900, 1900}}},
    {SERVICE_AMPLIFIER, "echo, chargen or quote of the day", UDP,
     .ports = {{7, 7}, {17, 17}, {19, 19}}},
    {SERVICE_AMPLIFIER, "NTP (control queries)", UDP, .programs = {"ntpd"},
     .port_only_with_program = true, .ports = {{123, 123}}},
    {SERVICE_AMPLIFIER, "RPC port mapper", UDP, .programs = {"rpcbind", "portmap"},
     .port_only_with_program = true, .ports = {{111, 111}}},
    {SERVICE_AMPLIFIER, "SNMP", UDP, .programs = {"snmpd"}, .ports = {{161, 161}}},
    {SERVICE_AMPLIFIER, "CLDAP", UDP, .programs = {"slapd"}, .ports = {{389, 389}}},
};
#define SERVICE_COUNT (sizeof table / sizeof table[0])

const char *service_at(size_t index, enum service_kind *kind) {
    if (index >= SERVICE_COUNT) {
        return NULL;
    }
    *kind = table[index].kind;
    return table[index].name;
}

// Recognising -------------------------------------------------------------------------------------

bool service_is_program(const struct psc_process *process, const char *const *globs, size_t count) {
    char name[64];
    size_t length = process->name != NULL ? strlen(process->name) : sizeof name;
    if (length >= sizeof name) {
        return false;
    }
    memcpy(name, process->name, length + 1);
    if (length > 4 && psc_glob_match("*.exe", name)) {
        name[length - 4] = '\0';
    }
    for (size_t i = 0; i < count && globs[i] != NULL; i++) {
        if (psc_glob_match(globs[i], name)) {
            return true;
        }
    }
    return false;
}

// The first argument that matches, or NULL.
static const char *find_argument(const struct psc_process *process, const char *glob) {
    const char *at = process->command_line;
    const char *end = at != NULL ? at + process->command_line_size : NULL;
    for (; at < end; at += strlen(at) + 1) {
        if (psc_glob_match(glob, at)) {
            return at;
        }
    }
    return NULL;
}

static bool has_argument(const struct psc_process *process, const char *const *globs) {
    for (size_t i = 0; i < MOST_PROGRAMS && globs[i] != NULL; i++) {
        if (find_argument(process, globs[i]) != NULL) {
            return true;
        }
    }
    return false;
}

// Whether a text names a port: 9229 is in `--inspect=0.0.0.0:9229`, and not in `:19229`.
static bool names_port(const char *text, uint16_t port) {
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    size_t length = strlen(number);
    for (const char *at = text; (at = strstr(at, number)) != NULL; at++) {
        if ((at == text || !psc_is_digit(at[-1])) && !psc_is_digit(at[length])) {
            return true;
        }
    }
    return false;
}

static bool has_port(const struct service *service, uint16_t port) {
    for (size_t i = 0; i < MOST_RANGES && service->ports[i].last != 0; i++) {
        if (port >= service->ports[i].first && port <= service->ports[i].last) {
            return true;
        }
    }
    return false;
}

static bool is_run_by(const struct service *service, const struct psc_process *process,
                      uint16_t port) {
    if (!service_is_program(process, service->programs, MOST_PROGRAMS)) {
        return false;
    }
    const char *argument = "";
    if (service->argument != NULL &&
        (argument = find_argument(process, service->argument)) == NULL) {
        return false;
    }
    return !service->port_only_with_program || has_port(service, port) ||
           names_port(argument, port);
}

// What is asked about a listener.
struct question {
    const struct psc_snapshot *snapshot;
    const struct psc_listener *listener;
    uint32_t table; // PSC_PROTOCOL_BIT()
    uint16_t port;
};

static bool is_run_by_owner(const struct question *question, const struct service *service) {
    const struct psc_owners *owners = &question->listener->owners;
    for (size_t i = 0; i < owners->count; i++) {
        const struct psc_process *owner =
            psc_snapshot_process(question->snapshot, owners->processes[i]);
        if (is_run_by(service, owner, question->port)) {
            return true;
        }
    }
    return false;
}

static bool is_excused(const struct question *question, const struct service *service) {
    const struct psc_owners *owners = &question->listener->owners;
    for (size_t i = 0; i < owners->count; i++) {
        if (has_argument(psc_snapshot_process(question->snapshot, owners->processes[i]),
                         service->unless)) {
            return true;
        }
    }
    return false;
}

const char *service_find(enum service_kind kind, const struct psc_snapshot *snapshot,
                         const struct psc_listener *listener) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, listener->row);
    struct question question = {snapshot, listener, PSC_PROTOCOL_BIT(endpoint->protocol),
                                endpoint->local_port};
    const char *by_port = NULL;
    bool recognised = false;
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        const struct service *service = &table[i];
        if ((service->protocols & question.table) == 0) {
            continue;
        }
        bool run = is_run_by_owner(&question, service);
        bool asked = service->kind == kind && !is_excused(&question, service);
        if (run && asked) {
            return service->name;
        }
        recognised = recognised || run;
        if (asked && by_port == NULL && !service->port_only_with_program &&
            has_port(service, question.port)) {
            by_port = service->name;
        }
    }
    return recognised ? NULL : by_port;
}
