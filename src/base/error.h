// error.h - the status of functions that can fail, the sentence that explains it, and compiler attributes.
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

enum psc_status {
    PSC_OK,
    PSC_NO_MEMORY,
    PSC_USAGE,       /**< an invalid command line, file or word of the user */
    PSC_DENIED,      /**< by the system's permissions */
    PSC_UNSUPPORTED, /**< by this system */
    PSC_SYSTEM,      /**< the system reported an error */
    PSC_GONE,        /**< no longer exists */
    PSC_MALFORMED,   /**< a malformed answer from the system */
    PSC_OUTPUT,      /**< the output cannot be written */
};

/** One English sentence without a full stop or a newline. Set whenever a function fails. */
struct psc_error {
    char text[512];
};

/**
 * Writes a sentence into @p error and returns @p status, so that `return psc_fail(...)` is a whole
 * error path. Untrusted text may be quoted: it is escaped as by psc_text_escape(). What is too long is
 * cut, never within an escape.
 */
PSC_PRINTF(3, 4)
enum psc_status psc_fail(struct psc_error *error, enum psc_status status, const char *format, ...);

/** psc_fail() with PSC_NO_MEMORY. */
enum psc_status psc_no_memory(struct psc_error *error);

#endif
