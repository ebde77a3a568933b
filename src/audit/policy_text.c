// policy_text.c - a policy as text: reads lines word by word, and writes each line in one form.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/policy.h"
#include "base/array.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/text.h"

// Reading words ------------------------------------------------------------------------------------

// One line. Its words are copied to `to` without quotes and escapes, each with a NUL.
struct policy_parser {
    const char *file;
    size_t line;
    const char *at, *end; // what is left of the line
    char *to;
    enum psc_status status; // of the first failure
    struct psc_error *error;
};

struct word {
    char *text; // NULL: there is no more, or reading failed
    bool quoted;
    bool is_user; // it was `user=`, and the text is what follows
};

PSC_PRINTF(2, 3)
static void refuse(struct policy_parser *parser, const char *format, ...) {
    char sentence[sizeof parser->error->text];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    parser->status =
        psc_fail(parser->error, PSC_USAGE, "%s:%zu: %s", parser->file, parser->line, sentence);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

// How much of a text is quoted in a sentence.
static int shown(const char *from, const char *end, int most) {
    return end - from < most ? (int)(end - from) : most;
}

// Reads what follows a backslash.
static bool read_escape(struct policy_parser *parser) {
    const char *at = parser->at;
    if (parser->end - at >= 3 && at[0] == 'x' && psc_hex_digit(at[1]) >= 0 &&
        psc_hex_digit(at[2]) >= 0 && (at[1] != '0' || at[2] != '0')) {
        *parser->to++ = (char)(psc_hex_digit(at[1]) << 4 | psc_hex_digit(at[2]));
        parser->at += 3;
        return true;
    }
    if (at < parser->end && (*at == '"' || *at == '\\')) {
        *parser->to++ = *parser->at++;
        return true;
    }
    refuse(parser, "'\\%.*s' is not an escape; use \\\", \\\\ or \\x01 to \\xff in quotes",
           shown(at, parser->end, 3), at);
    return false;
}

static bool read_quoted(struct policy_parser *parser) {
    const char *begin = parser->at++;
    while (parser->at < parser->end && *parser->at != '"') {
        if (*parser->at != '\\') {
            *parser->to++ = *parser->at++;
            continue;
        }
        parser->at++;
        if (!read_escape(parser)) {
            return false;
        }
    }
    if (parser->at == parser->end) {
        refuse(parser, "'%.*s' has no closing quote", shown(begin, parser->end, 60), begin);
        return false;
    }
    parser->at++;
    if (parser->at < parser->end && !is_blank(*parser->at)) {
        refuse(parser, "'%.*s' continues after its closing quote", shown(begin, parser->end, 60),
               begin);
        return false;
    }
    return true;
}

static struct word next_word(struct policy_parser *parser) {
    static const char user[] = "user=";
    const size_t size = sizeof user - 1;
    struct word word = {.text = NULL};
    while (parser->at < parser->end && is_blank(*parser->at)) {
        parser->at++;
    }
    if (parser->status != PSC_OK || parser->at == parser->end || *parser->at == '#') {
        return word;
    }
    char *text = parser->to;
    word.is_user =
        (size_t)(parser->end - parser->at) >= size && memcmp(parser->at, user, size) == 0;
    parser->at += word.is_user ? size : 0;
    word.quoted = parser->at < parser->end && *parser->at == '"';
    if (word.quoted && !read_quoted(parser)) {
        return word;
    }
    while (parser->at < parser->end && !is_blank(*parser->at)) {
        *parser->to++ = *parser->at++;
    }
    *parser->to++ = '\0';
    if (!word.quoted && strchr(text, '"') != NULL) {
        refuse(parser, "'%s' has a quote inside; quote the whole word", text);
        return word;
    }
    word.text = text;
    return word;
}

// Reading lines ------------------------------------------------------------------------------------

static bool read_ports(struct psc_policy_entry *entry, const char *text) {
    if (strcmp(text, "*") == 0) {
        entry->ports = (struct psc_port_range){0, UINT16_MAX};
        return true;
    }
    return psc_port_range_read(&text, &entry->ports) && *text == '\0';
}

static bool read_exposure(struct psc_policy_entry *entry, const char *word) {
    for (enum psc_exposure i = PSC_EXPOSURE_LOOPBACK; i <= PSC_EXPOSURE_ALL; i++) {
        if (strcmp(word, psc_exposure_word(i)) == 0) {
            entry->scope = PSC_POLICY_EXPOSURE;
            entry->exposure = i;
            return true;
        }
    }
    return false;
}

// `10.0.0.1`, `10.0.0.0/8`, `0.0.0.0%eth0`, `[fe80::1%eth0]`. The zone stays where it is.
static bool read_network(struct psc_policy_entry *entry, char *text) {
    char address[PSC_ADDRESS_TEXT + sizeof "[]/128"];
    size_t length = strcspn(text, "%");
    bool scoped = text[length] == '%';
    entry->scope = PSC_POLICY_NETWORK;
    entry->ipv6 = text[0] == '[';
    const char *closing = scoped && entry->ipv6 ? "]" : "";
    int size = snprintf(address, sizeof address, "%.*s%s", (int)length, text, closing);
    if (size < 0 || (size_t)size >= sizeof address ||
        (strchr(address, ':') != NULL) != entry->ipv6 ||
        !psc_network_parse(address, &entry->network)) {
        return false;
    }
    if (!scoped) {
        return true;
    }
    // A socket on an interface has one address, so that no /BITS may be there.
    char *zone = text + length + 1;
    size_t rest = strlen(zone);
    size_t end = rest - strlen(closing);
    if (end == 0 || end > rest || strchr(zone, '/') != NULL || strchr(address, '/') != NULL ||
        strcmp(zone + end, closing) != 0) {
        return false;
    }
    zone[end] = '\0';
    entry->zone = zone;
    return true;
}

static void read_address(struct policy_parser *parser, struct psc_policy_entry *entry,
                         char *address) {
    char *colon = strrchr(address, ':');
    if (colon == NULL) {
        refuse(parser, "'%s' has no port; write it as ADDRESS:PORT", address);
        return;
    }
    if (!read_ports(entry, colon + 1)) {
        refuse(parser, "'%s' is not a port; use 0 to 65535, a range like 8000-8100, or *",
               colon + 1);
        return;
    }
    *colon = '\0';
    if (strcmp(address, "*") != 0 && !read_exposure(entry, address) &&
        !read_network(entry, address)) {
        refuse(parser,
               "'%s' is not an address; use one like 0.0.0.0, [::] or [fe80::1%%eth0], a network "
               "like 10.0.0.0/8 or [fd00::]/8, or loopback, link, address, all or *",
               address);
    }
}

static void read_protocol(struct policy_parser *parser, struct psc_policy_entry *entry,
                          const char *word) {
    entry->protocols = strcmp(word, "tcp") == 0   ? PSC_PROTOCOLS_TCP
                       : strcmp(word, "udp") == 0 ? PSC_PROTOCOLS_UDP
                       : strcmp(word, "*") == 0   ? PSC_PROTOCOLS_ALL
                                                  : 0;
    if (entry->protocols == 0) {
        refuse(parser, "'%s' is not a protocol; use tcp, udp or *", word);
    }
}

// The program and the user, in any order.
static void read_holder(struct policy_parser *parser, struct psc_policy_entry *entry) {
    struct word word;
    while ((word = next_word(parser)).text != NULL) {
        const char **field = word.is_user ? &entry->user : &entry->program;
        if (*field != NULL || (!word.is_user && entry->unowned)) {
            refuse(parser, "'%s%s' is one word too many; there already is a %s",
                   word.is_user ? "user=" : "", word.text, word.is_user ? "user" : "program");
        } else if (word.is_user && word.text[0] == '\0') {
            refuse(parser, "'user=' needs a name");
        } else if (!word.is_user && !word.quoted && strcmp(word.text, "-") == 0) {
            entry->unowned = true;
        } else {
            *field = word.text;
            entry->pattern |= !word.is_user && !word.quoted && strpbrk(word.text, "*?[") != NULL;
        }
    }
}

// Reads a word that must be there.
static char *need_word(struct policy_parser *parser, const char *before) {
    struct word word = next_word(parser);
    if (word.text == NULL && parser->status == PSC_OK) {
        refuse(parser, "'%s' is incomplete; write allow PROTO ADDRESS:PORT", before);
    }
    return word.text;
}

static void read_words(struct policy_parser *parser, struct psc_policy_entry *entry,
                       const char *rule) {
    if (strcmp(rule, "allow") != 0) {
        refuse(parser,
               "'%s' is not a rule; a line is allow PROTO ADDRESS:PORT [PROGRAM] [user=NAME], or "
               "begins with #",
               rule);
        return;
    }
    const char *protocol = need_word(parser, rule);
    if (protocol == NULL) {
        return;
    }
    read_protocol(parser, entry, protocol);
    char *address = parser->status == PSC_OK ? need_word(parser, protocol) : NULL;
    if (address != NULL) {
        read_address(parser, entry, address);
        read_holder(parser, entry);
    }
}

static bool has_control(const char *at, const char *end) {
    for (; at < end; at++) {
        if (((unsigned char)*at < 0x20 && *at != '\t') || *at == 0x7f) {
            return true;
        }
    }
    return false;
}

// Adds an entry, and on success takes its words.
static bool add_entry(struct psc_policy *policy, struct psc_policy_entry *entry) {
    entry->text = psc_policy_entry_text(entry);
    if (entry->text == NULL ||
        !PSC_ARRAY_RESERVE(policy->entries, policy->capacity, policy->count + 1)) {
        free(entry->text);
        return false;
    }
    policy->entries[policy->count++] = *entry;
    entry->words = NULL;
    return true;
}

// Reads one line, and adds the entry in it to the policy.
static void read_line(struct psc_policy *policy, struct policy_parser *parser) {
    if (has_control(parser->at, parser->end)) {
        refuse(parser, "'%.*s' has a control character; write it as \\x1b in quotes",
               shown(parser->at, parser->end, 60), parser->at);
        return;
    }
    // No word is longer than its source, and each is followed by a blank or by the end.
    struct psc_policy_entry entry = {.line = parser->line};
    entry.words = malloc((size_t)(parser->end - parser->at) + 8);
    if (entry.words == NULL) {
        parser->status = psc_no_memory(parser->error);
        return;
    }
    parser->to = entry.words;
    struct word rule = next_word(parser);
    if (rule.text != NULL) {
        read_words(parser, &entry, rule.text);
    }
    if (rule.text != NULL && parser->status == PSC_OK && !add_entry(policy, &entry)) {
        parser->status = psc_no_memory(parser->error);
    }
    free(entry.words);
}

enum psc_status psc_policy_parse(struct psc_policy *policy, const char *bytes, size_t size,
                                 const char *file, struct psc_error *error) {
    static const char mark[] = "\xef\xbb\xbf"; // of UTF-8; editors on Windows write it
    struct policy_parser parser = {.file = file, .error = error};
    const char *end = bytes + size;
    bytes += size >= 3 && memcmp(bytes, mark, 3) == 0 ? 3 : 0;
    while (parser.status == PSC_OK && bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        parser.line++;
        parser.at = bytes;
        parser.end = newline != NULL ? newline : end;
        bytes = newline != NULL ? newline + 1 : end;
        if (parser.end > parser.at && parser.end[-1] == '\r') {
            parser.end--;
        }
        read_line(policy, &parser);
    }
    if (parser.status != PSC_OK) {
        psc_policy_done(policy);
    }
    return parser.status;
}

// Writing ------------------------------------------------------------------------------------------

// Characters without a meaning in a policy: a word of them needs no quotes.
static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || psc_is_digit(c) ||
           (c != '\0' && strchr("._+-@:/,~%=[]", c) != NULL);
}

static bool is_bare_word(const char *word) {
    size_t at = 0;
    while (is_bare(word[at])) {
        at++;
    }
    return at > 0 && word[at] == '\0';
}

static void put_quoted(struct psc_strbuf *text, const char *word) {
    size_t size = strlen(word);
    psc_strbuf_add_text(text, "\"");
    while (size > 0) {
        uint32_t point;
        size_t used = psc_text_decode(word, size, &point);
        bool escaped = point == '"' || point == '\\';
        if (escaped || (point != PSC_TEXT_INVALID && psc_text_is_printable(point))) {
            psc_strbuf_add(text, "\\", escaped);
            psc_strbuf_add(text, word, used);
        } else {
            for (size_t i = 0; i < used; i++) {
                psc_strbuf_add_format(text, "\\x%02x", (unsigned char)word[i]);
            }
        }
        word += used;
        size -= used;
    }
    psc_strbuf_add_text(text, "\"");
}

// A name that could be mistaken for a pattern or for another word is quoted.
static void put_name(struct psc_strbuf *text, const char *name, bool pattern) {
    bool special = !is_bare_word(name) || strchr(name, '[') != NULL ||
                   strncmp(name, "user=", 5) == 0 || strcmp(name, "-") == 0;
    if (pattern || !special) {
        psc_strbuf_add_text(text, name);
    } else {
        put_quoted(text, name);
    }
}

static void put_network(struct psc_strbuf *text, const struct psc_policy_entry *entry) {
    char written[PSC_ADDRESS_TEXT];
    struct psc_address address = entry->network.prefix;
    unsigned bits = entry->network.bits;
    if (!entry->ipv6) {
        address = psc_address_unmap(&address);
        bits -= 96;
    }
    psc_address_format(&address, entry->ipv6, written);
    psc_strbuf_add_text(text, entry->ipv6 ? "[" : "");
    psc_strbuf_add_text(text, written);
    if (entry->zone != NULL) {
        psc_strbuf_add_text(text, "%");
        psc_strbuf_add_text(text, entry->zone);
    }
    psc_strbuf_add_text(text, entry->ipv6 ? "]" : "");
    if (bits != (entry->ipv6 ? 128U : 32U)) {
        psc_strbuf_add_format(text, "/%u", bits);
    }
}

static void put_ports(struct psc_strbuf *text, const struct psc_policy_entry *entry) {
    if (entry->ports.first == 0 && entry->ports.last == UINT16_MAX) {
        psc_strbuf_add_text(text, ":*");
    } else if (entry->ports.first == entry->ports.last) {
        psc_strbuf_add_format(text, ":%u", entry->ports.first);
    } else {
        psc_strbuf_add_format(text, ":%u-%u", entry->ports.first, entry->ports.last);
    }
}

static void put_address(struct psc_strbuf *text, const struct psc_policy_entry *entry) {
    struct psc_strbuf address = {0};
    if (entry->scope == PSC_POLICY_NETWORK) {
        put_network(&address, entry);
    } else {
        psc_strbuf_add_text(
            &address, entry->scope == PSC_POLICY_ANY ? "*" : psc_exposure_word(entry->exposure));
    }
    put_ports(&address, entry);
    // Only the name of an interface can contain what needs quotes.
    if (address.failed) {
        text->failed = true;
    } else if (entry->zone == NULL || is_bare_word(entry->zone)) {
        psc_strbuf_add_text(text, address.bytes);
    } else {
        put_quoted(text, address.bytes);
    }
    psc_strbuf_done(&address);
}

char *psc_policy_entry_text(const struct psc_policy_entry *entry) {
    struct psc_strbuf text = {0};
    psc_strbuf_add_text(&text, entry->protocols == PSC_PROTOCOLS_TCP   ? "allow tcp "
                               : entry->protocols == PSC_PROTOCOLS_UDP ? "allow udp "
                                                                       : "allow * ");
    put_address(&text, entry);
    if (entry->unowned) {
        psc_strbuf_add_text(&text, " -");
    }
    if (entry->program != NULL) {
        psc_strbuf_add_text(&text, " ");
        put_name(&text, entry->program, entry->pattern);
    }
    if (entry->user != NULL) {
        psc_strbuf_add_text(&text, " user=");
        put_name(&text, entry->user, false);
    }
    return psc_strbuf_detach(&text);
}
