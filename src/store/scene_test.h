/* store/scene_test.h - a database of its own, with a project "default" that has a cluster "prod", a pipeline "deploy", a webhook "site",
 * and two executions: 11, which a push started (event v1), and 12.
 */
#pragma once

#include "base/test.h"
#include "base/text.h"
#include "db/db.h"

struct scene {
    char folder[64];
    struct loop *loop;
    struct db *db;
    struct text out;
};
extern struct scene s;

void open_store(void);
void open_store_of(int version); /* with the schema as it was then; */
void migrate_store(void);        /* and as it is now */
void close_store(void);
/* The first column of all rows, a line each; the test's until the next call. */
const char *rows(const char *sql);
void run_sql(const char *sql);
