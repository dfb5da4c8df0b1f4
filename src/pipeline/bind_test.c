#include "pipeline/bind.h"

#include <string.h>

#include "pipeline/testing.h"

static const struct row ROWS[] = {
    { "input.DOCKER_TAG", "\"1.10\"", .outside = true },
    { "input.octal", "\"007\"", .outside = true },
    { "input.norway", "\"no\"", .outside = true },
    { "input.null", "\"null\"", .outside = true },
    { "input.true", "\"true\"", .outside = true },
    { "input.number", "5", .outside = true },
    { "input.lines", "\"x\\n---\\nkind: Secret\\n# \"", .outside = true },
    { "input.flow", "\"{a: [b, &c d]}\"", .outside = true },
    { "input.quotes", "\"a\\\"b'c\\\\\"", .outside = true },
    { "input.empty", "\"\"", .outside = true },
    { "input.replicas", "\"3\"", .authored = true },
    { "input.debug", "\"yes\"", .authored = true },
    { "input.note", "\"a: b\"", .authored = true },
    { "input.manifest", "\"kind: A\\n---\\nkind: B\\nx: ${input.DOCKER_TAG}\\n\"", .authored = true },
    { "input.broken", "\"a: [\"", .authored = true },
    { "S.T.output.spec", "{\"n\": 2}" },
    { "S.T.output.count", "7" },
    { "var.secret", "\"hunter2\"", .secret = true, .authored = true },
    { "name", "\"N\"" },
};

static void binds(const char *source, const char *want)
{
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    struct err e = { 0 };
    AUTO_JSON *documents = NULL;
    AUTO_FREE char *have = bind_yaml(source, strlen(source), &t.scope, &documents, NULL, &e) ? json_write(documents) : mem_text(e.text);
    if (!text_is(have, want))
        print_error("%s\n", source);
    CHECK_TEXT(have, want);
}

TEST(bind, keeps_what_came_from_outside_a_string)
{
    binds("v: ${input.DOCKER_TAG}", "[{\"v\":\"1.10\"}]");
    binds("v: ${input.octal}", "[{\"v\":\"007\"}]");
    binds("v: ${input.norway}", "[{\"v\":\"no\"}]");
    binds("v: ${input.null}", "[{\"v\":\"null\"}]");
    binds("v: ${input.true}", "[{\"v\":\"true\"}]");
    binds("v: ${input.number}", "[{\"v\":\"5\"}]");
    binds("v: ${input.empty}", "[{\"v\":\"\"}]");
    binds("- ${input.octal}\n- [${input.norway}]", "[[\"007\",[\"no\"]]]");
    binds("{a: ${input.DOCKER_TAG}, b: ${input.true}}", "[{\"a\":\"1.10\",\"b\":\"true\"}]");
}

TEST(bind, lets_no_value_become_structure)
{
    binds("v: ${input.lines}", "[{\"v\":\"x\\n---\\nkind: Secret\\n# \"}]");
    binds("v: 'a ${input.lines}'", "[{\"v\":\"a x\\n---\\nkind: Secret\\n# \"}]");
    binds("v: ${input.flow}", "[{\"v\":\"{a: [b, &c d]}\"}]");
    binds("v: \"${input.quotes}\"", "[{\"v\":\"a\\\"b'c\\\\\"}]");
    binds("v: '${input.quotes}'", "[{\"v\":\"a\\\"b'c\\\\\"}]");
    binds("v: ${input.note}", "[{\"v\":\"a: b\"}]");
    binds("image: acme/web:${input.lines}\nkind: Pod", "[{\"image\":\"acme/web:x\\n---\\nkind: Secret\\n# \",\"kind\":\"Pod\"}]");
    binds("data: |\n  a=${input.lines}\n  b\n", "[{\"data\":\"a=x\\n---\\nkind: Secret\\n# \\nb\\n\"}]");
}

TEST(bind, types_what_a_person_wrote)
{
    binds("replicas: ${input.replicas}", "[{\"replicas\":3}]");
    binds("replicas: '${input.replicas}'", "[{\"replicas\":\"3\"}]");
    binds("replicas: \"${input.replicas}\"", "[{\"replicas\":\"3\"}]");
    binds("replicas: v${input.replicas}", "[{\"replicas\":\"v3\"}]");
    binds("debug: ${input.debug}", "[{\"debug\":true}]");
    binds("n: ${S.T.output.count}\nspec: ${S.T.output.spec}", "[{\"n\":7,\"spec\":{\"n\":2}}]");
    binds("n: |\n  ${input.replicas}\n", "[{\"n\":\"3\\n\"}]");
    binds("n: >-\n  ${input.replicas}\n", "[{\"n\":\"3\"}]");
}

TEST(bind, binds_keys)
{
    binds("${input.DOCKER_TAG}: 1\nx-${name}: 2", "[{\"1.10\":1,\"x-N\":2}]");
    binds("'${input.lines}': 1", "[{\"x\\n---\\nkind: Secret\\n# \":1}]");
    binds("a: 1\n${input.norway}: 1\nno-${name}: 3", "[{\"a\":1,\"no\":1,\"no-N\":3}]");
    binds("${input.norway}: 1\n'${input.norway}': 2", "line 2, column 2: key 'no' comes twice once its references are bound");
}

TEST(bind, leaves_what_is_not_its_own)
{
    binds("cmd: echo ${HOME} $$NAME $${NAME} $(X)", "[{\"cmd\":\"echo ${HOME} $$NAME $${NAME} $(X)\"}]");
    binds("# ${failing}\na: 1 # ${failing}", "[{\"a\":1}]");
    binds("v: ${HOME}", "[{\"v\":\"${HOME}\"}]");
    binds("QBFxx: ${name}QBF", "[{\"QBFxx\":\"NQBF\"}]"); /* the first mark is taken */
    binds("a: Q${name}B${name}QBZ", "[{\"a\":\"QNBNQBZ\"}]");
}

TEST(bind, reads_several_documents_and_crlf)
{
    binds("---\r\na: ${name}\r\n---\r\n\r\n---\r\nb: |\r\n  x ${name}\r\n", "[{\"a\":\"N\"},{\"b\":\"x N\\n\"}]");
    binds("", "[]");
    binds("x: &a ${input.replicas}\ny: *a\nz: {<<: {q: ${name}}}", "[{\"x\":3,\"y\":3,\"z\":{\"q\":\"N\"}}]");
}

TEST(bind, takes_whole_documents_only_from_people)
{
    binds("${input.manifest}\n", "[{\"kind\":\"A\"},{\"kind\":\"B\",\"x\":\"${input.DOCKER_TAG}\"}]");
    binds("${S.T.output.count}", "line 1, column 1: only a variable, or an input that a person wrote, may be a whole document");
    binds("\n ${input.lines}", "line 2, column 2: only a variable, or an input that a person wrote, may be a whole document");
    binds("--- ${input.manifest}",
          "[\"kind: A\\n---\\nkind: B\\nx: ${input.DOCKER_TAG}\\n\"]"); /* not alone: a text, which no cluster takes */
}

TEST(bind, says_where_it_is_wrong)
{
    binds("a: 1\nb:  ${failing.thing}", "line 2, column 5: no 'failing.thing'");
    binds("\xc3\xa4: ${failing.x}", "line 1, column 4: no 'failing.x'");
    binds("a: \"x\\${name}\"", "line 1, column 6: found unknown escape character while parsing a quoted scalar");
}

TEST(bind, collects_secrets_and_warnings)
{
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    AUTO_RESOLUTION more = { 0 };
    AUTO_JSON *documents = NULL;
    struct err e = { 0 };
    static const char *const SOURCE = "a: ${var.secret}\nb: ${HOME}\n# ${input.DOCKER_TAG}";
    CHECK_OK(bind_yaml(SOURCE, strlen(SOURCE), &t.scope, &documents, &more, &e), e);
    AUTO_FREE char *warnings = json_write(more.warnings), *secrets = json_write(more.secrets);
    CHECK_TEXT(secrets, "[\"hunter2\"]");
    CHECK_TEXT(warnings, "[\"${HOME} names nothing known here and stays as it is\"]");
}

TEST(bind, warns_of_references_in_whole_documents)
{
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    AUTO_RESOLUTION more = { 0 };
    AUTO_JSON *documents = NULL;
    struct err e = { 0 };
    CHECK_OK(bind_yaml("${input.manifest}", 17, &t.scope, &documents, &more, &e), e);
    CHECK_TEXT(json_text_at(more.warnings, "[0]", ""),
               "the documents in ${input.manifest} are taken as they are; the references in them are not bound");
}

TEST(bind, has_limits)
{
    AUTO_TEXT many = { 0 };
    for (int i = 0; i < 1001; i++)
        text_addf(&many, "k%d: ${name}\n", i);
    binds(text_of(&many), "more than 1000 references");
}

TEST(bind, one_large_value_that_aliases_repeat_is_refused)
{
    AUTO_TEXT large = { 0 };
    text_addf(&large, "\"%01000000d\"", 0);
    const struct row rows[] = { { "input.large", text_of(&large), true, false, false } };
    struct table_scope t = make_scope(rows, ALEN(rows));
    static const char *const SOURCE = "a: &a ${input.large}\nb: [*a, *a, *a, *a, *a, *a, *a, *a]\n";
    AUTO_JSON *documents = NULL;
    struct err e = { 0 };
    CHECK(!bind_yaml(SOURCE, strlen(SOURCE), &t.scope, &documents, NULL, &e));
    CHECK_TEXT(e.text, "resolved values are larger than 8 MiB");
}

/* ---- files from source control */

static void file_binds(const char *source, const char *want)
{
    static const struct row PARAMETERS[] = {
        { "TAG", "\"1.10\"", .outside = true }, { "N", "\"3\"" }, { "NAMESPACE", "\"shop\"" }, { "A", "\"x\\n---\\nkind: Secret\"", .outside = true },
    };
    struct table_scope t = make_scope(PARAMETERS, ALEN(PARAMETERS));
    struct err e = { 0 };
    AUTO_JSON *documents = NULL;
    AUTO_FREE char *have = bind_file(source, strlen(source), &t.scope, &documents, NULL, &e) ? json_write(documents) : mem_text(e.text);
    if (!text_is(have, want))
        print_error("%s\n", source);
    CHECK_TEXT(have, want);
}

TEST(bind_file, binds_parameters_and_nothing_else)
{
    file_binds("image: app:$$TAG\nreplicas: $$N\n", "[{\"image\":\"app:1.10\",\"replicas\":3}]");
    file_binds("namespace: $${NAMESPACE}-web", "[{\"namespace\":\"shop-web\"}]");
    file_binds("tag: $$TAG", "[{\"tag\":\"1.10\"}]");
    file_binds("tag: $$A", "[{\"tag\":\"x\\n---\\nkind: Secret\"}]");
    file_binds("run: echo ${HOME} ${input.x} $$ $N $(A) $$(A)", "[{\"run\":\"echo ${HOME} ${input.x} $$ $N $(A) $$(A)\"}]");
    file_binds("a: 1 # $$MISSING", "[{\"a\":1}]");
    file_binds("a: $$$N", "[{\"a\":\"$$$N\"}]");
}

TEST(bind_file, says_where_it_went_wrong)
{
    file_binds("a: 1\nb: $$MISSING\n", "line 2, column 4: the file has a parameter $$MISSING, which the task does not give (scmConstants)");
    file_binds("a: [1\nb: $$TAG\n", "line 2, column 2: did not find expected ',' or ']' while parsing a flow sequence");
}
