#include "store/windows.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/rows.h"
#include "store/runs.h"
#include "store/totals.h"
#include "store_sql.h"

/* ---- the gate of one pipeline */

struct reading { /* what decides about it, and what that borrows from */
    int64_t project_id;
    char *pipeline;
    json_t *tags, *freezes; /* rows of freezes that are for it */
    struct windows *own, *of_project;
    struct freeze *rows;
    size_t count;
    struct err broken; /* a window that cannot be read */
};

static void reading_fini(struct reading *r)
{
    free(r->pipeline);
    json_decref(r->tags);
    json_decref(r->freezes);
    windows_destroy(&r->own);
    windows_destroy(&r->of_project);
    free(r->rows);
}

static json_t *column(const struct db_rows *rows, int at)
{
    json_t *json = NULL;
    const char *text = db_text(rows, at);
    return json_read(text, strlen(text), &json, NULL) ? json : json_array();
}

static void read_windows(const struct db_rows *rows, int at, bool pipelines, struct windows **ret, struct err *broken)
{
    AUTO_JSON *list = db_null(rows, at) ? NULL : column(rows, at);
    bool some = json_array_size(list) || json_is_object(list);
    if (some && !broken->kind)
        windows_read(list, "/windows", pipelines, ret, broken);
}

static bool read_pipeline(struct db_tx *tx, int64_t id, struct reading *ret, bool *found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_window_pipeline, "i", id);
    *found = db_next(r, e);
    if (!*found)
        return !db_rows_failed(r);
    ret->pipeline = mem_text(db_text(r, 0));
    ret->project_id = db_int(r, 1);
    read_windows(r, 2, false, &ret->own, &ret->broken);
    read_windows(r, 3, true, &ret->of_project, &ret->broken);
    ret->tags = db_null(r, 4) ? NULL : column(r, 4);
    return true;
}

static bool read_freezes(struct db_tx *tx, int64_t now, struct reading *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_freezes_ahead, "ii", ret->project_id, now);
    ret->freezes = json_array();
    while (db_next(r, e)) {
        AUTO_JSON *pipelines = column(r, 4), *tags = column(r, 5);
        if (!freeze_is_for(pipelines, tags, ret->pipeline, ret->tags))
            continue;
        json_t *kept = json_pack("{s:s, s:s}", "name", db_text(r, 0), "zone", db_text(r, 3));
        json_array_append_new(ret->freezes, kept);
        ret->rows = mem_resize(ret->rows, (ret->count + 1) * sizeof *ret->rows);
        ret->rows[ret->count++] = (struct freeze){ .name = json_text_at(kept, "name", ""), .zone = json_text_at(kept, "zone", "UTC"), .begins = db_int(r, 1), .ends = db_int(r, 2) };
    }
    return !db_rows_failed(r);
}

static void judge(const struct reading *r, int64_t now, struct gate *ret)
{
    struct gate_rules rules = { .pipeline = r->pipeline, .own = r->own, .of_project = r->of_project, .freezes = r->rows, .freeze_count = r->count };
    if (!r->broken.kind) {
        gate_judge(&rules, now, ret);
        return;
    }
    *ret = (struct gate){ .open = false };
    snprintf(ret->why, sizeof ret->why, "its change window cannot be told: %.300s", r->broken.text);
    text_mend(ret->why);
}

bool windows_gate(struct db_tx *tx, int64_t pipeline_id, int64_t now, struct gate *ret, struct err *e)
{
    struct reading r = { 0 };
    bool found = false;
    *ret = (struct gate){ .open = true };
    bool ok = read_pipeline(tx, pipeline_id, &r, &found, e) && (!found || read_freezes(tx, now, &r, e));
    if (ok && found)
        judge(&r, now, ret);
    reading_fini(&r);
    return ok;
}

/* ---- what waits for it */

/* Those that wait for one window wait for it together. */
static bool same_window(struct db_tx *tx, int64_t pipeline_id, const struct gate *gate, int64_t until, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_window_waits, "i", pipeline_id);
    *ret = !db_next(rows, e) || (db_int(rows, 0) == until && text_is(db_text(rows, 1), gate->why));
    return !db_rows_failed(rows);
}

bool windows_hold(struct db_tx *tx, int64_t pipeline_id, const struct gate *gate, int64_t until, struct err *e)
{
    bool same = true;
    if (!gate->open && !same_window(tx, pipeline_id, gate, until, &same, e))
        return false;
    AUTO(db_rows) rows = gate->open ? db_rows(tx, SQL_window_open, "ii", pipeline_id, clock_now())
                                    : db_rows(tx, same ? SQL_window_hold_new : SQL_window_hold, "iiti", pipeline_id, until, gate->why, clock_now());
    bool any = false;
    return run_say_all(tx, rows, gate->why, &any, e);
}

bool windows_free(struct db_tx *tx, int64_t execution_id, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_window_free, "ii", execution_id, clock_now());
    bool any = false;
    if (!run_say_all(tx, rows, "", &any, e))
        return false;
    AUTO(db_rows) running = any ? NULL : db_rows(tx, SQL_window_free_running, "i", execution_id);
    any = any || db_next(running, e);
    return (!running || !db_rows_failed(running)) && (any || err_set(e, ERR_CONFLICT, "the execution does not wait for a change window"));
}

bool windows_is_free(struct db_tx *tx, int64_t execution_id, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_window_is_free, "i", execution_id);
    *ret = db_next(rows, e) && db_int(rows, 0);
    return !db_rows_failed(rows);
}

bool windows_due(struct db_tx *tx, int64_t now, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_window_due, "i", now);
    return rows_ids(rows, ret, ret_count, e);
}

bool windows_next(struct db_tx *tx, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_window_next, "");
    return rows_id(rows, ret, e);
}

/* ---- a project's own */

bool project_windows(struct db_tx *tx, int64_t project_id, json_t **ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_project_windows, "i", project_id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such project");
    *ret = column(r, 0);
    return true;
}

bool project_windows_put(struct db_tx *tx, int64_t project_id, const json_t *windows, const char *by, struct err *e)
{
    AUTO_FREE char *text = json_write(windows);
    return db_run(tx, e, SQL_project_windows_put, "itit", project_id, text, clock_now(), by) && change_add(tx, project_id, "projects", project_id, e);
}
