/* trigger/trigger.h - from a push to a run, or the first rule that refused it, in the user's words. Pure.
 *
 * Rules, in this order: the webhook is enabled; the push came from its
 * endpoint's registry; the image matches; the tag matches. Patterns match in
 * full (anchored); an empty one matches everything.
 */
#pragma once

#include "event/event.h"
#include "trigger/pattern.h"

struct trigger {
    int64_t id;
    const char *name;
    bool enabled;
    const char *endpoint;             /* its name, for sentences */
    const char *host;                 /* its endpoint's registry; "" matches any */
    const char *const *aliases;       /* other hosts that are the same registry */
    size_t alias_count;
    const char *image_pattern;        /* against "namespace/name"; for images of docker.io/library also against "name" */
    const char *tag_pattern;
};

enum trigger_rule { TRIGGER_FIRED, TRIGGER_DISABLED, TRIGGER_HOST, TRIGGER_IMAGE, TRIGGER_TAG };

struct trigger_verdict {
    enum trigger_rule rule;
    char why[400]; /* one sentence: "tag 'dev' does not match tag pattern '^v.*'"; "fired" when it fired */
};

/* patterns: compiled ones are kept there. A pattern that does not compile, or is given up by the match limit, refuses and
 * says so. */
struct trigger_verdict trigger_judge(const struct trigger *t, const struct event *ev, struct patterns *patterns);
const char *trigger_rule_name(enum trigger_rule rule); /* "fired", "disabled", "host", "image", "tag" */

/* Both patterns compile? Else ERR_INVALID, field "imageNameRegExPattern" or "tagNamePattern". */
bool trigger_patterns_ok(const char *image_pattern, const char *tag_pattern, struct err *e);
