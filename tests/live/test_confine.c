// test_confine.c - what a confined process cannot do any more, each tried in a process of its own.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/linux/confine.h"
#include "platform/platform.h"
#include "support/test.h"

static char directory[32];

static int enter(void **state) {
    strcpy(directory, "/tmp/portscope-test-XXXXXX");
    return mkdtemp(directory) != NULL && chdir(directory) == 0 && mkdir("output", 0755) == 0 ? 0
                                                                                             : -1;
}

static int leave(void **state) {
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return chdir("/") == 0 && system(command) == 0 ? 0 : -1; // NOLINT(cert-env33-c): a fixed path
}

// Runs a function in a process of its own, which exits with what it returns.
static int result_of(int (*function)(void)) {
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(function());
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int execute(void) {
    execl("/bin/true", "true", (char *)NULL);
    return errno;
}

static int execute_confined(void) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    return execute();
}

static void nothing_is_executed(void **state) {
    assert_int_equal(result_of(execute), 0);
    if (strstr(confine_describe(), ", seccomp") == NULL) {
        skip_test("this kernel has no seccomp");
    }
    assert_int_equal(result_of(execute_confined), EPERM);
}

static int create(const char *path) {
    int descriptor = open(path, O_WRONLY | O_CREAT, 0600);
    return descriptor >= 0 ? 0 : errno;
}

static int save(const char *path) {
    struct psc_new_file *file;
    struct psc_error error;
    if (psc_file_begin(path, &file, &error) != PSC_OK) {
        return 1;
    }
    fputs("new\n", psc_file_stream(file));
    return psc_file_finish(file, &error) == PSC_OK ? 0 : 2;
}

static int write_confined(void) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    if (create("before") != 0) {
        return 100; // the first step must not be what refuses it
    }
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    return create("after");
}

static int truncate_confined(void) {
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    return truncate("before", 0) == 0 || unlink("before") == 0 ? 0 : errno;
}

static int write_output(void) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, "output/file");
    return create("elsewhere") != EACCES ? 100
           : save("output/file") != 0    ? 101
                                         : save("output/file");
}

static void nothing_is_written_but_the_output(void **state) {
    if (strstr(confine_describe(), ", Landlock") == NULL) {
        skip_test("this kernel has no Landlock");
    }
    assert_int_equal(result_of(write_confined), EACCES);
    assert_int_equal(result_of(truncate_confined), EACCES);
    assert_int_equal(access("after", F_OK), -1);
    assert_int_equal(result_of(write_output), 0);
    assert_int_equal(access("output/file", F_OK), 0);
    assert_int_equal(access("elsewhere", F_OK), -1);
}

static int regain(void) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    if (syscall(SYS_capget, &header, data) != 0 || data[0].effective != 0 ||
        data[1].permitted != 0) {
        return 100;
    }
    data[0].effective = data[0].permitted = UINT32_C(1) << CAP_SYS_PTRACE;
    if (syscall(SYS_capset, &header, data) == 0) {
        return 101;
    }
    return setuid(0) == 0 && geteuid() != 0 ? 102 : 0;
}

static void no_capability_comes_back(void **state) {
    assert_int_equal(result_of(regain), 0);
}

// Collecting under the first step finds what it finds without.
static int collect(void) {
    struct psc_request request;
    struct psc_filter filter;
    struct psc_error error;
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_request_init(&request);
    psc_filter_init(&filter);
    struct psc_builder *builder = psc_builder_new(&filter);
    enum psc_status status = psc_platform_collect(&request, builder, &error);
    psc_builder_free(builder);
    return status == PSC_OK ? 0 : 1;
}

static void collecting_goes_on(void **state) {
    assert_int_equal(result_of(collect), 0);
}

static int start_with_small_stack(void) {
    struct rlimit limit = {16384, 16384};
    static char program[] = PSC_PROGRAM;
    char *arguments[] = {program, NULL};
    char *environment[] = {NULL};
    if (freopen("message", "w", stderr) == NULL || setrlimit(RLIMIT_STACK, &limit) != 0) {
        return 100;
    }
    execve(program, arguments, environment);
    return 101;
}

static void a_small_stack_is_an_error(void **state) {
    char message[128] = "";
    assert_int_equal(result_of(start_with_small_stack), 3);
    FILE *stream = fopen("message", "r");
    assert_non_null(stream);
    assert_non_null(fgets(message, sizeof message, stream));
    fclose(stream);
    assert_non_null(strstr(message, "stack limit of 16 kB is too low"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_executed),
        cmocka_unit_test(nothing_is_written_but_the_output),
        cmocka_unit_test(no_capability_comes_back),
        cmocka_unit_test(collecting_goes_on),
        cmocka_unit_test(a_small_stack_is_an_error),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
