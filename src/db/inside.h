/* db/inside.h - what the files of this room share. Not for others. */
#pragma once

#include <sqlite3.h>

#include "base/map.h"
#include "db/db.h"

/* A connection and its prepared statements. One thread at a time. */
struct connection {
    sqlite3 *sqlite;
    struct statement { /* found by the address of its text */
        const char *sql;
        sqlite3_stmt *prepared;
        bool busy; /* its rows are being read: a second use prepares another */
    } *statements; /* open addressing, a power of two, never more than half full */
    size_t room, count;
    int64_t read_until; /* clock_mono(): a read is interrupted then; 0: never */
    int restart_at;     /* the writer's: pages of log at which it waits for readers */
};

struct db_tx {
    struct connection *connection;
};

bool connection_open(struct connection *c, const char *path, bool writing, int64_t busy_micros, struct err *e);
void connection_close(struct connection *c);
/* Text without rows, of our own: BEGIN, PRAGMA, a migration. */
bool connection_exec(struct connection *c, const char *sql, struct err *e);
/* One statement without rows and parameters, a constant: prepared once. */
bool connection_run(struct connection *c, const char *sql, struct err *e);
struct statement *connection_statement(struct connection *c, const char *sql, struct err *e);
/* The sentence and kind of the connection's last error. Always false. */
bool connection_failed(struct connection *c, struct err *e);

bool migrate(struct connection *c, const char *path, const struct db_migration *migrations, struct err *e);
