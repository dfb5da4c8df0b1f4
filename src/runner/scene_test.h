/* runner/scene_test.h - a server without its web, in the test's process, with a webhook "web" on acme/web:v.* and a pipeline "deploy"
 * of one task; what a test does there, and what it reads. */
#pragma once

#include "runner/inside.h"
#include "tasks/task.h"

/* ---- a task type of the test's own, WORK, in place of the real table */
extern int works_begun;
extern bool works_hang;          /* its tasks do not end */
extern const char *works_push;   /* they push this image, and say so; NULL: they push nothing */
extern bool works_put;           /* they put "acme/web:TAG" on the cluster "hub" */
extern struct task_job *hanging; /* the last one that does not */
extern const struct task_type *scene_more; /* a second type, of one test only; NULL: none */

struct scene {
    char folder[64], path[96];
    struct loop *loop;
    struct db *db;
    struct http_client *http;
    struct seal *seal;
    struct runner *runner;
    struct timer timer;
    int die_after, commits; /* the process ends at its die_after'th commit */
};
extern struct scene s;

void open_scene(void);   /* a new database; the server runs */
void close_scene(void);
void open_server(void);  /* on the scene's database */
void close_server(void);
void drained(void *context); /* ends loop_run */

struct delivery {
    const char *key, *tag, *digest, *repository;
    int64_t listener;
};

void deliver(struct delivery d);
void run_sql(const char *sql);
/* The first column of all rows, a line each; the test's until the next call. */
const char *read_rows(const char *sql);
/* Turns the loop until the rows are as wanted; then compares. Patient, for it costs time only where something is wrong. */
void expect(const char *sql, const char *want);

#define EVENTS "SELECT webhook_name || ' ' || tag || ' ' || status || ' ' || message FROM events ORDER BY id"
#define RUNS "SELECT name || '#' || idx || ' ' || status || ' ' || status_message FROM executions ORDER BY id"
#define A "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
