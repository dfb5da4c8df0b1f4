#include "secrets/mask.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

enum { SMALL = 1024 }; /* larger secrets are files: only the forms a file is sent in are looked for */

/* Found by their first MASK_LEAST bytes. */
struct mask {
    struct pattern {
        char *text;
        size_t length;
        struct pattern *next; /* of the same bucket; not longer than this one */
    } *patterns;              /* longest first */
    size_t count, room;
    struct pattern **buckets; /* a power of two */
    unsigned shift;           /* of the hash: keeps as many bits as there are buckets */
};

struct mask_stream {
    const struct mask *mask;
    struct text held;
    size_t covered; /* bytes from here on that belong to what "*****" was already written for */
};

/* ---- patterns */

static void add_pattern(struct mask *m, const char *text, size_t n)
{
    if (n < MASK_LEAST)
        return;
    if (m->count == m->room) {
        m->room = m->room ? 2 * m->room : 16;
        m->patterns = mem_resize(m->patterns, m->room * sizeof *m->patterns);
    }
    m->patterns[m->count++] = (struct pattern){ .text = mem_text_n(text, n), .length = n };
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

/* Inside the base64 of something longer ("user:SECRET") a secret looks in one of three ways, but for its edges. */
static void add_inside_base64(struct mask *m, const char *secret, size_t n, size_t shift)
{
    static const size_t EDGE[] = { 0, 2, 3 };
    AUTO_FREE char *shifted = mem_format("%.*s%s", (int)shift, "  ", secret);
    AUTO_FREE char *base64 = text_base64(shifted, shift + n), *base64_url = text_base64_url(shifted, shift + n);
    size_t end = (shift + n) * 8 / 6;
    add_pattern(m, base64 + EDGE[shift], end - EDGE[shift]);
    add_pattern(m, base64_url + EDGE[shift], end - EDGE[shift]);
}

static void add_small(struct mask *m, const char *secret, size_t n)
{
    AUTO_TEXT url = { 0 };
    AUTO_JSON *text = json_string(secret);
    AUTO_FREE char *json = json_write(text);
    text_add_url(&url, secret);
    add_pattern(m, text_of(&url), url.length);
    add_pattern(m, json + 1, strlen(json) - 2);
    for (size_t shift = 0; shift < 3; shift++)
        add_inside_base64(m, secret, n, shift);
}

static void add_secret(struct mask *m, const char *secret)
{
    size_t n = strlen(secret);
    if (n < MASK_LEAST)
        return;
    AUTO_FREE char *base64 = text_base64(secret, n), *base64_url = text_base64_url(secret, n);
    add_pattern(m, secret, n);
    add_pattern(m, base64, strlen(base64));
    add_pattern(m, base64_url, strlen(base64_url));
    if (n <= SMALL)
        add_small(m, secret, n);
    if (strchr(secret, '\n'))
        add_words(m, secret);
}

static int longer_first(const void *a, const void *b)
{
    const struct pattern *p = a, *q = b;
    return p->length != q->length ? (p->length < q->length) - (p->length > q->length) : memcmp(p->text, q->text, p->length);
}

/* Sorted, and each once. */
static void tidy(struct mask *m)
{
    size_t kept = 0;
    qsort(m->patterns, m->count, sizeof *m->patterns, longer_first);
    for (size_t i = 0; i < m->count; i++) {
        if (kept && longer_first(&m->patterns[kept - 1], &m->patterns[i]) == 0)
            free(m->patterns[i].text);
        else
            m->patterns[kept++] = m->patterns[i];
    }
    m->count = kept;
}

static size_t bucket(const struct mask *m, const char *p)
{
    uint32_t first;
    _Static_assert(sizeof first == MASK_LEAST, "the shortest pattern fills the hash");
    memcpy(&first, p, sizeof first);
    return first * UINT32_C(0x9e3779b1) >> m->shift;
}

static void index_patterns(struct mask *m)
{
    unsigned bits = 1;
    while ((size_t)1 << bits < 2 * m->count && bits < 20)
        bits++;
    m->shift = 32 - bits;
    m->buckets = mem_alloc(sizeof *m->buckets << bits);
    for (size_t i = m->count; i-- > 0;) { /* so that the longest comes first in its bucket */
        struct pattern **head = &m->buckets[bucket(m, m->patterns[i].text)];
        m->patterns[i].next = *head;
        *head = &m->patterns[i];
    }
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
    tidy(m);
    index_patterns(m);
    return TAKE(m);
}

void mask_destroy(struct mask **mask)
{
    struct mask *m = TAKE(*mask);
    if (!m)
        return;
    for (size_t i = 0; i < m->count; i++)
        free(m->patterns[i].text);
    free(m->patterns);
    free(m->buckets);
    free(m);
}

/* ---- matching */

/* Fewer bytes are left than the shortest pattern has: might one begin with them? */
static bool might_begin(const struct mask *m, const char *p, size_t left)
{
    for (size_t i = 0; i < m->count; i++)
        if (memcmp(p, m->patterns[i].text, left) == 0)
            return true;
    return false;
}

/* The length of the longest pattern that begins at p; 0: none. *ret_open: a longer one might, if more bytes came. */
static size_t match_at(const struct mask *m, const char *p, size_t left, bool *ret_open)
{
    if (left < MASK_LEAST) {
        *ret_open = might_begin(m, p, left);
        return 0;
    }
    for (const struct pattern *pattern = m->buckets[bucket(m, p)]; pattern; pattern = pattern->next) {
        size_t n = pattern->length;
        if (memcmp(p, pattern->text, n < left ? n : left) != 0)
            continue;
        if (n <= left)
            return n;
        *ret_open = true;
    }
    return 0;
}

/* Secrets that overlap are one run of covered bytes. Returns how many bytes were dealt with: all of them, when last. */
static size_t mask_into(const struct mask *m, const char *bytes, size_t n, bool last, size_t *covered, struct text *out)
{
    size_t i = 0, plain = *covered < n ? *covered : n, end = *covered;
    for (; i < n; i++) {
        bool open = false;
        size_t match = match_at(m, bytes + i, n - i, &open);
        if (open && !last)
            break; /* a longer one may still come */
        if (match && i >= end) {
            text_add_n(out, bytes + plain, i - plain);
            text_add(out, MASK_TEXT);
        }
        if (match && i + match > end)
            plain = end = i + match;
    }
    if (i > plain)
        text_add_n(out, bytes + plain, i - plain);
    *covered = end > i ? end - i : 0;
    return i;
}

char *mask_text(const struct mask *mask, const char *text)
{
    if (!mask)
        return mem_text(text);
    struct text out = { 0 };
    size_t covered = 0;
    mask_into(mask, text, strlen(text), true, &covered, &out);
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

/* ---- streams */

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
    struct text *held = &stream->held;
    text_add_n(held, bytes, size);
    if (!held->length)
        return;
    size_t done = mask_into(stream->mask, held->at, held->length, false, &stream->covered, out);
    memmove(held->at, held->at + done, held->length - done);
    held->length -= done;
}

size_t mask_stream_held(const struct mask_stream *stream)
{
    return stream->held.length > stream->covered ? stream->held.length - stream->covered : 0;
}

void mask_stream_end(struct mask_stream *stream, struct text *out)
{
    if (stream->mask && stream->held.length)
        mask_into(stream->mask, stream->held.at, stream->held.length, true, &stream->covered, out);
    stream->covered = 0;
    text_fini(&stream->held);
}
