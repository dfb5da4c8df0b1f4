#include "event/image_ref.h"
#include "hooks/hooks.h"

#include "fuzz.h"

/* What comes out of a stranger's bytes is of the right shape, since it goes into names, queries and YAML. */
static void check_event(const struct event *ev)
{
    FUZZ_CHECK(image_tag_ok(ev->tag));
    FUZZ_CHECK(image_repository_ok(ev->repository));
    FUZZ_CHECK(!*ev->digest || image_digest_ok(ev->digest));
    FUZZ_CHECK(!*ev->host || registry_host_same(ev->host, ev->host));
    FUZZ_CHECK(ev->pushed_micros >= 0 && strlen(ev->pushed_at) < 64);
    AUTO_JSON *json = event_json(ev);
    AUTO(event) again = event_from_json(json);
    AUTO_JSON *same = event_json(again);
    FUZZ_CHECK(json_equal(json, same));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const TYPES[] = { NULL, "application/json", "application/vnd.docker.distribution.events.v1+json" };
    AUTO(hook_result) r = NULL;
    struct err e = { 0 };
    struct hook_input input = { .content_type = TYPES[size % ALEN(TYPES)], .body = (const char *)data, .size = size,
                                .server_type = size % 2 ? "dockerhub" : NULL };
    if (!hook_decode(&input, &r, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(r->delivery_key && text_utf8(r->note, strlen(r->note)));
    for (size_t i = 0; i < r->event_count; i++)
        check_event(r->events[i]);
    for (size_t i = 0; i < r->ignored_count; i++)
        FUZZ_CHECK(*r->ignored[i].why && text_utf8(r->ignored[i].what, strlen(r->ignored[i].what)));
    return 0;
}
