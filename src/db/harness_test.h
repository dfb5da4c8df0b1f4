/* db/harness_test.h - what the tests of this room share: a database in a folder of its own, and jobs that insert. */
#pragma once

#include "base/clock.h"
#include "base/test.h"
#include "db/db.h"

struct harness {
    char folder[64], path[96];
    struct loop *loop;
    struct db *db;
    int changed; /* how often the loop was told */
};

extern const struct db_migration HARNESS_ONE[]; /* t (id, name), version 1 */

void harness_open(struct harness *h, const struct db_migration *migrations); /* { 0 } begins a new folder */
bool harness_try(struct harness *h, const struct db_migration *migrations, struct db **ret, struct err *e);
void harness_close(struct harness *h); /* the folder stays, to be opened again */
void harness_end(struct harness *h);   /* and the folder goes */

/* For db_read_now and db_write_now. */
bool harness_count(void *int64, struct db_tx *tx, struct err *e);  /* rows of t */
bool harness_add(void *int64, struct db_tx *tx, struct err *e);    /* a row of that id */
bool harness_add_large(void *int64, struct db_tx *tx, struct err *e); /* a row of that many bytes */
bool harness_sql(void *constant_sql, struct db_tx *tx, struct err *e);
int64_t harness_rows(struct harness *h);
bool harness_has(struct harness *h, int64_t id);
/* The most pages there may be: a small disk. */
void harness_limit(struct harness *h, const char *constant_pragma);

struct insert { /* one job: a row, perhaps large, and how it ended */
    struct db_job job;
    struct harness *h;
    int number, *ended, wanted; /* the loop stops when so many have ended */
    int64_t bytes;              /* of the name; 0: "nN" */
    const char *more;           /* SQL to run after it; NULL: none */
    bool bad;                   /* fails after inserting */
    int slow_ms;
    int order; /* as which one it ended */
    enum err_kind kind;
    char text[200];
};
void insert_write(struct insert *i); /* hands it to the database */
void insert_run(struct insert *jobs, int count, struct harness *h); /* writes all, and waits until all have ended */
