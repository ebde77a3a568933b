// port_options.c - THE option tables of check, free, wait and kill.
#include "cli/port_options.h"

#include <stdlib.h>
#include <string.h>

// An IPv4-mapped address is one of IPv4: no server binds to it as to one of IPv6 alone.
static void unmap(struct psc_bind_address *bind) {
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (bind->ipv6 && memcmp(bind->address.bytes, mapped, sizeof mapped) == 0) {
        memmove(bind->address.bytes, bind->address.bytes + sizeof mapped, 4);
        memset(bind->address.bytes + 4, 0, sizeof mapped);
        bind->ipv6 = false;
    }
}

static bool is_link_local(const struct psc_bind_address *bind) {
    return bind->ipv6 && bind->address.bytes[0] == 0xfe && (bind->address.bytes[1] & 0xc0) == 0x80;
}

static enum psc_status read_address(void *options, void *field, const char *value,
                                    struct psc_error *error) {
    struct psc_bind_address *bind = field;
    (void)options;
    char text[PSC_ADDRESS_TEXT + 2];
    size_t length = strlen(value);
    bool brackets = length > 2 && value[0] == '[' && value[length - 1] == ']';
    snprintf(text, sizeof text, "%.*s", brackets ? (int)length - 2 : (int)length,
             value + (brackets ? 1 : 0));
    if (length >= sizeof text || !psc_address_parse(text, &bind->address, &bind->ipv6)) {
        return psc_fail(error, PSC_USAGE, "'%s' is not an address: allowed is one of IPv4 or IPv6",
                        value);
    }
    if (is_link_local(bind)) {
        return psc_fail(error, PSC_USAGE,
                        "'%s' means nothing without its interface, and that cannot be given",
                        value);
    }
    unmap(bind);
    bind->one_address = true;
    return PSC_OK;
}

// `500ms`, `30s`, `2m`, `1h`; seconds if there is no unit.
static enum psc_status read_duration(void *options, void *field, const char *value,
                                     struct psc_error *error) {
    static const struct {
        const char *word;
        unsigned long ms;
    } units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}};
    (void)options;
    const unsigned long most = 24UL * 3600000;
    unsigned long number = 0;
    const char *at = value;
    while (*at >= '0' && *at <= '9' && number <= most) {
        number = number * 10 + (unsigned)(*at++ - '0');
    }
    for (size_t i = 0; at != value && i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(at, units[i].word) == 0 && number > 0 && number <= most / units[i].ms) {
            *(unsigned *)field = (unsigned)(number * units[i].ms);
            return PSC_OK;
        }
    }
    return psc_fail(error, PSC_USAGE,
                    "'%s' is not a duration: allowed are 500ms, 30s, 2m, 1h, up to 24h", value);
}

static enum psc_status read_count(void *options, void *field, const char *value,
                                  struct psc_error *error) {
    (void)options;
    char *end;
    unsigned long count = value[0] >= '0' && value[0] <= '9' ? strtoul(value, &end, 10) : 0;
    if (count < 1 || count > UINT16_MAX || *end != '\0') {
        return psc_fail(error, PSC_USAGE, "'%s' is not a count: allowed are 1 to 65535", value);
    }
    *(unsigned *)field = (unsigned)count;
    return PSC_OK;
}

static enum psc_status read_until(void *options, void *field, const char *value,
                                  struct psc_error *error) {
    (void)options;
    *(bool *)field = strcmp(value, "listening") == 0;
    if (!*(bool *)field && strcmp(value, "free") != 0) {
        return psc_fail(error, PSC_USAGE, "'%s' is not allowed: it is free or listening", value);
    }
    return PSC_OK;
}

// A word, or several with commas between them.
static enum psc_status read_wish(void *options, const char *word, struct psc_error *error) {
    struct port_options *ports = options;
    while (word != NULL) {
        char one[32];
        const char *comma = strchr(word, ',');
        size_t length = comma != NULL ? (size_t)(comma - word) : strlen(word);
        struct psc_port_spec spec;
        snprintf(one, sizeof one, "%.*s", (int)length, word);
        enum psc_status status =
            psc_port_spec_parse(length < sizeof one ? one : word, ports->udp, &spec, error);
        if (status != PSC_OK) {
            return status;
        }
        struct psc_port_spec *grown =
            realloc(ports->specs, (ports->spec_count + 1) * sizeof *ports->specs);
        if (grown == NULL) {
            return psc_no_memory(error);
        }
        ports->specs = grown;
        ports->specs[ports->spec_count++] = spec;
        word = comma != NULL ? comma + 1 : NULL;
    }
    return PSC_OK;
}

#define FIELD(name) offsetof(struct port_options, name)
#define HELP_ROW                                                                                   \
    { 'h', "help", NULL, 0, options_set_flag, FIELD(help), "this text" }
#define ADDRESS_ROW                                                                                \
    {                                                                                              \
        0, "address", "ADDR", 0, read_address, FIELD(bind),                                        \
            "as a server on this address, instead of on any of both families"                      \
    }
#define UDP_ROW                                                                                    \
    { 'u', "udp", NULL, 0, options_set_flag, FIELD(udp), "UDP; /udp behind a port does it for one" }

static const struct option_row check_rows[] = {
    ADDRESS_ROW,
    UDP_ROW,
    {'q', "quiet", NULL, 0, options_set_flag, FIELD(quiet), "print nothing; the status says it"},
    {0, "json", NULL, 0, options_set_flag, FIELD(json), "one JSON document"},
    HELP_ROW,
};

static const struct option_row free_rows[] = {
    {0, "count", "N", 0, read_count, FIELD(count), "so many ports, one a line"},
    ADDRESS_ROW,
    UDP_ROW,
    HELP_ROW,
};

static const struct option_row wait_rows[] = {
    {0, "until", "STATE", 0, read_until, FIELD(until_listening), "free, or listening"},
    {0, "timeout", "TIME", 0, read_duration, FIELD(timeout_ms), "give up after 500ms, 30s, 2m"},
    ADDRESS_ROW,
    UDP_ROW,
    {'q', "quiet", NULL, 0, options_set_flag, FIELD(quiet), "print nothing; the status says it"},
    HELP_ROW,
};

static const struct option_row kill_rows[] = {
    {'y', "yes", NULL, 0, options_set_flag, FIELD(yes), "do not ask"},
    {0, "force", NULL, 0, options_set_flag, FIELD(force), "make those end that do not when asked"},
    {0, "timeout", "TIME", 0, read_duration, FIELD(timeout_ms),
     "how long to wait for their end, 5s if not given"},
    {0, "dry-run", NULL, 0, options_set_flag, FIELD(dry_run), "only say what would be done"},
    UDP_ROW,
    HELP_ROW,
};

#define TABLE(rows, words)                                                                         \
    { (rows), sizeof(rows) / sizeof(rows)[0], (words), read_wish, NULL, NULL, NULL }

static const struct option_table tables[] = {
    [PORT_CHECK] = TABLE(check_rows, "portscope help check"),
    [PORT_FREE] = TABLE(free_rows, "portscope help free"),
    [PORT_WAIT] = TABLE(wait_rows, "portscope help wait"),
    [PORT_KILL] = TABLE(kill_rows, "portscope help kill"),
};

const struct option_table *port_option_table(enum port_command command) {
    return &tables[command];
}

// How many ports each command wants.
static enum psc_status settle(const struct port_options *options, enum port_command command,
                              struct psc_error *error) {
    const struct psc_port_spec *first = options->specs;
    if (options->help) {
        return PSC_OK;
    }
    if (command != PORT_FREE && options->spec_count == 0) {
        return psc_fail(error, PSC_USAGE, "which port? for example 3000, 5353/udp or 8000-8010");
    }
    if (command == PORT_FREE && options->spec_count > 1) {
        return psc_fail(error, PSC_USAGE, "free takes one range, for example 3000-3999");
    }
    if (command == PORT_KILL && (options->spec_count > 1 || first->first != first->last)) {
        return psc_fail(error, PSC_USAGE, "kill takes one port");
    }
    if (options->json && options->quiet) {
        return psc_fail(error, PSC_USAGE, "choose one of --json and --quiet");
    }
    return PSC_OK;
}

enum psc_status port_options_parse(struct port_options *options, enum port_command command,
                                   int count, char *const *arguments, struct psc_error *error) {
    *options = (struct port_options){0};
    enum psc_status status =
        options_parse(port_option_table(command), options, count, arguments, error);
    // `--udp` is about every port, also about those in front of it.
    for (size_t i = 0; options->udp && i < options->spec_count; i++) {
        options->specs[i].udp = true;
    }
    return status == PSC_OK ? settle(options, command, error) : status;
}

void port_options_done(struct port_options *options) {
    free(options->specs);
}
