/* What registries' answers mean, in a sentence. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/ask.h"
#include "registry/challenge.h"

bool registry_answer_is_page(const struct http_call *call)
{
    const char *type = http_headers_get(&call->answer_headers, "Content-Type");
    return type && strcasestr(type, "text/html");
}

void registry_words_clean(const char *from, char *out, size_t size)
{
    size_t n = 0;
    for (; *from && n + 1 < size && n < 200; from++)
        out[n++] = (unsigned char)*from < ' ' || *from == 0x7f ? ' ' : *from;
    while (n && ((unsigned char)out[n - 1] & 0x80) && *from) /* no half character at the cut */
        n--;
    while (n && strchr(" .\n", out[n - 1]))
        n--;
    out[n] = '\0';
}

void registry_answer_words(const struct http_call *call, char *out, size_t size)
{
    static const char *const PATHS[] = { "errors[0].message", "detail", "details", "message", "error" };
    AUTO_JSON *answer = NULL;
    *out = '\0';
    if (!json_read(text_of(&call->answer), call->answer.length, &answer, NULL))
        return;
    for (size_t i = 0; i < ALEN(PATHS) && !*out; i++)
        registry_words_clean(json_text_at(answer, PATHS[i], ""), out, size);
}

static const struct meaning {
    int status;
    enum err_kind kind;
    const char *user, *anonymous; /* %1$s: whom we asked, %2$s: the user */
} MEANINGS[] = {
    { 401, ERR_UNAUTHORIZED, "%1$s refused user %2$s: wrong user or password (401)",
      "%1$s asks for a user and password, and the endpoint has none (401)" },
    { 403, ERR_FORBIDDEN, "%1$s does not allow user %2$s to do this (403)", "%1$s does not allow this without a user (403)" },
    { 404, ERR_NOT_FOUND, "%1$s answered that there is no such thing (404)", NULL },
    { 429, ERR_LIMITED, "%1$s asks for patience: too many requests (429)", NULL },
    { 503, ERR_UNAVAILABLE, "%1$s is not available now (503)", NULL },
};

static void explain(const struct registry_target *t, const char *whom, int status, struct err *e)
{
    for (size_t i = 0; i < ALEN(MEANINGS); i++) {
        const struct meaning *m = &MEANINGS[i];
        if (m->status != status)
            continue;
        const char *format = *t->username || !m->anonymous ? m->user : m->anonymous;
        e->kind = m->kind;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(e->text, sizeof e->text, format, whom, t->username);
#pragma GCC diagnostic pop
        return;
    }
    err_set(e, status >= 500 ? ERR_UNAVAILABLE : ERR_UPSTREAM, "%s answered %d", whom, status);
}

bool registry_answer_refused(const struct registry_target *t, const struct http_call *call, const char *what, struct err *e)
{
    AUTO_FREE char *whom = what ? mem_format("the %s of %s", what, t->host) : mem_text(t->host);
    char words[256];
    struct err said = { 0 };
    explain(t, whom, call->status, &said);
    registry_answer_words(call, words, sizeof words);
    int64_t patience = answer_retry_after(&call->answer_headers, clock_now()) / CLOCK_SECOND;
    if (patience)
        snprintf(said.text + strlen(said.text), sizeof said.text - strlen(said.text), ", again in %lld s", (long long)patience);
    if (registry_answer_is_page(call))
        return err_set(e, said.kind, "%s, with a web page: is this the address of a registry?", said.text);
    return err_set(e, said.kind, "%s%s%s", said.text, *words ? ": " : "", words);
}
