#include "pipeline/condition.h"

#include <string.h>

#include "pipeline/testing.h"

static const struct row ROWS[] = {
    { "input.Disable_Approvals", "\"No\"" },
    { "input.Push_to_prod", "\"Yes\"" },
    { "input.__test", "\"true\"" },
    { "Development.Verify.status", "\"COMPLETED\"" },
    { "Remove.Get Ubuntu Deployment Id.output.responseBody.totalElements", "3" },
    { "Prepare Environment.Export Object IDs.output.exports.ImageProfileId", "null" },
    { "input.buildNumber", "\"101\"" },
    { "input.method", "\"apply\"" },
    { "input.evil", "\"x\\\" == \\\"x\"" },
    { "input.tag", "\"1.10\"" },
    { "input.list", "[\"a\", 2]" },
    { "input.object", "{\"k\": 1}" },
    { "input.big", "9007199254740993" },
    { "var.secret", "\"hunter2\"", .secret = true },
    { "status", "\"FINISHED\"" },
    { "Stage0.task0.output.status", "\"COMPLETED\"" },
    { "var.Slack URL AH_team", "\"https://x\"" },
    { "Prepare-Env.Get Id.output.items[0].list[1].id", "\"7\"" },
    { "executionIndex", "12" },
    { "data.result[0].value[1]", "\"0.0123\"" },
    { "data.result[1].value[1]", "\"NaN\"" },
    { "data.result[2].value[1]", "\"1e-05\"" },
    { "items[0].n", "7" },
};

static void judge(const char *text, unsigned flags, const char *want)
{
    AUTO(condition) c = NULL;
    struct err e = { 0 };
    struct table_scope t = make_scope(ROWS, ALEN(ROWS));
    bool yes = false;
    bool ok = condition_parse(text, strlen(text), flags, &c, &e) && condition_evaluate(c, &t.scope, &yes, NULL, &e);
    const char *have = !ok ? e.text : yes ? "true" : "false";
    if (!text_is(have, want))
        print_error("%s\n", text);
    CHECK_TEXT(have, want);
}

TEST(condition, decides)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        /* verbatim from exports */
        { "${input.Disable_Approvals} == \"No\"", "true" },
        { "\"${input.__test}\" == \"true\"", "true" },
        { "${input.Push_to_prod} == \"Yes\"\n&& ${input.Disable_Approvals} == \"No\"", "true" },
        { "${Development.Verify.status} == \"COMPLETED\"", "true" },
        { "true == false", "false" },
        { "true==true", "true" },
        { "\"true\" == \"false\"", "false" },
        { "${Remove.Get Ubuntu Deployment Id.output.responseBody.totalElements} > 0", "true" },
        { "\"${Prepare Environment.Export Object IDs.output.exports.ImageProfileId}\" != \"null\"", "false" },
        { "${input.buildNumber} != '100'", "true" },
        { "${input.method}==\"apply\"", "true" },
        { "${Stage0.task0.output.status} == \"COMPLETED\"", "true" },
        { "${var.Slack URL AH_team} == 'https://x'", "true" },
        { "\"${Prepare-Env.Get Id.output.items[0].list[1].id}\" == \"7\"", "true" },
        { "${Prepare-Env.Get Id.output.items[0].list[1].id} == 7", "true" },
        { "${executionIndex} >= 10 && ${executionIndex} % 4 == 0", "true" },
        { "${Prepare Environment.Export Object IDs.output.exports.ImageProfileId} == null", "true" },
        /* order of binding */
        { "true || false && false", "true" },
        { "!true || true", "true" },
        { "!(true || true)", "false" },
        { "1 + 2 * 3 == 7", "true" },
        { "(1 + 2) * 3 == 9", "true" },
        { "10 - 2 - 3 == 5", "true" },
        { "-2 + 5 == 3", "true" },
        { "7 / 2 == 3.5", "true" },
        { "8 / 2 == 4", "true" },
        { "7 % 4 == 3", "true" },
        { "1 < 2 && 2 <= 2 && 3 >= 3 && 4 > 3", "true" },
        { "(1 < 2) == true", "true" },
        /* kinds */
        { "${input.buildNumber} > 100", "true" },
        { "${input.buildNumber} == 101", "true" },
        { "${input.tag} == '1.1'", "false" },
        { "${input.tag} == 1.1", "true" },
        { "'b' > 'a'", "true" },
        { "'10' > '9'", "true" },
        { "${input.big} == 9007199254740993", "true" },
        { "${input.big} == 9007199254740992", "false" },
        { "null == null", "true" },
        { "${input.list} == ${input.list}", "true" },
        { "'a' in ${input.list} && 2 in ${input.list}", "true" },
        { "'b' in ${input.list}", "false" },
        { "'k' in ${input.object}", "true" },
        { "'ppl' in ${input.method}", "true" },
        { "'v' + 1 == 'v1'", "true" },
        { "${input.__test}", "true" },
        { "'say \\\"hi\\\"' == \"say \\\"hi\\\"\"", "true" },
        { "'${input.method}ed' == 'applyed'", "true" },
        /* a value never becomes part of the condition */
        { "\"${input.evil}\" == \"x\"", "false" },
        { "${input.evil} == 'x\" == \"x'", "true" },
        /* not looked at */
        { "false && ${failing.x}", "false" },
        { "true || ${failing.x}", "true" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        judge(CASES[i].text, 0, CASES[i].want);
}

TEST(condition, says_what_is_wrong)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "", "a value is missing at character 1" },
        { "${input.method} ==", "a value is missing at character 19" },
        { "a == 1", "'a' is no value: a text needs quotes, a reference ${ } at character 1" },
        { "true = false", "unexpected '=' at character 6" },
        { "(true", "'(' without its ')' at character 1" },
        { "true)", "unexpected ')' at character 5" },
        { "'abc", "the text that begins with ' has no end at character 1" },
        { "\xc3\xa4 == 1", "unexpected '\xc3\xa4' at character 1" },
        { "'\xc3\xa4' ==", "a value is missing at character 7" },
        { "1 < 2 < 3", "comparisons cannot be chained; use && and parentheses at character 7" },
        { "== 1", "a value is missing before '==' at character 1" },
        { "1.2.3 == 1", "'1.2.3' is no number at character 1" },
        { "5", "5 is neither true nor false" },
        { "'yes'", "\"yes\" is neither true nor false" },
        { "${var.secret}", "a secret is neither true nor false" },
        { "${HOME} == 1", "'HOME' names nothing known" },
        { "${failing.x} == 1", "no 'failing.x'" },
        { "1 / 0 == 1", "division by zero" },
        { "9223372036854775807 + 1 > 0", "the result of '+' is too large" },
        { "'a' < 1", "'<' compares two numbers or two texts" },
        { "true - 1 == 0", "'-' needs numbers on both sides" },
        { "1 in 2", "'in' needs a text, a list or an object behind it" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        judge(CASES[i].text, 0, CASES[i].want);
}

TEST(condition, reads_bare_paths_for_poll)
{
    judge("status == 'FINISHED'", CONDITION_BARE, "true");
    judge("items[0].n >= 7 && !(status == 'FAILED')", CONDITION_BARE, "true");
    judge("data.result[0].value[1] < 0.05", CONDITION_BARE, "true"); /* a Prometheus sample: a number as text */
    judge("data.result[0].value[1] >= 0.05 || status == 'x'", CONDITION_BARE, "false");
    judge("data.result[2].value[1] < 0.001", CONDITION_BARE, "true");
    judge("data.result[1].value[1] < 0.05", CONDITION_BARE, "'<' compares two numbers or two texts"); /* NaN is below nothing */
    judge("data.result[1].value[1] == 'NaN'", CONDITION_BARE, "true");
    judge("nothing == 1", CONDITION_BARE, "'nothing' names nothing known");
}

static void repeated(const char *part, size_t count, const char *want)
{
    AUTO_TEXT text = { 0 };
    for (size_t i = 0; i < count; i++)
        text_add(&text, part);
    text_add(&text, "true");
    judge(text_of(&text), 0, want);
}

TEST(condition, has_limits)
{
    repeated("(", 100, "nested deeper than 64 levels at character 65");
    repeated("!", 70, "nested deeper than 64 levels at character 65");
    repeated("true&&", 600, "more than 1000 parts at character 2999");
    repeated("true&&", 400, "true");
    repeated("true && ", 2000, "a condition of 16004 bytes; at most 8192 are allowed");
}

static void collect(void *owner, const char *reference, size_t n, size_t offset)
{
    text_addf(owner, "%.*s@%zu ", (int)n, reference, offset);
}

TEST(condition, names_its_references)
{
    static const char *const CONDITION = "${input.a} == \"x${B.C.status}y\"";
    AUTO(condition) c = NULL;
    AUTO_TEXT seen = { 0 };
    struct err e = { 0 };
    CHECK_OK(condition_parse(CONDITION, strlen(CONDITION), 0, &c, &e), e);
    condition_each(c, collect, &seen);
    CHECK_TEXT(text_of(&seen), "input.a@2 B.C.status@16 ");
}
