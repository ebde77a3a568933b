// test_confine.c - what a confined process cannot do any more, each tried in a process of its own.
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "platform/file.h"
#include "platform/linux/confine.h"
#include "platform/platform.h"
#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

static int enter(void **state) {
    return temporary_enter(state) == 0 ? mkdir("output", 0755) : -1;
}

static int execute(void *context) {
    execl("/bin/true", "true", (char *)NULL);
    return errno;
}

static int execute_confined(void *context) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    return execute(context);
}

static void nothing_is_executed(void **state) {
    assert_int_equal(spawn_function(execute, NULL), 0);
    if (strstr(confine_describe(), ", seccomp") == NULL) {
        skip_test("this kernel has no seccomp");
    }
    assert_int_equal(spawn_function(execute_confined, NULL), EPERM);
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

static int write_confined(void *context) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    if (create("before") != 0) {
        return 100; // the first step must not be what refuses it
    }
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    return create("after");
}

static int truncate_confined(void *context) {
    psc_platform_confine(PSC_CONFINE_COLLECTING, NULL);
    psc_platform_confine(PSC_CONFINE_REPORTING, NULL);
    return truncate("before", 0) == 0 || unlink("before") == 0 ? 0 : errno;
}

static int write_output(void *context) {
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
    assert_int_equal(spawn_function(write_confined, NULL), EACCES);
    assert_int_equal(spawn_function(truncate_confined, NULL), EACCES);
    assert_int_equal(access("after", F_OK), -1);
    assert_int_equal(spawn_function(write_output, NULL), 0);
    assert_int_equal(access("output/file", F_OK), 0);
    assert_int_equal(access("elsewhere", F_OK), -1);
}

static int regain(void *context) {
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
    assert_int_equal(spawn_function(regain, NULL), 0);
}

// Collecting under the first step finds what it finds without.
static int collect(void *context) {
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
    assert_int_equal(spawn_function(collect, NULL), 0);
}

static void limit_stack(void *context) {
    struct rlimit limit = {16384, 16384};
    if (setrlimit(RLIMIT_STACK, &limit) != 0 || clearenv() != 0) {
        _exit(126);
    }
}

static void a_small_stack_is_an_error(void **state) {
#ifdef __SANITIZE_ADDRESS__
    skip_test("a sanitized program needs more stack than this");
#endif
    struct spawning spawning = {.prepare = limit_stack};
    struct spawned spawned;
    spawn_begin(&spawning, PSC_PROGRAM);
    spawn_end(&spawning, &spawned);
    spawn_check(&spawned, 3, NULL, "stack limit of 16 kB is too low");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_executed),
        cmocka_unit_test(nothing_is_written_but_the_output),
        cmocka_unit_test(no_capability_comes_back),
        cmocka_unit_test(collecting_goes_on),
        cmocka_unit_test(a_small_stack_is_an_error),
    };
    return cmocka_run_group_tests(tests, enter, temporary_leave);
}
