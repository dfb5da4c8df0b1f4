#include "api/once.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/people.h"

static bool kept(struct call *c, const char *key, const char *request, bool *ret_there, struct err *e)
{
    struct kept_answer answer = { 0 };
    if (!idempotency_find(c->tx, c->who.user_id, key, &answer, ret_there, e))
        return false;
    bool same = text_is(answer.request, request);
    if (*ret_there && same)
        call_answer_text(c, answer.status, "application/json", answer.answer);
    kept_answer_fini(&answer);
    return !*ret_there || same || err_set(e, ERR_CONFLICT, "this Idempotency-Key was used for another request");
}

static bool keep(struct call *c, const char *key, const char *request, struct err *e)
{
    struct kept_answer answer = { .status = c->status, .answer = (char *)text_of(&c->answer) };
    snprintf(answer.request, sizeof answer.request, "%s", request);
    return idempotency_prune(c->tx, clock_now() - CLOCK_DAY, e) && idempotency_put(c->tx, c->who.user_id, key, &answer, e);
}

bool call_once(struct call *c, bool must, bool (*make)(struct call *c, void *context, struct err *e), void *context, struct err *e)
{
    const char *key = call_header(c, "Idempotency-Key");
    bool there = false;
    if (text_empty(key) && must)
        return err_field(e, "Idempotency-Key", "the header Idempotency-Key is missing: any text of your own, so that a repeated request does nothing twice");
    if (text_empty(key))
        return make(c, context, e);
    if (strlen(key) > 255)
        return err_set(e, ERR_INVALID, "an Idempotency-Key has at most 255 characters");
    AUTO_TEXT whole = { 0 };
    text_addf(&whole, "%s?%s\n", c->request->path, c->request->query);
    text_add_n(&whole, c->request->body, c->request->body_size);
    AUTO_FREE char *request = text_sha256(whole.at, whole.length);
    return kept(c, key, request, &there, e) && (there || (make(c, context, e) && keep(c, key, request, e)));
}
