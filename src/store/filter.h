/* store/filter.h - one filter text to one SQL condition; of this room only. */
#pragma once

#include "base/text.h"
#include "store/lists.h"

struct list_value {
    bool is_text;
    int64_t number;
    char *text;
};

struct list_sql { /* SQL under way, and what its $n stand for */
    struct text sql;
    struct list_value *values;
    size_t count;
};
void list_sql_fini(struct list_sql *q);
void list_sql_text(struct list_sql *q, const char *value);   /* appends "$n" */
void list_sql_int(struct list_sql *q, int64_t value);
void list_sql_text_n(struct list_sql *q, const char *value, size_t n);

const struct list_column *list_column_find(const struct list_source *source, const char *name, size_t n);
/* Appends a condition in parentheses. */
bool filter_sql(const struct list_source *source, const char *filter, struct list_sql *q, struct err *e);
