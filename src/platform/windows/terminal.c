// terminal.c - the console, which takes UTF-16 and may understand escape sequences.
//
// What the program writes to a console goes through a pipe to a thread, which turns the UTF-8 into
// UTF-16. So nobody else needs to know what a stream is, and no code page is touched. Standard output
// and standard error share the pipe, because what is written first must be seen first.
#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/text.h"

#define PIECE_SIZE 4096

// The numbers of the standard streams.
enum {
    STREAM_IN,
    STREAM_OUT,
    STREAM_ERR,
    STREAM_COUNT,
};

struct psc_terminal {
    HANDLE console;
    DWORD old_mode;
    int pipe; // the end that the thread reads
    HANDLE thread;
    bool redirected[STREAM_COUNT];
};

// Ctrl-C ends the program in a thread of its own, which must find what to restore.
static struct psc_terminal *signal_terminal;

static BOOL WINAPI restore_on_signal(DWORD signal) {
    (void)signal;
    SetConsoleMode(signal_terminal->console, signal_terminal->old_mode);
    return FALSE; // the program ends as it would have without us
}

static bool is_console(HANDLE handle) {
    DWORD mode;
    return GetConsoleMode(handle, &mode) != 0;
}

static const DWORD standard_names[STREAM_COUNT] = {
    [STREAM_IN] = STD_INPUT_HANDLE,
    [STREAM_OUT] = STD_OUTPUT_HANDLE,
    [STREAM_ERR] = STD_ERROR_HANDLE,
};

static HANDLE standard_handle(int stream) {
    bool standard = stream >= STREAM_IN && stream < STREAM_COUNT;
    return standard ? GetStdHandle(standard_names[stream]) : INVALID_HANDLE_VALUE;
}

// How many bytes from the beginning are whole characters; bytes that are none count as such.
static size_t whole_characters(const char *bytes, size_t size) {
    size_t whole = 0;
    while (whole < size) {
        uint32_t point;
        size_t used = psc_text_decode(bytes + whole, size - whole, &point);
        unsigned char lead = (unsigned char)bytes[whole];
        size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (point == PSC_TEXT_INVALID && lead >= 0xc2 && size - whole < length) {
            break; // the rest may be on its way
        }
        whole += used;
    }
    return whole;
}

static void write_piece(HANDLE console, const char *bytes, size_t size) {
    wchar_t wide[PIECE_SIZE];
    int length = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, wide, PIECE_SIZE);
    DWORD written;
    for (int at = 0; at < length; at += (int)written) {
        if (!WriteConsoleW(console, wide + at, (DWORD)(length - at), &written, NULL) ||
            written == 0) {
            return;
        }
    }
}

static DWORD WINAPI write_to_console(void *argument) {
    const struct psc_terminal *terminal = argument;
    char bytes[PIECE_SIZE];
    size_t kept = 0;
    int got;
    while ((got = _read(terminal->pipe, bytes + kept, (unsigned)(sizeof bytes - kept))) > 0) {
        size_t size = kept + (size_t)got;
        size_t whole = whole_characters(bytes, size);
        write_piece(terminal->console, bytes, whole);
        kept = size - whole;
        memmove(bytes, bytes + whole, kept);
    }
    write_piece(terminal->console, bytes, kept);
    return 0;
}

// Puts the pipe in place of a stream that is a console. The handle of the standard stream stays the
// console, so that it can still be asked what it is.
static void redirect(struct psc_terminal *terminal, int stream, int pipe) {
    HANDLE process = GetCurrentProcess();
    HANDLE console = standard_handle(stream);
    if (!is_console(console) ||
        !DuplicateHandle(process, console, process, &console, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return;
    }
    fflush(stream == STREAM_OUT ? stdout : stderr);
    terminal->redirected[stream] = _dup2(pipe, stream) == 0;
    if (terminal->redirected[stream]) {
        SetStdHandle(standard_names[stream], console);
    } else {
        CloseHandle(console);
    }
}

static void begin_escapes(struct psc_terminal *terminal) {
    const DWORD escapes = ENABLE_PROCESSED_OUTPUT | ENABLE_VIRTUAL_TERMINAL_PROCESSING;
    if (GetConsoleMode(terminal->console, &terminal->old_mode) &&
        SetConsoleMode(terminal->console, terminal->old_mode | escapes)) {
        signal_terminal = terminal;
        SetConsoleCtrlHandler(restore_on_signal, TRUE);
    }
}

static void end_escapes(struct psc_terminal *terminal) {
    if (signal_terminal != NULL) {
        SetConsoleCtrlHandler(restore_on_signal, FALSE);
        SetConsoleMode(terminal->console, terminal->old_mode);
        signal_terminal = NULL;
    }
}

// Opens the console and starts the thread; `*pipe` gets the end to write to.
static bool begin_thread(struct psc_terminal *terminal, int *pipe) {
    int ends[2];
    terminal->console =
        CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (terminal->console == INVALID_HANDLE_VALUE) {
        return false;
    }
    if (_pipe(ends, 16 * PIECE_SIZE, _O_BINARY | _O_NOINHERIT) != 0) {
        CloseHandle(terminal->console);
        return false;
    }
    terminal->pipe = ends[0];
    terminal->thread = CreateThread(NULL, 0, write_to_console, terminal, 0, NULL);
    if (terminal->thread == NULL) {
        _close(ends[0]);
        _close(ends[1]);
        CloseHandle(terminal->console);
        return false;
    }
    *pipe = ends[1];
    return true;
}

struct psc_terminal *psc_terminal_init(void) {
    int pipe;
    _setmode(STREAM_OUT, _O_BINARY);
    if (!is_console(standard_handle(STREAM_OUT)) && !is_console(standard_handle(STREAM_ERR))) {
        return NULL;
    }
    struct psc_terminal *terminal = calloc(1, sizeof *terminal);
    if (terminal == NULL || !begin_thread(terminal, &pipe)) {
        free(terminal); // the console then takes the bytes as they are, which is right for ASCII
        return NULL;
    }
    redirect(terminal, STREAM_OUT, pipe);
    redirect(terminal, STREAM_ERR, pipe);
    _setmode(STREAM_ERR, _O_TEXT);
    _close(pipe);
    begin_escapes(terminal);
    return terminal;
}

void psc_terminal_done(struct psc_terminal *terminal) {
    if (terminal == NULL) {
        return;
    }
    fflush(stdout);
    fflush(stderr);
    // The thread ends when nobody is left who could write.
    for (int stream = STREAM_OUT; stream <= STREAM_ERR; stream++) {
        if (terminal->redirected[stream]) {
            _close(stream);
        }
    }
    WaitForSingleObject(terminal->thread, INFINITE);
    CloseHandle(terminal->thread);
    _close(terminal->pipe);
    end_escapes(terminal);
    CloseHandle(terminal->console);
    free(terminal);
}

bool psc_terminal_has_color(FILE *stream) {
    DWORD mode;
    return GetConsoleMode(standard_handle(_fileno(stream)), &mode) &&
           (mode & ENABLE_VIRTUAL_TERMINAL_PROCESSING) != 0;
}

bool psc_terminal_can_ask(FILE *in, FILE *out) {
    return is_console(standard_handle(_fileno(in))) && is_console(standard_handle(_fileno(out)));
}

void psc_terminal_discard_input(FILE *in) {
    (void)FlushConsoleInputBuffer(standard_handle(_fileno(in)));
}

const char *psc_terminal_line_end(void) {
    return "\r\n";
}

void psc_terminal_prose(FILE *stream) {
    fflush(stream);
    _setmode(_fileno(stream), _O_TEXT);
}

enum psc_status psc_terminal_write_error(FILE *stream, const char *name, struct psc_error *error) {
    (void)stream;
    // The C library's own words are English, unlike those of Windows.
    return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", name, strerror(errno));
}

bool psc_terminal_reader_is_gone(FILE *stream) {
    // The number of the error is of no use: the C library makes EINVAL of ERROR_NO_DATA. But a pipe
    // never fills up, and so it refuses for no other reason.
    intptr_t handle = _get_osfhandle(_fileno(stream));
    return GetFileType((HANDLE)handle) == FILE_TYPE_PIPE; // NOLINT(performance-no-int-to-ptr)
}
