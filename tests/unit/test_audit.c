// test_audit.c - each rule applies to what it is about, and stays silent for what looks like it: a false
// alarm costs more trust than a finding earns.
#include "audit/audit.h"

#include "audit/products.h"
#include "support/capture.h"
#include "support/snapshot_fixture.h"
#include "support/test.h"

static struct psc_audit run(const struct psc_snapshot *snapshot, const struct psc_policy *policy) {
    struct psc_audit audit;
    struct psc_error error;
    assert_int_equal(psc_audit_run(&audit, snapshot, policy, &error), PSC_OK);
    return audit;
}

static void done(struct psc_audit *audit) {
    union {
        const struct psc_snapshot *borrowed;
        struct psc_snapshot *owned;
    } snapshot = {.borrowed = audit->snapshot};
    psc_audit_done(audit);
    psc_snapshot_free(snapshot.owned);
}

static const struct psc_finding *find(const struct psc_audit *audit, const char *rule) {
    for (size_t i = 0; i < audit->finding_count; i++) {
        if (strcmp(audit->findings[i].rule->id, rule) == 0) {
            return &audit->findings[i];
        }
    }
    return NULL;
}

// One listener ------------------------------------------------------------------------------------

#define TCP(local) "TCP " local " 0.0.0.0:0 LISTENING"
#define TCP6(local) "TCP " local " [::]:0 LISTENING"
#define UDP(local) "UDP " local " *:*"

// A rule, whether it fires and what it then says the listener is, and the listener.
static const struct rule_case {
    const char *rule;
    bool fires;
    const char *subject;
    struct fixture_row row;
} cases[] = {
    // By the program, whatever the port; by the port, whatever the program; only if others reach it.
    {"data-store", true, "Redis", {TCP("0.0.0.0:7000"), 1, 1, {.path = "/usr/bin/redis-server"}}},
    {"data-store", true, "Redis", {TCP("0.0.0.0:6379"), 1, 1, {.path = "/usr/bin/docker-proxy"}}},
    {"data-store", true, "Redis", {TCP("0.0.0.0:6379"), 1, 0, {.path = NULL}}},
    {"data-store", true, "Redis", {TCP("169.254.0.9:6379"), 1, 1, {.path = "/usr/bin/java"}}},
    {"data-store", true, "Redis", {TCP6("[::]:7000"), 1, 1, {.name = "Redis-Server.EXE"}}},
    {"data-store",
     true,
     "PostgreSQL",
     {TCP("10.0.0.5:5432"), 70, 1, {.path = "/usr/lib/postgresql/15/bin/postgres"}}},
    {"data-store",
     true,
     "MySQL or MariaDB",
     {TCP6("[2001:db8::1]:3306"), 1, 1, {.name = "mariadbd"}}},
    {"data-store",
     true,
     "Cassandra",
     {TCP("0.0.0.0:7001"),
      1,
      1,
      {.name = "java", .arguments = "java org.apache.cassandra.service.CassandraDaemon"}}},
    {"data-store", true, "Memcached", {TCP("0.0.0.0:11211"), 1, 1, {.name = "memcached"}}},
    {"data-store", false, NULL, {TCP("127.0.0.1:6379"), 1, 1, {.path = "/usr/bin/redis-server"}}},
    {"data-store", false, NULL, {TCP6("[::1]:6379"), 1, 1, {.path = "/usr/bin/redis-server"}}},
    {"data-store", false, NULL, {TCP("0.0.0.0%1:6379"), 1, 1, {.name = "redis-server"}}},
    {"data-store", false, NULL, {TCP("0.0.0.0:6380"), 1, 1, {.name = "shop"}}},
    {"data-store", false, NULL, {TCP("0.0.0.0:63790"), 1, 0, {.name = NULL}}},
    {"data-store",
     false,
     NULL,
     {TCP("0.0.0.0:8080"), 1, 1, {.name = "java", .arguments = "java -jar x.jar"}}},
    {"data-store", false, NULL, {UDP("0.0.0.0:5432"), 1, 1, {.name = "named"}}},
    // Known to be something else, though the port is Kafka's.
    {"message-queue", false, NULL, {TCP("0.0.0.0:9092"), 1, 1, {.name = "mysqld"}}},
    {"message-queue", true, "Kafka", {TCP("0.0.0.0:9092"), 1, 1, {.name = "java"}}},
    {"message-queue",
     true,
     "Kafka",
     {TCP("0.0.0.0:1234"), 1, 1, {.name = "java", .arguments = "java -Xmx1G kafka.Kafka x"}}},
    {"message-queue",
     true,
     "RabbitMQ",
     {TCP("0.0.0.0:1234"), 1, 1, {.name = "beam.smp", .arguments = "beam.smp -sname rabbit@a"}}},
    {"message-queue", true, "MQTT", {TCP("0.0.0.0:1883"), 1, 1, {.name = "mosquitto"}}},
    {"message-queue", false, NULL, {TCP("127.0.0.1:5672"), 1, 1, {.name = "beam.smp"}}},
    {"message-queue", false, NULL, {TCP("0.0.0.0:1234"), 1, 1, {.name = "beam.smp"}}},

    {"control-api", true, "Docker", {TCP("0.0.0.0:2375"), 0, 1, {.name = "dockerd"}}},
    {"control-api", true, "kubelet", {TCP6("[::]:10250"), 0, 1, {.name = "kubelet"}}},
    {"control-api", true, "Consul", {TCP("0.0.0.0:8500"), 0, 1, {.name = "consul"}}},
    {"control-api", false, NULL, {TCP("0.0.0.0:7946"), 0, 1, {.name = "dockerd"}}},
    {"control-api", false, NULL, {TCP("127.0.0.1:2375"), 0, 1, {.name = "dockerd"}}},
    {"control-api", false, NULL, {TCP("0.0.0.0:8300"), 0, 1, {.name = "consul"}}},
    {"control-api", false, NULL, {TCP("0.0.0.0:8500"), 0, 1, {.name = "coldfusion"}}},
    {"control-api", false, NULL, {TCP("0.0.0.0:8500"), 0, 0, {.name = NULL}}},

    {"debugger",
     true,
     "Node inspector",
     {TCP("0.0.0.0:9230"),
      1,
      1,
      {.name = "node", .arguments = "node --inspect=0.0.0.0:9230 a.js"}}},
    {"debugger",
     true,
     "Node inspector",
     {TCP("0.0.0.0:9229"), 1, 1, {.name = "node20", .arguments = "node --inspect a.js"}}},
    {"debugger",
     true,
     "Java debugger (JDWP)",
     {TCP6("[::]:5005"),
      1,
      1,
      {.name = "java", .arguments = "java -agentlib:jdwp=server=y,address=*:5005 -jar x.jar"}}},
    {"debugger", true, "gdbserver", {TCP("0.0.0.0:1234"), 1, 1, {.name = "gdbserver"}}},
    {"debugger",
     true,
     "Jupyter",
     {TCP("0.0.0.0:8888"),
      1,
      1,
      {.name = "python3.11", .arguments = "/usr/bin/python3 /usr/bin/jupyter-lab --ip=0.0.0.0"}}},
    // The same programs at their own work.
    {"debugger",
     false,
     NULL,
     {TCP("0.0.0.0:3000"),
      1,
      1,
      {.name = "node", .arguments = "node --inspect=0.0.0.0:9230 a.js"}}},
    {"debugger",
     false,
     NULL,
     {TCP("0.0.0.0:230"), 1, 1, {.name = "node", .arguments = "node --inspect=0.0.0.0:9230 a.js"}}},
    {"debugger",
     false,
     NULL,
     {TCP("0.0.0.0:9229"), 1, 1, {.name = "node", .arguments = "node a.js"}}},
    {"debugger",
     false,
     NULL,
     {TCP("0.0.0.0:8080"),
      1,
      1,
      {.name = "java", .arguments = "java -agentlib:jdwp=server=y,address=*:5005 --port=8080"}}},
    {"debugger",
     false,
     NULL,
     {TCP("0.0.0.0:8888"), 1, 1, {.name = "python3", .arguments = "python3 -m http.server 8888"}}},
    {"debugger",
     false,
     NULL,
     {TCP("127.0.0.1:9229"), 1, 1, {.name = "node", .arguments = "node --inspect a.js"}}},

    {"remote-desktop", true, "VNC", {TCP("0.0.0.0:5901"), 1, 1, {.name = "Xtigervnc"}}},
    {"remote-desktop",
     true,
     "Remote Desktop",
     {TCP("0.0.0.0:3389"), 1, 1, {.name = "svchost.exe"}}},
    {"remote-desktop", false, NULL, {TCP("127.0.0.1:5901"), 1, 1, {.name = "Xtigervnc"}}},
    {"remote-desktop", false, NULL, {TCP("0.0.0.0:5910"), 1, 1, {.name = "shop"}}},

    {"cleartext", true, "Telnet", {TCP("0.0.0.0:23"), 0, 1, {.name = "inetd"}}},
    {"cleartext", true, "Telnet", {TCP("0.0.0.0:2323"), 0, 1, {.name = "in.telnetd"}}},
    {"cleartext", true, "FTP", {TCP6("[::]:21"), 0, 1, {.name = "vsftpd"}}},
    {"cleartext", true, "rsh, rlogin or rexec", {TCP("0.0.0.0:513"), 0, 1, {.name = "xinetd"}}},
    {"cleartext", true, "TFTP", {UDP("0.0.0.0:69"), 0, 1, {.name = "in.tftpd"}}},
    {"cleartext", true, "X11", {TCP("0.0.0.0:6000"), 0, 1, {.name = "Xorg"}}},
    {"cleartext", true, "VNC", {TCP("0.0.0.0:5900"), 1, 1, {.name = "x11vnc"}}},
    {"cleartext",
     false,
     NULL,
     {TCP("0.0.0.0:5900"), 1, 1, {.name = "x11vnc", .arguments = "x11vnc -ssl SAVE"}}},
    {"cleartext",
     false,
     NULL,
     {TCP("0.0.0.0:5901"),
      1,
      1,
      {.name = "Xtigervnc", .arguments = "Xtigervnc :1 -SecurityTypes X509Vnc"}}},
    {"cleartext", false, NULL, {TCP("0.0.0.0:514"), 0, 1, {.name = "rsyslogd"}}},
    {"cleartext", false, NULL, {TCP("0.0.0.0:6000"), 1, 1, {.name = "node"}}},
    {"cleartext", false, NULL, {TCP("0.0.0.0:22"), 0, 1, {.name = "sshd"}}},
    {"cleartext", false, NULL, {TCP("127.0.0.1:23"), 0, 1, {.name = "telnetd"}}},
    {"cleartext", false, NULL, {UDP("0.0.0.0:23"), 0, 1, {.name = "telnetd"}}},

    {"cleartext", true, "LDAP", {TCP("0.0.0.0:389"), 109, 1, {.name = "slapd"}}},
    {"cleartext", false, NULL, {TCP("0.0.0.0:636"), 109, 1, {.name = "slapd"}}},
    {"cleartext", false, NULL, {TCP("127.0.0.1:389"), 109, 1, {.name = "slapd"}}},

    {"file-share", true, "SMB", {TCP("0.0.0.0:445"), 0, 1, {.name = "smbd"}}},
    {"file-share", true, "SMB", {TCP6("[::]:139"), 0, 1, {.name = "smbd"}}},
    {"file-share", true, "NFS", {TCP("0.0.0.0:2049"), 0, 0, {.name = NULL}}},
    {"file-share", true, "NFS", {UDP("0.0.0.0:2049"), 0, 0, {.name = NULL}}},
    {"file-share", true, "NFS", {TCP("0.0.0.0:41234"), 0, 1, {.name = "rpc.mountd"}}},
    {"file-share", false, NULL, {TCP("127.0.0.1:445"), 0, 1, {.name = "smbd"}}},
    {"file-share", false, NULL, {TCP("0.0.0.0:446"), 0, 1, {.name = "shop"}}},

    {"proxy", true, "Squid", {TCP6("[::]:3128"), 13, 1, {.name = "squid"}}},
    {"proxy", true, "Squid", {TCP("10.0.0.1:8080"), 13, 1, {.name = "squid"}}},
    {"proxy", true, "SOCKS", {TCP("0.0.0.0:1080"), 13, 1, {.name = "ssh"}}},
    {"proxy", false, NULL, {TCP("127.0.0.1:3128"), 13, 1, {.name = "squid"}}},
    {"proxy", false, NULL, {TCP("0.0.0.0:8080"), 13, 1, {.name = "nginx"}}},

    {"information",
     true,
     "Prometheus exporter",
     {TCP6("[::]:9100"), 106, 1, {.path = "/usr/bin/prometheus-node-exporter"}}},
    {"information", true, "RPC port mapper", {TCP("0.0.0.0:111"), 0, 1, {.name = "systemd"}}},
    {"information", false, NULL, {TCP("0.0.0.0:9100"), 0, 1, {.name = "jetdirect"}}},
    {"information", false, NULL, {TCP("127.0.0.1:9100"), 0, 1, {.name = "node_exporter"}}},

    {"amplifier", true, "NetBIOS", {UDP("0.0.0.0:137"), 0, 1, {.name = "nmbd"}}},
    {"amplifier", true, "NetBIOS", {UDP("10.0.0.255:138"), 0, 1, {.name = "nmbd"}}},
    {"amplifier", true, "Memcached", {UDP("0.0.0.0:11211"), 1, 1, {.name = "memcached"}}},
    {"amplifier", true, "SSDP", {UDP("0.0.0.0:1900"), 1, 1, {.name = "minissdpd"}}},
    {"amplifier",
     true,
     "echo, chargen or quote of the day",
     {UDP("0.0.0.0:19"), 0, 1, {.name = "inetd"}}},
    {"amplifier", true, "NTP (control queries)", {UDP("0.0.0.0:123"), 0, 1, {.name = "ntpd"}}},
    {"amplifier", false, NULL, {UDP("0.0.0.0:123"), 0, 1, {.name = "chronyd"}}},
    {"amplifier", false, NULL, {UDP("127.0.0.1:123"), 0, 1, {.name = "ntpd"}}},
    {"amplifier", false, NULL, {UDP("127.0.0.1:11211"), 1, 1, {.name = "memcached"}}},
    {"amplifier", false, NULL, {TCP("0.0.0.0:11211"), 1, 1, {.name = "memcached"}}},
    {"amplifier", false, NULL, {UDP("0.0.0.0:53"), 1, 1, {.name = "named"}}},

    {"executable-writable",
     true,
     "/opt/a",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/opt/a", .examined = true, .exe_flags = PSC_EXE_FILE_WRITABLE}}},
    {"executable-writable",
     true,
     "/opt/a",
     {TCP("0.0.0.0:80"),
      0,
      1,
      {.path = "/opt/a", .examined = true, .exe_flags = PSC_EXE_DIRECTORY_WRITABLE}}},
    {"executable-writable",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .examined = true}}},
    {"executable-writable",
     false,
     NULL,
     {TCP("0.0.0.0:80"),
      0,
      1,
      {.path = "/tmp/a", .examined = true, .exe_flags = PSC_EXE_TEMPORARY}}},
    {"executable-writable", false, NULL, {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a"}}},
    // The script of an interpreter counts like its executable.
    {"executable-writable",
     true,
     "/srv/a.py",
     {TCP("0.0.0.0:80"),
      0,
      1,
      {.path = "/usr/bin/python3",
       .examined = true,
       .script = "/srv/a.py",
       .script_flags = PSC_EXE_FILE_WRITABLE}}},
    {"executable-owner",
     true,
     "/home/alice/a",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/home/alice/a",
       .account = "system",
       .examined = true,
       .exe_flags = PSC_EXE_USER_OWNED}}},
    {"executable-owner",
     true,
     "/home/alice/a.py",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/usr/bin/python3",
       .account = "system",
       .examined = true,
       .script = "/home/alice/a.py",
       .script_flags = PSC_EXE_USER_OWNED}}},
    {"executable-owner",
     false,
     NULL,
     {TCP("127.0.0.1:80"),
      1000,
      1,
      {.path = "/home/alice/a",
       .account = "person",
       .examined = true,
       .exe_flags = PSC_EXE_USER_OWNED}}},
    {"executable-owner",
     false,
     NULL,
     {TCP("127.0.0.1:80"), 0, 1, {.path = "/srv/a", .account = "system", .examined = true}}},
    {"executable-temporary",
     true,
     "/tmp/a.py",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/usr/bin/python3",
       .examined = true,
       .script = "/tmp/a.py",
       .script_flags = PSC_EXE_TEMPORARY}}},
    {"executable-temporary",
     true,
     "/tmp/a",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/tmp/a", .examined = true, .exe_flags = PSC_EXE_TEMPORARY}}},
    {"executable-temporary",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/tmp/a", .examined = true}}},
    {"executable-deleted",
     true,
     "/opt/a",
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .deleted = true, .examined = true}}},
    {"executable-deleted",
     false,
     NULL,
     {TCP("0.0.0.0:80"),
      0,
      1,
      {.path = "/opt/a", .deleted = true, .examined = true, .exe_flags = PSC_EXE_REPLACED}}},
    {"executable-deleted",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .examined = true}}},
    {"executable-deleted",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .deleted = true}}},
    {"executable-replaced",
     true,
     "/opt/a",
     {TCP("127.0.0.1:80"),
      0,
      1,
      {.path = "/opt/a", .deleted = true, .examined = true, .exe_flags = PSC_EXE_REPLACED}}},
    {"executable-replaced",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .deleted = true, .examined = true}}},
    {"executable-replaced",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.path = "/opt/a", .examined = true}}},

    {"low-port", true, NULL, {TCP("0.0.0.0:80"), 1000, 1, {.name = "node", .account = "person"}}},
    {"low-port", true, NULL, {UDP("127.0.0.1:53"), 1000, 1, {.name = "node", .account = "person"}}},
    {"low-port",
     false,
     NULL,
     {TCP("0.0.0.0:1024"), 1000, 1, {.name = "node", .account = "person"}}},
    // Given by root, made for it, root itself; and what is not known.
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), 0, 1, {.name = "node", .account = "person"}}},
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), 33, 1, {.name = "nginx", .account = "service"}}},
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), 0, 1, {.name = "nginx", .account = "system"}}},
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), 1000, 1, {.name = "node"}}},
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), -1, 1, {.name = "node", .account = "person"}}},
    {"low-port", false, NULL, {TCP("0.0.0.0:80"), 1000, 0, {.name = NULL}}},

    {"runs-privileged",
     true,
     NULL,
     {TCP("0.0.0.0:80"), 0, 1, {.name = "shop", .account = "system"}}},
    {"runs-privileged", true, NULL, {TCP6("[::]:80"), 0, 1, {.name = "shop", .account = "system"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("10.0.0.1:80"), 0, 1, {.name = "shop", .account = "system"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("127.0.0.1:80"), 0, 1, {.name = "shop", .account = "system"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("0.0.0.0:80"), 33, 1, {.name = "shop", .account = "service"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("0.0.0.0:22"), 0, 1, {.name = "sshd", .account = "system"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("0.0.0.0:22"), 0, 1, {.name = "systemd", .account = "system"}}},
    {"runs-privileged",
     false,
     NULL,
     {TCP("0.0.0.0:135"), 0, 1, {.name = "svchost.exe", .account = "system"}}},
    {"runs-privileged", false, NULL, {TCP("0.0.0.0:80"), 0, 1, {.name = "shop"}}},

    {"owner-hidden", true, NULL, {TCP("127.0.0.1:80"), 0, 0, {.name = NULL}}},
    {"owner-hidden", false, NULL, {TCP("127.0.0.1:80"), 0, 1, {.name = NULL}}},
    {"shared-port", false, NULL, {TCP("127.0.0.1:80"), 0, 1, {.name = "a"}}},
    // To an ordinary user, it may just be out of reach.
    {"executable-unknown", false, NULL, {TCP("127.0.0.1:80"), 0, 1, {.name = "a"}}},
};

// The same for a user who may examine every process.
static const struct rule_case root_cases[] = {
    {"executable-unknown", true, "sshd", {TCP("127.0.0.1:80"), 0, 1, {.name = "sshd"}}},
    {"executable-unknown", true, "/a", {TCP("127.0.0.1:80"), 0, 1, {.path = "/a"}}},
    {"executable-unknown",
     false,
     NULL,
     {TCP("127.0.0.1:80"), 0, 1, {.path = "/a", .examined = true}}},
    {"executable-unknown", false, NULL, {TCP("127.0.0.1:80"), 0, 0, {.name = NULL}}},
    {"executable-unknown", false, NULL, {TCP("127.0.0.1:80"), 0, 1, {.name = NULL}}}, // it exited
    {"owner-hidden", true, NULL, {TCP("127.0.0.1:80"), 0, 0, {.name = NULL}}},
};

static void check_case(const struct rule_case *c, struct psc_snapshot *snapshot) {
    struct psc_audit audit = run(snapshot, NULL);
    const struct psc_finding *finding = find(&audit, c->rule);
    bool same = finding == NULL || finding->subject == c->subject ||
                (finding->subject != NULL && c->subject != NULL &&
                 strcmp(finding->subject, c->subject) == 0);
    if ((finding != NULL) != c->fires || !same) {
        fail_msg("%s (%s): %s held by %s%s%s", c->rule, c->fires ? "fires" : "is silent",
                 c->row.row, c->row.process.name, finding != NULL ? ": " : "",
                 finding != NULL && finding->subject != NULL ? finding->subject : "");
    }
    done(&audit);
}

static void rules_fire_and_stay_silent(void **state) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        check_case(&cases[i], snapshot_fixture(&cases[i].row, 1));
    }
    for (size_t i = 0; i < COUNT(root_cases); i++) {
        check_case(&root_cases[i], snapshot_fixture_privileged(&root_cases[i].row, 1));
    }
}

// A rule that no case makes fire, or that no case keeps silent, is not tested.
static void every_rule_has_cases_of_both_kinds(void **state) {
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const char *id = psc_rule_at(i)->id;
        bool both[2] = {strcmp(id, "shared-port") == 0, false};
        bool policy = strcmp(id, "not-allowed") == 0 || strcmp(id, "not-listening") == 0;
        for (size_t j = 0; j < COUNT(cases); j++) {
            if (strcmp(cases[j].rule, id) == 0) {
                both[!cases[j].fires] = true;
            }
        }
        for (size_t j = 0; j < COUNT(root_cases); j++) {
            if (strcmp(root_cases[j].rule, id) == 0) {
                both[!root_cases[j].fires] = true;
            }
        }
        if (!policy && (!both[0] || !both[1])) {
            fail_msg("%s has too few cases", id);
        }
    }
}

static void only_listeners_are_audited(void **state) {
    static const struct fixture_row rows[] = {
        {"TCP 10.0.0.1:6379 10.0.0.2:4000 ESTABLISHED", 0, 0, {.name = NULL}},
        {"TCP 0.0.0.0:6379 0.0.0.0:0 BOUND", 0, 0, {.name = NULL}},
        {"UDP 10.0.0.1:11211 10.0.0.2:53 x", 0, 0, {.name = NULL}},
    };
    struct psc_audit audit = run(snapshot_fixture(rows, COUNT(rows)), NULL);
    assert_int_equal(audit.listener_count, 0);
    assert_int_equal(audit.finding_count, 0);
    done(&audit);
}

// Several sockets ---------------------------------------------------------------------------------

static void sockets_of_one_port_are_one_listener(void **state) {
    static const struct fixture_row rows[] = {
        {TCP("0.0.0.0:80"), 0, 1, {.path = "/usr/sbin/nginx", .account = "system"}},
        {TCP("0.0.0.0:80"), 0, 2, {.path = "/usr/sbin/nginx", .account = "service"}},
        {TCP("0.0.0.0:80"), 0, 1, {.path = NULL}},
        {"TCP 0.0.0.0:80 10.0.0.1:1 ESTABLISHED", 0, 1, {.path = NULL}},
        {TCP6("[::]:80"), 0, 1, {.path = NULL}},
    };
    struct psc_audit audit = run(snapshot_fixture(rows, COUNT(rows)), NULL);
    assert_int_equal(audit.listener_count, 2);
    // The worst comes first: only on [::] are all owners root.
    assert_int_equal(audit.listeners[0].sockets, 1);
    assert_int_equal(audit.listeners[1].sockets, 3);
    assert_int_equal(audit.listeners[1].owners.count, 2);
    assert_non_null(find(&audit, "runs-privileged"));
    assert_int_equal(audit.finding_count, 1);
    done(&audit);
}

static void programs_that_share_a_port(void **state) {
    static const struct {
        bool fires;
        const char *first, *second; // rows
        const char *programs[2];
    } shares[] = {
        {true, TCP("0.0.0.0:80"), TCP("0.0.0.0:80"), {"/usr/bin/a", "/usr/bin/b"}},
        {true, UDP("0.0.0.0:53"), UDP("0.0.0.0:53"), {"/usr/bin/a", "/opt/a"}},
        {false, TCP("0.0.0.0:80"), TCP("0.0.0.0:80"), {"/usr/bin/a", "/usr/bin/a"}},
        {false, TCP("0.0.0.0:80"), TCP("127.0.0.1:80"), {"/usr/bin/a", "/usr/bin/b"}},
        {false, TCP("0.0.0.0:80"), TCP6("[::]:80"), {"/usr/bin/a", "/usr/bin/b"}},
        {false, TCP("0.0.0.0:80"), TCP("0.0.0.0%2:80"), {"/usr/bin/a", "/usr/bin/b"}},
        {false, UDP("0.0.0.0:5353"), UDP("0.0.0.0:5353"), {"/usr/bin/avahi", "/usr/bin/chrome"}},
        {false, UDP("224.0.0.251:99"), UDP("224.0.0.251:99"), {"/usr/bin/a", "/usr/bin/b"}},
        {false, UDP("[ff02::fb]:99"), UDP("[ff02::fb]:99"), {"/usr/bin/a", "/usr/bin/b"}},
    };
    for (size_t i = 0; i < COUNT(shares); i++) {
        struct fixture_row rows[] = {
            {shares[i].first, 0, 1, {.path = shares[i].programs[0]}},
            {shares[i].second, 0, 2, {.path = shares[i].programs[1]}},
        };
        struct psc_audit audit = run(snapshot_fixture(rows, 2), NULL);
        if ((find(&audit, "shared-port") != NULL) != shares[i].fires) {
            fail_msg("%s and %s", shares[i].first, shares[i].second);
        }
        done(&audit);
    }
}

static void the_worst_comes_first(void **state) {
    static const struct fixture_row rows[] = {
        {TCP("0.0.0.0:22"), 0, 1, {.path = "/usr/sbin/sshd", .account = "system"}},
        {TCP("0.0.0.0:80"), 0, 2, {.path = "/opt/shop", .account = "system"}},
        {TCP("127.0.0.1:3000"),
         0,
         3,
         {.path = "/opt/a", .examined = true, .exe_flags = PSC_EXE_TEMPORARY}},
        {TCP("127.0.0.1:3001"), 0, 4, {.path = "/opt/node"}},
        {TCP("10.0.0.1:5432"), 0, 5, {.path = "/opt/postgres"}},
        {TCP("0.0.0.0:6379"),
         0,
         6,
         {.path = "/opt/redis-server", .account = "system", .deleted = true, .examined = true}},
    };
    static const unsigned ports[] = {6379, 5432, 3000, 80, 22, 3001};
    struct psc_audit audit = run(snapshot_fixture(rows, COUNT(rows)), NULL);
    assert_int_equal(audit.listener_count, COUNT(ports));
    for (size_t i = 0; i < COUNT(ports); i++) {
        const struct psc_listener *listener = &audit.listeners[i];
        assert_int_equal(psc_snapshot_endpoint(audit.snapshot, listener->row)->local_port,
                         ports[i]);
        for (size_t j = 1; j < listener->findings; j++) {
            const struct psc_finding *finding = &audit.findings[listener->first_finding + j];
            assert_true(finding->rule->severity <= finding[-1].rule->severity);
        }
    }
    assert_int_equal(audit.listeners[0].findings, 3);
    assert_int_equal(psc_audit_count(&audit, PSC_SEVERITY_HIGH), 2);
    assert_int_equal(psc_audit_count(&audit, PSC_SEVERITY_MEDIUM), 2);
    assert_int_equal(psc_audit_exposed(&audit, PSC_EXPOSURE_ALL), 3);
    assert_int_equal(psc_audit_exposed(&audit, PSC_EXPOSURE_LOOPBACK), 2);
    done(&audit);
}

// The policy --------------------------------------------------------------------------------------

static struct psc_policy policy_of(const char *text) {
    struct psc_policy policy = {0};
    struct psc_error error;
    assert_int_equal(psc_policy_parse(&policy, text, strlen(text), "p", &error), PSC_OK);
    return policy;
}

static void a_policy_waives_what_it_allows(void **state) {
    static const struct fixture_row rows[] = {
        {TCP("0.0.0.0:6379"), 0, 1, {.path = "/usr/bin/redis-server", .account = "system"}},
        {TCP("127.0.0.1:3000"), 0, 2, {.path = "/usr/bin/node", .deleted = true, .examined = true}},
    };
    // Allowed, it may be reached; but no line allows that its executable is gone.
    struct psc_policy policy =
        policy_of("allow tcp *:6379 redis-server\nallow tcp loopback:* node\n");
    struct psc_audit audit = run(snapshot_fixture(rows, 2), &policy);
    assert_int_equal(audit.finding_count, 1);
    assert_non_null(find(&audit, "executable-deleted"));
    done(&audit);
    psc_policy_done(&policy);

    // Not allowed, it is audited as without a policy; and a line without a listener is a finding.
    policy = policy_of("allow tcp *:6379 valkey-server\nallow tcp loopback:* node\n");
    audit = run(snapshot_fixture(rows, 2), &policy);
    assert_non_null(find(&audit, "not-allowed"));
    assert_non_null(find(&audit, "data-store"));
    const struct psc_finding *missing = find(&audit, "not-listening");
    assert_non_null(missing);
    assert_int_equal(missing - audit.findings, audit.missing);
    assert_int_equal(missing->entry->line, 1);
    assert_string_equal(missing->subject, "allow tcp *:6379 valkey-server");
    assert_int_equal(psc_audit_count(&audit, PSC_SEVERITY_INFO), 1);
    done(&audit);
    psc_policy_done(&policy);
}

static void every_program_of_a_port_must_be_allowed(void **state) {
    static const struct fixture_row rows[] = {
        {TCP("0.0.0.0:80"), 0, 1, {.path = "/usr/sbin/nginx"}},
        {TCP("0.0.0.0:80"), 0, 2, {.path = "/tmp/thief"}},
    };
    struct psc_policy policy = policy_of("allow tcp 0.0.0.0:80 nginx\n");
    struct psc_audit audit = run(snapshot_fixture(rows, 2), &policy);
    assert_non_null(find(&audit, "not-allowed"));
    done(&audit);
    audit = run(snapshot_fixture(rows, 1), &policy);
    assert_int_equal(audit.finding_count, 0);
    done(&audit);
    psc_policy_done(&policy);
}

// A program that inherited the socket needs a line of its own.
static void every_owner_of_a_socket_must_be_allowed(void **state) {
    static const struct fixture_row rows[] = {
        {TCP("0.0.0.0:80"), 0, 1, {.path = "/usr/sbin/nginx", .other_pid = 2}},
        {"TCP 10.0.0.1:5 10.0.0.1:6 ESTABLISHED", 0, 2, {.path = "/tmp/thief"}},
    };
    struct psc_policy policy = policy_of("allow tcp 0.0.0.0:80 nginx\n");
    struct psc_audit audit = run(snapshot_fixture(rows, COUNT(rows)), &policy);
    const struct psc_finding *finding = find(&audit, "not-allowed");
    assert_non_null(finding);
    assert_string_equal(finding->subject, "/tmp/thief");
    done(&audit);
    psc_policy_done(&policy);

    policy = policy_of("allow tcp 0.0.0.0:80 nginx\nallow tcp 0.0.0.0:80 /tmp/thief\n");
    audit = run(snapshot_fixture(rows, COUNT(rows)), &policy);
    assert_null(find(&audit, "not-allowed"));
    assert_null(find(&audit, "not-listening"));
    done(&audit);
    psc_policy_done(&policy);
}

// Held in flight or by io_uring only, a socket has no owner that root could see.
static void to_root_a_socket_without_an_owner_is_a_finding(void **state) {
    static const struct fixture_row row = {TCP("0.0.0.0:22"), 0, 0, {.name = NULL}};
    static const struct {
        const char *policy;
        bool fires[2]; // to an ordinary user, to root
    } lines[] = {
        {"allow tcp *:22 sshd\n", {false, true}},
        {"allow tcp *:22 /usr/sbin/sshd\n", {false, true}},
        {"allow tcp *:22 -\n", {false, false}},
        {"allow tcp *:22\n", {false, false}},
    };
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct psc_policy policy = policy_of(lines[i].policy);
        struct psc_audit audit = run(snapshot_fixture(&row, 1), &policy);
        assert_int_equal(find(&audit, "not-allowed") != NULL, lines[i].fires[0]);
        assert_non_null(find(&audit, "owner-hidden"));
        done(&audit);
        audit = run(snapshot_fixture_privileged(&row, 1), &policy);
        const struct psc_finding *finding = find(&audit, "not-allowed");
        assert_int_equal(finding != NULL, lines[i].fires[1]);
        assert_true(finding == NULL || finding->subject == NULL);
        done(&audit);
        psc_policy_done(&policy);
    }
}

// The table ---------------------------------------------------------------------------------------

static bool is_sentence(const char *text) {
    size_t length = strlen(text);
    return length > 2 && text[0] >= 'A' && text[0] <= 'Z' && text[length - 1] == '.' &&
           strchr(text, '\n') == NULL;
}

static void rules_are_well_formed(void **state) {
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        assert_int_equal(strspn(rule->id, "abcdefghijklmnopqrstuvwxyz-"), strlen(rule->id));
        assert_true(is_sentence(rule->rationale));
        assert_true(is_sentence(rule->remediation));
        assert_true(i == 0 || rule->severity <= psc_rule_at(i - 1)->severity);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(rule->id, psc_rule_at(j)->id);
        }
    }
}

// Documentation -----------------------------------------------------------------------------------

#define DOCUMENT PSC_SOURCE_DIR "/docs/audit-rules.md"

// The chapter of a rule, to be freed.
static char *chapter_of(const char *document, const char *id) {
    char heading[64];
    snprintf(heading, sizeof heading, "\n## %s\n", id);
    const char *begin = strstr(document, heading);
    if (begin == NULL) {
        fail_msg("%s does not explain %s", DOCUMENT, id);
        return NULL;
    }
    const char *end = strstr(begin + 1, "\n## ");
    char *chapter = strndup(begin, end != NULL ? (size_t)(end - begin) : strlen(begin));
    assert_non_null(chapter);
    return chapter;
}

static void the_document_has_every_rule_and_no_other(void **state) {
    size_t chapters = 0;
    char *document = capture_file(DOCUMENT, NULL);
    assert_non_null(document);
    for (size_t i = 0; i < psc_rule_count(); i++) {
        const struct psc_rule *rule = psc_rule_at(i);
        char severity[64];
        char *chapter = chapter_of(document, rule->id);
        snprintf(severity, sizeof severity, "\nSeverity **%s**%s.\n",
                 psc_severity_word(rule->severity), rule->waivable ? ", waived by a policy" : "");
        if (strstr(chapter, severity) == NULL || strstr(chapter, rule->rationale) == NULL ||
            strstr(chapter, rule->remediation) == NULL) {
            fail_msg("%s says something else of %s", DOCUMENT, rule->id);
        }
        free(chapter);
    }
    for (const char *at = document; (at = strstr(at, "\n## ")) != NULL; at++) {
        chapters++;
    }
    assert_int_equal(chapters, psc_rule_count());
    free(document);
}

static void the_document_names_every_product(void **state) {
    static const char *const rules[] = {
        [PRODUCT_DATA_STORE] = "data-store", [PRODUCT_QUEUE] = "message-queue",
        [PRODUCT_CONTROL] = "control-api",   [PRODUCT_DESKTOP] = "remote-desktop",
        [PRODUCT_DEBUGGER] = "debugger",     [PRODUCT_CLEARTEXT] = "cleartext",
        [PRODUCT_FILE_SHARE] = "file-share", [PRODUCT_PROXY] = "proxy",
        [PRODUCT_AMPLIFIER] = "amplifier",   [PRODUCT_INFORMATION] = "information",
    };
    enum product_kind kind;
    const char *name;
    char *document = capture_file(DOCUMENT, NULL);
    assert_non_null(document);
    for (size_t i = 0; (name = product_at(i, &kind)) != NULL; i++) {
        char *chapter = chapter_of(document, rules[kind]);
        const char *known = strstr(chapter, "\nKnown: ");
        if (known == NULL || strstr(known, name) == NULL) {
            fail_msg("%s does not name %s", DOCUMENT, name);
        }
        free(chapter);
    }
    free(document);
}

static void severities_are_read(void **state) {
    enum psc_severity severity;
    struct psc_error error;
    for (enum psc_severity i = PSC_SEVERITY_INFO; i <= PSC_SEVERITY_HIGH; i++) {
        assert_int_equal(psc_severity_parse(psc_severity_word(i), &severity, &error), PSC_OK);
        assert_int_equal(severity, i);
    }
    assert_int_equal(psc_severity_parse("worst", &severity, &error), PSC_USAGE);
    assert_non_null(strstr(error.text, "'worst'"));
    assert_null(psc_severity_word(PSC_SEVERITY_NONE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_fire_and_stay_silent),
        cmocka_unit_test(every_rule_has_cases_of_both_kinds),
        cmocka_unit_test(only_listeners_are_audited),
        cmocka_unit_test(sockets_of_one_port_are_one_listener),
        cmocka_unit_test(programs_that_share_a_port),
        cmocka_unit_test(the_worst_comes_first),
        cmocka_unit_test(a_policy_waives_what_it_allows),
        cmocka_unit_test(every_program_of_a_port_must_be_allowed),
        cmocka_unit_test(every_owner_of_a_socket_must_be_allowed),
        cmocka_unit_test(to_root_a_socket_without_an_owner_is_a_finding),
        cmocka_unit_test(rules_are_well_formed),
        cmocka_unit_test(severities_are_read),
        cmocka_unit_test(the_document_has_every_rule_and_no_other),
        cmocka_unit_test(the_document_names_every_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
