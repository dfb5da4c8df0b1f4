/* The dashboard's figures, as executions end. */
#include "store/summary.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "store/scene_test.h"
#include "store_sql.h"

#define NOW (INT64_C(1795000000) * CLOCK_SECOND) /* 2026-11-18 11:06:40 */

#define RUN                                                                                                              \
    "INSERT INTO executions (id, uuid, project_id, definition_id, name, idx, status, state, state_version, live, webhook_id, " \
    "push_id, attempt, requested_at, ended_at, updated_at) "
#define PUSH "INSERT INTO pushes (id, uuid, project_id, endpoint_id, registry, repository, tag, mark, first_at, last_at) "

struct end {
    int64_t id, project, at, arrived; /* arrived 0: no push started it */
    enum run_status status;
    int attempt;
};

/* An execution that ends, as the runner writes it; told twice, as after a crash. */
static bool end_work(void *context, struct db_tx *tx, struct err *e)
{
    static const char INSERT[] = RUN "VALUES ($1, 'r' || $1, $2, 1, 'deploy', $1, 'RUNNING', '{}', 1, 1, 1, $3, $4, 0, NULL, 0)";
    static const char PUSHED[] = PUSH "VALUES ($1, 'q' || $1, $2, 2, 'docker.io', 'acme/site', 'v' || $1, 'm' || $1, $3, $3)";
    const struct end *x = context;
    if (x->arrived && !db_run(tx, e, PUSHED, "iii", x->id, x->project, x->arrived))
        return false;
    if (!db_run(tx, e, INSERT, "iizz", x->id, x->project, x->arrived ? x->id : 0, (int64_t)x->attempt))
        return false;
    for (int twice = 0; twice < 2; twice++)
        if (!summary_ended(tx, x->id, x->project, x->status, x->at, e) ||
            !db_run(tx, e, "UPDATE executions SET live = 0, status = $2, ended_at = $3 WHERE id = $1", "iti", x->id,
                    run_status_name(x->status), x->at))
            return false;
    return true;
}

static void ends(struct end x)
{
    struct err e = { 0 };
    CHECK_OK(db_write_now(s.db, end_work, &x, &e), e);
}

struct asked {
    struct summary_request request;
    struct summary *ret;
};

static bool read_work(void *context, struct db_tx *tx, struct err *e)
{
    struct asked *a = context;
    return summary_read(tx, &a->request, a->ret, e);
}

static void ask(struct summary_request request, struct summary *ret)
{
    struct err e = { 0 };
    struct asked a = { request, ret };
    a.request.now = NOW;
    summary_fini(ret);
    CHECK_OK(db_read_now(s.db, read_work, &a, &e), e);
}

static void add_project(void)
{
    run_sql("INSERT INTO projects (id, uuid, name, created_at, updated_at) VALUES (2, 'p2', 'other', 0, 0)");
}

TEST(summary, counts_each_end_once_by_hour_and_day)
{
    static struct summary sum;
    static const int64_t ONE[] = { 1 }, TWO[] = { 2 };
    open_store();
    add_project();
    ends((struct end){ 101, 1, NOW, 0, RUN_COMPLETED, 0 });
    ends((struct end){ 102, 1, NOW - 23 * CLOCK_HOUR, 0, RUN_FAILED, 0 });
    ends((struct end){ 103, 1, NOW - 24 * CLOCK_HOUR, 0, RUN_FAILED, 0 });
    ends((struct end){ 104, 1, NOW - 2 * CLOCK_DAY, 0, RUN_CANCELED, 0 });
    ends((struct end){ 105, 2, NOW, 0, RUN_COMPLETED, 0 });
    ends((struct end){ 106, 1, NOW - 3 * CLOCK_DAY, 0, RUN_COMPLETED, 0 });
    ask((struct summary_request){ .projects = ONE, .project_count = 1, .days = 3 }, &sum);
    CHECK_INT(sum.completed, 1);
    CHECK_INT(sum.failed, 1);
    CHECK_INT(sum.canceled, 0);
    CHECK_INT(sum.day_count, 3);
    CHECK_INT(sum.days[2].at, NOW - NOW % CLOCK_DAY);
    CHECK_INT(sum.days[2].completed, 1);
    CHECK_INT(sum.days[1].failed, 2);
    CHECK_INT(sum.days[0].canceled, 1);
    ask((struct summary_request){ .projects = TWO, .project_count = 1, .days = 1 }, &sum);
    CHECK_INT(sum.completed, 1);
    CHECK_INT(sum.failed, 0);
    ask((struct summary_request){ .everywhere = true, .days = 1 }, &sum);
    CHECK_INT(sum.completed, 2);
    ask((struct summary_request){ .days = 1 }, &sum); /* whoever may view no project */
    CHECK_INT(sum.completed + sum.failed + sum.running, 0);
    summary_fini(&sum);
    close_store();
}

TEST(summary, knows_the_middle_of_the_times_from_push_to_end)
{
    static const struct { int64_t took[5]; int64_t median; } CASES[] = {
        { { 42 }, 42 }, { { 99 }, 99 }, { { 101 }, 100 }, { { 129 }, 120 }, { { 1299 }, 1200 }, { { 5000000 }, 990000 }, { { 3, 1, 2 }, 2 },
        { { 1, 2, 900, 950, 60 }, 60 }, { { 7, 7, 7, 1, 1 }, 7 },
    };
    static struct summary sum;
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int64_t count = 0;
        open_store();
        for (; count < 5 && CASES[i].took[count]; count++)
            ends((struct end){ 101 + count, 1, NOW, NOW - CASES[i].took[count] * CLOCK_SECOND - 1, RUN_COMPLETED, 1 });
        ends((struct end){ 201, 1, NOW, NOW - CLOCK_SECOND, RUN_FAILED, 1 });
        ends((struct end){ 202, 1, NOW, NOW - CLOCK_SECOND, RUN_COMPLETED, 2 }); /* run again by a person */
        ask((struct summary_request){ .everywhere = true, .days = 2 }, &sum);
        CHECK_INT(sum.days[1].deploys, count);
        CHECK_INT(sum.days[1].median, CASES[i].median);
        CHECK_INT(sum.days[0].median, -1);
        CHECK_INT(sum.deploy_count, count + 1);
        summary_fini(&sum);
        close_store();
    }
}

TEST(summary, lists_the_last_deploys_of_those_projects)
{
    static struct summary sum;
    static const int64_t ONE[] = { 1 }, BOTH[] = { 2, 1 };
    open_store();
    add_project();
    for (int i = 0; i < SUMMARY_DEPLOYS; i++)
        ends((struct end){ 1000 + i, 1, NOW - i * CLOCK_MINUTE, NOW - 2 * CLOCK_DAY, RUN_COMPLETED, 1 });
    ends((struct end){ 5000, 2, NOW - CLOCK_SECOND, NOW - 2 * CLOCK_SECOND, RUN_FAILED, 1 });
    ask((struct summary_request){ .projects = BOTH, .project_count = 2, .days = 1 }, &sum);
    CHECK_INT(sum.deploy_count, SUMMARY_DEPLOYS);
    CHECK_INT(sum.deploys[0].id, 1000);
    CHECK_INT(sum.deploys[1].id, 5000);
    CHECK_INT(sum.deploys[SUMMARY_DEPLOYS - 1].id, 1000 + SUMMARY_DEPLOYS - 2);
    CHECK_TEXT(sum.deploys[1].image, "acme/site:v5000");
    CHECK_TEXT(sum.deploys[1].status, "FAILED");
    CHECK_TEXT(sum.deploys[1].project, "other");
    CHECK_INT(sum.deploys[1].at - sum.deploys[1].arrived_at, CLOCK_SECOND);
    ask((struct summary_request){ .everywhere = true, .days = 1 }, &sum);
    CHECK_INT(sum.deploys[1].id, 5000);
    ask((struct summary_request){ .projects = ONE, .project_count = 1, .days = 1 }, &sum);
    CHECK_INT(sum.deploys[1].id, 1001);
    summary_fini(&sum);
    close_store();
}

TEST(summary, counts_what_is_under_way)
{
    static const char *const STATUSES[] = { "STARTED", "RUNNING", "CANCELING", "WAITING", "PAUSED", "QUEUED" };
    static struct summary sum;
    open_store();
    for (size_t i = 0; i < ALEN(STATUSES); i++) {
        AUTO_FREE char *sql = mem_format(RUN "VALUES (NULL, 'l%zu', 1, 1, 'deploy', %zu, '%s', '{}', 1, 1, NULL, NULL, NULL, 0, NULL, 0)",
                                         i, i, STATUSES[i]);
        run_sql(sql);
    }
    run_sql("UPDATE events SET held_until = 1");
    ask((struct summary_request){ .everywhere = true, .days = 1 }, &sum);
    CHECK_INT(sum.running, 3);
    CHECK_INT(sum.waiting, 2);
    CHECK_INT(sum.queued, 1);
    CHECK_INT(sum.held, 1);
    summary_fini(&sum);
    close_store();
}

TEST(summary, counts_what_ended_before_it_was_counted)
{
    static const struct { int took; const char *status; } ENDED[] = {
        { 42, "COMPLETED" }, { 1299, "COMPLETED" }, { 9000000, "COMPLETED" }, { 1, "FAILED" }, { 1, "CANCELED" },
    };
    open_store_of(4);
    for (size_t i = 0; i < ALEN(ENDED); i++) {
        long long end = NOW + (long long)i * CLOCK_HOUR, began = end - ENDED[i].took * CLOCK_SECOND;
        AUTO_FREE char *push = mem_format(PUSH "VALUES (%zu, 'q%zu', 1, 2, '', '', '', 'm%zu', %lld, 0)", 10 + i, i, i, began);
        AUTO_FREE char *run = mem_format(RUN "VALUES (NULL, 'l%zu', 1, 1, 'deploy', %zu, '%s', '{}', 1, 0, 1, %zu, 1, 0, %lld, 0)", i, i,
                                         ENDED[i].status, 10 + i, end);
        run_sql(push);
        run_sql(run);
    }
    migrate_store();
    CHECK_TEXT(rows("SELECT span || ' ' || completed || failed || canceled FROM ended_runs ORDER BY span, at"),
               "day 311\nhour 100\nhour 100\nhour 100\nhour 010\nhour 001");
    CHECK_TEXT(rows("SELECT seconds || ' ' || count FROM deploy_times ORDER BY seconds"), "42 1\n1200 1\n990000 1");
    close_store();
}

static bool read_plan(void *context, struct db_tx *tx, struct err *e)
{
    AUTO(db_rows) plan = db_rows_built(tx, context);
    while (db_next(plan, e))
        text_addf(&s.out, "%s; ", db_text(plan, 3));
    return !db_rows_failed(plan);
}

static const char *plan_of(const char *sql)
{
    struct err e = { 0 };
    text_fini(&s.out);
    CHECK_OK(db_read_now(s.db, read_plan, (void *)sql, &e), e);
    return text_of(&s.out);
}

/* A dashboard that everybody leaves open: it must not read all that ever ran. */
TEST(summary, reads_by_indexes_alone)
{
    static const char *const PLANS[] = { SQL_summary_live, SQL_summary_held, SQL_summary_counts, SQL_summary_times, SQL_summary_deploys,
                                         SQL_summary_deploys_of };
    static const char *const INDEXES[] = { "USING COVERING INDEX executions_live_by_status", "USING COVERING INDEX events_held_by_project", "USING INDEX ",
                                           "USING INDEX ", "USING INDEX executions_of_pushes", "USING INDEX executions_of_pushes_by_project" };
    open_store();
    for (size_t i = 0; i < ALEN(PLANS); i++) {
        AUTO_FREE char *sql = mem_format("EXPLAIN QUERY PLAN %s", PLANS[i]);
        const char *plan = plan_of(sql);
        CHECK(strstr(plan, INDEXES[i]));
        CHECK(!strstr(plan, "SCAN ended_runs") && !strstr(plan, "SCAN deploy_times") && !strstr(plan, "SCAN events"));
        CHECK(i < 4 || !strstr(plan, "TEMP B-TREE"));
    }
    close_store();
}
