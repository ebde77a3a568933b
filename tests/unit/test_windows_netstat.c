// test_windows_netstat.c - rows captured from Windows' own netstat -anoq. Encoded as the tables that they
// came from, they must come out again to the byte, line ends included.
#include "support/run_cli.h"
#include "support/test.h"
#include "support/windows_tables.h"

// In the order of a listing.
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
    "  TCP    [dead:beef::d41:83fd:7923:988f]:111  [::]:0                 LISTENING       2492",
    "  UDP    0.0.0.0:5353           *:*                                    28508",
    "  UDP    [::1]:1900             *:*                                    884",
    "  UDP    [fe80::182e:1ba9:7b17:351d%5]:1900  *:*                                    884",
    "  UDP    [fe80::2952:170d:f2f2:1464%16]:60720  *:*                                    2872",
};
#define CAPTURED COUNT(captured)

static void captured_rows_to_the_byte(void **state) {
    char expected[8192] =
        "\r\nActive Connections\r\n\r\n"
        "  Proto  Local Address          Foreign Address        State           PID\r\n";
    struct run run;
    for (size_t i = 0; i < CAPTURED; i++) {
        strcat(strcat(expected, captured[i]), "\r\n");
    }
    run_cli(&run, "portscope -anoq --strict");
    assert_string_equal(run.out, expected);
    assert_string_equal(run.err, "");
    assert_int_equal(run.exit, 0);
    run_done(&run);
}

static void every_other_form_has_them(void **state) {
    static const char *const lines[] = {"portscope -anoq --csv", "portscope -anoq --json",
                                        "portscope -anoq --ndjson"};
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct run run;
        run_cli(&run, lines[i]);
        assert_int_equal(run.exit, 0);
        assert_non_null(strstr(run.out, "fe80::2952:170d:f2f2:1464"));
        assert_true((strchr(run.out, '\r') != NULL) == (i == 0)); // CSV ends lines so everywhere
        run_done(&run);
    }
}

static void http_sys_is_noted_when_a_port_is_named(void **state) {
    struct run run;
    run_cli(&run, "portscope :80 -ano");
    assert_non_null(strstr(run.out, "System"));
    assert_non_null(strstr(run.err, "netsh http show servicestate"));
    run_done(&run);
    run_cli(&run, "portscope :135 -ano");
    assert_null(strstr(run.err, "HTTP.sys"));
    run_done(&run);
    run_cli(&run, "portscope -ano");
    assert_null(strstr(run.err, "HTTP.sys"));
    run_done(&run);
}

static int set_tables(void **state) {
    windows_tables_set(captured, CAPTURED);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_rows_to_the_byte),
        cmocka_unit_test(every_other_form_has_them),
        cmocka_unit_test(http_sys_is_noted_when_a_port_is_named),
    };
    return cmocka_run_group_tests(tests, set_tables, NULL);
}
