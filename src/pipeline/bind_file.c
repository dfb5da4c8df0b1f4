/* A file's parameters become references of a scope that knows nothing else, and are bound as references are. */
#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/bind.h"

#define MARK "$$:" /* no name of ours begins so */

struct file_scope {
    struct scope scope;
    struct scope *parameters;
};

static enum scope_answer find(struct scope *scope, const char *reference, size_t n, struct value *ret, struct err *e)
{
    struct file_scope *s = OWNER(scope, struct file_scope, scope);
    if (n <= strlen(MARK) || memcmp(reference, MARK, strlen(MARK)))
        return SCOPE_UNKNOWN;
    const char *name = reference + strlen(MARK);
    size_t length = n - strlen(MARK);
    enum scope_answer answer = s->parameters->find(s->parameters, name, length, ret, e);
    if (answer != SCOPE_UNKNOWN)
        return answer;
    err_set(e, ERR_INVALID, "the file has a parameter $$%.*s, which the task does not give (scmConstants)", (int)(length < 100 ? length : 100), name);
    return SCOPE_FAILED;
}

static bool named(char c, bool first)
{
    return c == '_' || isalpha((unsigned char)c) || (!first && isdigit((unsigned char)c));
}

/* The length of a parameter at the beginning of a text, with its dollars; 0: there is none. Its name is the caller's to look at. */
static size_t parameter_at(const char *at, size_t left, const char **ret_name, size_t *ret_length)
{
    bool braces = left > 3 && at[2] == '{';
    size_t from = braces ? 3 : 2, to = from;
    if (left < 3 || at[0] != '$' || at[1] != '$')
        return 0;
    while (to < left && named(at[to], to == from))
        to++;
    if (to == from || (braces && (to == left || at[to] != '}')))
        return 0;
    *ret_name = at + from;
    *ret_length = to - from;
    return to + braces;
}

/* "$$NAME" -> "${$$:NAME}". Lines stay where they are. */
static void mark_parameters(const char *source, size_t n, struct text *out)
{
    size_t from = 0;
    for (size_t i = 0; i < n;) {
        const char *name = NULL;
        bool escaped = i > 0 && source[i - 1] == '$';
        size_t length = 0, all = escaped ? 0 : parameter_at(source + i, n - i, &name, &length);
        if (!all) {
            i++;
            continue;
        }
        text_add_n(out, source + from, i - from);
        text_addf(out, "${" MARK "%.*s}", (int)length, name);
        from = i += all;
    }
    text_add_n(out, source + from, n - from);
}

/* A message names a parameter as the file does. */
static void say_parameters(struct err *e)
{
    static const char OURS[] = "${" MARK;
    for (char *at; e && (at = strstr(e->text, OURS));) {
        memmove(at + 3, at + strlen(OURS), strlen(at + strlen(OURS)) + 1);
        memcpy(at, "$${", 3);
    }
}

bool bind_file(const char *source, size_t n, struct scope *parameters, json_t **ret, struct resolution *more, struct err *e)
{
    struct file_scope scope = { .scope.find = find, .parameters = parameters };
    AUTO_RESOLUTION own = { .size = more ? more->size : 0 }; /* its warnings are about what is the file's own */
    AUTO_TEXT marked = { 0 };
    if (n > BIND_SIZE)
        return err_set(e, ERR_TOO_LARGE, "YAML of %zu bytes; at most %d are allowed", n, BIND_SIZE);
    mark_parameters(source, n, &marked);
    bool ok = bind_yaml(text_of(&marked), marked.length, &scope.scope, ret, &own, e);
    if (!ok)
        say_parameters(e);
    if (more)
        resolution_secret(more, own.secrets);
    return ok;
}
