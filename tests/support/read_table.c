// read_table.c - lines of other programs' tables, and of ours, to rows.
#include "support/read_table.h"

#include "support/test.h"

#define MOST_FIELDS 12

static size_t split(char *line, const char *separators, char *fields[MOST_FIELDS]) {
    size_t count = 0;
    char *rest = line;
    while (count < MOST_FIELDS && (fields[count] = strtok_r(rest, separators, &rest)) != NULL) {
        count++;
    }
    return count;
}

// The states in the words of Windows, ss and netstat.
static void set_state(struct row *row, const char *word) {
    static const char *const words[][3] = {
        {"LISTENING", "LISTEN", "LISTEN"},
        {"SYN_SENT", "SYN-SENT", "SYN_SENT"},
        {"SYN_RECEIVED", "SYN-RECV", "SYN_RECV"},
        {"ESTABLISHED", "ESTAB", "ESTABLISHED"},
        {"FIN_WAIT_1", "FIN-WAIT-1", "FIN_WAIT1"},
        {"FIN_WAIT_2", "FIN-WAIT-2", "FIN_WAIT2"},
        {"CLOSE_WAIT", "CLOSE-WAIT", "CLOSE_WAIT"},
        {"CLOSING", "CLOSING", "CLOSING"},
        {"LAST_ACK", "LAST-ACK", "LAST_ACK"},
        {"TIME_WAIT", "TIME-WAIT", "TIME_WAIT"},
        {"BOUND", "UNCONN", ""},
    };
    for (size_t i = 0; i < COUNT(words); i++) {
        if (strcmp(word, words[i][1]) == 0 || strcmp(word, words[i][2]) == 0) {
            snprintf(row->state, sizeof row->state, "%s", words[i][0]);
            return;
        }
    }
    fail_msg("what state is %s?", word);
}

static bool ends_in_star(const char *end) {
    return end[strlen(end) - 1] == '*';
}

// ss: `*:80` is an IPv6 wildcard that takes IPv4 too; netstat: `:::80`, `::1:80`.
static void set_end(char *text, size_t size, const char *end, bool ipv6) {
    const char *port = strrchr(end, ':');
    assert_non_null(port);
    int length = (int)(port - end);
    if (ends_in_star(end)) {
        snprintf(text, size, "*");
    } else if (end[0] == '*') {
        snprintf(text, size, "[::%.*s]%s", length - 1, end + 1, port);
    } else if (ipv6 && end[0] != '[' && strchr(end, '.') == NULL) {
        snprintf(text, size, "[%.*s]%s", length, end, port);
    } else {
        snprintf(text, size, "%s", end);
    }
}

// ss writes `[fe80::1]%lo:80`, and for a peer `[fe80::1]:80`: the interface is that of the socket.
static void move_zone(struct row *row) {
    char text[sizeof row->local];
    const char *zone = strstr(row->local, "]%");
    const char *port = strrchr(row->local, ':');
    if (zone != NULL) {
        int length = (int)(port - zone - 1);
        snprintf(text, sizeof text, "%.*s%.*s]%s", (int)(zone - row->local), row->local, length,
                 zone + 1, port);
        if (strncmp(row->remote, "[fe80:", 6) == 0) {
            char *peer = strchr(row->remote, ']');
            char rest[16];
            snprintf(rest, sizeof rest, "%s", peer);
            snprintf(peer, sizeof row->remote - (size_t)(peer - row->remote), "%.*s%s", length,
                     zone + 1, rest);
        }
        memcpy(row->local, text, sizeof text);
    }
}

// users:(("name",pid=1,fd=3),("name",pid=2,tid=5,fd=3))
static void set_users(struct row *row, char *users, bool names) {
    char words[sizeof row->owners] = "";
    size_t used = 0;
    for (char *at = users; (at = strstr(at, "(\"")) != NULL;) {
        char *name = at + 2;
        at = strchr(name, '"');
        assert_non_null(at);
        *at++ = '\0';
        const char *pid = strstr(at, "pid=");
        assert_non_null(pid);
        pid += strlen("pid=");
        used += (size_t)snprintf(words + used, sizeof words - used, " %.*s%s%s",
                                 (int)strcspn(pid, ",)"), pid, names ? "/" : "", names ? name : "");
        assert_true(used < sizeof words);
    }
    row_set_owners(row, words);
}

// Netid State Recv-Q Send-Q Local Peer users
static void add_ss_row(struct rows *rows, char *line, bool names) {
    char *field[MOST_FIELDS];
    size_t count = split(line, " ", field);
    if (count < 6 || strcmp(field[0], "Netid") == 0) {
        return;
    }
    struct row *row = rows_add(rows);
    snprintf(row->protocol, sizeof row->protocol, "%s", field[0]);
    if (strcmp(field[0], "tcp") == 0) {
        set_state(row, field[1]);
    }
    snprintf(row->queues, sizeof row->queues, "%s/%s", field[2], field[3]);
    set_end(row->local, sizeof row->local, field[4], false);
    set_end(row->remote, sizeof row->remote, field[5], false);
    move_zone(row);
    if (count > 6) {
        set_users(row, field[6], names);
    }
}

void read_ss_row(struct rows *rows, char *line) {
    add_ss_row(rows, line, false);
}

void read_ss_row_named(struct rows *rows, char *line) {
    add_ss_row(rows, line, true);
}

// Proto Recv-Q Send-Q Local Foreign State; UDP may have no state
void read_netstat_row(struct rows *rows, char *line) {
    char *field[MOST_FIELDS];
    size_t count = split(line, " ", field);
    bool tcp = count == 6 && strncmp(field[0], "tcp", 3) == 0;
    if (!tcp && !(count >= 5 && strncmp(field[0], "udp", 3) == 0)) {
        return;
    }
    struct row *row = rows_add(rows);
    bool ipv6 = field[0][3] == '6';
    snprintf(row->protocol, sizeof row->protocol, "%.3s", field[0]);
    snprintf(row->queues, sizeof row->queues, "%s/%s", field[1], field[2]);
    set_end(row->local, sizeof row->local, field[3], ipv6);
    set_end(row->remote, sizeof row->remote, field[4], ipv6);
    if (tcp) {
        set_state(row, field[5]);
    }
}

// What means "no peer" in a table.
static void set_peer_or_star(struct row *row, const char *remote) {
    bool peer = strcmp(remote, "*:*") != 0 && strcmp(remote, "0.0.0.0:0") != 0 &&
                strcmp(remote, "[::]:0") != 0;
    snprintf(row->remote, sizeof row->remote, "%s", peer ? remote : "*");
}

// READ_CSV_COLUMNS
void read_csv_row(struct rows *rows, char *line) {
    char *field[MOST_FIELDS];
    size_t count = 0;
    for (char *at; count < MOST_FIELDS && (at = strsep(&line, ",")) != NULL; count++) {
        field[count] = at[0] == '"' ? at + 1 : at;
        field[count][strcspn(field[count], "\"\r")] = '\0';
    }
    if (count != 9 || strcmp(field[0], "protocol") == 0) {
        return;
    }
    struct row *row = rows_add(rows);
    snprintf(row->protocol, sizeof row->protocol, "%s", field[0]);
    snprintf(row->local, sizeof row->local, "%s", field[1]);
    set_peer_or_star(row, field[2]);
    snprintf(row->state, sizeof row->state, "%s", field[3]);
    snprintf(row->queues, sizeof row->queues, "%s/%s", field[4], field[5]);
    snprintf(row->socket, sizeof row->socket, "uid=%s inode=%s", field[6][0] ? field[6] : "0",
             field[7][0] ? field[7] : "0"); // none: no file refers to the socket
    row_set_owners(row, strcmp(field[8], "0") == 0 ? "" : field[8][0] ? field[8] : "-");
}

// The value after `"key": ` as far as the next of `ends`; "" if there is no such key.
static void json_value(const char *line, const char *key, const char *ends, char *value,
                       size_t size) {
    const char *at = strstr(line, key);
    at = at != NULL ? at + strlen(key) : "";
    snprintf(value, size, "%.*s", (int)strcspn(at, ends), at);
}

static void set_json_end(char *text, size_t size, const char *line, const char *key, bool ipv6) {
    char object[160];
    char address[64];
    char port[8];
    char zone[32];
    json_value(line, key, "}", object, sizeof object);
    if (strncmp(object, "null", 4) == 0) {
        snprintf(text, size, "*");
        return;
    }
    json_value(object, "\"address\": \"", "\"", address, sizeof address);
    json_value(object, "\"port\": ", ",", port, sizeof port);
    json_value(object, "\"zone\": \"", "\"", zone, sizeof zone);
    snprintf(text, size, "%s%s%s%s%s:%s", ipv6 ? "[" : "", address, zone[0] ? "%" : "", zone,
             ipv6 ? "]" : "", port);
}

static void set_json_owners(struct row *row, const char *line) {
    char words[sizeof row->owners] = "";
    size_t used = 0;
    const char *owners = strstr(line, "\"owners\": ");
    assert_non_null(owners);
    owners += strlen("\"owners\": ");
    for (const char *at = owners; (at = strstr(at, "{\"pid\": ")) != NULL; at++) {
        char pid[16];
        char name[64];
        json_value(at, "{\"pid\": ", ",", pid, sizeof pid);
        json_value(at, "\"name\": \"", "\"", name, sizeof name);
        used += (size_t)snprintf(words + used, sizeof words - used, " %s/%s", pid, name);
        assert_true(used < sizeof words);
    }
    row_set_owners(row, strncmp(owners, "null", 4) == 0 ? "-" : words);
}

// One endpoint a line, as both forms of JSON write them.
void read_json_row(struct rows *rows, char *line) {
    if (strstr(line, "\"protocol\": ") == NULL) {
        return;
    }
    struct row *row = rows_add(rows);
    bool ipv6 = strstr(line, "\"family\": \"ipv6\"") != NULL;
    char recv[16];
    char send[16];
    json_value(line, "\"protocol\": \"", "\"", row->protocol, sizeof row->protocol);
    json_value(line, "\"state\": \"", "\"", row->state, sizeof row->state);
    json_value(line, "\"recv_queue\": ", ",", recv, sizeof recv);
    json_value(line, "\"send_queue\": ", ",", send, sizeof send);
    snprintf(row->queues, sizeof row->queues, "%s/%s", recv, send);
    set_json_end(row->local, sizeof row->local, line, "\"local\": ", ipv6);
    set_json_end(row->remote, sizeof row->remote, line, "\"remote\": ", ipv6);
    set_json_owners(row, line);
}

//   Proto Local Foreign State PID Process; `node +4` is one of five; UDP has no state
void read_table_row(struct rows *rows, char *line) {
    char *field[MOST_FIELDS];
    size_t count = split(line, " ", field);
    bool tcp = count >= 5 && strcmp(field[0], "TCP") == 0;
    if (!tcp && !(count >= 4 && strcmp(field[0], "UDP") == 0)) {
        return;
    }
    struct row *row = rows_add(rows);
    char **pid = &field[tcp ? 4 : 3];
    char *const *end = &field[count];
    bool more = end - pid > 2 && pid[2][0] == '+';
    snprintf(row->protocol, sizeof row->protocol, "%s", tcp ? "tcp" : "udp");
    set_peer_or_star(row, field[2]);
    snprintf(row->local, sizeof row->local, "%s", field[1]);
    snprintf(row->state, sizeof row->state, "%s", tcp ? field[3] : "");
    snprintf(row->owners, sizeof row->owners, "%s%s%s", *pid, more ? " " : "", more ? pid[2] : "");
}
