#include "base/diff.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { CONTEXT = 3, TABLE = 2000 };

struct lines {
    struct line {
        const char *at;
        size_t length;
    } *at;
    size_t count;
};

static struct lines lines_of(const char *text)
{
    struct lines l = { 0 };
    size_t room = 1;
    for (const char *c = text; *c; c++)
        room += *c == '\n';
    l.at = mem_alloc(room * sizeof *l.at);
    while (*text) {
        size_t length = strcspn(text, "\n");
        l.at[l.count++] = (struct line){ text, length };
        text += length + (text[length] == '\n');
    }
    return l;
}

static bool same(const struct line *a, const struct line *b)
{
    return a->length == b->length && !memcmp(a->at, b->at, a->length);
}

/* One line of the answer: ' ' stands in both, '-' only before, '+' only after. */
struct edit {
    char kind;
    const struct line *line;
};
struct script {
    struct edit *at;
    size_t count;
};

static void put(struct script *s, char kind, const struct line *line)
{
    s->at[s->count++] = (struct edit){ kind, line };
}

/* The longest common part of a[0..n) and b[0..m), from their ends. */
static uint16_t *common(const struct line *a, size_t n, const struct line *b, size_t m)
{
    uint16_t *table = mem_alloc((n + 1) * (m + 1) * sizeof *table);
    for (size_t i = n; i-- > 0;)
        for (size_t j = m; j-- > 0;) {
            uint16_t *cell = &table[i * (m + 1) + j];
            uint16_t down = cell[m + 1], right = cell[1];
            *cell = same(&a[i], &b[j]) ? (uint16_t)(cell[m + 2] + 1) : down > right ? down : right;
        }
    return table;
}

static void compare(struct script *s, const struct line *a, size_t n, const struct line *b, size_t m)
{
    AUTO_FREE uint16_t *table = n <= TABLE && m <= TABLE ? common(a, n, b, m) : NULL;
    size_t i = 0, j = 0;
    while (table && i < n && j < m) {
        if (same(&a[i], &b[j])) {
            put(s, ' ', &a[i++]);
            j++;
        } else if (table[(i + 1) * (m + 1) + j] >= table[i * (m + 1) + j + 1]) {
            put(s, '-', &a[i++]);
        } else {
            put(s, '+', &b[j++]);
        }
    }
    while (i < n)
        put(s, '-', &a[i++]);
    while (j < m)
        put(s, '+', &b[j++]);
}

static struct script script_of(const struct lines *a, const struct lines *b)
{
    struct script s = { .at = mem_alloc((a->count + b->count + 1) * sizeof *s.at) };
    size_t first = 0, n = a->count, m = b->count;
    while (first < n && first < m && same(&a->at[first], &b->at[first]))
        first++;
    while (n > first && m > first && same(&a->at[n - 1], &b->at[m - 1])) {
        n--;
        m--;
    }
    for (size_t i = 0; i < first; i++)
        put(&s, ' ', &a->at[i]);
    compare(&s, a->at + first, n - first, b->at + first, m - first);
    for (size_t i = n; i < a->count; i++)
        put(&s, ' ', &a->at[i]);
    return s;
}

/* The end of the hunk that begins at from: behind it are more than two contexts of equal lines, or nothing. */
static size_t hunk_end(const struct script *s, size_t from)
{
    size_t changed = from;
    for (size_t i = from; i < s->count && i <= changed + 2 * CONTEXT; i++)
        if (s->at[i].kind != ' ')
            changed = i;
    return changed + CONTEXT + 1 < s->count ? changed + CONTEXT + 1 : s->count;
}

/* lines[0] and [1]: how many of before and of after stand in front of from. */
static void write_hunk(const struct script *s, size_t from, size_t to, const size_t lines[2], struct text *out)
{
    size_t count[2] = { 0, 0 };
    for (size_t i = from; i < to; i++) {
        count[0] += s->at[i].kind != '+';
        count[1] += s->at[i].kind != '-';
    }
    text_addf(out, "@@ -%zu,%zu +%zu,%zu @@\n", lines[0] + (count[0] > 0), count[0], lines[1] + (count[1] > 0), count[1]);
    for (size_t i = from; i < to; i++) {
        text_add_char(out, s->at[i].kind);
        text_add_n(out, s->at[i].line->at, s->at[i].line->length);
        text_add_char(out, '\n');
    }
}

char *diff_unified(const char *before, const char *after)
{
    struct lines a = lines_of(before), b = lines_of(after);
    struct script s = script_of(&a, &b);
    struct text out = { 0 };
    size_t lines[2] = { 0, 0 }, told = 0;
    for (size_t i = 0; i < s.count; i++) {
        if (s.at[i].kind == ' ')
            continue;
        size_t from = i > told + CONTEXT ? i - CONTEXT : told, to = hunk_end(&s, i);
        for (; told < from; told++) {
            lines[0] += s.at[told].kind != '+';
            lines[1] += s.at[told].kind != '-';
        }
        write_hunk(&s, from, to, lines, &out);
        for (; told < to; told++) {
            lines[0] += s.at[told].kind != '+';
            lines[1] += s.at[told].kind != '-';
        }
        i = to - 1;
    }
    free(s.at);
    free(a.at);
    free(b.at);
    return text_take(&out);
}
