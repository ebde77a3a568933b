// test_windows_live.c - the Windows platform on real tables, as far as Wine has them: sockets of this process,
// of another one, and of a service; names and paths that are not ASCII.
#include <winsock2.h>
#include <ws2tcpip.h>

#include <windows.h>

#include "platform/platform.h"
#include "support/test.h"
#include "support/windows_run.h"
#include "support/windows_socket.h"

#define EVERYTHING                                                                                 \
    (PSC_PROCESS_NAME | PSC_PROCESS_PATH | PSC_PROCESS_COMMAND_LINE | PSC_PROCESS_USER |           \
     PSC_PROCESS_STARTED | PSC_PROCESS_SERVICE | PSC_PROCESS_ACCOUNT | PSC_PROCESS_EXE_FLAGS)

static struct psc_snapshot *collect(void) {
    struct psc_request request;
    struct psc_filter filter;
    struct psc_error error = {""};
    struct psc_snapshot *snapshot;
    psc_request_init(&request);
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_non_null(builder);
    if (psc_platform_collect(&request, builder, &error) != PSC_OK ||
        psc_platform_resolve(&request, EVERYTHING, builder, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
    char host[PSC_HOST_SIZE];
    psc_platform_host(host);
    assert_true(strlen(host) > 0);
    assert_int_equal(psc_builder_finish(builder, host, psc_platform_time(), &snapshot), PSC_OK);
    return snapshot;
}

static const struct psc_endpoint *find_row(const struct psc_snapshot *snapshot,
                                           enum psc_protocol protocol, unsigned port,
                                           size_t *index) {
    for (*index = 0; *index < psc_snapshot_count(snapshot); ++*index) {
        const struct psc_endpoint *row = psc_snapshot_endpoint(snapshot, *index);
        if (row->protocol == protocol && row->local_port == port && !psc_endpoint_has_peer(row)) {
            return row;
        }
    }
    fail_msg("no row of protocol %d for port %u", (int)protocol, port);
    return NULL;
}

static const struct psc_process *find_owner(const struct psc_snapshot *snapshot,
                                            enum psc_protocol protocol, unsigned port) {
    size_t index;
    find_row(snapshot, protocol, port, &index);
    const struct psc_process *owner = psc_snapshot_oldest(snapshot, index);
    assert_non_null(owner);
    return owner;
}

static void to_utf8(const wchar_t *wide, char *text, int room) {
    assert_true(WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, room, NULL, NULL) > 0);
}

static void own_sockets(void **state) {
    static const struct {
        int family, type;
        enum psc_protocol protocol;
    } kinds[] = {{AF_INET, SOCK_STREAM, PSC_PROTOCOL_TCP4},
                 {AF_INET, SOCK_DGRAM, PSC_PROTOCOL_UDP4},
                 {AF_INET6, SOCK_DGRAM, PSC_PROTOCOL_UDP6}};
    wchar_t wide[MAX_PATH];
    char path[3 * MAX_PATH];
    assert_true(GetModuleFileNameW(NULL, wide, MAX_PATH) > 0);
    to_utf8(wide, path, sizeof path);
    for (size_t i = 0; i < COUNT(kinds); i++) {
        u_short port;
        SOCKET held = windows_socket_open(kinds[i].family, kinds[i].type, &port);
        assert_true(held != INVALID_SOCKET);
        struct psc_snapshot *snapshot = collect();
        const struct psc_process *owner = find_owner(snapshot, kinds[i].protocol, port);
        assert_int_equal(owner->pid, GetCurrentProcessId());
        assert_string_equal(owner->name, "test_windows_live.exe");
        assert_string_equal(owner->path, path);
        assert_true(owner->known & PSC_PROCESS_STARTED);
        assert_true(owner->started <= psc_platform_time());
        assert_true(owner->started > psc_platform_time() - 600000);
        assert_true(owner->user != NULL && owner->user[0] != '\0');
        assert_null(owner->service);
        assert_true(owner->known & PSC_PROCESS_ACCOUNT);
        assert_true(owner->known & PSC_PROCESS_EXE_FLAGS);
        psc_snapshot_free(snapshot);
        closesocket(held);
    }
}

// Wine 8 does not name the owners of these, but it has the row.
static void tcp6_rows(void **state) {
    u_short port;
    size_t index;
    SOCKET held = windows_socket_open(AF_INET6, SOCK_STREAM, &port);
    assert_true(held != INVALID_SOCKET);
    struct psc_snapshot *snapshot = collect();
    const struct psc_endpoint *row = find_row(snapshot, PSC_PROTOCOL_TCP6, port, &index);
    assert_int_equal(row->state, PSC_STATE_LISTENING);
    assert_int_equal(row->local.bytes[15], 1);
    assert_int_equal(row->ifindex, 0);
    psc_snapshot_free(snapshot);
    closesocket(held);
}

static void a_socket_of_another_process(void **state) {
    struct windows_holder holder;
    windows_holder_start(&holder, WINDOWS_HOLDER, L"tcp4");
    struct psc_snapshot *snapshot = collect();
    const struct psc_process *owner = find_owner(snapshot, PSC_PROTOCOL_TCP4, holder.port);
    assert_int_equal(owner->pid, holder.pid);
    assert_string_equal(owner->name, "windows_holder.exe");
    const char *end = strstr(owner->path, "\\windows_holder.exe");
    assert_true(end != NULL && end[strlen("\\windows_holder.exe")] == '\0');
    psc_snapshot_free(snapshot);
    windows_holder_end(&holder);
}

static void a_path_that_is_not_ascii(void **state) {
    wchar_t directory[MAX_PATH];
    wchar_t program[2 * MAX_PATH];
    char path[6 * MAX_PATH];
    struct windows_holder holder;
    assert_true(GetTempPathW(MAX_PATH, directory) > 0);
    _snwprintf(program, 2 * MAX_PATH, L"%lsh\u00f6lder \u2714 %lu.exe", directory,
               GetCurrentProcessId());
    assert_true(CopyFileW(WINDOWS_HOLDER, program, FALSE));
    windows_holder_start(&holder, program, L"udp4 \"\u4e2d\u6587 \u00fc\"");
    struct psc_snapshot *snapshot = collect();
    const struct psc_process *owner = find_owner(snapshot, PSC_PROTOCOL_UDP4, holder.port);
    to_utf8(program, path, sizeof path);
    assert_string_equal(owner->path, path);
    assert_string_equal(owner->name, strrchr(path, '\\') + 1);
    // Wine 8 has no command lines.
    if ((owner->known & PSC_PROCESS_COMMAND_LINE) != 0) {
        const char *last = owner->command_line + strlen(owner->command_line) + sizeof "udp4" + 1;
        assert_string_equal(last, "\xe4\xb8\xad\xe6\x96\x87 \xc3\xbc");
    }
    psc_snapshot_free(snapshot);
    windows_holder_end(&holder);
    DeleteFileW(program);
}

static DWORD wait_for_service(SC_HANDLE service, DWORD state) {
    SERVICE_STATUS_PROCESS status = {0};
    DWORD size;
    for (int i = 0; i < 200 && status.dwCurrentState != state; i++) {
        assert_true(QueryServiceStatusEx(service, SC_STATUS_PROCESS_INFO, (BYTE *)&status,
                                         sizeof status, &size));
        Sleep(status.dwCurrentState == state ? 0 : 50);
    }
    assert_int_equal(status.dwCurrentState, state);
    return status.dwProcessId;
}

static void check_service_row(DWORD pid, const char *name) {
    char shown[128];
    char stop[128];
    bool seen = false;
    struct psc_snapshot *snapshot = collect();
    snprintf(shown, sizeof shown, "windows_holder.exe (%s)", name);
    snprintf(stop, sizeof stop, "sc.exe stop %s", name);
    for (size_t i = 0; i < psc_snapshot_count(snapshot); i++) {
        const struct psc_process *owner = psc_snapshot_oldest(snapshot, i);
        if (owner != NULL && owner->pid == pid) {
            seen = true;
            assert_int_equal(psc_snapshot_endpoint(snapshot, i)->state, PSC_STATE_LISTENING);
            assert_string_equal(owner->name, shown);
            assert_string_equal(owner->service, name);
            assert_string_equal(owner->stop_command, stop);
        }
    }
    assert_true(seen);
    psc_snapshot_free(snapshot);
}

static void a_socket_of_a_service(void **state) {
    wchar_t name[64];
    wchar_t full[MAX_PATH];
    wchar_t command[2 * MAX_PATH];
    char utf8[128];
    SERVICE_STATUS status;
    SC_HANDLE manager = OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS);
    if (manager == NULL) {
        skip_test("only an administrator may install a service");
    }
    _snwprintf(name, 64, L"portscope-test-%lu", GetCurrentProcessId());
    to_utf8(name, utf8, sizeof utf8);
    assert_true(GetFullPathNameW(WINDOWS_HOLDER, MAX_PATH, full, NULL) > 0);
    _snwprintf(command, 2 * MAX_PATH, L"\"%ls\" service %ls", full, name);
    SC_HANDLE service = CreateServiceW(manager, name, name, SERVICE_ALL_ACCESS,
                                       SERVICE_WIN32_OWN_PROCESS, SERVICE_DEMAND_START,
                                       SERVICE_ERROR_NORMAL, command, NULL, NULL, NULL, NULL, NULL);
    assert_non_null(service);
    bool started = StartServiceW(service, 0, NULL);
    if (started) {
        check_service_row(wait_for_service(service, SERVICE_RUNNING), utf8);
        ControlService(service, SERVICE_CONTROL_STOP, &status);
        wait_for_service(service, SERVICE_STOPPED);
    }
    DeleteService(service);
    CloseServiceHandle(service);
    CloseServiceHandle(manager);
    assert_true(started);
}

// Whether this machine has a name for 127.0.0.1, which Wine asks it for.
static bool loopback_has_a_name(void) {
    struct sockaddr_in loopback = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char name[NI_MAXHOST];
    return getnameinfo((struct sockaddr *)&loopback, sizeof loopback, name, sizeof name, NULL, 0,
                       NI_NAMEREQD) == 0;
}

static void remote_names(void **state) {
    u_short port;
    if (!loopback_has_a_name()) {
        skip_test("this machine has no name for 127.0.0.1");
    }
    // A connected pair has rows with a peer.
    SOCKET listening = windows_socket_open(AF_INET, SOCK_STREAM, &port);
    SOCKET client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(client, (struct sockaddr *)&to, sizeof to), 0);
    struct psc_request request;
    struct psc_filter filter;
    struct psc_error error;
    char word[16];
    psc_request_init(&request);
    psc_filter_init(&filter);
    snprintf(word, sizeof word, "%u", port);
    assert_int_equal(psc_filter_set(&filter, "rport", word, &error), PSC_OK);
    struct psc_builder *builder = psc_builder_new(&filter);
    assert_int_equal(psc_platform_collect(&request, builder, &error), PSC_OK);
    assert_int_equal(psc_builder_count(builder), 1);
    int64_t begin = psc_platform_clock();
    assert_int_equal(psc_platform_name_remotes(builder, 3000, &error), PSC_OK);
    assert_true(psc_platform_clock() - begin < 10000);
    struct psc_snapshot *snapshot;
    assert_int_equal(psc_builder_finish(builder, "x", 0, &snapshot), PSC_OK);
    const char *name = psc_snapshot_remote_name(snapshot, 0);
    assert_true(name != NULL && name[0] != '\0'); // whatever the machine calls 127.0.0.1
    psc_snapshot_free(snapshot);
    closesocket(client);
    closesocket(listening);
}

static int start_sockets(void **state) {
    static WSADATA ignored;
    return WSAStartup(MAKEWORD(2, 2), &ignored);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_sockets),
        cmocka_unit_test(tcp6_rows),
        cmocka_unit_test(a_socket_of_another_process),
        cmocka_unit_test(a_path_that_is_not_ascii),
        cmocka_unit_test(a_socket_of_a_service),
        cmocka_unit_test(remote_names),
    };
    return cmocka_run_group_tests(tests, start_sockets, NULL);
}
