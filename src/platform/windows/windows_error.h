// windows_error.h - error numbers of Windows become a status and a sentence, and go no further.
#ifndef PSC_PLATFORM_WINDOWS_WINDOWS_ERROR_H
#define PSC_PLATFORM_WINDOWS_WINDOWS_ERROR_H

#include "base/error.h"

/**
 * @param number as GetLastError() gives it
 * @param what the sentence begins with it: `cannot read the table`
 */
enum psc_status windows_fail(struct psc_error *error, unsigned long number, const char *what);

#endif
