/* hooks/distribution.c - the CNCF Distribution registry, versions 2 and 3, and GitLab's, which is one.
 *
 * One push of an image is some twenty notifications: layers, the configuration,
 * manifests by digest. Only a manifest with a tag is a push. What is not
 * understood is ignored with its reason and never refused, because this sender
 * repeats a refused delivery for ever.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "hooks/sender.h"

static bool knows(const struct hook_input *input, const json_t *json)
{
    return json_is_array(json_at(json, "events")) ||
           (input->content_type && text_starts(input->content_type, "application/vnd.docker.distribution.events."));
}

static bool is_manifest(const char *media_type)
{
    static const char *const TYPES[] = {
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v1+prettyjws",
    };
    for (size_t i = 0; i < ALEN(TYPES); i++)
        if (strcmp(media_type, TYPES[i]) == 0)
            return true;
    return false;
}

/* Why this entry is no push of ours; NULL when it is one. */
static const char *why_not(const char *action, const char *media_type, const char *tag)
{
    static const struct {
        const char *action, *why;
    } OTHERS[] = {
        { "pull", "a pull, not a push" },
        { "mount", "a layer taken over from another repository, not an image" },
        { "delete", "a deletion, not a push" },
    };
    for (size_t i = 0; i < ALEN(OTHERS); i++)
        if (strcmp(action, OTHERS[i].action) == 0)
            return OTHERS[i].why;
    if (strcmp(action, "push") != 0)
        return "an action that is not known";
    if (!is_manifest(media_type))
        return "a layer or another blob, not an image";
    if (!*tag)
        return "a manifest without a tag: part of an image for several platforms, or pushed by digest";
    if (!image_tag_ok(tag))
        return "its tag is not valid";
    return hook_is_attachment(tag) ? "a signature or attestation, not an image" : NULL;
}

/* The registry as its client called it; else as its own URL says; else "". The caller's. */
static char *host_of(const json_t *entry)
{
    char *host = registry_host(json_text_at(entry, "request.host", ""));
    const char *url = json_text_at(entry, "target.url", "");
    if (!host && *url)
        host = registry_host(url);
    return host ? host : mem_text("");
}

static void read_entry(const json_t *entry, struct hook_result *r)
{
    const char *action = json_text_at(entry, "action", ""), *media_type = json_text_at(entry, "target.mediaType", "");
    const char *tag = json_text_at(entry, "target.tag", ""), *repository = json_text_at(entry, "target.repository", "");
    const char *why = why_not(action, media_type, tag);
    AUTO_FREE char *host = host_of(entry);
    struct image_ref ref = { 0 };
    if (!why && !image_ref_at(*host ? host : "unknown", repository, &ref, NULL))
        why = "its repository's name is not valid";
    if (why) {
        hook_add_ignored(r, why, "%.20s of %.255s%s%.128s", *action ? action : "event", repository, *tag ? ":" : "", tag);
        return;
    }
    AUTO(event) ev = hook_event(r);
    event_set(&ev->host, host);
    event_set(&ev->repository, ref.repository);
    event_set(&ev->tag, tag);
    event_set(&ev->actor, json_text_at(entry, "actor.name", ""));
    event_set(&ev->sender_id, json_text_at(entry, "id", ""));
    event_set(&ev->media_type, media_type);
    hook_set_time(ev, json_at(entry, "timestamp"));
    hook_set_digest(r, ev, json_text_at(entry, "target.digest", ""));
    image_ref_fini(&ref);
    hook_add_event(r, TAKE(ev));
}

/* The entries' own ids; a hash of the body when one has none, as repeats are identical to the byte. */
static char *delivery_key(const struct hook_input *input, const json_t *entries)
{
    AUTO_TEXT ids = { 0 };
    for (size_t i = 0; i < json_array_size(entries); i++) {
        const char *id = json_text_at(json_array_get(entries, i), "id", "");
        if (!*id) {
            ids.length = 0;
            break;
        }
        text_addf(&ids, "%s%s", i ? "," : "", id);
    }
    if (ids.length && ids.length <= 200)
        return text_take(&ids);
    AUTO_FREE char *hash = ids.length ? text_sha256(ids.at, ids.length) : text_sha256(input->body, input->size);
    return mem_format("sha256:%s", hash);
}

static bool decode(const struct hook_input *input, const json_t *json, struct hook_result *r, struct err *e)
{
    const json_t *entries = json_at(json, "events");
    if (!json_is_array(entries))
        return hook_wrong(e, "/events", entries ? "must be a list" : "is missing");
    if (json_array_size(entries) > HOOK_EVENTS)
        return hook_wrong(e, "/events", "has %zu entries; %d are allowed", json_array_size(entries), HOOK_EVENTS);
    for (size_t i = 0; i < json_array_size(entries); i++)
        read_entry(json_array_get(entries, i), r);
    r->delivery_key = delivery_key(input, entries);
    return true;
}

const struct hook_sender HOOK_DISTRIBUTION = { "distribution", knows, decode };
