// text.h - untrusted text: names that other programs chose, made safe to show.
#ifndef PSC_BASE_TEXT_H
#define PSC_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What psc_text_decode() gives for a byte that is not part of valid UTF-8. */
#define PSC_TEXT_INVALID UINT32_MAX

/**
 * Reads one character of UTF-8 (RFC 3629: no surrogates, nothing overlong, none above U+10FFFF).
 * @param size at least 1
 * @param point out: the code point, or PSC_TEXT_INVALID
 * @return how many bytes were read; 1 for an invalid one
 */
size_t psc_text_decode(const char *bytes, size_t size, uint32_t *point);

/**
 * Whether a terminal shows a character as what it is: no control character (C0, DEL, C1), no line
 * or paragraph separator, and nothing invisible, such as a zero-width space, a tag or a control that
 * reorders the text around it.
 */
bool psc_text_is_printable(uint32_t point);

/** The most bytes that psc_text_escape() writes, with the NUL. */
#define PSC_TEXT_ESCAPED 16

/**
 * Writes one character as it is if it is printable, else as `\x1b` (a byte) or `\u202e`.
 * @param used out: how many bytes of @p bytes were consumed, at least 1
 * @return how many were written, without the NUL
 */
size_t psc_text_escape(const char *bytes, size_t size, size_t *used, char text[PSC_TEXT_ESCAPED]);

/**
 * The part of a path after its last separator, or all of it if that would be nothing.
 * @param separators `/`, a backslash, or both; on Linux a backslash is a character of file names
 */
const char *psc_base_name(const char *path, const char *separators);

/** Columns that a printable character takes on a terminal: 0, 1 or 2 (Unicode's East Asian Width). */
unsigned psc_text_width(uint32_t point);

#endif
