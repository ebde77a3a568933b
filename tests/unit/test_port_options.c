// test_port_options.c - options about ports: what check, free, wait and kill understand, and what a bad
// command line is told.
#include "cli/options.h"
#include "model/address.h"
#include "support/argv.h"
#include "support/test.h"

static enum psc_status parse(struct options *options, enum command_id command, const char *line,
                             struct psc_error *error) {
    struct argv words;
    argv_split(&words, line);
    return options_parse(options, command, words.count, words.list, error);
}

static void parse_good(struct options *options, enum command_id command, const char *line) {
    struct psc_error error;
    if (parse(options, command, line, &error) != PSC_OK) {
        fail_msg("%s: %s", line, error.text);
    }
}

// Everything that a command line says, in words.
static void describe(const struct options *options, char *text, size_t size) {
    char address[PSC_ADDRESS_TEXT] = "";
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < options->spec_count; i++) {
        const struct psc_port_spec *spec = &options->specs[i];
        used += (size_t)snprintf(text + used, size - used, "%u-%u%s ", spec->first, spec->last,
                                 spec->udp ? "u" : "");
    }
    if (options->bind.one_address) {
        psc_address_format(&options->bind.address, options->bind.ipv6, address);
    }
    snprintf(text + used, size - used, "%s%s%s%s%s%s%s count=%u timeout=%u", address,
             options->until_listening ? " listening" : "",
             options->format == PSC_FORMAT_JSON ? " json" : "", options->quiet ? " quiet" : "",
             options->yes ? " yes" : "", options->force ? " force" : "",
             options->dry_run ? " dry" : "", options->count, options->timeout_ms);
}

static const struct {
    enum command_id command;
    const char *line, *means;
} lines[] = {
    {COMMAND_CHECK, "3000", "3000-3000  count=0 timeout=0"},
    {COMMAND_CHECK, ":3000", "3000-3000  count=0 timeout=0"},
    {COMMAND_CHECK, "3000 5432/tcp 5353/udp 8000-8010",
     "3000-3000 5432-5432 5353-5353u 8000-8010  count=0 timeout=0"},
    {COMMAND_CHECK, "3000,5353/udp,8000-8010", "3000-3000 5353-5353u 8000-8010  count=0 timeout=0"},
    {COMMAND_CHECK, "-u 53 80", "53-53u 80-80u  count=0 timeout=0"},
    {COMMAND_CHECK, "53 --udp", "53-53u  count=0 timeout=0"},
    {COMMAND_CHECK, "53/tcp -u", "53-53u  count=0 timeout=0"},
    {COMMAND_CHECK, "3000 -q", "3000-3000  quiet count=0 timeout=0"},
    {COMMAND_CHECK, "--quiet 3000", "3000-3000  quiet count=0 timeout=0"},
    {COMMAND_CHECK, "3000 /q", "3000-3000  quiet count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --json", "3000-3000  json count=0 timeout=0"},
    {COMMAND_CHECK, "-uq 53", "53-53u  quiet count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address 127.0.0.1", "3000-3000 127.0.0.1 count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address=::1", "3000-3000 ::1 count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address=[::1]", "3000-3000 ::1 count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address=::", "3000-3000 :: count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address ::ffff:10.0.0.1", "3000-3000 10.0.0.1 count=0 timeout=0"},
    {COMMAND_CHECK, "3000 --address ::1 --address 10.0.0.1",
     "3000-3000 10.0.0.1 count=0 timeout=0"},
    {COMMAND_FREE, "", " count=0 timeout=0"},
    {COMMAND_FREE, "3000-3999", "3000-3999  count=0 timeout=0"},
    {COMMAND_FREE, "3000", "3000-3000  count=0 timeout=0"},
    {COMMAND_FREE, "--count 5", " count=5 timeout=0"},
    {COMMAND_FREE, "--count=65535 -u --address ::1", "::1 count=65535 timeout=0"},
    {COMMAND_WAIT, "5432", "5432-5432  count=0 timeout=0"},
    {COMMAND_WAIT, "5432 --until free", "5432-5432  count=0 timeout=0"},
    {COMMAND_WAIT, "5432 --until listening --timeout 30s",
     "5432-5432  listening count=0 timeout=30000"},
    {COMMAND_WAIT, "5432 --until listening --until free", "5432-5432  count=0 timeout=0"},
    {COMMAND_WAIT, "1 --timeout 500ms", "1-1  count=0 timeout=500"},
    {COMMAND_WAIT, "1 --timeout 1ms", "1-1  count=0 timeout=1"},
    {COMMAND_WAIT, "1 --timeout 2", "1-1  count=0 timeout=2000"},
    {COMMAND_WAIT, "1 --timeout 2m", "1-1  count=0 timeout=120000"},
    {COMMAND_WAIT, "1 --timeout 1h", "1-1  count=0 timeout=3600000"},
    {COMMAND_WAIT, "1 --timeout 24h", "1-1  count=0 timeout=86400000"},
    {COMMAND_WAIT, "1 --timeout 86400000ms", "1-1  count=0 timeout=86400000"},
    {COMMAND_WAIT, "1,2 -q", "1-1 2-2  quiet count=0 timeout=0"},
    {COMMAND_KILL, "3000", "3000-3000  count=0 timeout=0"},
    {COMMAND_KILL, "3000/udp -y", "3000-3000u  yes count=0 timeout=0"},
    {COMMAND_KILL, "--yes --force --dry-run --timeout 10s 3000",
     "3000-3000  yes force dry count=0 timeout=10000"},
};

static void lines_are_understood(void **state) {
    for (size_t i = 0; i < COUNT(lines); i++) {
        struct options options;
        char means[256];
        parse_good(&options, lines[i].command, lines[i].line);
        describe(&options, means, sizeof means);
        if (strcmp(means, lines[i].means) != 0) {
            fail_msg("'%s': '%s', not '%s'", lines[i].line, means, lines[i].means);
        }
        options_done(&options);
    }
}

static void help_needs_nothing_else(void **state) {
    static const char *const asks[] = {"--help", "-h", "-?", "/?", "--help 3000"};
    for (enum command_id command = COMMAND_CHECK; command <= COMMAND_KILL; command++) {
        for (size_t i = 0; i < COUNT(asks); i++) {
            struct options options;
            parse_good(&options, command, asks[i]);
            assert_true(options.help);
            options_done(&options);
        }
    }
}

static const struct {
    enum command_id command;
    const char *line, *text;
} mistakes[] = {
    {COMMAND_CHECK, "", "no port given; for example 3000"},
    {COMMAND_WAIT, "", "no port given; for example 3000"},
    {COMMAND_KILL, "", "no port given; for example 3000"},
    {COMMAND_CHECK, "http", "'http' is not a port"},
    {COMMAND_CHECK, "0", "'0' is not a port"},
    {COMMAND_CHECK, "65536", "'65536' is not a port"},
    {COMMAND_CHECK, "3000,,3001", "'' is not a port"},
    {COMMAND_CHECK, "3000,", "'' is not a port"},
    {COMMAND_CHECK, "3000/sctp", "'3000/sctp' is not a port"},
    {COMMAND_CHECK, "11111111111111111111111111111111111", "is not a port"},
    {COMMAND_CHECK, "1,2,11111111111111111111111111111111111,3", "is not a port"},
    {COMMAND_CHECK, "3000 --json -q", "--json and --quiet"},
    {COMMAND_CHECK, "3000 --address localhost",
     "--address: 'localhost' is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address 127.1", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address 10.0.0.0/8", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address=", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address []", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address [::1", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address fe80::1%lo", "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address fe80::1", "is a link-local address, which needs an interface"},
    {COMMAND_CHECK, "3000 --address ff02::1", "is a multicast address"},
    {COMMAND_CHECK, "3000 --address 224.0.0.1", "is a multicast address"},
    {COMMAND_CHECK,
     "3000 --address "
     "1111111111111111111111111111111111111111111111111111111111111111",
     "is not an IPv4 or IPv6 address"},
    {COMMAND_CHECK, "3000 --address", "--address needs a value"},
    {COMMAND_CHECK, "3000 --timeout 5s", "unknown option '--timeout'"},
    {COMMAND_CHECK, "3000 --jsn", "did you mean '--json'?"},
    {COMMAND_CHECK, "3000 -y", "unknown option '-y'; portscope help check"},
    {COMMAND_FREE, "3000 4000", "free takes one range"},
    {COMMAND_FREE, "3000,4000", "free takes one range"},
    {COMMAND_FREE, "--count 0", "'0' is not a count"},
    {COMMAND_FREE, "--count 65536", "'65536' is not a count"},
    {COMMAND_FREE, "--count -1", "'-1' is not a count"},
    {COMMAND_FREE, "--count 5x", "'5x' is not a count"},
    {COMMAND_FREE, "--count=", "'' is not a count"},
    {COMMAND_FREE, "--count 99999999999999999999", "is not a count"},
    {COMMAND_WAIT, "1 --until busy", "'busy' is not a state; use free or listening"},
    {COMMAND_WAIT, "1 --until", "--until needs a value"},
    {COMMAND_WAIT, "1 --timeout 0", "'0' is not a duration"},
    {COMMAND_WAIT, "1 --timeout 0s", "'0s' is not a duration"},
    {COMMAND_WAIT, "1 --timeout s", "'s' is not a duration"},
    {COMMAND_WAIT, "1 --timeout 1d", "'1d' is not a duration"},
    {COMMAND_WAIT, "1 --timeout 1.5s", "'1.5s' is not a duration"},
    {COMMAND_WAIT, "1 --timeout -1s", "'-1s' is not a duration"},
    {COMMAND_WAIT, "1 --timeout 25h", "'25h' is not a duration"},
    {COMMAND_WAIT, "1 --timeout 86400001ms", "is not a duration"},
    {COMMAND_WAIT, "1 --timeout 99999999999999999999s", "is not a duration"},
    {COMMAND_WAIT, "1 --timeout=", "'' is not a duration"},
    {COMMAND_KILL, "3000 3001", "kill takes one port"},
    {COMMAND_KILL, "3000,3001", "kill takes one port"},
    {COMMAND_KILL, "3000-3001", "kill takes one port"},
    {COMMAND_KILL, "3000 --address ::1", "unknown option '--address'"},
    {COMMAND_KILL, "3000 -9", "unknown option '-9'"},
};

static void mistakes_are_told(void **state) {
    for (size_t i = 0; i < COUNT(mistakes); i++) {
        struct options options;
        struct psc_error error = {""};
        enum psc_status status = parse(&options, mistakes[i].command, mistakes[i].line, &error);
        if (status != PSC_USAGE || strstr(error.text, mistakes[i].text) == NULL) {
            fail_msg("'%s': %d, '%s'", mistakes[i].line, status, error.text);
        }
        options_done(&options);
    }
}

static void every_option_is_understood(void **state) {
    for (enum command_id command = COMMAND_CHECK; command <= COMMAND_KILL; command++) {
        for (const struct option *option = NULL; (option = option_next(command, option)) != NULL;) {
            char line[64];
            struct options options;
            const char *value = option->value == NULL                 ? ""
                                : strcmp(option->value, "ADDR") == 0  ? "=::1"
                                : strcmp(option->value, "STATE") == 0 ? "=free"
                                : strcmp(option->value, "TIME") == 0  ? "=1s"
                                                                      : "=1";
            snprintf(line, sizeof line, "3000 --%s%s", option->name, value);
            parse_good(&options, command, line);
            options_done(&options);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_understood),
        cmocka_unit_test(help_needs_nothing_else),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(every_option_is_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
