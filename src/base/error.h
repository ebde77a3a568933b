// error.h - the status every function returns, the sentence that explains it, and compiler attributes.
#ifndef PSC_BASE_ERROR_H
#define PSC_BASE_ERROR_H

#if defined(__clang__)
#define PSC_NODISCARD __attribute__((warn_unused_result))
#define PSC_PRINTF(text, first) __attribute__((format(printf, text, first)))
#elif defined(__GNUC__)
#define PSC_NODISCARD __attribute__((warn_unused_result))
// Not `printf`: on Windows that is the printf of an old C library, without %zu.
#define PSC_PRINTF(text, first) __attribute__((format(gnu_printf, text, first)))
#else
#define PSC_NODISCARD
#define PSC_PRINTF(text, first)
#endif

/** The ways to fail, once: X(name, meaning). */
#define PSC_STATUS_LIST(X)                                                                         \
    X(OK, "no error")                                                                              \
    X(NO_MEMORY, "out of memory")                                                                  \
    X(USAGE, "invalid command line")                                                               \
    X(DENIED, "permission denied")                                                                 \
    X(UNSUPPORTED, "not supported by this system")                                                 \
    X(SYSTEM, "the system reported an error")                                                      \
    X(GONE, "no longer exists")                                                                    \
    X(MALFORMED, "malformed answer from the system")                                               \
    X(OUTPUT, "cannot write the output")

enum psc_status {
#define PSC_STATUS_ENUM(name, meaning) PSC_##name,
    PSC_STATUS_LIST(PSC_STATUS_ENUM)
#undef PSC_STATUS_ENUM
};

/** One English sentence without a full stop or a newline. Set whenever a function fails. */
struct psc_error {
    char text[512];
};

/** The meaning of a status, as in PSC_STATUS_LIST. Static storage. */
const char *psc_status_text(enum psc_status status);

/**
 * Writes a sentence into @p error and returns @p status, so that `return psc_fail(...)` is a whole
 * error path. Untrusted text may be quoted: it is escaped as by psc_text_escape(). What is too long is
 * cut, never within an escape.
 */
PSC_PRINTF(3, 4)
enum psc_status psc_fail(struct psc_error *error, enum psc_status status, const char *format, ...);

/** psc_fail() with PSC_NO_MEMORY and its meaning. */
enum psc_status psc_no_memory(struct psc_error *error);

#endif
