// terminal.c - the console, which takes UTF-16 and may understand escape sequences.
//
// What the program writes to a console goes through a pipe to a thread, which converts UTF-8 to UTF-16.
// So no other code needs to know what a stream is, and no code page is changed. Standard output and
// standard error share the pipe, which keeps their lines in order.
#include "platform/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <io.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "base/text.h"

#define CHUNK_SIZE 4096

// The descriptors of the standard streams.
enum {
    STREAM_IN,
    STREAM_OUT,
    STREAM_ERR,
    STREAM_COUNT,
};

struct psc_terminal {
    HANDLE console;
    DWORD old_mode;
    int read_end; // of the pipe
    HANDLE thread;
    bool redirected[STREAM_COUNT];
};

// Ctrl-C ends the program on another thread, which has to find what to restore.
static struct psc_terminal *signal_terminal;

static BOOL WINAPI restore_on_signal(DWORD event) {
    (void)event;
    SetConsoleMode(signal_terminal->console, signal_terminal->old_mode);
    return FALSE; // the default handler ends the program
}

static bool is_console(HANDLE handle) {
    DWORD mode;
    return GetConsoleMode(handle, &mode) != 0;
}

// STD_INPUT_HANDLE, STD_OUTPUT_HANDLE and STD_ERROR_HANDLE follow each other downwards.
static DWORD standard_name(int stream) {
    return STD_INPUT_HANDLE - (DWORD)stream;
}

static HANDLE standard_handle(int stream) {
    bool standard = stream >= STREAM_IN && stream < STREAM_COUNT;
    return standard ? GetStdHandle(standard_name(stream)) : INVALID_HANDLE_VALUE;
}

// Returns how many bytes are whole characters. Bytes that are no character count as whole.
static size_t whole_characters(const char *bytes, size_t size) {
    size_t whole = 0;
    while (whole < size) {
        uint32_t point;
        size_t used = psc_text_decode(bytes + whole, size - whole, &point);
        unsigned char lead = (unsigned char)bytes[whole];
        size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
        if (point == PSC_TEXT_INVALID && lead >= 0xc2 && size - whole < length) {
            break; // the rest may still come
        }
        whole += used;
    }
    return whole;
}

static void write_chunk(HANDLE console, const char *bytes, size_t size) {
    wchar_t wide[CHUNK_SIZE];
    int length = MultiByteToWideChar(CP_UTF8, 0, bytes, (int)size, wide, CHUNK_SIZE);
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
    char bytes[CHUNK_SIZE];
    size_t kept = 0;
    int count;
    while ((count = _read(terminal->read_end, bytes + kept, (unsigned)(sizeof bytes - kept))) > 0) {
        size_t size = kept + (size_t)count;
        size_t whole = whole_characters(bytes, size);
        write_chunk(terminal->console, bytes, whole);
        kept = size - whole;
        memmove(bytes, bytes + whole, kept);
    }
    write_chunk(terminal->console, bytes, kept);
    return 0;
}

// Replaces a stream that is a console by the pipe. The standard handle remains the console, so that it
// still shows what kind the stream is.
static void redirect(struct psc_terminal *terminal, int stream, int write_end) {
    HANDLE process = GetCurrentProcess();
    HANDLE console = standard_handle(stream);
    if (!is_console(console) ||
        !DuplicateHandle(process, console, process, &console, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
        return;
    }
    fflush(stream == STREAM_OUT ? stdout : stderr);
    terminal->redirected[stream] = _dup2(write_end, stream) == 0;
    if (terminal->redirected[stream]) {
        SetStdHandle(standard_name(stream), console);
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

// Opens the console and starts the thread. Returns the end of the pipe to write to, or -1.
static int begin_thread(struct psc_terminal *terminal) {
    int ends[2];
    terminal->console =
        CreateFileW(L"CONOUT$", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (terminal->console == INVALID_HANDLE_VALUE) {
        return -1;
    }
    if (_pipe(ends, 16 * CHUNK_SIZE, _O_BINARY | _O_NOINHERIT) == 0) {
        terminal->read_end = ends[0];
        terminal->thread = CreateThread(NULL, 0, write_to_console, terminal, 0, NULL);
        if (terminal->thread != NULL) {
            return ends[1];
        }
        _close(ends[0]);
        _close(ends[1]);
    }
    CloseHandle(terminal->console);
    return -1;
}

struct psc_terminal *psc_terminal_init(void) {
    _setmode(STREAM_OUT, _O_BINARY);
    if (!is_console(standard_handle(STREAM_OUT)) && !is_console(standard_handle(STREAM_ERR))) {
        return NULL;
    }
    struct psc_terminal *terminal = calloc(1, sizeof *terminal);
    int write_end = terminal != NULL ? begin_thread(terminal) : -1;
    if (write_end < 0) {
        free(terminal); // the console then gets the bytes as they are, which works for ASCII
        return NULL;
    }
    redirect(terminal, STREAM_OUT, write_end);
    redirect(terminal, STREAM_ERR, write_end);
    _setmode(STREAM_ERR, _O_TEXT);
    _close(write_end);
    begin_escapes(terminal);
    return terminal;
}

void psc_terminal_done(struct psc_terminal *terminal) {
    if (terminal == NULL) {
        return;
    }
    fflush(stdout);
    fflush(stderr);
    // The thread exits when the last end to write to is closed.
    for (int stream = STREAM_OUT; stream <= STREAM_ERR; stream++) {
        if (terminal->redirected[stream]) {
            _close(stream);
        }
    }
    WaitForSingleObject(terminal->thread, INFINITE);
    CloseHandle(terminal->thread);
    _close(terminal->read_end);
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
    // Unlike Windows, the C library explains its errors in English.
    return psc_fail(error, PSC_OUTPUT, "cannot write %s: %s", name, strerror(errno));
}

bool psc_terminal_reader_is_gone(FILE *stream) {
    // The C library turns ERROR_NO_DATA into EINVAL. But a pipe refuses data for no other reason.
    intptr_t handle = _get_osfhandle(_fileno(stream));
    return GetFileType((HANDLE)handle) == FILE_TYPE_PIPE; // NOLINT(performance-no-int-to-ptr)
}
