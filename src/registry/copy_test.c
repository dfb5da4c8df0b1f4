/* An image copied between two repositories of a registry of ours, which keeps what it is sent and fails as it is told. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/map.h"
#include "base/test.h"
#include "http/server.h"
#include "registry/copy.h"

#define IMAGE "application/vnd.oci.image.manifest.v1+json"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define LARGE (3u << 20)
#define DIGEST_OF_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct thing { /* a blob or a manifest */
    char *type;
    struct text bytes;
};

struct faults { /* how often, each */
    int patience;      /* 429, in a second again */
    int cut;           /* of an upload half is kept, then 502 */
    int login;         /* a PATCH is answered with 401 */
    int lost;          /* an upload is not known any more */
    int lost_commit;   /* the last PUT is carried out, and answered with 502 */
    int source_breaks; /* a blob ends after its half */
    bool no_mount, elsewhere, damaged, longer, redirect, no_range, other_digest;
};

struct scene {
    struct loop *loop;
    struct http_server *server;
    struct http_client *client;
    struct registry_tokens *tokens;
    struct registry_budget *budget;
    struct registry_hub hub;
    struct registry_target *source, *target;
    struct map *things;  /* "src/app/blobs/sha256:..." */
    struct upload {
        struct text bytes;
        bool open;
    } uploads[64];
    int upload_count;
    struct faults faults;
    int patches, posts, blob_gets, authorized_elsewhere;
    char order[2000];    /* what was PUT, in its order */
    struct text log;
    char tagging[300];
    int64_t moved;
    struct err error;
    bool cancel_when_moving, cancel_at_tag, answer_late, done;
    const char *decline; /* a tag that is not to be set */
    struct registry_copy *op;
    struct timer answer;
};
static struct scene s;

/* ---- the registry */

static struct thing *thing_of(const char *path)
{
    return map_get(s.things, path + strlen("/v2/"));
}

static void keep(const char *key, const char *type, const char *bytes, size_t size)
{
    struct thing *t = map_get(s.things, key);
    if (!t)
        map_put(s.things, key, t = NEW(struct thing));
    free(t->type);
    t->type = mem_text(type ? type : "");
    text_fini(&t->bytes);
    text_add_n(&t->bytes, bytes, size);
}

static struct upload *upload_of(const struct http_request *r)
{
    return &s.uploads[atoi(strstr(r->path, "/uploads/") + strlen("/uploads/"))];
}

static void answer_range(struct http_request *r, const struct upload *u)
{
    AUTO_FREE char *range = mem_format("0-%zu", u->bytes.length ? u->bytes.length - 1 : 0), *where = mem_format("/v2/dst/app/blobs/uploads/%d?state=x", (int)(u - s.uploads));
    http_answer_header(r, "Range", range);
    http_answer_header(r, "Location", s.faults.elsewhere ? "http://elsewhere.test/v2/dst/app/blobs/uploads/7" : where);
}

static void begin_upload(struct http_request *r)
{
    AUTO_FREE char *mount = http_query_get(r->query, "mount"), *from = http_query_get(r->query, "from");
    s.posts++;
    if (mount && !s.faults.no_mount) {
        AUTO_FREE char *key = mem_format("%s/blobs/%s", from, mount), *to = mem_format("dst/app/blobs/%s", mount);
        struct thing *t = map_get(s.things, key);
        keep(to, "", t->bytes.at, t->bytes.length);
        http_answer(r, 201, NULL, "", 0);
        return;
    }
    struct upload *u = &s.uploads[++s.upload_count];
    CHECK(s.upload_count < 64);
    u->open = true;
    answer_range(r, u);
    http_answer(r, 202, NULL, "", 0);
}

static void patch(struct http_request *r)
{
    const char *range = http_headers_get(r->headers, "Content-Range");
    struct upload *u = upload_of(r);
    size_t size = r->body_size;
    int64_t from = 0;
    s.patches++;
    if (s.faults.login-- > 0) {
        http_answer_header(r, "WWW-Authenticate", "Basic realm=\"r\"");
        http_answer(r, 401, NULL, "", 0);
        return;
    }
    if (range)
        from = strtoll(range, NULL, 10);
    if (!u->open || from != (int64_t)u->bytes.length) {
        http_answer(r, u->open ? 416 : 404, NULL, "", 0);
        return;
    }
    bool cut = size > 1000 && s.faults.cut-- > 0;
    text_add_n(&u->bytes, r->body, cut ? size / 2 : size);
    if (s.faults.lost-- > 0)
        u->open = false;
    answer_range(r, u);
    http_answer(r, cut || !u->open ? 502 : 202, NULL, "", 0);
}

static void commit(struct http_request *r)
{
    struct upload *u = upload_of(r);
    AUTO_FREE char *digest = http_query_get(r->query, "digest"), *sum = text_sha256(text_of(&u->bytes), u->bytes.length), *key = mem_format("dst/app/blobs/%s", digest);
    bool good = u->open && text_is(digest + 7, sum);
    if (good)
        keep(key, "", text_of(&u->bytes), u->bytes.length);
    int status = !u->open ? 404 : good ? 201 : 400;
    u->open = false;
    http_answer(r, s.faults.lost_commit-- > 0 ? 502 : status, NULL, "", 0);
}

static void put_manifest(struct http_request *r)
{
    const char *reference = strrchr(r->path, '/') + 1;
    AUTO_FREE char *sum = text_sha256(r->body, r->body_size), *key = mem_format("dst/app/manifests/sha256:%s", sum), *digest = mem_format("sha256:%s", s.faults.other_digest ? DIGEST_OF_NOTHING : sum);
    const char *type = http_headers_get(r->headers, "Content-Type");
    AUTO_JSON *tree = NULL, *list = NULL;
    size_t i;
    json_t *entry;
    CHECK(json_read(r->body, r->body_size, &tree, NULL));
    list = json_object_get(tree, "manifests") ? json_incref(json_object_get(tree, "manifests")) : json_incref(json_object_get(tree, "layers"));
    json_array_foreach(list, i, entry) {
        AUTO_FREE char *needs = mem_format("dst/app/%s/%s", json_object_get(tree, "manifests") ? "manifests" : "blobs", json_text_at(entry, "digest", ""));
        if (!map_get(s.things, needs)) {
            http_answer(r, 400, "application/json", "{\"errors\":[{\"message\":\"manifest unknown\"}]}", 43);
            return;
        }
    }
    keep(key, type, r->body, r->body_size);
    keep(r->path + strlen("/v2/"), type, r->body, r->body_size);
    snprintf(s.order + strlen(s.order), sizeof s.order - strlen(s.order), "%.12s ", reference);
    http_answer_header(r, "Docker-Content-Digest", digest);
    http_answer(r, 201, NULL, "", 0);
}

static void broken(void *context)
{
    (void)context;
}

static void answer_thing(struct http_request *r, struct thing *t)
{
    const char *range = http_headers_get(r->headers, "Range");
    AUTO_FREE char *sum = text_sha256(t->bytes.at, t->bytes.length), *digest = mem_format("sha256:%s", sum);
    bool blob = strstr(r->path, "/blobs/"), get = text_is(r->method, "GET");
    size_t from = blob && range && !s.faults.no_range ? (size_t)atoi(range + strlen("bytes=")) : 0, size = t->bytes.length - from;
    AUTO_FREE char *bytes = mem_alloc(t->bytes.length + 1);
    memcpy(bytes, t->bytes.at + from, size);
    s.blob_gets += blob && get;
    if (blob && s.faults.damaged)
        bytes[size / 2] ^= 1;
    size += blob && s.faults.longer;
    http_answer_header(r, "Docker-Content-Digest", digest);
    if (blob && get && s.faults.source_breaks-- > 0) {
        struct http_stream *stream = http_stream(r, "application/octet-stream", broken, NULL);
        http_stream_send(stream, bytes, size / 2);
        http_stream_break(stream);
        return;
    }
    http_answer(r, from ? 206 : 200, *t->type ? t->type : "application/octet-stream", bytes, size);
}

static void get(struct http_request *r)
{
    bool blob = strstr(r->path, "/blobs/sha256:") && text_is(r->method, "GET");
    struct thing *t = thing_of(r->path);
    if (strstr(r->path, "/uploads/")) {
        answer_range(r, upload_of(r));
        http_answer(r, upload_of(r)->open ? 204 : 404, NULL, "", 0);
    } else if (!t) {
        http_answer(r, 404, "application/json", "{}", 2);
    } else if (blob && s.faults.redirect && !strstr(r->query, "elsewhere")) {
        AUTO_FREE char *there = mem_format("http://127.0.0.1:%d%s?elsewhere=1", http_server_port(s.server), r->path);
        http_answer_header(r, "Location", there);
        http_answer(r, 307, NULL, "", 0);
    } else {
        answer_thing(r, t);
    }
}

static void handle(void *context, struct http_request *r)
{
    bool let_in = http_headers_get(r->headers, "Authorization");
    (void)context;
    if (strstr(r->query, "elsewhere")) {
        s.authorized_elsewhere += let_in;
    } else if (!let_in) {
        http_answer_header(r, "WWW-Authenticate", "Basic realm=\"r\"");
        http_answer(r, 401, NULL, "", 0);
        return;
    }
    if (s.faults.patience-- > 0) {
        http_answer_header(r, "Retry-After", "1");
        http_answer(r, 429, NULL, "", 0);
    } else if (text_is(r->method, "POST")) {
        begin_upload(r);
    } else if (text_is(r->method, "PATCH")) {
        patch(r);
    } else if (text_is(r->method, "PUT")) {
        strstr(r->path, "/uploads/") ? commit(r) : put_manifest(r);
    } else {
        get(r);
    }
}

/* ---- images */

static char *put_blob(size_t size, char seed)
{
    AUTO_FREE char *bytes = mem_alloc(size + 1);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(i * 7 ^ i >> 8 ^ (size_t)seed);
    AUTO_FREE char *sum = text_sha256(bytes, size), *key = mem_format("src/app/blobs/sha256:%s", sum);
    keep(key, "", bytes, size);
    return mem_format("sha256:%s", sum);
}

static char *put_source(const char *type, const char *text)
{
    AUTO_FREE char *sum = text_sha256(text, strlen(text)), *key = mem_format("src/app/manifests/sha256:%s", sum);
    keep(key, type, text, strlen(text));
    return mem_format("sha256:%s", sum);
}

static char *make_image(size_t size, char seed)
{
    AUTO_FREE char *config = put_blob(100, seed), *layer = put_blob(size, (char)(seed + 1));
    AUTO_FREE char *text = mem_format("{\"schemaVersion\":2,\"mediaType\":\"" IMAGE "\",\"config\":{\"digest\":\"%s\",\"size\":100,\"mediaType\":\"c\"},"
                                      "\"layers\":[{\"digest\":\"%s\",\"size\":%zu,\"mediaType\":\"l\"}]}", config, layer, size);
    return put_source(IMAGE, text);
}

static char *make_index(const char *first, const char *second)
{
    AUTO_FREE char *text = mem_format("{\"schemaVersion\":2,\"mediaType\":\"" INDEX "\",\"manifests\":[{\"digest\":\"%s\",\"size\":1,\"mediaType\":\"" IMAGE "\","
                                      "\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},{\"digest\":\"%s\",\"size\":1,\"mediaType\":\"" IMAGE "\","
                                      "\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}}]}", first, second);
    return put_source(INDEX, text);
}

/* ---- a copy */

static struct registry_target *target_at(const char *host)
{
    struct registry_target *t = NULL;
    struct err e = { 0 };
    AUTO_FREE char *url = mem_format("http://%s:%d", host, http_server_port(s.server));
    AUTO_JSON *properties = json_pack("{s:s, s:s, s:s, s:s}", "serverType", "distribution", "repoURL", url, "username", "acme", "password", "secret");
    CHECK_OK(registry_target_from_properties(properties, &s.hub, &t, &e), e);
    return t;
}

static void open_scene(bool one_registry)
{
    struct err e = { 0 };
    struct http_server_config config = { .address = "::", .handle = handle, .limits = HTTP_LIMITS };
    s = (struct scene){ 0 };
    signal(SIGPIPE, SIG_IGN); /* as the program does */
    s.things = map_create();
    config.limits.body_bytes = 8 << 20;
    CHECK_OK(loop_create(&s.loop, &e), e);
    CHECK_OK(http_server_open(s.loop, &config, &s.server, &e), e);
    CHECK_OK(http_client_create(s.loop, NULL, &s.client, &e), e);
    registry_tokens_create(&s.tokens);
    registry_budget_create(s.loop, &s.budget);
    s.hub = (struct registry_hub){ .hub_url = "http://h", .registry_url = "http://r", .auth_url = "http://a", .tokens = s.tokens, .budget = s.budget };
    s.target = target_at("127.0.0.1");
    s.source = target_at(one_registry ? "127.0.0.1" : "127.0.0.2");
}

static void close_scene(void)
{
    size_t at = 0;
    const char *key;
    void *value;
    registry_target_destroy(&s.source);
    registry_target_destroy(&s.target);
    registry_tokens_destroy(&s.tokens);
    registry_budget_destroy(&s.budget);
    http_client_destroy(&s.client);
    http_server_close(&s.server);
    loop_destroy(&s.loop);
    while (map_each(s.things, &at, &key, &value)) {
        free(((struct thing *)value)->type);
        text_fini(&((struct thing *)value)->bytes);
        free(value);
    }
    map_destroy(&s.things);
    for (size_t i = 0; i < ALEN(s.uploads); i++)
        text_fini(&s.uploads[i].bytes);
    text_fini(&s.log);
}

static void said(struct registry_copy *op, const char *line)
{
    (void)op;
    text_addf(&s.log, "%s\n", line);
}

static void moved(struct registry_copy *op)
{
    s.moved = op->counts.bytes;
    if (s.cancel_when_moving && s.moved)
        registry_copy_cancel(op);
}

static void answer_tag(struct timer *t)
{
    (void)t;
    registry_copy_tag(s.op, true);
}

static void tagging(struct registry_copy *op, const char *tag)
{
    snprintf(s.tagging + strlen(s.tagging), sizeof s.tagging - strlen(s.tagging), "%s@%.12s ", tag, op->root_digest);
    if (s.cancel_at_tag)
        registry_copy_cancel(op);
    if (s.answer_late)
        timer_set(&s.answer, s.loop, 20 * CLOCK_MS, answer_tag);
    else
        registry_copy_tag(op, !text_is(tag, s.decline));
}

static void done(struct registry_copy *op, const struct err *e)
{
    (void)op;
    CHECK(!s.done);
    s.done = true;
    s.error = e ? *e : (struct err){ 0 };
    loop_stop(s.loop);
}

static const char *const TAGS[] = { "1.0", "latest" };

static struct registry_copy wish(const char *digest, size_t tags)
{
    return (struct registry_copy){ .source = s.source, .target = s.target, .source_repository = "src/app", .target_repository = "dst/app", .digest = digest, .tags = TAGS,
                                   .tag_count = tags, .loop = s.loop, .patience_micros = 10 * CLOCK_MS, .said = said, .moved = moved, .tagging = tagging, .done = done };
}

static void run(struct registry_copy *op)
{
    struct err e = { 0 };
    s.done = false;
    *s.order = *s.tagging = '\0';
    s.op = op;
    CHECK_OK(registry_copy_start(op, s.client, &e), e);
    loop_run(s.loop);
    CHECK(s.done);
}

static bool has(const char *reference)
{
    AUTO_FREE char *key = mem_format("dst/app/manifests/%s", reference);
    return map_get(s.things, key);
}

TEST(registry_copy, brings_an_index_with_its_images_children_first)
{
    open_scene(false);
    AUTO_FREE char *one = make_image(LARGE, 'a'), *two = make_image(5000, 'b'), *index = make_index(one, two);
    struct registry_copy op = wish(index, 2);
    run(&op);
    CHECK_TEXT(s.error.text, "");
    AUTO_FREE char *order = mem_format("%.12s %.12s 1.0 latest ", one, two), *tags = mem_format("1.0@%.12s latest@%.12s ", index, index);
    CHECK_TEXT(s.order, order);
    CHECK_TEXT(s.tagging, tags);
    CHECK_TEXT(op.media_type, INDEX);
    CHECK_INT(op.counts.manifests, 3);
    CHECK_INT(op.counts.blobs, 4);
    CHECK_INT(op.counts.copied, 4);
    CHECK_INT(op.counts.bytes, LARGE + 5000 + 200);
    CHECK_INT(op.counts.bytes_to_copy, LARGE + 5000 + 200);
    CHECK_INT(op.counts.tagged, 2);
    int posts = s.posts;
    run(&op); /* again: nothing is left to do */
    CHECK_INT(op.counts.unchanged, 2);
    CHECK_INT(op.counts.bytes, 0);
    CHECK_INT(op.counts.present, 4);
    CHECK_INT(s.posts, posts);
    CHECK_TEXT(s.order, "");
    close_scene();
}

TEST(registry_copy, takes_one_image_out_of_an_index)
{
    open_scene(false);
    AUTO_FREE char *one = make_image(100, 'a'), *two = make_image(5000, 'b'), *index = make_index(one, two);
    struct registry_copy op = wish(index, 1);
    op.platform = "linux/arm64";
    run(&op);
    CHECK_TEXT(op.root_digest, two);
    CHECK(has("1.0") && has(two) && !has(one));
    op.platform = "linux/riscv64";
    run(&op);
    CHECK_TEXT(s.error.field, "platform");
    CHECK_HAS(s.error.text, "it has linux/amd64, linux/arm64/v8");
    close_scene();
}

TEST(registry_copy, mounts_within_one_registry_and_copies_where_that_is_refused)
{
    open_scene(true);
    AUTO_FREE char *one = make_image(5000, 'a'), *two = make_image(6000, 'b');
    struct registry_copy op = wish(one, 1);
    run(&op);
    CHECK_INT(op.counts.mounted, 2);
    CHECK_INT(op.counts.bytes, 0);
    CHECK_INT(op.counts.bytes_to_copy, 0);
    CHECK_INT(s.blob_gets, 0);
    s.faults.no_mount = true;
    op = wish(two, 1);
    run(&op);
    CHECK_TEXT(s.error.text, "");
    CHECK_INT(op.counts.copied, 2);
    CHECK_TEXT(op.replaced, one);
    close_scene();
}

TEST(registry_copy, obeys_what_is_to_become_of_a_tag_that_is_there)
{
    open_scene(false);
    AUTO_FREE char *one = make_image(100, 'a'), *two = make_image(5000, 'b');
    struct registry_copy op = wish(one, 1);
    run(&op);
    op = wish(two, 1);
    op.existing = REGISTRY_REFUSE;
    run(&op);
    CHECK_INT(s.error.kind, ERR_CONFLICT);
    CHECK_HAS(s.error.text, "dst/app:1.0 at 127.0.0.1");
    CHECK(!has(two));
    op = wish(two, 1);
    op.existing = REGISTRY_KEEP;
    run(&op);
    CHECK_TEXT(s.error.text, "");
    CHECK_INT(op.counts.kept, 1);
    CHECK_TEXT(op.replaced, one);
    CHECK(!has(two));
    op = wish(two, 2); /* one is kept, the other is new */
    op.existing = REGISTRY_KEEP;
    run(&op);
    CHECK_INT(op.counts.kept, 1);
    CHECK_INT(op.counts.tagged, 1);
    CHECK_TEXT(s.order, "latest ");
    close_scene();
}

TEST(registry_copy, gets_through_what_passes)
{
    static const struct {
        struct faults faults;
        int patches; /* of the large layer and the config, in all; 0: any number */
        const char *log;
    } CASES[] = {
        { { .cut = 2 }, 4, "goes on" },
        { { .cut = 1, .no_range = true }, 3, "goes on" },
        { { .lost = 1 }, 3, "goes on" },
        { { .login = 1 }, 3, "goes on" },
        { { .lost_commit = 1 }, 0, "" },
        { { .source_breaks = 2 }, 0, "goes on" },
        { { .patience = 1 }, 2, "asks for patience" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene(false);
        AUTO_FREE char *image = make_image(LARGE, 'a');
        struct registry_copy op = wish(image, 1);
        s.faults = CASES[i].faults;
        run(&op);
        CHECK_TEXT(s.error.text, "");
        CHECK(has("1.0"));
        CHECK_INT(op.counts.copied, 2);
        if (CASES[i].patches)
            CHECK_INT(s.patches, CASES[i].patches);
        CHECK_HAS(text_of(&s.log), CASES[i].log);
        close_scene();
    }
}

TEST(registry_copy, refuses_what_is_wrong)
{
    static const struct {
        struct faults faults;
        enum err_kind kind;
        const char *text;
    } CASES[] = {
        { { .damaged = true }, ERR_INVALID, "has another digest: it is damaged there" },
        { { .longer = true }, ERR_INVALID, "than the" },
        { { .elsewhere = true }, ERR_INVALID, "to another host, http://elsewhere.test" },
        { { .lost = 100 }, ERR_UNAVAILABLE, "answered 502" },
        { { .other_digest = true }, ERR_UPSTREAM, "and calls it sha256:" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        open_scene(false);
        AUTO_FREE char *image = make_image(5000, 'a');
        struct registry_copy op = wish(image, 1);
        s.faults = CASES[i].faults;
        run(&op);
        CHECK_INT(s.error.kind, CASES[i].kind);
        CHECK_HAS(s.error.text, CASES[i].text);
        CHECK(s.faults.other_digest || !has("1.0"));
        close_scene();
    }
}

TEST(registry_copy, follows_to_where_blobs_lie_without_its_login)
{
    open_scene(false); /* the source is 127.0.0.2, its blobs lie at 127.0.0.1 */
    AUTO_FREE char *image = make_image(5000, 'a');
    struct registry_copy op = wish(image, 1);
    s.faults.redirect = true;
    run(&op);
    CHECK_INT(s.error.kind, ERR_FORBIDDEN); /* of another host, and a private address: a registry must not send us into our network */
    CHECK_HAS(s.error.text, "private address");
    struct registry_target *source = TAKE(s.source);
    s.source = target_at("127.0.0.1"); /* the same host may lead to itself */
    op = wish(image, 1);
    op.target_repository = "dst/app";
    s.faults.no_mount = true;
    run(&op);
    CHECK_TEXT(s.error.text, "");
    CHECK(has("1.0"));
    registry_target_destroy(&source);
    close_scene();
}

TEST(registry_copy, ends_at_once_when_it_is_canceled)
{
    open_scene(false);
    AUTO_FREE char *image = make_image(LARGE, 'a');
    struct registry_copy op = wish(image, 1);
    s.cancel_when_moving = true;
    run(&op);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    CHECK(!has("1.0"));
    struct err e = { 0 };
    s.done = false;
    CHECK_OK(registry_copy_start(&op, s.client, &e), e);
    registry_copy_cancel(&op);
    registry_copy_cancel(&op);
    loop_run(s.loop);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    op.digest = "sha256:1";
    CHECK(!registry_copy_start(&op, s.client, &e));
    close_scene();
}

TEST(registry_copy, sets_no_tag_that_it_may_not)
{
    open_scene(false);
    AUTO_FREE char *image = make_image(5000, 'a');
    struct registry_copy op = wish(image, 2);
    s.decline = "1.0";
    s.answer_late = false;
    run(&op);
    CHECK_TEXT(s.error.text, "");
    CHECK_INT(op.counts.declined, 1);
    CHECK(has("latest") && !has("1.0"));
    s.decline = NULL;
    s.answer_late = s.cancel_at_tag = true; /* the answer comes after the cancel */
    run(&op);
    CHECK_INT(s.error.kind, ERR_CANCELED);
    CHECK(!has("1.0"));
    s.cancel_at_tag = false;
    run(&op);
    CHECK_TEXT(s.error.text, "");
    CHECK(has("1.0"));
    close_scene();
}

TEST(registry_copy, says_what_is_not_there)
{
    open_scene(false);
    struct registry_copy op = wish("sha256:" DIGEST_OF_NOTHING, 1);
    run(&op);
    CHECK_INT(s.error.kind, ERR_NOT_FOUND);
    CHECK_HAS(s.error.text, "of src/app: 127.0.0.2");
    AUTO_FREE char *nonsense = put_source(IMAGE, "{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}");
    op.digest = nonsense;
    run(&op);
    CHECK_HAS(s.error.text, "an index and an image at once");
    close_scene();
}
