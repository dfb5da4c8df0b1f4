/* A pipeline that is being written: JSON to YAML and back, and what saving it would say. Nothing is stored. */
#include <stdio.h>
#include <string.h>

#include "api/resources.h"
#include "base/mem.h"
#include "pipeline/source.h"
#include "runner/validate.h"

/* What is wrong with the text itself: "line 3, column 5: ...", or a sentence about the whole. */
static void add_text_problem(struct problems *found, const char *text)
{
    int line = 0, column = 0, end = 0;
    bool placed = sscanf(text, "line %d, column %d: %n", &line, &column, &end) == 2 && end > 0;
    problem_add(found, PROBLEM_ERROR, "", "%s", text + (placed ? end : 0));
    if (placed && found->count) {
        found->at[found->count - 1].line = line;
        found->at[found->count - 1].column = column;
    }
}

static bool read_one(const char *yaml, struct source **ret, struct problems *found)
{
    struct err e = { 0 };
    if (!source_read(yaml, strlen(yaml), ret, &e))
        add_text_problem(found, e.text);
    else if (source_count(*ret) != 1)
        problem_add(found, PROBLEM_ERROR, "", "the text holds %zu documents: a pipeline is one", source_count(*ret));
    else if (!text_is_any_case(source_kind(*ret, 0), "PIPELINE"))
        problem_add(found, PROBLEM_ERROR, "/kind", "its kind is %.40s: a pipeline's is PIPELINE", source_kind(*ret, 0));
    else
        return true;
    if (*ret && source_count(*ret) == 1)
        source_locate(*ret, 0, found);
    return false;
}

static void check(const struct source *source, bool strict, struct problems *found)
{
    AUTO(pipeline) pipeline = NULL;
    struct pipeline_checks checks = { .enabling = strict || json_bool_at(source_document(source, 0), "enabled", false) };
    runner_pipeline_types(&checks.types, &checks.type_count);
    source_pipeline(source, 0, &checks, &pipeline, found);
}

/* {"yaml": text} or {"pipeline": object}, and "enabling": true to check as enabling would. Answers both forms and the problems, which
 * stand at lines of "yaml"; "pipeline" is null where the text cannot be read. */
bool draft_check(struct call *c, struct err *e)
{
    AUTO(source) source = NULL;
    AUTO_PROBLEMS found = { 0 };
    const char *given = call_text(c, "yaml", NULL);
    json_t *pipeline = json_object_get(c->body, "pipeline");
    bool strict = false;
    if (!given == !json_is_object(pipeline))
        return err_set(e, ERR_INVALID, "give one of yaml (a text) and pipeline (an object)");
    if (!json_take_bool(c->body, "enabling", &strict, e))
        return false;
    AUTO_FREE char *written = given ? NULL : source_write("PIPELINE", pipeline);
    const char *yaml = given ? given : written;
    if (read_one(yaml, &source, &found)) {
        pipeline = source_document(source, 0);
        check(source, strict, &found);
    }
    json_t *answer = json_pack("{s:O?, s:s, s:o}", "pipeline", pipeline, "yaml", yaml, "problems", problems_json(&found));
    return call_answer(c, 200, answer);
}
