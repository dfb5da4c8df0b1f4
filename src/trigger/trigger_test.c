#include "trigger/trigger.h"

#include <string.h>

#include "base/test.h"
#include "trigger/inputs.h"

TEST(pattern, matches_in_full)
{
    static const struct {
        const char *pattern, *subject;
        bool yes;
    } CASES[] = {
        { "v.*", "v1", true },        { "v", "v1", false },          { "1", "v1", false },
        { "^v.*$", "v1", true },      { "a|b", "b", true },          { "a|b", "ab", false },
        { "", "", true },             { "", "x", false },            { "acme/web.x", "acme/web-x", true },
        { "(?i)V\\d+", "v12", true }, { "v1$", "v1\n", false },      { "[\xc3\xa4]", "\xc3\xa4", true },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(pattern) p = NULL;
        struct err e = { 0 };
        bool gave_up = true;
        CHECK_OK(pattern_create(CASES[i].pattern, &p, &e), e);
        CHECK(pattern_matches(p, CASES[i].subject, &gave_up) == CASES[i].yes);
        CHECK(!gave_up);
    }
}

TEST(pattern, says_where_it_is_broken)
{
    static const struct {
        const char *pattern, *want;
    } CASES[] = {
        { "v[", "character 3: missing terminating ]" },
        { "(", "character 2: missing closing parenthesis" },
        { "*", "character 1: quantifier does not follow" },
        { "\xff", "the pattern is not UTF-8" },
        { "\\C", "using \\C is disabled" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(pattern) p = NULL;
        struct err e = { 0 };
        CHECK(!pattern_create(CASES[i].pattern, &p, &e));
        CHECK_HAS(e.text, CASES[i].want);
    }
    char large[PATTERN_BYTES + 2];
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = 0;
    AUTO(pattern) p = NULL;
    CHECK(!pattern_create(large, &p, NULL));
    memset(large, '(', 60);
    strcpy(large + 60, "a");
    memset(large + 61, ')', 60);
    large[121] = 0;
    struct err e = { 0 };
    CHECK(!pattern_create(large, &p, &e));
    CHECK_HAS(e.text, "parentheses are too deeply nested");
}

TEST(pattern, hostile_ones_are_given_up)
{
    static const char *const HOSTILE[] = { "(a+)+$", "(a|aa)+b", "(.*)*x", "(a?){30}a{30}b", "(?R)?a" };
    char subject[129];
    memset(subject, 'a', sizeof subject - 1);
    subject[sizeof subject - 1] = 0;
    strcpy(subject + 120, "aaaaaaa!");
    for (size_t i = 0; i < ALEN(HOSTILE); i++) {
        AUTO(pattern) p = NULL;
        struct err e = { 0 };
        CHECK_OK(pattern_create(HOSTILE[i], &p, &e), e);
        CHECK(!pattern_matches(p, subject, NULL));
    }
}

TEST(pattern, literals_are_known)
{
    static const struct {
        const char *pattern, *literal;
    } CASES[] = {
        { "acme/web", "acme/web" },   { "^acme/web$", "acme/web" },      { "acme/web\\.x", "acme/web.x" },
        { "acme/web.x", NULL },       { "acme/web*", NULL },             { "acme/(web|api)", NULL },
        { "", NULL },                 { "^$", NULL },                    { "acme\\/web", "acme/web" },
        { "acme\\dweb", NULL },       { "\\Qacme/web.x\\E", "acme/web.x" }, { "\\Qa.b", "a.b" },
        { "\\Qa\\E+", NULL },         { "a$b", NULL },                   { "a^b", NULL },
        { "a{2}", NULL },             { "a\\", NULL },                   { "acme\\-web_1", "acme-web_1" },
        { "a\\.+", NULL },            { "(?i)a", NULL },         { "a?", NULL },
        { "\xd4\\Q\xaa", NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *literal = NULL;
        bool yes = trigger_pattern_literal(CASES[i].pattern, &literal);
        CHECK(yes == (CASES[i].literal != NULL));
        CHECK_TEXT(literal, CASES[i].literal);
        AUTO(pattern) p = NULL;
        struct err e = { 0 };
        if (yes)
            CHECK_OK(pattern_create(CASES[i].pattern, &p, &e) && pattern_matches(p, literal, NULL), e);
    }
}

TEST(pattern, compiled_ones_are_kept)
{
    AUTO(patterns) patterns = patterns_create();
    struct err e = { 0 };
    const struct pattern *p = patterns_get(patterns, "a.*", &e);
    CHECK(p && patterns_get(patterns, "a.*", &e) == p);
    CHECK(!patterns_get(patterns, "(", &e));
    for (int i = 0; i < 5000; i++) {
        AUTO_FREE char *text = mem_format("a%d", i);
        CHECK(patterns_get(patterns, text, &e));
    }
}

static struct event *push(const char *host, const char *repository, const char *tag)
{
    struct event *ev = event_create();
    event_set(&ev->host, host);
    event_set(&ev->repository, repository);
    event_set(&ev->tag, tag);
    return ev;
}

TEST(trigger, the_first_rule_that_refuses_says_why)
{
    static const char *const ALIASES[] = { "registry.internal:5000" };
    static const struct {
        const char *host, *image_pattern, *tag_pattern;
        bool disabled;
        const char *from, *image, *tag;
        enum trigger_rule rule;
        const char *why;
    } CASES[] = {
        { "docker.io", "", "", false, "docker.io", "acme/web", "1", TRIGGER_FIRED, "fired" },
        { "docker.io", "acme/web", "^v.*", false, "index.docker.io", "acme/web", "v1", TRIGGER_FIRED, "fired" },
        { "docker.io", "acme/web", "^v.*", false, "docker.io", "acme/web", "dev", TRIGGER_TAG,
          "tag 'dev' does not match tag pattern '^v.*'" },
        { "docker.io", "acme/web", "^v.*", true, "x.test", "acme/api", "dev", TRIGGER_DISABLED, "webhook disabled" },
        { "docker.io", "acme/web", "", false, "docker.io", "acme/api", "v1", TRIGGER_IMAGE,
          "image acme/api does not match build-image pattern 'acme/web'" },
        { "docker.io", "acme/web", "", false, "evil.test", "acme/web", "v1", TRIGGER_HOST,
          "push came from evil.test, the endpoint hub is docker.io" },
        { "127.0.0.1:5000", "", "", false, "registry.internal:5000", "a", "1", TRIGGER_FIRED, "fired" },
        { "127.0.0.1:5000", "", "", false, "registry.internal", "a", "1", TRIGGER_HOST, "push came from registry.internal" },
        { "docker.io", "", "", false, "", "a/b", "1", TRIGGER_FIRED, "fired" },
        { "docker.io", "nginx", "", false, "docker.io", "library/nginx", "1", TRIGGER_FIRED, "fired" },
        { "docker.io", "library/nginx", "", false, "docker.io", "library/nginx", "1", TRIGGER_FIRED, "fired" },
        { "x.test", "nginx", "", false, "x.test", "library/nginx", "1", TRIGGER_IMAGE, "image library/nginx does not match" },
        { "docker.io", "acme/(", "", false, "docker.io", "acme/web", "1", TRIGGER_IMAGE,
          "build-image pattern 'acme/(' is not valid: character 7: missing closing parenthesis" },
        { "docker.io", "", "(a|aa)+", false, "docker.io", "acme/web", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaB", TRIGGER_TAG,
          "tag pattern '(a|aa)+' takes too many steps" },
    };
    AUTO(patterns) patterns = patterns_create();
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct trigger t = { .name = "hook", .enabled = !CASES[i].disabled, .endpoint = "hub", .host = CASES[i].host,
                             .aliases = ALIASES, .alias_count = strcmp(CASES[i].host, "127.0.0.1:5000") == 0,
                             .image_pattern = CASES[i].image_pattern, .tag_pattern = CASES[i].tag_pattern };
        AUTO(event) ev = push(CASES[i].from, CASES[i].image, CASES[i].tag);
        struct trigger_verdict v = trigger_judge(&t, ev, patterns);
        CHECK_HAS(v.why, CASES[i].why);
        CHECK_TEXT(trigger_rule_name(v.rule), trigger_rule_name(CASES[i].rule));
    }
}

TEST(trigger, a_long_pattern_is_cut_between_characters)
{
    AUTO_TEXT pattern = { 0 };
    for (int i = 0; i < 100; i++)
        text_addf(&pattern, "%s\xe2\x82\xac", i ? "" : "x");
    AUTO(patterns) patterns = patterns_create();
    AUTO(event) ev = push("docker.io", "acme/web", "dev");
    struct trigger t = { .enabled = true, .tag_pattern = text_of(&pattern) };
    struct trigger_verdict v = trigger_judge(&t, ev, patterns);
    CHECK_INT(v.rule, TRIGGER_TAG);
    CHECK_HAS(v.why, "tag 'dev' does not match tag pattern 'x\xe2\x82\xac");
    CHECK(text_utf8(v.why, strlen(v.why)));
}

TEST(trigger, patterns_are_checked_before_they_are_saved)
{
    struct err e = { 0 };
    CHECK(trigger_patterns_ok("", NULL, &e));
    CHECK(!trigger_patterns_ok("a[", "", &e));
    CHECK_TEXT(e.field, "imageNameRegExPattern");
    CHECK(!trigger_patterns_ok("a", "*", &e));
    CHECK_TEXT(e.field, "tagNamePattern");
    CHECK_HAS(e.text, "tag pattern: character 1: quantifier");
}

#define DIGEST "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

TEST(trigger, a_push_brings_its_inputs)
{
    AUTO(event) ev = push("docker.io", "acme/team/web", "1.4");
    event_set(&ev->actor, "jane");
    event_set(&ev->pushed_at, "1417566161");
    struct trigger_facts facts = { .event_id = "e1" };
    AUTO_JSON *json = trigger_injected(ev, &facts);
    for (size_t i = 0; TRIGGER_INPUTS[i]; i++)
        CHECK(json_is_string(json_object_get(json, TRIGGER_INPUTS[i])));
    CHECK_INT(json_object_size(json), 10);
    CHECK_TEXT(json_text_at(json, "DOCKER_IMAGE", ""), "acme/team/web");
    CHECK_TEXT(json_text_at(json, "DOCKER_REPO_NAME", ""), "web");
    CHECK_TEXT(json_text_at(json, "DOCKER_REPO_NAMESPACE", ""), "acme/team");
    CHECK_TEXT(json_text_at(json, "DOCKER_EVENT_OWNER_NAME", ""), "jane");
    CHECK_TEXT(json_text_at(json, "DOCKER_IMAGE_REF", ""), "docker.io/acme/team/web:1.4");
    CHECK_TEXT(json_text_at(json, "DOCKER_DIGEST", "?"), "");
    facts.digest = DIGEST;
    AUTO_JSON *known = trigger_injected(ev, &facts);
    CHECK_TEXT(json_text_at(known, "DOCKER_IMAGE_REF", ""), "docker.io/acme/team/web@" DIGEST);
    CHECK_TEXT(json_text_at(known, "DOCKER_DIGEST", ""), DIGEST);
}

TEST(trigger, injected_inputs_win_over_given_ones_and_those_over_defaults)
{
    AUTO_JSON *defaults = json_pack("{s:s,s:s,s:s,s:i}", "a", "default", "b", "default", "DOCKER_TAG", "", "n", 1);
    AUTO_JSON *given = json_pack("{s:s,s:s,s:s}", "b", "given", "DOCKER_TAG", "given", "more", "given");
    AUTO_JSON *injected = json_pack("{s:s,s:s}", "DOCKER_TAG", "1.4", "DOCKER_IMAGE", "acme/web");
    AUTO_JSON *inputs = NULL;
    struct err e = { 0 };
    CHECK_OK(trigger_inputs(defaults, NULL, given, injected, &inputs, &e), e);
    AUTO_FREE char *text = json_write(inputs);
    CHECK_TEXT(text, "{\"a\":\"default\",\"b\":\"given\",\"DOCKER_TAG\":\"1.4\",\"n\":1,\"more\":\"given\"}");
}

TEST(trigger, mandatory_inputs_are_named)
{
    AUTO_JSON *defaults = json_pack("{s:s,s:s,s:s}", "a", "", "b", "", "c", "");
    AUTO_JSON *meta = json_pack("{s:{s:b},s:{s:b},s:{s:s}}", "a", "mandatory", 1, "b", "mandatory", 0, "c", "mandatory", "true");
    AUTO_JSON *given = json_pack("{s:s}", "a", "x");
    AUTO_JSON *inputs = NULL;
    struct err e = { 0 };
    CHECK(!trigger_inputs(defaults, meta, NULL, NULL, &inputs, &e));
    CHECK_TEXT(e.text, "these inputs are mandatory and have no value: a, c");
    CHECK_TEXT(e.field, "a");
    CHECK(!trigger_inputs(defaults, meta, given, NULL, &inputs, &e));
    CHECK_TEXT(e.text, "this input is mandatory and has no value: c");
    CHECK_TEXT(e.field, "c");
}
