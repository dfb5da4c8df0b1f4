#include <stdarg.h>
#include <stdio.h>

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
