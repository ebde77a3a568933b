// text.c - UTF-8: decoding, what is safe to show, and how wide it is on a terminal.
#include "base/text.h"

#include <stdio.h>
#include <string.h>

size_t psc_text_decode(const char *bytes, size_t size, uint32_t *point) {
    const unsigned char *s = (const unsigned char *)bytes;
    *point = PSC_TEXT_INVALID;
    if (s[0] < 0x80) {
        *point = s[0];
        return 1;
    }
    // The smallest code point of each length rules out the overlong forms.
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || length > size) {
        return 1;
    }
    uint32_t value = s[0] & (0x7fU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80) {
            return 1;
        }
        value = value << 6 | (s[i] & 0x3fU);
    }
    if (value < smallest[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 1;
    }
    *point = value;
    return length;
}

bool psc_text_is_printable(uint32_t point) {
    // Default_Ignorable_Code_Point of Unicode, line and paragraph separators, and annotations: what a
    // terminal does not show, or what changes how it shows other text.
    static const struct {
        uint32_t first, last;
    } hidden[] = {
        {0x00ad, 0x00ad},   {0x034f, 0x034f}, {0x061c, 0x061c},   {0x115f, 0x1160},
        {0x17b4, 0x17b5},   {0x180b, 0x180f}, {0x200b, 0x200f},   {0x2028, 0x202e},
        {0x2060, 0x206f},   {0x3164, 0x3164}, {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
        {0xffa0, 0xffa0},   {0xfff0, 0xfffb}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a},
        {0xe0000, 0xe0fff},
    };
    if (point < 0x20 || (point >= 0x7f && point < 0xa0) || point > 0x10ffff) {
        return false;
    }
    for (size_t i = 0; i < sizeof hidden / sizeof hidden[0] && point >= hidden[i].first; i++) {
        if (point <= hidden[i].last) {
            return false;
        }
    }
    return true;
}

size_t psc_text_escape(const char *bytes, size_t size, size_t *used, char text[PSC_TEXT_ESCAPED]) {
    uint32_t point;
    *used = psc_text_decode(bytes, size, &point);
    if (point != PSC_TEXT_INVALID && psc_text_is_printable(point)) {
        memcpy(text, bytes, *used);
        text[*used] = '\0';
        return *used;
    }
    int length;
    if (point == PSC_TEXT_INVALID || point < 0x80) {
        length = snprintf(text, PSC_TEXT_ESCAPED, "\\x%02x", (unsigned char)bytes[0]);
    } else if (point <= 0xffff) {
        length = snprintf(text, PSC_TEXT_ESCAPED, "\\u%04x", (unsigned)point);
    } else {
        length = snprintf(text, PSC_TEXT_ESCAPED, "\\U%08x", (unsigned)point);
    }
    return (size_t)length;
}

unsigned psc_text_width(uint32_t point) {
    // Whole blocks are exact enough for padding: combining marks take no column, East Asian scripts
    // and pictographs take two.
    static const struct {
        uint32_t first, last;
        unsigned width;
    } blocks[] = {
        {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},   {0x0591, 0x05bd, 0},   {0x064b, 0x065f, 0},
        {0x1100, 0x115f, 2},   {0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},   {0x200b, 0x200d, 0},
        {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},   {0xa960, 0xa97f, 2},
        {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},   {0xfe20, 0xfe2f, 0},
        {0xfe30, 0xfe6f, 2},   {0xff00, 0xff60, 2},   {0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2},
        {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2}, {0x20000, 0x3fffd, 2},
    };
    if (point < blocks[0].first) {
        return 1;
    }
    for (size_t i = 0; i < sizeof blocks / sizeof blocks[0]; i++) {
        if (point >= blocks[i].first && point <= blocks[i].last) {
            return blocks[i].width;
        }
    }
    return 1;
}

const char *psc_base_name(const char *path, const char *separators) {
    const char *name = path;
    for (const char *at = path; (at = strpbrk(at, separators)) != NULL;) {
        name = ++at;
    }
    return *name != '\0' ? name : path;
}
