// test_list_options.c - options of the listing: each by letter and by name, what a bad command line is
// told, and what the options mean together.
#include "cli/options.h"
#include "support/argv.h"
#include "support/test.h"

static enum psc_status parse(struct options *options, const char *line, struct psc_error *error) {
    struct argv words;
    argv_split(&words, line);
    return options_parse(options, COMMAND_LIST, words.count, words.list, error);
}

// The flags that are set, each by its letter or the first letters of its name.
static void describe(const struct options *options, char *text, size_t size) {
    static const char *const colors[] = {"", " always", " never"};
    static const char *const formats[] = {"", " json", " ndjson", " csv"};
    snprintf(text, size, "%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s%s", options->all ? "a" : "",
             options->listening ? "l" : "", options->bound ? "q" : "", options->tcp ? "t" : "",
             options->udp ? "u" : "", options->ipv4 ? "4" : "", options->ipv6 ? "6" : "",
             options->owners ? "o" : "", options->paths ? "b" : "", options->numeric ? "n" : "",
             options->remote_names ? "f" : "", options->help ? "h" : "",
             options->version ? "V" : "", options->filter.exposed ? " exposed" : "",
             options->wide ? " wide" : "", formats[options->format],
             options->no_header ? " no-header" : "", options->strict ? " strict" : "",
             colors[options->color], options->netstat_style ? " letters" : "",
             options->filtered ? " filtered" : "", options->filter.states_given ? " states" : "");
}

static const struct {
    const char *line, *flags;
} flag_lines[] = {
    {"", ""},
    {"-a", "a letters"},
    {"--all", "a letters"},
    {"-l", "l letters"},
    {"--listening", "l letters"},
    {"-q", "q letters"},
    {"--bound", "q letters"},
    {"-t", "t letters"},
    {"--tcp", "t letters"},
    {"-u", "u letters"},
    {"--udp", "u letters"},
    {"-4", "4 letters"},
    {"--ipv4", "4 letters"},
    {"-6", "6 letters"},
    {"--ipv6", "6 letters"},
    {"-o", "o letters"},
    {"--processes", "o letters"},
    {"-b", "ob letters"},
    {"-n", "n letters"},
    {"--numeric", "n letters"},
    {"-f", "f letters"},
    {"-p", "o letters"},
    {"-h", "h"},
    {"--help", "h"},
    {"-?", "h"},
    {"/?", "h"},
    {"-V", "V"},
    {"--version", "V"},
    {"--exposed", " exposed filtered"},
    {"--wide", " wide"},
    {"--json", " json"},
    {"--ndjson", " ndjson"},
    {"--csv", " csv"},
    {"--no-header", " no-header"},
    {"--strict", " strict"},
    {"--color=always", " always"},
    {"--color never", " never"},
    {"--color=never --color=auto", ""},
    {":80", " filtered"},
    {"--port 80", " filtered"},
    {"--lport=80", " filtered"},
    {"--rport 80", " filtered"},
    {"--proto tcp", " filtered"},
    {"--pid 1", " filtered"},
    {"--process x", " filtered"},
    {"--user x", " filtered"},
    {"--address ::1", " filtered"},
    {"--local ::1", " filtered"},
    {"--remote ::1", " filtered"},
    {"--state listen", " filtered states"},
    {"--sort pid", ""},
    {"--columns pid", ""},
    {"-ano", "aon letters"},
    {"/ano", "aon letters"},
    {"/ANO", "aon letters"},
    {"/a /N -o", "aon letters"},
    {"-a -a", "a letters"},
    {"-tulpn", "ltuon letters"},
    {"-nabp tcp", "aobn letters"},
};

static void flags_are_set(void **state) {
    for (size_t i = 0; i < COUNT(flag_lines); i++) {
        struct options options;
        struct psc_error error = {""};
        char flags[128];
        if (parse(&options, flag_lines[i].line, &error) != PSC_OK) {
            fail_msg("%s: %s", flag_lines[i].line, error.text);
        }
        describe(&options, flags, sizeof flags);
        if (strcmp(flags, flag_lines[i].flags) != 0) {
            fail_msg("%s: '%s', not '%s'", flag_lines[i].line, flags, flag_lines[i].flags);
        }
        options_done(&options);
    }
}

static void every_option_can_be_given(void **state) {
    for (const struct option *option = NULL;
         (option = option_next(COMMAND_LIST, option)) != NULL;) {
        struct options options;
        struct psc_error error = {""};
        char line[64];
        assert_true(option->letter != 0 || option->name != NULL);
        assert_true(option->help[0] != '\0');
        if (option->letter != 0) {
            snprintf(line, sizeof line, "-%c", option->letter);
            assert_int_equal(parse(&options, line, &error), PSC_OK);
            options_done(&options);
        }
        if (option->name == NULL) {
            continue;
        }
        // A name alone either is all, or it is told what is missing.
        snprintf(line, sizeof line, "--%s", option->name);
        enum psc_status status = parse(&options, line, &error);
        assert_int_equal(status, option->value == NULL ? PSC_OK : PSC_USAGE);
        assert_true(option->value == NULL || strstr(error.text, "needs a value") != NULL);
        options_done(&options);
        snprintf(line, sizeof line, "--%s=", option->name);
        assert_int_equal(parse(&options, line, &error), PSC_USAGE);
        assert_true(option->value != NULL || strstr(error.text, "takes no value") != NULL);
        options_done(&options);
    }
}

static void no_option_is_there_twice(void **state) {
    for (enum command_id command = COMMAND_LIST; command < COMMAND_COUNT; command++) {
        for (const struct option *a = NULL; (a = option_next(command, a)) != NULL;) {
            for (const struct option *b = a; (b = option_next(command, b)) != NULL;) {
                assert_true(a->letter == 0 || a->letter != b->letter);
                assert_true(a->name == NULL || b->name == NULL || strcmp(a->name, b->name) != 0);
            }
        }
    }
}

static void protocols_and_families_are_chosen(void **state) {
    static const struct {
        const char *line;
        uint32_t protocols;
        bool owners;
    } cases[] = {
        {"", PSC_PROTOCOLS_ALL, false},
        {"-t", PSC_PROTOCOLS_TCP, false},
        {"-tu", PSC_PROTOCOLS_ALL, false},
        {"-4", PSC_PROTOCOLS_IPV4, false},
        {"-46", PSC_PROTOCOLS_ALL, false},
        {"-u6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6), false},
        {"-p tcp", PSC_PROTOCOLS_TCP, false},
        {"-p UDPv6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6), false},
        {"-np tcpv4", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4), false},
        {"/p udp", PSC_PROTOCOLS_UDP, false},
        {"-p", PSC_PROTOCOLS_ALL, true},
        {"-p -n", PSC_PROTOCOLS_ALL, true},
        {"-pn", PSC_PROTOCOLS_ALL, true},
        {"-p :80", PSC_PROTOCOLS_ALL, true},
        {"-p 5", PSC_PROTOCOLS_ALL, true}, // an interval
        {"-p tcp -p udp4", PSC_PROTOCOLS_TCP | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP4), false},
        {"--proto tcp", PSC_PROTOCOLS_TCP, false},
        {"--proto tcp,udp6", PSC_PROTOCOLS_TCP | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6), false},
        {"--proto tcp4 --proto=udp6",
         PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP4) | PSC_PROTOCOL_BIT(PSC_PROTOCOL_UDP6), false},
        {"--proto !udp", PSC_PROTOCOLS_TCP, false},
        {"--proto !udp,tcp", 0, false},
        {"--proto tcp -6", PSC_PROTOCOL_BIT(PSC_PROTOCOL_TCP6), false},
        {"-t --proto udp", 0, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct options options;
        struct psc_error error = {""};
        assert_int_equal(parse(&options, cases[i].line, &error), PSC_OK);
        if (options.filter.protocols != cases[i].protocols || options.owners != cases[i].owners) {
            fail_msg("%s: tables %x", cases[i].line, (unsigned)options.filter.protocols);
        }
        options_done(&options);
    }
}

static void values_arrive(void **state) {
    struct options options;
    struct psc_error error;
    assert_int_equal(
        parse(&options,
              ":80,443 --port 8080 --lport=!22 --rport 9 --pid 1 --pid 2 --process a,b "
              "--user c --address ::1 --local 127.0.0.0/8 --remote !10.0.0.0/8 "
              "--columns pid,local --sort -state 5 3 --state syn_sent --state bound",
              &error),
        PSC_OK);
    const struct psc_filter *filter = &options.filter;
    assert_true(psc_port_set_find(&filter->any_port.set, 443) != NULL &&
                psc_port_set_find(&filter->any_port.set, 8080) != NULL);
    assert_true(psc_port_set_find(&filter->local_port.set, 22) != NULL &&
                filter->local_port.negated);
    assert_true(psc_port_set_find(&filter->remote_port.set, 9) != NULL &&
                !filter->remote_port.negated);
    assert_int_equal(filter->pids.count, 2);
    assert_int_equal(filter->processes.count, 2);
    assert_string_equal(filter->processes.values[1].glob, "b");
    assert_string_equal(filter->users.values[0].glob, "c");
    assert_int_equal(filter->any_address.count, 1);
    assert_int_equal(filter->local_address.values[0].network.bits, 96 + 8);
    assert_true(filter->remote_address.negated);
    assert_int_equal(options.columns.count, 2);
    assert_true(options.sort != NULL && options.sort_reversed);
    assert_int_equal(options.interval, 5);
    assert_int_equal(options.count, 3);
    assert_int_equal(filter->states,
                     PSC_STATE_BIT(PSC_STATE_SYN_SENT) | PSC_STATE_BIT(PSC_STATE_BOUND));
    options_done(&options);
}

static const struct {
    const char *line, *text;
} bad_lines[] = {
    {"-z", "unknown option '-z'"},
    {"-anz", "unknown option '-z'"},
    {"-\x1b", "unknown option '-\\x1b'"},
    {"--", "unknown option '--'"},
    {"--jsno", "did you mean '--json'?"},
    {"--colour=never", "did you mean '--color'?"},
    {"--al", "did you mean '--all'?"},
    {"--listen", "did you mean '--listening'?"},
    {"--statee=listen", "unknown option '--statee'; did you mean '--state'?"},
    {"--frobnicate", "portscope help lists"},
    {"--a-very-long-word-that-nobody-could-have-meant-to-type-here-or-anywhere-else",
     "portscope help lists"},
    {"-e", "ip -s link"},
    {"-r", "ip route"},
    {"-s", "nstat"},
    {"-i", "ip -s link"},
    {"-x", "ss -x"},
    {"-y", "netstat -y"},
    {"-g", "ip maddress"},
    {"-M", "conntrack -L"},
    {"/R", "ip route"},
    {"-anr", "-r is about routes"},
    {"--json=1", "--json takes no value"},
    {"--port", "--port needs a value: PORTS"},
    {"--port 80,x", "--port: 'x' is not a port"},
    {":x", "'x' is not a port"},
    {":", "'' is not a port"},
    {":80 :!443", "both with and without '!'"},
    {"--columns pid,nix", "--columns: 'nix' is not a column: allowed are protocol,"},
    {"--columns pid,pid", "column 'pid' is named twice"},
    {"--columns=", "'' is not a column"},
    {"--sort nix", "--sort: 'nix' is not a column"},
    {"--sort -", "'-' is not a column"},
    {"--color=red", "'red' is not a color mode; use auto"},
    {"--state open", "--state: 'open' is not a state"},
    {"--proto tcp,icmp", "--proto: 'icmp' is not a protocol"},
    {"--json --csv", "--csv: choose one of --json, --ndjson and --csv"},
    {"--wide --strict", "--wide is a table; leave out"},
    {"--wide --json", "--wide is a table; leave out"},
    {"-", "'-' is not an option, a command or an interval"},
    {"/", "'/' is not an option, a command or an interval"},
    {"''", "'' is not an option, a command or an interval"},
    {"-p icmp", "'icmp' is not an option, a command or an interval"},
    {"80x", "'80x' is not an option, a command or an interval"},
    {"-a nix", "for a port type :3000"},
    {"0", "'0' is not an interval in seconds and not a count"},
    {"1 0", "'0' is not an interval in seconds and not a count"},
    {"1 2 3", "'3' is not an interval"},
    {"1000001", "for a port type :1000001"},
    {"99999999999999999999", "1 to 1000000"},
    {"1 -5", "unknown option '-5'"},
};

static void bad_lines_are_told_why(void **state) {
    for (size_t i = 0; i < COUNT(bad_lines); i++) {
        struct options options;
        struct psc_error error = {""};
        if (parse(&options, bad_lines[i].line, &error) != PSC_USAGE ||
            strstr(error.text, bad_lines[i].text) == NULL || strchr(error.text, '\n') != NULL) {
            fail_msg("%s: %s", bad_lines[i].line, error.text);
        }
        options_done(&options);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_are_set),
        cmocka_unit_test(every_option_can_be_given),
        cmocka_unit_test(no_option_is_there_twice),
        cmocka_unit_test(protocols_and_families_are_chosen),
        cmocka_unit_test(values_arrive),
        cmocka_unit_test(bad_lines_are_told_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
