// wide.c - UTF-16 to UTF-8.
#include "platform/windows/wide.h"

#include <stdlib.h>
#include <string.h>
#include <windows.h>

char *wide_to_utf8(const wchar_t *wide, size_t length) {
    // One unit takes three bytes at most; two of a pair take four together.
    size_t room = 3 * length + 1;
    char *text = malloc(room);
    if (text == NULL) {
        return NULL;
    }
    int size = 0;
    if (length > 0) {
        size = WideCharToMultiByte(CP_UTF8, 0, wide, (int)length, text, (int)room - 1, NULL, NULL);
    }
    text[size] = '\0';
    return text;
}

const char *wide_to_text(struct psc_builder *builder, const wchar_t *wide, size_t length) {
    char *utf8 = wide_to_utf8(wide, length);
    const char *text = utf8 != NULL ? psc_builder_text(builder, utf8, strlen(utf8)) : NULL;
    free(utf8);
    return text;
}
