// wmain.c - Windows hands the command line over in UTF-16; main() takes UTF-8.
#include <stdlib.h>
#include <windows.h>

#include "platform/windows/win32.h"

int wmain(int argc, wchar_t **wide); // the linker's -municode asks for it in place of main()
int main(int argc, char **argv);

#define EXIT_NO_MEMORY 3 // PSC_EXIT_UNKNOWN, which only the command line knows

int wmain(int argc, wchar_t **wide) {
    // Libraries come from System32 only, never from the program's or the working directory.
    SetDefaultDllDirectories(LOAD_LIBRARY_SEARCH_SYSTEM32);
    char **argv = calloc((size_t)argc + 1, sizeof *argv); // lives as long as the program
    if (argv == NULL) {
        return EXIT_NO_MEMORY;
    }
    for (int i = 0; i < argc; i++) {
        argv[i] = wide_to_utf8(wide[i], wcslen(wide[i]));
        if (argv[i] == NULL) {
            free(argv);
            return EXIT_NO_MEMORY;
        }
    }
    return main(argc, argv);
}
