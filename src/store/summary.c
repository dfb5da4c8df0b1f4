#include "store/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store_sql.h"

/* ---- as executions end */

#define LONGEST 990000 /* seconds: eleven days */

/* Exact below 100, two digits above: at most 90 values more for each digit. */
static int64_t bucket(int64_t micros)
{
    int64_t seconds = micros > 0 ? micros / CLOCK_SECOND : 0, step = 1;
    if (seconds >= LONGEST)
        return LONGEST;
    while (seconds / step >= 100)
        step *= 10;
    return seconds / step * step;
}

static bool count_end(struct db_tx *tx, int64_t project_id, const char *span, int64_t length, enum run_status status, int64_t at, struct err *e)
{
    bool completed = status == RUN_COMPLETED, canceled = status == RUN_CANCELED;
    return db_run(tx, e, SQL_summary_ended, "itiiii", project_id, span, at - at % length, (int64_t)completed, (int64_t)(!completed && !canceled),
                  (int64_t)canceled);
}

bool summary_ended(struct db_tx *tx, int64_t execution_id, int64_t project_id, enum run_status status, int64_t ended_at, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_run, "i", execution_id);
    if (!db_next(r, e))
        return !db_rows_failed(r);
    bool live = db_int(r, 0);
    int64_t arrived_at = db_int(r, 1), at = ended_at ? ended_at : clock_now();
    if (!live)
        return true;
    if (!count_end(tx, project_id, "hour", CLOCK_HOUR, status, at, e) || !count_end(tx, project_id, "day", CLOCK_DAY, status, at, e))
        return false;
    return !arrived_at || status != RUN_COMPLETED ||
           db_run(tx, e, SQL_summary_deployed, "iii", project_id, at - at % CLOCK_DAY, bucket(at - arrived_at));
}

/* ---- what is under way */

static bool read_live(struct db_tx *tx, const char *projects, struct summary *s, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_live, "t", projects);
    while (db_next(r, e)) {
        const char *status = db_text(r, 0);
        bool waits = text_is(status, "WAITING") || text_is(status, "PAUSED");
        int64_t *count = text_is(status, "QUEUED") ? &s->queued : waits ? &s->waiting : &s->running;
        *count += db_int(r, 1);
    }
    if (db_rows_failed(r))
        return false;
    AUTO(db_rows) held = db_rows(tx, SQL_summary_held, "t", projects);
    return rows_id(held, &s->held, e);
}

/* ---- what ended */

static bool read_hours(struct db_tx *tx, const char *projects, int64_t now, struct summary *s, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_counts, "tti", projects, "hour", now - now % CLOCK_HOUR - 23 * CLOCK_HOUR);
    while (db_next(r, e)) {
        s->completed += db_int(r, 1);
        s->failed += db_int(r, 2);
        s->canceled += db_int(r, 3);
    }
    return !db_rows_failed(r);
}

/* NULL: it lies in the future, after the clock was set back. */
static struct summary_day *day_of(struct summary *s, int64_t at)
{
    int64_t index = (at - s->days[0].at) / CLOCK_DAY;
    return index >= 0 && index < (int64_t)s->day_count ? &s->days[index] : NULL;
}

static bool read_days(struct db_tx *tx, const char *projects, struct summary *s, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_counts, "tti", projects, "day", s->days[0].at);
    while (db_next(r, e)) {
        struct summary_day *day = day_of(s, db_int(r, 0));
        if (!day)
            continue;
        day->completed = db_int(r, 1);
        day->failed = db_int(r, 2);
        day->canceled = db_int(r, 3);
    }
    return !db_rows_failed(r);
}

static bool count_deploys(struct db_tx *tx, const char *projects, struct summary *s, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_times, "ti", projects, s->days[0].at);
    while (db_next(r, e)) {
        struct summary_day *day = day_of(s, db_int(r, 0));
        if (day)
            day->deploys += db_int(r, 2);
    }
    return !db_rows_failed(r);
}

/* The histogram once more, now that it is known where its middle is. */
static bool read_medians(struct db_tx *tx, const char *projects, struct summary *s, struct err *e)
{
    int64_t passed[SUMMARY_DAYS_MOST] = { 0 };
    AUTO(db_rows) r = db_rows(tx, SQL_summary_times, "ti", projects, s->days[0].at);
    while (db_next(r, e)) {
        struct summary_day *day = day_of(s, db_int(r, 0));
        if (!day)
            continue;
        int64_t *before = &passed[day - s->days], middle = day->deploys / 2;
        if (*before <= middle && middle < *before + db_int(r, 2))
            day->median = db_int(r, 1);
        *before += db_int(r, 2);
    }
    return !db_rows_failed(r);
}

static void make_days(struct summary *s, int64_t count, int64_t now)
{
    int64_t today = now - now % CLOCK_DAY;
    s->day_count = (size_t)count;
    for (int64_t i = 0; i < count; i++)
        s->days[i] = (struct summary_day){ .at = today - (count - 1 - i) * CLOCK_DAY, .median = -1 };
}

/* ---- the last deploys */

struct last_run {
    int64_t id, ended_at;
};
struct last { /* the newest first */
    struct last_run at[2 * SUMMARY_DEPLOYS];
    size_t count;
};

static int newest_first(const void *a, const void *b)
{
    const struct last_run *x = a, *y = b;
    return x->ended_at != y->ended_at ? (x->ended_at < y->ended_at) - (x->ended_at > y->ended_at) : (x->id < y->id) - (x->id > y->id);
}

static bool collect(struct db_rows *r, struct last *last, struct err *e)
{
    while (db_next(r, e))
        last->at[last->count++] = (struct last_run){ .id = db_int(r, 0), .ended_at = db_int(r, 1) };
    qsort(last->at, last->count, sizeof last->at[0], newest_first);
    if (last->count > SUMMARY_DEPLOYS)
        last->count = SUMMARY_DEPLOYS;
    return !db_rows_failed(r);
}

/* Of one project after the other: only what is newer than the last that would be shown is read. */
static bool find_last(struct db_tx *tx, const struct summary_request *request, struct last *last, struct err *e)
{
    if (request->everywhere) {
        AUTO(db_rows) r = db_rows(tx, SQL_summary_deploys, "i", (int64_t)SUMMARY_DEPLOYS);
        return collect(r, last, e);
    }
    for (size_t i = 0; i < request->project_count; i++) {
        int64_t after = last->count == SUMMARY_DEPLOYS ? last->at[SUMMARY_DEPLOYS - 1].ended_at : 0;
        AUTO(db_rows) r = db_rows(tx, SQL_summary_deploys_of, "iii", request->projects[i], after, (int64_t)SUMMARY_DEPLOYS);
        if (!collect(r, last, e))
            return false;
    }
    return true;
}

static char *image_text(const char *repository, const char *tag)
{
    return mem_format("%s%s%s", repository, *tag ? ":" : "", tag);
}

static bool read_deploy(struct db_tx *tx, int64_t id, struct summary *s, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_summary_deploy, "i", id);
    if (!db_next(r, e))
        return !db_rows_failed(r);
    s->deploys[s->deploy_count++] = (struct summary_deploy){
        .id = id, .execution = rows_text(r, 0), .name = rows_text(r, 1), .index = db_int(r, 2), .status = rows_text(r, 3), .at = db_int(r, 4),
        .arrived_at = db_int(r, 5), .image = image_text(db_text(r, 6), db_text(r, 7)), .project = rows_text(r, 8),
    };
    return true;
}

static bool read_deploys(struct db_tx *tx, const struct summary_request *request, struct summary *s, struct err *e)
{
    struct last last = { 0 };
    if (!find_last(tx, request, &last, e))
        return false;
    for (size_t i = 0; i < last.count; i++)
        if (!read_deploy(tx, last.at[i].id, s, e))
            return false;
    return true;
}

/* ---- all of it */

static bool projects_text(struct db_tx *tx, const struct summary_request *request, char **ret, struct err *e)
{
    AUTO_JSON *ids = json_array();
    for (size_t i = 0; !request->everywhere && i < request->project_count; i++)
        json_array_append_new(ids, json_integer(request->projects[i]));
    if (request->everywhere) {
        AUTO(db_rows) r = db_rows(tx, SQL_summary_projects, "");
        while (db_next(r, e))
            json_array_append_new(ids, json_integer(db_int(r, 0)));
        if (db_rows_failed(r))
            return false;
    }
    *ret = json_write(ids);
    return true;
}

bool summary_read(struct db_tx *tx, const struct summary_request *request, struct summary *s, struct err *e)
{
    AUTO_FREE char *projects = NULL;
    make_days(s, request->days, request->now);
    return projects_text(tx, request, &projects, e) && read_live(tx, projects, s, e) && read_hours(tx, projects, request->now, s, e) &&
           read_days(tx, projects, s, e) && count_deploys(tx, projects, s, e) && read_medians(tx, projects, s, e) &&
           read_deploys(tx, request, s, e);
}

void summary_fini(struct summary *s)
{
    for (size_t i = 0; i < s->deploy_count; i++) {
        char *texts[] = { s->deploys[i].execution, s->deploys[i].name, s->deploys[i].status, s->deploys[i].image, s->deploys[i].project };
        for (size_t t = 0; t < ALEN(texts); t++)
            free(texts[t]);
    }
    *s = (struct summary){ 0 };
}
