/*
 * Prints the processes that listen on a port and whether a server could use it:
 *
 *     cc example.c $(pkg-config --cflags --libs portscope) && ./a.out 3000
 */
#include <portscope.h>
#include <stdio.h>

static int fail(const struct portscope_error *error) {
    fprintf(stderr, "example: %s\n", error->text);
    return 1;
}

int main(int argc, char **argv) {
    const char *port = argc > 1 ? argv[1] : "3000";
    const char *filter[] = {"--lport", port, "--state=listening", NULL};
    struct portscope_error error;
    struct portscope_list *list;
    struct portscope_check *check;

    if (portscope_list(filter, &list, &error) != PORTSCOPE_OK) {
        return fail(&error);
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct portscope_endpoint *endpoint = list->endpoints[i];
        for (size_t j = 0; j < endpoint->owner_count; j++) {
            const char *name = endpoint->owners[j]->name;
            printf("%s port %u: %s (pid %lu)\n", endpoint->local_address, endpoint->local_port,
                   name != NULL ? name : "?", (unsigned long)endpoint->owners[j]->pid);
        }
    }
    portscope_list_free(list);

    if (portscope_check(port, NULL, &check, &error) != PORTSCOPE_OK) {
        return fail(&error);
    }
    printf("%u/%s %s\n", check->port, check->protocol, check->sentence);
    portscope_check_free(check);
    return 0;
}
