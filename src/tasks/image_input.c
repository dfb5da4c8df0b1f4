/* What an Image task says, resolved and checked: which image, to where, by which endpoints. */
#include <string.h>

#include "base/fields.h"
#include "base/mem.h"
#include "pipeline/expression.h"
#include "tasks/image.h"

enum { TAGS_MOST = 50 };

#define INPUT(path, type, member) { path, type, offsetof(struct image_input, member), OPTIONAL }
const struct field IMAGE_FIELDS[IMAGE_FIELD_COUNT] = {
    INPUT("action", FIELD_TEXT, action), INPUT("source", FIELD_TEXT, source_text), INPUT("target", FIELD_TEXT, target_text), INPUT("tags", FIELD_ANY, tags),
    INPUT("platform", FIELD_TEXT, platform), INPUT("onExisting", FIELD_TEXT, on_existing),
};

void image_input_fini(struct image_input *input)
{
    fields_release(IMAGE_FIELDS, IMAGE_FIELD_COUNT, input);
    image_ref_fini(&input->source);
    image_ref_fini(&input->target);
    registry_target_destroy(&input->source_at);
    registry_target_destroy(&input->target_at);
    json_decref(input->tag_texts);
    json_decref(input->shown);
    free(input->tag);
    *input = (struct image_input){ 0 };
}

/* ---- names. One without a host is at the endpoint's registry, else at Docker Hub, as docker reads it. */

static bool has_host(const char *text)
{
    const char *slash = strchr(text, '/');
    AUTO_FREE char *first = mem_text_n(text, slash ? (size_t)(slash - text) : 0);
    return slash && (strpbrk(first, ".:") || text_is(first, "localhost"));
}

static bool read_name(const char *field, const char *text, const struct registry_target *at, struct image_ref *ret, struct err *e)
{
    struct err why = { 0 };
    AUTO_FREE char *full = at && !has_host(text) ? mem_format("%s/%s", at->host, text) : mem_text(text);
    return image_ref_parse(full, ret, &why) || err_field(e, field, "%s", why.text);
}

/* ---- endpoints */

static bool open_endpoint(const struct task_job *job, const char *role, struct registry_target **ret, struct err *e)
{
    const json_t *endpoint = json_object_get(job->endpoints, role);
    const char *type = json_text_at(endpoint, "type", ""), *name = json_text_at(endpoint, "name", "");
    if (!endpoint)
        return true;
    if (!text_is(type, "dockerregistry"))
        return err_field(e, role, "endpoint '%s' is of type %s, not dockerregistry", name, type);
    return registry_target_from_properties(json_object_get(endpoint, "properties"), job->services->registries, ret, e) || err_wrap(e, "endpoint '%s'", name);
}

/* Without an endpoint: anybody's way to that registry, by https. */
static bool open_anonymous(const struct task_job *job, const struct image_ref *ref, struct registry_target **ret, struct err *e)
{
    AUTO_FREE char *url = mem_format("https://%s", ref->host);
    AUTO_JSON *properties = json_pack("{s:s, s:s}", "serverType", text_is(ref->host, "docker.io") ? "dockerhub" : "distribution", "repoURL", url);
    return registry_target_from_properties(properties, job->services->registries, ret, e);
}

/* The other role's endpoint serves both, where both are at one registry. */
static bool open_other(const struct task_job *job, const char *role, const struct image_ref *ref, const char *other, const struct registry_target *other_at,
                       struct registry_target **ret, struct err *e)
{
    if (*ret && !text_is((*ret)->host, ref->host))
        return err_field(e, role, "%s/%s is not at the registry that endpoint '%s' leads to, %s", ref->host, ref->repository,
                         json_text_at(json_object_get(job->endpoints, role), "name", ""), (*ret)->host);
    if (*ret)
        return true;
    return other_at && text_is(other_at->host, ref->host) && json_object_get(job->endpoints, other) ? open_endpoint(job, other, ret, e) : open_anonymous(job, ref, ret, e);
}

/* ---- source and target */

/* What was pushed, when nothing is named. */
static bool read_source(const struct task_job *job, struct image_input *in, struct err *e)
{
    const struct task_push *push = job->push;
    const struct registry_target *at = in->source_at ? in->source_at : in->target_at;
    if (!text_empty(in->source_text)) {
        if (!read_name("source", in->source_text, at, &in->source, e))
            return false;
    } else if (push) {
        AUTO_FREE char *text = mem_format("%s/%s:%s", push->registry, push->repository, push->tag);
        if (!read_name("source", text, NULL, &in->source, e))
            return false;
    } else {
        return err_field(e, "source", "source is missing: which image? (A run that a push started takes what was pushed.)");
    }
    bool pushed = push && text_is(push->registry, in->source.host) && text_is(push->repository, in->source.repository);
    if (pushed && *push->digest && !*in->source.digest && text_is(push->tag, in->source.tag)) { /* the tag may name another by now */
        free(in->source.digest);
        in->source.digest = mem_text(push->digest);
    }
    if (pushed && !*in->source.tag && text_is(push->digest, in->source.digest)) {
        free(in->source.tag);
        in->source.tag = mem_text(push->tag);
    }
    if (*in->source.tag || *in->source.digest)
        return true;
    free(in->source.tag);
    in->source.tag = mem_text("latest");
    return true;
}

static bool read_target(struct image_input *in, char **ret_tag, struct err *e)
{
    const struct registry_target *at = in->target_at;
    bool retag = text_is(in->action, "retag");
    AUTO_FREE char *same = mem_format("%s/%s", in->source.host, in->source.repository), *endpoints = mem_format("%s/%s", at ? at->host : "", at ? at->repository : "");
    const char *text = !text_empty(in->target_text) ? in->target_text : retag ? same : at && *at->repository ? endpoints : "";
    if (!*text)
        return err_field(e, "target", "target is missing: the repository that it is copied to, such as registry.example.com/acme/release");
    if (!read_name("target", text, at ? at : in->source_at, &in->target, e))
        return false;
    if (*in->target.digest)
        return err_field(e, "target", "the target names a digest; the image's own is used: name tags");
    if (retag && !(text_is(in->target.host, in->source.host) && text_is(in->target.repository, in->source.repository)))
        return err_field(e, "target", "retag gives new tags within %s; action copy leads to another repository", same);
    *ret_tag = TAKE(in->target.tag);
    in->target.tag = mem_text("");
    return true;
}

/* ---- tags: of the target's name, and of tags; else the source's own */

static bool add_tag(struct image_input *in, const char *tag, struct err *e)
{
    if (!image_tag_ok(tag))
        return err_field(e, "tags", "'%.150s' is no tag", tag);
    for (size_t i = 0; i < in->tag_count; i++)
        if (text_is(in->tag[i], tag))
            return true;
    if (in->tag_count == TAGS_MOST)
        return err_field(e, "tags", "there are more than %d tags", TAGS_MOST);
    json_t *text = json_string(tag);
    json_array_append_new(in->tag_texts, text);
    in->tag = mem_resize(in->tag, (in->tag_count + 1) * sizeof *in->tag);
    in->tag[in->tag_count++] = json_string_value(text);
    return true;
}

static bool add_words(struct image_input *in, const char *text, struct err *e)
{
    for (const char *at = text + strspn(text, ", \n"); *at; at += strspn(at, ", \n")) {
        AUTO_FREE char *tag = mem_text_n(at, strcspn(at, ", \n"));
        if (!add_tag(in, tag, e))
            return false;
        at += strlen(tag);
    }
    return true;
}

static bool read_tags(struct image_input *in, const char *of_target, struct err *e)
{
    size_t i;
    json_t *tag;
    in->tag_texts = json_array();
    if (!text_empty(of_target) && !add_tag(in, of_target, e))
        return false;
    if (in->tags && !json_is_array(in->tags) && (json_is_object(in->tags) || json_is_null(in->tags)))
        return err_field(e, "tags", "tags is a list of tags, or a text with commas between them");
    AUTO_FREE char *words = in->tags && !json_is_array(in->tags) ? json_as_text(in->tags) : mem_text("");
    if (!add_words(in, words, e))
        return false;
    json_array_foreach(in->tags, i, tag) {
        AUTO_FREE char *text = json_as_text(tag);
        if (!add_tag(in, text, e))
            return false;
    }
    bool retag = text_is(in->action, "retag");
    if (!in->tag_count && *in->source.tag && !retag)
        return add_tag(in, in->source.tag, e);
    return in->tag_count || err_field(e, "tags", retag ? "tags are missing: which tags is the image to get?" : "the source names no tag: say in tags which ones the copy gets");
}

/* ---- the rest */

static bool read_words(struct image_input *in, struct err *e)
{
    static const struct { const char *name; enum registry_existing value; } EXISTING[] = {
        { "overwrite", REGISTRY_OVERWRITE }, { "refuse", REGISTRY_REFUSE }, { "keep", REGISTRY_KEEP }
    };
    size_t i = 0;
    if (text_empty(in->action)) {
        free(in->action);
        in->action = mem_text("copy");
    }
    if (text_is(in->action, "build"))
        return err_field(e, "action", "building images is not possible here yet: let a CI task build and push it, with an image that has buildah");
    if (!text_is(in->action, "copy") && !text_is(in->action, "retag"))
        return err_field(e, "action", "action '%.40s' is neither copy nor retag", in->action);
    while (i < ALEN(EXISTING) && !text_is(EXISTING[i].name, text_empty(in->on_existing) ? "overwrite" : in->on_existing))
        i++;
    if (i == ALEN(EXISTING))
        return err_field(e, "onExisting", "onExisting '%.40s' is none of overwrite, refuse, keep", in->on_existing);
    in->existing = EXISTING[i].value;
    return true;
}

bool image_input_read(const struct task_job *job, struct image_input *ret, struct err *e)
{
    AUTO_FREE char *tag = NULL;
    if (!expression_resolve_tree(job->input, NULL, job->scope, &ret->shown, NULL, e) || !fields_read(ret->shown, IMAGE_FIELDS, IMAGE_FIELD_COUNT, ret, e))
        return false;
    return read_words(ret, e) && open_endpoint(job, "source", &ret->source_at, e) && open_endpoint(job, "target", &ret->target_at, e) && read_source(job, ret, e) &&
           read_target(ret, &tag, e) && open_other(job, "source", &ret->source, "target", ret->target_at, &ret->source_at, e) &&
           open_other(job, "target", &ret->target, "source", ret->source_at, &ret->target_at, e) && read_tags(ret, tag, e);
}
