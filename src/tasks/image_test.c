/* What an Image task may say, and what it makes of it. The copying itself is tested in registry/copy_test.c and tests/e2e/image_test. */
#include <string.h>

#include "base/clock.h"
#include "base/test.h"
#include "base/yaml.h"
#include "tasks/harness_test.h"
#include "tasks/image.h"

#define DIGEST "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

static const struct task_push PUSH = { .webhook = "w", .registry = "reg.test:5000", .repository = "app/build", .tag = "1.0", .digest = DIGEST };

struct read {
    struct harness h;
    struct image_input in;
    struct err e;
    bool ok;
};

static json_t *parsed(const char *text)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return json_incref(yaml_document(yaml, 0));
}

static void read_open(struct read *r, const char *input, const char *endpoints, const struct task_push *push)
{
    *r = (struct read){ 0 };
    harness_open(&r->h);
    harness_value(&r->h, "input.TAG", "2.0", true);
    r->h.input = parsed(input);
    r->h.endpoints = parsed(endpoints);
    r->h.job.input = r->h.input;
    r->h.job.endpoints = r->h.endpoints;
    r->h.job.push = push;
    r->ok = image_input_read(&r->h.job, &r->in, &r->e);
}

static void read_close(struct read *r)
{
    image_input_fini(&r->in);
    harness_close(&r->h);
}

#define REG "{name: reg, type: dockerregistry, properties: {serverType: distribution, repoURL: 'http://reg.test:5000/app/release', username: u, password: p}}"
#define HUB "{name: hub, type: dockerregistry, properties: {serverType: dockerhub, username: u, password: p}}"

TEST(image_task, understands_where_from_and_where_to)
{
    static const struct {
        const char *input, *endpoints;
        const struct task_push *push;
        const char *source, *source_url, *source_user, *target, *target_url, *tags;
    } CASES[] = {
        { "{source: 'reg.test:5000/app/build:1.0', target: 'reg.test:5000/app/release'}", "{target: " REG "}", NULL,
          "reg.test:5000/app/build:1.0", "http://reg.test:5000", "u", "reg.test:5000/app/release", "http://reg.test:5000", "1.0" },
        { "{source: 'app/build:1.0', tags: 'a, b'}", "{source: " REG ", target: " REG "}", NULL, "reg.test:5000/app/build:1.0", "http://reg.test:5000", "u",
          "reg.test:5000/app/release", "http://reg.test:5000", "a b" },
        { "{target: 'acme/web'}", "{source: " REG ", target: " HUB "}", &PUSH, "reg.test:5000/app/build:1.0@" DIGEST, "http://reg.test:5000", "u", "docker.io/acme/web",
          "https://registry-1.docker.io", "1.0" },
        { "{source: 'alpine:3.20', target: 'app/alpine', tags: ['${input.TAG}', latest, latest]}", "{target: " REG "}", NULL, "reg.test:5000/alpine:3.20", "http://reg.test:5000", "u",
          "reg.test:5000/app/alpine", "http://reg.test:5000", "2.0 latest" },
        { "{source: 'docker.io/alpine', target: 'app/alpine'}", "{target: " REG "}", NULL, "docker.io/library/alpine:latest", "https://registry-1.docker.io", "",
          "reg.test:5000/app/alpine", "http://reg.test:5000", "latest" },
        { "{source: 'reg.test:5000/app/build@" DIGEST "', target: 'ghcr.io/acme/x:v1'}", "{}", &PUSH, "reg.test:5000/app/build:1.0@" DIGEST, "https://reg.test:5000", "",
          "ghcr.io/acme/x", "https://ghcr.io", "v1" },
        { "{action: retag, source: 'reg.test:5000/app/build:1.0', tags: stable}", "{source: " REG "}", NULL, "reg.test:5000/app/build:1.0", "http://reg.test:5000", "u",
          "reg.test:5000/app/build", "http://reg.test:5000", "stable" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct read r;
        AUTO_TEXT tags = { 0 };
        read_open(&r, CASES[i].input, CASES[i].endpoints, CASES[i].push);
        CHECK_TEXT(r.e.text, "");
        AUTO_FREE char *source = image_ref_text(&r.in.source), *target = image_ref_text(&r.in.target);
        for (size_t k = 0; k < r.in.tag_count; k++)
            text_addf(&tags, "%s%s", k ? " " : "", r.in.tag[k]);
        CHECK_TEXT(source, CASES[i].source);
        CHECK_TEXT(r.in.source_at->base_url, CASES[i].source_url);
        CHECK_TEXT(r.in.source_at->username, CASES[i].source_user);
        CHECK_TEXT(target, CASES[i].target);
        CHECK_TEXT(r.in.target_at->base_url, CASES[i].target_url);
        CHECK_TEXT(text_of(&tags), CASES[i].tags);
        read_close(&r);
    }
}

TEST(image_task, says_what_is_wrong)
{
    static const struct {
        const char *input, *endpoints, *field, *text;
    } CASES[] = {
        { "{target: a/b}", "{}", "source", "source is missing" },
        { "{source: 'a/b:1'}", "{}", "target", "target is missing" },
        { "{source: 'A/b:1', target: c/d}", "{}", "source", "lower case" },
        { "{source: 'a/b:1', target: 'c/d@" DIGEST "'}", "{}", "target", "the target names a digest" },
        { "{source: 'ghcr.io/a/b:1', target: 'quay.io/c/d'}", "{source: " REG "}", "source", "is not at the registry that endpoint 'reg' leads to, reg.test:5000" },
        { "{source: 'ghcr.io/a/b:1', target: c/d}", "{target: {name: k, type: k8s, properties: {}}}", "target", "is of type k8s, not dockerregistry" },
        { "{source: 'ghcr.io/a/b@" DIGEST "', target: 'quay.io/c/d'}", "{}", "tags", "the source names no tag" },
        { "{source: 'a/b:1', target: c/d, tags: 'x y:z'}", "{}", "tags", "'y:z' is no tag" },
        { "{source: 'a/b:1', target: c/d, tags: {a: b}}", "{}", "tags", "a list of tags" },
        { "{source: 'a/b:1', target: c/d, onExisting: ask}", "{}", "onExisting", "none of overwrite, refuse, keep" },
        { "{source: 'a/b:1', target: c/d, action: move}", "{}", "action", "neither copy nor retag" },
        { "{action: build, target: c/d}", "{}", "action", "let a CI task build and push it" },
        { "{action: retag, source: 'a/b:1'}", "{}", "tags", "which tags is the image to get" },
        { "{action: retag, source: 'a/b:1', target: 'a/c', tags: x}", "{}", "target", "action copy leads to another repository" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct read r;
        read_open(&r, CASES[i].input, CASES[i].endpoints, NULL);
        CHECK(!r.ok);
        CHECK_TEXT(r.e.field, CASES[i].field);
        CHECK_HAS(r.e.text, CASES[i].text);
        read_close(&r);
    }
}

TEST(image_task, ends_when_it_is_canceled_and_tries_again_what_is_not_reachable)
{
    struct read r;
    read_open(&r, "{source: 'localhost:1/a:1', target: 'localhost:1/b'}", "{source: {name: l, type: dockerregistry, properties: {serverType: distribution, repoURL: 'http://localhost:1'}}}", NULL);
    r.h.job.type = task_type_find("Image");
    CHECK(harness_run(&r.h, "{source: 'localhost:1/a:1', target: 'localhost:1/b'}", 0));
    CHECK_INT(r.h.result, TASK_RETRY);
    CHECK_HAS(text_of(&r.h.message), "localhost:1");
    AUTO_JSON *stored = json_pack("{s:s, s:s}", "source", "localhost:1/a:1", "digest", DIGEST); /* by an earlier start */
    r.h.job.resolved = stored;
    CHECK(harness_run(&r.h, "{source: 'localhost:1/a:1', target: 'localhost:1/b'}", 300 * CLOCK_MS)); /* while it waits to ask again */
    CHECK_INT(r.h.result, TASK_CANCELED);
    CHECK_TEXT(text_of(&r.h.message), "canceled; no tag was changed");
    CHECK_TEXT(json_text_at(r.h.resolved, "digest", ""), DIGEST);
    read_close(&r);
}
