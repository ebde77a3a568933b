// netstat_row.c - endpoints from the words that netstat prints.
#include "support/netstat_row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/address.h"

_Noreturn static void give_up(const char *text) {
    fprintf(stderr, "not a row: %s\n", text);
    abort();
}

// Reads `1.2.3.4:80`, `[fe80::1%5]:80` or `0.0.0.0%2:68`; takes the text apart.
static void read_end(char *text, struct psc_address *address, uint16_t *port, uint32_t *zone) {
    char *colon = strrchr(text, ':');
    if (colon == NULL) {
        give_up(text);
    }
    *port = (uint16_t)strtoul(colon + 1, NULL, 10);
    *colon = '\0';
    if (text[0] == '[') {
        text++;
        colon[-1] = '\0';
    }
    char *percent = strchr(text, '%');
    if (percent != NULL) {
        *zone = (uint32_t)strtoul(percent + 1, NULL, 10);
        *percent = '\0';
    }
    bool ipv6;
    if (!psc_address_parse(text, address, &ipv6)) {
        give_up(text);
    }
}

static uint8_t read_state(const char *word, uint8_t *number) {
    if (strncmp(word, "UNKNOWN(", 8) == 0) {
        *number = (uint8_t)strtoul(word + 8, NULL, 10);
        return PSC_STATE_UNKNOWN;
    }
    for (enum psc_state state = PSC_STATE_CLOSED; state < PSC_STATE_UNKNOWN; state++) {
        if (strcmp(word, psc_state_word(state)) == 0) {
            return (uint8_t)state;
        }
    }
    give_up(word);
}

struct psc_endpoint netstat_row(const char *text) {
    struct psc_endpoint row = {.protocol = PSC_PROTOCOL_TCP4};
    char protocol[8] = "";
    char local[64] = "";
    char remote[64] = "";
    char state[32] = "";
    uint32_t ignored;
    if (sscanf(text, "%7s %63s %63s %31s", protocol, local, remote, state) < 3) {
        give_up(text);
    }
    bool udp = strcmp(protocol, "UDP") == 0;
    bool ipv6 = local[0] == '[';
    bool peer = strcmp(remote, "*:*") != 0;
    row.protocol = (uint8_t)((udp ? PSC_PROTOCOL_UDP4 : PSC_PROTOCOL_TCP4) + (ipv6 ? 1 : 0));
    row.state = udp ? (peer ? PSC_STATE_UDP_CONNECTED : PSC_STATE_UDP_UNCONNECTED)
                    : read_state(state, &row.state_number);
    read_end(local, &row.local, &row.local_port, &row.ifindex);
    if (peer) {
        read_end(remote, &row.remote, &row.remote_port, &ignored);
    }
    return row;
}
