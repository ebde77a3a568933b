// system_function.c - functions that are looked up when they are needed.
#include "platform/windows/system_function.h"

#include <windows.h>

system_function_pointer *system_function(const wchar_t *library, const char *name) {
    // A library beside the program, in the directory of a download perhaps, is never the one meant.
    HMODULE module = LoadLibraryExW(library, NULL, LOAD_LIBRARY_SEARCH_SYSTEM32);
    return module != NULL ? (system_function_pointer *)GetProcAddress(module, name) : NULL;
}
