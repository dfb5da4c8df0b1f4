/* pipeline/check_inside.h - what the files that look for problems in a definition share. Not for other rooms. */
#pragma once

#include "pipeline/model.h"

struct checker {
    const struct pipeline *p;
    const struct pipeline_checks *checks;
    struct problems *found;
    const struct pipeline_task *task; /* whose texts are looked at; NULL: the pipeline's own, read when all is over */
    char pointer[1024];
};

#define ERROR(c, ...) problem_add((c)->found, PROBLEM_ERROR, (c)->pointer, __VA_ARGS__)
#define WARN(c, ...) problem_add((c)->found, PROBLEM_WARNING, (c)->pointer, __VA_ARGS__)
/* Kept at import, refused when it is to run. */
#define UNFIT(c, ...) problem_add((c)->found, (c)->checks->enabling ? PROBLEM_ERROR : PROBLEM_WARNING, (c)->pointer, __VA_ARGS__)

/* Goes into a key, and back: size_t here = check_enter(c, "stages"); ... check_leave(c, here); */
size_t check_enter(struct checker *c, const char *key);
void check_leave(struct checker *c, size_t here);

void check_keys(struct checker *c, const json_t *object, const char *const *known, const char *what);
void check_tree(struct checker *c, const json_t *tree); /* references in every text of it */

bool check_listed(const char *const *list, const char *key);
bool check_nothing(const json_t *value); /* missing, null or "" */
void check_input_condition(struct checker *c, const char *path, unsigned flags); /* of the task's input; path NULL: none */

void check_type(struct checker *c);          /* check_types.c: the task's type, and what it lets it say */
void check_notifications(struct checker *c); /* notification_check.c */
