/* One connection to the SQLite file, and its statements. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/inside.h"

static bool no_room(sqlite3 *sqlite, int extended)
{
    int error = sqlite3_system_errno(sqlite);
    return (extended & 0xff) == SQLITE_FULL || ((extended & 0xff) == SQLITE_IOERR && (error == ENOSPC || error == EDQUOT));
}

bool connection_failed(struct connection *c, struct err *e)
{
    int extended = sqlite3_extended_errcode(c->sqlite), code = extended & 0xff;
    if (no_room(c->sqlite, extended))
        return err_set(e, ERR_FULL, "the database's disk is full");
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return err_set(e, ERR_UNAVAILABLE, "the database is locked by another process");
    if (code == SQLITE_INTERRUPT)
        return err_set(e, ERR_TIMEOUT, "reading took too long; narrow the filter");
    if (code == SQLITE_CONSTRAINT)
        return err_set(e, ERR_CONFLICT, "%s", sqlite3_errmsg(c->sqlite));
    return err_set(e, code == SQLITE_IOERR ? ERR_UNAVAILABLE : ERR_INTERNAL, "database: %s", sqlite3_errmsg(c->sqlite));
}

bool connection_exec(struct connection *c, const char *sql, struct err *e)
{
    return sqlite3_exec(c->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK || connection_failed(c, e);
}

bool connection_run(struct connection *c, const char *sql, struct err *e)
{
    struct statement *s = connection_statement(c, sql, e);
    if (!s)
        return false;
    int code = sqlite3_step(s->prepared);
    if (code != SQLITE_DONE)
        connection_failed(c, e);
    sqlite3_reset(s->prepared);
    return code == SQLITE_DONE;
}

/* Every thousand steps or so of a read: is its time over? */
static int read_over(void *context)
{
    const struct connection *c = context;
    return c->read_until && clock_mono() > c->read_until;
}

/* Caches are small on purpose: an idle server stays under 20 MB, and the page cache of the kernel serves the rest. */
static const char SETUP[] = "PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;"
                            "PRAGMA mmap_size = 0; PRAGMA cache_size = -2000; PRAGMA temp_store = MEMORY;";
/* auto_vacuum only counts before the first table. */
static const char SETUP_WRITER[] = "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                                   "PRAGMA journal_size_limit = 33554432;"
                                   "PRAGMA cache_size = -8000;";

enum { CHECKPOINT_PAGES = 2000, RESTART_PAGES = 32000 };

/* Only the writer empties the log. Readers whose reads overlap without a gap would let it grow for ever; from 128 MB on
 * it waits for those who read, once each 128 MB: each lets go within DB_READ_MICROS, only a backup may hold on for longer. */
static int after_commit(void *context, sqlite3 *sqlite, const char *name, int pages)
{
    struct connection *c = context;
    bool restart = pages >= c->restart_at;
    if (pages < RESTART_PAGES)
        c->restart_at = RESTART_PAGES;
    else if (restart)
        c->restart_at = pages + RESTART_PAGES;
    if (pages >= CHECKPOINT_PAGES)
        sqlite3_wal_checkpoint_v2(sqlite, name, restart ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return SQLITE_OK;
}

bool connection_open(struct connection *c, const char *path, bool writing, int64_t busy_micros, struct err *e)
{
    mode_t before = umask(0077);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | (writing ? SQLITE_OPEN_CREATE : 0);
    int code = sqlite3_open_v2(path, &c->sqlite, flags, NULL);
    umask(before);
    if (code != SQLITE_OK) {
        err_set(e, ERR_UNAVAILABLE, "open database %s: %s", path, c->sqlite ? sqlite3_errmsg(c->sqlite) : "out of memory");
        connection_close(c);
        return false;
    }
    c->room = 64;
    c->statements = mem_alloc(c->room * sizeof *c->statements);
    sqlite3_extended_result_codes(c->sqlite, 1);
    sqlite3_busy_timeout(c->sqlite, (int)(busy_micros / 1000));
    if (!connection_exec(c, SETUP, e) || !connection_exec(c, writing ? SETUP_WRITER : "PRAGMA query_only = ON", e)) {
        connection_close(c);
        return err_wrap(e, "open database %s", path);
    }
    c->restart_at = RESTART_PAGES;
    if (writing)
        sqlite3_wal_hook(c->sqlite, after_commit, c);
    else
        sqlite3_progress_handler(c->sqlite, 1000, read_over, c);
    return true;
}

void connection_close(struct connection *c)
{
    for (size_t i = 0; i < c->room; i++)
        sqlite3_finalize(c->statements[i].prepared);
    free(c->statements);
    sqlite3_close(c->sqlite);
    *c = (struct connection){ 0 };
}

static size_t statement_place(const struct connection *c, const char *sql)
{
    size_t i = ((uintptr_t)sql >> 3) * 0x9e3779b97f4a7c15u >> 20 & (c->room - 1);
    while (c->statements[i].sql && c->statements[i].sql != sql)
        i = (i + 1) & (c->room - 1);
    return i;
}

static void statements_grow(struct connection *c)
{
    struct statement *old = c->statements;
    size_t room = c->room;
    c->room = room * 2;
    c->statements = mem_alloc(c->room * sizeof *c->statements);
    for (size_t i = 0; i < room; i++)
        if (old[i].sql)
            c->statements[statement_place(c, old[i].sql)] = old[i];
    free(old);
}

struct statement *connection_statement(struct connection *c, const char *sql, struct err *e)
{
    if ((c->count + 1) * 2 > c->room)
        statements_grow(c);
    struct statement *s = &c->statements[statement_place(c, sql)];
    if (s->sql)
        return s;
    sqlite3_stmt *prepared = NULL;
    if (sqlite3_prepare_v3(c->sqlite, sql, -1, SQLITE_PREPARE_PERSISTENT, &prepared, NULL) != SQLITE_OK) {
        connection_failed(c, e);
        err_wrap(e, "prepare \"%.60s\"", sql);
        return NULL;
    }
    *s = (struct statement){ .sql = sql, .prepared = prepared };
    c->count++;
    return s;
}
