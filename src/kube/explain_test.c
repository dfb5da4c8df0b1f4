#include <string.h>

#include "base/test.h"
#include "base/yaml.h"
#include "kube/explain.h"

#define POD(name) "metadata: {name: " name "}\n  "

TEST(kube_explain, picks_the_pod_that_says_most)
{
    static const struct { const char *pods, *text; bool stuck; } CASES[] = {
        { "- " POD("a") "status: {phase: Running, containerStatuses: [{name: c, ready: true, state: {running: {}}}]}", NULL, false },
        { "- " POD("a") "status: {containerStatuses: [{name: c, state: {waiting: {reason: ImagePullBackOff, message: Back-off pulling image}}}]}",
          "pod a: ImagePullBackOff: Back-off pulling image", true },
        { "- " POD("a") "status: {containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull, message: 'rpc error: code = NotFound desc = manifest unknown'}}}]}",
          "pod a: ErrImagePull: manifest unknown", true },
        { "- " POD("a") "status: {containerStatuses: [{name: c, state: {running: {}}, ready: false}]}\n"
          "- " POD("b") "status: {containerStatuses: [{name: c, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff, message: back-off 10s}}, lastState: {terminated: {exitCode: 3, reason: Error}}}]}",
          "pod b: CrashLoopBackOff: the container ended with exit code 3 (Error) (1 restart)", false },
        { "- " POD("b") "status: {containerStatuses: [{name: c, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]}",
          "pod b: OOMKilled: the container ended with exit code 137 (OOMKilled) (3 restarts)", true },
        { "- " POD("a") "status: {phase: Pending, conditions: [{type: PodScheduled, status: 'False', reason: Unschedulable, message: 0/1 nodes are available}]}",
          "pod a: Unschedulable: 0/1 nodes are available", false },
        { "- " POD("a") "status: {containerStatuses: [{name: c, state: {waiting: {reason: CreateContainerConfigError, message: configmap x not found}}}]}",
          "pod a: CreateContainerConfigError: configmap x not found", true },
        { "- " POD("a") "status: {initContainerStatuses: [{name: i, restartCount: 0, state: {terminated: {exitCode: 1, reason: Error, message: nope}}}], containerStatuses: [{name: c, state: {waiting: {reason: PodInitializing}}}]}",
          "pod a: Error: the container ended with exit code 1 (Error): nope", false },
        { "- metadata: {name: a, deletionTimestamp: now}\n  status: {containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull}}}]}", NULL, false },
        { "- " POD("a") "status: {phase: Failed, reason: Evicted, message: disk pressure}", "pod a: Evicted: disk pressure", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(yaml) yaml = NULL;
        struct err e = { 0 };
        CHECK_OK(yaml_read(CASES[i].pods, strlen(CASES[i].pods), &yaml, &e), e);
        AUTO(kube_explanation) x = kube_explain_pods(yaml_document(yaml, 0));
        AUTO_FREE char *text = x ? kube_explanation_text(x, false) : NULL;
        CHECK_TEXT(text, CASES[i].text);
        CHECK(!x || x->stuck == CASES[i].stuck);
    }
}

TEST(kube_explain, shows_a_pod_in_brief)
{
    static const struct { const char *pod, *brief; } CASES[] = {
        { "- " POD("a") "spec: {containers: [{name: c}, {name: d}]}\n  status: {phase: Running, containerStatuses: [{name: c, ready: true, restartCount: 1, state: {running: {}}}, "
          "{name: d, ready: true, restartCount: 2, state: {running: {}}}]}",
          "{\"name\":\"a\",\"phase\":\"Running\",\"ready\":2,\"containers\":2,\"restarts\":3,\"reason\":\"\"}" },
        { "- " POD("b") "spec: {containers: [{name: c}]}\n  status: {phase: Pending, containerStatuses: [{name: c, state: {waiting: {reason: ErrImagePull, message: manifest unknown}}}]}",
          "{\"name\":\"b\",\"phase\":\"Pending\",\"ready\":0,\"containers\":1,\"restarts\":0,\"reason\":\"ErrImagePull: manifest unknown\"}" },
        { "- {metadata: {name: c, deletionTimestamp: '2020-01-01T00:00:01Z'}}",
          "{\"name\":\"c\",\"phase\":\"Terminating\",\"ready\":0,\"containers\":0,\"restarts\":0,\"reason\":\"\"}" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(yaml) yaml = NULL;
        struct err e = { 0 };
        CHECK_OK(yaml_read(CASES[i].pod, strlen(CASES[i].pod), &yaml, &e), e);
        AUTO_JSON *brief = kube_pod_brief(json_array_get(yaml_document(yaml, 0), 0));
        AUTO_FREE char *text = json_write(brief);
        CHECK_TEXT(text, CASES[i].brief);
    }
}

TEST(kube_explain, finds_the_event_that_tells)
{
    static const char EVENTS[] = "- {type: Warning, reason: Failed, message: 'Failed to pull image \"x\": manifest unknown', lastTimestamp: '2020-01-01T00:00:01Z'}\n"
                                 "- {type: Warning, reason: Failed, message: 'Error: ImagePullBackOff', lastTimestamp: '2020-01-01T00:00:09Z'}\n"
                                 "- {type: Normal, reason: BackOff, message: 'Back-off', lastTimestamp: '2020-01-01T00:00:10Z'}\n"
                                 "- {type: Warning, reason: FailedScheduling, message: no nodes, lastTimestamp: '2020-01-01T00:00:02Z'}\n";
    static const struct { const char *reason, *message; } CASES[] = {
        { "ImagePullBackOff", "Failed to pull image \"x\": manifest unknown" },
        { "Unschedulable", "no nodes" },
        { "Whatever", "Error: ImagePullBackOff" },
    };
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(EVENTS, strlen(EVENTS), &yaml, &e), e);
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK_TEXT(json_text_at(kube_explain_event(yaml_document(yaml, 0), CASES[i].reason), "message", NULL), CASES[i].message);
}

TEST(kube_explain, shows_the_registrys_answer_and_the_log)
{
    AUTO(kube_explanation) x = kube_explanation_create("site-1", "site", "ImagePullBackOff", "Back-off pulling image");
    x->event = (free(x->event), mem_text("Failed to pull image \"r/x:1\": manifest unknown"));
    x->log = (free(x->log), mem_text("last words"));
    AUTO_FREE char *text = kube_explanation_text(x, true);
    CHECK_TEXT(text, "pod site-1: ImagePullBackOff: Failed to pull image \"r/x:1\": manifest unknown\nlast lines of its log:\nlast words");
    AUTO_JSON *json = kube_explanation_json(x);
    CHECK_TEXT(json_text_at(json, "pod", ""), "site-1");
    CHECK(json_is_null(json_at(json, "exitCode")));
}

TEST(kube_explain, cuts_long_messages_between_characters)
{
    char long_text[1501];
    for (size_t i = 0; i < 1500; i += 2)
        memcpy(long_text + i, "\xc3\xa4", 2);
    long_text[1500] = 0;
    AUTO_FREE char *line = kube_one_line(long_text);
    CHECK(strlen(line) < 720 && text_utf8(line, strlen(line)) && text_ends(line, " ..."));
    AUTO_FREE char *lines = kube_one_line("a\nb\tc");
    CHECK_TEXT(lines, "a b c");
}
