// list_options.c - THE option table of the listing, and how a command line is read by it.
#include "list_options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

// What an option does ------------------------------------------------------------------------------

static enum psc_status set_flag(struct list_options *options, void *field, const char *value,
                                struct psc_error *error) {
    (void)options, (void)value, (void)error;
    *(bool *)field = true;
    return PSC_OK;
}

static enum psc_status set_paths(struct list_options *options, void *field, const char *value,
                                 struct psc_error *error) {
    options->owners = true;
    return set_flag(options, field, value, error);
}

static enum psc_status read_tables(struct list_options *options, void *field, const char *value,
                                   struct psc_error *error) {
    (void)field;
    if (value == NULL) { // -p without a protocol is Linux' `netstat -p`
        options->owners = true;
        return PSC_OK;
    }
    uint32_t tables = PSC_TABLES_ALL;
    enum psc_status status = psc_tables_parse(&tables, value, error);
    if (status == PSC_OK) {
        options->protocols |= tables;
        options->protocols_given = true;
    }
    return status;
}

static enum psc_status read_ports(struct list_options *options, void *field, const char *value,
                                  struct psc_error *error) {
    options->filtered = true;
    return psc_ports_parse(field, value, error);
}

static enum psc_status read_states(struct list_options *options, void *field, const char *value,
                                   struct psc_error *error) {
    (void)field;
    uint32_t states;
    enum psc_status status = psc_states_parse(&states, value, error);
    if (status == PSC_OK) {
        options->filter.states = states | (options->states_given ? options->filter.states : 0);
        options->states_given = true;
    }
    return status;
}

static enum psc_status read_pids(struct list_options *options, void *field, const char *value,
                                 struct psc_error *error) {
    options->filtered = true;
    return psc_pids_parse(field, value, error);
}

static enum psc_status read_globs(struct list_options *options, void *field, const char *value,
                                  struct psc_error *error) {
    options->filtered = true;
    return psc_globs_parse(field, value, error);
}

static enum psc_status read_networks(struct list_options *options, void *field, const char *value,
                                     struct psc_error *error) {
    options->filtered = true;
    return psc_networks_parse(field, value, error);
}

static enum psc_status read_protocols(struct list_options *options, void *field, const char *value,
                                      struct psc_error *error) {
    options->filtered = true;
    return read_tables(options, field, value, error);
}

static enum psc_status set_exposed(struct list_options *options, void *field, const char *value,
                                   struct psc_error *error) {
    options->filtered = true;
    return set_flag(options, field, value, error);
}

static enum psc_status read_columns(struct list_options *options, void *field, const char *value,
                                    struct psc_error *error) {
    (void)options;
    return psc_columns_parse(field, value, error);
}

static enum psc_status read_sort(struct list_options *options, void *field, const char *value,
                                 struct psc_error *error) {
    (void)field;
    return psc_column_parse(value, &options->sort, &options->sort_reversed, error);
}

static enum psc_status read_colour(struct list_options *options, void *field, const char *value,
                                   struct psc_error *error) {
    static const char *const words[] = {
        [COLOUR_AUTO] = "auto", [COLOUR_ALWAYS] = "always", [COLOUR_NEVER] = "never"};
    (void)options;
    for (enum colour_choice choice = COLOUR_AUTO; choice <= COLOUR_NEVER; choice++) {
        if (strcmp(value, words[choice]) == 0) {
            *(enum colour_choice *)field = choice;
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE, "'%s' is not allowed: it is auto, always or never", value);
}

// The table ----------------------------------------------------------------------------------------

#define FIELD(field) offsetof(struct list_options, field)

static const struct list_option table[] = {
    {'a', "all", NULL, GROUP_ROWS, set_flag, FIELD(all),
     "everything: connections, listening and bound ports"},
    {'l', "listening", NULL, GROUP_ROWS, set_flag, FIELD(listening),
     "only listening TCP and unconnected UDP ports"},
    {'q', "bound", NULL, GROUP_ROWS, set_flag, FIELD(bound),
     "also ports that are bound, but neither listening nor connected"},
    {'t', "tcp", NULL, GROUP_ROWS, set_flag, FIELD(tcp), "only TCP"},
    {'u', "udp", NULL, GROUP_ROWS, set_flag, FIELD(udp), "only UDP"},
    {'4', "ipv4", NULL, GROUP_ROWS, set_flag, FIELD(ipv4), "only IPv4"},
    {'6', "ipv6", NULL, GROUP_ROWS, set_flag, FIELD(ipv6), "only IPv6"},
    {'p', NULL, "[PROTO]", GROUP_ROWS, read_tables, 0,
     "only tcp, udp, tcpv4, tcpv6, udpv4 or udpv6; without one of these words as -o"},

    {'o', "processes", NULL, GROUP_OWNERS, set_flag, FIELD(owners),
     "process number and name of the executable"},
    {'b', NULL, NULL, GROUP_OWNERS, set_paths, FIELD(paths),
     "as -o, with the executable's full path"},
    {'n', "numeric", NULL, GROUP_OWNERS, set_flag, FIELD(numeric),
     "numbers, not names; always so, and accepted because everybody types it"},
    {'f', NULL, NULL, GROUP_OWNERS, set_flag, FIELD(remote_names),
     "names of remote addresses by reverse DNS, for 5 seconds at most"},

    {0, "port", "PORTS", GROUP_FILTERS, read_ports, FIELD(filter.any_port),
     "local or remote port: 80,443,8000-8100; :PORTS is the same"},
    {0, "lport", "PORTS", GROUP_FILTERS, read_ports, FIELD(filter.local_port), "local port"},
    {0, "rport", "PORTS", GROUP_FILTERS, read_ports, FIELD(filter.remote_port), "remote port"},
    {0, "proto", "PROTOS", GROUP_FILTERS, read_protocols, 0, "tcp, udp, tcp4, tcp6, udp4, udp6"},
    {0, "state", "STATES", GROUP_FILTERS, read_states, 0,
     "listening, established, time_wait, ... as netstat, ss or lsof spell them"},
    {0, "pid", "PIDS", GROUP_FILTERS, read_pids, FIELD(filter.pids),
     "process that owns the socket"},
    {0, "process", "GLOBS", GROUP_FILTERS, read_globs, FIELD(filter.processes),
     "name or path of the executable: nginx,'node*'"},
    {0, "user", "GLOBS", GROUP_FILTERS, read_globs, FIELD(filter.users),
     "user of the socket or of a process that owns it"},
    {0, "address", "NETS", GROUP_FILTERS, read_networks, FIELD(filter.any_address),
     "local or remote address: 10.0.0.0/8,::1"},
    {0, "local", "NETS", GROUP_FILTERS, read_networks, FIELD(filter.local_address),
     "local address"},
    {0, "remote", "NETS", GROUP_FILTERS, read_networks, FIELD(filter.remote_address),
     "remote address"},
    {0, "exposed", NULL, GROUP_FILTERS, set_exposed, FIELD(filter.exposed),
     "only listeners that something outside this machine can reach"},

    {0, "wide", NULL, GROUP_FORMS, set_flag, FIELD(wide),
     "a line for every owner, with user, start and command line"},
    {0, "json", NULL, GROUP_FORMS, set_flag, FIELD(json), "one JSON document"},
    {0, "ndjson", NULL, GROUP_FORMS, set_flag, FIELD(ndjson), "one JSON object a line"},
    {0, "csv", NULL, GROUP_FORMS, set_flag, FIELD(csv), "comma-separated values (RFC 4180)"},
    {0, "columns", "NAMES", GROUP_FORMS, read_columns, FIELD(columns),
     "these columns in this order, in any form: local,pid,process"},
    {0, "sort", "NAME", GROUP_FORMS, read_sort, 0, "order by a column; -NAME reverses"},
    {0, "no-header", NULL, GROUP_FORMS, set_flag, FIELD(no_header), "rows only"},
    {0, "strict", NULL, GROUP_FORMS, set_flag, FIELD(strict),
     "exactly what netstat prints: no process name, nothing on standard error"},
    {0, "color", "WHEN", GROUP_FORMS, read_colour, FIELD(colour),
     "auto (on a terminal, unless NO_COLOR is set), always or never"},

    {'h', "help", NULL, GROUP_OTHER, set_flag, FIELD(help), "this text; also -? and /?"},
    {'V', "version", NULL, GROUP_OTHER, set_flag, FIELD(version), "which portscope this is"},
};
#define OPTION_COUNT (sizeof table / sizeof table[0])

size_t list_option_count(void) {
    return OPTION_COUNT;
}

const struct list_option *list_option_at(size_t index) {
    return &table[index];
}

// Letters of the other netstats that are not about ports, and who answers them.
static const struct {
    char letter;
    const char *about, *instead;
} elsewhere[] = {
    {'e', "interface statistics", "ip -s link (Windows: netstat -e)"},
    {'s', "protocol statistics", "nstat -a (Windows: netstat -s)"},
    {'r', "routes", "ip route (Windows: route print)"},
    {'i', "interfaces", "ip -s link (Windows: netstat -i)"},
    {'x', "Unix sockets (Windows: Network Direct)", "ss -x (Windows: netstat -x)"},
    {'y', "connection templates", "Windows' netstat -y"},
    {'g', "multicast groups", "ip maddress (Windows: netsh interface ip show joins)"},
    {'M', "masqueraded connections", "conntrack -L"},
    {'w', "raw sockets", "ss -w"},
    {'S', "SCTP", "ss --sctp"},
    {'c', "repeating", "portscope -ano 1, where 1 is the interval in seconds"},
};

// Reading a command line ---------------------------------------------------------------------------

struct arguments {
    int count;
    char *const *list;
    int at;
};

static enum psc_status apply(struct list_options *options, const struct list_option *option,
                             const char *value, const char *spelled, struct psc_error *error) {
    struct psc_error reason;
    void *field = (char *)options + option->field;
    enum psc_status status = option->apply(options, field, value, &reason);
    bool netstat = option->letter != 0 && option->group != GROUP_OTHER;
    options->letters = options->letters || netstat;
    if (status != PSC_OK) {
        psc_fail(error, status, "%s: %s", spelled, reason.text);
    }
    return status;
}

static bool is_protocol(const char *word) {
    struct psc_error ignored;
    uint32_t tables = PSC_TABLES_ALL;
    return word[0] != '!' && strchr(word, ',') == NULL &&
           psc_tables_parse(&tables, word, &ignored) == PSC_OK;
}

static enum psc_status unknown_letter(char letter, struct psc_error *error) {
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        if (elsewhere[i].letter == letter) {
            return psc_fail(error, PSC_USAGE, "-%c is about %s, not about ports: use %s", letter,
                            elsewhere[i].about, elsewhere[i].instead);
        }
    }
    return psc_fail(error, PSC_USAGE, "unknown option '-%c': portscope --help lists them all",
                    letter);
}

// `-ano`, `/ano`; the word behind a last `p` belongs to it if it is a protocol.
static enum psc_status read_letters(struct list_options *options, struct arguments *arguments,
                                    struct psc_error *error) {
    const char *word = arguments->list[arguments->at];
    for (const char *at = word + 1; *at != '\0'; at++) {
        bool slash = word[0] == '/' && *at >= 'A' && *at <= 'Z';
        char letter = *at == '?' ? 'h' : slash ? (char)(*at | 0x20) : *at;
        const struct list_option *option = NULL;
        for (size_t i = 0; i < OPTION_COUNT; i++) {
            option = table[i].letter == letter ? &table[i] : option;
        }
        if (option == NULL) {
            return unknown_letter(letter, error);
        }
        const char *value = NULL;
        bool more = at[1] == '\0' && arguments->at + 1 < arguments->count;
        if (option->value != NULL && more && is_protocol(arguments->list[arguments->at + 1])) {
            value = arguments->list[++arguments->at];
        }
        char spelled[] = {'-', letter, '\0'};
        enum psc_status status = apply(options, option, value, spelled, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return PSC_OK;
}

static enum psc_status unknown_name(const char *name, size_t length, struct psc_error *error) {
    struct nearest nearest;
    nearest_init(&nearest, name, length);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        nearest_offer(&nearest, table[i].name);
    }
    int shown = length < 60 ? (int)length : 60;
    if (nearest.best != NULL) {
        return psc_fail(error, PSC_USAGE, "unknown option '--%.*s': did you mean '--%s'?", shown,
                        name, nearest.best);
    }
    return psc_fail(error, PSC_USAGE, "unknown option '--%.*s': portscope --help lists them all",
                    shown, name);
}

// `--name`, `--name=value`, `--name value`.
static enum psc_status read_name(struct list_options *options, struct arguments *arguments,
                                 struct psc_error *error) {
    const char *name = arguments->list[arguments->at] + 2;
    size_t length = strcspn(name, "=");
    const char *value = name[length] == '=' ? name + length + 1 : NULL;
    const struct list_option *option = NULL;
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const char *known = table[i].name;
        if (known != NULL && strlen(known) == length && memcmp(known, name, length) == 0) {
            option = &table[i];
        }
    }
    if (option == NULL) {
        return unknown_name(name, length, error);
    }
    if (option->value == NULL && value != NULL) {
        return psc_fail(error, PSC_USAGE, "--%s takes no value", option->name);
    }
    if (option->value != NULL && value == NULL) {
        if (arguments->at + 1 >= arguments->count) {
            return psc_fail(error, PSC_USAGE, "--%s needs a value: %s, %s", option->name,
                            option->value, option->help);
        }
        value = arguments->list[++arguments->at];
    }
    char spelled[32] = "--";
    memcpy(spelled + 2, option->name, length + 1);
    spelled[2 + length] = '\0';
    return apply(options, option, value, spelled, error);
}

// `interval [count]`, and nothing else that begins without a sign.
static enum psc_status read_number(struct list_options *options, const char *word,
                                   struct psc_error *error) {
    const unsigned most = 1000000;
    unsigned value = 0;
    const char *at = word;
    while (*at >= '0' && *at <= '9' && value <= most) {
        value = value * 10 + (unsigned)(*at++ - '0');
    }
    if (at == word || (*at != '\0' && value <= most)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' is neither an option, nor a command, nor an interval: for a port "
                        "type :3000, for help portscope --help",
                        word);
    }
    bool first = options->interval == 0;
    if (value == 0 || value > most || (!first && options->count != 0)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s': at most an interval in seconds and a count are allowed here, each "
                        "from 1 to %u; for a port type :%s",
                        word, most, word);
    }
    *(first ? &options->interval : &options->count) = value;
    return PSC_OK;
}

static enum psc_status read_argument(struct list_options *options, struct arguments *arguments,
                                     struct psc_error *error) {
    const char *word = arguments->list[arguments->at];
    if (word[0] == '-' && word[1] == '-') {
        return read_name(options, arguments, error);
    }
    if ((word[0] == '-' || word[0] == '/') && word[1] != '\0') {
        return read_letters(options, arguments, error);
    }
    if (word[0] == ':') {
        options->filtered = true;
        return psc_ports_parse(&options->filter.any_port, word + 1, error);
    }
    return read_number(options, word, error);
}

// What does not go together, and what several options say in common.
static enum psc_status settle(struct list_options *options, struct psc_error *error) {
    if (options->json + options->ndjson + options->csv > 1) {
        return psc_fail(error, PSC_USAGE, "choose one of --json, --ndjson and --csv");
    }
    options->form = options->json     ? PSC_FORM_JSON
                    : options->ndjson ? PSC_FORM_NDJSON
                    : options->csv    ? PSC_FORM_CSV
                                      : PSC_FORM_TABLE;
    if (options->wide && (options->strict || options->form != PSC_FORM_TABLE)) {
        return psc_fail(error, PSC_USAGE,
                        "--wide is a table of its own: leave out --strict, "
                        "--json, --ndjson and --csv");
    }
    if (options->protocols_given) {
        options->filter.tables &= options->protocols;
    }
    uint32_t protocols = (options->tcp ? PSC_TABLES_TCP : 0) | (options->udp ? PSC_TABLES_UDP : 0);
    uint32_t families =
        (options->ipv4 ? PSC_TABLES_IPV4 : 0) | (options->ipv6 ? PSC_TABLES_IPV6 : 0);
    options->filter.tables &= protocols != 0 ? protocols : PSC_TABLES_ALL;
    options->filter.tables &= families != 0 ? families : PSC_TABLES_ALL;
    return PSC_OK;
}

enum psc_status list_options_parse(struct list_options *options, int count, char *const *arguments,
                                   struct psc_error *error) {
    *options = (struct list_options){.form = PSC_FORM_TABLE};
    psc_filter_init(&options->filter);
    struct arguments reading = {.count = count, .list = arguments};
    for (; reading.at < reading.count; reading.at++) {
        enum psc_status status = read_argument(options, &reading, error);
        if (status != PSC_OK) {
            return status;
        }
    }
    return settle(options, error);
}

void list_options_done(struct list_options *options) {
    psc_filter_done(&options->filter);
}
