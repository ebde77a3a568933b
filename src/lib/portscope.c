// portscope.c - libportscope: the public header over collect and port_survey.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/collect.h"
#include "lib/port_survey.h"
#include "model/address.h"

#pragma GCC visibility push(default)
#include "portscope.h"
#pragma GCC visibility pop

// A list and what it points into.
struct list {
    struct portscope_list face;
    struct psc_snapshot *snapshot;
    struct row {
        struct portscope_endpoint face;
        char local[PSC_ADDRESS_TEXT], remote[PSC_ADDRESS_TEXT];
        char interface_number[PSC_ZONE_NUMBER_SIZE];
    } * rows;
    const struct portscope_endpoint **endpoints;
    struct portscope_process *owners; // of all rows, side by side
    const struct portscope_process **owner_pointers;
    const char **notices;
};

// What the public structures show of owners.
static const struct psc_needs needs = {
    .owners = true,
    .details = PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_USER | PSC_PROCESS_STARTED,
};

static enum portscope_status public_status(enum psc_status status, const struct psc_error *from,
                                           struct portscope_error *to) {
    _Static_assert(sizeof from->text == sizeof to->text, "every sentence fits");
    if (status != PSC_OK) {
        memcpy(to->text, from->text, sizeof to->text);
    }
    return status == PSC_OK          ? PORTSCOPE_OK
           : status == PSC_NO_MEMORY ? PORTSCOPE_NO_MEMORY
           : status == PSC_USAGE     ? PORTSCOPE_USAGE
                                     : PORTSCOPE_SYSTEM;
}

// Lists ---------------------------------------------------------------------------------------------

static struct portscope_process public_process(const struct psc_process *process) {
    return (struct portscope_process){
        .pid = process->pid,
        .name = process->name,
        .path = process->path,
        .user = process->user,
        .started_ms = (process->known & PSC_PROCESS_STARTED) != 0 ? process->started : -1,
    };
}

// Fills the owners of one row from `first` on. Returns where those of the next begin.
static size_t fill_owners(struct list *list, size_t index, size_t first) {
    struct psc_owners owners = psc_snapshot_owners(list->snapshot, index);
    struct portscope_endpoint *face = &list->rows[index].face;
    for (size_t i = 0; i < owners.count; i++) {
        list->owners[first + i] =
            public_process(psc_snapshot_process(list->snapshot, owners.processes[i]));
        list->owner_pointers[first + i] = &list->owners[first + i];
    }
    face->owner_count = owners.count;
    face->owners = &list->owner_pointers[first];
    return first + owners.count;
}

static void fill_row(struct list *list, size_t index) {
    const struct psc_endpoint *endpoint = psc_snapshot_endpoint(list->snapshot, index);
    struct row *row = &list->rows[index];
    struct portscope_endpoint *face = &row->face;
    bool ipv6 = psc_endpoint_is_ipv6(endpoint);
    bool udp = psc_endpoint_is_udp(endpoint);
    face->protocol = udp ? "udp" : "tcp";
    face->family = ipv6 ? "ipv6" : "ipv4";
    psc_address_format(&endpoint->local, ipv6, row->local);
    face->local_address = row->local;
    face->local_port = endpoint->local_port;
    if (psc_endpoint_has_peer(endpoint)) {
        psc_address_format(&endpoint->remote, ipv6, row->remote);
        face->remote_address = row->remote;
        face->remote_port = endpoint->remote_port;
    }
    if (endpoint->ifindex != 0) {
        face->interface_name =
            psc_snapshot_zone(list->snapshot, endpoint->ifindex, row->interface_number);
    }
    face->state = udp ? NULL : psc_state_word(endpoint->state);
    face->exposure = psc_exposure_word(psc_endpoint_exposure(endpoint));
    face->uid = (endpoint->known & PSC_KNOWN_UID) != 0 ? (int64_t)endpoint->uid : -1;
    face->owners_known = (endpoint->known & PSC_KNOWN_OWNERS) != 0;
}

static void free_list(struct list *list) {
    if (list != NULL) {
        psc_snapshot_free(list->snapshot);
        free(list->rows);
        free(list->endpoints);
        free(list->owners);
        free(list->owner_pointers);
        free(list->notices);
        free(list);
    }
}

// Takes the snapshot over, also when it fails. Returns NULL when out of memory.
static struct list *new_list(struct psc_snapshot *snapshot) {
    size_t count = psc_snapshot_count(snapshot);
    size_t owners = psc_snapshot_owner_count(snapshot);
    size_t notices = psc_snapshot_notice_count(snapshot);
    struct list *list = calloc(1, sizeof *list);
    if (list == NULL) {
        psc_snapshot_free(snapshot);
        return NULL;
    }
    list->snapshot = snapshot;
    list->rows = calloc(count + 1, sizeof *list->rows);
    list->endpoints = calloc(count + 1, sizeof(void *));
    list->owners = calloc(owners + 1, sizeof *list->owners);
    list->owner_pointers = calloc(owners + 1, sizeof(void *));
    list->notices = calloc(notices + 1, sizeof *list->notices);
    if (list->rows == NULL || list->endpoints == NULL || list->owners == NULL ||
        list->owner_pointers == NULL || list->notices == NULL) {
        free_list(list);
        return NULL;
    }
    size_t next_owner = 0;
    for (size_t i = 0; i < count; i++) {
        fill_row(list, i);
        next_owner = fill_owners(list, i, next_owner);
        list->endpoints[i] = &list->rows[i].face;
    }
    for (size_t i = 0; i < notices; i++) {
        list->notices[i] = psc_snapshot_notice(snapshot, i)->text;
    }
    list->face = (struct portscope_list){
        .time_ms = psc_snapshot_time(snapshot),
        .count = count,
        .endpoints = list->endpoints,
        .notice_count = notices,
        .notices = list->notices,
    };
    return list;
}

// Applies one word, and the one after it if that is its value. Returns how many words those were.
static size_t read_word(struct psc_filter *filter, const char *const *words,
                        enum psc_status *status, struct psc_error *error) {
    char name[32];
    const char *word = words[0];
    size_t length = strcspn(word, "=");
    if (word[0] == ':') {
        *status = psc_filter_set(filter, "port", word + 1, error);
        return 1;
    }
    if (strncmp(word, "--", 2) != 0 || length - 2 >= sizeof name) {
        *status = psc_fail(error, PSC_USAGE, "'%s' is not a filter", word);
        return 1;
    }
    snprintf(name, sizeof name, "%.*s", (int)length - 2, word + 2);
    *status = psc_filter_set(filter, name, word[length] == '=' ? word + length + 1 : NULL, error);
    if (*status != PSC_USAGE || word[length] == '=' || words[1] == NULL) {
        return 1;
    }
    *status = psc_filter_set(filter, name, words[1], error);
    return 2;
}

static enum psc_status collect(const char *const *words, struct list **list,
                               struct psc_error *error) {
    struct psc_collection_plan plan;
    struct psc_filter filter;
    struct psc_snapshot *snapshot = NULL;
    enum psc_status status = PSC_OK;
    psc_filter_init(&filter);
    while (status == PSC_OK && words != NULL && *words != NULL) {
        words += read_word(&filter, words, &status, error);
    }
    if (status == PSC_OK) {
        psc_collection_plan_init(&plan, &filter, needs);
        status = psc_collect_snapshot(&plan, &snapshot, error);
    }
    psc_filter_done(&filter);
    if (status != PSC_OK) {
        return status;
    }
    *list = new_list(snapshot);
    return *list != NULL ? PSC_OK : psc_no_memory(error);
}

enum portscope_status portscope_list(const char *const *filter, struct portscope_list **list,
                                     struct portscope_error *error) {
    struct list *made = NULL;
    struct psc_error reason;
    enum psc_status status = collect(filter, &made, &reason);
    *list = made != NULL ? &made->face : NULL;
    return public_status(status, &reason, error);
}

void portscope_list_free(struct portscope_list *list) {
    free_list((struct list *)list);
}

// Checks --------------------------------------------------------------------------------------------

struct check {
    struct portscope_check face;
    struct list *sockets;
};

static enum psc_status decide(const char *port, const char *address, struct psc_port_survey *survey,
                              struct psc_error *error) {
    struct psc_port_spec spec;
    struct psc_bind_address bind = {0};
    enum psc_status status = psc_port_spec_parse(port, false, &spec, error);
    if (status != PSC_OK) {
        return status;
    }
    if (spec.first != spec.last) {
        psc_fail(error, PSC_USAGE, "'%s' is more than one port", port);
        return PSC_USAGE;
    }
    status = address != NULL ? psc_bind_address_parse(address, &bind, error) : PSC_OK;
    if (status != PSC_OK) {
        return status;
    }
    status = psc_port_survey_init(survey, &spec, 1, &bind, error);
    return status == PSC_OK ? psc_port_survey_run(survey, PSC_STATES_ALL, needs, error) : status;
}

static enum psc_status new_check(struct psc_port_survey *survey, struct check **check,
                                 struct psc_error *error) {
    struct list *sockets = new_list(survey->snapshot);
    survey->snapshot = NULL; // it is part of the list, or freed
    struct check *made = sockets != NULL ? calloc(1, sizeof *made) : NULL;
    if (made == NULL) {
        free_list(sockets);
        return psc_no_memory(error);
    }
    const struct psc_port_check *found = &survey->checks[0];
    made->sockets = sockets;
    made->face = (struct portscope_check){
        .port = found->port,
        .protocol = found->udp ? "udp" : "tcp",
        .is_free = psc_verdict_is_free(found->verdict),
        .verdict = psc_verdict_word(found->verdict),
        .sentence = psc_verdict_sentence(found->verdict),
        .sockets = &sockets->face,
    };
    *check = made;
    return PSC_OK;
}

enum portscope_status portscope_check(const char *port, const char *address,
                                      struct portscope_check **check,
                                      struct portscope_error *error) {
    struct psc_port_survey survey = {0};
    struct check *made = NULL;
    struct psc_error reason;
    enum psc_status status = decide(port, address, &survey, &reason);
    if (status == PSC_OK) {
        status = new_check(&survey, &made, &reason);
    }
    psc_port_survey_done(&survey);
    *check = made != NULL ? &made->face : NULL;
    return public_status(status, &reason, error);
}

void portscope_check_free(struct portscope_check *check) {
    if (check != NULL) {
        free_list(((struct check *)check)->sockets);
        free(check);
    }
}

const char *portscope_version(void) {
    return PSC_VERSION;
}
