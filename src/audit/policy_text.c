// policy_text.c - entries of a policy as text.
#include <string.h>

#include "audit/policy_data.h"
#include "base/number.h"
#include "base/strbuf.h"
#include "base/text.h"

// Characters that mean nothing in a policy, so that a word of them needs no quotes.
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
    bool special =
        !is_bare_word(name) || strchr(name, '[') != NULL || strncmp(name, "user=", 5) == 0;
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
    if (entry->first_port == 0 && entry->last_port == UINT16_MAX) {
        psc_strbuf_add_text(text, ":*");
    } else if (entry->first_port == entry->last_port) {
        psc_strbuf_add_format(text, ":%u", entry->first_port);
    } else {
        psc_strbuf_add_format(text, ":%u-%u", entry->first_port, entry->last_port);
    }
}

static void put_where(struct psc_strbuf *text, const struct psc_policy_entry *entry) {
    struct psc_strbuf where = {0};
    if (entry->where == PSC_POLICY_NETWORK) {
        put_network(&where, entry);
    } else {
        psc_strbuf_add_text(
            &where, entry->where == PSC_POLICY_ANYWHERE ? "*" : psc_exposure_word(entry->exposure));
    }
    put_ports(&where, entry);
    // Only the name of an interface can bring in what needs quotes.
    if (where.failed) {
        text->failed = true;
    } else if (entry->zone == NULL || is_bare_word(entry->zone)) {
        psc_strbuf_add_text(text, where.bytes);
    } else {
        put_quoted(text, where.bytes);
    }
    psc_strbuf_done(&where);
}

enum psc_status policy_write(struct psc_policy_entry *entry) {
    struct psc_strbuf text = {0};
    psc_strbuf_add_text(&text, entry->protocols == PSC_PROTOCOLS_TCP   ? "allow tcp "
                               : entry->protocols == PSC_PROTOCOLS_UDP ? "allow udp "
                                                                       : "allow * ");
    put_where(&text, entry);
    if (entry->program != NULL) {
        psc_strbuf_add_text(&text, " ");
        put_name(&text, entry->program, entry->pattern);
    }
    if (entry->user != NULL) {
        psc_strbuf_add_text(&text, " user=");
        put_name(&text, entry->user, false);
    }
    entry->text = psc_strbuf_detach(&text);
    return entry->text != NULL ? PSC_OK : PSC_NO_MEMORY;
}

enum psc_status psc_policy_format(const struct psc_policy *policy, char **text,
                                  struct psc_error *error) {
    struct psc_strbuf written = {0};
    for (size_t i = 0; i < policy->count; i++) {
        psc_strbuf_add_text(&written, policy->entries[i].text);
        psc_strbuf_add_text(&written, "\n");
    }
    *text = psc_strbuf_detach(&written);
    return *text != NULL ? PSC_OK : psc_no_memory(error);
}
