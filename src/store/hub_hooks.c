#include "store/hub_hooks.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/objects.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

enum { NAME_PART = 40 };

void hub_hook_row_fini(struct hub_hook_row *row)
{
    char **texts[] = { &row->project, &row->endpoint, &row->webhook, &row->repository, &row->name, &row->slug, &row->wanted, &row->url_hash,
                       &row->state, &row->message };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct hub_hook_row){ 0 };
}

bool hub_hook_get(struct db_tx *tx, int64_t id, struct hub_hook_row *ret, bool *ret_found, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_hub_hook_get, "i", id);
    *ret_found = db_next(r, e);
    if (!*ret_found)
        return !db_rows_failed(r);
    *ret = (struct hub_hook_row){
        .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .endpoint_id = db_int(r, 4),
        .endpoint = mem_text(db_text(r, 5)), .webhook_id = db_int(r, 6), .webhook = mem_text(db_text(r, 7)),
        .repository = mem_text(db_text(r, 8)), .name = mem_text(db_text(r, 9)), .slug = mem_text(db_text(r, 10)),
        .wanted = mem_text(db_text(r, 11)), .url_hash = mem_text(db_text(r, 12)), .state = mem_text(db_text(r, 13)),
        .message = mem_text(db_text(r, 14)), .version = db_int(r, 15), .attempts = db_int(r, 16), .next_at = db_int(r, 17),
        .created_at = db_int(r, 18), .updated_at = db_int(r, 19),
    };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    return true;
}

bool hub_hook_find(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hub_hook_find, "t", uuid);
    return rows_id(rows, ret, e);
}

bool hub_hook_of_webhook(struct db_tx *tx, int64_t webhook_id, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hub_hook_of_webhook, "i", webhook_id);
    return rows_id(rows, ret, e);
}

/* ---- intents */

/* "slipway-web-01ab23cd": what people recognise, and what no other hook has. */
static char *name_for(const char *webhook, const char *uuid)
{
    char part[NAME_PART + 1];
    size_t n = 0;
    for (const char *c = webhook; *c && n < NAME_PART; c++)
        if (isalnum((unsigned char)*c))
            part[n++] = (char)tolower((unsigned char)*c);
        else if (n && part[n - 1] != '-')
            part[n++] = '-';
    while (n && part[n - 1] == '-')
        n--;
    return mem_format("slipway-%.*s%s%s", (int)n, part, n ? "-" : "", uuid + strlen(uuid) - 8);
}

bool hub_hook_insert(struct db_tx *tx, struct hub_hook_row *row, struct err *e)
{
    id_new(row->uuid);
    free(row->name);
    row->name = name_for(row->webhook, row->uuid);
    if (!db_run(tx, e, SQL_hub_hook_insert, "tiiitttttzi", row->uuid, row->project_id, row->endpoint_id, row->webhook_id, row->webhook,
                row->repository, row->name, row->state, row->message, row->next_at, clock_now()))
        return err_wrap(e, "record a hook at Docker Hub");
    row->id = db_last_id(tx);
    return true;
}

bool hub_hook_want(struct db_tx *tx, int64_t id, const char *webhook, const char *state, const char *message, int64_t next_at, struct err *e)
{
    return db_run(tx, e, SQL_hub_hook_want, "ittzti", id, state, message, next_at, webhook, clock_now());
}

bool hub_hook_orphan(struct db_tx *tx, const struct hub_hook_row *row, struct err *e)
{
    if (text_is(row->state, "manual"))
        return hub_hook_delete(tx, row->id, e);
    return db_run(tx, e, SQL_hub_hook_orphan, "ii", row->id, clock_now());
}

bool hub_hook_delete(struct db_tx *tx, int64_t id, struct err *e)
{
    return db_run(tx, e, SQL_hub_hook_delete, "i", id);
}

bool hub_hooks_retry(struct db_tx *tx, int64_t endpoint_id, struct err *e)
{
    return db_run(tx, e, SQL_hub_hooks_retry, "ii", endpoint_id, clock_now());
}

bool hub_hooks_retry_project(struct db_tx *tx, int64_t project_id, struct err *e)
{
    return db_run(tx, e, SQL_hub_hooks_retry_project, "ii", project_id, clock_now());
}

/* ---- what came of a call */

/* Those who look at webhooks are told. */
static bool told(struct db_tx *tx, int64_t id, struct err *e)
{
    struct hub_hook_row row = { 0 };
    bool found = false;
    bool ok = hub_hook_get(tx, id, &row, &found, e) && (!found || !row.webhook_id || change_add(tx, row.project_id, "webhooks", row.webhook_id, e));
    hub_hook_row_fini(&row);
    return ok;
}

bool hub_hook_done(struct db_tx *tx, int64_t id, int64_t version, const char *url_hash, const char *message, bool *ret_current, struct err *e)
{
    if (!db_run(tx, e, SQL_hub_hook_done, "iitti", id, version, message, url_hash, clock_now()))
        return false;
    *ret_current = db_changes(tx) > 0;
    return told(tx, id, e);
}

bool hub_hook_failed(struct db_tx *tx, int64_t id, int64_t version, const char *message, int64_t next_at, bool *ret_current, struct err *e)
{
    if (!db_run(tx, e, SQL_hub_hook_failed, "iitii", id, version, message, next_at, clock_now()))
        return false;
    *ret_current = db_changes(tx) > 0;
    return told(tx, id, e);
}

bool hub_hook_slug(struct db_tx *tx, int64_t id, const char *slug, struct err *e)
{
    return db_run(tx, e, SQL_hub_hook_slug, "it", id, slug);
}

/* ---- questions */

bool hub_hooks_due(struct db_tx *tx, size_t limit, struct hub_hook_due *ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hub_hooks_due, "i", (int64_t)limit);
    *ret_count = 0;
    while (*ret_count < limit && db_next(rows, e))
        ret[(*ret_count)++] = (struct hub_hook_due){ db_int(rows, 0), db_int(rows, 1) };
    return !db_rows_failed(rows);
}

bool hub_hooks_gone_of_endpoint(struct db_tx *tx, int64_t endpoint_id, char **ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hub_hooks_gone_of_endpoint, "i", endpoint_id);
    return rows_joined(rows, ret, e);
}

bool hub_webhooks(struct db_tx *tx, int64_t endpoint_id, int64_t **ret, size_t *ret_count, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_hub_webhooks, "i", endpoint_id);
    return rows_ids(rows, ret, ret_count, e);
}
