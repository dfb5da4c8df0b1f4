/* From the schema that is there to the one this binary knows: forward only, each in a transaction of its own. */
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "db/inside.h"

static int schema_version(struct connection *c, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int version = -1;
    if (sqlite3_prepare_v2(c->sqlite, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
        version = sqlite3_column_int(s, 0);
    else
        connection_failed(c, e);
    sqlite3_finalize(s);
    return version;
}

static bool apply(struct connection *c, const struct db_migration *m, struct err *e)
{
    char set[64];
    snprintf(set, sizeof set, "PRAGMA user_version = %d", m->version);
    if (!connection_exec(c, "BEGIN IMMEDIATE", e))
        return false;
    if (connection_exec(c, m->sql, e) && connection_exec(c, set, e) && connection_exec(c, "COMMIT", e))
        return true;
    connection_exec(c, "ROLLBACK", NULL);
    return err_wrap(e, "migration %04d_%s", m->version, m->name);
}

bool migrate(struct connection *c, const char *path, const struct db_migration *migrations, struct err *e)
{
    int have = schema_version(c, e), last = 0;
    if (have < 0)
        return false;
    for (const struct db_migration *m = migrations; m && m->version; m++)
        last = m->version;
    if (have > last)
        return err_set(e, ERR_CONFLICT, "%s has schema %d, this slipway knows up to %d: start a newer slipway, or restore a backup", path,
                       have, last);
    if (have > 0 && have < last) {
        AUTO_FREE char *copy = mem_format("%s.before-%04d", path, last);
        struct err exists = { 0 };
        if (!db_backup(path, copy, &exists) && exists.kind != ERR_CONFLICT) /* of an interrupted migration: keep the first */
            return *e = exists, err_wrap(e, "back up before migrating");
        log_info("db", "schema %d becomes %d; the database before it is kept as %s", have, last, copy);
    }
    for (const struct db_migration *m = migrations; m && m->version; m++)
        if (m->version > have && !apply(c, m, e))
            return false;
    return true;
}
