// policy_parse.c - reads a policy line by line, word by word.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/policy_data.h"
#include "base/number.h"

// One line on its way to an entry. Words are taken out of it one by one and written into `to`.
struct reading {
    const char *file;
    size_t line;
    const char *at, *end;
    char *to;
    struct psc_error *error;
};

// A word without its quotes and escapes.
struct word {
    char *text;
    bool quoted;
    bool is_user; /**< it was `user=`, and the text is what follows */
};

PSC_PRINTF(2, 3)
static enum psc_status refuse(const struct reading *reading, const char *format, ...) {
    char sentence[sizeof reading->error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    return psc_fail(reading->error, PSC_USAGE, "%s:%zu: %s", reading->file, reading->line,
                    sentence);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// Reads what follows a backslash.
static enum psc_status read_escape(struct reading *reading) {
    const char *at = reading->at;
    if (reading->end - at >= 3 && at[0] == 'x' && psc_hex_digit(at[1]) >= 0 &&
        psc_hex_digit(at[2]) >= 0 && (at[1] != '0' || at[2] != '0')) {
        *reading->to++ = (char)(psc_hex_digit(at[1]) << 4 | psc_hex_digit(at[2]));
        reading->at += 3;
        return PSC_OK;
    }
    if (at < reading->end && (*at == '"' || *at == '\\')) {
        *reading->to++ = *reading->at++;
        return PSC_OK;
    }
    int shown = reading->end - at < 3 ? (int)(reading->end - at) : 3;
    return refuse(reading,
                  "'\\%.*s' is not an escape: in quotes there are \\\", \\\\ and \\x01 to "
                  "\\xff",
                  shown, at);
}

static enum psc_status read_quoted(struct reading *reading) {
    const char *begin = reading->at++;
    while (reading->at < reading->end && *reading->at != '"') {
        if (*reading->at != '\\') {
            *reading->to++ = *reading->at++;
            continue;
        }
        reading->at++;
        enum psc_status status = read_escape(reading);
        if (status != PSC_OK) {
            return status;
        }
    }
    int shown = reading->end - begin < 60 ? (int)(reading->end - begin) : 60;
    if (reading->at == reading->end) {
        return refuse(reading, "'%.*s' has no closing quote", shown, begin);
    }
    reading->at++;
    if (reading->at < reading->end && !is_blank(*reading->at)) {
        return refuse(reading, "'%.*s' goes on behind its closing quote", shown, begin);
    }
    return PSC_OK;
}

// Takes the next word; its text is NULL at the end of the line.
static enum psc_status next_word(struct reading *reading, struct word *word) {
    static const char user[] = "user=";
    while (reading->at < reading->end && is_blank(*reading->at)) {
        reading->at++;
    }
    *word = (struct word){.text = NULL};
    if (reading->at == reading->end || *reading->at == '#') {
        return PSC_OK;
    }
    word->text = reading->to;
    if ((size_t)(reading->end - reading->at) >= sizeof user - 1 &&
        memcmp(reading->at, user, sizeof user - 1) == 0) {
        reading->at += sizeof user - 1;
        word->is_user = true;
    }
    word->quoted = reading->at < reading->end && *reading->at == '"';
    if (word->quoted) {
        enum psc_status status = read_quoted(reading);
        if (status != PSC_OK) {
            return status;
        }
    }
    while (reading->at < reading->end && !is_blank(*reading->at)) {
        *reading->to++ = *reading->at++;
    }
    *reading->to++ = '\0';
    if (!word->quoted && strchr(word->text, '"') != NULL) {
        return refuse(reading, "'%s' has a quote inside: quotes go around a whole word",
                      word->text);
    }
    return PSC_OK;
}

static bool read_port(const char **text, uint16_t *port) {
    uint64_t value = 0;
    bool read = psc_number_read(text, NULL, UINT16_MAX, &value);
    *port = (uint16_t)value;
    return read;
}

static bool read_ports(struct psc_policy_entry *entry, const char *text) {
    if (strcmp(text, "*") == 0) {
        entry->last_port = UINT16_MAX;
        return true;
    }
    bool read = read_port(&text, &entry->first_port);
    entry->last_port = entry->first_port;
    if (read && *text == '-') {
        text++;
        read = read_port(&text, &entry->last_port);
    }
    return read && *text == '\0' && entry->first_port <= entry->last_port;
}

static bool read_exposure(struct psc_policy_entry *entry, const char *word) {
    for (enum psc_exposure exposure = PSC_EXPOSURE_LOOPBACK; exposure <= PSC_EXPOSURE_ALL;
         exposure++) {
        if (strcmp(word, psc_exposure_word(exposure)) == 0) {
            entry->where = PSC_POLICY_EXPOSURE;
            entry->exposure = exposure;
            return true;
        }
    }
    return false;
}

// `10.0.0.1`, `10.0.0.0/8`, `0.0.0.0%eth0`, `[fe80::1%eth0]`; takes the text apart.
static bool read_network(struct psc_policy_entry *entry, char *text) {
    char *percent = strchr(text, '%');
    entry->where = PSC_POLICY_NETWORK;
    entry->ipv6 = text[0] == '[';
    if (percent != NULL) {
        // A socket on an interface has one address, so that no bits follow.
        size_t length = strlen(percent + 1);
        if (entry->ipv6) {
            if (percent[length] != ']') {
                return false;
            }
            percent[length--] = '\0';
            text++;
        }
        *percent = '\0';
        entry->zone = percent + 1;
        if (length == 0 || strchr(entry->zone, '/') != NULL || strchr(text, '/') != NULL) {
            return false;
        }
    }
    bool colon = strchr(text, ':') != NULL;
    return colon == entry->ipv6 && psc_network_parse(text, &entry->network);
}

static enum psc_status read_where(const struct reading *reading, struct psc_policy_entry *entry,
                                  char *address) {
    char *colon = strrchr(address, ':');
    if (colon == NULL) {
        return refuse(reading, "'%s' has no port: it is written as ADDRESS:PORT", address);
    }
    if (!read_ports(entry, colon + 1)) {
        return refuse(reading,
                      "'%s' is not a port: allowed are 0 to 65535, ranges like 8000-8100, "
                      "and *",
                      colon + 1);
    }
    *colon = '\0';
    if (strcmp(address, "*") == 0) {
        entry->where = PSC_POLICY_ANYWHERE;
        return PSC_OK;
    }
    if (read_exposure(entry, address)) {
        return PSC_OK;
    }
    size_t size = strlen(address) + 1;
    char *original = malloc(size); // reading takes it apart
    if (original == NULL) {
        return psc_no_memory(reading->error);
    }
    memcpy(original, address, size);
    enum psc_status status = PSC_OK;
    if (!read_network(entry, address)) {
        status = refuse(reading,
                        "'%s' is not an address: allowed are those like 0.0.0.0, [::], "
                        "[fe80::1%%eth0], networks like 10.0.0.0/8 or [fd00::]/8, loopback, "
                        "link, address, all and *",
                        original);
    }
    free(original);
    return status;
}

static enum psc_status read_protocol(const struct reading *reading, struct psc_policy_entry *entry,
                                     const char *word) {
    entry->protocols = strcmp(word, "tcp") == 0   ? PSC_PROTOCOLS_TCP
                       : strcmp(word, "udp") == 0 ? PSC_PROTOCOLS_UDP
                       : strcmp(word, "*") == 0   ? PSC_PROTOCOLS_ALL
                                                  : 0;
    return entry->protocols != 0
               ? PSC_OK
               : refuse(reading, "'%s' is not a protocol: allowed are tcp, udp and *", word);
}

// The program and the user, in any order.
static enum psc_status read_rest(struct reading *reading, struct psc_policy_entry *entry) {
    struct word word;
    enum psc_status status;
    while ((status = next_word(reading, &word)) == PSC_OK && word.text != NULL) {
        const char **field = word.is_user ? &entry->user : &entry->program;
        if (*field != NULL) {
            return refuse(reading, "'%s%s' is one word too many: there is a %s already",
                          word.is_user ? "user=" : "", word.text,
                          word.is_user ? "user" : "program");
        }
        if (word.is_user && word.text[0] == '\0') {
            return refuse(reading, "'user=' has no name behind it");
        }
        *field = word.text;
        if (!word.is_user) {
            entry->pattern = !word.quoted && strpbrk(word.text, "*?[") != NULL;
        }
    }
    return status;
}

static enum psc_status read_words(struct reading *reading, struct psc_policy_entry *entry,
                                  const char *rule) {
    struct word protocol;
    struct word where;
    if (strcmp(rule, "allow") != 0) {
        return refuse(reading,
                      "'%s' is not a rule: a line is allow PROTO ADDRESS:PORT [PROGRAM] "
                      "[user=NAME], or begins with #",
                      rule);
    }
    enum psc_status status = next_word(reading, &protocol);
    if (status != PSC_OK) {
        return status;
    }
    if (protocol.text == NULL) {
        return refuse(reading, "'%s' needs more behind it: allow PROTO ADDRESS:PORT", rule);
    }
    status = read_protocol(reading, entry, protocol.text);
    if (status == PSC_OK) {
        status = next_word(reading, &where);
    }
    if (status != PSC_OK) {
        return status;
    }
    if (where.text == NULL) {
        return refuse(reading, "'%s' needs more behind it: allow PROTO ADDRESS:PORT",
                      protocol.text);
    }
    status = read_where(reading, entry, where.text);
    return status == PSC_OK ? read_rest(reading, entry) : status;
}

static bool has_control(const char *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            return true;
        }
    }
    return false;
}

// Reads one line, without its end; what it says goes to the end of the policy.
static enum psc_status read_line(struct psc_policy *policy, struct reading *reading) {
    size_t size = (size_t)(reading->end - reading->at);
    struct word rule;
    if (has_control(reading->at, size)) {
        int shown = size < 60 ? (int)size : 60;
        return refuse(reading, "'%.*s' has a control character in it: write it as \\x1b in quotes",
                      shown, reading->at);
    }
    // Words become no longer by being read, and each is followed by a blank or by the end.
    char *words = malloc(size + 8);
    if (words == NULL) {
        return psc_no_memory(reading->error);
    }
    struct psc_policy_entry entry = {.line = reading->line, .words = words};
    bool taken = false;
    reading->to = words;
    enum psc_status status = next_word(reading, &rule);
    bool empty = status == PSC_OK && rule.text == NULL;
    if (status == PSC_OK && !empty) {
        status = read_words(reading, &entry, rule.text);
    }
    if (status == PSC_OK && !empty) {
        taken = policy_write(&entry) == PSC_OK && policy_add(policy, &entry) == PSC_OK;
        status = taken ? PSC_OK : psc_no_memory(reading->error);
    }
    if (!taken) {
        free(entry.text);
        free(words);
    }
    return status;
}

enum psc_status psc_policy_parse(struct psc_policy *policy, const char *bytes, size_t size,
                                 const char *file, struct psc_error *error) {
    struct reading reading = {.file = file, .error = error};
    const char *end = bytes + size;
    enum psc_status status = PSC_OK;
    while (status == PSC_OK && bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        reading.line++;
        reading.at = bytes;
        reading.end = newline != NULL ? newline : end;
        bytes = newline != NULL ? newline + 1 : end;
        if (reading.end > reading.at && reading.end[-1] == '\r') {
            reading.end--;
        }
        status = read_line(policy, &reading);
    }
    if (status != PSC_OK) {
        psc_policy_done(policy);
    }
    return status;
}
