#include <string.h>

#include "base/mem.h"
#include "base/test.h"
#include "registry/tags.h"

#define DIGEST "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

struct read {
    struct registry_tag *tags;
    size_t count;
    bool more;
    struct err e;
};

static bool read_tags(const char *answer, bool hub, struct read *r)
{
    *r = (struct read){ 0 };
    return registry_tags_read(answer, strlen(answer), hub, &r->tags, &r->count, &r->more, &r->e);
}

TEST(tags, reads_the_names_that_a_registry_lists)
{
    struct read r;
    CHECK(read_tags("{\"name\":\"acme/web\",\"tags\":[\"1.0\",\"not a tag\",7,\"latest\"]}", false, &r));
    CHECK_INT(r.count, 2);
    CHECK_TEXT(r.tags[0].name, "1.0");
    CHECK_TEXT(r.tags[1].name, "latest");
    CHECK_TEXT(r.tags[1].digest, "");
    CHECK(!r.more);
    registry_tags_free(r.tags, r.count);
    CHECK(read_tags("{\"name\":\"acme/web\",\"tags\":null}", false, &r)); /* Distribution, when the last tag is deleted */
    CHECK_INT(r.count, 0);
    registry_tags_free(r.tags, r.count);
    CHECK(!read_tags("{\"tags\":{}}", false, &r));
    CHECK_HAS(r.e.text, "no list of tags");
    CHECK(!read_tags("<html>", false, &r));
}

TEST(tags, reads_digests_where_docker_hub_tells_them)
{
    struct read r;
    CHECK(read_tags("{\"count\":3,\"next\":\"https://hub.docker.com/v2/x?page=2\",\"results\":[{\"name\":\"1.0\",\"digest\":\"" DIGEST
                    "\"},{\"name\":\"old\",\"digest\":null},{\"name\":\"odd\",\"digest\":\"sha256:short\"}]}", true, &r));
    CHECK_INT(r.count, 3);
    CHECK_TEXT(r.tags[0].digest, DIGEST);
    CHECK_TEXT(r.tags[1].digest, "");
    CHECK_TEXT(r.tags[2].digest, "");
    CHECK(r.more);
    registry_tags_free(r.tags, r.count);
    CHECK(read_tags("{\"count\":0,\"next\":\"https://hub.docker.com/v2/x?page=2\",\"results\":[]}", true, &r)); /* a next page without an end */
    CHECK(!r.more);
    registry_tags_free(r.tags, r.count);
}

TEST(tags, finds_the_next_page_by_its_last_tag)
{
    static const struct { const char *link, *last; } ROWS[] = {
        { "</v2/acme/web/tags/list?last=1.9&n=1000>; rel=\"next\"", "1.9" },
        { "<https://elsewhere.example/v2/acme/web/tags/list?n=2&last=a%2Bb>; rel=next", "a+b" },
        { "</v2/acme/web/tags/list?n=1000>; rel=\"next\"", NULL },
        { "</v2/acme/web/tags/list?last=1.9>; rel=\"prev\"", NULL },
        { "no link at all", NULL },
        { NULL, NULL },
    };
    for (size_t i = 0; i < ALEN(ROWS); i++) {
        AUTO_FREE char *last = registry_tags_next(ROWS[i].link);
        CHECK(ROWS[i].last ? text_is(last, ROWS[i].last) : !last);
    }
}
