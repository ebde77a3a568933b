// test_file.c - files that appear as a whole or not at all, also where another user plants things.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "platform/file.h"
#include "support/capture.h"
#include "support/spawn.h"
#include "support/temporary.h"
#include "support/test.h"

#define RACES 3000

static int enter(void **state) {
    umask(022);
    return temporary_enter(state);
}

static size_t entries(void) {
    size_t count = 0;
    DIR *stream = opendir(".");
    assert_non_null(stream);
    while (readdir(stream) != NULL) {
        count++;
    }
    closedir(stream);
    return count - 2;
}

static void make(const char *path, mode_t mode) {
    write_file(path, mode, "old\n");
}

static enum psc_status save(const char *path, struct psc_error *error) {
    struct psc_new_file *file;
    enum psc_status status = psc_file_begin(path, &file, error);
    if (status != PSC_OK) {
        return status;
    }
    fputs("new\n", psc_file_stream(file));
    return psc_file_finish(file, error);
}

static void is_saved(const char *path) {
    struct psc_error error;
    if (save(path, &error) != PSC_OK) {
        fail_msg("%s", error.text);
    }
}

static void is_refused(const char *path, const char *reason) {
    struct psc_error error = {""};
    assert_int_equal(save(path, &error), PSC_OUTPUT);
    if (strstr(error.text, reason) == NULL) {
        fail_msg("%s: %s", path, error.text);
    }
}

static void holds(const char *path, const char *text) {
    char *content = capture_file(path, NULL);
    assert_non_null(content);
    assert_string_equal(content, text);
    free(content);
}

static mode_t mode_of(const char *path) {
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

static void a_new_file_obeys_the_umask(void **state) {
    is_saved("new");
    assert_int_equal(mode_of("new"), 0644);
    umask(077);
    is_saved("./private");
    assert_int_equal(mode_of("private"), 0600);
    holds("private", "new\n");
    umask(022);
    assert_int_equal(entries(), 2);
}

static void an_old_file_keeps_its_mode_and_group(void **state) {
    make("mine", 0640);
    umask(077);
    is_saved("mine");
    umask(022);
    assert_int_equal(mode_of("mine"), 0640);
    holds("mine", "new\n");
    if (geteuid() == 0) {
        struct stat status;
        assert_int_equal(chown("mine", (uid_t)-1, NOBODY), 0);
        is_saved("mine");
        assert_int_equal(stat("mine", &status), 0);
        assert_int_equal(status.st_gid, NOBODY);
        assert_int_equal(status.st_uid, 0);
    }
    assert_int_equal(entries(), 1);
}

static void what_is_no_regular_file_is_refused(void **state) {
    make("target", 0600);
    assert_int_equal(symlink("target", "link"), 0);
    assert_int_equal(symlink("nothing", "dangling"), 0);
    assert_int_equal(mkfifo("fifo", 0666), 0);
    assert_int_equal(mkdir("directory", 0755), 0);
    is_refused("link", "symbolic link");
    is_refused("dangling", "symbolic link");
    is_refused("fifo", "not a regular file"); // and does not wait for a reader
    is_refused("/dev/null", "not a regular file");
    is_refused("directory", "directory");
    is_refused("directory/", "directory");
    is_refused("", "");
    is_refused("nothing/file", "No such file");
    is_refused("target/file", "Not a directory");
    holds("target", "old\n");
    assert_int_equal(entries(), 5);
}

static void directories_are_followed_if_they_are_ours(void **state) {
    assert_int_equal(mkdir("real", 0755), 0);
    assert_int_equal(symlink("real", "link"), 0);
    is_saved("link/../link//file");
    holds("real/file", "new\n");
    if (geteuid() == 0) {
        assert_int_equal(lchown("link", NOBODY, NOBODY), 0);
        is_refused("link/file", "symbolic links");
        holds("real/file", "new\n");
        // Nor through a link of ours that leads to one of theirs.
        assert_int_equal(symlink("./link", "chain"), 0);
        is_refused("chain/file", "symbolic links");
        assert_int_equal(symlink("loop", "loop"), 0);
        is_refused("loop/file", "symbolic links");
    }
}

static void other_users_files_are_refused(void **state) {
    need_root();
    make("theirs", 0666);
    assert_int_equal(chown("theirs", NOBODY, NOBODY), 0);
    is_refused("theirs", "another user");
    holds("theirs", "old\n");
    assert_int_equal(mode_of("theirs"), 0666);
}

static void a_file_with_two_names_is_refused(void **state) {
    (void)state;
    make("lock", 0666);
    assert_int_equal(link("lock", "policy"), 0);
    is_refused("policy", "another name");
    holds("lock", "old\n");
}

static void names_made_beforehand_block_nothing(void **state) {
    char name[64];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, ".portscope-%d-%d.tmp", getpid(), i);
        make(name, 0600);
    }
    is_saved("file");
    assert_int_equal(entries(), 101);
}

static int save_half(void *context) {
    struct psc_new_file *file;
    struct psc_error error;
    if (psc_file_begin("file", &file, &error) == PSC_OK) {
        fputs("half", psc_file_stream(file));
        fflush(psc_file_stream(file));
        raise(*(const int *)context);
    }
    return 1;
}

static void a_killed_program_leaves_nothing(void **state) {
    int signals[] = {SIGINT, SIGTERM, SIGKILL, SIGXFSZ};
    make("file", 0600);
    for (size_t i = 0; i < COUNT(signals); i++) {
        assert_int_equal(spawn_function(save_half, &signals[i]), 128 + signals[i]);
        assert_int_equal(entries(), 1);
        holds("file", "old\n");
    }
}

static bool become_nobody(void *context) {
    return setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
           setresuid(NOBODY, NOBODY, NOBODY) == 0;
}

// Swaps the target for a symbolic link to root's file and back, as the owner of the directory entry.
static void swap_for_ever(void *context) {
    for (;;) {
        unlink("target");
        (void)!symlink("secret", "target");
        unlink("target");
        int descriptor = open("target", O_WRONLY | O_CREAT, 0666);
        fchmod(descriptor, 0777);
        close(descriptor);
    }
}

static void a_swapped_target_is_never_followed(void **state) {
    need_root();
    make("secret", 0600);
    assert_int_equal(chmod(".", 0777), 0);
    pid_t attacker = spawn_child(become_nobody, swap_for_ever, NULL);
    size_t saved = 0;
    size_t refused = 0;
    // Until enough swaps were noticed to have hit every step of saving.
    while (saved + refused < RACES || refused < RACES / 10) {
        struct psc_error error;
        enum psc_status status = save("target", &error);
        saved += status == PSC_OK;
        refused += status != PSC_OK;
        holds("secret", "old\n");
        assert_int_equal(mode_of("secret"), 0600);
        assert_true(saved < 1000 * (size_t)RACES);
    }
    spawn_kill(attacker);
    print_message("%zu files written, %zu refused, none through the link\n", saved, refused);
}

static void a_file_is_read_whole(void **state) {
    char bytes[20000];
    struct psc_strbuf text = {0};
    struct psc_error error;
    memset(bytes, 'x', sizeof bytes);
    bytes[9] = '\0';
    FILE *stream = fopen("a", "w");
    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, sizeof bytes, stream), sizeof bytes);
    fclose(stream);
    assert_int_equal(psc_file_read("a", &text, &error), PSC_OK);
    assert_int_equal(text.size, sizeof bytes);
    assert_memory_equal(text.bytes, bytes, sizeof bytes);
    psc_strbuf_done(&text);
    static const char *const unreadable[] = {".", "none"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(psc_file_read(unreadable[i], &text, &error), PSC_SYSTEM);
        assert_memory_equal(error.text, "cannot read ", sizeof "cannot read " - 1);
        psc_strbuf_done(&text);
    }
}

int main(void) {
#define TEST(function) cmocka_unit_test_setup_teardown(function, enter, temporary_leave)
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_obeys_the_umask),          TEST(an_old_file_keeps_its_mode_and_group),
        TEST(what_is_no_regular_file_is_refused),  TEST(directories_are_followed_if_they_are_ours),
        TEST(other_users_files_are_refused),       TEST(a_file_with_two_names_is_refused),
        TEST(names_made_beforehand_block_nothing), TEST(a_file_is_read_whole),
        TEST(a_killed_program_leaves_nothing),     TEST(a_swapped_target_is_never_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
