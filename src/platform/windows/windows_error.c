// windows_error.c - error numbers of Windows.
#include "platform/windows/windows_error.h"

#include <windows.h>

enum psc_status windows_fail(struct psc_error *error, unsigned long number, const char *what) {
    if (number == ERROR_NOT_ENOUGH_MEMORY || number == ERROR_OUTOFMEMORY) {
        return psc_no_memory(error);
    }
    // Windows' own words come in the language of the machine, and only with luck in English.
    return psc_fail(error, number == ERROR_ACCESS_DENIED ? PSC_DENIED : PSC_SYSTEM,
                    "%s: Windows error %lu, which 'net helpmsg %lu' explains", what, number,
                    number);
}
