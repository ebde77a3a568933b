// row_compare.c - rows as text.
#include "support/row_compare.h"

#include <arpa/inet.h>
#include <net/if.h>

#include "support/test.h"

#define LINE_SIZE 1400
#define MOST_OWNERS 64

struct row *rows_add(struct rows *rows) {
    if (rows->count == rows->capacity) {
        rows->capacity = rows->capacity == 0 ? 64 : rows->capacity * 2;
        rows->list = realloc(rows->list, rows->capacity * sizeof *rows->list);
        assert_non_null(rows->list);
    }
    struct row *row = &rows->list[rows->count++];
    *row = (struct row){.protocol = ""};
    return row;
}

void rows_done(struct rows *rows) {
    free(rows->list);
    *rows = (struct rows){.count = 0};
}

// inet_ntop() and not our own formatter, so that the two check each other.
static void set_end(char *text, size_t size, const struct psc_endpoint *endpoint,
                    const struct psc_address *address, uint16_t port, uint32_t zone) {
    bool ipv6 = psc_endpoint_is_ipv6(endpoint);
    char host[INET6_ADDRSTRLEN];
    char name[IF_NAMESIZE] = "";
    assert_non_null(inet_ntop(ipv6 ? AF_INET6 : AF_INET, address->bytes, host, sizeof host));
    if (zone != 0) {
        assert_non_null(if_indextoname(zone, name));
    }
    snprintf(text, size, "%s%s%s%s%s:%u", ipv6 ? "[" : "", host, zone != 0 ? "%" : "", name,
             ipv6 ? "]" : "", port);
}

void row_set_endpoint(struct row *row, const struct psc_endpoint *endpoint) {
    bool udp = endpoint->protocol == PSC_PROTOCOL_UDP4 || endpoint->protocol == PSC_PROTOCOL_UDP6;
    bool peer = endpoint->remote_port != 0;
    bool link_local = endpoint->remote.bytes[0] == 0xfe && endpoint->remote.bytes[1] == 0x80;
    snprintf(row->protocol, sizeof row->protocol, "%s", udp ? "udp" : "tcp");
    set_end(row->local, sizeof row->local, endpoint, &endpoint->local, endpoint->local_port,
            endpoint->ifindex);
    if (peer) {
        set_end(row->remote, sizeof row->remote, endpoint, &endpoint->remote, endpoint->remote_port,
                link_local ? endpoint->ifindex : 0);
    } else {
        snprintf(row->remote, sizeof row->remote, "*");
    }
    snprintf(row->state, sizeof row->state, "%s", psc_state_word(endpoint->state));
    snprintf(row->queues, sizeof row->queues, "%u/%u", endpoint->recv_queue, endpoint->send_queue);
    snprintf(row->socket, sizeof row->socket, "uid=%u inode=%llu", endpoint->uid,
             (unsigned long long)endpoint->inode);
    snprintf(row->v6only, sizeof row->v6only, "%s",
             (endpoint->known & PSC_KNOWN_V6ONLY) == 0 ? "-"
             : endpoint->v6only                        ? "1"
                                                       : "0");
}

void row_assert_known(const struct psc_endpoint *endpoint, bool by_netlink) {
    const uint32_t without_peer = PSC_STATE_BIT(PSC_STATE_LISTENING) |
                                  PSC_STATE_BIT(PSC_STATE_BOUND) |
                                  PSC_STATE_BIT(PSC_STATE_UDP_UNCONNECTED);
    bool held = endpoint->inode != 0; // by a file
    bool v6only = by_netlink && psc_endpoint_is_ipv6(endpoint) &&
                  (PSC_STATE_BIT(endpoint->state) & without_peer) != 0;
    bool limit = by_netlink || endpoint->state != PSC_STATE_LISTENING;
    uint32_t known = PSC_KNOWN_RECV_QUEUE | (limit ? PSC_KNOWN_SEND_QUEUE : 0) |
                     (endpoint->state != PSC_STATE_SYN_RECEIVED ? PSC_KNOWN_INODE : 0) |
                     (by_netlink ? PSC_KNOWN_COOKIE : 0) |
                     (held ? PSC_KNOWN_UID : PSC_KNOWN_OWNERS) | (v6only ? PSC_KNOWN_V6ONLY : 0);
    assert_int_equal(endpoint->known, known);
    assert_int_equal(endpoint->cookie != 0, by_netlink);
    assert_int_equal(endpoint->state_number, 0);
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void row_set_owners(struct row *row, const char *words) {
    char copy[sizeof row->owners];
    char *list[MOST_OWNERS];
    size_t count = 0;
    size_t used = 0;
    snprintf(copy, sizeof copy, "%s", words);
    char *rest = copy;
    for (char *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        assert_true(count < MOST_OWNERS);
        list[count++] = word;
    }
    qsort(list, count, sizeof *list, compare_texts);
    row->owners[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(list[i], list[i - 1]) != 0) {
            used += (size_t)snprintf(row->owners + used, sizeof row->owners - used, "%s%s",
                                     used > 0 ? " " : "", list[i]);
        }
    }
}

void rows_add_snapshot_row(struct rows *rows, const struct psc_snapshot *snapshot, size_t index) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(snapshot, index);
    struct psc_owners owners = psc_snapshot_owners(snapshot, index);
    char words[sizeof((struct row *)NULL)->owners] = "";
    size_t used = 0;
    for (size_t owner = 0; owner < owners.count; owner++) {
        used += (size_t)snprintf(words + used, sizeof words - used, " %u",
                                 psc_snapshot_process(snapshot, owners.processes[owner])->pid);
        assert_true(used < sizeof words);
    }
    bool hidden = owners.count == 0 && (endpoint->known & PSC_KNOWN_OWNERS) == 0;
    struct row *row = rows_add(rows);
    row_set_endpoint(row, endpoint);
    row_set_owners(row, hidden ? "-" : words);
}

void rows_add_snapshot(struct rows *rows, const struct psc_snapshot *snapshot) {
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        rows_add_snapshot_row(rows, snapshot, i);
    }
}

// Files -------------------------------------------------------------------------------------------

void rows_write(const struct rows *rows, const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->list[i];
        fprintf(file, "%s %s %s %s %s %s %s\n", row->protocol, row->local, row->remote,
                row->state[0] != '\0' ? row->state : "-", row->queues, row->v6only, row->socket);
    }
    assert_int_equal(fclose(file), 0);
}

void rows_read(struct rows *rows, const char *path) {
    FILE *file = fopen(path, "r");
    struct row row = {.owners = ""};
    assert_non_null(file);
    while (fscanf(file, "%7s %95s %95s %15s %31s %7s %47[^\n]", row.protocol, row.local, row.remote,
                  row.state, row.queues, row.v6only, row.socket) == 7) {
        if (row.state[0] == '-') {
            row.state[0] = '\0';
        }
        *rows_add(rows) = row;
    }
    assert_true(feof(file));
    fclose(file);
}

// Comparing ---------------------------------------------------------------------------------------

// `0.0.0.0%lo:80` and `[::1%lo]:80` without the zone.
static void drop_zone(char *end, unsigned parts) {
    char *zone = strchr(end, '%');
    unsigned part = strncmp(end, "[fe80", 5) == 0 ? ROW_ZONE : ROW_ZONE | ROW_DEVICE;
    if (zone != NULL && (parts & part) != part) {
        const char *rest = zone + strcspn(zone, "]:");
        memmove(zone, rest, strlen(rest) + 1);
    }
}

static void drop_mapping(char *end) {
    static const char prefix[] = "[::ffff:";
    if (strncmp(end, prefix, sizeof prefix - 1) == 0 && strchr(end, '.') != NULL) {
        memmove(end, end + sizeof prefix - 1, strlen(end + sizeof prefix - 1) + 1);
        char *bracket = strchr(end, ']');
        memmove(bracket, bracket + 1, strlen(bracket));
    }
}

static char *line_of(const struct row *source, unsigned parts) {
    struct row row = *source;
    drop_zone(row.local, parts);
    drop_zone(row.remote, parts);
    if ((parts & ROW_MAPPED) == 0) {
        drop_mapping(row.local);
        drop_mapping(row.remote);
    }
    if ((parts & ROW_LISTENER_LIMIT) == 0 && strcmp(row.state, "LISTENING") == 0) {
        row.queues[strcspn(row.queues, "/")] = '\0';
    }
    char *line = malloc(LINE_SIZE);
    assert_non_null(line);
    bool queues = (parts & ROW_QUEUES) != 0;
    bool owners = (parts & ROW_OWNERS) != 0;
    snprintf(line, LINE_SIZE, "%s %s %s %s%s%s%s%s %s%s%s", row.protocol, row.local, row.remote,
             row.state, queues ? " queues " : "", queues ? row.queues : "",
             (parts & ROW_V6ONLY) != 0 ? " v6only " : "",
             (parts & ROW_V6ONLY) != 0 ? row.v6only : "",
             (parts & ROW_SOCKET) != 0 ? row.socket : "", owners ? " owners " : "",
             owners ? row.owners : "");
    return line;
}

static char **sorted_lines(const struct rows *rows, unsigned parts) {
    char **lines = malloc((rows->count + 1) * sizeof *lines);
    assert_non_null(lines);
    for (size_t i = 0; i < rows->count; i++) {
        lines[i] = line_of(&rows->list[i], parts);
    }
    qsort(lines, rows->count, sizeof *lines, compare_texts);
    return lines;
}

static void free_lines(char **lines, size_t count) {
    for (size_t i = 0; i < count; i++) {
        free(lines[i]);
    }
    free(lines);
}

void rows_assert_equal(const struct rows *actual, const struct rows *expected, unsigned parts,
                       const char *title) {
    char **left = sorted_lines(expected, parts);
    char **right = sorted_lines(actual, parts);
    size_t differences = 0;
    for (size_t i = 0, j = 0; i < expected->count || j < actual->count;) {
        int order = i == expected->count ? 1 : j == actual->count ? -1 : strcmp(left[i], right[j]);
        if (order != 0) {
            print_error("%s: %s %s\n", title, order < 0 ? "missing" : "not expected",
                        order < 0 ? left[i] : right[j]);
            differences++;
        }
        i += order <= 0;
        j += order >= 0;
    }
    free_lines(left, expected->count);
    free_lines(right, actual->count);
    assert_int_equal(differences, 0);
}
