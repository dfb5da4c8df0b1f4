/* What waits for its change window: held together, let go together; and the schema from before that. */
#include "store/windows.h"

#include "base/clock.h"
#include "store/scene_test.h"

struct look {
    int64_t now;
    struct gate gate;
};

/* As the runner does it when something of a pipeline may begin. */
static bool judge(void *context, struct db_tx *tx, struct err *e)
{
    struct look *l = context;
    return windows_gate(tx, 1, l->now, &l->gate, e) && windows_hold(tx, 1, &l->gate, l->gate.at ? l->gate.at : l->now + CLOCK_HOUR, e);
}

static const char *wait_of(int64_t now)
{
    struct look l = { .now = now };
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, judge, &l, &e), e);
    CHECK_INT(l.gate.open, !*l.gate.why);
    return rows("SELECT id || ' ' || COALESCE(window_at / 1000000, '-') || ' ' || status_message FROM executions WHERE status = 'QUEUED' ORDER BY id");
}

static bool let_go(void *context, struct db_tx *tx, struct err *e)
{
    return windows_free(tx, *(int64_t *)context, e);
}

#define QUEUE(id) "INSERT INTO executions (id, uuid, project_id, pipeline_id, definition_id, name, idx, status, state, state_version, live, requested_at, updated_at) VALUES (" \
                  #id ", 'x" #id "', 1, 1, 1, 'deploy', " #id ", 'QUEUED', '{}', 1, 1, 0, 0)"

TEST(windows_store, hold_and_let_go)
{
    struct err e = { 0 };
    int64_t id = 21;
    open_store();
    run_sql(QUEUE(21));
    CHECK_TEXT(wait_of(0), "21 - ");
    run_sql("UPDATE pipelines SET definition = '{\"windows\": [{\"from\": \"06:00\", \"to\": \"07:00\"}], \"tags\": [\"prod\"]}'");
    CHECK_TEXT(wait_of(0), "21 21600 outside its change window; begins 1970-01-01 06:00 UTC");
    run_sql(QUEUE(22));
    CHECK_TEXT(wait_of(CLOCK_HOUR), "21 21600 outside its change window; begins 1970-01-01 06:00 UTC\n22 21600 outside its change window; begins 1970-01-01 06:00 UTC");
    run_sql("INSERT INTO freezes (uuid, project_id, name, begins_at, ends_at, time_zone, tags, created_at, updated_at) VALUES ('f1', 1, 'Easter', 0, 86400000000, 'UTC', '[\"prod\"]', 0, 0)");
    CHECK_TEXT(wait_of(CLOCK_HOUR), "21 108000 frozen until 1970-01-02 00:00 UTC: Easter; begins 1970-01-02 06:00 UTC\n22 108000 frozen until 1970-01-02 00:00 UTC: Easter; begins 1970-01-02 06:00 UTC");
    CHECK_TEXT(rows("SELECT COUNT(*) FROM changes WHERE kind = 'executions'"), "4");
    wait_of(2 * CLOCK_HOUR); /* nothing is news */
    CHECK_TEXT(rows("SELECT COUNT(*) FROM changes WHERE kind = 'executions'"), "4");
    CHECK_OK(db_write_now(s.db, let_go, &id, &e), e);
    CHECK(!db_write_now(s.db, let_go, &id, &e));
    CHECK_TEXT(e.text, "the execution does not wait for a change window");
    CHECK_TEXT(wait_of(3 * CLOCK_HOUR), "21 - \n22 108000 frozen until 1970-01-02 00:00 UTC: Easter; begins 1970-01-02 06:00 UTC");
    CHECK_TEXT(wait_of(30 * CLOCK_HOUR), "21 - \n22 - ");
    run_sql("UPDATE pipelines SET definition = '{\"windows\": [{\"timeZone\": \"Mars/Base\"}]}'"); /* kept from a machine with other zones */
    CHECK_HAS(wait_of(30 * CLOCK_HOUR), "22 111600 its change window cannot be told: 'Mars/Base' is no time zone known here");
    close_store();
}

TEST(windows_store, migrates)
{
    open_store_of(14);
    migrate_store();
    CHECK_TEXT(rows("SELECT windows FROM projects"), "[]");
    CHECK_TEXT(rows("SELECT window_free || COALESCE(window_at, '-') FROM executions ORDER BY id"), "0-\n0-");
    close_store();
}
