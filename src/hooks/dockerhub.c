/* hooks/dockerhub.c - Docker Hub: one push in each delivery, unsigned, without a digest. */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "hooks/sender.h"

static bool knows(const struct hook_input *input, const json_t *json)
{
    (void)input;
    /* Alibaba's bodies look alike, but tell a region */
    return json_is_object(json_at(json, "push_data")) && json_is_object(json_at(json, "repository")) &&
           !json_at(json, "repository.region");
}

/* "namespace/name"; the caller's. NULL when the body does not say. */
static char *repository_of(const json_t *json)
{
    const char *full = json_text_at(json, "repository.repo_name", "");
    const char *namespace = json_text_at(json, "repository.namespace", ""), *name = json_text_at(json, "repository.name", "");
    if (*full)
        return mem_text(full);
    if (!*name)
        return NULL;
    return mem_format("%s%s%s", namespace, *namespace ? "/" : "", name);
}

/* The same push sent again has the same repository, tag and time. */
static char *delivery_key(const struct event *ev)
{
    return *ev->pushed_at ? mem_format("%s:%s %s", ev->repository, ev->tag, ev->pushed_at) : mem_text("");
}

/* Who pushed what, and when; the tag is not judged yet. */
static struct event *read_event(const json_t *json, const char *tag, struct hook_result *r, struct err *e)
{
    struct err why = { 0 };
    struct image_ref ref = { 0 };
    AUTO_FREE char *repository = repository_of(json);
    if (!repository)
        return hook_wrong(e, "/repository/repo_name", "is missing"), NULL;
    if (!image_ref_at("docker.io", repository, &ref, &why))
        return hook_wrong(e, "/repository/repo_name", "%s", why.text), NULL;
    struct event *ev = hook_event(r);
    event_set(&ev->host, ref.host);
    event_set(&ev->repository, ref.repository);
    event_set(&ev->tag, tag);
    event_set(&ev->actor, json_text_at(json, "push_data.pusher", ""));
    hook_set_time(ev, json_at(json, "push_data.pushed_at"));
    image_ref_fini(&ref);
    return ev;
}

static bool decode(const struct hook_input *input, const json_t *json, struct hook_result *r, struct err *e)
{
    (void)input;
    const json_t *tag = json_at(json, "push_data.tag");
    if (tag && !json_is_string(tag) && !json_is_null(tag))
        return hook_wrong(e, "/push_data/tag", "must be text");
    const char *name = json_is_string(tag) ? json_string_value(tag) : "";
    if (*name && !image_tag_ok(name))
        return hook_wrong(e, "/push_data/tag", "'%.150s' is no tag", name);
    AUTO(event) ev = read_event(json, name, r, e);
    if (!ev)
        return false;
    hook_set_digest(r, ev, json_text_at(json, "push_data.digest", ""));
    r->delivery_key = delivery_key(ev);
    if (!*name)
        hook_add_ignored(r, "a push without a tag: nothing to deploy by", "push of %s", ev->repository);
    else if (hook_is_attachment(name))
        hook_add_ignored(r, "a signature or attestation, not an image", "push of %s:%s", ev->repository, name);
    else
        hook_add_event(r, TAKE(ev));
    return true;
}

const struct hook_sender HOOK_DOCKERHUB = { "dockerhub", knows, decode };
