// test_listing_report.c - listing_report: every format of the same rows, byte for byte; the layout of
// Windows' netstat against captured rows; unknown fields, sockets without an owner, and hostile names.
#include "format/listing_report.h"
#include "model/builder.h"
#include "support/capture.h"
#include "support/netstat_row.h"
#include "support/test.h"

#define EVERYTHING (PSC_KNOWN_UID | PSC_KNOWN_INODE | PSC_KNOWN_RECV_QUEUE | PSC_KNOWN_SEND_QUEUE)
#define ALL_DETAILS                                                                                \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED)

// The owners of a row; 0: none.
struct pids {
    uint32_t list[2];
};

// A snapshot in the making, with a filter that wants all of it.
struct making {
    struct psc_filter filter;
    struct psc_builder *builder;
};

static void begin(struct making *making) {
    psc_filter_init(&making->filter);
    making->builder = psc_builder_new(&making->filter);
    assert_non_null(making->builder);
}

static void add(struct making *making, const char *text, uint32_t known) {
    struct psc_endpoint row = netstat_row(text);
    row.known = known;
    row.uid = (known & PSC_KNOWN_UID) != 0 ? 1000 : 0;
    row.inode = (known & PSC_KNOWN_INODE) != 0 ? 1670 : 0;
    row.send_queue = (known & PSC_KNOWN_SEND_QUEUE) != 0 ? 128 : 0;
    psc_builder_add(making->builder, &row);
}

// Seals, and lets processes own the first rows: owners[i] is about row i.
static void own(struct making *making, const struct pids *owners, size_t count) {
    psc_builder_seal(making->builder);
    for (size_t i = 0; i < 2 * count; i++) {
        uint32_t pid = owners[i / 2].list[i % 2];
        if (pid != 0) {
            psc_builder_link(making->builder, i / 2, pid);
        }
    }
    psc_builder_end_links(making->builder, NULL, NULL);
}

static struct psc_process *process(struct making *making, uint32_t pid) {
    for (size_t i = 0; i < psc_builder_process_count(making->builder); i++) {
        if (psc_builder_process(making->builder, i)->pid == pid) {
            return psc_builder_process(making->builder, i);
        }
    }
    fail();
    return NULL;
}

static struct psc_snapshot *end(struct making *making) {
    struct psc_snapshot *snapshot;
    assert_int_equal(psc_builder_finish(making->builder, "web1", 1795162680123, &snapshot), PSC_OK);
    psc_filter_done(&making->filter);
    return snapshot;
}

static char *write_text(const struct psc_snapshot *snapshot, const struct psc_layout *layout) {
    FILE *stream = capture_open();
    struct psc_error error;
    assert_int_equal(psc_listing_write(stream, snapshot, NULL, layout, &error), PSC_OK);
    return capture_close(stream, NULL);
}

static void assert_text(const struct psc_snapshot *snapshot, const struct psc_layout *layout,
                        const char *expected) {
    char *text = write_text(snapshot, layout);
    assert_string_equal(text, expected);
    free(text);
}

static struct psc_layout table_of(unsigned show) {
    struct psc_layout layout = {.format = PSC_FORMAT_TABLE, .headings = true, .line_end = "\n"};
    psc_columns_default(&layout.columns, PSC_FORMAT_TABLE, show);
    return layout;
}

static struct psc_layout picked(enum psc_format format, const char *names) {
    struct psc_layout layout = {.format = format, .line_end = "\n"};
    struct psc_error error;
    assert_int_equal(psc_columns_parse(&layout.columns, names, &error), PSC_OK);
    return layout;
}

// The layout of Windows ---------------------------------------------------------------------------

// Rows that Windows' own netstat printed, in the order it would print them together.
static const char *const captured[] = {
    "  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING       4",
    "  TCP    0.0.0.0:135            0.0.0.0:0              LISTENING       888",
    "  TCP    0.0.0.0:50100          0.0.0.0:0              BOUND           44328",
    "  TCP    10.10.10.9:80          10.10.16.3:39654       ESTABLISHED     4",
    "  TCP    127.0.0.1:57434        127.0.0.1:8082         FIN_WAIT_2      10308",
    "  TCP    172.31.44.127:80       34.53.83.121:45432     SYN_RECEIVED    4",
    "  TCP    192.168.1.6:49750      10.166.83.164:22       SYN_SENT        25956",
    "  TCP    192.168.141.226:63810  20.72.205.209:443      TIME_WAIT       0",
    "  TCP    [::1]:49675            [::]:0                 LISTENING       11392",
    "  UDP    0.0.0.0:5353           *:*                                    28508",
    "  UDP    127.0.0.1:62273        127.0.0.1:62273                        2256",
    "  UDP    [::1]:1900             *:*                                    884",
    "  UDP    [fe80::182e:1ba9:7b17:351d%5]:1900  *:*                                    884",
    "  UDP    [fe80::2952:170d:f2f2:1464%16]:60720  *:*                                    2872",
};
#define CAPTURED_COUNT COUNT(captured)

static struct psc_snapshot *captured_snapshot(void) {
    struct making making;
    struct pids owners[CAPTURED_COUNT] = {{{0}}};
    begin(&making);
    // Windows gives no inodes, no queues and no users, and the number of a zone is its name.
    for (size_t i = 0; i < CAPTURED_COUNT; i++) {
        owners[i].list[0] = (uint32_t)strtoul(strrchr(captured[i], ' '), NULL, 10);
        add(&making, captured[i], owners[i].list[0] == 0 ? PSC_KNOWN_OWNERS : 0);
    }
    own(&making, owners, CAPTURED_COUNT);
    psc_builder_name_interface(making.builder, 5, NULL);
    psc_builder_name_interface(making.builder, 16, NULL);
    return end(&making);
}

static void expect_line(char *text, size_t size, const char *line, const char *line_end) {
    size_t used = strlen(text);
    snprintf(text + used, size - used, "%s%s", line, line_end);
}

static void writes_what_windows_wrote(void **state) {
    static const char *const line_ends[] = {"\n", "\r\n"};
    struct psc_snapshot *snapshot = captured_snapshot();
    for (size_t i = 0; i < 2; i++) {
        char expected[4096] = "";
        struct psc_layout layout = table_of(PSC_SHOW_PID);
        layout.line_end = line_ends[i];
        expect_line(expected, sizeof expected, "", line_ends[i]);
        expect_line(expected, sizeof expected, "Active Connections", line_ends[i]);
        expect_line(expected, sizeof expected, "", line_ends[i]);
        expect_line(expected, sizeof expected,
                    "  Proto  Local Address          Foreign Address        State           PID",
                    line_ends[i]);
        for (size_t row = 0; row < CAPTURED_COUNT; row++) {
            expect_line(expected, sizeof expected, captured[row], line_ends[i]);
        }
        assert_text(snapshot, &layout, expected);
    }
    psc_snapshot_free(snapshot);
}

static void writes_no_pid_unless_asked(void **state) {
    struct psc_snapshot *snapshot = captured_snapshot();
    struct psc_layout layout = table_of(0);
    char *text = write_text(snapshot, &layout);
    assert_non_null(strstr(text,
                           "\n  Proto  Local Address          Foreign Address        State\n"
                           "  TCP    0.0.0.0:80             0.0.0.0:0              LISTENING\n"));
    assert_non_null(strstr(text, "\n  UDP    0.0.0.0:5353           *:*\n"));
    assert_null(strstr(text, " \n")); // no line ends in spaces
    free(text);
    psc_snapshot_free(snapshot);
}

static void rows_come_in_the_order_that_is_given(void **state) {
    struct psc_snapshot *snapshot = captured_snapshot();
    struct psc_layout layout = picked(PSC_FORMAT_TABLE, "local_port");
    uint32_t order[CAPTURED_COUNT];
    for (uint32_t i = 0; i < CAPTURED_COUNT; i++) {
        order[i] = (uint32_t)CAPTURED_COUNT - 1 - i;
    }
    FILE *stream = capture_open();
    struct psc_error error;
    assert_int_equal(psc_listing_write(stream, snapshot, order, &layout, &error), PSC_OK);
    char *text = capture_close(stream, NULL);
    assert_string_equal(text,
                        "  60720\n  1900\n  1900\n  62273\n  5353\n  49675\n  63810\n  49750\n"
                        "  80\n  57434\n  80\n  50100\n  135\n  80\n");
    free(text);
    psc_snapshot_free(snapshot);
}

// One of each kind --------------------------------------------------------------------------------

// A listener and a connection of node, which shares the latter with an older process of which
// little is known; a socket without an owner; two of which next to nothing is known.
static struct psc_snapshot *mixed_snapshot(void) {
    static const struct pids owners[] = {{{0, 0}}, {{4242, 0}}, {{4242, 4000}}};
    struct making making;
    begin(&making);
    add(&making, "TCP 127.0.0.1:3000 0.0.0.0:0 LISTENING", EVERYTHING);
    add(&making, "TCP 127.0.0.1:3000 127.0.0.1:52110 ESTABLISHED", EVERYTHING);
    add(&making, "TCP 10.0.0.1:80 10.0.0.2:99 TIME_WAIT", PSC_KNOWN_OWNERS);
    add(&making, "TCP [fe80::1%2]:22 [fe80::2]:443 UNKNOWN(14)", 0);
    add(&making, "UDP [fe80::1%3]:53 *:*", 0);
    own(&making, owners, 3);
    struct psc_process *node = process(&making, 4242);
    uint32_t pid = node->pid;
    *node = (struct psc_process){.pid = pid,
                                 .known = ALL_DETAILS,
                                 .name = "node",
                                 .path = "/usr/bin/node",
                                 .command_line = "node\0server.js",
                                 .command_line_size = sizeof "node\0server.js",
                                 .user = "alice",
                                 .started = 1795154401000};
    struct psc_process *old = process(&making, 4000);
    old->known = PSC_PROCESS_STARTED;
    old->started = 1795154400000;
    psc_builder_name_interface(making.builder, 2, "eth0");
    psc_builder_name_user(making.builder, 1000, "alice");
    psc_builder_notice(making.builder, "torn", 0, "a \"dump\" was torn");
    psc_builder_notice(making.builder, "owners-hidden", 2, "be root");
    return end(&making);
}

static void table_says_what_is_not_known(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    struct psc_layout layout = table_of(PSC_SHOW_PID | PSC_SHOW_PROCESS);
    layout.headings = false;
    assert_text(
        snapshot, &layout,
        "  TCP    10.0.0.1:80            10.0.0.2:99            TIME_WAIT       0\n"
        "  TCP    127.0.0.1:3000         0.0.0.0:0              LISTENING       4242     node\n"
        "  TCP    127.0.0.1:3000         127.0.0.1:52110        ESTABLISHED     4000     - +1\n"
        "  TCP    [fe80::1%eth0]:22      [fe80::2%eth0]:443     UNKNOWN(14)     -        -\n"
        "  UDP    [fe80::1%3]:53         *:*                                    -        -\n");
    psc_snapshot_free(snapshot);
}

static void wide_table_has_a_line_for_every_owner(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    struct psc_layout layout =
        picked(PSC_FORMAT_TABLE, "local_port,pid,path,owner_user,started,command_line");
    layout.headings = layout.every_owner = true;
    assert_text(snapshot, &layout,
                "\nActive Connections\n\n"
                "  Local Port  PID      Path                      User          Started"
                "               Command Line\n"
                "  80          0                                  -\n"
                "  3000        4242     /usr/bin/node             alice         "
                "2026-11-20T06:00:01Z  node server.js\n"
                "  3000        4000     -                         -             "
                "2026-11-20T06:00:00Z  -\n"
                "  3000        4242     /usr/bin/node             alice         "
                "2026-11-20T06:00:01Z  node server.js\n"
                "  22          -        -                         -             -"
                "                     -\n"
                "  53          -        -                         -             -"
                "                     -\n");
    psc_snapshot_free(snapshot);
}

static void json_has_null_for_what_is_not_known(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    struct psc_layout layout = {.format = PSC_FORMAT_JSON};
    psc_columns_default(&layout.columns, PSC_FORMAT_JSON, 0);
#define NODE                                                                                       \
    "{\"pid\": 4242, \"name\": \"node\", \"path\": \"/usr/bin/node\", "                            \
    "\"command_line\": [\"node\", \"server.js\"], \"user\": \"alice\", "                           \
    "\"started\": \"2026-11-20T06:00:01Z\"}"
#define SOCKET                                                                                     \
    "\"uid\": 1000, \"user\": \"alice\", \"inode\": 1670, \"recv_queue\": 0, \"send_queue\": 128"
#define NO_SOCKET                                                                                  \
    "\"uid\": null, \"user\": null, \"inode\": null, \"recv_queue\": null, \"send_queue\": null"
    assert_text(
        snapshot, &layout,
        "{\"schema\": \"portscope/1\", \"host\": \"web1\", \"time\": "
        "\"2026-11-20T08:18:00.123Z\",\n"
        " \"notices\": [\n"
        "  {\"kind\": \"torn\", \"count\": null, \"text\": \"a \\\"dump\\\" was torn\"},\n"
        "  {\"kind\": \"owners-hidden\", \"count\": 2, \"text\": \"be root\"}],\n"
        " \"endpoints\": [\n"
        "  {\"protocol\": \"tcp\", \"family\": \"ipv4\", "
        "\"local\": {\"address\": \"10.0.0.1\", \"port\": 80, \"zone\": null}, "
        "\"remote\": {\"address\": \"10.0.0.2\", \"port\": 99, \"zone\": null}, "
        "\"state\": \"TIME_WAIT\", \"pid\": 0, \"process\": null, \"owners\": [], " NO_SOCKET
        ", \"exposure\": null},\n"
        "  {\"protocol\": \"tcp\", \"family\": \"ipv4\", "
        "\"local\": {\"address\": \"127.0.0.1\", \"port\": 3000, \"zone\": null}, "
        "\"remote\": null, \"state\": \"LISTENING\", \"pid\": 4242, \"process\": \"node\", "
        "\"owners\": [" NODE "], " SOCKET ", \"exposure\": \"loopback\"},\n"
        "  {\"protocol\": \"tcp\", \"family\": \"ipv4\", "
        "\"local\": {\"address\": \"127.0.0.1\", \"port\": 3000, \"zone\": null}, "
        "\"remote\": {\"address\": \"127.0.0.1\", \"port\": 52110, \"zone\": null}, "
        "\"state\": \"ESTABLISHED\", \"pid\": 4000, \"process\": null, "
        "\"owners\": [{\"pid\": 4000, \"name\": null, \"path\": null, \"command_line\": null, "
        "\"user\": null, \"started\": \"2026-11-20T06:00:00Z\"}, " NODE "], " SOCKET
        ", \"exposure\": null},\n"
        "  {\"protocol\": \"tcp\", \"family\": \"ipv6\", "
        "\"local\": {\"address\": \"fe80::1\", \"port\": 22, \"zone\": \"eth0\"}, "
        "\"remote\": {\"address\": \"fe80::2\", \"port\": 443, \"zone\": \"eth0\"}, "
        "\"state\": \"UNKNOWN(14)\", \"pid\": null, \"process\": null, \"owners\": null, " NO_SOCKET
        ", \"exposure\": null},\n"
        "  {\"protocol\": \"udp\", \"family\": \"ipv6\", "
        "\"local\": {\"address\": \"fe80::1\", \"port\": 53, \"zone\": \"3\"}, "
        "\"remote\": null, \"state\": null, \"pid\": null, \"process\": null, "
        "\"owners\": null, " NO_SOCKET ", \"exposure\": \"link\"}]}\n");
    psc_snapshot_free(snapshot);
}

static void ndjson_has_host_and_time_in_each_line(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    struct psc_layout layout = picked(PSC_FORMAT_NDJSON, "local_port,remote_port,pid,started");
#define HEAD "{\"host\": \"web1\", \"time\": \"2026-11-20T08:18:00.123Z\", "
    assert_text(snapshot, &layout,
                HEAD "\"local_port\": 80, \"remote_port\": 99, \"pid\": 0, \"started\": null}\n" //
                HEAD "\"local_port\": 3000, \"remote_port\": null, \"pid\": 4242, "
                     "\"started\": \"2026-11-20T06:00:01Z\"}\n" //
                HEAD "\"local_port\": 3000, \"remote_port\": 52110, \"pid\": 4000, "
                     "\"started\": \"2026-11-20T06:00:00Z\"}\n" //
                HEAD "\"local_port\": 22, \"remote_port\": 443, \"pid\": null, "
                     "\"started\": null}\n" //
                HEAD "\"local_port\": 53, \"remote_port\": null, \"pid\": null, "
                     "\"started\": null}\n");
    psc_snapshot_free(snapshot);
}

static void csv_has_empty_fields_for_what_is_not_known(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    struct psc_layout layout = {.format = PSC_FORMAT_CSV, .headings = true, .line_end = "\n"};
    psc_columns_default(&layout.columns, PSC_FORMAT_CSV, 0);
    assert_text(
        snapshot, &layout,
        "protocol,family,local_address,local_port,remote_address,remote_port,state,pid,process,"
        "path,owners,owner_user,started,command_line,uid,user,inode,recv_queue,send_queue,"
        "exposure\r\n"
        "tcp,ipv4,\"10.0.0.1\",80,\"10.0.0.2\",99,TIME_WAIT,0,\"\",\"\",0,\"\",,\"\",,\"\",,,,\r\n"
        "tcp,ipv4,\"127.0.0.1\",3000,\"\",,LISTENING,4242,\"node\",\"/usr/bin/node\",4242,"
        "\"alice\",2026-11-20T06:00:01Z,\"node server.js\",1000,\"alice\",1670,0,128,loopback\r\n"
        "tcp,ipv4,\"127.0.0.1\",3000,\"127.0.0.1\",52110,ESTABLISHED,4000,\"\",\"\",4000 4242,"
        "\"\",2026-11-20T06:00:00Z,\"\",1000,\"alice\",1670,0,128,\r\n"
        "tcp,ipv6,\"fe80::1%eth0\",22,\"fe80::2%eth0\",443,UNKNOWN(14),,\"\",\"\",,\"\",,\"\",,"
        "\"\",,,,\r\n"
        "udp,ipv6,\"fe80::1%3\",53,\"\",,,,\"\",\"\",,\"\",,\"\",,\"\",,,,link\r\n");
    psc_snapshot_free(snapshot);
}

static void an_empty_snapshot_is_a_whole_document(void **state) {
    static const struct {
        enum psc_format format;
        const char *text;
    } cases[] = {
        {PSC_FORMAT_TABLE, "\nActive Connections\n\n  Local Address          PID\n"},
        {PSC_FORMAT_JSON, "{\"schema\": \"portscope/1\", \"host\": \"web1\", "
                          "\"time\": \"2026-11-20T08:18:00.123Z\",\n"
                          " \"notices\": [],\n \"endpoints\": []}\n"},
        {PSC_FORMAT_NDJSON, ""},
        {PSC_FORMAT_CSV, "local,pid\r\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct making making;
        begin(&making);
        struct psc_snapshot *snapshot = end(&making);
        struct psc_layout layout = picked(cases[i].format, "local,pid");
        layout.headings = true;
        assert_text(snapshot, &layout, cases[i].text);
        psc_snapshot_free(snapshot);
    }
}

static void remote_names_replace_addresses(void **state) {
    static const struct {
        enum psc_format format;
        const char *text;
    } cases[] = {
        {PSC_FORMAT_TABLE, "  db\\x1b[m.example:99\n  10.0.0.3:99\n  0.0.0.0:0\n"},
        {PSC_FORMAT_CSV, "\"db\\x1b[m.example:99\"\r\n\"10.0.0.3:99\"\r\n\"0.0.0.0:0\"\r\n"},
        {PSC_FORMAT_NDJSON,
         HEAD "\"remote\": {\"address\": \"10.0.0.2\", \"port\": 99, \"zone\": null, "
              "\"name\": \"db\\u001b[m.example\"}}\n" //
         HEAD "\"remote\": {\"address\": \"10.0.0.3\", \"port\": 99, \"zone\": null, "
              "\"name\": null}}\n" //
         HEAD "\"remote\": null}\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct making making;
        begin(&making);
        add(&making, "TCP 10.0.0.1:80 10.0.0.2:99 ESTABLISHED", 0);
        add(&making, "TCP 10.0.0.1:81 10.0.0.3:99 ESTABLISHED", 0);
        add(&making, "TCP 10.0.0.1:82 0.0.0.0:0 LISTENING", 0);
        own(&making, NULL, 0);
        psc_builder_name_remote(making.builder, 0, "db\x1b[m.example");
        struct psc_snapshot *snapshot = end(&making);
        struct psc_layout layout = picked(cases[i].format, "remote");
        layout.remote_names = true;
        assert_text(snapshot, &layout, cases[i].text);
        psc_snapshot_free(snapshot);
    }
}

static void remote_addresses_have_a_zone_where_they_need_one(void **state) {
    static const struct {
        const char *row, *remote;
    } cases[] = {
        {"UDP [fe80::1%2]:53 [fe80::2]:9", "  [fe80::2%eth0]:9\n"},
        {"UDP [fe80::1%2]:53 [febf::2]:9", "  [febf::2%eth0]:9\n"},
        {"UDP [fe80::1%2]:53 [ff02::fb]:9", "  [ff02::fb%eth0]:9\n"},
        {"UDP [fe80::1%2]:53 [ff12::fb]:9", "  [ff12::fb%eth0]:9\n"}, // not a well-known group
        {"UDP [fe80::1%2]:53 [ff05::fb]:9", "  [ff05::fb]:9\n"},
        {"UDP [fe80::1%2]:53 [fe02::fb]:9", "  [fe02::fb]:9\n"},
        {"UDP [::1%2]:53 [2001:db8::1]:9", "  [2001:db8::1]:9\n"},
        {"UDP [::1]:53 [fe80::2]:9", "  [fe80::2]:9\n"},
        {"TCP 10.0.0.1%2:53 254.128.0.1:9 ESTABLISHED", "  254.128.0.1:9\n"}, // fe80 in bytes
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct making making;
        begin(&making);
        add(&making, cases[i].row, 0);
        own(&making, NULL, 0);
        psc_builder_name_interface(making.builder, 2, "eth0");
        struct psc_snapshot *snapshot = end(&making);
        struct psc_layout layout = picked(PSC_FORMAT_TABLE, "remote");
        assert_text(snapshot, &layout, cases[i].remote);
        psc_snapshot_free(snapshot);
    }
}

static void a_socket_without_a_file_has_no_inode(void **state) {
    static const struct {
        enum psc_format format;
        const char *text;
    } cases[] = {
        {PSC_FORMAT_TABLE, "\n"},
        {PSC_FORMAT_CSV, "\r\n"},
        {PSC_FORMAT_NDJSON, HEAD "\"inode\": null}\n"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct making making;
        begin(&making);
        struct psc_endpoint row = netstat_row("TCP 10.0.0.1:80 10.0.0.2:99 SYN_RECEIVED");
        row.known = PSC_KNOWN_INODE | PSC_KNOWN_OWNERS;
        psc_builder_add(making.builder, &row);
        own(&making, NULL, 0);
        struct psc_snapshot *snapshot = end(&making);
        struct psc_layout layout = picked(cases[i].format, "inode");
        assert_text(snapshot, &layout, cases[i].text);
        psc_snapshot_free(snapshot);
    }
}

static void people_see_the_beginning_of_a_long_command_line(void **state) {
    // Characters of three bytes, so that 4,096 bytes end in one of them; then an argument that is left out.
    static const char character[] = {'\xe4', '\xb8', '\xad'};
    static char arguments[6000 + sizeof "\0--last"];
    static const struct pids owners[] = {{{7, 0}}};
    struct making making;
    begin(&making);
    add(&making, "TCP 127.0.0.1:80 0.0.0.0:0 LISTENING", 0);
    own(&making, owners, 1);
    for (size_t i = 0; i < 6000; i += sizeof character) {
        memcpy(arguments + i, character, sizeof character);
    }
    memcpy(arguments + 6000, "\0--last", sizeof "\0--last");
    struct psc_process *verbose = process(&making, 7);
    verbose->known = PSC_PROCESS_COMMAND_LINE;
    verbose->command_line = arguments;
    verbose->command_line_size = sizeof arguments;
    struct psc_snapshot *snapshot = end(&making);
    struct psc_layout layout = picked(PSC_FORMAT_TABLE, "command_line,pid");
    char *text = write_text(snapshot, &layout);
    assert_memory_equal(text, "  \xe4\xb8\xad", 5);
    assert_string_equal(text + 2 + 4095, "\xe2\x80\xa6 (1913 more bytes)  7\n");
    free(text);
    for (enum psc_format format = PSC_FORMAT_NDJSON; format <= PSC_FORMAT_CSV; format++) {
        layout.format = format;
        text = write_text(snapshot, &layout);
        assert_non_null(strstr(text, "\xe4\xb8\xad\xe4"));
        assert_non_null(strstr(text, "--last\""));
        assert_true(strlen(text) > 6000);
        free(text);
    }
    psc_snapshot_free(snapshot);
}

// Color ------------------------------------------------------------------------------------------

static void strip_colors(char *text) {
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        if (at[0] == '\x1b') {
            at += strcspn(at, "m") + 1;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

static void colors_change_nothing_else(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    for (unsigned show = 0; show <= (PSC_SHOW_PID | PSC_SHOW_PROCESS); show++) {
        struct psc_layout layout = table_of(show);
        char *plain = write_text(snapshot, &layout);
        assert_null(strchr(plain, '\x1b'));
        layout.color = true;
        char *colored = write_text(snapshot, &layout);
        assert_non_null(strstr(colored, "\x1b[32mLISTENING\x1b[0m"));
        strip_colors(colored);
        assert_string_equal(colored, plain);
        free(plain);
        free(colored);
    }
    psc_snapshot_free(snapshot);
}

// Hostile names -----------------------------------------------------------------------------------

static const struct {
    const char *name, *table, *json, *csv;
} hostile[] = {
    {"\x1b]0;x\a\r\n", "\\x1b]0;x\\x07\\x0d\\x0a", "\\u001b]0;x\\u0007\\u000d\\u000a",
     "\\x1b]0;x\\x07\\x0d\\x0a"},
    {"a \"b\", \\c\\", "a \"b\", \\c\\", "a \\\"b\\\", \\\\c\\\\", "a \"\"b\"\", \\c\\"},
    {"caf\xe9", "caf\\xe9", "caf\xef\xbf\xbd", "caf\\xe9"},
    {"\xc2\x9b"
     "2J",
     "\\u009b2J", "\\u009b2J", "\\u009b2J"},
    {"\xe2\x80\xaegpj\xe2\x80\xac", "\\u202egpj\\u202c", "\\u202egpj\\u202c", "\\u202egpj\\u202c"},
    {"\xe2\x80\xa8", "\\u2028", "\\u2028", "\\u2028"},
    // Soft hyphen, zero-width space, word joiner, byte order mark, Hangul filler, variation selector.
    {"ngi\xc2\xadnx", "ngi\\u00adnx", "ngi\\u00adnx", "ngi\\u00adnx"},
    {"ngi\xe2\x80\x8bnx", "ngi\\u200bnx", "ngi\\u200bnx", "ngi\\u200bnx"},
    {"nginx\xe2\x81\xa0", "nginx\\u2060", "nginx\\u2060", "nginx\\u2060"},
    {"\xef\xbb\xbfnginx", "\\ufeffnginx", "\\ufeffnginx", "\\ufeffnginx"},
    {"\xe3\x85\xa4", "\\u3164", "\\u3164", "\\u3164"},
    {"nginx\xef\xb8\x8f", "nginx\\ufe0f", "nginx\\ufe0f", "nginx\\ufe0f"},
    {"\xe4\xb8\xad", "\xe4\xb8\xad", "\xe4\xb8\xad", "\xe4\xb8\xad"},
    {"", "\"\"", "", "\"\"\"\""},
};

// Each process says its name wherever it can.
static struct psc_snapshot *hostile_snapshot(const char *name) {
    static const struct pids owners[] = {{{7, 0}}};
    struct making making;
    begin(&making);
    add(&making, "TCP 127.0.0.1%2:80 0.0.0.0:0 LISTENING", PSC_KNOWN_UID);
    own(&making, owners, 1);
    struct psc_process *evil = process(&making, 7);
    evil->known = ALL_DETAILS;
    evil->name = evil->path = evil->command_line = evil->user = name;
    evil->command_line_size = strlen(name) + 1;
    psc_builder_name_user(making.builder, 1000, name);
    psc_builder_name_interface(making.builder, 2, name);
    return end(&making);
}

// What a column of one row looks like in a form.
static void expect_cell(char *expected, size_t size, enum psc_format format, const char *column,
                        const char *text) {
    bool list = strcmp(column, "command_line") == 0;
    switch (format) {
    case PSC_FORMAT_CSV:
        snprintf(expected, size, "\"%s\"\r\n", text);
        break;
    case PSC_FORMAT_NDJSON:
        snprintf(expected, size, HEAD "\"%s\": %s\"%s\"%s}\n", column, list ? "[" : "", text,
                 list ? "]" : "");
        break;
    default:
        snprintf(expected, size, "  %s\n", text);
    }
}

static void check_hostile(const struct psc_snapshot *snapshot, enum psc_format format,
                          const char *column, const char *text) {
    char expected[256];
    struct psc_layout layout = picked(format, column);
    expect_cell(expected, sizeof expected, format, column, text);
    assert_text(snapshot, &layout, expected);
}

static void hostile_names_are_harmless_in_every_form(void **state) {
    static const char *const columns[] = {"process", "path", "owner_user", "command_line"};
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct psc_snapshot *snapshot = hostile_snapshot(hostile[i].name);
        // One argument that is empty is shown as nothing, in a table and in CSV.
        for (size_t j = 0; j < (hostile[i].name[0] != '\0' ? 4 : 3); j++) {
            check_hostile(snapshot, PSC_FORMAT_TABLE, columns[j], hostile[i].table);
            check_hostile(snapshot, PSC_FORMAT_NDJSON, columns[j], hostile[i].json);
            check_hostile(snapshot, PSC_FORMAT_CSV, columns[j], hostile[i].csv);
        }
        psc_snapshot_free(snapshot);
    }
}

static void pick_every_column(struct psc_columns *columns) {
    for (size_t i = 0; psc_column_at(i) != NULL; i++) {
        columns->list[columns->count++] = psc_column_at(i);
    }
}

static void assert_printable(const char *text, bool carriage_returns) {
    for (const char *at = text; *at != '\0'; at++) {
        bool line_end = *at == '\n' || (carriage_returns && *at == '\r' && at[1] == '\n');
        assert_true(line_end || (unsigned char)*at >= 0x20);
        assert_true(*at != '\x7f');
    }
    assert_null(strstr(text, "\xc2\x9b"));
    assert_null(strstr(text, "\xe2\x80\xac"));
}

static void no_form_lets_a_control_character_out(void **state) {
    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct psc_snapshot *snapshot = hostile_snapshot(hostile[i].name);
        for (enum psc_format format = PSC_FORMAT_TABLE; format <= PSC_FORMAT_CSV; format++) {
            struct psc_layout layout = {.format = format, .line_end = "\n", .every_owner = true};
            size_t lines = 0;
            pick_every_column(&layout.columns);
            char *text = write_text(snapshot, &layout);
            assert_printable(text, format == PSC_FORMAT_CSV);
            for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
                lines++;
            }
            assert_int_equal(lines, format == PSC_FORMAT_JSON ? 4 : 1);
            free(text);
        }
        psc_snapshot_free(snapshot);
    }
}

// Streams that fail -------------------------------------------------------------------------------

static void a_failing_stream_is_told(void **state) {
    struct psc_snapshot *snapshot = mixed_snapshot();
    for (enum psc_format format = PSC_FORMAT_TABLE; format <= PSC_FORMAT_CSV; format++) {
        struct psc_layout layout = {.format = format, .headings = true, .line_end = "\n"};
        psc_columns_default(&layout.columns, format, PSC_SHOW_PID);
        FILE *stream = fopen(PSC_SOURCE_DIR "/CMakeLists.txt", "rb"); // takes no output
        assert_non_null(stream);
        struct psc_error error = {""};
        assert_int_equal(psc_listing_write(stream, snapshot, NULL, &layout, &error), PSC_OUTPUT);
        assert_string_not_equal(error.text, "");
        fclose(stream);
    }
    psc_snapshot_free(snapshot);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_windows_wrote),
        cmocka_unit_test(writes_no_pid_unless_asked),
        cmocka_unit_test(rows_come_in_the_order_that_is_given),
        cmocka_unit_test(table_says_what_is_not_known),
        cmocka_unit_test(wide_table_has_a_line_for_every_owner),
        cmocka_unit_test(json_has_null_for_what_is_not_known),
        cmocka_unit_test(ndjson_has_host_and_time_in_each_line),
        cmocka_unit_test(csv_has_empty_fields_for_what_is_not_known),
        cmocka_unit_test(an_empty_snapshot_is_a_whole_document),
        cmocka_unit_test(remote_names_replace_addresses),
        cmocka_unit_test(remote_addresses_have_a_zone_where_they_need_one),
        cmocka_unit_test(people_see_the_beginning_of_a_long_command_line),
        cmocka_unit_test(a_socket_without_a_file_has_no_inode),
        cmocka_unit_test(colors_change_nothing_else),
        cmocka_unit_test(hostile_names_are_harmless_in_every_form),
        cmocka_unit_test(no_form_lets_a_control_character_out),
        cmocka_unit_test(a_failing_stream_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
