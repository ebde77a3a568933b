// bench.c - portscope beside the other port listers and beside the floor, on machines made for it.
//
//   bench [--seconds S] PORTSCOPE [idle] [1000] [busy] [linear] [million]
//
// Without a scene: all but the last one. Each scene gets a crowd (crowd.c) in namespaces of its own,
// and every command runs in there (stage.c), in turns with the others (measure.c).
//
// To add a command, add it to its question; to add a scene, to the scenes.
#include <err.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "measure.h"
#include "stage.h"

#define PORT "5555"      // somebody listens there, and nobody is connected
#define FILTER ":5555"   // the same as a filter
#define FREE_PORT "5556" // nobody is there

enum { MOST_COMMANDS = 10, MOST_WORDS = 5 };

// Questions ------------------------------------------------------------------------------------

// The words "portscope" and "floor" stand for programs of ours, not for those in PATH.
struct command {
    char words[MOST_WORDS][48];
    const char *label; // in place of the words, or NULL
};

// Without the rights that loading a BPF program takes; it costs the start of one more program.
#define WITHOUT_BPF "setpriv", "--bounding-set=-bpf,-perfmon,-sys_admin"

// Commands that answer the same question; portscope first, because ratios are to the first.
struct question {
    const char *text;
    struct command commands[MOST_COMMANDS];
    bool may_be_no; // they may answer by status 1
};

static const struct question questions[] = {
    {"everything, with owners",
     {{{"portscope", "-ano"}, NULL},
      {{WITHOUT_BPF, "portscope", "-ano"}, "portscope -ano, without BPF"},
      {{"ss", "-tuanp"}, NULL},
      {{"netstat", "-tuanp"}, NULL},
      {{"lsof", "-nPi"}, NULL},
      {{"sockstat"}, NULL},
      {{"floor", "iterate"}, NULL},
      {{"floor", "walk"}, NULL}},
     .may_be_no = false},
    {"what listens, without owners",
     {{{"portscope", "-tuln"}, NULL},
      {{"ss", "-tuln"}, NULL},
      {{"netstat", "-tuln"}, NULL},
      {{"floor", "listen"}, NULL}},
     .may_be_no = false},
    {"one port, with its owner",
     {{{"portscope", "-ano", FILTER}, NULL},
      {{WITHOUT_BPF, "portscope", "-ano", FILTER}, "portscope -ano :" PORT ", without BPF"},
      {{"ss", "-tlnp", "sport = :" PORT}, NULL},
      {{"lsof", "-nPi:" PORT}, NULL},
      {{"floor", "listen", "iterate"}, NULL},
      {{"floor", "listen", "walk"}, NULL}},
     .may_be_no = false},
    {"a port that is free",
     {{{"portscope", "check", FREE_PORT}, NULL},
      {{"portscope", "check", FREE_PORT, "-q"}, NULL},
      {{"true"}, "true, the start of a process"},
      {{"ss", "-tlnp", "sport = :" FREE_PORT}, NULL},
      {{"lsof", "-nPi:" FREE_PORT}, NULL},
      {{"fuser", FREE_PORT "/tcp"}, NULL}},
     .may_be_no = true},
    {"a port that is held",
     {{{"portscope", "check", PORT}, NULL},
      {{"portscope", "check", PORT, "-q"}, NULL},
      {{"portscope", "-ano", FILTER}, NULL},
      {{"ss", "-tlnp", "sport = :" PORT}, NULL},
      {{"lsof", "-nPi:" PORT}, NULL},
      {{"fuser", PORT "/tcp"}, NULL}},
     .may_be_no = true},
};

// Scenes ---------------------------------------------------------------------------------------

struct scene {
    const char *word;
    const char *text;
    bool usual; // when no scene is named
    bool linear;
    struct stage_size sizes[5]; // linear: all of them; else the first
};

static const struct scene scenes[] = {
    {.word = "idle", .text = "idle", .usual = true, .sizes = {{150, 12, 287}}},
    {.word = "1000",
     .text = "1,000 processes, 10,000 sockets",
     .usual = true,
     .sizes = {{1000, 10000, 0}}},
    {.word = "busy",
     .text = "busy: 1,000,000 open files, 100,000 of them sockets",
     .usual = true,
     .sizes = {{100, 100000, 900000}}},
    // The first size shows what the program takes before the first socket.
    {.word = "linear",
     .text = "linear: portscope -ano with more and more sockets",
     .usual = true,
     .linear = true,
     .sizes =
         {{100, 100, 0}, {100, 10000, 0}, {100, 50000, 0}, {100, 100000, 0}, {100, 200000, 0}}},
    {.word = "million",
     .text = "linear: portscope -ano with a million sockets",
     .linear = true,
     .sizes = {{100, 100, 0}, {100, 10000, 0}, {100, 1000000, 0}}},
};

enum {
    SCENES = sizeof scenes / sizeof scenes[0],
    QUESTIONS = sizeof questions / sizeof questions[0],
    SIZES = sizeof scenes[0].sizes / sizeof scenes[0].sizes[0],
};

// What was asked of the bench, and where the programs are.
struct bench {
    char portscope[PATH_MAX];
    char crowd[PATH_MAX];
    char floor[PATH_MAX];
    double seconds; // of running, for each command and question
    bool wanted[SCENES];
};

// Tables ---------------------------------------------------------------------------------------

// The words of a command as people would type them, cut to the room there is.
static void label(const struct command *command, char *text, size_t room) {
    size_t used = 0;
    snprintf(text, room, "%s", command->label != NULL ? command->label : "");
    for (size_t i = 0;
         command->label == NULL && i < MOST_WORDS && command->words[i][0] != '\0' && used < room;
         i++) {
        const char *quote = strchr(command->words[i], ' ') != NULL ? "'" : "";
        int length = snprintf(text + used, room - used, "%s%s%s%s", i == 0 ? "" : " ", quote,
                              command->words[i], quote);
        used += length < 0 ? room : (size_t)length;
    }
}

static void print_row(const struct command *command, const struct measure *measure,
                      const struct measure *first) {
    char name[40];
    char lines[24] = "-";
    char ratio[24] = "-";
    label(command, name, sizeof name);
    printf("  %-34s ", name);
    switch (measure->state) {
    case MEASURE_ABSENT:
        puts("not installed");
        return;
    case MEASURE_ENDLESS:
        puts("took too long and was ended");
        return;
    case MEASURE_FAILED:
        if (WIFEXITED(measure->status))
            printf("failed, exit status %d\n", WEXITSTATUS(measure->status));
        else
            printf("failed, signal %d\n", WTERMSIG(measure->status));
        return;
    case MEASURE_GOOD:
        break;
    }
    if (measure->lines > 0)
        snprintf(lines, sizeof lines, "%lu", measure->lines);
    if (first->state == MEASURE_GOOD)
        snprintf(ratio, sizeof ratio, "%.2f", measure_median(measure) / measure_median(first));
    printf("%10.2f %10.2f %8s %9.1f %9s %5zu\n", measure_median(measure), measure_best(measure),
           ratio, (double)measure->peak_kib / 1024, lines, measure->runs);
}

static char *program_path(struct bench *bench, char *word) {
    if (strcmp(word, "portscope") == 0)
        return bench->portscope;
    return strcmp(word, "floor") == 0 ? bench->floor : word;
}

// One question to all who can answer it; false when portscope, the first, could not.
static bool ask(struct bench *bench, const struct question *question) {
    struct question own = *question; // execve wants words that it could write to
    char *argv[MOST_COMMANDS][MOST_WORDS + 1] = {{NULL}};
    struct measure measures[MOST_COMMANDS] = {{.program = NULL}};
    size_t count = 0;
    while (count < MOST_COMMANDS && own.commands[count].words[0][0] != '\0') {
        struct command *command = &own.commands[count];
        for (size_t i = 0; i < MOST_WORDS && command->words[i][0] != '\0'; i++)
            argv[count][i] = program_path(bench, command->words[i]);
        measures[count].argv = argv[count];
        measures[count].program = argv[count][0];
        measures[count].may_say_no = own.may_be_no;
        count++;
    }
    measure_all(measures, count, bench->seconds);

    printf("\n  %-34s %10s %10s %8s %9s %9s %5s\n", question->text, "median ms", "best ms", "ratio",
           "peak MiB", "lines", "runs");
    for (size_t i = 0; i < count; i++)
        print_row(&question->commands[i], &measures[i], &measures[0]);
    fflush(stdout);
    return measures[0].state == MEASURE_GOOD;
}

// What one more size of the linear scene is compared with.
struct line_start {
    long peak_kib;        // with hardly a socket
    double us_per_socket; // at the first real size
};

static bool print_size(const struct measure *measure, unsigned long sockets, bool first,
                       struct line_start *start) {
    if (measure->state != MEASURE_GOOD) {
        printf("  %10lu  failed\n", sockets);
        return false;
    }
    double median = measure_median(measure);
    double peak = (double)measure->peak_kib / 1024;
    if (first) {
        start->peak_kib = measure->peak_kib;
        printf("  %10lu %11.2f %10.2f %10s %8s %9.1f %13s %5zu\n", sockets, median,
               measure_best(measure), "-", "-", peak, "-", measure->runs);
        return true;
    }
    double us_per_socket = median * 1e3 / (double)sockets;
    if (start->us_per_socket <= 0)
        start->us_per_socket = us_per_socket;
    printf("  %10lu %11.2f %10.2f %10.3f %8.2f %9.1f %13.0f %5zu\n", sockets, median,
           measure_best(measure), us_per_socket, us_per_socket / start->us_per_socket, peak,
           (double)(measure->peak_kib - start->peak_kib) * 1024 / (double)sockets, measure->runs);
    return true;
}

// Playing a scene ------------------------------------------------------------------------------

// Sets up a crowd and asks among it: all questions, or only what `measure` is about, which then
// comes back filled. In a child, because there is no way back out of a mount or PID namespace.
// False when something failed.
static bool among_crowd(struct bench *bench, struct stage_size size, struct measure *measure) {
    int ends[2];
    int status;
    bool whole = true;
    struct stage stage = stage_set(bench->crowd, size, PORT);
    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe");
    if (measure == NULL)
        printf("  (%s)\n", stage.counts);
    fflush(stdout); // or the child prints it too
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        bool good = true;
        stage_enter(&stage);
        if (measure != NULL) {
            measure_all(measure, 1, bench->seconds);
            good = write(ends[1], measure, sizeof *measure) == (ssize_t)sizeof *measure;
        } else {
            for (size_t i = 0; i < QUESTIONS; i++)
                good = ask(bench, &questions[i]) && good;
        }
        fflush(stdout);
        _exit(good ? 0 : 1);
    }
    close(ends[1]);
    if (measure != NULL)
        whole = read(ends[0], measure, sizeof *measure) == (ssize_t)sizeof *measure;
    if (waitpid(child, &status, 0) == -1)
        err(1, "waitpid");
    close(ends[0]);
    stage_strike(&stage);
    return whole && status == 0;
}

static bool play_linear(struct bench *bench, const struct scene *scene) {
    char words[2][24] = {"portscope", "-ano"};
    char *const argv[] = {words[0], words[1], NULL};
    struct line_start start = {0, 0};
    bool good = true;
    printf("\n  %10s %11s %10s %10s %8s %9s %13s %5s\n", "sockets", "median ms", "best ms",
           "us/socket", "ratio", "peak MiB", "bytes/socket", "runs");
    for (size_t i = 0; i < SIZES && scene->sizes[i].processes != 0; i++) {
        struct measure measure = {.program = bench->portscope, .argv = argv};
        good = among_crowd(bench, scene->sizes[i], &measure) && good;
        good = print_size(&measure, scene->sizes[i].sockets, i == 0, &start) && good;
        fflush(stdout);
    }
    return good;
}

static bool play(struct bench *bench, const struct scene *scene) {
    printf("\n%s\n", scene->text);
    fflush(stdout);
    return scene->linear ? play_linear(bench, scene) : among_crowd(bench, scene->sizes[0], NULL);
}

static void print_facts(void) {
    struct utsname kernel;
    struct sysinfo memory;
    char files[32] = "";
    if (uname(&kernel) == -1 || sysinfo(&memory) == -1)
        err(1, "uname");
    FILE *counters = fopen("/proc/sys/fs/file-nr", "re");
    if (counters == NULL || fgets(files, sizeof files, counters) == NULL)
        err(1, "/proc/sys/fs/file-nr");
    fclose(counters);
    files[strcspn(files, "\t\n")] = '\0';
    printf("%s %s %s, %ld cores, %.1f GiB, %s files open outside, user %u\n", kernel.sysname,
           kernel.release, kernel.machine, sysconf(_SC_NPROCESSORS_ONLN),
           (double)memory.totalram * memory.mem_unit / (1 << 30), files, (unsigned)geteuid());
    puts("Ratios hold from machine to machine, absolute figures do not. Wall time of whole "
         "programs,\n"
         "run in turns, output read from a pipe; peak is resident memory. Ratios are to the first "
         "line.");
    fflush(stdout);
}

// The command line -----------------------------------------------------------------------------

static void find_sibling(char *path, size_t room, const char *name) {
    ssize_t length = readlink("/proc/self/exe", path, room - 1);
    if (length == -1)
        err(1, "/proc/self/exe");
    path[length] = '\0';
    char *slash = strrchr(path, '/');
    size_t folder = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (folder + strlen(name) >= room)
        errx(1, "%s: the path is too long", path);
    memcpy(path + folder, name, strlen(name) + 1);
    if (access(path, X_OK) == -1)
        err(1, "%s", path);
}

static void want(struct bench *bench, const char *word) {
    for (size_t i = 0; i < SCENES; i++) {
        if (strcmp(scenes[i].word, word) == 0) {
            bench->wanted[i] = true;
            return;
        }
    }
    errx(2, "'%s': the scenes are idle, 1000, busy, linear and million", word);
}

static void parse(struct bench *bench, int argc, char **argv) {
    int next = 1;
    if (next + 1 < argc && strcmp(argv[next], "--seconds") == 0) {
        char *end;
        bench->seconds = strtod(argv[next + 1], &end);
        if (end == argv[next + 1] || *end != '\0' || !(bench->seconds >= 0 && bench->seconds <= 60))
            errx(2, "'%s': --seconds must be a number from 0 to 60", argv[next + 1]);
        next += 2;
    }
    if (next >= argc)
        errx(2, "usage: bench [--seconds S] PORTSCOPE [idle] [1000] [busy] [linear] [million]");
    // Absolute, because entering a mount namespace changes the working directory.
    if (realpath(argv[next], bench->portscope) == NULL || access(bench->portscope, X_OK) == -1)
        err(2, "%s", argv[next]);
    for (size_t i = 0; i < SCENES; i++)
        bench->wanted[i] = scenes[i].usual && next + 1 == argc;
    while (++next < argc)
        want(bench, argv[next]);
}

int main(int argc, char **argv) {
    struct bench bench = {.seconds = 2};
    bool good = true;
    parse(&bench, argc, argv);
    find_sibling(bench.crowd, sizeof bench.crowd, "crowd");
    find_sibling(bench.floor, sizeof bench.floor, "floor");
    print_facts();
    for (size_t i = 0; i < SCENES; i++) {
        if (bench.wanted[i])
            good = play(&bench, &scenes[i]) && good;
    }
    if (!good)
        errx(1, "portscope did not answer everything");
    return 0;
}
