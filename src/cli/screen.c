/* Texts of strangers (a pod's message, a tag, an answer) on somebody's terminal. */
#include <string.h>

#include "base/mem.h"
#include "cli/inside.h"

/* C0, DEL, and C1 as UTF-8 writes it (0xc2 0x80 to 0xc2 0x9f). */
static bool is_control(const char *at)
{
    unsigned char c = (unsigned char)*at, next = (unsigned char)at[1];
    return c < ' ' || c == 0x7f || (c == 0xc2 && next >= 0x80 && next < 0xa0);
}

static char *clean_but(const char *text, const char *kept)
{
    AUTO_TEXT out = { 0 };
    for (; *text; text++) {
        if (!is_control(text) || strchr(kept, *text)) {
            text_add_char(&out, *text);
            continue;
        }
        text_add_char(&out, ' ');
        text += (unsigned char)*text == 0xc2;
    }
    char *clean = text_take(&out);
    text_mend(clean); /* C1 as a byte of its own, in an answer that is no JSON */
    return clean;
}

char *screen_clean(const char *text)
{
    return clean_but(text, "");
}

char *screen_lines(const char *text)
{
    return clean_but(text, "\n\t");
}

char *screen_cut(const char *text, int columns)
{
    size_t n = 0;
    for (int left = columns; text[n]; n++)
        if ((text[n] & 0xc0) != 0x80 && left-- <= 0)
            break;
    return mem_text_n(text, n);
}
