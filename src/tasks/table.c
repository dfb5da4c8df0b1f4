/* The task types there are. A new one is a file and a row. */
#include "tasks/task.h"

#include <stddef.h>

#include "base/text.h"

const struct task_type *const TASK_TYPES[] = { &TASK_K8S, &TASK_CONDITION, &TASK_REST, &TASK_POLL, &TASK_WAIT, &TASK_PIPELINE, &TASK_USER_OPERATION, &TASK_CI, &TASK_CUSTOM, &TASK_SSH, &TASK_POWERSHELL, &TASK_IMAGE, &TASK_JENKINS, NULL };

const struct task_type *task_type_find(const char *name)
{
    for (size_t i = 0; TASK_TYPES[i]; i++)
        if (text_is(TASK_TYPES[i]->name, name))
            return TASK_TYPES[i];
    return NULL;
}
