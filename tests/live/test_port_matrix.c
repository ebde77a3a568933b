// test_port_matrix.c - the verdict on a port compared with what happens to a server and its clients, for
// every kind of holder, at every address, and for every address of the server.
//
// A port is free for a server if it can bind and listen there as servers do (TCP: SO_REUSEADDR), and
// if clients of `localhost` then reach it. They differ in whether they try ::1 or 127.0.0.1 first, so the
// server must answer in both orders. At one address (--address) a port is free if it can be bound there,
// and the verdict says whether `localhost` is another program.
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "lib/port_survey.h"
#include "model/address.h"
#include "support/live_states.h"
#include "support/namespace.h"
#include "support/test.h"

#define IPV4_ADDRESS "192.0.2.1"
#define IPV6_ADDRESS "2001:db8::1"
#define DEADLINE_SECONDS 20

// The axes ----------------------------------------------------------------------------------------

struct address {
    const char *text;
    bool v6only;
    const char *near; // where to reach it from here
};

static const struct address holder_addresses[] = {
    {"127.0.0.1", false, "127.0.0.1"},
    {"127.0.0.2", false, "127.0.0.2"},
    {"::1", true, "::1"},
    {"0.0.0.0", false, "127.0.0.1"},
    {"::", false, "::1"},
    {"::", false, "127.0.0.1"},
    {"::", true, "::1"},
    {"::ffff:127.0.0.1", false, "127.0.0.1"}, // as Java does
    {IPV4_ADDRESS, false, IPV4_ADDRESS},
    {IPV6_ADDRESS, true, IPV6_ADDRESS},
};

// Where a server may want to listen: at most two sockets.
static const struct asked {
    const char *address; // NULL: what is asked about if nothing is said
    const char *listens[2];
    const char *near[2];
} asked_addresses[] = {
    {NULL, {"0.0.0.0", "::"}, {"127.0.0.1", "::1"}},
    {"127.0.0.1", {"127.0.0.1"}, {"127.0.0.1"}},
    {"::1", {"::1"}, {"::1"}},
    {"0.0.0.0", {"0.0.0.0"}, {"127.0.0.1"}},
    {"::", {"::"}, {"::1"}},
    {"127.0.0.2", {"127.0.0.2"}, {"127.0.0.2"}},
    {IPV4_ADDRESS, {IPV4_ADDRESS}, {IPV4_ADDRESS}},
    {IPV6_ADDRESS, {IPV6_ADDRESS}, {IPV6_ADDRESS}},
};

// Closed sockets ----------------------------------------------------------------------------------
//
// close() returns before the port is free if a BPF iterator (of any portscope that looks for owners)
// visits the file at that moment: the last reference is then the iterator's, and the kernel drops it
// when the iterator's read() returns.

// All sockets of this network namespace. A connection in TIME_WAIT no longer has one.
static size_t sockets_in_use(void) {
    char line[64];
    char *end;
    FILE *file = fopen("/proc/self/net/sockstat", "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_int_equal(strncmp(line, "sockets: used ", 14), 0);
    size_t count = strtoul(line + 14, &end, 10);
    assert_int_equal(*end, '\n');
    return count;
}

// Waits until every closed socket is gone.
static void settle(const struct live_states *live) {
    time_t end = time(NULL) + DEADLINE_SECONDS;
    while (sockets_in_use() != live->descriptor_count) {
        if (time(NULL) > end) {
            fail_msg("%zu sockets instead of %zu", sockets_in_use(), live->descriptor_count);
        }
        sched_yield();
    }
}

// Holders -----------------------------------------------------------------------------------------

// Makes a process hold a port, and returns it.
typedef in_port_t hold(struct live_states *live, const struct address *at, bool reuse);

static int open_at(struct live_states *live, const struct address *at, int type, int backlog,
                   bool reuse) {
    return live_open(live, &(struct live_socket){.type = type,
                                                 .address = at->text,
                                                 .backlog = backlog,
                                                 .v6only = at->v6only,
                                                 .reuse_address = reuse});
}

static in_port_t port_of(struct live_states *live, int descriptor) {
    return live_row_of(live, descriptor)->endpoint.local_port;
}

static in_port_t listening(struct live_states *live, const struct address *at, bool reuse) {
    return port_of(live, open_at(live, at, SOCK_STREAM, 5, reuse));
}

static in_port_t sharing(struct live_states *live, const struct address *at, bool reuse) {
    return port_of(live, live_open(live, &(struct live_socket){.type = SOCK_STREAM,
                                                               .address = at->text,
                                                               .backlog = 5,
                                                               .v6only = at->v6only,
                                                               .reuse_port = true,
                                                               .reuse_address = reuse}));
}

static in_port_t bound(struct live_states *live, const struct address *at, bool reuse) {
    return port_of(live, open_at(live, at, SOCK_STREAM, 0, reuse));
}

// The server closes first, and so its port is the one in TIME_WAIT.
static in_port_t closed_server(struct live_states *live, const struct address *at, bool reuse) {
    int listener = open_at(live, at, SOCK_STREAM, 5, reuse);
    in_port_t port = port_of(live, listener);
    struct live_pair pair = live_connect(live, listener, at->near);
    live_time_wait(live, (struct live_pair){.client = pair.server, .server = pair.client});
    live_close(live, listener);
    settle(live);
    return port;
}

static in_port_t accepted(struct live_states *live, const struct address *at, bool reuse) {
    int listener = open_at(live, at, SOCK_STREAM, 5, reuse);
    in_port_t port = port_of(live, listener);
    live_connect(live, listener, at->near);
    live_close(live, listener);
    settle(live);
    return port;
}

static socklen_t resolve(const char *text, in_port_t port, struct sockaddr_storage *address) {
    struct sockaddr_in *v4 = (struct sockaddr_in *)address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)address;
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return sizeof *v4;
    }
    assert_int_equal(inet_pton(AF_INET6, text, &v6->sin6_addr), 1);
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return sizeof *v6;
}

static bool is_ipv6(const char *address) {
    return strchr(address, ':') != NULL;
}

// The other end of a connection, at another port.
struct peer {
    int descriptor;
    struct sockaddr_storage address;
    socklen_t size;
};

static struct peer open_peer(struct live_states *live, const struct address *at, int type) {
    char mapped[64];
    const struct address near = {at->near, is_ipv6(at->near), NULL};
    const char *text = at->near;
    struct peer peer;
    peer.descriptor = open_at(live, &near, type, type == SOCK_STREAM ? 5 : 0, false);
    if (is_ipv6(at->text) && !is_ipv6(at->near)) {
        snprintf(mapped, sizeof mapped, "::ffff:%s", at->near);
        text = mapped;
    }
    peer.size = resolve(text, port_of(live, peer.descriptor), &peer.address);
    return peer;
}

// A TCP peer accepts, so that the kernel has no socket that the test does not have (see settle()).
static void connect_to_peer(struct live_states *live, int descriptor, const struct peer *peer) {
    succeed(connect(descriptor, (const struct sockaddr *)&peer->address, peer->size));
    if (live_row_of(live, peer->descriptor)->endpoint.state == PSC_STATE_LISTENING) {
        live_keep(live, accept4(peer->descriptor, NULL, NULL, SOCK_CLOEXEC));
    }
}

// A client that was bound before it connected.
static in_port_t bound_client(struct live_states *live, const struct address *at, bool reuse) {
    struct peer peer = open_peer(live, at, SOCK_STREAM);
    int client = open_at(live, at, SOCK_STREAM, 0, reuse);
    connect_to_peer(live, client, &peer);
    return port_of(live, client);
}

// A client whose port was chosen by the kernel when it connected, as usual.
static int connect_somewhere(struct live_states *live, const struct address *at) {
    int v6only = at->v6only;
    struct peer peer = open_peer(live, at, SOCK_STREAM);
    int client = socket(peer.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    live_keep(live, client);
    if (peer.address.ss_family == AF_INET6) {
        succeed(setsockopt(client, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, sizeof v6only));
    }
    connect_to_peer(live, client, &peer);
    return client;
}

static in_port_t own_port(int descriptor) {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {.v6 = {.sin6_family = AF_UNSPEC}};
    socklen_t size = sizeof name;
    succeed(getsockname(descriptor, &name.any, &size));
    return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

static in_port_t client(struct live_states *live, const struct address *at, bool reuse) {
    (void)reuse;
    return own_port(connect_somewhere(live, at));
}

static in_port_t closed_client(struct live_states *live, const struct address *at, bool reuse) {
    const struct address near = {at->near, is_ipv6(at->near), NULL};
    int listener = open_at(live, &near, SOCK_STREAM, 5, reuse);
    struct live_pair pair = live_connect(live, listener, at->near);
    in_port_t port = port_of(live, pair.client);
    live_time_wait(live, pair);
    settle(live);
    return port;
}

static in_port_t udp(struct live_states *live, const struct address *at, bool reuse) {
    return port_of(live, open_at(live, at, SOCK_DGRAM, 0, reuse));
}

static in_port_t connected_udp(struct live_states *live, const struct address *at, bool reuse) {
    struct peer peer = open_peer(live, at, SOCK_DGRAM);
    int descriptor = open_at(live, at, SOCK_DGRAM, 0, reuse);
    connect_to_peer(live, descriptor, &peer);
    return port_of(live, descriptor);
}

static struct holding {
    const char *text;
    hold *hold;
    bool reuse; // the holder sets SO_REUSEADDR
    bool udp_held, udp_asked;
} holdings[] = {
    {"listening", listening, true, false, false},
    {"listening without SO_REUSEADDR", listening, false, false, false},
    {"listening with SO_REUSEPORT", sharing, false, false, false},
    {"bound", bound, false, false, false},
    {"bound with SO_REUSEADDR", bound, true, false, false},
    {"TIME_WAIT", closed_server, true, false, false},
    {"TIME_WAIT without SO_REUSEADDR", closed_server, false, false, false},
    {"TIME_WAIT of a client", closed_client, false, false, false},
    {"accepted", accepted, true, false, false},
    {"accepted without SO_REUSEADDR", accepted, false, false, false},
    {"client", client, false, false, false},
    {"client that was bound", bound_client, false, false, false},
    {"UDP", udp, false, true, true},
    {"UDP with SO_REUSEADDR", udp, true, true, true},
    {"UDP, connected", connected_udp, false, true, true},
    {"UDP, asked for TCP", udp, false, true, false},
    {"listening, asked for UDP", listening, true, false, true},
};

// What really happens -----------------------------------------------------------------------------

struct server {
    int sockets[2]; // -1: none
    in_port_t port;
    bool udp;
};

static void server_close(struct server *server) {
    for (size_t i = 0; i < 2; i++) {
        if (server->sockets[i] >= 0) {
            close(server->sockets[i]);
        }
        server->sockets[i] = -1;
    }
}

// One socket of a server; -1 if it cannot have the port.
static int serve(const char *text, in_port_t port, bool is_udp, bool reuse, bool v6only) {
    struct sockaddr_storage address;
    socklen_t size = resolve(text, port, &address);
    int yes = 1;
    int only = v6only;
    int server = socket(address.ss_family, (is_udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    succeed(server);
    if (address.ss_family == AF_INET6) {
        succeed(setsockopt(server, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only));
    }
    if (reuse) {
        succeed(setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes));
    }
    if (bind(server, (struct sockaddr *)&address, size) == 0 &&
        (is_udp || listen(server, 5) == 0)) {
        return server;
    }
    assert_int_equal(errno, EADDRINUSE);
    close(server);
    return -1;
}

// Starts a server as asked; false if it cannot.
static bool server_start(struct server *server, const struct asked *asked, bool reuse) {
    for (size_t i = 0; i < 2 && asked->listens[i] != NULL; i++) {
        server->sockets[i] = serve(asked->listens[i], server->port, server->udp, reuse, true);
        if (server->sockets[i] < 0) {
            server_close(server);
            return false;
        }
    }
    return true;
}

// The same, but if the verdict expects it to start, a refusal counts only when every closed socket is
// gone: until then it may be due to the verdict's own attempt or to the server before.
static bool server_start_expected(struct server *server, const struct asked *asked, bool reuse,
                                  bool expected, const struct live_states *live) {
    if (server_start(server, asked, reuse)) {
        return true;
    }
    if (!expected) {
        return false;
    }
    settle(live);
    return server_start(server, asked, reuse);
}

// Takes whatever came to the server; whether something did.
static bool server_got(const struct server *server) {
    bool got = false;
    for (size_t i = 0; i < 2 && server->sockets[i] >= 0; i++) {
        struct pollfd wait = {.fd = server->sockets[i], .events = POLLIN};
        char byte;
        if (poll(&wait, 1, 0) == 1) {
            int taken = server->udp ? -1 : accept4(wait.fd, NULL, NULL, SOCK_CLOEXEC);
            if (taken >= 0) {
                close(taken);
            } else {
                succeed((int)recv(wait.fd, &byte, 1, 0));
            }
            got = true;
        }
    }
    return got;
}

enum answer { NONE, OURS, ANOTHER };

// Which server answers a client at an address. On loopback, what is sent has arrived.
static enum answer answer_at(const char *text, const struct server *server) {
    struct sockaddr_storage address;
    char byte = 'x';
    socklen_t size = resolve(text, server->port, &address);
    int caller =
        socket(address.ss_family, (server->udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    succeed(caller);
    bool answered = connect(caller, (struct sockaddr *)&address, size) == 0;
    if (answered && server->udp) {
        succeed((int)send(caller, &byte, 1, 0));
        answered = recv(caller, &byte, 1, MSG_DONTWAIT) >= 0 || errno == EAGAIN;
    }
    if (!answered) {
        assert_int_equal(errno, ECONNREFUSED);
    }
    enum answer answer = !answered ? NONE : server_got(server) ? OURS : ANOTHER;
    close(caller);
    return answer;
}

static enum answer answer_at_localhost(bool ipv6_first, const struct server *server) {
    const char *const order[] = {ipv6_first ? "::1" : "127.0.0.1",
                                 ipv6_first ? "127.0.0.1" : "::1"};
    enum answer answer = answer_at(order[0], server);
    return answer == NONE ? answer_at(order[1], server) : answer;
}

struct truth {
    bool free;
    bool plain_binds;     // a server that does not set SO_REUSEADDR gets the port, too
    bool localhost_taken; // free at the one address, but `localhost` is another program
};

static struct truth try_it(const struct live_states *live, const struct asked *asked,
                           const struct psc_port_check *check) {
    struct truth truth = {.free = false};
    struct server server = {{-1, -1}, check->port, check->udp};
    truth.plain_binds =
        server_start_expected(&server, asked, false, check->verdict == PSC_VERDICT_FREE, live);
    server_close(&server);
    // With UDP the option would let two servers have the port, and so no server sets it.
    if (!server_start_expected(&server, asked, !check->udp, psc_verdict_is_free(check->verdict),
                               live)) {
        return truth;
    }
    for (size_t i = 0; i < 2 && asked->near[i] != NULL; i++) {
        assert_int_equal(answer_at(asked->near[i], &server), OURS);
    }
    enum answer first = answer_at_localhost(true, &server);
    enum answer second = answer_at_localhost(false, &server);
    bool ours = first == OURS && second == OURS;
    truth.free = asked->address != NULL || ours;
    truth.localhost_taken = asked->address != NULL && (first == ANOTHER || second == ANOTHER);
    server_close(&server);
    return truth;
}

// The cells ---------------------------------------------------------------------------------------

static struct psc_port_check verdict_on(const struct asked *asked, in_port_t port, bool is_udp) {
    struct psc_port_spec spec = {port, port, is_udp};
    struct psc_bind_address bind = {.one_address = asked->address != NULL};
    struct psc_port_survey survey;
    struct psc_error error;
    const struct psc_needs nothing = {false, false, 0};
    if (asked->address != NULL) {
        assert_true(psc_address_parse(asked->address, &bind.address, &bind.ipv6));
    }
    if (psc_port_survey_init(&survey, &spec, 1, &bind, &error) != PSC_OK ||
        psc_port_survey_run(&survey, PSC_STATES_ALL, nothing, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    struct psc_port_check check = survey.checks[0];
    psc_port_survey_done(&survey);
    return check;
}

static bool is_right(const struct psc_port_check *check, const struct truth *truth) {
    bool reuse =
        check->verdict == PSC_VERDICT_CLOSING || check->verdict == PSC_VERDICT_FREE_REUSEADDR;
    bool reuse_needed = !check->udp && truth->free && !truth->plain_binds;
    return psc_verdict_is_free(check->verdict) == truth->free &&
           (check->verdict == PSC_VERDICT_FREE_NOT_LOCALHOST) == truth->localhost_taken &&
           (truth->localhost_taken || reuse == reuse_needed);
}

static bool try_cell(const struct holding *holding, const struct address *at,
                     const struct asked *asked) {
    struct live_states *live = live_new();
    in_port_t port = holding->hold(live, at, holding->reuse);
    struct psc_port_check check = verdict_on(asked, port, holding->udp_asked);
    struct truth truth = try_it(live, asked, &check);
    bool right = is_right(&check, &truth);
    if (!right || getenv("PSC_MATRIX") != NULL) {
        print_message(
            "%s: %s %s%s, server on %s: verdict %s%s, really %s%s\n", right ? "right" : "WRONG",
            at->text, at->v6only ? "v6only " : "", holding->text,
            asked->address != NULL ? asked->address : "any", psc_verdict_word(check.verdict),
            check.holder_unknown ? " (holder_unknown)" : "", truth.free ? "free" : "not free",
            truth.plain_binds ? "" : " without SO_REUSEADDR");
    }
    live_free(live);
    return right;
}

// A network of our own, because the ports of others come and go.
static bool has_addresses;

static int enter(void **state) {
    has_addresses = namespace_enter() && namespace_add_address(IPV4_ADDRESS) &&
                    namespace_add_address(IPV6_ADDRESS);
    return 0;
}

static void verdicts_are_what_a_server_meets(void **state) {
    const struct holding *holding = *state;
    size_t wrong = 0;
    need_namespace();
    if (!has_addresses) {
        skip_test("lo takes no more addresses");
    }
    for (size_t i = 0; i < COUNT(holder_addresses); i++) {
        for (size_t j = 0; j < COUNT(asked_addresses); j++) {
            wrong += !try_cell(holding, &holder_addresses[i], &asked_addresses[j]);
        }
    }
    assert_int_equal(wrong, 0);
}

int main(void) {
    struct CMUnitTest tests[COUNT(holdings)];
    for (size_t i = 0; i < COUNT(tests); i++) {
        tests[i] = (struct CMUnitTest){.name = holdings[i].text,
                                       .test_func = verdicts_are_what_a_server_meets,
                                       .initial_state = &holdings[i]};
    }
    return cmocka_run_group_tests(tests, enter, NULL);
}
