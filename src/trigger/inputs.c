#include "trigger/inputs.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "event/image_ref.h"

const char *const TRIGGER_INPUTS[] = {
    "DOCKER_EVENT_OWNER_NAME", "DOCKER_IMAGE",     "DOCKER_REPO_NAME", "DOCKER_REPO_NAMESPACE", "DOCKER_TAG",       "DOCKER_DIGEST",
    "DOCKER_IMAGE_REF",        "DOCKER_REGISTRY", "DOCKER_EVENT_ID",  "DOCKER_PUSHED_AT",      NULL,
};

/* Where the image can be pulled: by digest once that is known. */
static char *image_text(const struct event *ev, const char *digest)
{
    struct image_ref ref = { .host = ev->host, .repository = ev->repository, .tag = *digest ? "" : ev->tag, .digest = (char *)digest };
    return *ev->host ? image_ref_text(&ref)
                     : mem_format("%s%s%s", ev->repository, *digest ? "@" : *ev->tag ? ":" : "", *digest ? digest : ev->tag);
}

json_t *trigger_injected(const struct event *ev, const struct trigger_facts *facts)
{
    struct image_ref ref = { .repository = ev->repository };
    AUTO_FREE char *namespace = image_ref_namespace(&ref);
    const char *digest = text_empty(facts->digest) ? ev->digest : facts->digest;
    AUTO_FREE char *image = image_text(ev, digest);
    json_t *json = json_object();
    json_set_text(json, "DOCKER_EVENT_OWNER_NAME", ev->actor);
    json_set_text(json, "DOCKER_IMAGE", ev->repository);
    json_set_text(json, "DOCKER_REPO_NAME", image_ref_short(&ref));
    json_set_text(json, "DOCKER_REPO_NAMESPACE", namespace);
    json_set_text(json, "DOCKER_TAG", ev->tag);
    json_set_text(json, "DOCKER_DIGEST", digest);
    json_set_text(json, "DOCKER_IMAGE_REF", image);
    json_set_text(json, "DOCKER_REGISTRY", ev->host);
    json_set_text(json, "DOCKER_EVENT_ID", facts->event_id);
    json_set_text(json, "DOCKER_PUSHED_AT", ev->pushed_at);
    return json;
}

static bool is_blank(const json_t *value)
{
    return !value || json_is_null(value) || (json_is_string(value) && !*json_string_value(value));
}

/* Names of the mandatory inputs that have no value, divided by commas; *first is the first of them, borrowed. */
static char *missing_inputs(const json_t *meta, const json_t *inputs, const char **first)
{
    const char *name;
    json_t *about;
    AUTO_TEXT names = { 0 };
    json_object_foreach((json_t *)meta, name, about) {
        if (!json_bool_at(about, "mandatory", false) || !is_blank(json_object_get(inputs, name)))
            continue;
        text_addf(&names, "%s%s", names.length ? ", " : "", name);
        if (!*first)
            *first = name;
    }
    return text_take(&names);
}

bool trigger_inputs(const json_t *defaults, const json_t *meta, const json_t *given, const json_t *injected, json_t **ret, struct err *e)
{
    const char *name;
    json_t *value;
    AUTO_JSON *inputs = json_object();
    json_object_foreach((json_t *)defaults, name, value)
        json_object_set(inputs, name, value);
    json_object_foreach((json_t *)given, name, value)
        json_object_set(inputs, name, value);
    json_object_foreach((json_t *)injected, name, value)
        if (json_object_get(defaults, name))
            json_object_set(inputs, name, value);
    const char *first = NULL;
    AUTO_FREE char *missing = missing_inputs(meta, inputs, &first);
    if (first)
        return err_field(e, first, "%s mandatory and %s no value: %s", strchr(missing, ',') ? "these inputs are" : "this input is",
                         strchr(missing, ',') ? "have" : "has", missing);
    *ret = TAKE(inputs);
    return true;
}
