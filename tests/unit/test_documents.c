// test_documents.c - the manual page and README against the tables: every option, column and exit status
// is explained, nothing is that does not exist, and every example is understood; and the map of the sources.
#include <ctype.h>
#include <dirent.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/options.h"
#include "support/capture.h"
#include "support/run_cli.h"
#include "support/temporary.h"
#include "support/test.h"

#define MANUAL PSC_SOURCE_DIR "/docs/portscope.1"
#define README PSC_SOURCE_DIR "/README.md"

// Takes `\-` and `\&` back to what they print.
static void unescape(char *text) {
    char *to = text;
    for (const char *at = text; *at != '\0'; at++) {
        if (at[0] == '\\' && (at[1] == '-' || at[1] == '&')) {
            at++;
            if (*at == '&') {
                continue;
            }
        }
        *to++ = *at;
    }
    *to = '\0';
}

static char *read_document(const char *path) {
    char *text = capture_file(path, NULL);
    assert_non_null(text);
    assert_true(text[0] != '\0');
    unescape(text);
    return text;
}

// The next line of a text, without its end. Takes the text apart.
static char *next_line(char **rest) {
    char *line = *rest;
    if (*line == '\0') {
        return NULL;
    }
    size_t length = strcspn(line, "\n");
    *rest = line + length + (line[length] == '\n');
    line[length] = '\0';
    return line;
}

// Options in mdoc ---------------------------------------------------------------------------------

// Calls for every option that a line of mdoc shows: `Fl a , Fl -all` are `a` and `-all`.
typedef void see_option(const char *option, const char *line, void *context);

static bool is_macro(const char *word) {
    return isupper((unsigned char)word[0]) && islower((unsigned char)word[1]) && word[2] == '\0';
}

static void each_option(const char *line, see_option *see, void *context) {
    char copy[256];
    bool flags = false;
    if (line[0] != '.') {
        return;
    }
    assert_true(strlen(line) < sizeof copy);
    snprintf(copy, sizeof copy, "%s", line + 1);
    for (char *rest = copy, *word; (word = strtok_r(rest, " ", &rest)) != NULL;) {
        if (is_macro(word)) {
            flags = strcmp(word, "Fl") == 0;
        } else if (flags && strchr(",.;:()", word[0]) == NULL) {
            see(word, line, context);
        }
    }
}

static bool option_exists(const char *name, char letter) {
    for (const struct option *option = option_table; option->commands != 0; option++) {
        if (name != NULL ? option->name != NULL && strcmp(option->name, name) == 0
                         : option->letter == letter) {
            return true;
        }
    }
    return false;
}

static void assert_exists(const char *option, const char *line, void *context) {
    (void)context;
    if (option[0] == '-') {
        if (!option_exists(option + 1, 0)) {
            fail_msg("there is no option -%s: %s", option, line);
        }
        return;
    }
    for (const char *letter = option; *letter != '\0'; letter++) { // they may be joined
        if (*letter != '?' && !option_exists(NULL, *letter)) {
            fail_msg("there is no option -%c: %s", *letter, line);
        }
    }
}

static void the_manual_shows_only_what_exists(void **state) {
    char *text = read_document(MANUAL);
    char *rest = text;
    for (const char *line; (line = next_line(&rest)) != NULL;) {
        each_option(line, assert_exists, NULL);
    }
    free(text);
}

// An option that is looked for among the items of the manual's lists.
struct search {
    char spelled[40];
    bool found;
};

static void compare_option(const char *option, const char *line, void *context) {
    struct search *search = context;
    search->found =
        search->found || (strncmp(line, ".It ", 4) == 0 && strcmp(option, search->spelled) == 0);
}

static void assert_explained(const char *manual, const char *spelled, const char *value) {
    struct search search = {.found = false};
    char *text = strdup(manual);
    assert_non_null(text);
    char *rest = text;
    snprintf(search.spelled, sizeof search.spelled, "%s", spelled);
    for (const char *line; !search.found && (line = next_line(&rest)) != NULL;) {
        each_option(line, compare_option, &search);
        if (search.found && (value != NULL) != (strstr(line, " Ar ") != NULL)) {
            fail_msg("whether it takes a value: %s", line);
        }
    }
    if (!search.found) {
        fail_msg("%s does not explain -%s", MANUAL, spelled);
    }
    free(text);
}

static void assert_command_explained(const char *manual, enum command_id command) {
    for (const struct option *option = NULL; (option = option_next(command, option)) != NULL;) {
        char spelled[40];
        if (option->letter != 0) {
            snprintf(spelled, sizeof spelled, "%c", option->letter);
            assert_explained(manual, spelled, option->value);
        }
        if (option->name != NULL) {
            snprintf(spelled, sizeof spelled, "-%s", option->name);
            assert_explained(manual, spelled, option->value);
        }
    }
}

static void compare_anywhere(const char *option, const char *line, void *context) {
    struct search *search = context;
    (void)line;
    search->found = search->found || strcmp(option, search->spelled) == 0;
}

// The options of the commands about single ports are explained in passing.
static bool is_mentioned(const char *manual, const char *spelled) {
    struct search search = {.found = false};
    char *text = strdup(manual);
    assert_non_null(text);
    char *rest = strstr(text, ".Sh CHECKING A PORT");
    assert_non_null(rest);
    snprintf(search.spelled, sizeof search.spelled, "%s", spelled);
    for (const char *line; !search.found && (line = next_line(&rest)) != NULL;) {
        each_option(line, compare_anywhere, &search);
    }
    free(text);
    return search.found;
}

static void the_manual_mentions_every_option_about_ports(void **state) {
    char *manual = read_document(MANUAL);
    for (enum command_id command = COMMAND_CHECK; command <= COMMAND_KILL; command++) {
        for (const struct option *option = NULL; (option = option_next(command, option)) != NULL;) {
            char spelled[40];
            snprintf(spelled, sizeof spelled, "-%s", option->name);
            if (strcmp(spelled, "-help") != 0 && !is_mentioned(manual, spelled)) {
                fail_msg("%s does not mention -%s", MANUAL, spelled);
            }
        }
    }
    free(manual);
}

static void the_manual_explains_every_option(void **state) {
    char *manual = read_document(MANUAL);
    assert_command_explained(manual, COMMAND_LIST);
    assert_command_explained(manual, COMMAND_AUDIT);
    free(manual);
}

// Columns and exit statuses -----------------------------------------------------------------------

// Finds a line of its own in a chapter.
static bool chapter_has(const char *manual, const char *chapter, const char *wanted) {
    char heading[64];
    char line[80];
    snprintf(heading, sizeof heading, "\n.Sh %s\n", chapter);
    snprintf(line, sizeof line, "\n%s\n", wanted);
    const char *begin = strstr(manual, heading);
    assert_non_null(begin);
    const char *end = strstr(begin + 1, "\n.Sh ");
    const char *found = strstr(begin, line);
    return found != NULL && (end == NULL || found < end);
}

static void the_manual_explains_every_column_and_no_other(void **state) {
    char *manual = read_document(MANUAL);
    char item[64];
    size_t columns = 0;
    size_t items = 0;
    for (; psc_column_at(columns) != NULL; columns++) {
        const char *name = psc_column_at(columns)->name;
        snprintf(item, sizeof item, ".It Cm %s", name);
        if (!chapter_has(manual, "COLUMNS", item)) {
            fail_msg("%s does not explain the column %s", MANUAL, name);
        }
    }
    const char *end = strstr(strstr(manual, "\n.Sh COLUMNS\n") + 1, "\n.Sh ");
    const char *at = strstr(manual, "\n.Sh COLUMNS\n");
    while ((at = strstr(at + 1, "\n.It ")) != NULL && at < end) {
        items++;
    }
    assert_int_equal(items, columns);
    free(manual);
}

// Each in the words of the help, which may go over several lines there.
static void the_manual_explains_every_exit_status(void **state) {
    char *manual = read_document(MANUAL);
    char *end = strstr(strstr(manual, "\n.Sh EXIT STATUS\n"), "\n.Sh EXAMPLES");
    char *at = strstr(manual, "\n.Sh EXIT STATUS\n");
    char none[16];
    assert_non_null(end);
    for (char *newline = at; newline < end; newline++) {
        *newline = *newline == '\n' ? ' ' : *newline;
    }
    for (enum psc_exit status = 0; status < PSC_EXIT_COUNT; status++) {
        char item[128];
        snprintf(item, sizeof item, " .It %d %s. ", (int)status, psc_exit_text(status));
        item[strlen(" .It 0 ")] = (char)toupper((unsigned char)item[strlen(" .It 0 ")]);
        if (strstr(at, item) == NULL) {
            fail_msg("%s does not say '%s'", MANUAL, item);
        }
    }
    snprintf(none, sizeof none, " .It %d ", (int)PSC_EXIT_COUNT);
    assert_null(strstr(at, none));
    free(manual);
}

// Examples ----------------------------------------------------------------------------------------

// Runs a command line, without the comment or the other command after it. Its file `policy` is another.
static void assert_understood(const char *line) {
    char command[256];
    struct run run;
    snprintf(command, sizeof command, "%s", line);
    char *after = strstr(command, " #");
    after = after != NULL ? after : strstr(command, " && ");
    if (after != NULL) {
        *after = '\0';
    }
    run_cli(&run, command);
    if (run.exit == PSC_EXIT_USAGE) {
        fail_msg("%s: %s", line, run.err);
    }
    run_done(&run);
}

static void the_examples_of_the_manual_are_understood(void **state) {
    static const char item[] = ".It Ic portscope";
    char *text = read_document(MANUAL);
    char *rest = text;
    unsigned examples = 0;
    for (const char *line; (line = next_line(&rest)) != NULL;) {
        if (strncmp(line, item, sizeof item - 1) == 0) {
            assert_understood(line + strlen(".It Ic "));
            examples++;
        }
    }
    assert_true(examples > 0);
    free(text);
}

static void the_examples_of_readme_are_understood(void **state) {
    static const char prompt[] = "$ portscope";
    char *text = read_document(README);
    char *rest = text;
    bool console = false;
    unsigned examples = 0;
    for (const char *line; (line = next_line(&rest)) != NULL;) {
        if (strncmp(line, "```", 3) == 0) {
            console = strcmp(line, "```console") == 0;
        } else if (console && strncmp(line, prompt, sizeof prompt - 1) == 0) {
            assert_understood(line + 2);
            examples++;
        }
    }
    assert_true(examples > 0);
    free(text);
}

static void check_long_options(const char *line) {
    for (const char *at = line; (at = strstr(at, "--")) != NULL;) {
        char name[40];
        at += 2;
        size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyz-");
        assert_true(length < sizeof name);
        memcpy(name, at, length);
        name[length] = '\0';
        if (length > 0 && !option_exists(name, 0)) {
            fail_msg("there is no option --%s: %s", name, line);
        }
        at += length;
    }
}

static void readme_names_only_options_that_exist(void **state) {
    char *text = read_document(README);
    char *rest = text;
    bool shell = false; // commands of other programs
    for (const char *line; (line = next_line(&rest)) != NULL;) {
        if (strncmp(line, "```", 3) == 0) {
            shell = strcmp(line, "```sh") == 0;
        } else if (!shell) {
            check_long_options(line);
        }
    }
    free(text);
}

// The map in main.c -------------------------------------------------------------------------------

#define SOURCES PSC_SOURCE_DIR "/src"

// A file or several (`.c`, `.h`) that the map names together: a path without the last extension.
struct module {
    char path[96];
    unsigned named; // how often
    bool exists;
};

struct modules {
    struct module list[256];
    size_t count;
    char directories[32][64]; // below src, each with a slash at its end
    size_t directory_count;
};

static struct module *find_module(struct modules *modules, const char *directory, const char *name,
                                  size_t length) {
    char path[sizeof modules->list->path];
    int size = snprintf(path, sizeof path, "%s%.*s", directory, (int)length, name);
    assert_in_range(size, 1, sizeof path - 1);
    for (size_t i = 0; i < modules->count; i++) {
        if (strcmp(modules->list[i].path, path) == 0) {
            return &modules->list[i];
        }
    }
    assert_true(modules->count < sizeof modules->list / sizeof modules->list[0]);
    struct module *added = &modules->list[modules->count++];
    memcpy(added->path, path, sizeof path);
    return added;
}

// Adds the files of a directory below src; "" is src itself. A directory has no dot in its name.
static void find_sources(struct modules *modules, const char *directory) {
    char path[256];
    int size = snprintf(path, sizeof path, "%s/%s", SOURCES, directory);
    assert_in_range(size, 1, sizeof path - 1);
    DIR *listing = opendir(path);
    assert_non_null(listing);
    for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
        const char *dot = strrchr(entry->d_name, '.');
        if (dot == NULL) {
            size_t length = strlen(entry->d_name);
            assert_true(modules->directory_count <
                        sizeof modules->directories / sizeof modules->directories[0]);
            char *below = modules->directories[modules->directory_count++];
            assert_true(strlen(directory) + length + 2 < sizeof modules->directories[0]);
            snprintf(below, sizeof modules->directories[0], "%s%.*s/", directory, (int)length,
                     entry->d_name);
        } else if (entry->d_name[0] != '.' && strcmp(entry->d_name, "main.c") != 0) {
            find_module(modules, directory, entry->d_name, (size_t)(dot - entry->d_name))->exists =
                true;
        }
    }
    closedir(listing);
}

static void read_map(struct modules *modules) {
    char *text = capture_file(SOURCES "/main.c", NULL);
    char directory[64] = "";
    assert_non_null(text);
    char *rest = text;
    for (char *line; (line = next_line(&rest)) != NULL && strncmp(line, "//", 2) == 0;) {
        if (strncmp(line, "//   ", 5) != 0) {
            continue;
        }
        char *names = line + 5;
        bool heading = names[0] != ' ';
        names += strspn(names, " ");
        char *end = strstr(names, "  ");
        names[end != NULL ? (size_t)(end - names) : strlen(names)] = '\0';
        if (heading) {
            snprintf(directory, sizeof directory, "%s", names);
            continue;
        }
        for (char *name; (name = strtok_r(names, ", ", &names)) != NULL;) {
            find_module(modules, directory, name, strlen(name))->named++;
        }
    }
    free(text);
}

static void the_map_names_every_file_once(void **state) {
    static struct modules modules;
    (void)state;
    find_sources(&modules, "");
    for (size_t i = 0; i < modules.directory_count; i++) {
        find_sources(&modules, modules.directories[i]);
    }
    read_map(&modules);
    assert_true(modules.count > 50);
    for (size_t i = 0; i < modules.count; i++) {
        const struct module *module = &modules.list[i];
        if (!module->exists || module->named != 1) {
            fail_msg("src/%s: %s, and named %u times in the map of main.c", module->path,
                     module->exists ? "exists" : "does not exist", module->named);
        }
    }
}

// Files ------------------------------------------------------------------------------------------

// Whether a word in backquotes is the path of one file in the repository.
static bool is_path(const char *word, size_t length) {
    static const char *const directories[] = {"src/", "tests/", "docs/", "tools/"};
    for (size_t i = 0; i < COUNT(directories); i++) {
        if (strncmp(word, directories[i], strlen(directories[i])) == 0) {
            return strcspn(word, "<*` ") == length;
        }
    }
    return false;
}

static void documents_name_only_files_that_exist(void **state) {
    static const char *const documents[] = {"README.md", "CONTRIBUTING.md", "SECURITY.md",
                                            "docs/ARCHITECTURE.md"};
    unsigned paths = 0;
    for (size_t i = 0; i < COUNT(documents); i++) {
        char path[512];
        snprintf(path, sizeof path, PSC_SOURCE_DIR "/%s", documents[i]);
        char *text = read_document(path);
        for (const char *at = text; (at = strchr(at, '`')) != NULL;) {
            size_t length = strcspn(++at, "`");
            snprintf(path, sizeof path, PSC_SOURCE_DIR "/%.*s", (int)length, at);
            if (is_path(at, length)) {
                paths++;
                if (access(path, F_OK) != 0) {
                    fail_msg("%s names %s, which does not exist", documents[i], path);
                }
            }
            at += length + (at[length] == '`');
        }
        free(text);
    }
    assert_true(paths > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_shows_only_what_exists),
        cmocka_unit_test(the_manual_explains_every_option),
        cmocka_unit_test(the_manual_mentions_every_option_about_ports),
        cmocka_unit_test(the_manual_explains_every_column_and_no_other),
        cmocka_unit_test(the_manual_explains_every_exit_status),
        cmocka_unit_test(the_examples_of_the_manual_are_understood),
        cmocka_unit_test(the_examples_of_readme_are_understood),
        cmocka_unit_test(readme_names_only_options_that_exist),
        cmocka_unit_test(documents_name_only_files_that_exist),
        cmocka_unit_test(the_map_names_every_file_once),
    };
    return cmocka_run_group_tests(tests, temporary_enter, temporary_leave);
}
