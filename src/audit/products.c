// products.c - the table of products, and how a listener is recognized as one of them.
#include "audit/products.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "model/filter.h"

#define MAX_PROGRAMS 8
#define MAX_RANGES 4

struct product {
    enum product_kind kind;
    const char *name;
    uint32_t protocols;
    /** Globs for the name of the executable. */
    const char *programs[MAX_PROGRAMS];
    /** Glob that one argument must match; NULL: the program suffices. */
    const char *argument;
    /** Globs for arguments that make it harmless. */
    const char *unless[MAX_PROGRAMS];
    /** The program also does other things: it is this product only on these ports, or on a port that
        the argument names; and the ports mean nothing without the program. */
    bool port_only_with_program;
    struct {
        uint16_t first, last; // last is 0 after the last range
    } ports[MAX_RANGES];
};

#define TCP PSC_PROTOCOLS_TCP
#define UDP PSC_PROTOCOLS_UDP
#define VNC_SERVERS                                                                                \
    { "x11vnc", "Xvnc*", "Xtigervnc", "Xtightvnc", "winvnc*", "tvnserver", "vino-server", "wayvnc" }

// Only ports that are known for nothing else: a port that other programs use, too, needs the program.
static const struct product table[] = {
    {PRODUCT_DATA_STORE, "Redis", TCP,
     .programs = {"redis-server*", "redis-sentinel*", "valkey-server*", "keydb-server*",
                  "dragonfly"},
     .ports = {{6379, 6379}, {16379, 16379}, {26379, 26379}}},
    {PRODUCT_DATA_STORE, "Memcached", TCP, .programs = {"memcached"}, .ports = {{11211, 11211}}},
    {PRODUCT_DATA_STORE, "PostgreSQL", TCP, .programs = {"postgres", "postmaster", "pgbouncer"},
     .ports = {{5432, 5432}, {6432, 6432}}},
    {PRODUCT_DATA_STORE, "MySQL or MariaDB", TCP, .programs = {"mysqld*", "mariadbd*"},
     .ports = {{3306, 3306}, {33060, 33060}}},
    {PRODUCT_DATA_STORE, "SQL Server", TCP, .programs = {"sqlservr*"}, .ports = {{1433, 1433}}},
    {PRODUCT_DATA_STORE, "Oracle", TCP, .programs = {"tnslsnr"}, .ports = {{1521, 1521}}},
    {PRODUCT_DATA_STORE, "MongoDB", TCP, .programs = {"mongod", "mongos"},
     .ports = {{27017, 27019}}},
    {PRODUCT_DATA_STORE, "CouchDB", TCP, .programs = {"beam.smp", "erl"}, .argument = "*couchdb*",
     .ports = {{5984, 5984}}},
    {PRODUCT_DATA_STORE, "Cassandra", TCP, .programs = {"java"}, .argument = "*CassandraDaemon",
     .ports = {{9042, 9042}}},
    {PRODUCT_DATA_STORE, "ScyllaDB", TCP, .programs = {"scylla"}},
    {PRODUCT_DATA_STORE, "Elasticsearch", TCP, .programs = {"java"},
     .argument = "org.elasticsearch.*", .ports = {{9200, 9200}, {9300, 9300}}},
    {PRODUCT_DATA_STORE, "OpenSearch", TCP, .programs = {"java"}, .argument = "org.opensearch.*"},
    {PRODUCT_DATA_STORE, "Solr", TCP, .programs = {"java"}, .argument = "-Dsolr.*",
     .ports = {{8983, 8983}}},
    {PRODUCT_DATA_STORE, "Neo4j", TCP, .programs = {"java"}, .argument = "org.neo4j.*",
     .ports = {{7474, 7474}, {7687, 7687}}},
    {PRODUCT_DATA_STORE, "InfluxDB", TCP, .programs = {"influxd"}},
    {PRODUCT_DATA_STORE, "ClickHouse", TCP, .programs = {"clickhouse*"}},
    {PRODUCT_DATA_STORE, "CockroachDB", TCP, .programs = {"cockroach"}, .ports = {{26257, 26257}}},
    {PRODUCT_DATA_STORE, "RethinkDB", TCP, .programs = {"rethinkdb"}, .ports = {{28015, 28015}}},
    {PRODUCT_DATA_STORE, "MinIO", TCP, .programs = {"minio"}},
    {PRODUCT_DATA_STORE, "etcd", TCP, .programs = {"etcd"}, .ports = {{2379, 2380}}},
    {PRODUCT_DATA_STORE, "ZooKeeper", TCP, .programs = {"java"}, .argument = "*QuorumPeerMain",
     .ports = {{2181, 2181}}},

    {PRODUCT_QUEUE, "RabbitMQ", TCP, .programs = {"beam.smp", "erl"}, .argument = "*rabbit*",
     .ports = {{5672, 5672}, {15672, 15672}, {25672, 25672}}},
    {PRODUCT_QUEUE, "Kafka", TCP, .programs = {"java"}, .argument = "kafka.Kafka",
     .ports = {{9092, 9092}}},
    {PRODUCT_QUEUE, "NATS", TCP, .programs = {"nats-server"}, .ports = {{4222, 4222}}},
    {PRODUCT_QUEUE, "ActiveMQ", TCP, .programs = {"java"}, .argument = "*activemq*",
     .ports = {{61616, 61616}}},
    {PRODUCT_QUEUE, "MQTT", TCP, .programs = {"mosquitto"}, .ports = {{1883, 1883}}},

    {PRODUCT_CONTROL, "Docker", TCP, .ports = {{2375, 2376}}},
    {PRODUCT_CONTROL, "Podman", TCP, .programs = {"podman"}, .argument = "service"},
    {PRODUCT_CONTROL, "Kubernetes API", TCP, .programs = {"kube-apiserver"},
     .ports = {{6443, 6443}}},
    {PRODUCT_CONTROL, "kubelet", TCP, .programs = {"kubelet"},
     .ports = {{10250, 10250}, {10255, 10255}}},
    {PRODUCT_CONTROL, "Consul", TCP, .programs = {"consul"}, .port_only_with_program = true,
     .ports = {{8500, 8503}}},
    {PRODUCT_CONTROL, "Nomad", TCP, .programs = {"nomad"}, .port_only_with_program = true,
     .ports = {{4646, 4646}}},
    {PRODUCT_CONTROL, "Vault", TCP, .programs = {"vault"}, .port_only_with_program = true,
     .ports = {{8200, 8200}}},
    {PRODUCT_CONTROL, "libvirt", TCP, .programs = {"libvirtd", "virtproxyd"},
     .ports = {{16509, 16509}}},
    {PRODUCT_CONTROL, "Erlang port mapper", TCP, .programs = {"epmd"}, .ports = {{4369, 4369}}},

    {PRODUCT_DESKTOP, "Remote Desktop", TCP, .programs = {"xrdp"}, .ports = {{3389, 3389}}},
    {PRODUCT_DESKTOP, "VNC", TCP, .programs = VNC_SERVERS, .ports = {{5900, 5909}}},
    {PRODUCT_DESKTOP, "AnyDesk", TCP, .programs = {"anydesk"}},

    {PRODUCT_DEBUGGER, "Node inspector", TCP, .programs = {"node*", "electron"},
     .argument = "--inspect*", .port_only_with_program = true, .ports = {{9229, 9229}}},
    {PRODUCT_DEBUGGER, "Java debugger (JDWP)", TCP, .programs = {"java"}, .argument = "-*jdwp*",
     .port_only_with_program = true},
    {PRODUCT_DEBUGGER, "Chrome DevTools", TCP,
     .programs = {"chrom*", "msedge", "headless_shell", "electron"},
     .argument = "--remote-debugging-port*", .port_only_with_program = true,
     .ports = {{9222, 9222}}},
    {PRODUCT_DEBUGGER, "debugpy", TCP, .programs = {"python*"}, .argument = "*debugpy*",
     .port_only_with_program = true, .ports = {{5678, 5678}}},
    {PRODUCT_DEBUGGER, "Jupyter", TCP, .programs = {"python*"}, .argument = "*/jupyter-*",
     .port_only_with_program = true, .ports = {{8888, 8898}}},
    {PRODUCT_DEBUGGER, "gdbserver", TCP, .programs = {"gdbserver", "lldb-server"}},
    {PRODUCT_DEBUGGER, "Delve", TCP, .programs = {"dlv"}},
    {PRODUCT_DEBUGGER, "Android Debug Bridge", TCP, .programs = {"adb", "adbd"}},

    {PRODUCT_CLEARTEXT, "Telnet", TCP, .programs = {"telnetd", "in.telnetd", "utelnetd"},
     .ports = {{23, 23}}},
    {PRODUCT_CLEARTEXT, "FTP", TCP,
     .programs = {"ftpd", "in.ftpd", "vsftpd", "proftpd", "pure-ftpd*"}, .ports = {{21, 21}}},
    {PRODUCT_CLEARTEXT, "rsh, rlogin or rexec", TCP,
     .programs = {"rshd", "in.rshd", "in.rlogind", "in.rexecd"}, .ports = {{512, 513}}},
    {PRODUCT_CLEARTEXT, "TFTP", UDP, .programs = {"tftpd", "in.tftpd", "atftpd"},
     .ports = {{69, 69}}},
    {PRODUCT_CLEARTEXT, "X11", TCP, .programs = {"X", "Xorg", "Xwayland", "Xephyr"},
     .port_only_with_program = true, .ports = {{6000, 6063}}},
    {PRODUCT_CLEARTEXT, "VNC", TCP, .programs = VNC_SERVERS,
     .unless = {"*tls*", "*x509*", "*vencrypt*", "-ssl*"}, .ports = {{5900, 5909}}},

    {PRODUCT_CLEARTEXT, "LDAP", TCP, .ports = {{389, 389}}},

    {PRODUCT_FILE_SHARE, "SMB", TCP, .programs = {"smbd", "ksmbd*"},
     .ports = {{139, 139}, {445, 445}}},
    {PRODUCT_FILE_SHARE, "NFS", TCP | UDP,
     .programs = {"nfsd", "rpc.nfsd", "rpc.mountd", "rpc.statd"}, .ports = {{2049, 2049}}},
    {PRODUCT_FILE_SHARE, "AFP", TCP, .programs = {"afpd"}, .ports = {{548, 548}}},
    {PRODUCT_FILE_SHARE, "rsync", TCP, .programs = {"rsync"}, .ports = {{873, 873}}},

    {PRODUCT_PROXY, "Squid", TCP, .programs = {"squid*"}, .ports = {{3128, 3128}}},
    {PRODUCT_PROXY, "SOCKS", TCP, .programs = {"sockd", "danted", "microsocks", "3proxy"},
     .ports = {{1080, 1080}}},
    {PRODUCT_PROXY, "Privoxy", TCP, .programs = {"privoxy"}},
    {PRODUCT_PROXY, "Tinyproxy", TCP, .programs = {"tinyproxy"}},

    {PRODUCT_AMPLIFIER, "Memcached", UDP, .programs = {"memcached"}, .ports = {{11211, 11211}}},
    {PRODUCT_AMPLIFIER, "SSDP", UDP, .programs = {"minissdpd"}, .ports = {{1900, 1900}}},
    {PRODUCT_AMPLIFIER, "echo, chargen or quote of the day", UDP,
     .ports = {{7, 7}, {17, 17}, {19, 19}}},
    {PRODUCT_AMPLIFIER, "NTP (control queries)", UDP, .programs = {"ntpd"},
     .port_only_with_program = true, .ports = {{123, 123}}},
    {PRODUCT_AMPLIFIER, "RPC port mapper", UDP, .programs = {"rpcbind", "portmap"},
     .port_only_with_program = true, .ports = {{111, 111}}},
    {PRODUCT_AMPLIFIER, "SNMP", UDP, .programs = {"snmpd"}, .ports = {{161, 161}}},
    {PRODUCT_AMPLIFIER, "CLDAP", UDP, .programs = {"slapd"}, .ports = {{389, 389}}},
    {PRODUCT_AMPLIFIER, "NetBIOS", UDP, .programs = {"nmbd"}, .ports = {{137, 138}}},

    {PRODUCT_INFORMATION, "Prometheus exporter", TCP, .programs = {"*exporter"}},
    {PRODUCT_INFORMATION, "Prometheus", TCP, .programs = {"prometheus"}},
    {PRODUCT_INFORMATION, "Netdata", TCP, .programs = {"netdata"}, .ports = {{19999, 19999}}},
    {PRODUCT_INFORMATION, "RPC port mapper", TCP, .programs = {"rpcbind", "portmap"},
     .ports = {{111, 111}}},
};
#define PRODUCT_COUNT (sizeof table / sizeof table[0])

const char *product_at(size_t index, enum product_kind *kind) {
    if (index >= PRODUCT_COUNT) {
        return NULL;
    }
    *kind = table[index].kind;
    return table[index].name;
}

// Ports -------------------------------------------------------------------------------------------

static bool has_port(const struct product *product, uint16_t port) {
    for (size_t i = 0; i < MAX_RANGES && product->ports[i].last != 0; i++) {
        if (port >= product->ports[i].first && port <= product->ports[i].last) {
            return true;
        }
    }
    return false;
}

bool product_knows_port(uint32_t protocol, uint16_t port) {
    for (size_t i = 0; i < PRODUCT_COUNT; i++) {
        if ((table[i].protocols & protocol) != 0 && has_port(&table[i], port)) {
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

// Programs ----------------------------------------------------------------------------------------

// The path comes first, because on Windows the name has services in it: `svchost.exe (Dnscache)`.
bool product_is_program(const struct psc_process *process, const char *const *globs, size_t count) {
    char name[64];
    const char *program = process->path != NULL ? process->path : process->name;
    if (program == NULL) {
        return false;
    }
    program = psc_base_name(program, "/\\");
    size_t length = strlen(program);
    length -= length > 4 && psc_glob_match("*.exe", program) ? 4 : 0;
    if (length >= sizeof name) {
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)length, program);
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

static bool is_run_by(const struct product *product, const struct psc_process *process,
                      uint16_t port) {
    const char *argument =
        product->argument == NULL ? "" : find_argument(process, product->argument);
    return product_is_program(process, product->programs, MAX_PROGRAMS) && argument != NULL &&
           (!product->port_only_with_program || has_port(product, port) ||
            names_port(argument, port));
}

static bool is_harmless(const struct product *product, const struct psc_process *process) {
    for (size_t i = 0; i < MAX_PROGRAMS && product->unless[i] != NULL; i++) {
        if (find_argument(process, product->unless[i]) != NULL) {
            return true;
        }
    }
    return false;
}

const char *product_find(enum product_kind kind, const struct psc_snapshot *snapshot,
                         const struct psc_listener *listener) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, listener->row);
    const char *by_port = NULL;
    bool recognized = false;
    for (size_t i = 0; i < PRODUCT_COUNT; i++) {
        const struct product *product = &table[i];
        if ((product->protocols & PSC_PROTOCOL_BIT(endpoint->protocol)) == 0) {
            continue;
        }
        bool runs = false;
        bool harmless = false;
        for (size_t j = 0; j < listener->owners.count; j++) {
            const struct psc_process *owner =
                psc_snapshot_process(snapshot, listener->owners.processes[j]);
            runs = runs || is_run_by(product, owner, endpoint->local_port);
            harmless = harmless || is_harmless(product, owner);
        }
        recognized = recognized || runs;
        if (product->kind != kind || harmless) {
            continue;
        }
        if (runs) {
            return product->name;
        }
        if (by_port == NULL && !product->port_only_with_program &&
            has_port(product, endpoint->local_port)) {
            by_port = product->name;
        }
    }
    return recognized ? NULL : by_port;
}
