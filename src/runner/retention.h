/* runner/retention.h - what is old goes, a slice at a time, so that nobody waits for it. */
#pragma once

#include "db/db.h"

struct retention;

struct retention_config {
    struct loop *loop;
    struct db *db;
    int64_t bodies_days; /* headers and bodies of deliveries; their identity stays, so a repeat is still one */
    int64_t runs_days;   /* finished executions with their tasks and logs, and events */
};

struct retention *retention_create(const struct retention_config *config); /* begins after a minute */
void retention_change(struct retention *r, int64_t bodies_days, int64_t runs_days); /* from the next slice on */
void retention_stop(struct retention *r);
void retention_destroy(struct retention **r); /* after the loop ended */
