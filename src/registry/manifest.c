#include "registry/manifest.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "event/image_ref.h"

void registry_manifest_fini(struct registry_manifest *m)
{
    for (size_t i = 0; i < m->count; i++) {
        free(m->at[i].digest);
        free(m->at[i].media_type);
        free(m->at[i].platform);
    }
    free(m->at);
    free(m->media_type);
    *m = (struct registry_manifest){ 0 };
}

static char *platform_of(const json_t *entry)
{
    const json_t *p = json_object_get(entry, "platform");
    const char *os = json_text_at(p, "os", ""), *architecture = json_text_at(p, "architecture", ""), *variant = json_text_at(p, "variant", "");
    return *os && *architecture ? mem_format("%s/%s%s%s", os, architecture, *variant ? "/" : "", variant) : mem_text("");
}

/* A type goes into a header. */
static bool type_ok(const char *type)
{
    size_t n = strlen(type);
    return n < 128 && strspn(type, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&^_.+-/") == n;
}

static bool external(const json_t *entry, const char *type)
{
    return json_array_size(json_object_get(entry, "urls")) && (strstr(type, ".foreign.") || strstr(type, ".nondistributable."));
}

static bool add(struct registry_manifest *m, const json_t *entry, struct err *e)
{
    const char *digest = json_text_at(entry, "digest", ""), *type = json_text_at(entry, "mediaType", "");
    int64_t size = json_int_at(entry, "size", -1);
    if (!image_digest_ok(digest))
        return err_set(e, ERR_INVALID, "'%.80s' in it is no digest", digest);
    if (size < 0 || size > BLOB_BYTES)
        return err_set(e, ERR_INVALID, "%.20s... in it has the size %lld", digest, (long long)size);
    if (!type_ok(type))
        return err_set(e, ERR_INVALID, "'%.80s' in it is no media type", type);
    if (m->count == MANIFEST_ENTRIES)
        return err_set(e, ERR_INVALID, "it names more than %d", MANIFEST_ENTRIES);
    m->at = mem_resize(m->at, (m->count + 1) * sizeof *m->at);
    m->at[m->count++] = (struct manifest_entry){ .digest = mem_text(digest), .media_type = mem_text(type), .size = size, .platform = platform_of(entry),
                                                 .external = external(entry, type) };
    return true;
}

static bool add_all(struct registry_manifest *m, const json_t *list, struct err *e)
{
    size_t i;
    json_t *entry;
    json_array_foreach((json_t *)list, i, entry)
        if (!add(m, entry, e))
            return false;
    return true;
}

static bool read_tree(struct registry_manifest *m, const json_t *tree, struct err *e)
{
    const json_t *manifests = json_object_get(tree, "manifests"), *config = json_object_get(tree, "config"), *layers = json_object_get(tree, "layers"),
                 *blobs = json_object_get(tree, "blobs");
    const char *type = json_text_at(tree, "mediaType", "");
    m->index = manifests != NULL;
    m->media_type = mem_text(type);
    if (!type_ok(type))
        return err_set(e, ERR_INVALID, "its media type is none");
    if (json_int_at(tree, "schemaVersion", 0) == 1 || json_object_get(tree, "fsLayers"))
        return err_set(e, ERR_INVALID, "it is of the old schema 1: push the image again with a present-day tool");
    if (manifests && (config || layers || blobs))
        return err_set(e, ERR_INVALID, "it is an index and an image at once, which is not allowed");
    if (!json_is_array(manifests) && !json_is_object(config) && !json_is_array(layers) && !json_is_array(blobs))
        return err_set(e, ERR_INVALID, "it is neither an image nor an index");
    return add_all(m, manifests, e) && (!config || add(m, config, e)) && add_all(m, layers, e) && add_all(m, blobs, e);
}

bool registry_manifest_read(const char *bytes, size_t size, struct registry_manifest *ret, struct err *e)
{
    AUTO_JSON *tree = NULL;
    struct registry_manifest m = { 0 };
    if (size > MANIFEST_BYTES)
        return err_set(e, ERR_INVALID, "it is larger than %u MiB", MANIFEST_BYTES >> 20);
    if (!json_read(bytes, size, &tree, e) || !read_tree(&m, tree, e)) {
        registry_manifest_fini(&m);
        return false;
    }
    *ret = m;
    return true;
}
