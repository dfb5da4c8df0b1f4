#include "store/ssh_hosts.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

void ssh_host_row_fini(struct ssh_host_row *row)
{
    char **texts[] = { &row->project, &row->cloud_proxy, &row->cloud_proxy_name, &row->host, &row->type, &row->fingerprint };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *row = (struct ssh_host_row){ 0 };
}

bool ssh_host_find(struct db_tx *tx, int64_t project_id, const char *cloud_proxy, const char *host, int64_t port, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_ssh_host_find, "itti", project_id, cloud_proxy, host, port);
    return rows_id(rows, ret, e);
}

bool ssh_host_find_uuid(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e)
{
    AUTO(db_rows) rows = db_rows(tx, SQL_ssh_host_find_uuid, "t", uuid);
    return rows_id(rows, ret, e);
}

bool ssh_host_get(struct db_tx *tx, int64_t id, struct ssh_host_row *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_ssh_host_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "there is no such SSH host");
    *ret = (struct ssh_host_row){ .id = db_int(r, 0), .project_id = db_int(r, 2), .project = mem_text(db_text(r, 3)), .cloud_proxy = mem_text(db_text(r, 4)),
                                  .cloud_proxy_name = mem_text(db_text(r, 5)), .host = mem_text(db_text(r, 6)), .port = db_int(r, 7), .type = mem_text(db_text(r, 8)),
                                  .fingerprint = mem_text(db_text(r, 9)), .created_at = db_int(r, 10) };
    snprintf(ret->uuid, sizeof ret->uuid, "%s", db_text(r, 1));
    return true;
}

bool ssh_host_put(struct db_tx *tx, const struct ssh_host_row *row, struct err *e)
{
    char uuid[ID_TEXT];
    if (!db_run(tx, e, SQL_ssh_host_put, "tittitti", id_new(uuid), row->project_id, row->cloud_proxy, row->host, row->port, row->type, row->fingerprint, clock_now()))
        return false;
    return !db_changes(tx) || change_add(tx, row->project_id, "ssh-hosts", db_last_id(tx), e);
}

bool ssh_host_delete(struct db_tx *tx, const struct ssh_host_row *row, struct err *e)
{
    return db_run(tx, e, SQL_ssh_host_delete, "i", row->id) && change_add(tx, row->project_id, "ssh-hosts", row->id, e);
}
