// transcript.c - types the commands of a transcript again and compares what they print.
#include "support/transcript.h"

#include "cli/cli.h"
#include "support/capture.h"
#include "support/run_cli.h"
#include "support/test.h"

#define DATA PSC_SOURCE_DIR "/tests/data/cli/"

static void transcribe_stream(FILE *to, char stream, const char *bytes, size_t size) {
    bool begins = true;
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)bytes[i];
        if (begins) {
            fprintf(to, "%c|", stream);
        }
        begins = byte == '\n';
        if (begins || (byte >= 0x20 && byte != 0x7f)) {
            fputc(byte, to);
        } else {
            fprintf(to, "<%02X>", byte);
        }
    }
    fputs(begins ? "" : "<no line end>\n", to);
}

static size_t count_lines(const char *text) {
    size_t lines = 0;
    for (; (text = strchr(text, '\n')) != NULL; text++) {
        lines++;
    }
    return lines;
}

// What holds for every command line, whatever it prints.
static void check_manners(const char *line, const struct run *run) {
    bool strict = strstr(line, "--strict") != NULL && run->exit == PSC_EXIT_YES;
    bool colored = strstr(line, "--color=always") != NULL;
    bool failed = run->exit > PSC_EXIT_NO;
    bool kill = strstr(line, " kill ") != NULL; // it has shown the processes by then
    if (run->exit < PSC_EXIT_YES || run->exit > PSC_EXIT_OUTPUT || (strict && run->err_size > 0) ||
        (failed && ((run->out_size > 0 && !kill) || count_lines(run->err) != 1)) ||
        (!colored && strchr(run->out, '\x1b') != NULL) || strchr(run->err, '\x1b') != NULL) {
        fail_msg("%s: status %d, '%s'", line, run->exit, run->err);
    }
}

static void transcribe(FILE *to, const char *line) {
    struct run run;
    run_cli(&run, line);
    check_manners(line, &run);
    transcribe_stream(to, '1', run.out, run.out_size);
    transcribe_stream(to, '2', run.err, run.err_size);
    if (run.exit != PSC_EXIT_YES) {
        fprintf(to, "status %d\n", run.exit);
    }
    run_done(&run);
}

static bool is_output(const char *line) {
    return strncmp(line, "1|", 2) == 0 || strncmp(line, "2|", 2) == 0 ||
           strncmp(line, "status ", 7) == 0;
}

// Types every command of a transcript again. Takes the text apart.
static char *repeat(char *transcript, size_t *size) {
    FILE *to = capture_open();
    for (char *line = transcript; *line != '\0';) {
        char *end = line + strcspn(line, "\n");
        char *next = *end != '\0' ? end + 1 : end;
        *end = '\0';
        if (!is_output(line)) {
            fprintf(to, "%s\n", line);
        }
        if (line[0] == '$' && line[1] == ' ') {
            transcribe(to, line + 2);
        }
        line = next;
    }
    return capture_close(to, size);
}

static void show_difference(const char *path, const char *expected, const char *actual) {
    size_t line = 1;
    while (*expected != '\0' && *actual != '\0') {
        size_t expected_length = strcspn(expected, "\n");
        size_t actual_length = strcspn(actual, "\n");
        if (expected_length != actual_length || memcmp(expected, actual, actual_length) != 0) {
            break;
        }
        expected += expected_length + (expected[expected_length] != '\0');
        actual += actual_length + (actual[actual_length] != '\0');
        line++;
    }
    fail_msg("%s:%zu: expected '%.*s', got '%.*s'; PSC_UPDATE=1 accepts all that is new", path,
             line, (int)strcspn(expected, "\n"), expected, (int)strcspn(actual, "\n"), actual);
}

static void check_transcript(const char *path) {
    char *expected = capture_file(path, NULL);
    char *typed = capture_file(path, NULL);
    assert_non_null(expected);
    assert_non_null(strstr(expected, "$ portscope"));
    size_t size;
    char *actual = repeat(typed, &size);
    const char *update = getenv("PSC_UPDATE");
    bool same = strcmp(actual, expected) == 0;
    if (!same && update != NULL && strcmp(update, "1") == 0) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(actual, 1, size, file), size);
        assert_int_equal(fclose(file), 0);
    } else if (!same) {
        show_difference(path, expected, actual);
    }
    free(expected);
    free(typed);
    free(actual);
}

void transcript_test(void **name) {
    char path[512];
    snprintf(path, sizeof path, DATA "%s.txt", (const char *)*name);
    check_transcript(path);
}
