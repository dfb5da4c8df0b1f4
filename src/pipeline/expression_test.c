#include "pipeline/expression.h"

#include <string.h>

#include "pipeline/testing.h"

static const char *const PIPELINE =
    "name: P\nstageOrder: [Stage 0, Stage, Stage 0.x]\nstages:\n"
    "  Stage 0: {taskOrder: ['Build App, Build', 'x.Deploy'], tasks: {Build App: {type: CI}, Build: {type: CI}, x.Deploy: {type: CI}}}\n"
    "  Stage: {taskOrder: [T], tasks: {T: {type: CI}}}\n"
    "  Stage 0.x: {taskOrder: [Deploy], tasks: {Deploy: {type: CI}}}\n";

TEST(reference, is_parsed_by_the_longest_names)
{
    static const struct {
        const char *text;
        enum reference_kind kind;
        size_t task;
        const char *rest;
    } CASES[] = {
        { "input.DOCKER_TAG", REFERENCE_INPUT, 0, "DOCKER_TAG" },
        { "input.my-input.x", REFERENCE_INPUT, 0, "my-input.x" },
        { "var.Slack URL AH_team", REFERENCE_VARIABLE, 0, "Slack URL AH_team" },
        { "output.x", REFERENCE_OUTPUT, 0, "x" },
        { "Stage 0.Build App.output.a.b[0].c", REFERENCE_TASK_OUTPUT, 0, "a.b[0].c" },
        { "Stage 0.Build.output", REFERENCE_TASK_OUTPUT, 1, "" },
        { "Stage 0.Build.output[2]", REFERENCE_TASK_OUTPUT, 1, "[2]" },
        { "Stage.T.input.x", REFERENCE_TASK_INPUT, 3, "x" },
        { "Stage.T.status", REFERENCE_TASK_STATUS, 3, "" },
        { "Stage.T.statusMessage", REFERENCE_TASK_MESSAGE, 3, "" },
        { "Stage 0.x.Deploy.status", REFERENCE_TASK_STATUS, 4, "" }, /* of stage "Stage 0.x" */
        { "Stage 0.status", REFERENCE_STAGE_STATUS, SIZE_MAX, "" },
        { "executionId", REFERENCE_DEFAULT, 0, "executionId" },
        { "HOME", REFERENCE_UNKNOWN, 0, "HOME" },
        { "input.", REFERENCE_UNKNOWN, 0, "input." },
        { "Stage.T.outputs.x", REFERENCE_UNKNOWN, 0, "Stage.T.outputs.x" },
        { "Stage.U.output.x", REFERENCE_UNKNOWN, 0, "Stage.U.output.x" },
    };
    AUTO(pipeline) p = make_pipeline(PIPELINE);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct reference r;
        reference_parse(CASES[i].text, strlen(CASES[i].text), p, &r);
        AUTO_FREE char *rest = mem_text_n(r.rest, r.rest_length);
        CHECK_INT(r.kind, CASES[i].kind);
        CHECK_INT(r.task, CASES[i].task);
        CHECK_TEXT(rest, CASES[i].rest);
    }
}

TEST(reference, says_what_a_near_miss_lacks)
{
    AUTO(pipeline) p = make_pipeline(PIPELINE);
    struct reference r;
    reference_parse("Stage.T.outputs.x", 17, p, &r);
    CHECK_TEXT(r.problem, "of a task one may ask output, input, status or statusMessage, not 'outputs.x'");
    reference_parse("Stage.U.output.x", 16, p, &r);
    CHECK_TEXT(r.problem, "stage 'Stage' has no task that 'U.output.x' begins with");
}

TEST(reference, walks_keys_with_dots)
{
    AUTO_JSON *tree = read_yaml("{a: {app.io/x: {b: 1}, app: {io/x: 2}}, list: [{c: [5]}]}");
    CHECK_INT(json_integer_value(reference_walk(tree, "a.app.io/x.b", 12)), 1);
    CHECK_INT(json_integer_value(reference_walk(tree, "list[0].c[0]", 12)), 5);
    CHECK(!reference_walk(tree, "list[1]", 7));
    CHECK(!reference_walk(tree, "list[99999999999999999999]", 26));
    CHECK(!reference_walk(tree, "a.b.c", 5));
    CHECK(!reference_walk(tree, "list[x]", 7));
}

TEST(reference, says_what_is_there_instead)
{
    static const struct { const char *path, *want; } CASES[] = {
        { "data.result[0].value[1]", "'data.result' is an empty list" },
        { "data.results", "'data' has resultType, result" },
        { "nothing", "it has data, list, text, none" },
        { "list[3]", "'list' is a list of 2" },
        { "list[1].x.y", "'list[1]' is a number" },
        { "text.x", "'text' is a text" },
        { "none.x", "'none' is null" },
        { "list[0].a", "'list[0]' is empty" },
    };
    AUTO_JSON *tree = read_yaml("{data: {resultType: vector, result: []}, list: [{}, 5], text: x, none: null}");
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = reference_missing(tree, CASES[i].path, strlen(CASES[i].path));
        CHECK_TEXT(have, CASES[i].want);
    }
}

static const struct row ROWS[] = {
    { "input.a", "\"A\"" },
    { "input.number", "5" },
    { "input.outside", "5", .outside = true },
    { "S.T.output", "{\"x\": [1, true]}" },
    { "input.null", "null" },
    { "name", "\"N\"" },
    { "var.secret", "\"hunter2\"", .secret = true },
};

static void resolves(const char *text, const char *want)
{
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    struct err e = { 0 };
    AUTO_JSON *value = NULL;
    AUTO_FREE char *have = expression_resolve(text, strlen(text), &t.scope, &value, NULL, &e) ? json_write(value) : mem_text(e.text);
    CHECK_TEXT(have, want);
}

TEST(expression, resolves)
{
    resolves("", "\"\"");
    resolves("plain", "\"plain\"");
    resolves("${input.a}", "\"A\"");
    resolves("x${input.a}${input.number}y", "\"xA5y\"");
    resolves("${input.number}", "5");
    resolves("${input.outside}", "\"5\"");
    resolves("${S.T.output}", "{\"x\":[1,true]}");
    resolves("is ${S.T.output}", "\"is {\\\"x\\\":[1,true]}\"");
    resolves("${input.null}", "null");
    resolves("-${input.null}-", "\"--\"");
    resolves("${failing}", "no 'failing'");
}

TEST(expression, leaves_what_is_not_its_own)
{
    resolves("${HOME}", "\"${HOME}\"");
    resolves("${HOME:-${input.a}}", "\"${HOME:-A}\"");
    resolves("${", "\"${\"");
    resolves("${}", "\"${}\"");
    resolves("$ {input.a}", "\"$ {input.a}\"");
    resolves("${input.a", "\"${input.a\"");
    resolves("${in\nput.a}", "\"${in\\nput.a}\"");
    resolves("$$NAME $${name} ${name}", "\"$$NAME $${name} N\"");
    resolves("$${input.a}", "\"$A\"");
    resolves("$$$", "\"$$$\"");
}

TEST(expression, warns_and_collects_secrets)
{
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    AUTO_RESOLUTION more = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *out = NULL;
    static const char *const TEXT = "${HOME} ${var.secret} ${var.secret} ${HOME}";
    CHECK_OK(expression_text(TEXT, strlen(TEXT), &t.scope, &out, &more, &e), e);
    CHECK_TEXT(out, "${HOME} hunter2 hunter2 ${HOME}");
    AUTO_FREE char *warnings = json_write(more.warnings), *secrets = json_write(more.secrets);
    CHECK_TEXT(warnings, "[\"${HOME} names nothing known here and stays as it is\"]");
    CHECK_TEXT(secrets, "[\"hunter2\"]");
}

TEST(expression, resolves_trees)
{
    static const char *const RAW[] = { "yaml", NULL };
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    AUTO_JSON *tree = read_yaml("{yaml: '${input.a}', 'k${input.a}': [1, {yaml: '${input.a}'}], b: true}");
    AUTO_JSON *resolved = NULL, *never = NULL;
    struct err e = { 0 };
    CHECK_OK(expression_resolve_tree(tree, RAW, &t.scope, &resolved, NULL, &e), e);
    AUTO_FREE char *have = json_write(resolved);
    CHECK_TEXT(have, "{\"yaml\":\"${input.a}\",\"kA\":[1,{\"yaml\":\"A\"}],\"b\":true}");

    AUTO_JSON *wrong = read_yaml("{a: {b: [x, '${failing}']}}"), *twice = read_yaml("{'${input.a}': 1, A: 2}");
    CHECK(!expression_resolve_tree(wrong, NULL, &t.scope, &never, NULL, &e));
    CHECK_TEXT(e.field, "/a/b/1");
    CHECK(!expression_resolve_tree(twice, NULL, &t.scope, &never, NULL, &e));
    CHECK_TEXT(e.text, "two keys come out as 'A'");
}

TEST(expression, has_limits)
{
    AUTO_TEXT many = { 0 };
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    struct err e = { 0 };
    char *never = NULL;
    for (int i = 0; i < 1001; i++)
        text_add(&many, "${input.a}");
    CHECK(!expression_text(text_of(&many), many.length, &t.scope, &never, NULL, &e));
    CHECK_TEXT(e.text, "more than 1000 references in one text");
}

TEST(expression, one_large_value_at_many_places_is_refused)
{
    AUTO_TEXT large = { 0 }, deep = { 0 };
    text_addf(&large, "[\"%01000000d\"]", 0);
    for (int i = 0; i < 128; i++)
        text_add_char(&deep, i < 64 ? '[' : ']');
    const struct row rows[] = { { "input.large", text_of(&large), false, false, false }, { "input.deep", text_of(&deep), false, false, false } };
    struct table_scope t = make_scope(rows, ALEN(rows));
    AUTO_JSON *fits = read_yaml("[\"${input.large}\", a: \"${input.large}\"]"), *array = json_array(), *nested = read_yaml("a: ${input.deep}");
    for (int i = 0; i < 9; i++)
        json_array_append_new(array, json_string("${input.large}"));
    json_t *resolved = NULL;
    struct err e = { 0 };
    CHECK_OK(expression_resolve_tree(fits, NULL, &t.scope, &resolved, NULL, &e), e);
    json_decref(resolved);
    CHECK(!expression_resolve_tree(array, NULL, &t.scope, &resolved, NULL, &e));
    CHECK_TEXT(e.text, "resolved values are larger than 8 MiB");
    CHECK_TEXT(e.field, "/8");
    CHECK(!expression_resolve_tree(nested, NULL, &t.scope, &resolved, NULL, &e));
    CHECK_TEXT(e.text, "nested deeper than 64 levels");
}
