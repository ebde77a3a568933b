// option_table.c - the table of all options, the words beside them, and what they mean together.
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/number.h"
#include "cli/options.h"
#include "platform/platform.h"

#define MAX_INTERVAL 1000000 // also the highest count
#define MAX_DURATION_MS (24U * 3600 * 1000)

// What an option does -----------------------------------------------------------------------------

typedef enum psc_status apply_option(struct options *options, const struct option *option,
                                     const char *value, struct psc_error *error);

static void *field_of(struct options *options, const struct option *option) {
    return (char *)options + option->field;
}

static apply_option set_flag, set_paths, set_filter, set_format, read_protocol, read_columns,
    read_sort, read_color, read_count, read_until, read_duration, read_address, read_file_name,
    read_severity;

static enum psc_status set_flag(struct options *options, const struct option *option,
                                const char *value, struct psc_error *error) {
    (void)value, (void)error;
    *(bool *)field_of(options, option) = true;
    return PSC_OK;
}

static enum psc_status set_paths(struct options *options, const struct option *option,
                                 const char *value, struct psc_error *error) {
    options->owners = true;
    return set_flag(options, option, value, error);
}

static enum psc_status set_filter(struct options *options, const struct option *option,
                                  const char *value, struct psc_error *error) {
    return psc_filter_set(&options->filter, option->name, value, error);
}

// `--json`, or `--format json`.
static enum psc_status set_format(struct options *options, const struct option *option,
                                  const char *value, struct psc_error *error) {
    static const char *const words[] = {[PSC_FORMAT_TABLE] = "table",
                                        [PSC_FORMAT_JSON] = "json",
                                        [PSC_FORMAT_NDJSON] = "ndjson",
                                        [PSC_FORMAT_CSV] = "csv",
                                        [PSC_FORMAT_PROMETHEUS] = "prometheus"};
    const char *word = value != NULL ? value : option->name;
    for (enum psc_format format = PSC_FORMAT_TABLE; format <= PSC_FORMAT_PROMETHEUS; format++) {
        if (strcmp(word, words[format]) != 0 || (value != NULL && format == PSC_FORMAT_CSV)) {
            continue;
        }
        if (options->format_given && options->format != format) {
            return psc_fail(error, PSC_USAGE, "choose one of --json, --ndjson and --%s",
                            options->command == COMMAND_AUDIT ? "format" : "csv");
        }
        options->format = format;
        options->format_given = true;
        return PSC_OK;
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a format; use table, json, ndjson or prometheus",
                    word);
}

static enum psc_status read_protocol(struct options *options, const struct option *option,
                                     const char *value, struct psc_error *error) {
    (void)option;
    if (value == NULL) { // -p without a protocol is that of Linux
        options->owners = true;
        return PSC_OK;
    }
    return psc_filter_set(&options->filter, "proto", value, error);
}

static enum psc_status read_columns(struct options *options, const struct option *option,
                                    const char *value, struct psc_error *error) {
    (void)option;
    return psc_columns_parse(&options->columns, value, error);
}

static enum psc_status read_sort(struct options *options, const struct option *option,
                                 const char *value, struct psc_error *error) {
    (void)option;
    return psc_column_parse(value, &options->sort, &options->sort_reversed, error);
}

static enum psc_status read_color(struct options *options, const struct option *option,
                                  const char *value, struct psc_error *error) {
    static const char *const words[] = {
        [COLOR_MODE_AUTO] = "auto", [COLOR_MODE_ALWAYS] = "always", [COLOR_MODE_NEVER] = "never"};
    (void)option;
    for (enum color_mode mode = COLOR_MODE_AUTO; mode <= COLOR_MODE_NEVER; mode++) {
        if (strcmp(value, words[mode]) == 0) {
            options->color = mode;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not a color mode; use auto, always or never", value);
}

static enum psc_status read_count(struct options *options, const struct option *option,
                                  const char *value, struct psc_error *error) {
    uint64_t count;
    (void)option;
    if (!psc_number_parse(value, UINT16_MAX, &count) || count == 0) {
        return psc_fail(error, PSC_USAGE, "'%s' is not a count; use 1 to 65535", value);
    }
    options->count = (unsigned)count;
    return PSC_OK;
}

static enum psc_status read_until(struct options *options, const struct option *option,
                                  const char *value, struct psc_error *error) {
    (void)option;
    options->until_listening = strcmp(value, "listening") == 0;
    if (!options->until_listening && strcmp(value, "free") != 0) {
        return psc_fail(error, PSC_USAGE, "'%s' is not a state; use free or listening", value);
    }
    return PSC_OK;
}

static enum psc_status read_duration(struct options *options, const struct option *option,
                                     const char *value, struct psc_error *error) {
    static const struct {
        const char *word;
        unsigned ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    (void)option;
    uint64_t number;
    const char *at = value;
    bool read = psc_number_read(&at, NULL, MAX_DURATION_MS, &number);
    for (size_t i = 0; read && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(at, units[i].word) == 0 && number > 0 &&
            number <= MAX_DURATION_MS / units[i].ms) {
            options->timeout_ms = (unsigned)number * units[i].ms;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE,
                    "'%s' is not a duration; use 500ms, 30s, 2m or 1h, at most 24h", value);
}

static enum psc_status read_address(struct options *options, const struct option *option,
                                    const char *value, struct psc_error *error) {
    (void)option;
    return psc_bind_address_parse(value, &options->bind, error);
}

static enum psc_status read_file_name(struct options *options, const struct option *option,
                                      const char *value, struct psc_error *error) {
    if (value[0] == '\0') {
        return psc_fail(error, PSC_USAGE, "the file name is empty");
    }
    *(const char **)field_of(options, option) = value;
    return PSC_OK;
}

static enum psc_status read_severity(struct options *options, const struct option *option,
                                     const char *value, struct psc_error *error) {
    (void)option;
    return psc_severity_parse(value, &options->fail_on, error);
}

// The table ---------------------------------------------------------------------------------------

#define LIST (1U << COMMAND_LIST)
#define CHECK (1U << COMMAND_CHECK)
#define FREE (1U << COMMAND_FREE)
#define WAIT (1U << COMMAND_WAIT)
#define KILL (1U << COMMAND_KILL)
#define AUDIT (1U << COMMAND_AUDIT)
#define HELP (1U << COMMAND_HELP)
#define FIELD(field) offsetof(struct options, field)

const struct option option_table[] = {
    {LIST, 'a', "all", NULL, GROUP_ROWS, set_flag, FIELD(all),
     "everything: connections, listening and bound ports"},
    {LIST, 'l', "listening", NULL, GROUP_ROWS, set_flag, FIELD(listening),
     "only listening TCP and unconnected UDP ports"},
    {LIST, 'q', "bound", NULL, GROUP_ROWS, set_flag, FIELD(bound),
     "also ports that are bound but neither listen nor connect"},
    {LIST, 't', "tcp", NULL, GROUP_ROWS, set_flag, FIELD(tcp), "only TCP"},
    {LIST, 'u', "udp", NULL, GROUP_ROWS, set_flag, FIELD(udp), "only UDP"},
    {LIST, '4', "ipv4", NULL, GROUP_ROWS, set_flag, FIELD(ipv4), "only IPv4"},
    {LIST, '6', "ipv6", NULL, GROUP_ROWS, set_flag, FIELD(ipv6), "only IPv6"},
    {LIST, 'p', NULL, "[PROTO]", GROUP_ROWS, read_protocol, 0,
     "only tcp, udp, tcpv4, tcpv6, udpv4, udpv6; alone: as -o"},

    {LIST, 'o', "processes", NULL, GROUP_OWNERS, set_flag, FIELD(owners),
     "PID and name of the process"},
    {LIST, 'b', NULL, NULL, GROUP_OWNERS, set_paths, FIELD(paths),
     "as -o, with the path of the executable"},
    {LIST, 'n', "numeric", NULL, GROUP_OWNERS, set_flag, FIELD(numeric),
     "numbers instead of names (always so)"},
    {LIST, 'f', NULL, NULL, GROUP_OWNERS, set_flag, FIELD(remote_names),
     "names of remote addresses by reverse DNS (5 s at most)"},

#define FILTER_ROW(name, value, parse, read, field, help)                                          \
    {LIST, 0, (name), (value), GROUP_FILTERS, set_filter, 0, (help)},
    PSC_FILTER_LIST(FILTER_ROW)
#undef FILTER_ROW

        {CHECK | FREE | WAIT, 0, "address", "ADDR", GROUP_ROWS, read_address, 0,
         "server address; default: all of IPv4 and IPv6"},
    {CHECK | FREE | WAIT | KILL, 'u', "udp", NULL, GROUP_ROWS, set_flag, FIELD(udp),
     "UDP ports; for one port, append /udp to it"},
    {FREE, 0, "count", "N", GROUP_ROWS, read_count, 0, "print N ports, one per line"},
    {WAIT, 0, "until", "STATE", GROUP_ROWS, read_until, 0, "free (default) or listening"},
    {WAIT, 0, "timeout", "TIME", GROUP_ROWS, read_duration, 0, "give up after 500ms, 30s, 2m"},
    {KILL, 'y', "yes", NULL, GROUP_ROWS, set_flag, FIELD(yes), "do not ask for confirmation"},
    {KILL, 0, "force", NULL, GROUP_ROWS, set_flag, FIELD(force),
     "end processes that ignore the request to exit"},
    {KILL, 0, "timeout", "TIME", GROUP_ROWS, read_duration, 0,
     "wait this long for processes to exit; default: 5s"},
    {KILL, 0, "dry-run", NULL, GROUP_ROWS, set_flag, FIELD(dry_run),
     "show what would be done, and do nothing"},

    {AUDIT, 0, "policy", "FILE", GROUP_ROWS, read_file_name, FIELD(policy),
     "report what this policy does not allow"},
    {AUDIT, 0, "save", "FILE", GROUP_ROWS, read_file_name, FIELD(save),
     "write a policy that allows what listens now; -: stdout"},
    {AUDIT, 0, "fail-on", "SEVERITY", GROUP_ROWS, read_severity, 0,
     "high (default), medium, low or info gives status 1"},

    {LIST, 0, "wide", NULL, GROUP_OUTPUT, set_flag, FIELD(wide),
     "a line per owner, with user, start and command line"},
    {LIST | CHECK | AUDIT, 0, "json", NULL, GROUP_OUTPUT, set_format, 0, "one JSON document"},
    {LIST | AUDIT, 0, "ndjson", NULL, GROUP_OUTPUT, set_format, 0, "one JSON object per line"},
    {LIST, 0, "csv", NULL, GROUP_OUTPUT, set_format, 0, "comma-separated values (RFC 4180)"},
    {AUDIT, 0, "format", "FORMAT", GROUP_OUTPUT, set_format, 0,
     "table, json, ndjson or prometheus"},
    {AUDIT, 0, "output", "FILE", GROUP_OUTPUT, read_file_name, FIELD(output),
     "write to a file, which is replaced in one step"},
    {LIST, 0, "columns", "NAMES", GROUP_OUTPUT, read_columns, 0,
     "these columns, in this order: local,pid,process"},
    {LIST, 0, "sort", "NAME", GROUP_OUTPUT, read_sort, 0, "sort by a column; -NAME reverses"},
    {LIST, 0, "no-header", NULL, GROUP_OUTPUT, set_flag, FIELD(no_header), "rows only"},
    {LIST, 0, "strict", NULL, GROUP_OUTPUT, set_flag, FIELD(strict),
     "exactly as netstat: no process names, no notices"},
    {LIST | AUDIT, 0, "color", "WHEN", GROUP_OUTPUT, read_color, 0,
     "auto (unless NO_COLOR is set), always or never"},

    {CHECK | WAIT | AUDIT, 'q', "quiet", NULL, GROUP_OTHER, set_flag, FIELD(quiet),
     "print nothing; the exit status is the answer"},
    {HELP, 0, "list-options", NULL, GROUP_OTHER, set_flag, FIELD(list_options),
     "list all words of the command line, for completions"},
    {LIST | CHECK | FREE | WAIT | KILL | AUDIT | HELP, 'h', "help", NULL, GROUP_OTHER, set_flag,
     FIELD(help), "show this help; also -? and /?"},
    {LIST, 'V', "version", NULL, GROUP_OTHER, set_flag, FIELD(version),
     "show the version and how this build gets its data"},
    {.commands = 0},
};

// Letters that other netstats have and that are not about ports.
enum psc_status options_explain_letter(const struct options *options, char letter,
                                       struct psc_error *error) {
    static const struct {
        char letter;
        const char *about;
        enum psc_advice answer;
    } unsupported_letters[] = {
        {'e', "interface statistics", PSC_ADVICE_INTERFACE_STATISTICS},
        {'i', "interface statistics", PSC_ADVICE_INTERFACE_STATISTICS},
        {'s', "protocol statistics", PSC_ADVICE_PROTOCOL_STATISTICS},
        {'r', "routes", PSC_ADVICE_ROUTES},
        {'x', "Unix sockets", PSC_ADVICE_UNIX_SOCKETS},
        {'y', "connection templates", PSC_ADVICE_CONNECTION_TEMPLATES},
        {'g', "multicast groups", PSC_ADVICE_MULTICAST_GROUPS},
        {'M', "masqueraded connections", PSC_ADVICE_MASQUERADING},
        {'w', "raw sockets", PSC_ADVICE_RAW_SOCKETS},
        {'S', "SCTP", PSC_ADVICE_SCTP},
    };
    const size_t count = sizeof unsupported_letters / sizeof unsupported_letters[0];
    if (options->command != COMMAND_LIST) {
        return PSC_OK;
    }
    if (letter == 'c') {
        return psc_fail(error, PSC_USAGE,
                        "unknown option '-c'; to repeat every second: portscope -ano 1");
    }
    for (size_t i = 0; i < count; i++) {
        if (unsupported_letters[i].letter == letter) {
            return psc_fail(error, PSC_USAGE, "-%c is about %s, not about ports; use %s", letter,
                            unsupported_letters[i].about,
                            psc_platform_advice(unsupported_letters[i].answer));
        }
    }
    return PSC_OK;
}

// Words beside the options ------------------------------------------------------------------------

bool options_is_optional_value(const char *word) {
    struct psc_error ignored;
    struct psc_filter filter = psc_filter_everything;
    return word[0] != '!' && strchr(word, ',') == NULL &&
           psc_filter_set(&filter, "proto", word, &ignored) == PSC_OK;
}

// `:PORTS`, or `interval [count]`.
static enum psc_status read_list_word(struct options *options, const char *word,
                                      struct psc_error *error) {
    uint64_t number;
    if (word[0] == ':') {
        options->filtered = true;
        return psc_filter_set(&options->filter, "port", word + 1, error);
    }
    if (word[strspn(word, "0123456789")] != '\0' || word[0] == '\0') {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not an option, a command or an interval; for a port type :3000, "
                        "for help portscope --help",
                        word);
    }
    bool valid = psc_number_parse(word, MAX_INTERVAL, &number) && number > 0;
    if (!valid || (options->interval != 0 && options->count != 0)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is not an interval in seconds and not a count (one of each, 1 to "
                        "%u); for a port type :%s",
                        word, MAX_INTERVAL, word);
    }
    *(options->interval == 0 ? &options->interval : &options->count) = (unsigned)number;
    return PSC_OK;
}

// A port or range, or several with commas between them.
static enum psc_status read_ports(struct options *options, const char *word,
                                  struct psc_error *error) {
    while (word != NULL) {
        char one[32];
        const char *comma = strchr(word, ',');
        size_t length = comma != NULL ? (size_t)(comma - word) : strlen(word);
        struct psc_port_spec spec;
        snprintf(one, sizeof one, "%.*s", (int)length, word);
        enum psc_status status =
            psc_port_spec_parse(length < sizeof one ? one : word, false, &spec, error);
        if (status != PSC_OK) {
            return status;
        }
        if (!PSC_ARRAY_RESERVE(options->specs, options->spec_capacity, options->spec_count + 1)) {
            return psc_no_memory(error);
        }
        options->specs[options->spec_count++] = spec;
        word = comma != NULL ? comma + 1 : NULL;
    }
    return PSC_OK;
}

enum psc_status options_read_word(struct options *options, const char *word,
                                  struct psc_error *error) {
    switch (options->command) {
    case COMMAND_LIST:
        return read_list_word(options, word, error);
    case COMMAND_AUDIT:
        return psc_fail(error, PSC_USAGE, "'%s' is not an option; audit is about every listener",
                        word);
    case COMMAND_HELP:
        if (options->topic != NULL) {
            return psc_fail(error, PSC_USAGE, "help takes one command, not '%s' too", word);
        }
        options->topic = word;
        return PSC_OK;
    default:
        return read_ports(options, word, error);
    }
}

// What options mean together ----------------------------------------------------------------------

static enum psc_status validate_list(struct options *options, struct psc_error *error) {
    if (options->wide && (options->strict || options->format != PSC_FORMAT_TABLE)) {
        return psc_fail(error, PSC_USAGE,
                        "--wide is a table; leave out --strict, --json, --ndjson and --csv");
    }
    uint32_t protocols =
        (options->tcp ? PSC_PROTOCOLS_TCP : 0) | (options->udp ? PSC_PROTOCOLS_UDP : 0);
    uint32_t families =
        (options->ipv4 ? PSC_PROTOCOLS_IPV4 : 0) | (options->ipv6 ? PSC_PROTOCOLS_IPV6 : 0);
    options->filter.protocols &= protocols != 0 ? protocols : PSC_PROTOCOLS_ALL;
    options->filter.protocols &= families != 0 ? families : PSC_PROTOCOLS_ALL;
    return PSC_OK;
}

static enum psc_status validate_ports(struct options *options, struct psc_error *error) {
    const struct psc_port_spec *first = options->specs;
    bool is_kill = options->command == COMMAND_KILL;
    if (options->command != COMMAND_FREE && options->spec_count == 0) {
        return psc_fail(error, PSC_USAGE, "no port given; for example 3000, 5353/udp or 8000-8010");
    }
    if (options->command == COMMAND_FREE && options->spec_count > 1) {
        return psc_fail(error, PSC_USAGE, "free takes one range, for example 3000-3999");
    }
    if (is_kill && (options->spec_count > 1 || first->first != first->last)) {
        return psc_fail(error, PSC_USAGE, "kill takes one port");
    }
    if (options->format != PSC_FORMAT_TABLE && options->quiet) {
        return psc_fail(error, PSC_USAGE, "choose one of --json and --quiet");
    }
    // --udp is about every port, also about those before it.
    for (size_t i = 0; options->udp && i < options->spec_count; i++) {
        options->specs[i].udp = true;
    }
    return PSC_OK;
}

static enum psc_status validate_audit(const struct options *options, struct psc_error *error) {
    if (options->save != NULL &&
        (options->policy != NULL || options->output != NULL || options->format_given)) {
        return psc_fail(error, PSC_USAGE,
                        "--save only writes a policy; leave out --policy, --output, --json, "
                        "--ndjson and --format");
    }
    if (options->quiet && (options->output != NULL || options->format_given)) {
        return psc_fail(
            error, PSC_USAGE,
            "--quiet prints nothing; leave out --output, --json, --ndjson and --format");
    }
    return PSC_OK;
}

enum psc_status options_validate(struct options *options, struct psc_error *error) {
    switch (options->command) {
    case COMMAND_LIST:
        return validate_list(options, error);
    case COMMAND_AUDIT:
        return validate_audit(options, error);
    case COMMAND_HELP:
        return PSC_OK;
    default:
        return validate_ports(options, error);
    }
}
