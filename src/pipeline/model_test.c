#include "pipeline/model.h"

#include <string.h>

#include "base/clock.h"
#include "pipeline/testing.h"

static const char *const GOOD =
    "project: Dev\nkind: PIPELINE\nname: CD\nicon: organization,left\nenabled: true\nconcurrency: '3'\ntags: [env-1, 5]\n"
    "options: [DOCKER_TRIGGER]\n"
    "input: {DOCKER_TAG: '', size: 3, who: me}\n"
    "_inputMeta: {size: {description: d, mandatory: true}, who: {mandatory: true}}\n"
    "output: {ip: '${Deploy.Apply.output.ip}'}\n"
    "stageOrder: [Build, Deploy]\n"
    "stages:\n"
    "  Deploy: {taskOrder: [Apply], tasks: {Apply: {type: K8S, timeout: 10, preCondition: '${Build.B.status} == \"COMPLETED\"'}}}\n"
    "  Build:\n"
    "    taskOrder: ['A, B', C]\n"
    "    tasks: {C: {type: CI, ignoreFailure: 'true'}, A: {type: CI}, B: {type: CI}}\n";

TEST(pipeline, is_compiled)
{
    AUTO(pipeline) p = make_pipeline(GOOD);
    CHECK_TEXT(p->name, "CD");
    CHECK_TEXT(p->project, "Dev");
    CHECK_INT(p->concurrency, 3);
    CHECK(p->state == PIPELINE_ENABLED && p->state_given);
    CHECK_INT(p->stage_count, 2);
    CHECK_INT(p->group_count, 3);
    CHECK_INT(p->task_count, 4);
    CHECK_TEXT(p->stages[0].name, "Build");
    CHECK_INT(p->groups[0].count, 2);
    CHECK_TEXT(p->tasks[1].name, "B");
    CHECK_TEXT(p->tasks[2].name, "C");
    CHECK(p->tasks[2].ignore_failure && !p->tasks[0].ignore_failure);
    CHECK_INT(p->groups[2].stage, 1);
    CHECK(p->tasks[3].condition && p->tasks[3].timeout == 10 * CLOCK_MINUTE);
    CHECK(pipeline_find_task(p, "Build", "C") == &p->tasks[2]);
    CHECK(!pipeline_find_task(p, "Deploy", "C"));
    AUTO_FREE char *path = pipeline_task_path(p, 3);
    CHECK_TEXT(path, "Deploy.Apply");
}

TEST(pipeline, merges_inputs)
{
    AUTO(pipeline) p = make_pipeline(GOOD);
    AUTO_JSON *given = read_yaml("{DOCKER_TAG: '1.10', other: x, size: null}"), *empty = read_yaml("{who: ''}");
    AUTO_JSON *all = NULL, *never = NULL;
    struct err e = { 0 };
    CHECK_OK(pipeline_inputs(p, given, &all, &e), e);
    AUTO_FREE char *have = json_write(all);
    CHECK_TEXT(have, "{\"DOCKER_TAG\":\"1.10\",\"size\":3,\"who\":\"me\"}");
    CHECK(!pipeline_inputs(p, empty, &never, &e));
    CHECK_TEXT(e.text, "input 'who' is mandatory and has no value");
    CHECK_TEXT(e.field, "who");
    CHECK(pipeline_declares(p, "size") && !pipeline_declares(p, "other"));
}

/* All that was found, one line each: "E /pointer text" */
static char *list(const struct problems *found)
{
    struct text out = { 0 };
    for (size_t i = 0; i < found->count; i++)
        text_addf(&out, "%s%c %s %s", i ? "; " : "", found->at[i].level == PROBLEM_ERROR ? 'E' : 'W', found->at[i].pointer, found->at[i].text);
    return text_take(&out);
}

static char *create(const char *yaml)
{
    AUTO_PROBLEMS found = { 0 };
    AUTO(pipeline) p = NULL;
    AUTO_JSON *definition = read_yaml(yaml);
    pipeline_create(definition, &p, &found);
    return list(&found);
}

#define STAGES "stageOrder: [S]\nstages: {S: {taskOrder: [T], tasks: {T: {type: CI}}}}\n"

TEST(pipeline, says_what_is_wrong)
{
    static const struct {
        const char *yaml, *want;
    } CASES[] = {
        { "[]", "E  a pipeline must be an object" },
        { "stages: {}", "E /name a pipeline has no name" },
        { "name: ''", "E /name a pipeline has no name" },
        { "name: [x]", "E /name 'name' must be a text; E /name a pipeline has no name" },
        { "name: \"a\\nb\"", "E /name the name of a pipeline holds a control character" },
        { "name: 5\n" STAGES, "" },
        { "name: P\nconcurrency: 0", "E /concurrency concurrency must be 1 to 50" },
        { "name: P\nconcurrency: 51", "E /concurrency concurrency must be 1 to 50" },
        { "name: P\nconcurrency: many", "E /concurrency concurrency must be 1 to 50" },
        { "name: P\nstate: RUN", "E /state state 'RUN' is none of ENABLED, DISABLED, RELEASED" },
        { "name: P\ntags: [ok, -no]",
          "E /tags/1 tag '-no' must be 1 to 50 letters and digits, with '.', '-', '_' between them" },
        { "name: P\ntags: x", "E /tags 'tags' must be a list" },
        { "name: P\nstages: []", "E /stages 'stages' must be an object" },
        { "name: P\nstageOrder: [S]", "E /stageOrder/0 stageOrder names stage 'S', which is not among the stages" },
        { "name: P\nstageOrder: [S, S]\nstages: {S: {}}", "E /stageOrder/1 stageOrder names stage 'S' twice" },
        { "name: P\nstageOrder: [[]]", "E /stageOrder/0 an entry of stageOrder must be a text" },
        { "name: P\nstageOrder: [S]\nstages: {S: 5}", "E /stages/S stage 'S' must be an object" },
        { "name: P\nstageOrder: ['a{b']\nstages: {'a{b': {}}", "E /stages/a{b the name of stage 'a{b' must not hold ',', '{' or '}'" },
        { "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {}}}",
          "E /stages/S/taskOrder/0 taskOrder names task 'A', which is not among the stage's tasks" },
        { "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: ['A,', A], tasks: {A: {}}}}",
          "E /stages/S/taskOrder/0 taskOrder names task '', which is not among the stage's tasks; "
          "E /stages/S/taskOrder/1 taskOrder names task 'A' twice" },
        { "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {A: 5}}}", "E /stages/S/tasks/A task 'A' must be an object" },
        { "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {A: {timeout: 0}}}}",
          "E /stages/S/tasks/A/timeout timeout must be 1 to 10080 minutes" },
        { "name: P\n" STAGES "input: 5", "E /input 'input' must be an object" },
        { "name: P\nstageOrder: [S]\nstages: {S: {taskOrder: [A], tasks: {A: {}, B: {}}}, T: {}}",
          "W /stages/S/tasks/B task 'B' is not in taskOrder and never runs; W /stages/T stage 'T' is not in stageOrder and never runs" },
        { "name: P\ntags: null\ninput: null\nstageOrder: null\nstages: null", "" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = create(CASES[i].yaml);
        CHECK_TEXT(have, CASES[i].want);
    }
}

static char *many(int stages, int groups, int parallel)
{
    struct text out = { 0 };
    text_add(&out, "name: P\nstageOrder: [");
    for (int s = 0; s < stages; s++)
        text_addf(&out, "S%d,", s);
    text_add(&out, "]\nstages:\n");
    for (int s = 0; s < stages; s++) {
        text_addf(&out, "  S%d:\n    taskOrder:\n", s);
        for (int g = 0; g < groups; g++)
            for (int t = 0; t < parallel; t++)
                text_addf(&out, "%sT%d-%d%s", t ? "," : "      - '", g, t, t == parallel - 1 ? "'\n" : "");
        text_add(&out, "    tasks:\n");
        for (int t = 0; t < groups * parallel; t++)
            text_addf(&out, "      T%d-%d: {type: CI}\n", t / parallel, t % parallel);
    }
    return text_take(&out);
}

TEST(pipeline, has_limits)
{
    static const struct {
        int stages, groups, parallel;
        const char *want;
    } CASES[] = {
        { 50, 4, 1, "" },
        { 51, 1, 1, "E /stageOrder 51 stages; at most 50 are allowed" },
        { 1, 1, 24, "" },
        { 1, 1, 25, "E /stages/S0/taskOrder/0 25 tasks run together; at most 24 are allowed" },
        { 1, 200, 1, "" },
        { 1, 201, 1, "E /stages/S0/taskOrder/200 too many groups of tasks" },
        { 3, 5, 14, "more than 200 tasks" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *yaml = many(CASES[i].stages, CASES[i].groups, CASES[i].parallel), *have = create(yaml);
        if (*CASES[i].want)
            CHECK_HAS(have, CASES[i].want);
        else
            CHECK_TEXT(have, "");
    }
}

/* ---- checks */

static const struct field K8S_FIELDS[] = {
    { "action", FIELD_TEXT, 0, REQUIRED },
    { "timeout", FIELD_INT, 0, OPTIONAL },
    { "continueOnConflict", FIELD_BOOL, 0, OPTIONAL },
    { "yaml", FIELD_TEXT, 0, OPTIONAL },
    { "scmConstants", FIELD_OBJECT, 0, OPTIONAL },
};
static const char *const K8S_ENDPOINTS[] = { "kubernetesServer!", "scm", NULL };
static const struct pipeline_type TYPES[] = { { "K8S", K8S_FIELDS, ALEN(K8S_FIELDS), K8S_ENDPOINTS } };

static char *check(const char *task, bool enabling)
{
    AUTO_PROBLEMS found = { 0 };
    AUTO_FREE char *yaml = mem_format("name: P\ninput: {a: '', DOCKER_TAG: ''}\nstageOrder: [Early, S, Late]\nstages:\n"
                                      "  Early: {taskOrder: [A], tasks: {A: {type: K8S, endpoints: {kubernetesServer: k}, input: {action: GET}}}}\n"
                                      "  S: {taskOrder: ['T,U'], tasks: {U: {type: K8S, endpoints: {kubernetesServer: k}, input: {action: GET}},"
                                      " T: %s}}\n"
                                      "  Late: {taskOrder: [Z], tasks: {Z: {type: K8S, endpoints: {kubernetesServer: k}, input: {action: GET}}}}\n",
                                      task);
    AUTO(pipeline) p = make_pipeline(yaml);
    struct pipeline_checks checks = { TYPES, ALEN(TYPES), enabling };
    pipeline_check(p, &checks, &found);
    return list(&found);
}

#define K8S_TASK(rest) "{type: K8S, endpoints: {kubernetesServer: k}, input: {action: GET}, " rest "}"
#define K8S_INPUT(rest) "{type: K8S, endpoints: {kubernetesServer: k}, input: {action: GET, " rest "}}"
#define AT "/stages/S/tasks/T"

TEST(check, finds_what_can_be_known)
{
    static const struct {
        const char *task, *want; /* want as when enabling */
    } CASES[] = {
        { K8S_TASK(""), "" },
        { "{type: Magic}", "E " AT "/type task type 'Magic' is not known here: expected is one of K8S" },
        { "{type: k8s}", "E " AT "/type task type 'k8s' is not known here: did you mean K8S?" },
        { K8S_TASK("preConditon: 'true'"), "E " AT "/preConditon unknown key 'preConditon' of a task: did you mean preCondition?" },
        { K8S_INPUT("timout: 5"), "E " AT "/input/timout a K8S task knows no input 'timout': did you mean timeout?" },
        { "{type: K8S, input: {action: GET}, endpoints: {kubernetesServer: k, kubernetesServers: x}}",
          "E " AT "/endpoints/kubernetesServers a K8S task has no endpoint 'kubernetesServers': did you mean kubernetesServer?" },
        { "{}", "E " AT "/type task 'T' has no type" },
        { K8S_TASK("colour: red"), "E " AT "/colour unknown key 'colour' of a task: expected is one of type, ignoreFailure, preCondition, endpoints, input, tags, timeout, retries, onCrash, description" },
        { K8S_INPUT("colour: red"), "E " AT "/input/colour a K8S task knows no input 'colour': expected is one of action, timeout, continueOnConflict, yaml, scmConstants" },
        { K8S_INPUT("timeout: soon"), "E " AT "/input/timeout 'timeout' must be a whole number" },
        { K8S_INPUT("timeout: '5', continueOnConflict: 'true', scmConstants: {}"), "" },
        { K8S_INPUT("timeout: '${input.a}', scmConstants: ''"), "" },
        { K8S_INPUT("continueOnConflict: maybe"), "E " AT "/input/continueOnConflict 'continueOnConflict' must be true or false" },
        { K8S_INPUT("scmConstants: []"), "E " AT "/input/scmConstants 'scmConstants' must be an object" },
        { "{type: K8S, endpoints: {kubernetesServer: k}}", "E " AT "/input 'action' is missing" },
        { "{type: K8S, input: {action: GET}}", "E " AT "/endpoints endpoint 'kubernetesServer' is missing" },
        { "{type: K8S, input: {action: GET}, endpoints: {kubernetesServer: k, agent: x}}",
          "E " AT "/endpoints/agent a K8S task has no endpoint 'agent': expected is one of kubernetesServer, scm" },
        { K8S_INPUT("yaml: '${input.a} ${input.DOCKER_TAG} ${var.x} ${executionId} ${Early.A.output.x.y[0]} ${Early.status}'"), "" },
        { K8S_INPUT("yaml: '${input.b}'"), "E " AT "/input/yaml ${input.b}: the pipeline declares no such input" },
        { K8S_INPUT("yaml: '${Late.Z.output.x}'"), "E " AT "/input/yaml ${Late.Z.output.x}: task 'Z' runs later" },
        { K8S_INPUT("yaml: '${S.U.status}'"), "E " AT "/input/yaml ${S.U.status}: task 'U' runs at the same time" },
        { K8S_INPUT("yaml: '${S.T.status}'"), "E " AT "/input/yaml ${S.T.status}: a task cannot refer to itself" },
        { K8S_INPUT("yaml: '${Late.status}'"), "E " AT "/input/yaml ${Late.status}: stage 'Late' runs later" },
        { K8S_INPUT("yaml: '${output.x}'"), "E " AT "/input/yaml ${output.x}: the pipeline's outputs are known when it has ended" },
        { K8S_INPUT("yaml: '${Early.B.output.x}'"),
          "E " AT "/input/yaml ${Early.B.output.x}: stage 'Early' has no task that 'B.output.x' begins with" },
        { K8S_INPUT("yaml: '${No.B.output.x}'"), "E " AT "/input/yaml ${No.B.output.x} begins with no known stage" },
        { K8S_INPUT("yaml: 'echo ${HOME}'"), "W " AT "/input/yaml ${HOME} names nothing known and stays as it is" },
        { K8S_TASK("preCondition: '${input.a} = 1'"),
          "E " AT "/preCondition the condition is wrong: unexpected '=' at character 12" },
        { K8S_TASK("preCondition: '${Late.Z.status} == \"FAILED\"'"), "E " AT "/preCondition ${Late.Z.status}: task 'Z' runs later" },
        { K8S_TASK("preCondition: 'true == false'"), "" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = check(CASES[i].task, true);
        CHECK_TEXT(have, CASES[i].want);
    }
}

/* Of POLL's exitCriteria: bare names are the answer's, and what stands in braces is the run's. */
TEST(check, reads_conditions_over_answers)
{
    static const struct { const char *criterion, *want; } CASES[] = {
        { "data.result[0].value[1] < 0.05 && '${input.a}' == status", "" },
        { "a <", "E " AT "/input/until/done the condition is wrong: a value is missing at character 4" },
        { "x == ${Late.Z.status}", "E " AT "/input/until/done ${Late.Z.status}: task 'Z' runs later" },
    };
    static const char *const BARE[] = { "until.done", NULL };
    static const struct field UNTIL[] = { { "until", FIELD_OBJECT, 0, OPTIONAL } };
    static const struct pipeline_type ASK[] = { { .name = "ASK", .fields = UNTIL, .field_count = 1, .bare_conditions = BARE } };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *yaml = mem_format("name: P\ninput: {a: ''}\nstageOrder: [S, Late]\nstages:\n  S: {taskOrder: [T], tasks: {T: {type: ASK, input: {until: {done: \"%s\"}}}}}\n"
                                          "  Late: {taskOrder: [Z], tasks: {Z: {type: ASK}}}\n", CASES[i].criterion);
        AUTO(pipeline) p = make_pipeline(yaml);
        AUTO_PROBLEMS found = { 0 };
        struct pipeline_checks checks = { ASK, 1, true };
        pipeline_check(p, &checks, &found);
        AUTO_FREE char *have = list(&found);
        CHECK_HAS(have, CASES[i].want);
        CHECK_INT(found.errors > 0, *CASES[i].want != 0);
    }
}

TEST(check, says_what_a_workspace_on_a_cluster_needs)
{
    static const char SHARE[] = "W /workspace/customProperties its tasks share files where the cluster has a default storage class";
    static const struct { const char *workspace, *want, *but; } CASES[] = {
        { "{type: K8S, image: x}", "E /workspace/endpoint CI tasks need a workspace: 'endpoint' names an endpoint of type k8s", "" },
        { "{type: K8S, endpoint: e}", "E /workspace/image", "" },
        { "{type: K8S, endpoint: e, image: x}", SHARE, "" },
        { "{type: K8S, endpoint: e, image: x, cache: [/m2]}", "W /workspace/cache cache is kept on a cluster only", "" },
        { "{type: K8S, endpoint: e, image: x, cache: [/m2], customProperties: {persistentVolumeClaim: c}}", "", "/workspace" },
        { "{endpoint: e, image: x, cache: [/m2]}", "", "/workspace" },
    };
    static const struct pipeline_type CI[] = { { .name = "CI", .workspace = true } };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *yaml = mem_format("name: P\nworkspace: %s\nstageOrder: [S]\nstages: {S: {taskOrder: [A, B], tasks: {A: {type: CI}, B: {type: CI}}}}\n", CASES[i].workspace);
        AUTO(pipeline) p = make_pipeline(yaml);
        AUTO_PROBLEMS found = { 0 };
        struct pipeline_checks checks = { CI, 1, true };
        pipeline_check(p, &checks, &found);
        AUTO_FREE char *have = list(&found);
        CHECK_HAS(have, CASES[i].want);
        CHECK(!*CASES[i].but || !strstr(have, CASES[i].but));
    }
}

TEST(check, only_warns_at_import_of_what_is_unknown)
{
    AUTO_FREE char *type = check("{type: Magic, input: {x: 1}}", false), *key = check(K8S_INPUT("colour: red"), false);
    CHECK_TEXT(type, "W " AT "/type task type 'Magic' is not known here: expected is one of K8S");
    CHECK_TEXT(key, "W " AT "/input/colour a K8S task knows no input 'colour': expected is one of action, timeout, continueOnConflict, yaml, scmConstants");
}

TEST(problems, are_told_though_their_words_are_cut)
{
    AUTO_PROBLEMS found = { 0 };
    problem_add(&found, PROBLEM_ERROR, "/caf\xc3", "state '%.4s' is none", "caf\xc3\xa9");
    AUTO_JSON *json = problems_json(&found);
    CHECK_TEXT(json_text_at(json, "[0].message", ""), "state 'caf?' is none");
    CHECK_TEXT(json_text_at(json, "[0].pointer", ""), "/caf?");
}

TEST(problems, are_counted_and_told)
{
    AUTO_PROBLEMS found = { 0 };
    struct err e = { 0 };
    CHECK(problems_ok(&found, &e));
    for (int i = 0; i < 300; i++)
        problem_add(&found, i ? PROBLEM_ERROR : PROBLEM_WARNING, "/x", "wrong %d", i);
    CHECK_INT(found.count, PIPELINE_PROBLEMS);
    CHECK(!problems_ok(&found, &e));
    CHECK_TEXT(e.text, "wrong 1 (and 298 more)");
    CHECK_TEXT(e.field, "/x");
}
