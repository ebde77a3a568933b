// test_remote_names.c - reverse DNS that never leaves this machine: what /etc/hosts knows, and a name
// server in a namespace of our own that does not answer before the deadline, or at all.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "model/address.h"
#include "platform/platform.h"
#include "support/namespace.h"
#include "support/temporary.h"
#include "support/test.h"

static void add(struct psc_builder *builder, const char *remote, enum psc_state state,
                uint16_t port) {
    struct psc_endpoint endpoint = {.state = (uint8_t)state,
                                    .local_port = port,
                                    .remote_port = 80,
                                    .cookie = port,
                                    .known = PSC_KNOWN_COOKIE};
    bool ipv6;
    assert_true(psc_address_parse(remote, &endpoint.remote, &ipv6));
    endpoint.protocol = ipv6 ? PSC_PROTOCOL_TCP6 : PSC_PROTOCOL_TCP4;
    psc_builder_add(builder, &endpoint);
}

// Which name libc has for 127.0.0.1; false if it has none without asking a name server.
static bool loopback_name(char *name, socklen_t size) {
    struct sockaddr_in loopback = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    FILE *hosts = fopen("/etc/hosts", "r");
    char line[512];
    bool known = false;
    while (hosts != NULL && fgets(line, sizeof line, hosts) != NULL) {
        known = known || strncmp(line, "127.0.0.1", 9) == 0;
    }
    if (hosts != NULL) {
        fclose(hosts);
    }
    return known && getnameinfo((struct sockaddr *)&loopback, sizeof loopback, name, size, NULL, 0,
                                NI_NAMEREQD) == 0;
}

static struct psc_snapshot *finish(struct psc_builder *builder) {
    struct psc_snapshot *snapshot;
    assert_int_equal(psc_builder_finish(builder, "", 0, &snapshot), PSC_OK);
    return snapshot;
}

static void names_from_the_hosts_file(void **state) {
    enum { ROWS = 100 }; // more than there are threads
    char name[256];
    if (!loopback_name(name, sizeof name)) {
        skip_test("/etc/hosts has no 127.0.0.1");
    }
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    for (unsigned i = 0; i < ROWS; i++) {
        bool peer = i % 2 == 0;
        add(builder, "127.0.0.1", peer ? PSC_STATE_ESTABLISHED : PSC_STATE_LISTENING, (uint16_t)i);
    }
    psc_builder_seal(builder);
    assert_int_equal(psc_platform_name_remotes(builder, 60000, &error), PSC_OK);
    struct psc_snapshot *snapshot = finish(builder);
    assert_int_equal(psc_snapshot_count(snapshot), ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        const char *found = psc_snapshot_remote_name(snapshot, i);
        if (psc_endpoint_has_peer(psc_snapshot_endpoint(snapshot, i))) {
            assert_string_equal(found, name);
        } else {
            assert_null(found);
        }
    }
    psc_snapshot_free(snapshot);
}

static void nothing_to_ask(void **state) {
    struct psc_filter filter;
    struct psc_error error;
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    psc_builder_seal(builder);
    assert_int_equal(psc_platform_name_remotes(builder, 60000, &error), PSC_OK);
    psc_snapshot_free(finish(builder));
}

static bool mount_silence(const char *resolv_conf) {
    bool ok = unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    // Without this file libc asks 127.0.0.1 too.
    ok =
        ok && (mount(resolv_conf, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0 || errno == ENOENT);
    // Daemons that resolve for others listen here, outside of our network.
    return ok && (mount("none", "/run", "tmpfs", 0, NULL) == 0 || errno == ENOENT);
}

// From here on 127.0.0.1 is the only name server, and it never answers.
static bool enter_silence(int *server) {
    struct sockaddr_in name = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    write_file("resolv.conf", 0644, "nameserver 127.0.0.1\noptions timeout:30 attempts:1\n");
    bool ok = namespace_enter() && mount_silence("resolv.conf");
    *server = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return ok && bind(*server, (struct sockaddr *)&name, sizeof name) == 0;
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Leaves the network of the machine, so it comes last.
static void the_deadline_is_kept(void **state) {
    static const unsigned deadlines[] = {0, 1, 250};
    int server;
    if (!enter_silence(&server)) {
        close(server);
        skip_test("no namespaces for this user");
    }
    for (size_t i = 0; i < COUNT(deadlines); i++) {
        struct psc_filter filter;
        struct psc_error error;
        psc_filter_init(&filter);
        struct psc_builder *builder = psc_builder_new(&filter);
        add(builder, "192.0.2.1", PSC_STATE_ESTABLISHED, 1);
        add(builder, "2001:db8::1", PSC_STATE_TIME_WAIT, 2);
        psc_builder_seal(builder);
        int64_t begin = milliseconds();
        assert_int_equal(psc_platform_name_remotes(builder, deadlines[i], &error), PSC_OK);
        int64_t took = milliseconds() - begin;
        // Not before, or names would be missing; and long before the name server is given up.
        assert_true(took >= deadlines[i]);
        assert_true(took < deadlines[i] + 10000);
        struct psc_snapshot *snapshot = finish(builder);
        assert_null(psc_snapshot_remote_name(snapshot, 0));
        assert_null(psc_snapshot_remote_name(snapshot, 1));
        psc_snapshot_free(snapshot);
    }
    // The name server receives a question, perhaps only now; without one, the deadline was not tested.
    struct pollfd question = {.fd = server, .events = POLLIN};
    assert_int_equal(poll(&question, 1, 20000), 1);
    close(server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_from_the_hosts_file),
        cmocka_unit_test(nothing_to_ask),
        cmocka_unit_test(the_deadline_is_kept),
    };
    return cmocka_run_group_tests(tests, temporary_enter, temporary_leave);
}
