// wide.h - the UTF-16 of Windows and the UTF-8 of everybody else.
#ifndef PSC_PLATFORM_WINDOWS_WIDE_H
#define PSC_PLATFORM_WINDOWS_WIDE_H

#include <wchar.h>

#include "model/builder.h"

/**
 * Half a surrogate pair, which a name may hold, becomes U+FFFD.
 * @param length in UTF-16 units
 * @return UTF-8 with a NUL behind it, to be freed; NULL when out of memory
 */
char *wide_to_utf8(const wchar_t *wide, size_t length);

/**
 * The same as a text of the snapshot.
 * @return NULL when out of memory
 */
const char *wide_to_text(struct psc_builder *builder, const wchar_t *wide, size_t length);

#endif
