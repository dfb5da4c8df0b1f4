/* The form of a mail: RFC 5322 headers, RFC 2047 words, quoted-printable (RFC 2045). */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/mail.h"

#define WORD_BYTES 42 /* of text in one encoded word: its base64 and its frame stay within 75 characters */
#define LINE 75       /* of quoted-printable, before the "=" that says that it goes on */
#define PLAIN_SUBJECT 70

bool mail_address_ok(const char *address)
{
    const char *at = strchr(address, '@');
    for (const char *c = address; *c; c++)
        if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7F || strchr("<>,;:\"\\()[]", *c))
            return false;
    return at && at != address && at[1] && !strchr(at + 1, '@') && strlen(address) <= 254;
}

static bool plain(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || (unsigned char)*c >= 0x7F)
            return false;
    return strlen(text) <= PLAIN_SUBJECT && !strstr(text, "=?");
}

/* Words of whole characters, one a line: each decodes by itself. */
static void add_words(struct text *out, const char *text)
{
    for (size_t n = strlen(text), at = 0; at < n;) {
        size_t end = at + WORD_BYTES < n ? at + WORD_BYTES : n;
        while (end < n && end > at + 1 && ((unsigned char)text[end] & 0xC0) == 0x80)
            end--;
        AUTO_FREE char *base64 = text_base64(text + at, end - at);
        text_addf(out, "%s=?UTF-8?B?%s?=", at ? "\r\n " : "", base64);
        at = end;
    }
}

static void add_subject(struct text *out, const char *subject)
{
    AUTO_FREE char *line = mem_text(subject);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            *c = ' ';
    text_mend(line);
    text_add(out, "Subject: ");
    if (plain(line))
        text_add(out, line);
    else
        add_words(out, line);
    text_add(out, "\r\n");
}

static void add_date(struct text *out, int64_t at)
{
    static const char *const DAYS[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char *const MONTHS[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    time_t seconds = (time_t)(at / CLOCK_SECOND);
    struct tm t = { 0 };
    gmtime_r(&seconds, &t);
    text_addf(out, "Date: %s, %02d %s %d %02d:%02d:%02d +0000\r\n", DAYS[t.tm_wday], t.tm_mday, MONTHS[t.tm_mon], t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

/* As it stands, or "=XX"; a space only where no line can end behind it. */
static size_t quote(char out[4], const char *c)
{
    unsigned char byte = (unsigned char)*c;
    bool last = c[1] == 0 || c[1] == '\n' || (c[1] == '\r' && c[2] == '\n');
    if ((byte > ' ' && byte < 0x7F && byte != '=') || ((byte == ' ' || byte == '\t') && !last))
        return (size_t)snprintf(out, 4, "%c", byte);
    return (size_t)snprintf(out, 4, "=%02X", byte);
}

static void add_body(struct text *out, const char *body)
{
    size_t column = 0;
    for (const char *c = body; *c; c++) {
        char piece[4];
        if (*c == '\n' || (*c == '\r' && c[1] == '\n')) {
            text_add(out, "\r\n");
            column = 0;
            c += *c == '\r';
            continue;
        }
        size_t n = quote(piece, c);
        if (column + n > LINE) {
            text_add(out, "=\r\n");
            column = 0;
        }
        text_add_n(out, piece, n);
        column += n;
    }
    text_add(out, "\r\n");
}

bool mail_compose(const struct mail_letter *letter, char **ret, struct err *e)
{
    AUTO_TEXT out = { 0 };
    if (!mail_address_ok(letter->from))
        return err_set(e, ERR_INVALID, "'%.100s' is no address that a mail can come from", letter->from);
    text_addf(&out, "From: <%s>\r\nTo: ", letter->from);
    for (size_t i = 0; i < letter->to_count; i++) {
        if (!mail_address_ok(letter->to[i]))
            return err_set(e, ERR_INVALID, "'%.100s' is no e-mail address", letter->to[i]);
        text_addf(&out, "%s<%s>", i ? ",\r\n " : "", letter->to[i]);
    }
    text_add(&out, "\r\n");
    add_subject(&out, letter->subject);
    add_date(&out, letter->at);
    text_addf(&out, "Message-ID: <%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                    "Content-Transfer-Encoding: quoted-printable\r\n\r\n", letter->id);
    AUTO_FREE char *body = mem_text(letter->body);
    text_mend(body);
    add_body(&out, body);
    *ret = text_take(&out);
    return true;
}
