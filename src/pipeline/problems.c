#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/model.h"

void problems_fini(struct problems *found)
{
    for (size_t i = 0; i < found->count; i++) {
        free(found->at[i].pointer);
        free(found->at[i].text);
        free(found->at[i].variable);
    }
    free(found->at);
    *found = (struct problems){ 0 };
}

static struct problem *problem_new(struct problems *found)
{
    if (found->count == PIPELINE_PROBLEMS)
        return NULL;
    if (found->count == found->room) {
        found->room = found->room ? found->room * 2 : 8;
        found->at = mem_resize(found->at, found->room * sizeof *found->at);
    }
    return &found->at[found->count++];
}

void problem_add(struct problems *found, enum problem_level level, const char *pointer, const char *format, ...)
{
    if (level == PROBLEM_ERROR)
        found->errors++;
    struct problem *p = problem_new(found);
    if (!p)
        return;
    char text[1024]; /* a command with a long pointer may stand in it */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    *p = (struct problem){ .level = level, .pointer = mem_text(pointer), .text = mem_text(text) };
    text_mend(p->pointer); /* either may have been cut within a character */
    text_mend(p->text);
}

void problem_secret(struct problems *found, const char *variable)
{
    if (found->count && !found->at[found->count - 1].variable)
        found->at[found->count - 1].variable = mem_text(variable);
}

void problems_take(struct problems *to, struct problems *from)
{
    for (size_t i = 0; i < from->count; i++) {
        struct problem *p = problem_new(to);
        if (!p)
            break;
        *p = from->at[i];
        from->at[i] = (struct problem){ 0 };
    }
    to->errors += from->errors;
    problems_fini(from);
}

/* ---- what was meant */

enum { WORD = 40 };

/* How many letters must change, fall out or come in; case does not count. At most WORD letters of each. */
static size_t distance(const char *a, const char *b)
{
    size_t row[WORD + 1], n = strnlen(b, WORD);
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; i < WORD && a[i]; i++) {
        size_t corner = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t change = corner + (tolower((unsigned char)a[i]) != tolower((unsigned char)b[j])), least = row[j] < row[j + 1] ? row[j] + 1 : row[j + 1] + 1;
            corner = row[j + 1];
            row[j + 1] = change < least ? change : least;
        }
    }
    return row[n];
}

const char *problem_nearest(const char *key, const char *const *known)
{
    const char *best = NULL;
    size_t least = strlen(key) < 6 ? 1 : strlen(key) / 3;
    for (; *known; known++) {
        size_t d = strlen(key) < WORD ? distance(key, *known) : WORD;
        if (d <= least && d < strlen(key)) {
            best = *known;
            least = d - (d > 0);
        }
    }
    return best;
}

void problem_unknown(struct problems *found, enum problem_level level, const char *pointer, const char *what, const char *key, const char *const *known,
                     const char *so)
{
    AUTO_TEXT all = { 0 };
    const char *nearest = problem_nearest(key, known);
    for (const char *const *k = known; *k && !nearest; k++)
        if (**k != '_')
            text_addf(&all, "%s%s", all.length ? ", " : "", *k);
    problem_add(found, level, pointer, "unknown key '%s' of a %s%s%s: %s%s%s", key, what, *so ? " " : "", so, nearest ? "did you mean " : "expected is one of ", nearest ? nearest : text_of(&all),
                nearest ? "?" : "");
}

static const struct problem *first_error(const struct problems *found)
{
    for (size_t i = 0; i < found->count; i++)
        if (found->at[i].level == PROBLEM_ERROR)
            return &found->at[i];
    return NULL;
}

bool problems_ok(const struct problems *found, struct err *e)
{
    if (!found->errors)
        return true;
    const struct problem *p = first_error(found);
    if (!p)
        return err_set(e, ERR_INVALID, "%zu errors", found->errors);
    char more[64] = "", where[64] = "";
    if (found->errors > 1)
        snprintf(more, sizeof more, " (and %zu more)", found->errors - 1);
    if (p->line)
        snprintf(where, sizeof where, "line %d, column %d: ", p->line, p->column);
    return err_field(e, p->pointer, "%s%s%s", where, p->text, more);
}

static json_t *problem_json(const struct problem *p)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "level", p->level == PROBLEM_ERROR ? "ERROR" : "WARNING", "pointer", p->pointer,
                             "message", p->text);
    if (p->line) {
        json_object_set_new(json, "line", json_integer(p->line));
        json_object_set_new(json, "column", json_integer(p->column));
    }
    if (p->variable)
        json_set_text(json, "variable", p->variable);
    return json;
}

json_t *problems_json(const struct problems *found)
{
    json_t *list = json_array();
    for (size_t i = 0; i < found->count; i++)
        json_array_append_new(list, problem_json(&found->at[i]));
    return list;
}
