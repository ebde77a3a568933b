// test_platform_ports.c - ports: attempts to bind, the kernel's ranges, and what portscope says of ports that
// the kernel, other users and other PID namespaces have.
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/address.h"
#include "support/fake_proc.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/spawn.h"
#include "support/test.h"

// In the namespace, where no other program is.
#define RESERVED_PORT 4711
#define DYNAMIC_PORT 41000
#define PRIVILEGED_PORT 600

// Attempts ----------------------------------------------------------------------------------------

static enum psc_probe_result probe(enum psc_protocol protocol, const char *address,
                                   in_port_t port) {
    struct psc_probe wanted = {.protocol = protocol, .port = port};
    enum psc_probe_result result;
    struct psc_error error;
    bool ipv6;
    assert_true(psc_address_parse(address, &wanted.address, &ipv6));
    if (psc_platform_probe(&wanted, &result, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    return result;
}

static int open_one(struct live_states *live, int type, const char *address, in_port_t port) {
    return live_open(live, &(struct live_socket){.type = type,
                                                 .address = address,
                                                 .port = port,
                                                 .backlog = type == SOCK_STREAM ? 5 : 0,
                                                 .reuse_address = true});
}

static void ports_are_tried_and_given_back(void **state) {
    need_namespace();
    struct live_states *live = live_new();
    int listener = open_one(live, SOCK_STREAM, "127.0.0.1", 0);
    int bound = open_one(live, SOCK_DGRAM, "127.0.0.1", 0);
    in_port_t tcp = live_port(live, listener);
    in_port_t udp = live_port(live, bound);
    for (int i = 0; i < 3; i++) { // an attempt does not hinder the next one
        assert_int_equal(probe(PSC_PROTOCOL_TCP4, "0.0.0.0", tcp), PSC_PROBE_TAKEN);
        assert_int_equal(probe(PSC_PROTOCOL_TCP4, "127.0.0.1", tcp), PSC_PROBE_TAKEN);
        assert_int_equal(probe(PSC_PROTOCOL_TCP4, "127.0.0.2", tcp), PSC_PROBE_FREE);
        assert_int_equal(probe(PSC_PROTOCOL_UDP4, "0.0.0.0", udp), PSC_PROBE_TAKEN);
        assert_int_equal(probe(PSC_PROTOCOL_UDP4, "127.0.0.2", udp), PSC_PROBE_FREE);
        assert_int_equal(probe(PSC_PROTOCOL_TCP4, "192.0.2.99", tcp), PSC_PROBE_NO_ADDRESS);
        assert_int_equal(probe(PSC_PROTOCOL_TCP6, "2001:db8::99", tcp),
                         live->ipv6 ? PSC_PROBE_NO_ADDRESS : PSC_PROBE_NO_FAMILY);
        // Any address of IPv6 is not one of IPv4.
        assert_int_equal(probe(PSC_PROTOCOL_TCP6, "::", tcp),
                         live->ipv6 ? PSC_PROBE_FREE : PSC_PROBE_NO_FAMILY);
    }
    // The sockets that held the ports still work.
    live_connect(live, listener, NULL);
    live_connect_udp(live, open_one(live, SOCK_DGRAM, "127.0.0.1", 0), bound);
    live_free(live);
}

// Ranges ------------------------------------------------------------------------------------------

// NULL: there is no such file.
static const struct {
    const char *reserved, *dynamic, *unprivileged;
    const char *means;
} settings[] = {
    {"8080,9148-9150\n", "32768\t60999\n", "1024\n", "8080 9148 9149 9150 | 32768-60999 1024"},
    {"\n", "1024\t65535\n", "0\n", "none | 1024-65535 0"},
    {"", "1 1\n", "65536\n", "none | 1-1 65536"},
    {"1\n", "32768\t60999", "1024", "1 | 32768-60999 1024"},
    {"65535\n", NULL, NULL, "65535 | unknown 0-0 1024"},
    {NULL, NULL, NULL, "unknown | unknown 0-0 1024"},
    {"x\n", "x\n", "x\n", "unknown | unknown 0-0 1024"},
    {"1-\n", "5\n", "80\n", "unknown | unknown 0-0 80"},
    {"1,70000\n", "60999 32768\n", "65537\n", "unknown | unknown 0-0 1024"},
    {"\n", "1 70000\n", "80\n", "none | unknown 0-0 80"},
};

static void describe(const struct psc_port_ranges *ranges, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (uint32_t port = 0; port <= UINT16_MAX; port++) {
        if (psc_port_is_reserved(ranges, (uint16_t)port)) {
            used += (size_t)snprintf(text + used, size - used, "%u ", port);
        }
    }
    const char *none = (ranges->known & PSC_RANGES_RESERVED) != 0 ? "none " : "unknown ";
    snprintf(text + used, size - used, "%s| %s%u-%u %u", used > 0 ? "" : none,
             (ranges->known & PSC_RANGES_DYNAMIC) != 0 ? "" : "unknown ", ranges->dynamic_first,
             ranges->dynamic_last, ranges->first_unprivileged);
}

static void set(const struct fake_proc *proc, const char *name, const char *value) {
    char path[64];
    snprintf(path, sizeof path, "sys/net/ipv4/%s", name);
    if (value != NULL) {
        fake_proc_file(proc, path, value, strlen(value));
    }
}

static void ranges_of(const struct fake_proc *proc, struct psc_port_ranges *ranges) {
    struct psc_request request = fake_proc_request(proc);
    struct psc_error error;
    assert_int_equal(psc_platform_port_ranges(&request, false, ranges, &error), PSC_OK);
    assert_false(ranges->reserved_refuses);
    assert_int_equal(ranges->time_wait_seconds, 60);
}

static void ranges_are_read(void **state) {
    for (size_t i = 0; i < COUNT(settings); i++) {
        struct fake_proc proc;
        struct psc_port_ranges ranges;
        char means[128];
        fake_proc_make(&proc);
        set(&proc, "ip_local_reserved_ports", settings[i].reserved);
        set(&proc, "ip_local_port_range", settings[i].dynamic);
        set(&proc, "ip_unprivileged_port_start", settings[i].unprivileged);
        ranges_of(&proc, &ranges);
        describe(&ranges, means, sizeof means);
        if (strcmp(means, settings[i].means) != 0) {
            fail_msg("%zu: '%s', not '%s'", i, means, settings[i].means);
        }
        psc_port_ranges_done(&ranges);
        fake_proc_remove(&proc);
    }
}

static void a_long_list_is_read_to_its_end(void **state) {
    struct fake_proc proc;
    struct psc_port_ranges ranges;
    static char list[64 * 1024];
    size_t used = 0;
    for (unsigned port = 10001; port < 20000; port += 2) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%u,", port);
    }
    list[used - 1] = '\n';
    fake_proc_make(&proc);
    set(&proc, "ip_local_reserved_ports", list);
    ranges_of(&proc, &ranges);
    assert_int_equal(ranges.known & PSC_RANGES_RESERVED, PSC_RANGES_RESERVED);
    assert_int_equal(ranges.reserved.count, 5000);
    assert_true(psc_port_is_reserved(&ranges, 19999));
    assert_false(psc_port_is_reserved(&ranges, 19998));
    psc_port_ranges_done(&ranges);
    fake_proc_remove(&proc);
}

static void without_proc_nothing_is_known(void **state) {
    struct psc_request request;
    struct psc_port_ranges ranges;
    struct psc_error error;
    psc_request_init(&request);
    request.proc_root = "/nonexistent/proc";
    assert_int_equal(psc_platform_port_ranges(&request, true, &ranges, &error), PSC_SYSTEM);
    assert_non_null(strstr(error.text, "/nonexistent/proc"));
    psc_port_ranges_done(&ranges);
}

// Every second port of 20001 to 29999 and RESERVED_PORT: 30,000 bytes, of which the kernel gives what
// fits in the first read, and nothing to a second.
static bool reserve_many(void) {
    int file = open("/proc/sys/net/ipv4/ip_local_reserved_ports", O_WRONLY | O_CLOEXEC);
    char port[16];
    bool written = file >= 0;
    for (unsigned i = 0; written && i <= 5000; i++) { // a write after the first adds
        int size = snprintf(port, sizeof port, "%u", i == 0 ? RESERVED_PORT : 19999 + 2 * i);
        written = write(file, port, (size_t)size) == size;
    }
    close(file);
    return written;
}

static bool reserved_set, dynamic_set;

static void the_kernels_long_list_is_read_to_its_end(void **state) {
    struct psc_request request;
    struct psc_port_ranges ranges;
    struct psc_error error;
    need_namespace();
    if (!reserved_set) {
        skip_test("ip_local_reserved_ports cannot be set here");
    }
    psc_request_init(&request);
    assert_int_equal(psc_platform_port_ranges(&request, false, &ranges, &error), PSC_OK);
    assert_int_equal(ranges.known & PSC_RANGES_RESERVED, PSC_RANGES_RESERVED);
    assert_int_equal(ranges.reserved.count, 5001);
    assert_true(psc_port_is_reserved(&ranges, 29999));
    psc_port_ranges_done(&ranges);
}

// The program -------------------------------------------------------------------------------------

// Runs the program, with a port in place of `%u`. @p out and @p err are parts of what is printed,
// NULL for nothing.
static void run(uid_t user, const char *command, in_port_t port, int status, const char *out,
                const char *err) {
    struct spawned spawned;
    const char *mark = strstr(command, "%u");
    assert_non_null(mark);
    spawn_as(user, &spawned, PSC_PROGRAM " %.*s%u%s", (int)(mark - command), command, port,
             mark + 2);
    spawn_check(&spawned, status, out, err);
}

static uid_t ordinary(void) {
    return geteuid() == 0 ? NOBODY : 0;
}

static void reserved_ports_can_be_bound_and_are_not_given(void **state) {
    need_namespace();
    if (!reserved_set) {
        skip_test("ip_local_reserved_ports cannot be set here");
    }
    run(0, "check %u", RESERVED_PORT, 0, "in net.ipv4.ip_local_reserved_ports", NULL);
    run(0, "check %u --json", RESERVED_PORT, 0, "\"reserved_soft\": true", NULL);
    run(0, "check %u", RESERVED_PORT + 1, 0, "is free\n", NULL);
    run(0, "free %u", RESERVED_PORT, 1, NULL, "only 0 of 1");
    struct live_states *live = live_new();
    open_one(live, SOCK_STREAM, "0.0.0.0", RESERVED_PORT); // an explicit bind works
    run(0, "check %u", RESERVED_PORT, 1, "is in use\n", NULL);
    // Nor is it named as the next one that is free.
    open_one(live, SOCK_STREAM, "0.0.0.0", RESERVED_PORT - 1);
    run(0, "check %u", RESERVED_PORT - 1, 1, "next free port: 4712\n", NULL);
    live_free(live);
}

static void dynamic_ports_are_told(void **state) {
    need_namespace();
    if (!dynamic_set) {
        skip_test("ip_local_port_range cannot be set here");
    }
    run(0, "check %u", DYNAMIC_PORT, 0, "in the dynamic range 41000-41999: an outgoing", NULL);
    run(0, "check %u", DYNAMIC_PORT - 1, 0, "is free\n", NULL);
    run(0, "free %u", DYNAMIC_PORT, 0, "41000\n", NULL);
    run(0, "free 40999-%u --count 2", DYNAMIC_PORT, 0, "40999\n41000\n", NULL);
}

static void privileged_ports_need_privileges(void **state) {
    need_namespace();
    run(ordinary(), "check %u", PRIVILEGED_PORT + 1, 1, "/tcp needs privilege\n", NULL);
    run(ordinary(), "check %u/udp", PRIVILEGED_PORT, 1, "/udp needs privilege\n", NULL);
    run(ordinary(), "check %u", PRIVILEGED_PORT + 1, 1, "next free port: 1024", NULL);
    run(ordinary(), "free 1-%u", 1023, 1, NULL, "only 0 of 1");
    if (geteuid() == 0) {
        run(0, "check %u", PRIVILEGED_PORT + 1, 0, "is free\n", NULL);
    }
}

// Held by children that an ordinary user may not look into; root may.
static in_port_t others_port;

static void ports_of_others_are_in_use_for_every_user(void **state) {
    static const char hidden[] = "1 socket has no visible owner; run as root to see all owners\n";
    const in_port_t ports[] = {PRIVILEGED_PORT, others_port};
    need_namespace();
    for (size_t i = 0; i < COUNT(ports); i++) {
        run(ordinary(), "check %u", ports[i], 1, "/tcp is in use\n", hidden);
        run(ordinary(), "check %u", ports[i], 1, "LISTENING  process not visible\n", hidden);
        run(ordinary(), "check %u -q", ports[i], 1, NULL, NULL);
        run(ordinary(), "check %u --json", ports[i], 1, "\"owners\": null", NULL);
        run(ordinary(), "check %u --json", ports[i], 1, "\"kind\": \"owners-hidden\", \"count\": 1",
            NULL);
        run(ordinary(), "kill %u --yes", ports[i], 1, "no visible process",
            "portscope check says more");
        if (geteuid() == 0) {
            run(0, "check %u", ports[i], 1, "LISTENING  test_platform_ports (pid ", NULL);
        }
    }
}

// Root's processes are hidden from other users, those that must not be dumped from their own user.
static void hide(int descriptor) {
    (void)descriptor;
    if (geteuid() != 0 && prctl(PR_SET_DUMPABLE, 0) != 0) {
        _exit(1);
    }
}

static struct live_states *open_others(void) {
    struct live_states *live = live_new();
    int privileged = open_one(live, SOCK_STREAM, "0.0.0.0", PRIVILEGED_PORT);
    int other = open_one(live, SOCK_STREAM, "0.0.0.0", 0);
    others_port = live_port(live, other);
    live_child(live, privileged, hide);
    live_child(live, other, hide);
    live_release(live, privileged);
    live_release(live, other);
    return live;
}

// PID namespaces ----------------------------------------------------------------------------------

static void need_init(void) {
    if (getpid() != 1) {
        skip_test("no PID namespace");
    }
}

// The holder is outside of this PID namespace, in the same network.
static void a_holder_outside_cannot_be_named(void **state) {
    const char *reason = geteuid() == 0
                             ? "1 socket has no visible owner (held by the kernel, by a "
                               "container, or by a process that just exited)\n"
                             : "1 socket has no visible owner; run as root to see all owners\n";
    need_init();
    run(0, "check %u", others_port, 1, "/tcp is in use\n", reason);
    run(0, "check %u", others_port, 1, "LISTENING  process not visible\n", reason);
    run(0, "check %u --json", others_port, 1, "\"owners\": null", NULL);
    run(0, "kill %u --yes --force", others_port, 1, "no visible process",
        "portscope check says more");
    run(0, "check %u", others_port, 1, "/tcp is in use\n", reason);
}

static int look_outside(void *context) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_holder_outside_cannot_be_named)};
    (void)context;
    return cmocka_run_group_tests_name("in a PID namespace", tests, NULL, NULL);
}

static struct sockaddr_in loopback(in_port_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

// Listens, tells by UDP on which port, and ends at the first connection.
static int hold_inside(void *context) {
    const in_port_t *report_to = context;
    struct sockaddr_in name = loopback(0);
    struct sockaddr_in report = loopback(*report_to);
    socklen_t size = sizeof name;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool held = namespace_drop_capabilities() &&
                bind(listener, (struct sockaddr *)&name, size) == 0 && listen(listener, 5) == 0 &&
                getsockname(listener, (struct sockaddr *)&name, &size) == 0 &&
                sendto(sender, &name.sin_port, sizeof name.sin_port, 0, (struct sockaddr *)&report,
                       sizeof report) == sizeof name.sin_port;
    return held && accept(listener, NULL, NULL) >= 0 ? 0 : 1;
}

// Runs that in a child, and tells the other end if there is no such namespace.
static pid_t fork_holder(in_port_t report_to) {
    pid_t child = fork();
    if (child == 0) {
        struct sockaddr_in report = loopback(report_to);
        int sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        int status = namespace_as_init(hold_inside, &report_to);
        in_port_t none = 0;
        if (status < 0) {
            (void)!sendto(sender, &none, sizeof none, 0, (struct sockaddr *)&report, sizeof report);
        }
        _exit(status < 0 ? 0 : status);
    }
    return child;
}

struct inside {
    pid_t child;
    in_port_t port; // 0: there is no PID namespace
};

static struct inside begin_inside(struct live_states *live) {
    struct inside inside;
    int receiver = open_one(live, SOCK_DGRAM, "127.0.0.1", 0);
    inside.child = fork_holder(live_port(live, receiver));
    live_wait_readable(receiver);
    if (recv(receiver, &inside.port, sizeof inside.port, 0) != sizeof inside.port) {
        inside.port = 0;
    }
    inside.port = ntohs(inside.port);
    return inside;
}

static struct inside inside;

static void a_holder_inside_has_its_pid_of_this_namespace(void **state) {
    need_namespace();
    if (inside.port == 0) {
        skip_test("no PID namespace");
    }
    run(0, "check %u", inside.port, 1, "LISTENING  test_platform_ports (pid ", NULL);
    run(0, "kill %u --dry-run", inside.port, 0, "test_platform_ports (pid ", NULL);
}

static int end_inside(void **state) {
    struct sockaddr_in address = loopback(inside.port);
    int caller = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = 0;
    if (inside.port != 0) {
        succeed(connect(caller, (struct sockaddr *)&address, sizeof address));
    }
    close(caller);
    if (inside.child > 0) {
        succeed(waitpid(inside.child, &status, 0));
    }
    return status;
}

// The group ---------------------------------------------------------------------------------------

// What needs privileges, before they are given up.
static struct live_states *prepare(int *failed) {
    *failed = -1;
    if (!namespace_enter()) {
        return NULL;
    }
    reserved_set = reserve_many();
    dynamic_set = namespace_set("ipv4/ip_local_port_range", "41000 41999");
    struct live_states *live = open_others();
    *failed = namespace_as_init(look_outside, NULL);
    inside = begin_inside(live);
    return live;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(a_long_list_is_read_to_its_end),
        cmocka_unit_test(without_proc_nothing_is_known),
        cmocka_unit_test(the_kernels_long_list_is_read_to_its_end),
        cmocka_unit_test(reserved_ports_can_be_bound_and_are_not_given),
        cmocka_unit_test(dynamic_ports_are_told),
        // After the above: its connections leave TIME_WAIT at ports of the dynamic range.
        cmocka_unit_test(ports_are_tried_and_given_back),
        cmocka_unit_test(privileged_ports_need_privileges),
        cmocka_unit_test(ports_of_others_are_in_use_for_every_user),
        cmocka_unit_test(a_holder_inside_has_its_pid_of_this_namespace),
    };
    int failed;
    struct live_states *live = prepare(&failed);
    if (failed < 0) {
        failed = look_outside(NULL); // is skipped, and counted
    }
    if (live != NULL && !namespace_drop_capabilities()) {
        return 1;
    }
    failed += cmocka_run_group_tests(tests, NULL, end_inside);
    live_free(live);
    return failed;
}
