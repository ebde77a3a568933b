// list_options.c - THE option table of the listing, and what its options mean together.
#include "cli/list_options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

// What an option does ------------------------------------------------------------------------------

static enum psc_status set_paths(void *options, void *field, const char *value,
                                 struct psc_error *error) {
    struct list_options *list = options;
    list->owners = true;
    return options_set_flag(options, field, value, error);
}

static enum psc_status read_tables(void *options, void *field, const char *value,
                                   struct psc_error *error) {
    struct list_options *list = options;
    (void)field;
    if (value == NULL) { // -p without a protocol is Linux' `netstat -p`
        list->owners = true;
        return PSC_OK;
    }
    uint32_t tables = PSC_PROTOCOLS_ALL;
    enum psc_status status = psc_protocols_parse(&tables, value, error);
    if (status == PSC_OK) {
        list->protocols |= tables;
        list->protocols_given = true;
    }
    return status;
}

static enum psc_status read_ports(void *options, void *field, const char *value,
                                  struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return psc_ports_parse(field, value, error);
}

static enum psc_status read_states(void *options, void *field, const char *value,
                                   struct psc_error *error) {
    struct list_options *list = options;
    (void)field;
    uint32_t states;
    enum psc_status status = psc_states_parse(&states, value, error);
    if (status == PSC_OK) {
        list->filter.states = states | (list->states_given ? list->filter.states : 0);
        list->states_given = true;
    }
    return status;
}

static enum psc_status read_pids(void *options, void *field, const char *value,
                                 struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return psc_pids_parse(field, value, error);
}

static enum psc_status read_globs(void *options, void *field, const char *value,
                                  struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return psc_globs_parse(field, value, error);
}

static enum psc_status read_networks(void *options, void *field, const char *value,
                                     struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return psc_networks_parse(field, value, error);
}

static enum psc_status read_protocols(void *options, void *field, const char *value,
                                      struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return read_tables(options, field, value, error);
}

static enum psc_status set_exposed(void *options, void *field, const char *value,
                                   struct psc_error *error) {
    struct list_options *list = options;
    list->filtered = true;
    return options_set_flag(options, field, value, error);
}

static enum psc_status read_columns(void *options, void *field, const char *value,
                                    struct psc_error *error) {
    (void)options;
    return psc_columns_parse(field, value, error);
}

static enum psc_status read_sort(void *options, void *field, const char *value,
                                 struct psc_error *error) {
    struct list_options *list = options;
    (void)field;
    return psc_column_parse(value, &list->sort, &list->sort_reversed, error);
}

// The table ----------------------------------------------------------------------------------------

#define FIELD(field) offsetof(struct list_options, field)

static const struct option_row rows[] = {
    {'a', "all", NULL, GROUP_ROWS, options_set_flag, FIELD(all),
     "everything: connections, listening and bound ports"},
    {'l', "listening", NULL, GROUP_ROWS, options_set_flag, FIELD(listening),
     "only listening TCP and unconnected UDP ports"},
    {'q', "bound", NULL, GROUP_ROWS, options_set_flag, FIELD(bound),
     "also ports that are bound, but neither listening nor connected"},
    {'t', "tcp", NULL, GROUP_ROWS, options_set_flag, FIELD(tcp), "only TCP"},
    {'u', "udp", NULL, GROUP_ROWS, options_set_flag, FIELD(udp), "only UDP"},
    {'4', "ipv4", NULL, GROUP_ROWS, options_set_flag, FIELD(ipv4), "only IPv4"},
    {'6', "ipv6", NULL, GROUP_ROWS, options_set_flag, FIELD(ipv6), "only IPv6"},
    {'p', NULL, "[PROTO]", GROUP_ROWS, read_tables, 0,
     "only tcp, udp, tcpv4, tcpv6, udpv4 or udpv6; without one of these words as -o"},

    {'o', "processes", NULL, GROUP_OWNERS, options_set_flag, FIELD(owners),
     "process number and name of the executable"},
    {'b', NULL, NULL, GROUP_OWNERS, set_paths, FIELD(paths),
     "as -o, with the executable's full path"},
    {'n', "numeric", NULL, GROUP_OWNERS, options_set_flag, FIELD(numeric),
     "numbers, not names; always so, and accepted because everybody types it"},
    {'f', NULL, NULL, GROUP_OWNERS, options_set_flag, FIELD(remote_names),
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

    {0, "wide", NULL, GROUP_FORMS, options_set_flag, FIELD(wide),
     "a line for every owner, with user, start and command line"},
    {0, "json", NULL, GROUP_FORMS, options_set_flag, FIELD(json), "one JSON document"},
    {0, "ndjson", NULL, GROUP_FORMS, options_set_flag, FIELD(ndjson), "one JSON object a line"},
    {0, "csv", NULL, GROUP_FORMS, options_set_flag, FIELD(csv),
     "comma-separated values (RFC 4180)"},
    {0, "columns", "NAMES", GROUP_FORMS, read_columns, FIELD(columns),
     "these columns in this order, in any form: local,pid,process"},
    {0, "sort", "NAME", GROUP_FORMS, read_sort, 0, "order by a column; -NAME reverses"},
    {0, "no-header", NULL, GROUP_FORMS, options_set_flag, FIELD(no_header), "rows only"},
    {0, "strict", NULL, GROUP_FORMS, options_set_flag, FIELD(strict),
     "exactly what netstat prints: no process name, nothing on standard error"},
    {0, "color", "WHEN", GROUP_FORMS, options_read_color, FIELD(color),
     "auto (on a terminal, unless NO_COLOR is set), always or never"},

    {'h', "help", NULL, GROUP_OTHER, options_set_flag, FIELD(help), "this text; also -? and /?"},
    {'V', "version", NULL, GROUP_OTHER, options_set_flag, FIELD(version),
     "which portscope this is"},
};
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

static enum psc_status explain_unsupported_letter(char letter, struct psc_error *error) {
    for (size_t i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++) {
        if (elsewhere[i].letter == letter) {
            return psc_fail(error, PSC_USAGE, "-%c is about %s, not about ports: use %s", letter,
                            elsewhere[i].about, elsewhere[i].instead);
        }
    }
    return PSC_OK;
}

// The words behind the options -----------------------------------------------------------------------

static bool is_protocol(const char *word) {
    struct psc_error ignored;
    uint32_t tables = PSC_PROTOCOLS_ALL;
    return word[0] != '!' && strchr(word, ',') == NULL &&
           psc_protocols_parse(&tables, word, &ignored) == PSC_OK;
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

static enum psc_status read_argument(void *options, const char *word, struct psc_error *error) {
    struct list_options *list = options;
    if (word[0] == ':') {
        list->filtered = true;
        return psc_ports_parse(&list->filter.any_port, word + 1, error);
    }
    return read_number(list, word, error);
}

static void note_letter(void *options, const struct option_row *row) {
    struct list_options *list = options;
    list->netstat_style = list->netstat_style || (row->letter != 0 && row->group != GROUP_OTHER);
}

const struct option_table *list_option_table(void) {
    static const struct option_table table = {
        .rows = rows,
        .count = sizeof rows / sizeof rows[0],
        .help = "portscope --help",
        .argument = read_argument,
        .is_value = is_protocol,
        .unknown_letter = explain_unsupported_letter,
        .applied = note_letter,
    };
    return &table;
}

// What does not go together, and what several options say in common.
static enum psc_status settle(struct list_options *options, struct psc_error *error) {
    if (options->json + options->ndjson + options->csv > 1) {
        return psc_fail(error, PSC_USAGE, "choose one of --json, --ndjson and --csv");
    }
    options->format = options->json     ? PSC_FORMAT_JSON
                      : options->ndjson ? PSC_FORMAT_NDJSON
                      : options->csv    ? PSC_FORMAT_CSV
                                        : PSC_FORMAT_TABLE;
    if (options->wide && (options->strict || options->format != PSC_FORMAT_TABLE)) {
        return psc_fail(error, PSC_USAGE,
                        "--wide is a table of its own: leave out --strict, "
                        "--json, --ndjson and --csv");
    }
    if (options->protocols_given) {
        options->filter.protocols &= options->protocols;
    }
    uint32_t protocols =
        (options->tcp ? PSC_PROTOCOLS_TCP : 0) | (options->udp ? PSC_PROTOCOLS_UDP : 0);
    uint32_t families =
        (options->ipv4 ? PSC_PROTOCOLS_IPV4 : 0) | (options->ipv6 ? PSC_PROTOCOLS_IPV6 : 0);
    options->filter.protocols &= protocols != 0 ? protocols : PSC_PROTOCOLS_ALL;
    options->filter.protocols &= families != 0 ? families : PSC_PROTOCOLS_ALL;
    return PSC_OK;
}

enum psc_status list_options_parse(struct list_options *options, int count, char *const *arguments,
                                   struct psc_error *error) {
    *options = (struct list_options){.format = PSC_FORMAT_TABLE};
    psc_filter_init(&options->filter);
    enum psc_status status = options_parse(list_option_table(), options, count, arguments, error);
    return status == PSC_OK ? settle(options, error) : status;
}

void list_options_done(struct list_options *options) {
    psc_filter_done(&options->filter);
}
