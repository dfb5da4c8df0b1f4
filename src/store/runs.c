#include "store/runs.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "base/text.h"
#include "store/rows.h"
#include "store/summary.h"
#include "store/totals.h"
#include "store_sql.h"

void run_pipeline_fini(struct run_pipeline *pipeline)
{
    free(pipeline->uuid);
    free(pipeline->project);
    free(pipeline->name);
    free(pipeline->state);
    free(pipeline->definition);
    *pipeline = (struct run_pipeline){ 0 };
}

bool run_pipeline_get(struct db_tx *tx, int64_t id, struct run_pipeline *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_pipeline_to_run, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "the pipeline is gone");
    *ret = (struct run_pipeline){
        .id = db_int(r, 0), .uuid = mem_text(db_text(r, 1)), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)),
        .name = mem_text(db_text(r, 4)), .state = mem_text(db_text(r, 5)), .concurrency = db_int(r, 6),
        .definition = mem_text(db_text(r, 7)), .global = db_int(r, 8),
    };
    return true;
}

/* The hash covers the project, so that nothing is shared between projects. */
bool definition_pin(struct db_tx *tx, int64_t project_id, const char *definition, int64_t *ret, struct err *e)
{
    AUTO_TEXT named = { 0 };
    text_addf(&named, "%lld\n", (long long)project_id);
    text_add(&named, definition);
    AUTO_FREE char *hash = text_sha256(named.at, named.length);
    AUTO(db_rows) rows = db_rows(tx, SQL_definition_find, "t", hash);
    if (db_next(rows, e)) {
        *ret = db_int(rows, 0);
        return true;
    }
    if (db_rows_failed(rows) || !db_run(tx, e, SQL_definition_insert, "itt", project_id, hash, definition))
        return err_wrap(e, "pin the pipeline's definition");
    *ret = db_last_id(tx);
    return true;
}

/* ---- executions */

void run_row_fini(struct run_row *row)
{
    char **texts[] = { &row->project, &row->pipeline_uuid, &row->name, &row->status_message, &row->state, &row->output, &row->comments,
                       &row->executed_by, &row->triggered_by, &row->source, &row->definition, &row->parent_uuid, &row->parent_name, &row->rerun_uuid,
                       &row->sealed_input };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    json_decref(row->input);
    json_decref(row->outside);
    json_decref(row->tags);
    for (size_t i = 0; i < row->task_count; i++)
        task_row_fini(&row->tasks[i]);
    free(row->tasks);
    *row = (struct run_row){ 0 };
}

static json_t *column_json(const struct db_rows *rows, int column, json_t *otherwise)
{
    struct err broken = { 0 };
    json_t *json = NULL;
    const char *text = db_text(rows, column);
    if (!json_read(text, strlen(text), &json, &broken))
        return otherwise;
    json_decref(otherwise);
    return json;
}

static char *column_or_null(const struct db_rows *rows, int column)
{
    return db_null(rows, column) ? NULL : mem_text(db_text(rows, column));
}

static bool get_tasks(struct db_tx *tx, struct run_row *row, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_tasks_get, "i", row->id);
    while (db_next(r, e)) {
        row->tasks = mem_resize(row->tasks, (row->task_count + 1) * sizeof *row->tasks);
        struct task_row *task = &row->tasks[row->task_count++];
        *task = (struct task_row){ .index = (size_t)db_int(r, 0), .state = mem_text(db_text(r, 2)), .input = column_or_null(r, 3),
                                   .output = column_or_null(r, 4), .resolved = column_or_null(r, 5) };
        run_status_parse(db_text(r, 1), &task->status);
    }
    return !db_rows_failed(r);
}

bool run_get(struct db_tx *tx, int64_t id, struct run_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_execution_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such execution");
    struct run_row row = {
        .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .pipeline_id = db_int(r, 4),
        .definition_id = db_int(r, 5), .name = mem_text(db_text(r, 6)), .index = db_int(r, 7),
        .status_message = mem_text(db_text(r, 9)), .state = mem_text(db_text(r, 10)), .state_version = (int)db_int(r, 11),
        .live = db_int(r, 12), .input = column_json(r, 13, json_object()), .outside = column_json(r, 14, json_array()),
        .output = mem_text(db_text(r, 15)), .comments = mem_text(db_text(r, 16)), .tags = column_json(r, 17, json_array()),
        .executed_by = mem_text(db_text(r, 18)), .triggered_by = mem_text(db_text(r, 19)), .source = mem_text(db_text(r, 20)),
        .user_id = db_int(r, 21), .webhook_id = db_int(r, 22), .push_id = db_int(r, 23), .attempt = db_int(r, 24),
        .requested_at = db_int(r, 25), .started_at = db_int(r, 26), .ended_at = db_int(r, 27), .updated_at = db_int(r, 28),
        .definition = mem_text(db_text(r, 29)), .pipeline_uuid = mem_text(db_text(r, 30)), .lease_epoch = db_int(r, 31),
        .token_id = db_int(r, 33), .global = db_int(r, 34), .parent_uuid = mem_text(db_text(r, 35)), .parent_name = mem_text(db_text(r, 36)),
        .parent_index = db_int(r, 37), .rollback = db_int(r, 38), .sealed_input = mem_text(db_text(r, 39)),
        .rerun_uuid = mem_text(db_text(r, 40)), .rerun_index = db_int(r, 41), .window_at = db_int(r, 42),
    };
    snprintf(row.uuid, sizeof row.uuid, "%s", db_text(r, 1));
    snprintf(row.webhook_uuid, sizeof row.webhook_uuid, "%s", db_text(r, 32));
    run_status_parse(db_text(r, 8), &row.status);
    if (!get_tasks(tx, &row, e)) {
        run_row_fini(&row);
        return false;
    }
    *ret = row;
    return true;
}

bool run_part_find(struct db_tx *tx, const struct run_parent *parent, int64_t *ret_id, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_execution_part, "iii", parent->id, parent->slot, parent->attempt);
    *ret_id = db_next(r, e) ? db_int(r, 0) : 0;
    return !db_rows_failed(r);
}

bool run_parent_get(struct db_tx *tx, int64_t id, int64_t *ret_parent, int64_t *ret_pipeline, char **ret_name, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_execution_parent, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such execution");
    *ret_parent = db_int(r, 0);
    *ret_pipeline = db_int(r, 1);
    *ret_name = mem_text(db_text(r, 2));
    return true;
}

bool run_pipeline_named(struct db_tx *tx, int64_t project_id, const char *name, int64_t *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_pipeline_find_shared, "it", project_id, name);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "there is no pipeline '%s' in this project; create it, or name another", name);
    *ret = db_int(r, 0);
    return true;
}

static bool store_tasks(struct db_tx *tx, int64_t execution, int64_t project, const struct task_row *tasks, size_t count, struct err *e)
{
    for (size_t i = 0; i < count; i++) {
        const struct task_row *t = &tasks[i];
        if (!db_run(tx, e, SQL_task_put, "iiittttt", execution, (int64_t)t->index, project, run_status_name(t->status), t->state, t->input,
                    t->output, t->resolved))
            return false;
    }
    return true;
}

bool run_insert(struct db_tx *tx, struct run_new *run, int64_t *ret_id, struct err *e)
{
    if (!db_run(tx, e, SQL_execution_insert, "tiiitittttttttizzzizzzzitz", *run->uuid ? run->uuid : id_new(run->uuid), run->project_id, run->pipeline_id,
                run->definition_id, run->name, run->index, run->state, run->input, run->outside, run->comments, run->tags,
                run->executed_by, run->triggered_by, run->source, run->user_id, run->webhook_id, run->push_id, run->attempt, run->now,
                run->token_id, run->parent.id, run->parent.slot, run->parent.attempt, (int64_t)run->parent.rollback, run->sealed_input ? run->sealed_input : "", run->rerun_of))
        return err_wrap(e, "store an execution of %s", run->name);
    *ret_id = db_changes(tx) ? db_last_id(tx) : 0;
    return !*ret_id ||
           (store_tasks(tx, *ret_id, run->project_id, run->tasks, run->task_count, e) && db_run(tx, e, SQL_execution_tags_put, "it", *ret_id, run->tags) && total_add(tx, "executions", run->project_id, 1, e) && change_add(tx, run->project_id, "executions", *ret_id, e));
}

bool run_tag(struct db_tx *tx, int64_t id, int64_t project_id, const json_t *tags, struct err *e)
{
    AUTO_FREE char *text = json_write(tags);
    return db_run(tx, e, SQL_execution_tag, "iti", id, text, clock_now()) && db_run(tx, e, SQL_execution_tags_clear, "i", id) &&
           db_run(tx, e, SQL_execution_tags_put, "it", id, text) && change_add(tx, project_id, "executions", id, e);
}

bool run_next_index(struct db_tx *tx, int64_t pipeline_id, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_pipeline_next_index, "i", pipeline_id);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "the pipeline is gone");
    *ret = db_int(rows, 0);
    return true;
}

static int64_t concurrency_of(struct db_tx *tx, int64_t pipeline_id)
{
    struct run_pipeline pipeline = { 0 };
    struct err gone = { 0 };
    int64_t concurrency = PIPELINE_DEFAULT_CONCURRENCY;
    if (run_pipeline_get(tx, pipeline_id, &pipeline, &gone))
        concurrency = pipeline.concurrency;
    run_pipeline_fini(&pipeline);
    return concurrency;
}

static bool count_of(struct db_rows *rows, int64_t *ret, struct err *e)
{
    bool ok = db_next(rows, e);
    *ret = ok ? db_int(rows, 0) : 0;
    return ok;
}

/* How many executions of the pipeline may still start. */
static bool places_free(struct db_tx *tx, int64_t pipeline_id, int64_t *ret, struct err *e)
{
    int64_t taken = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_running, "i", pipeline_id);
    if (!count_of(rows, &taken, e))
        return false;
    *ret = concurrency_of(tx, pipeline_id) - taken;
    return true;
}

bool run_places(struct db_tx *tx, int64_t pipeline_id, int64_t *ret, struct err *e)
{
    int64_t taken = 0;
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_live_count, "i", pipeline_id);
    if (!count_of(rows, &taken, e))
        return false;
    *ret = concurrency_of(tx, pipeline_id) - taken;
    return true;
}

bool run_waits(struct db_tx *tx, int64_t pipeline_id, bool *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_queued, "ii", pipeline_id, (int64_t)1);
    *ret = db_next(rows, e);
    return !db_rows_failed(rows);
}

bool run_waiting_before(struct db_tx *tx, int64_t pipeline_id, int64_t id, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_waiting_before, "ii", pipeline_id, id);
    return rows_ids(rows, ret, ret_count, e);
}

bool run_say(struct db_tx *tx, int64_t id, const char *message, struct err *e)
{
    int64_t now = clock_now();
    AUTO(db_rows) r = db_rows(tx, SQL_run_say, "iti", id, message, now);
    bool changed = db_next(r, e);
    int64_t project = changed ? db_int(r, 0) : 0;
    if (db_rows_failed(r))
        return false;
    return !changed || (db_run(tx, e, SQL_inbox_event_say, "iti", id, message, now) && change_add(tx, project, "executions", id, e));
}

bool run_say_all(struct db_tx *tx, struct db_rows *rows, const char *message, bool *ret_any, struct err *e)
{
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    while (db_next(rows, e)) {
        ids = mem_resize(ids, (count + 2) * sizeof *ids);
        ids[count++] = db_int(rows, 0);
        ids[count++] = db_int(rows, 1);
    }
    bool ok = !db_rows_failed(rows);
    if (ret_any)
        *ret_any = count > 0;
    for (size_t i = 0; ok && i < count; i += 2)
        ok = db_run(tx, e, SQL_inbox_event_say, "iti", ids[i], message, clock_now()) && change_add(tx, ids[i + 1], "executions", ids[i], e);
    return ok;
}

bool run_start_queued(struct db_tx *tx, int64_t pipeline_id, bool free, const char *node, void (*each)(void *context, int64_t id), void *context,
                      struct err *e)
{
    int64_t free_places = 0;
    if (!places_free(tx, pipeline_id, &free_places, e))
        return false;
    if (free_places <= 0)
        return true;
    AUTO_FREE int64_t *ids = NULL;
    size_t count = 0;
    AUTO(db_rows) rows = db_rows(tx, free ? SQL_execution_queued_free : SQL_execution_queued, "ii", pipeline_id, free_places);
    if (!rows_ids(rows, &ids, &count, e))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!db_run(tx, e, SQL_execution_start, "iti", ids[i], node, clock_now()))
            return false;
        each(context, ids[i]);
    }
    return true;
}

bool run_live(struct db_tx *tx, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_live, "");
    return rows_ids(rows, ret, ret_count, e);
}

bool run_queued_pipelines(struct db_tx *tx, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_queued_pipelines, "");
    return rows_ids(rows, ret, ret_count, e);
}

bool run_claim(struct db_tx *tx, int64_t id, const char *node, int64_t *ret_epoch, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_execution_claim, "it", id, node);
    if (!db_next(rows, e))
        return db_rows_failed(rows) ? false : err_set(e, ERR_NOT_FOUND, "no such execution");
    *ret_epoch = db_int(rows, 0);
    return true;
}

bool run_store(struct db_tx *tx, const struct run_step *step, struct err *e)
{
    const struct execution_row *row = &step->row;
    const char *status = run_status_name(row->status);
    int64_t now = clock_now();
    if (!row->live && !summary_ended(tx, step->id, step->project_id, row->status, row->ended_at, e))
        return false;
    if (!db_run(tx, e, SQL_execution_step, "itttiitzziti", step->id, status, row->status_message, row->state,
                (int64_t)row->state_version, (int64_t)row->live, row->output, row->started_at, row->ended_at, now, step->node,
                step->lease_epoch))
        return false;
    if (!db_changes(tx))
        return err_set(e, ERR_CONFLICT, "another node runs this execution");
    const char *follows = row->status == RUN_WAITING ? run_status_name(RUN_RUNNING) : status; /* an event that is WAITING waits for its registry */
    return store_tasks(tx, step->id, step->project_id, step->tasks, step->task_count, e) && db_run(tx, e, SQL_inbox_event_follow, "itti", step->id, follows, row->status_message, now) &&
           change_add(tx, step->project_id, "executions", step->id, e);
}

/* ---- logs */

static unsigned char *pack(const char *bytes, size_t size, size_t *ret_size)
{
    uLongf packed_size = compressBound(size);
    unsigned char *packed = mem_alloc(packed_size);
    if (compress2(packed, &packed_size, (const unsigned char *)bytes, size, 3) != Z_OK)
        abort(); /* there is room for whatever it makes */
    *ret_size = packed_size;
    return packed;
}

bool log_append(struct db_tx *tx, struct log_chunk *c, struct err *e)
{
    size_t packed_size = 0;
    AUTO_FREE unsigned char *packed = pack(c->bytes, c->size, &packed_size);
    if (c->id && !db_run(tx, e, SQL_log_grow, "iiib", c->id, c->position, (int64_t)c->size, (const void *)packed, packed_size))
        return false;
    if (c->id && db_changes(tx))
        return true;
    if (!db_run(tx, e, SQL_log_append, "iiiiiibi", c->project_id, c->execution_id, c->task, c->attempt, c->position, (int64_t)c->size, (const void *)packed, packed_size, clock_now()))
        return false;
    c->id = db_last_id(tx);
    return true;
}

bool log_end(struct db_tx *tx, int64_t execution_id, int64_t task, int64_t attempt, int64_t *ret_size, int64_t *ret_position, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_log_end, "iii", execution_id, task, attempt);
    if (!db_next(rows, e))
        return !db_rows_failed(rows);
    *ret_size = db_int(rows, 0);
    *ret_position = db_int(rows, 1);
    return true;
}

/* But for its first bytes, which were read before. */
static bool unpack(struct text *out, const void *chunk, size_t chunk_size, size_t size, size_t known)
{
    uLongf plain_size = size;
    AUTO_FREE unsigned char *plain = mem_alloc(size + 1);
    if (uncompress(plain, &plain_size, chunk, chunk_size) != Z_OK || plain_size != size)
        return false;
    text_add_n(out, plain + known, size - known);
    return true;
}

/* A cursor is a chunk's id and how much of it was read: the last one may have grown since. */
#define CURSOR_BITS 17
_Static_assert(LOG_CHUNK < 1 << CURSOR_BITS, "a place in a chunk fits into a cursor");

/* Bytes at the end that begin a character of UTF-8 whose rest is still to come. */
static int64_t open_character(const struct text *t)
{
    for (size_t back = 1; back <= 3 && back <= t->length; back++) {
        unsigned char c = (unsigned char)t->at[t->length - back];
        if (c >= 0xc0)
            return (c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2) > back ? (int64_t)back : 0;
        if (c < 0x80)
            return 0;
    }
    return 0;
}

bool log_read(struct db_tx *tx, int64_t execution_id, int64_t task, int64_t *after, struct text *ret, struct err *e)
{
    int64_t begun = *after >> CURSOR_BITS, read = *after & ((1 << CURSOR_BITS) - 1);
    AUTO(db_rows) rows = db_rows(tx, SQL_log_read, "iii", execution_id, task, begun);
    while (db_next(rows, e)) {
        size_t chunk_size = 0;
        const void *chunk = db_blob(rows, 3, &chunk_size);
        int64_t id = db_int(rows, 0), size = db_int(rows, 2), known = id == begun ? read : 0;
        if (known < size && !unpack(ret, chunk, chunk_size, (size_t)size, (size_t)known))
            return err_set(e, ERR_INTERNAL, "log chunk %lld is damaged", (long long)id);
        *after = id << CURSOR_BITS | (known < size ? size : known);
    }
    int64_t open = open_character(ret);
    if (open && (*after & ((1 << CURSOR_BITS) - 1)) >= open) { /* read with its rest */
        *after -= open;
        ret->length -= (size_t)open;
        ret->at[ret->length] = 0;
    }
    return !db_rows_failed(rows);
}

bool runs_newest(struct db_tx *tx, int64_t pipeline_id, int64_t most, void (*each)(void *context, const struct run_brief *run), void *context,
                 struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_execution_newest, "ii", pipeline_id, most);
    while (db_next(r, e))
        each(context, &(struct run_brief){ .uuid = db_text(r, 0), .index = db_int(r, 1), .status = db_text(r, 2), .requested_at = db_int(r, 3),
                                           .started_at = db_int(r, 4), .ended_at = db_int(r, 5) });
    return !db_rows_failed(r);
}
