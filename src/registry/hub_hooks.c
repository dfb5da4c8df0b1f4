/* Look, then make it so: one question after the other, each answer in words. */
#include "registry/hub_hooks.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "registry/hub_ask.h"

#define TIMEOUT (20 * CLOCK_SECOND)
#define PAGES_MOST 50
#define OURS_MOST 50 /* hooks of one name; more are the next try's */

struct hub_hook_private {
    struct hub_hook *op;
    struct hub_ask ask;
    char *repository, *name, *slug, *url;
    char *base;        /* "/v2/repositories/acme/web/webhook_pipeline/" */
    json_t *ours;      /* array of {slug, url}: those that the list has under our name */
    json_t *doomed;    /* array of slugs that are still to be deleted */
    int page;
    bool create_after; /* once the doomed are gone */
    bool starting;
    struct err start_error;
};

/* ---- the end */

static void release(struct hub_hook_private *p)
{
    char **texts[] = { &p->repository, &p->name, &p->slug, &p->base };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    hub_ask_fini(&p->ask);
    if (p->url)
        explicit_bzero(p->url, strlen(p->url));
    free(p->url);
    json_decref(p->ours);
    json_decref(p->doomed);
    free(p);
}

static void finish(struct hub_hook_private *p, const struct err *e)
{
    struct hub_hook *op = p->op;
    op->private = NULL;
    op->retry_after_micros = p->ask.retry_after_micros;
    release(p);
    op->done(op, e);
}

static void refused(struct hub_hook_private *p)
{
    struct err e = { 0 };
    hub_ask_refused(&p->ask, &e);
    finish(p, &e);
}

static void nonsense(struct hub_hook_private *p, const char *more)
{
    struct err e = { 0 };
    hub_ask_nonsense(&p->ask, more, &e);
    finish(p, &e);
}

/* doing ends the sentence "Docker Hub was asked to ..."; it is taken. */
static void call_hub(struct hub_hook_private *p, const char *method, const char *path, const json_t *body, char *doing,
                     void (*done)(struct hub_ask *, const struct err *))
{
    struct err e = { 0 };
    p->ask.done = done;
    if (hub_ask_start(&p->ask, method, path, body, doing, &e))
        return;
    if (p->starting)
        p->start_error = e;
    else
        finish(p, &e);
}

/* The operation that this answer is about goes on; NULL when it ended. */
static struct hub_hook_private *answered(struct hub_ask *ask, const struct err *failed)
{
    struct hub_hook_private *p = OWNER(ask, struct hub_hook_private, ask);
    if (!failed)
        return p;
    finish(p, failed);
    return NULL;
}

/* ---- deleting, creating, changing */

static char *hook_path(const struct hub_hook_private *p, const char *slug)
{
    AUTO_TEXT url = { 0 };
    text_add(&url, p->base);
    text_add_url(&url, slug);
    text_add_char(&url, '/');
    return text_take(&url);
}

static json_t *hook_body(const struct hub_hook_private *p)
{
    return json_pack("{s:s, s:b, s:[{s:s, s:s}]}", "name", p->name, "expect_final_callback", 0, "webhooks", "name", p->name, "hook_url", p->url);
}

static void keep_slug(struct hub_hook_private *p, const char *slug)
{
    snprintf(p->op->new_slug, sizeof p->op->new_slug, "%s", slug);
}

/* Some answers have no slug: then the name stands for it. */
static void hook_stored(struct hub_ask *ask, const struct err *failed)
{
    struct hub_hook_private *p = answered(ask, failed);
    AUTO_JSON *answer = NULL;
    if (!p)
        return;
    if (!hub_ask_good(&p->ask)) {
        refused(p);
        return;
    }
    if (!json_read(text_of(&ask->call.answer), ask->call.answer.length, &answer, NULL) || !json_is_object(answer)) {
        nonsense(p, "; the next try shows what came of it");
        return;
    }
    const char *slug = json_text_at(answer, "slug", "");
    keep_slug(p, *slug ? slug : *p->op->new_slug ? p->op->new_slug : json_text_at(answer, "name", p->name));
    p->op->changed = true;
    finish(p, NULL);
}

static void create(struct hub_hook_private *p)
{
    AUTO_JSON *body = hook_body(p);
    *p->op->new_slug = '\0';
    call_hub(p, "POST", p->base, body, mem_format("make webhook %s of %s", p->name, p->repository), hook_stored);
}

static void delete_next(struct hub_hook_private *p);

static void deleted(struct hub_ask *ask, const struct err *failed)
{
    struct hub_hook_private *p = answered(ask, failed);
    if (!p)
        return;
    if (!hub_ask_good(&p->ask) && ask->call.status != 404) {
        refused(p);
        return;
    }
    p->op->changed = true;
    json_array_remove(p->doomed, 0);
    delete_next(p);
}

static void delete_next(struct hub_hook_private *p)
{
    const char *slug = json_string_value(json_array_get(p->doomed, 0));
    if (slug) {
        AUTO_FREE char *url = hook_path(p, slug);
        call_hub(p, "DELETE", url, NULL, mem_format("delete webhook %.100s of %s", slug, p->repository), deleted);
    } else if (p->create_after) {
        create(p);
    } else {
        finish(p, NULL);
    }
}

/* Where hooks cannot be changed, the old one goes before a new one comes. */
static void hook_changed(struct hub_ask *ask, const struct err *failed)
{
    struct hub_hook_private *p = OWNER(ask, struct hub_hook_private, ask);
    if (failed || (ask->call.status != 404 && ask->call.status != 405 && ask->call.status != 501)) {
        hook_stored(ask, failed);
        return;
    }
    json_array_append_new(p->doomed, json_string(p->op->new_slug));
    p->create_after = true;
    delete_next(p);
}

static void change(struct hub_hook_private *p)
{
    AUTO_JSON *body = hook_body(p);
    AUTO_FREE char *url = hook_path(p, p->op->new_slug);
    call_hub(p, "PUT", url, body, mem_format("change webhook %s of %s", p->name, p->repository), hook_changed);
}

/* ---- what is there, and what follows from it */

/* The hook that stays: one with the right URL before others. */
static size_t kept(const struct hub_hook_private *p)
{
    size_t i;
    json_t *one;
    json_array_foreach(p->ours, i, one)
        if (text_is(json_text_at(one, "url", ""), p->url))
            return i;
    return 0;
}

static void decide(struct hub_hook_private *p)
{
    struct hub_hook *op = p->op;
    size_t count = json_array_size(p->ours), keep = op->wish == HUB_HOOK_GONE ? count : kept(p), i;
    json_t *one;
    op->found = count > 0;
    json_array_foreach(p->ours, i, one)
        if (i != keep)
            json_array_append(p->doomed, json_object_get(one, "slug"));
    const json_t *stays = json_array_get(p->ours, keep);
    if (stays) {
        keep_slug(p, json_text_at(stays, "slug", ""));
        op->same_url = text_is(json_text_at(stays, "url", ""), p->url);
    }
    if (op->wish == HUB_HOOK_LOOK)
        finish(p, NULL);
    else if (op->wish == HUB_HOOK_THERE && !stays)
        create(p);
    else if (op->wish == HUB_HOOK_THERE && !op->same_url && !json_array_size(p->doomed))
        change(p);
    else if (op->wish == HUB_HOOK_THERE && !op->same_url) /* several, all of them old: one new one in their place */
        json_array_append(p->doomed, json_object_get(stays, "slug")), p->create_after = true, delete_next(p);
    else
        delete_next(p);
}

static void take_list(struct hub_hook_private *p, const json_t *results)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)results, i, one) {
        const char *name = json_text_at(one, "name", ""), *slug = json_text_at(one, "slug", name);
        bool mine = text_is(name, p->name) || (*p->slug && text_is(slug, p->slug));
        if (mine && *slug && json_array_size(p->ours) < OURS_MOST)
            json_array_append_new(p->ours, json_pack("{s:s, s:s}", "slug", slug, "url", json_text_at(one, "webhooks[0].hook_url", json_text_at(one, "hook_url", ""))));
    }
}

static void list(struct hub_hook_private *p);

static void listed(struct hub_ask *ask, const struct err *failed)
{
    struct hub_hook_private *p = answered(ask, failed);
    AUTO_JSON *answer = NULL;
    if (!p)
        return;
    if (!hub_ask_good(&p->ask)) {
        refused(p);
        return;
    }
    const json_t *results = NULL;
    if (json_read(text_of(&ask->call.answer), ask->call.answer.length, &answer, NULL))
        results = json_is_array(answer) ? answer : json_object_get(answer, "results");
    if (!json_is_array(results)) {
        nonsense(p, "");
        return;
    }
    take_list(p, results);
    bool more = !text_empty(json_text_at(answer, "next", NULL)) && json_array_size(results);
    if (more && p->page < PAGES_MOST) { /* by its number: the URL in next is not followed */
        p->page++;
        list(p);
    } else {
        decide(p);
    }
}

static void list(struct hub_hook_private *p)
{
    AUTO_FREE char *url = mem_format("%s?page=%d&page_size=100", p->base, p->page);
    call_hub(p, "GET", url, NULL, mem_format("list the webhooks of %s", p->repository), listed);
}

/* ---- begin and end */

static bool wish_ok(const struct hub_hook *op, struct err *e)
{
    const struct registry_target *t = op->target;
    const char *slash = strchr(op->repository, '/');
    if (t->api != REGISTRY_API_DOCKERHUB)
        return err_set(e, ERR_INVALID, "%s is not Docker Hub: its webhooks are not made from here", t->host);
    if (!*t->username || !*t->password)
        return err_set(e, ERR_INVALID, "the endpoint has no user and password for Docker Hub");
    if (!text_utf8(t->username, strlen(t->username)) || !text_utf8(t->password, strlen(t->password)))
        return err_set(e, ERR_INVALID, "the endpoint's user or password is not UTF-8");
    if (!slash || strchr(slash + 1, '/') || strpbrk(op->repository, "?#% ") || strstr(op->repository, ".."))
        return err_set(e, ERR_INVALID, "'%.200s' is no repository of Docker Hub, such as acme/web", op->repository);
    return op->wish == HUB_HOOK_GONE || !text_empty(op->url) || err_set(e, ERR_INVALID, "a webhook needs a URL");
}

bool hub_hook_start(struct hub_hook *op, struct http_client *client, struct err *e)
{
    if (!wish_ok(op, e))
        return false;
    struct hub_hook_private *p = NEW(struct hub_hook_private);
    *p = (struct hub_hook_private){
        .op = op, .repository = mem_text(op->repository), .name = mem_text(op->name), .slug = mem_text(op->slug ? op->slug : ""),
        .url = mem_text(op->url), .base = mem_format("/v2/repositories/%s/webhook_pipeline/", op->repository), .ours = json_array(),
        .doomed = json_array(), .page = 1, .starting = true,
    };
    const char *secret = p->url ? strstr(p->url, "secureToken=") : NULL;
    p->ask = (struct hub_ask){ .target = op->target, .repository = p->repository, .client = client,
                               .secret = secret ? secret + strlen("secureToken=") : NULL,
                               .deadline = clock_mono() + (op->timeout_micros ? op->timeout_micros : TIMEOUT) };
    op->found = op->same_url = op->changed = false;
    op->new_slug[0] = '\0';
    op->retry_after_micros = 0;
    list(p);
    p->starting = false;
    if (p->start_error.kind) {
        *e = p->start_error;
        release(p);
        return false;
    }
    op->private = p;
    return true;
}

void hub_hook_cancel(struct hub_hook *op)
{
    if (!op->private)
        return;
    hub_ask_cancel(&op->private->ask);
}
