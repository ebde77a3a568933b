// test_blind_spots.c - what an audit does not see: sockets of other protocols, other network namespaces,
// firewall rules, and, without netlink, the interface of a listener.
#include <netinet/in.h> // before the kernel's own headers

#include <fcntl.h>
#include <linux/if_tun.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "platform/linux/blind_spots.h"
#include "platform/platform.h"
#include "support/namespace.h"
#include "support/spawn.h"
#include "support/test.h"

// Pure functions ----------------------------------------------------------------------------------

static void numbers_in_sockstat(void **state) {
    static const char text[] = "\nsockets: used 37\nTCP: inuse 2 orphan 60 tw 0 alloc 110 mem 133\n"
                               "UDPLITE: inuse 30\nXRAW: inuse 4\nRAW: inuse 5\nFRAG: inuse x\n"
                               "\nTCP6: inuse 3\nUDPLITE6: inuse 0\nRAW6: inuse 6\n";
    (void)state;
    assert_int_equal(blind_spots_count(text, "TCP"), 5);
    assert_int_equal(blind_spots_count(text, "UDPLITE"), 30);
    assert_int_equal(blind_spots_count(text, "UDP"), 0);
    assert_int_equal(blind_spots_count(text, "RAW"), 11);
    assert_int_equal(blind_spots_count(text, "FRAG"), 0);
    assert_int_equal(blind_spots_count("", "RAW"), 0);
}

struct message {
    struct nlmsghdr header;
    struct nfgenmsg body;
    char attributes[256];
};

static void put(struct message *message, unsigned type, const void *bytes, size_t size) {
    struct nlattr attribute = {(uint16_t)(sizeof attribute + size), (uint16_t)type};
    char *at = (char *)message + NLMSG_ALIGN(message->header.nlmsg_len);
    memcpy(at, &attribute, sizeof attribute);
    memcpy(at + sizeof attribute, bytes, size);
    message->header.nlmsg_len += (uint32_t)((sizeof attribute + size + 3) / 4 * 4);
}

static struct message make_message(unsigned type, unsigned flags, uint8_t family) {
    return (struct message){
        .header = {.nlmsg_len = offsetof(struct message, attributes),
                   .nlmsg_type = (uint16_t)type,
                   .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags)},
        .body = {.nfgen_family = family, .version = NFNETLINK_V0},
    };
}

#define NFT(type) (NFNL_SUBSYS_NFTABLES << 8 | (type))

static void hooks_of_chains(void **state) {
    const struct message chains[] = {make_message(NFT(NFT_MSG_NEWCHAIN), 0, AF_INET)};
    struct message with_name = chains[0];
    struct message with_hook;
    bool done;
    (void)state;
    put(&with_name, NFTA_CHAIN_NAME, "input", 6);
    with_hook = with_name;
    put(&with_hook, NFTA_CHAIN_HOOK | NLA_F_NESTED, "....", 4);
    const size_t size = with_name.header.nlmsg_len;
    assert_false(blind_spots_has_hook((const char *)&with_name, size, &done));
    assert_false(done);
    assert_true(blind_spots_has_hook((const char *)&with_hook, with_hook.header.nlmsg_len, &done));
    struct nlmsghdr end = {.nlmsg_len = sizeof end, .nlmsg_type = NLMSG_DONE};
    assert_false(blind_spots_has_hook((const char *)&end, sizeof end, &done));
    assert_true(done);
    for (size_t cut = 0; cut < size; cut++) {
        char *bytes = malloc(cut + 1); // so that the sanitizers see an access beyond the end
        memcpy(bytes, &with_hook, cut);
        assert_false(blind_spots_has_hook(bytes, cut, &done));
        free(bytes);
    }
}

// In a namespace of our own -----------------------------------------------------------------------

static struct psc_snapshot *collect(unsigned disable) {
    struct psc_request request;
    struct psc_error error;
    struct psc_snapshot *snapshot;
    struct psc_builder *builder = psc_builder_new(&psc_filter_everything);
    psc_request_init(&request);
    request.owners = false;
    request.blind_spots = true;
    request.probe_interfaces = true;
    request.disable = disable;
    assert_int_equal(psc_platform_collect(&request, builder, &error), PSC_OK);
    assert_int_equal(psc_builder_finish(builder, "host", 0, &snapshot), PSC_OK);
    return snapshot;
}

#define NOTICE_SIZE 512

// Whether there is a notice; its text and its count.
static bool find_notice(const char *kind, char text[NOTICE_SIZE], size_t *count) {
    struct psc_snapshot *snapshot = collect(0);
    bool found = false;
    *count = 0;
    for (size_t i = 0; i < psc_snapshot_notice_count(snapshot); i++) {
        const struct psc_notice *notice = psc_snapshot_notice(snapshot, i);
        if (strcmp(notice->kind, kind) == 0) {
            found = snprintf(text, NOTICE_SIZE, "%s", notice->text) < NOTICE_SIZE;
            *count = notice->count;
        }
    }
    psc_snapshot_free(snapshot);
    return found;
}

static void sockets_of_other_protocols(void **state) {
    char text[NOTICE_SIZE];
    size_t count;
    need_namespace();
    assert_false(find_notice("other-protocols", text, &count));
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);
    int raw6 = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    assert_true(raw >= 0 && raw6 >= 0);
    assert_true(find_notice("other-protocols", text, &count));
    assert_int_equal(count, 2);
    assert_string_equal(text,
                        "sockets of other protocols are not audited: 2 raw, 0 UDP-Lite, 0 SCTP");
    close(raw);
    close(raw6);
}

static bool listen_in_another_namespace(void *context) {
    return unshare(CLONE_NEWNET) == 0 &&
           listen(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), 1) == 0;
}

static void sockets_in_other_namespaces(void **state) {
    char text[NOTICE_SIZE];
    size_t before;
    size_t after;
    need_namespace();
    find_notice("other-namespaces", text, &before); // the one that we come from
    pid_t child = spawn_child(listen_in_another_namespace, NULL, NULL);
    bool found = find_notice("other-namespaces", text, &after);
    spawn_kill(child);
    assert_true(found);
    assert_int_equal(after, before + 1);
}

// Makes a table with a chain that all incoming packets pass through. Returns whether it is there.
static bool add_chain(void) {
    struct message messages[4] = {
        make_message(NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC),
        make_message(NFT(NFT_MSG_NEWTABLE), NLM_F_CREATE, NFPROTO_IPV4),
        make_message(NFT(NFT_MSG_NEWCHAIN), NLM_F_CREATE, NFPROTO_IPV4),
        make_message(NFNL_MSG_BATCH_END, 0, AF_UNSPEC),
    };
    struct {
        struct nlattr number;
        uint32_t number_value;
        struct nlattr priority;
        uint32_t priority_value;
    } hook = {{8, NFTA_HOOK_HOOKNUM}, htonl(NF_INET_LOCAL_IN), {8, NFTA_HOOK_PRIORITY}, 0};
    messages[0].body.res_id = messages[3].body.res_id = htons(NFNL_SUBSYS_NFTABLES);
    put(&messages[1], NFTA_TABLE_NAME, "test", 5);
    put(&messages[2], NFTA_CHAIN_TABLE, "test", 5);
    put(&messages[2], NFTA_CHAIN_NAME, "input", 6);
    put(&messages[2], NFTA_CHAIN_HOOK | NLA_F_NESTED, &hook, sizeof hook);
    put(&messages[2], NFTA_CHAIN_TYPE, "filter", 7);
    messages[2].header.nlmsg_flags |= NLM_F_ACK;
    char batch[sizeof messages];
    size_t size = 0;
    for (size_t i = 0; i < 4; i++) {
        memcpy(batch + size, &messages[i], messages[i].header.nlmsg_len);
        size += messages[i].header.nlmsg_len;
    }
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
    struct {
        struct nlmsghdr header;
        int number;
        char rest[1024];
    } answer = {.number = -1};
    bool added = netlink >= 0 && send(netlink, batch, size, 0) == (ssize_t)size &&
                 recv(netlink, &answer, sizeof answer, 0) > 0 && answer.number == 0;
    close(netlink);
    return added;
}

static void rules_of_a_firewall(void **state) {
    char text[NOTICE_SIZE];
    size_t count;
    need_namespace();
    assert_false(find_notice("firewall-present", text, &count));
    if (!add_chain()) {
        skip_test("this kernel has no nftables, or does not let us use them");
    }
    assert_true(find_notice("firewall-present", text, &count));
    assert_non_null(strstr(text, "nftables"));
    assert_non_null(strstr(text, "DNAT"));
}

// An interface besides `lo`, which exists as long as the descriptor.
static int open_interface(void) {
    struct ifreq request = {.ifr_name = "psc0", .ifr_flags = IFF_TUN | IFF_NO_PI};
    int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
    if (tun >= 0 && ioctl(tun, TUNSETIFF, &request) != 0) {
        close(tun);
        tun = -1;
    }
    return tun;
}

static in_port_t open_listener(int family, int type, const char *device, int *listener) {
    struct sockaddr_in6 address = {.sin6_family = (sa_family_t)family}; // a sockaddr_in is shorter
    socklen_t size = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof address;
    *listener = socket(family, type | SOCK_CLOEXEC, 0);
    assert_true(*listener >= 0);
    if (device != NULL) {
        assert_int_equal(
            setsockopt(*listener, SOL_SOCKET, SO_BINDTODEVICE, device, (socklen_t)strlen(device)),
            0);
    }
    assert_int_equal(bind(*listener, (struct sockaddr *)&address, size), 0);
    assert_true(type == SOCK_DGRAM || listen(*listener, 1) == 0);
    assert_int_equal(getsockname(*listener, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin6_port);
}

static enum psc_exposure exposure_of(const struct psc_snapshot *snapshot, in_port_t port) {
    for (size_t row = 0; row < psc_snapshot_count(snapshot); row++) {
        const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, row);
        if (endpoint->local_port == port) {
            return psc_endpoint_exposure(endpoint);
        }
    }
    fail_msg("no row of port %u", port);
    return PSC_EXPOSURE_NONE;
}

static void listeners_on_loopback_by_device(void **state) {
    static const struct {
        int family, type;
        const char *device;
        enum psc_exposure exposure;
    } cases[] = {
        {AF_INET, SOCK_STREAM, "lo", PSC_EXPOSURE_LOOPBACK},
        {AF_INET6, SOCK_STREAM, "lo", PSC_EXPOSURE_LOOPBACK},
        {AF_INET, SOCK_DGRAM, "lo", PSC_EXPOSURE_LOOPBACK},
        {AF_INET6, SOCK_DGRAM, "lo", PSC_EXPOSURE_LOOPBACK},
        {AF_INET, SOCK_STREAM, NULL, PSC_EXPOSURE_ALL},
        {AF_INET6, SOCK_STREAM, NULL, PSC_EXPOSURE_ALL},
        {AF_INET, SOCK_DGRAM, NULL, PSC_EXPOSURE_ALL},
        {AF_INET, SOCK_STREAM, "psc0", PSC_EXPOSURE_ALL},
    };
    int listeners[COUNT(cases)];
    in_port_t ports[COUNT(cases)];
    need_namespace();
    int tun = open_interface();
    if (tun < 0) {
        skip_test("no second interface");
    }
    for (size_t i = 0; i < COUNT(cases); i++) {
        ports[i] = open_listener(cases[i].family, cases[i].type, cases[i].device, &listeners[i]);
    }
    struct psc_snapshot *snapshot = collect(PSC_DISABLE_NETLINK);
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(exposure_of(snapshot, ports[i]), cases[i].exposure);
        close(listeners[i]);
    }
    psc_snapshot_free(snapshot);
    close(tun);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_sockstat),
        cmocka_unit_test(hooks_of_chains),
        cmocka_unit_test(sockets_of_other_protocols),
        cmocka_unit_test(sockets_in_other_namespaces),
        cmocka_unit_test(rules_of_a_firewall),
        cmocka_unit_test(listeners_on_loopback_by_device),
    };
    (void)namespace_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
