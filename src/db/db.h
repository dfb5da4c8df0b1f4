/* db/db.h - one face for the database: transactions, statements, group commit, migrations.
 *
 * One writer thread owns the only writing connection. Whatever queued while the
 * last commit ran is one transaction; each job has a savepoint of its own, so one
 * that fails undoes only itself; a full disk undoes the whole group. A job's done runs on the loop after the commit is
 * on the disk (SQLite: WAL, synchronous=FULL). Readers have read-only connections
 * on threads of their own; a read sees one consistent state.
 *
 * SQL is written for SQLite and PostgreSQL alike: $1, ON CONFLICT, RETURNING.
 * Cost: a write waits for at most the commit under way and its own.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"
#include "loop/loop.h"

struct db;
struct db_tx;   /* a transaction, on the thread where it runs */
struct db_rows; /* the rows of one statement */

struct db_migration {
    int version; /* 1, 2, ... without gaps */
    const char *name, *sql;
};

struct db_config {
    const char *path;              /* the SQLite file */
    int readers;                   /* 0: 2 */
    const struct db_migration *migrations; /* ends with version 0 */
    int64_t busy_micros;           /* wait for another process's lock; 0: 5 s */
    void (*changed)(void *context); /* on the loop, after each commit that wrote; may be NULL */
    void *context;
};

/* Opens, locks against a second server (ERR_CONFLICT), backs up before migrating ("file.before-NNNN"), migrates.
 * A schema newer than the last migration is refused. */
bool db_open(struct loop *loop, const struct db_config *config, struct db **ret, struct err *e);
/* Finishes what is queued; their done still runs, before db_close returns. What those ask for meanwhile ends with ERR_CANCELED. */
void db_close(struct db **db);

struct db_job {
    bool (*work)(struct db_job *job, struct db_tx *tx, struct err *e); /* on a thread of the database; false undoes it */
    void (*done)(struct db_job *job, const struct err *e);             /* on the loop, exactly once; e NULL: committed */
    struct post post; /* private from here on */
    struct link link;
    struct err error;
    bool failed;
};
void db_write(struct db *db, struct db_job *job);
/* A read that takes longer than DB_READ_MICROS is interrupted (ERR_TIMEOUT): while it sees its state, the log behind it
 * cannot be emptied. */
void db_read(struct db *db, struct db_job *job);
#define DB_READ_MICROS INT64_C(2000000)

/* At start, and in tools and tests: the same, waited for, on the calling thread's time. Not on a running loop. */
bool db_write_now(struct db *db, bool (*work)(void *context, struct db_tx *tx, struct err *e), void *context, struct err *e);
bool db_read_now(struct db *db, bool (*work)(void *context, struct db_tx *tx, struct err *e), void *context, struct err *e);

/* Statements. sql must live as long as the db (a constant from .sql files): it is prepared once per connection, found
 * again by its address. format has one letter per $n: i int64_t; t const char * (NULL is SQL NULL); b const void *,
 * size_t; d double; n nothing (NULL);
 * z int64_t of which 0 is NULL (an id that may be missing). */
bool db_run(struct db_tx *tx, struct err *e, const char *sql, const char *format, ...);
struct db_rows *db_rows(struct db_tx *tx, const char *sql, const char *format, ...); /* never NULL; errors show in db_next */
struct db_rows *db_rows_built(struct db_tx *tx, const char *sql); /* for SQL put together at run time (lists): bind with db_bind_* */
void db_bind_int(struct db_rows *r, int64_t value);   /* the next $n */
void db_bind_text(struct db_rows *r, const char *value);
bool db_next(struct db_rows *r, struct err *e);       /* a row; false at the end, and on failure (then e is set) */
bool db_rows_failed(const struct db_rows *r);
void db_rows_destroy(struct db_rows **r);

int64_t db_int(const struct db_rows *r, int column);
double db_real(const struct db_rows *r, int column);
bool db_null(const struct db_rows *r, int column);
const char *db_text(const struct db_rows *r, int column); /* borrowed until the next db_next; "" for NULL */
const void *db_blob(const struct db_rows *r, int column, size_t *ret_size);
int64_t db_changes(struct db_tx *tx); /* rows that the last db_run changed */
int64_t db_last_id(struct db_tx *tx); /* integer key of the last inserted row */

/* Copies the database, while it runs, to a new file of mode 0600; ERR_CONFLICT when it exists. The file is there whole or not at all. */
bool db_backup(const char *from_path, const char *to_path, struct err *e);

struct db_stats { int64_t commits, jobs, largest_group, queue, commit_micros_total; };
struct db_stats db_stats(const struct db *db);
bool db_full(const struct db *db); /* the last commit failed for want of room; cleared by the next that works */
