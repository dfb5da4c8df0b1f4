#include "secrets/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct mask {
    char **patterns; /* longest first */
    size_t count, longest;
    bool begins[256]; /* some pattern begins with this byte */
};

struct mask_stream {
    const struct mask *mask;
    struct text held;
};

static void add_pattern(struct mask *m, const char *text, size_t n)
{
    if (n < MASK_LEAST || m->count == MASK_MOST)
        return;
    for (size_t i = 0; i < m->count; i++)
        if (strlen(m->patterns[i]) == n && memcmp(m->patterns[i], text, n) == 0)
            return;
    m->patterns = mem_resize(m->patterns, (m->count + 1) * sizeof *m->patterns);
    m->patterns[m->count++] = mem_text_n(text, n);
    m->begins[(unsigned char)text[0]] = true;
    if (n > m->longest)
        m->longest = n;
}

/* Of a text with several lines (a key, a kubeconfig) the long words; its short ones, and addresses, stand in innocent texts too. */
static void add_words(struct mask *m, const char *text)
{
    static const char BETWEEN[] = " \t\r\n\"',{}[]";
    for (const char *p = text + strspn(text, BETWEEN); *p; p += strspn(p, BETWEEN)) {
        size_t n = strcspn(p, BETWEEN);
        if (n >= MASK_WORD && !memmem(p, n, "://", 3))
            add_pattern(m, p, n);
        p += n;
    }
}

static void add_secret(struct mask *m, const char *secret)
{
    size_t n = strlen(secret);
    if (n < MASK_LEAST)
        return;
    add_pattern(m, secret, n);
    AUTO_FREE char *base64 = text_base64(secret, n), *base64_url = text_base64_url(secret, n);
    AUTO_TEXT url = { 0 };
    text_add_url(&url, secret);
    add_pattern(m, base64, strlen(base64));
    add_pattern(m, base64_url, strlen(base64_url));
    add_pattern(m, text_of(&url), url.length);
    if (strchr(secret, '\n'))
        add_words(m, secret);
}

static int longer_first(const void *a, const void *b)
{
    size_t n = strlen(*(char *const *)a), m = strlen(*(char *const *)b);
    return n < m ? 1 : n > m ? -1 : 0;
}

struct mask *mask_create_json(const json_t *array_of_texts)
{
    AUTO(mask) m = NEW(struct mask);
    size_t i;
    json_t *secret;
    json_array_foreach((json_t *)array_of_texts, i, secret)
        if (json_is_string(secret))
            add_secret(m, json_string_value(secret));
    if (!m->count)
        return NULL;
    qsort(m->patterns, m->count, sizeof *m->patterns, longer_first);
    return TAKE(m);
}

void mask_destroy(struct mask **mask)
{
    struct mask *m = TAKE(*mask);
    for (size_t i = 0; m && i < m->count; i++)
        free(m->patterns[i]);
    if (m)
        free(m->patterns);
    free(m);
}

/* The longest pattern that begins at p; 0: none. *ret_open: one of them might, if more bytes came. */
static size_t match_at(const struct mask *m, const char *p, size_t left, bool *ret_open)
{
    if (!m->begins[(unsigned char)*p])
        return 0;
    for (size_t i = 0; i < m->count; i++) {
        size_t n = strlen(m->patterns[i]);
        if (n <= left && memcmp(p, m->patterns[i], n) == 0)
            return n;
        if (n > left && memcmp(p, m->patterns[i], left) == 0)
            *ret_open = true;
    }
    return 0;
}

/* Returns how many bytes were dealt with: all of them, when last. */
static size_t mask_into(const struct mask *m, const char *bytes, size_t n, bool last, struct text *out)
{
    size_t plain = 0, i = 0;
    while (i < n) {
        bool open = false;
        size_t match = match_at(m, bytes + i, n - i, &open);
        if (open && !last)
            break; /* a longer one may still come */
        if (match) {
            text_add_n(out, bytes + plain, i - plain);
            text_add(out, MASK_TEXT);
            i += match;
            plain = i;
        } else {
            i++;
        }
    }
    text_add_n(out, bytes + plain, i - plain);
    return i;
}

char *mask_text(const struct mask *mask, const char *text)
{
    if (!mask)
        return mem_text(text);
    struct text out = { 0 };
    mask_into(mask, text, strlen(text), true, &out);
    return text_take(&out);
}

json_t *mask_json(const struct mask *mask, const json_t *json)
{
    if (!mask || !json)
        return json_incref((json_t *)json);
    if (json_is_string(json)) {
        AUTO_FREE char *masked = mask_text(mask, json_string_value(json));
        return json_string(masked);
    }
    const char *key;
    size_t i;
    json_t *value, *copy = json_is_object(json) ? json_object() : json_is_array(json) ? json_array() : NULL;
    if (!copy)
        return json_incref((json_t *)json);
    json_object_foreach((json_t *)json, key, value)
        json_object_set_new(copy, key, mask_json(mask, value));
    json_array_foreach((json_t *)json, i, value)
        json_array_append_new(copy, mask_json(mask, value));
    return copy;
}

struct mask_stream *mask_stream_create(const struct mask *mask)
{
    struct mask_stream *s = NEW(struct mask_stream);
    s->mask = mask;
    return s;
}

void mask_stream_destroy(struct mask_stream **stream)
{
    struct mask_stream *s = TAKE(*stream);
    if (s)
        text_fini(&s->held);
    free(s);
}

void mask_stream_add(struct mask_stream *stream, const char *bytes, size_t size, struct text *out)
{
    if (!stream->mask) {
        text_add_n(out, bytes, size);
        return;
    }
    text_add_n(&stream->held, bytes, size);
    size_t done = mask_into(stream->mask, stream->held.at, stream->held.length, false, out);
    memmove(stream->held.at, stream->held.at + done, stream->held.length - done);
    stream->held.length -= done;
}

void mask_stream_end(struct mask_stream *stream, struct text *out)
{
    if (stream->mask && stream->held.length)
        mask_into(stream->mask, stream->held.at, stream->held.length, true, out);
    text_fini(&stream->held);
}
