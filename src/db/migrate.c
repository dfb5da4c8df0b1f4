/* From the schema that is there to the one this binary knows: forward only, each in a transaction of its own. */
#include <stdio.h>
#include <sys/stat.h>

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

/* With the references not enforced, a migration may rebuild a table that others refer to; what it leaves must hold. */
static bool references_hold(struct connection *c, struct err *e)
{
    sqlite3_stmt *s = NULL;
    int code = sqlite3_prepare_v2(c->sqlite, "PRAGMA foreign_key_check", -1, &s, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_step(s);
    if (code == SQLITE_ROW)
        err_set(e, ERR_INTERNAL, "a row of %s would refer to a row of %s that is not there", sqlite3_column_text(s, 0),
                sqlite3_column_text(s, 2));
    else if (code != SQLITE_DONE)
        connection_failed(c, e);
    sqlite3_finalize(s);
    return code == SQLITE_DONE;
}

static bool apply(struct connection *c, const struct db_migration *m, struct err *e)
{
    char set[64];
    snprintf(set, sizeof set, "PRAGMA user_version = %d", m->version);
    if (!connection_exec(c, "BEGIN IMMEDIATE", e))
        return false;
    if (connection_exec(c, m->sql, e) && references_hold(c, e) && connection_exec(c, set, e) &&
        connection_exec(c, "COMMIT", e))
        return true;
    connection_exec(c, "ROLLBACK", NULL);
    return err_wrap(e, "migration %04d_%s", m->version, m->name);
}

/* A backup of an earlier try is good as long as the database was not written since; else the next gets another name. */
static bool backed_up_since(const char *path, const char *copy)
{
    struct stat database, backup, log;
    AUTO_FREE char *wal = mem_format("%s-wal", path);
    if (stat(path, &database) != 0 || stat(copy, &backup) != 0)
        return false;
    bool log_older = stat(wal, &log) != 0 || log.st_size == 0 || log.st_mtime <= backup.st_mtime;
    return log_older && database.st_mtime <= backup.st_mtime;
}

static bool back_up(const char *path, int have, int last, struct err *e)
{
    enum { MOST = 9 };
    for (int try = 1; try <= MOST; try++) {
        AUTO_FREE char *copy = try == 1 ? mem_format("%s.before-%04d", path, last) : mem_format("%s.before-%04d.%d", path, last, try);
        struct err why = { 0 };
        bool made = db_backup(path, copy, &why);
        if (!made && why.kind != ERR_CONFLICT) {
            *e = why;
            return err_wrap(e, "back up before migrating");
        }
        if (made || backed_up_since(path, copy)) {
            log_info("db", "schema %d becomes %d; the database before it is kept as %s", have, last, copy);
            return true;
        }
    }
    return err_set(e, ERR_CONFLICT, "there are %d backups %s.before-%04d already; move them away, then start again", MOST, path, last);
}

static bool apply_all(struct connection *c, const struct db_migration *migrations, int have, struct err *e)
{
    if (!connection_exec(c, "PRAGMA foreign_keys = OFF", e))
        return false;
    for (const struct db_migration *m = migrations; m && m->version; m++)
        if (m->version > have && !apply(c, m, e))
            return false;
    return connection_exec(c, "PRAGMA foreign_keys = ON", e);
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
    if (have == last)
        return true;
    return (have == 0 || back_up(path, have, last, e)) && apply_all(c, migrations, have, e);
}
