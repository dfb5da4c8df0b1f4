/* Statements: binding by name ("$2"), because SQLite numbers parameters by first appearance; rows and columns. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/inside.h"

struct db_rows {
    struct connection *connection;
    sqlite3_stmt *prepared;
    const char *sql;   /* NULL: prepared for this use alone */
    struct err error;  /* of preparing and binding; shown by the first db_next */
    int bound;         /* by db_bind_*: how many */
    bool failed, over;
};

static int parameter(sqlite3_stmt *prepared, int number)
{
    char name[16];
    snprintf(name, sizeof name, "$%d", number);
    return sqlite3_bind_parameter_index(prepared, name);
}

static void bind_int(sqlite3_stmt *s, int at, int64_t value)
{
    sqlite3_bind_int64(s, at, value);
}

static void bind_text(sqlite3_stmt *s, int at, const char *value)
{
    if (value)
        sqlite3_bind_text(s, at, value, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(s, at);
}

/* One value of the argument list, as its letter says. */
static void bind_next(sqlite3_stmt *s, int at, char letter, va_list *args)
{
    if (letter == 'i') {
        bind_int(s, at, va_arg(*args, int64_t));
    } else if (letter == 'z') {
        int64_t id = va_arg(*args, int64_t);
        if (id)
            bind_int(s, at, id);
        else
            sqlite3_bind_null(s, at);
    } else if (letter == 't') {
        bind_text(s, at, va_arg(*args, const char *));
    } else if (letter == 'd') {
        sqlite3_bind_double(s, at, va_arg(*args, double));
    } else if (letter == 'b') {
        const void *bytes = va_arg(*args, const void *);
        size_t size = va_arg(*args, size_t);
        if (bytes)
            sqlite3_bind_blob64(s, at, size ? bytes : "", size, SQLITE_TRANSIENT);
        else
            sqlite3_bind_null(s, at);
    } else {
        sqlite3_bind_null(s, at);
    }
}

static bool bind_all(sqlite3_stmt *s, const char *sql, const char *format, va_list *args, struct err *e)
{
    int wanted = sqlite3_bind_parameter_count(s), given = (int)strlen(format);
    if (wanted != given)
        return err_set(e, ERR_INTERNAL, "\"%.60s\" has %d parameters, %d were given", sql, wanted, given);
    for (int i = 0; i < given; i++) {
        int at = parameter(s, i + 1);
        if (!at)
            return err_set(e, ERR_INTERNAL, "\"%.60s\" has no parameter $%d", sql, i + 1);
        bind_next(s, at, format[i], args);
    }
    return true;
}

static struct db_rows *rows_create(struct db_tx *tx)
{
    struct db_rows *r = NEW(struct db_rows);
    r->connection = tx->connection;
    return r;
}

static void rows_prepare(struct db_rows *r, const char *sql)
{
    if (sqlite3_prepare_v2(r->connection->sqlite, sql, -1, &r->prepared, NULL) == SQLITE_OK)
        return;
    connection_failed(r->connection, &r->error);
    r->failed = true;
}

/* A statement whose rows somebody still reads (recursion) is prepared a second time, for this use alone. */
static void rows_take(struct db_rows *r, const char *sql)
{
    struct statement *s = connection_statement(r->connection, sql, &r->error);
    if (!s) {
        r->failed = true;
    } else if (s->busy) {
        rows_prepare(r, sql);
    } else {
        s->busy = true;
        r->sql = sql;
        r->prepared = s->prepared;
    }
}

bool db_run(struct db_tx *tx, struct err *e, const char *sql, const char *format, ...)
{
    AUTO(db_rows) r = rows_create(tx);
    rows_take(r, sql);
    if (!r->failed) {
        va_list args;
        va_start(args, format);
        r->failed = !bind_all(r->prepared, sql, format, &args, &r->error);
        va_end(args);
    }
    while (db_next(r, e))
        ;
    return !r->failed;
}

struct db_rows *db_rows(struct db_tx *tx, const char *sql, const char *format, ...)
{
    struct db_rows *r = rows_create(tx);
    rows_take(r, sql);
    if (r->failed)
        return r;
    va_list args;
    va_start(args, format);
    r->failed = !bind_all(r->prepared, sql, format, &args, &r->error);
    va_end(args);
    return r;
}

struct db_rows *db_rows_built(struct db_tx *tx, const char *sql)
{
    struct db_rows *r = rows_create(tx);
    rows_prepare(r, sql);
    return r;
}

/* 0: there is none, and reading the rows will say so. */
static int next_parameter(struct db_rows *r)
{
    int at = r->failed ? 0 : parameter(r->prepared, ++r->bound);
    if (!at && !r->failed)
        r->failed = !err_set(&r->error, ERR_INTERNAL, "\"%.60s\" has no parameter $%d", sqlite3_sql(r->prepared), r->bound);
    return at;
}

void db_bind_int(struct db_rows *r, int64_t value)
{
    int at = next_parameter(r);
    if (at)
        bind_int(r->prepared, at, value);
}

void db_bind_text(struct db_rows *r, const char *value)
{
    int at = next_parameter(r);
    if (at)
        bind_text(r->prepared, at, value);
}

bool db_next(struct db_rows *r, struct err *e)
{
    if (r->failed) {
        if (e && r->error.kind)
            *e = r->error;
        return false;
    }
    if (r->over)
        return false;
    int code = sqlite3_step(r->prepared);
    if (code == SQLITE_ROW)
        return true;
    r->over = true;
    r->failed = code != SQLITE_DONE;
    if (r->failed) {
        connection_failed(r->connection, &r->error);
        if (e)
            *e = r->error;
    }
    sqlite3_reset(r->prepared); /* what it locked is free before the rows are destroyed */
    return false;
}

bool db_rows_failed(const struct db_rows *r)
{
    return r->failed;
}

void db_rows_destroy(struct db_rows **rows)
{
    struct db_rows *r = TAKE(*rows);
    if (!r)
        return;
    if (r->sql) {
        struct statement *s = connection_statement(r->connection, r->sql, NULL);
        sqlite3_reset(r->prepared);
        sqlite3_clear_bindings(r->prepared);
        s->busy = false;
    } else {
        sqlite3_finalize(r->prepared);
    }
    free(r);
}

int64_t db_int(const struct db_rows *r, int column)
{
    return sqlite3_column_int64(r->prepared, column);
}

double db_real(const struct db_rows *r, int column)
{
    return sqlite3_column_double(r->prepared, column);
}

bool db_null(const struct db_rows *r, int column)
{
    return sqlite3_column_type(r->prepared, column) == SQLITE_NULL;
}

const char *db_text(const struct db_rows *r, int column)
{
    const char *text = (const char *)sqlite3_column_text(r->prepared, column);
    return text ? text : "";
}

const void *db_blob(const struct db_rows *r, int column, size_t *ret_size)
{
    const void *bytes = sqlite3_column_blob(r->prepared, column);
    *ret_size = (size_t)sqlite3_column_bytes(r->prepared, column);
    return bytes ? bytes : "";
}

int64_t db_changes(struct db_tx *tx)
{
    return sqlite3_changes64(tx->connection->sqlite);
}

int64_t db_last_id(struct db_tx *tx)
{
    return sqlite3_last_insert_rowid(tx->connection->sqlite);
}
