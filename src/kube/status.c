/* What the cluster says when it says no, and what it says besides. */
#include <string.h>

#include "base/mem.h"
#include "kube/explain.h"
#include "kube/room.h"

/* Statuses whose kind or first words are not err_kind_of_status' own. A cluster's 500 is mostly a leader election or a
 * webhook that did not answer: worth another try. */
static const struct {
    int status;
    enum err_kind kind;
    const char *means;
} REFUSALS[] = {
    { 401, ERR_UNAUTHORIZED, "the cluster does not accept the endpoint's credentials" },
    { 403, ERR_FORBIDDEN, "the cluster forbids it" },
    { 404, ERR_NOT_FOUND, "not found on the cluster" },
    { 409, ERR_CONFLICT, "conflict on the cluster" },
    { 410, ERR_CONFLICT, "too old for the cluster" },
    { 413, ERR_TOO_LARGE, "too large for the cluster" },
    { 415, ERR_UNSUPPORTED, "the cluster does not know this kind of request" },
    { 422, ERR_INVALID, "the cluster finds it invalid" },
    { 429, ERR_LIMITED, "the cluster has too many requests" },
    { 500, ERR_UPSTREAM, "the cluster failed" },
    { 502, ERR_UPSTREAM, "the cluster is not reachable behind its proxy" },
    { 503, ERR_UNAVAILABLE, "the cluster is not available" },
    { 504, ERR_TIMEOUT, "the cluster did not answer in time" },
};

/* How older clusters (1.20 is one) refuse an apply with a field that does not exist: by a 500, though no retry mends it. */
#define UNTYPED "failed to create typed "

static bool is_status(const json_t *answer)
{
    return text_is(json_text_at(answer, "kind", NULL), "Status");
}

const char *kube_status_reason(const json_t *answer)
{
    return is_status(answer) ? json_text_at(answer, "reason", "") : "";
}

bool kube_refused(int status, const json_t *answer, struct err *e)
{
    enum err_kind kind = err_kind_of_status(status);
    const char *means = status >= 500 ? "the cluster failed" : "the cluster refuses";
    for (size_t i = 0; i < ALEN(REFUSALS); i++)
        if (REFUSALS[i].status == status) {
            kind = REFUSALS[i].kind;
            means = REFUSALS[i].means;
        }
    if (kind == ERR_NONE) /* a redirect: no API server sends one */
        kind = ERR_UPSTREAM;
    const char *message = is_status(answer) ? json_text_at(answer, "message", "") : "";
    if (status == 500 && text_starts(message, UNTYPED)) {
        kind = ERR_INVALID;
        means = "the cluster finds it invalid";
    }
    return *message ? err_set(e, kind, "%s: %s", means, message) : err_set(e, kind, "%s (HTTP status %d)", means, status);
}

/* ---- warnings: 299 - "text", once a header, or several with commas between */

#define WARNINGS_MOST 10

/* What stands between at's quotes; *end is behind them. NULL: there are none. The caller's. */
static char *quoted(const char *at, const char **end)
{
    AUTO_TEXT text = { 0 };
    at = strchr(at, '"');
    if (!at)
        return NULL;
    for (at++; *at && *at != '"'; at++) {
        if (*at == '\\' && at[1])
            at++;
        text_add_char(&text, *at);
    }
    *end = *at ? at + 1 : at;
    return kube_one_line(text_of(&text));
}

void kube_warnings_add(json_t *list, const struct http_headers *headers)
{
    for (size_t i = 0; i < headers->count; i++) {
        const char *at = headers->at[i].value;
        if (!text_is_any_case(headers->at[i].name, "Warning"))
            continue;
        for (char *text; json_array_size(list) < WARNINGS_MOST && (text = quoted(at, &at)); free(text))
            json_array_append_new(list, json_text(text));
    }
}
