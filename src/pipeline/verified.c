/* A deployment is verified when the whole run behind it completed; here is what an execution says about that. */
#include <ctype.h>

#include "base/text.h"
#include "pipeline/engine.h"

bool execution_put(const struct execution *execution)
{
    for (size_t i = 0; i < execution->pipeline->task_count; i++)
        if (execution->tasks[i].puts != RUN_PUTS_NOTHING)
            return true;
    return false;
}

bool execution_unverified(const struct execution *execution)
{
    switch (execution->status) {
    case RUN_FAILED:
    case RUN_ROLLING_BACK:
    case RUN_ROLLBACK_COMPLETED:
    case RUN_ROLLBACK_FAILED:
        return execution_put(execution);
    default:
        return false;
    }
}

char *execution_restored(const struct execution *execution)
{
    const struct pipeline *p = execution->pipeline;
    struct text all = { 0 };
    for (size_t i = p->task_count; i < p->run_count; i++) {
        const char *says = run_text(execution->tasks[i].message);
        if (p->tasks[i].restores && execution->tasks[i].status == RUN_COMPLETED && *says)
            text_addf(&all, "%s%s", all.length ? "; " : "", says);
    }
    if (all.length)
        all.at[0] = (char)toupper((unsigned char)all.at[0]);
    return text_take(&all);
}
