#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"

static const char *const NAMES[] = { "debug", "info", "warn", "error" };
static atomic_int least_level = LOG_INFO; /* may change while other threads log */
static atomic_bool as_json;

void log_setup(enum log_level least, bool json)
{
    least_level = least;
    as_json = json;
}

bool log_level_parse(const char *name, enum log_level *ret)
{
    for (int i = 0; i < 4; i++)
        if (text_is(name, NAMES[i])) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

/* Control characters would let a stranger's text forge lines: they are shown, not obeyed. */
static void add_escaped(struct text *out, const char *text)
{
    bool utf8 = text_utf8(text, strlen(text)); /* not when it was cut, or came from outside */
    for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
        if (*p < 0x20 || *p == 0x7f)
            text_addf(out, as_json ? "\\u%04x" : "\\x%02x", *p);
        else if (as_json && (*p == '"' || *p == '\\'))
            text_addf(out, "\\%c", *p);
        else if (*p >= 0x80 && !utf8)
            text_add_char(out, '?');
        else
            text_add_char(out, (char)*p);
    }
}

void log_line(enum log_level level, const char *room, const char *format, ...)
{
    if ((int)level < least_level)
        return;
    char said[2048], when[CLOCK_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(said, sizeof said, format, args);
    va_end(args);

    AUTO_TEXT out = { 0 };
    clock_rfc3339(clock_now(), when);
    text_addf(&out, as_json ? "{\"time\":\"%s\",\"level\":\"%s\",\"room\":\"%s\",\"text\":\"" : "%s %-5s %s: ", when, NAMES[level], room);
    add_escaped(&out, said);
    text_add(&out, as_json ? "\"}\n" : "\n");
    ssize_t ignored = write(STDERR_FILENO, out.at, out.length);
    (void)ignored;
}
