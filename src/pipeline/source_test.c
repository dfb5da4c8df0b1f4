#include "pipeline/source.h"

#include <string.h>

#include "pipeline/testing.h"

/* What emitters of the old product did: flow lists broken over lines, folded quotes, CR LF in quotes, keys with spaces. */
static const char *const FILE_TEXT =
    "---\n"
    "project: Field Demo\n"
    "kind: PIPELINE\n"
    "name: Quirks \xc3\xa4\n"
    "icon: organization,left, is-info is-solid\n"
    "enabled: false\n"
    "description: 'folded\n"
    "  over lines'\n"
    "concurrency: 10\n"
    "options: [\n"
    "  GIT_TRIGGER]\n"
    "input:\n"
    "  a key: '5'\n"
    "  empty:\n"
    "workspace: {endpoint: '', limits: {cpu: 1.0, memory: 512}}\n"
    "stageOrder: [Stage 0]\n"
    "stages:\n"
    "  Stage 0:\n"
    "    taskOrder: [\n"
    "      'Task 0,Task.1']\n"
    "    tasks:\n"
    "      Task 0:\n"
    "        type: K8S\n"
    "        input:\n"
    "          yaml: \"kind: Service\\r\\nname: ${input.a key}\\r\\n\"\n"
    "          scmConstants: {\n"
    "            }\n"
    "          url: ${input.a key}/x\n"
    "          colour: red\n"
    "      Task.1:\n"
    "        type: UserOperation\n"
    "        input:\n"
    "          approverGroups: [\n"
    "            ]\n"
    "          text: |-\n"
    "            one\n"
    "            two\n"
    "          more: |2+\n"
    "            indented\n"
    "\n"
    "---\n"
    "project: Field Demo\n"
    "kind: VARIABLE\n"
    "name: x\n"
    "type: SECRET\n"
    "value: ''\n"
    "--- \n";

static const struct field FIELDS[] = { { "yaml", FIELD_TEXT }, { "scmConstants", FIELD_OBJECT }, { "url", FIELD_TEXT } };
static const char *const NO_ENDPOINTS[] = { NULL };
static const struct pipeline_type TYPES[] = { { "K8S", FIELDS, ALEN(FIELDS), NO_ENDPOINTS } };

static struct source *read_source(const char *text)
{
    struct source *s = NULL;
    struct err e = { 0 };
    CHECK_OK(source_read(text, strlen(text), &s, &e), e);
    return s;
}

TEST(source, reads_the_quirks_of_old_exports)
{
    AUTO(source) s = read_source(FILE_TEXT);
    AUTO(pipeline) p = NULL;
    AUTO_PROBLEMS found = { 0 };
    struct pipeline_checks checks = { TYPES, ALEN(TYPES), false };
    CHECK_INT(source_count(s), 2);
    CHECK_TEXT(source_kind(s, 1), "VARIABLE");
    CHECK(source_pipeline(s, 0, &checks, &p, &found));
    CHECK_TEXT(p->name, "Quirks \xc3\xa4");
    CHECK_TEXT(p->description, "folded over lines");
    CHECK_INT(p->groups[0].count, 2);
    CHECK_TEXT(json_text_at(p->tasks[0].input, "yaml", ""), "kind: Service\r\nname: ${input.a key}\r\n");
    CHECK_TEXT(json_text_at(p->tasks[1].input, "text", ""), "one\ntwo");
    CHECK_INT(found.count, 2);
    CHECK_TEXT(found.at[0].text, "a K8S task knows no input 'colour': expected is one of yaml, scmConstants, url");
    CHECK_INT(found.at[0].line, 29);
    CHECK_TEXT(found.at[1].text, "task type 'UserOperation' is not known here: expected is one of K8S");
    CHECK_INT(found.at[1].line, 31);
    CHECK_INT(found.errors, 0);
}

TEST(source, comes_back_as_it_was)
{
    AUTO(source) s = read_source(FILE_TEXT);
    AUTO_FREE char *yaml = source_write("PIPELINE", source_document(s, 0));
    AUTO(source) again = read_source(yaml);
    CHECK(json_equal(source_document(s, 0), source_document(again, 0)));
    AUTO_FREE char *twice = source_write("PIPELINE", source_document(again, 0));
    CHECK_TEXT(twice, yaml);
}

TEST(source, writes_the_old_order_of_keys)
{
    AUTO_JSON *definition = read_yaml("{stages: {S: {tasks: {T: {input: {b: 1, a: 2}, type: CI}}, taskOrder: [T]}}, id: 5, _link: x, ours: 1,"
                                      " stageOrder: [S], state: ENABLED, name: P, project: D}");
    AUTO_FREE char *yaml = source_write("PIPELINE", definition);
    CHECK_TEXT(yaml, "---\nproject: D\nkind: PIPELINE\nname: P\nenabled: true\nstageOrder:\n- S\nstages:\n  S:\n    taskOrder:\n    - T\n"
                     "    tasks:\n      T:\n        type: CI\n        input:\n          b: 1\n          a: 2\nours: 1\n");
}

TEST(source, says_where_it_is_wrong)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "a: [", "line " },
        { "- a\n", "line 1, column 1: a document must be an object with its kind" },
        { "kind: X\n---\nname: y\n", "line 3, column 1: a document has no kind (PIPELINE, ENDPOINT, VARIABLE ...)" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(source) s = NULL;
        struct err e = { 0 };
        CHECK(!source_read(CASES[i].text, strlen(CASES[i].text), &s, &e));
        CHECK_HAS(e.text, CASES[i].want);
    }
}
