/* store/lists.h - pages of things: filters that people type become SQL with parameters, over columns that a table allows.
 *
 *   name eq 'X'   (status ne 'FAILED')   not ((project eq 'P') and (type eq 'k8s'))   index ge 3   _nested eq 'false'
 *   startswith(name, 'ab')   endswith(name, 'b')   substringof('bc', tolower(name))   contains(name, 'b')   toupper(name) eq 'AB'
 *
 * A page is ids; what each looks like is read one by one, by prepared statements.
 * Limits: 4,000 characters, 100 comparisons, 32 levels, pages of 1,000, counting to 1,000.
 */
#pragma once

#include "db/db.h"

enum { LIST_FILTER = 4000, LIST_COMPARISONS = 100, LIST_DEPTH = 32, LIST_PAGE = 100, LIST_PAGE_MOST = 1000, LIST_COUNTED = 1000 };

enum list_type { LIST_TEXT, LIST_INT, LIST_BOOL, LIST_ANY /* of several texts: eq and ne only */ };

struct list_column {
    const char *name; /* as the API says it: "_requestTimeInMicros" */
    const char *sql;  /* "x.requested_at"; x is the listed table, j its project. ANY: a query of ids, which ends before the text */
    enum list_type type;
};

struct list_source {
    const char *name, *from;
    const struct list_column *columns; /* ends with a NULL name */
    const char *const *search;         /* SQL columns that free text looks into; NULL at the end */
    const char *project;               /* the column that says whose it is; NULL: of nobody */
    const char *total;                 /* its kind in totals; NULL: counted */
    const char *shared;                /* SQL: true of those that everybody sees; NULL: none. Not with total */
};
extern const struct list_source LIST_PROJECTS, LIST_ENDPOINTS, LIST_VARIABLES, LIST_PIPELINES, LIST_WEBHOOKS, LIST_EVENTS,
    LIST_EXECUTIONS, LIST_DELIVERIES, LIST_AUDIT, LIST_REGISTRY_HOOKS,
    LIST_WATCHES, LIST_DEPLOYMENTS, LIST_USERS, LIST_CLOUD_PROXIES, LIST_USER_OPERATIONS, LIST_INTEGRATIONS, LIST_SSH_HOSTS, LIST_NOTIFICATIONS, LIST_FREEZES;

struct list_request { /* texts may be NULL */
    const char *filter, *orderby, *search, *after;
    int64_t top, skip;        /* top 0: LIST_PAGE */
    bool all_projects;        /* else only these */
    const int64_t *projects;
    size_t project_count;
    /* what the route itself asks for, beside the filter: "x.pipeline_id" and its value; NULL: nothing */
    const char *also;
    int64_t also_value;
};

struct list_page {
    int64_t *ids;
    size_t count;
    int64_t total;
    bool total_more; /* at least total: counting stopped there */
    char *next;      /* what after must be for the next page; NULL: this is the last, or the order knows no next */
};
void list_page_fini(struct list_page *page);
/* ERR_INVALID names what is wrong with filter, order or cursor, and where. */
bool list_page(struct db_tx *tx, const struct list_source *source, const struct list_request *request, struct list_page *ret, struct err *e);
