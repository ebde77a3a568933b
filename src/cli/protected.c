// protected.c - the table of programs that hold ports on behalf of others.
#include "cli/protected.h"

#include "base/text.h"
#include "model/filter.h"

#define DOCKER                                                                                     \
    "serves containers; docker ps shows which has the port, docker stop CONTAINER stops it"
#define PODMAN                                                                                     \
    "serves containers; podman ps shows which has the port, podman stop CONTAINER stops it"
#define DOCKER_OR_PODMAN                                                                           \
    "serves containers; docker ps or podman ps shows which has the port, docker stop or podman "   \
    "stop stops it"
#define CRI                                                                                        \
    "serves containers; crictl ps or nerdctl ps shows which has the port, kubectl delete or "      \
    "nerdctl stop stops it"
#define WSL                                                                                        \
    "serves WSL; wsl --list --running shows its distributions, wsl --terminate NAME stops one"

static const struct {
    const char *name; // a glob
    const char *advice;
} programs[] = {
    {"dockerd*", DOCKER},
    {"docker-proxy*", DOCKER},
    {"com.docker.*", DOCKER},
    {"vpnkit*", DOCKER},
    {"rootlesskit*", DOCKER},
    {"containerd*", CRI},
    {"crio", CRI},
    {"kubelet", CRI},
    {"kube-proxy", CRI},
    {"k3s", CRI},
    {"k3s-*", CRI},
    {"conmon", PODMAN},
    {"rootlessport*", PODMAN},
    {"netavark", PODMAN},
    {"aardvark-dns", PODMAN},
    {"gvproxy*", PODMAN},
    {"win-sshproxy*", PODMAN},
    {"slirp4netns", DOCKER_OR_PODMAN},
    {"pasta", DOCKER_OR_PODMAN},
    {"pasta.avx2", DOCKER_OR_PODMAN},
    {"passt", DOCKER_OR_PODMAN},
    {"passt.avx2", DOCKER_OR_PODMAN},
    {"wslrelay*", WSL},
    {"wslhost*", WSL},
    {"wslservice*", WSL},
    {"vmmem*", WSL},
};

const char *protected_process_advice(const struct psc_process *process) {
    // By any of its names: the executable of rootlessport, for one, is podman.
    const char *names[] = {process->name, process->path,
                           process->command_line_size > 0 ? process->command_line : NULL};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (size_t j = 0; names[i] != NULL && j < sizeof programs / sizeof programs[0]; j++) {
            if (psc_glob_match(programs[j].name, psc_base_name(names[i], "/\\"))) {
                return programs[j].advice;
            }
        }
    }
    return NULL;
}
