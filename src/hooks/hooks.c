#include "hooks/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "hooks/sender.h"

/* A new sender is a row here and a file of its own. */
static const struct hook_sender *const SENDERS[] = { &HOOK_DISTRIBUTION, &HOOK_DOCKERHUB };

const char *hook_format(size_t i)
{
    return i < ALEN(SENDERS) ? SENDERS[i]->name : NULL;
}

void hook_result_destroy(struct hook_result **r)
{
    struct hook_result *old = TAKE(*r);
    if (!old)
        return;
    for (size_t i = 0; i < old->event_count; i++)
        event_destroy(&old->events[i]);
    for (size_t i = 0; i < old->ignored_count; i++) {
        free(old->ignored[i].what);
        free(old->ignored[i].why);
    }
    free(old->events);
    free(old->ignored);
    free(old->delivery_key);
    free(old);
}

const char *hook_header_get(const struct hook_input *input, const char *name)
{
    for (size_t i = 0; i < input->header_count; i++)
        if (text_is_any_case(input->headers[i].name, name))
            return input->headers[i].value;
    return NULL;
}

struct event *hook_event(const struct hook_result *r)
{
    struct event *ev = event_create();
    event_set(&ev->source, r->format);
    event_set(&ev->action, "push");
    return ev;
}

void hook_add_event(struct hook_result *r, struct event *ev)
{
    r->events = mem_resize(r->events, (r->event_count + 1) * sizeof(struct event *));
    r->events[r->event_count++] = ev;
}

void hook_add_ignored(struct hook_result *r, const char *why, const char *what_format, ...)
{
    char what[400];
    va_list args;
    va_start(args, what_format);
    vsnprintf(what, sizeof what, what_format, args);
    va_end(args);
    text_mend(what); /* cut within a character */
    r->ignored = mem_resize(r->ignored, (r->ignored_count + 1) * sizeof *r->ignored);
    r->ignored[r->ignored_count++] = (struct hook_ignored){ .what = mem_text(what), .why = mem_text(why) };
}

void hook_note(struct hook_result *r, const char *format, ...)
{
    char sentence[300];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    text_mend(sentence);
    size_t n = strlen(r->note);
    if (n + strlen(sentence) + 3 < sizeof r->note)
        snprintf(r->note + n, sizeof r->note - n, "%s%s", n ? "; " : "", sentence);
}

bool hook_wrong(struct err *e, const char *pointer, const char *format, ...)
{
    char why[300];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return err_field(e, pointer, "%s: %s", pointer, why);
}

/* Seconds as plain decimal text; a number beyond any date is left out. */
static void set_seconds(struct event *ev, const json_t *number)
{
    double seconds = json_number_value(number);
    if (!(seconds >= 0 && seconds < 1e11))
        return;
    AUTO_FREE char *text = json_decimal(number);
    event_set(&ev->pushed_at, text);
    ev->pushed_micros = json_is_integer(number) ? json_integer_value(number) * CLOCK_SECOND : (int64_t)(seconds * 1e6 + 0.5);
}

void hook_set_time(struct event *ev, const json_t *value)
{
    int64_t micros;
    if (json_is_number(value)) {
        set_seconds(ev, value);
        return;
    }
    if (!json_is_string(value))
        return;
    const char *text = json_string_value(value);
    json_error_t ignored;
    AUTO_JSON *number = strlen(text) < 40 ? json_loads(text, JSON_DECODE_ANY, &ignored) : NULL;
    if (json_is_number(number)) {
        set_seconds(ev, number);
    } else if (clock_parse(text, &micros) && micros >= 0) {
        AUTO_FREE char *seconds = mem_format("%lld.%06d", (long long)(micros / CLOCK_SECOND), (int)(micros % CLOCK_SECOND));
        size_t n = strlen(seconds);
        while (seconds[n - 1] == '0')
            n--;
        seconds[seconds[n - 1] == '.' ? n - 1 : n] = 0;
        event_set(&ev->pushed_at, seconds);
        ev->pushed_micros = micros;
    }
}

void hook_set_digest(struct hook_result *r, struct event *ev, const char *digest)
{
    if (text_empty(digest))
        return;
    if (image_digest_ok(digest))
        event_set(&ev->digest, digest);
    else
        hook_note(r, "'%.80s' is no digest; the tag is asked for instead", digest);
}

bool hook_is_attachment(const char *tag)
{
    return text_starts(tag, "sha256-") && strspn(tag + 7, "0123456789abcdef") == 64;
}

static const struct hook_sender *sender_of(const struct hook_input *input, const json_t *json)
{
    for (size_t i = 0; i < ALEN(SENDERS); i++)
        if (text_is(SENDERS[i]->name, input->server_type) && SENDERS[i]->knows(input, json))
            return SENDERS[i];
    for (size_t i = 0; i < ALEN(SENDERS); i++)
        if (SENDERS[i]->knows(input, json))
            return SENDERS[i];
    return NULL;
}

/* The body as JSON. A byte order mark is skipped, escapes that JSON does not know are mended; both are noted. */
static bool read_body(const struct hook_input *input, json_t **ret, struct hook_result *r, struct err *e)
{
    const char *body = input->body;
    size_t n = input->size;
    char note[HOOK_NOTE];
    bool mark = n >= 3 && memcmp(body, "\xef\xbb\xbf", 3) == 0;
    if (mark) {
        body += 3;
        n -= 3;
        hook_note(r, "it begins with a byte order mark, which JSON has none of");
    }
    if (n == 0)
        return err_set(e, ERR_INVALID, "line 1, column 1: the body is empty");
    if (!json_read_lenient(body, n, ret, note, sizeof note, e))
        return false;
    if (*note)
        hook_note(r, "%s", note);
    return true;
}

bool hook_decode(const struct hook_input *input, struct hook_result **ret, struct err *e)
{
    AUTO(hook_result) r = NEW(struct hook_result);
    AUTO_JSON *json = NULL;
    if (!read_body(input, &json, r, e))
        return false;
    const struct hook_sender *sender = sender_of(input, json);
    if (!sender)
        return err_set(e, ERR_INVALID,
                       "not a body of a known registry: no push_data and repository (Docker Hub), no events (Distribution)");
    r->format = sender->name;
    if (!sender->decode(input, json, r, e))
        return err_wrap(e, "%s", sender->name);
    *ret = TAKE(r);
    return true;
}
