/* What is to be copied, and what of it the target has already. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "event/image_ref.h"
#include "registry/copy_inside.h"

static void read_next(struct registry_copy_private *p);
static void look_tag(struct registry_copy_private *p);
static void look_node(struct registry_copy_private *p);

static struct registry_copy_private *of(struct registry_talk *t)
{
    return OWNER(t, struct registry_copy_private, talk);
}

static void end(struct registry_copy_private *p, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void end(struct registry_copy_private *p, enum err_kind kind, const char *format, ...)
{
    struct err e = { .kind = kind };
    va_list args;
    va_start(args, format);
    vsnprintf(e.text, sizeof e.text, format, args);
    va_end(args);
    copy_finish(p, &e);
}

/* ---- the manifests, each once */

static size_t node_index(const struct registry_copy_private *p, const char *digest) /* from 1; 0: unknown */
{
    AUTO_FREE char *key = mem_format("m%s", digest);
    return (size_t)map_get(p->seen, key);
}

static void deepen(struct registry_copy_private *p, size_t i, int level)
{
    struct copy_node *n = &p->nodes[i];
    if (n->level >= level || level > COPY_LEVELS)
        return;
    n->level = level;
    for (size_t k = 0; n->manifest.index && k < n->manifest.count; k++)
        deepen(p, node_index(p, n->manifest.at[k].digest) - 1, level + 1);
}

static bool add_node(struct registry_copy_private *p, const char *digest, const char *media_type, int level, struct err *e)
{
    AUTO_FREE char *key = mem_format("m%s", digest);
    size_t known = node_index(p, digest);
    if (level > COPY_LEVELS)
        return err_set(e, ERR_INVALID, "indexes within indexes are more than %d deep", COPY_LEVELS);
    if (known) {
        deepen(p, known - 1, level);
        return true;
    }
    if (p->node_count == COPY_MANIFESTS)
        return err_set(e, ERR_INVALID, "it has more than %d manifests", COPY_MANIFESTS);
    p->nodes = mem_resize(p->nodes, (p->node_count + 1) * sizeof *p->nodes);
    p->nodes[p->node_count++] = (struct copy_node){ .digest = mem_text(digest), .media_type = mem_text(media_type), .level = level };
    map_put(p->seen, key, (void *)p->node_count);
    return true;
}

/* As it says itself, else as the index that names it does, else as the registry did. */
static char *type_of(const struct copy_node *n, const struct http_call *call)
{
    const char *said = http_headers_get(&call->answer_headers, "Content-Type");
    if (*n->manifest.media_type || *n->media_type)
        return mem_text(*n->manifest.media_type ? n->manifest.media_type : n->media_type);
    if (said && text_starts(said, "application/vnd."))
        return mem_text_n(said, strcspn(said, "; "));
    return mem_text(n->manifest.index ? "application/vnd.oci.image.index.v1+json" : "application/vnd.oci.image.manifest.v1+json");
}

static bool take_manifest(struct registry_copy_private *p, struct copy_node *n, const struct http_call *call, struct err *e)
{
    n->size = call->answer.length;
    n->bytes = mem_copy(text_of(&call->answer), n->size + 1);
    p->manifest_bytes += n->size;
    if (!digest_of(n->bytes, n->size, n->digest))
        return err_set(e, ERR_INVALID, "what %s sent has another digest", p->ends.source->host);
    if (p->manifest_bytes > COPY_MANIFEST_BYTES)
        return err_set(e, ERR_INVALID, "with it, all manifests are larger than %u MiB", COPY_MANIFEST_BYTES >> 20);
    if (!registry_manifest_read(n->bytes, n->size, &n->manifest, e))
        return false;
    char *type = type_of(n, call);
    free(n->media_type);
    n->media_type = type;
    return true;
}

/* "linux/arm64" is also the image that calls itself linux/arm64/v8. */
static const struct manifest_entry *of_platform(const struct registry_manifest *index, const char *platform)
{
    for (size_t i = 0; i < index->count; i++)
        if (text_is(index->at[i].platform, platform))
            return &index->at[i];
    size_t n = strlen(platform);
    for (size_t i = 0; i < index->count; i++)
        if (text_starts(index->at[i].platform, platform) && index->at[i].platform[n] == '/')
            return &index->at[i];
    return NULL;
}

/* The image of one platform takes the index' place. */
static bool choose_platform(struct registry_copy_private *p, struct err *e)
{
    struct copy_node *root = &p->nodes[0];
    const struct manifest_entry *found = of_platform(&root->manifest, p->op->platform);
    AUTO_TEXT there = { 0 };
    for (size_t i = 0; !found && i < root->manifest.count && there.length < 300; i++)
        if (*root->manifest.at[i].platform)
            text_addf(&there, "%s%s", there.length ? ", " : "", root->manifest.at[i].platform);
    if (!found)
        return err_field(e, "platform", "the index has no image for '%.60s'; it has %s", p->op->platform, there.length ? text_of(&there) : "none with a platform");
    AUTO_FREE char *digest = mem_text(found->digest), *type = mem_text(found->media_type);
    registry_manifest_fini(&root->manifest);
    free(TAKE(root->digest));
    free(TAKE(root->media_type));
    free(TAKE(root->bytes));
    p->node_count = 0;
    return add_node(p, digest, type, 0, e);
}

static bool take_children(struct registry_copy_private *p, size_t i, struct err *e)
{
    for (size_t k = 0; p->nodes[i].manifest.index && k < p->nodes[i].manifest.count; k++) {
        const struct manifest_entry *entry = &p->nodes[i].manifest.at[k];
        if (!add_node(p, entry->digest, entry->media_type, p->nodes[i].level + 1, e))
            return false;
    }
    return true;
}

static void came(struct registry_talk *t, const struct err *failed)
{
    struct registry_copy_private *p = of(t);
    struct copy_node *n = &p->nodes[p->at_node];
    struct err e = { 0 };
    AUTO_FREE char *what = mem_format("manifest %.19s... of %s", n->digest, p->ends.source_repository);
    if (failed || t->ask.call.status != 200) {
        copy_fail(t, failed, what);
        return;
    }
    bool ok = take_manifest(p, n, &t->ask.call, &e), root = ok && !p->at_node && !text_empty(p->op->platform);
    if (root && n->manifest.index) {
        ok = choose_platform(p, &e);
    } else {
        p->at_node++;
        ok = ok && take_children(p, p->at_node - 1, &e);
    }
    if (ok) {
        read_next(p);
    } else {
        err_wrap(&e, "%s", what);
        copy_finish(p, &e);
    }
}

static bool add_blob(struct registry_copy_private *p, const struct manifest_entry *entry, struct err *e)
{
    AUTO_FREE char *key = mem_format("b%s", entry->digest);
    if (map_put(p->seen, key, p))
        return true;
    p->op->counts.blobs++;
    p->op->image_bytes += entry->size;
    return p->op->image_bytes <= 4 * BLOB_BYTES || err_set(e, ERR_INVALID, "the image is larger than %lld GiB", (long long)(4 * BLOB_BYTES >> 30));
}

static bool count_all(struct registry_copy_private *p, struct err *e)
{
    p->op->counts.manifests = (int64_t)p->node_count;
    p->op->image_bytes = (int64_t)p->manifest_bytes;
    for (size_t i = 0; i < p->node_count; i++)
        for (size_t k = 0; !p->nodes[i].manifest.index && k < p->nodes[i].manifest.count; k++)
            if (!add_blob(p, &p->nodes[i].manifest.at[k], e))
                return false;
    return true;
}

static void all_read(struct registry_copy_private *p)
{
    struct registry_copy *op = p->op;
    struct err e = { 0 };
    snprintf(op->root_digest, sizeof op->root_digest, "%s", p->nodes[0].digest);
    snprintf(op->media_type, sizeof op->media_type, "%s", p->nodes[0].media_type);
    if (!count_all(p, &e)) {
        copy_finish(p, &e);
        return;
    }
    copy_say(p, "%s/%s@%s: %lld manifest%s, %lld blobs, %lld bytes", op->source->host, op->source_repository, op->root_digest, (long long)op->counts.manifests,
             op->counts.manifests == 1 ? "" : "s", (long long)op->counts.blobs, (long long)op->image_bytes);
    look_tag(p);
}

static void read_next(struct registry_copy_private *p)
{
    if (p->at_node < p->node_count)
        copy_ask(p, false, "GET", p->nodes[p->at_node].digest, came);
    else
        all_read(p);
}

void copy_read(struct registry_copy_private *p)
{
    add_node(p, p->op->digest, "", 0, NULL);
    read_next(p);
}

/* ---- the target's tags */

/* One that is there brings along all that it names. */
static void mark(struct registry_copy_private *p, size_t i)
{
    struct copy_node *n = &p->nodes[i];
    if (n->there)
        return;
    n->there = true;
    for (size_t k = 0; n->manifest.index && k < n->manifest.count; k++)
        mark(p, node_index(p, n->manifest.at[k].digest) - 1);
}

static void found_tag(struct registry_copy_private *p, const char *digest)
{
    static const enum copy_tag BY[] = { [REGISTRY_OVERWRITE] = COPY_TAG_WRITE, [REGISTRY_KEEP] = COPY_TAG_KEEP };
    struct registry_copy *op = p->op;
    const char *tag = op->tags[p->at_tag];
    bool same = digest && text_is(digest, op->root_digest);
    if (same) {
        p->tags[p->at_tag] = COPY_TAG_SAME;
        mark(p, 0);
        op->counts.unchanged++;
        copy_say(p, "%s:%s names it already", op->target_repository, tag);
        return;
    }
    snprintf(op->replaced, sizeof op->replaced, "%s", digest ? digest : "");
    p->tags[p->at_tag] = BY[op->existing];
    op->counts.kept += op->existing == REGISTRY_KEEP;
    copy_say(p, "%s:%s names %s, and %s", op->target_repository, tag, digest ? digest : "something else", op->existing == REGISTRY_KEEP ? "stays" : "is going to be changed");
}

static void looked_tag(struct registry_talk *t, const struct err *e)
{
    struct registry_copy_private *p = of(t);
    struct registry_copy *op = p->op;
    const char *tag = op->tags[p->at_tag], *digest = http_headers_get(&t->ask.call.answer_headers, "Docker-Content-Digest");
    AUTO_FREE char *what = mem_format("%s:%s", op->target_repository, tag);
    if (digest && !image_digest_ok(digest))
        digest = NULL;
    if (e || (t->ask.call.status != 200 && t->ask.call.status != 404)) {
        copy_fail(t, e, what);
        return;
    }
    bool there = t->ask.call.status == 200;
    if (there && op->existing == REGISTRY_REFUSE && !(digest && text_is(digest, op->root_digest))) {
        end(p, ERR_CONFLICT, "%s at %s names %s already, and onExisting says refuse", what, op->target->host, digest ? digest : "something else");
        return;
    }
    if (there)
        found_tag(p, digest);
    p->at_tag++;
    look_tag(p);
}

static bool nothing_to_write(const struct registry_copy_private *p)
{
    for (size_t i = 0; i < p->op->tag_count; i++)
        if (p->tags[i] == COPY_TAG_WRITE)
            return false;
    return p->op->tag_count > 0;
}

static void look_tag(struct registry_copy_private *p)
{
    if (p->at_tag < p->op->tag_count) {
        copy_ask(p, true, "HEAD", p->op->tags[p->at_tag], looked_tag);
        return;
    }
    p->at_tag = 0;
    if (nothing_to_write(p)) {
        p->op->counts.present = p->nodes[0].there ? p->op->counts.blobs : 0;
        copy_finish(p, NULL);
        return;
    }
    p->at_node = 0;
    look_node(p);
}

/* ---- the target's manifests */

static void looked_node(struct registry_talk *t, const struct err *e)
{
    struct registry_copy_private *p = of(t);
    AUTO_FREE char *what = mem_format("manifest %.19s... of %s", p->nodes[p->at_node].digest, p->op->target_repository);
    if (e || (t->ask.call.status != 200 && t->ask.call.status != 404)) {
        copy_fail(t, e, what);
        return;
    }
    if (t->ask.call.status == 200)
        mark(p, p->at_node);
    p->at_node++;
    look_node(p);
}

static void list_blobs(struct registry_copy_private *p)
{
    p->blobs = mem_alloc((size_t)(p->op->counts.blobs + 1) * sizeof *p->blobs);
    for (size_t i = 0; i < p->node_count; i++) {
        const struct copy_node *n = &p->nodes[i];
        for (size_t k = 0; !n->there && !n->manifest.index && k < n->manifest.count; k++) {
            const struct manifest_entry *entry = &n->manifest.at[k];
            AUTO_FREE char *key = mem_format("l%s", entry->digest);
            if (!entry->external && !map_put(p->seen, key, p))
                p->blobs[p->blob_count++] = (struct copy_blob){ entry->digest, entry->size };
        }
    }
}

static void look_node(struct registry_copy_private *p)
{
    const struct registry_ends *ends = &p->ends;
    bool one_place = text_is(ends->source->place, ends->target->place) && text_is(ends->source_repository, ends->target_repository);
    for (size_t i = 0; one_place && i < p->node_count; i++)
        p->nodes[i].there = true;
    while (p->at_node < p->node_count && p->nodes[p->at_node].there)
        p->at_node++;
    if (p->at_node < p->node_count) {
        copy_ask(p, true, "HEAD", p->nodes[p->at_node].digest, looked_node);
        return;
    }
    list_blobs(p);
    copy_blobs(p);
}
