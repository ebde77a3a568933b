// policy_text.c - entries of a policy as text.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/policy_data.h"
#include "base/text.h"

// Text that grows; `bytes` becomes NULL when memory is out, and stays so.
struct growing {
    char *bytes;
    size_t size, capacity;
};

static bool growing_init(struct growing *text) {
    *text = (struct growing){.bytes = malloc(64), .capacity = 64};
    return text->bytes != NULL;
}

// Keeps room for a NUL.
static void put(struct growing *text, const char *bytes, size_t size) {
    if (text->bytes == NULL) {
        return;
    }
    if (text->capacity - text->size <= size) {
        size_t larger = 2 * text->capacity + size;
        char *grown = realloc(text->bytes, larger);
        if (grown == NULL) {
            free(text->bytes);
            text->bytes = NULL;
            return;
        }
        text->bytes = grown;
        text->capacity = larger;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

static void put_text(struct growing *text, const char *string) {
    put(text, string, strlen(string));
}

PSC_PRINTF(2, 3)
static void put_format(struct growing *text, const char *format, ...) {
    char buffer[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    put_text(text, buffer);
}

// Characters that mean nothing in a policy, so that a word of them needs no quotes.
static bool is_bare(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("._+-@:/,~%=[]", c) != NULL);
}

static bool is_bare_word(const char *word) {
    size_t at = 0;
    while (is_bare(word[at])) {
        at++;
    }
    return at > 0 && word[at] == '\0';
}

static void put_quoted(struct growing *text, const char *word) {
    size_t size = strlen(word);
    put_text(text, "\"");
    while (size > 0) {
        uint32_t point;
        size_t used = psc_text_decode(word, size, &point);
        bool escaped = point == '"' || point == '\\';
        if (escaped || (point != PSC_TEXT_INVALID && psc_text_is_printable(point))) {
            put(text, "\\", escaped);
            put(text, word, used);
        } else {
            for (size_t i = 0; i < used; i++) {
                put_format(text, "\\x%02x", (unsigned char)word[i]);
            }
        }
        word += used;
        size -= used;
    }
    put_text(text, "\"");
}

// A name that could be mistaken for a pattern or for another word is quoted.
static void put_name(struct growing *text, const char *name, bool pattern) {
    bool special =
        !is_bare_word(name) || strchr(name, '[') != NULL || strncmp(name, "user=", 5) == 0;
    if (pattern || !special) {
        put_text(text, name);
    } else {
        put_quoted(text, name);
    }
}

static void put_network(struct growing *text, const struct psc_policy_entry *entry) {
    char written[PSC_ADDRESS_TEXT];
    struct psc_address address = entry->network.prefix;
    unsigned bits = entry->network.bits;
    if (!entry->ipv6) {
        address = psc_address_unmap(&address);
        bits -= 96;
    }
    psc_address_format(&address, entry->ipv6, written);
    put_text(text, entry->ipv6 ? "[" : "");
    put_text(text, written);
    if (entry->zone != NULL) {
        put_text(text, "%");
        put_text(text, entry->zone);
    }
    put_text(text, entry->ipv6 ? "]" : "");
    if (bits != (entry->ipv6 ? 128U : 32U)) {
        put_format(text, "/%u", bits);
    }
}

static void put_ports(struct growing *text, const struct psc_policy_entry *entry) {
    if (entry->first_port == 0 && entry->last_port == UINT16_MAX) {
        put_text(text, ":*");
    } else if (entry->first_port == entry->last_port) {
        put_format(text, ":%u", entry->first_port);
    } else {
        put_format(text, ":%u-%u", entry->first_port, entry->last_port);
    }
}

static void put_where(struct growing *text, const struct psc_policy_entry *entry) {
    struct growing where;
    if (!growing_init(&where)) {
        free(text->bytes);
        text->bytes = NULL;
        return;
    }
    if (entry->where == PSC_POLICY_NETWORK) {
        put_network(&where, entry);
    } else {
        put_text(&where,
                 entry->where == PSC_POLICY_ANYWHERE ? "*" : psc_exposure_word(entry->exposure));
    }
    put_ports(&where, entry);
    if (where.bytes == NULL) {
        free(text->bytes);
        text->bytes = NULL;
        return;
    }
    // Only the name of an interface can bring in what needs quotes.
    if (entry->zone == NULL || is_bare_word(entry->zone)) {
        put_text(text, where.bytes);
    } else {
        put_quoted(text, where.bytes);
    }
    free(where.bytes);
}

enum psc_status policy_write(struct psc_policy_entry *entry) {
    struct growing text;
    if (!growing_init(&text)) {
        return PSC_NO_MEMORY;
    }
    put_text(&text, entry->protocols == PSC_PROTOCOLS_TCP   ? "allow tcp "
                    : entry->protocols == PSC_PROTOCOLS_UDP ? "allow udp "
                                                            : "allow * ");
    put_where(&text, entry);
    if (entry->program != NULL) {
        put_text(&text, " ");
        put_name(&text, entry->program, entry->pattern);
    }
    if (entry->user != NULL) {
        put_text(&text, " user=");
        put_name(&text, entry->user, false);
    }
    entry->text = text.bytes;
    return text.bytes != NULL ? PSC_OK : PSC_NO_MEMORY;
}

enum psc_status psc_policy_format(const struct psc_policy *policy, char **text,
                                  struct psc_error *error) {
    struct growing written;
    *text = NULL;
    if (!growing_init(&written)) {
        return psc_no_memory(error);
    }
    written.bytes[0] = '\0';
    for (size_t i = 0; i < policy->count; i++) {
        put_text(&written, policy->entries[i].text);
        put_text(&written, "\n");
    }
    *text = written.bytes;
    return *text != NULL ? PSC_OK : psc_no_memory(error);
}
