// test_protected.c - protected: which programs serve others, by every name that they have.
#include "cli/protected.h"
#include "support/test.h"

static const struct {
    const char *name, *path, *argument;
    const char *advice; // a part of it; NULL: it may be stopped
} cases[] = {
    {"dockerd", "/usr/bin/dockerd", "/usr/bin/dockerd", "docker stop"},
    {"docker-proxy", "/usr/libexec/docker/docker-proxy", NULL, "docker stop"},
    {"containerd", NULL, NULL, "crictl ps"},
    {"containerd-shim-runc-v2", NULL, NULL, "crictl ps"},
    {"conmon", "/usr/bin/conmon", NULL, "podman stop"},
    {"podman", "/usr/bin/podman", "rootlessport", "podman stop"},
    {"rootlessport-ch", "/usr/bin/podman", "rootlessport-child", "podman stop"},
    {"pasta.avx2", "/usr/bin/pasta.avx2", "/usr/bin/pasta", "podman stop"},
    {"slirp4netns", NULL, NULL, "podman stop"},
    {"com.docker.backend.exe", "C:\\Program Files\\Docker\\Docker\\com.docker.backend.exe", NULL,
     "docker stop"},
    {"wslrelay.exe", NULL, NULL, "wsl --terminate"},
    {NULL, "/usr/bin/DOCKERD", NULL, "docker stop"},
    {"docker", "/usr/bin/docker", "docker", NULL}, // the client
    {"podman", "/usr/bin/podman", "podman", NULL},
    {"node", "/opt/dockerd/node", "node", NULL},
    {"pastafarian", "/usr/bin/pastafarian", NULL, NULL},
    {"my-dockerd-test", NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL},
};

static void programs_are_recognized_by_any_name(void **state) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct psc_process process = {
            .name = cases[i].name,
            .path = cases[i].path,
            .command_line = cases[i].argument,
            .command_line_size = cases[i].argument != NULL ? strlen(cases[i].argument) + 1 : 0};
        const char *advice = protected_process_advice(&process);
        if ((advice == NULL) != (cases[i].advice == NULL) ||
            (advice != NULL && strstr(advice, cases[i].advice) == NULL)) {
            fail_msg("case %zu: %s", i, advice != NULL ? advice : "none");
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(programs_are_recognized_by_any_name)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
