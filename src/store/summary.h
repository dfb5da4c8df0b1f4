/* store/summary.h - the dashboard's figures: what is under way, what ended, how long pushes took to be deployed.
 *
 * What ended is counted in the transaction in which an execution ends, by hour and by day (UTC); nothing here reads executions
 * beyond those that are live and the last that pushes started. A deploy is the first run that a push started.
 */
#pragma once

#include "db/db.h"
#include "pipeline/engine.h"

/* Before the write that makes it so; when it ended before, nothing is counted. */
bool summary_ended(struct db_tx *tx, int64_t execution_id, int64_t project_id, enum run_status status, int64_t ended_at, struct err *e);

enum { SUMMARY_DAYS = 14, SUMMARY_DAYS_MOST = 90, SUMMARY_DEPLOYS = 200 };

struct summary_day {
    int64_t at; /* its beginning */
    int64_t completed, failed, canceled, deploys;
    int64_t median; /* of its deploys that completed, in seconds; -1: there was none */
};
struct summary_deploy { /* texts are its own */
    int64_t id, at, index, arrived_at; /* at: its end */
    char *execution, *name, *status, *image, *project;
};
struct summary {
    int64_t running, waiting, queued, held, completed, failed, canceled; /* the last three: in this hour and the 23 before it */
    struct summary_day days[SUMMARY_DAYS_MOST];                          /* the oldest first, the last is today */
    size_t day_count;
    struct summary_deploy deploys[SUMMARY_DEPLOYS]; /* the newest first */
    size_t deploy_count;
};
struct summary_request {
    bool everywhere; /* else only these */
    const int64_t *projects;
    size_t project_count;
    int64_t days, now; /* days: 1 to SUMMARY_DAYS_MOST */
};
/* ret is zeroed before, and summary_fini's in any case. */
bool summary_read(struct db_tx *tx, const struct summary_request *request, struct summary *ret, struct err *e);
void summary_fini(struct summary *summary);
