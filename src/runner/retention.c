#include "runner/retention.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/summary.h"
#include "store/totals.h"
#include "store_sql.h"

#define FIRST (60 * CLOCK_SECOND)
#define PAUSE (200 * CLOCK_MS)      /* between slices, while there is more */
#define REST (15 * CLOCK_MINUTE)    /* between rounds */
#define SLICE 500                   /* rows that one write deletes at most */
#define CHANGES_KEPT CLOCK_DAY
#define HOURS_KEPT (2 * CLOCK_DAY)  /* of the dashboard's figures, which ask for less */
#define DAYS_KEPT ((SUMMARY_DAYS_MOST + 2) * CLOCK_DAY)

struct retention {
    struct retention_config config;
    struct retention_config slice; /* what it was when the slice under way began: the writer's thread reads it */
    struct timer timer;
    struct db_job job;
    bool more, stopped, busy;
};

enum age { BODIES, RUNS, CHANGES, HOURS, DAYS };

static const struct slice {
    const char *sql;   /* deletes at most $2 rows from before $1, and returns the project of each */
    enum age age;      /* which age counts */
    const char *total; /* what is counted in store/totals.h, or NULL */
} SLICES[] = {
    { SQL_retention_bodies, BODIES, NULL },
    { SQL_retention_events, RUNS, "events" },
    { SQL_retention_artifacts, RUNS, NULL },
    { SQL_retention_executions, RUNS, "executions" },
    { SQL_retention_deployments, RUNS, NULL },
    { SQL_retention_notifications, RUNS, NULL },
    { SQL_retention_changes, CHANGES, NULL },
    { SQL_retention_hours, HOURS, NULL },
    { SQL_retention_days, DAYS, NULL },
    { SQL_retention_times, DAYS, NULL },
};

static bool run_slice(struct db_tx *tx, const struct slice *slice, int64_t before, bool *more, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, slice->sql, "ii", before, (int64_t)SLICE);
    int64_t count = 0;
    for (; db_next(rows, e); count++)
        if (slice->total && !total_add(tx, slice->total, db_int(rows, 0), -1, e))
            return false;
    *more |= count == SLICE;
    return !db_rows_failed(rows);
}

static bool slice_work(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct retention *r = OWNER(job, struct retention, job);
    int64_t now = clock_now();
    const int64_t before[] = { [BODIES] = now - r->slice.bodies_days * CLOCK_DAY, [RUNS] = now - r->slice.runs_days * CLOCK_DAY,
                               [CHANGES] = now - CHANGES_KEPT, [HOURS] = now - HOURS_KEPT, [DAYS] = now - DAYS_KEPT };
    r->more = false;
    for (size_t i = 0; i < ALEN(SLICES); i++)
        if (!run_slice(tx, &SLICES[i], before[SLICES[i].age], &r->more, e))
            return false;
    return true;
}

static void due(struct timer *t);

static void slice_done(struct db_job *job, const struct err *e)
{
    struct retention *r = OWNER(job, struct retention, job);
    r->busy = false;
    if (e)
        log_warn("retention", "nothing was deleted: %s", e->text);
    if (!r->stopped)
        timer_set(&r->timer, r->config.loop, !e && r->more ? PAUSE : REST, due);
}

static void due(struct timer *t)
{
    struct retention *r = OWNER(t, struct retention, timer);
    r->busy = true;
    r->slice = r->config;
    r->job = (struct db_job){ .work = slice_work, .done = slice_done };
    db_write(r->config.db, &r->job);
}

struct retention *retention_create(const struct retention_config *config)
{
    struct retention *r = NEW(struct retention);
    r->config = *config;
    timer_set(&r->timer, config->loop, FIRST, due);
    return r;
}

void retention_change(struct retention *r, int64_t bodies_days, int64_t runs_days)
{
    r->config.bodies_days = bodies_days;
    r->config.runs_days = runs_days;
}

void retention_stop(struct retention *r)
{
    r->stopped = true;
    timer_clear(&r->timer);
}

void retention_destroy(struct retention **retention)
{
    struct retention *r = TAKE(*retention);
    if (!r)
        return;
    timer_clear(&r->timer);
    free(r);
}
