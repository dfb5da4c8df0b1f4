#include "store/lists.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "store/filter.h"
#include "store_sql.h"

void list_page_fini(struct list_page *page)
{
    free(page->ids);
    free(page->next);
    *page = (struct list_page){ 0 };
}

/* ---- order and cursor */

struct order {
    const struct list_column *column; /* NULL: by id alone */
    bool descending;
    bool by_age; /* nothing that follows can change it */
    bool more;   /* a second column: then there is no cursor */
    struct text sql;
};

/* Rows get their ids as they are made, and every list has an index by id: their order is that of these times. */
static bool is_age(const struct list_column *column)
{
    static const char *const TIMES[] = { "x.created_at", "x.requested_at", "x.received_at" };
    for (size_t i = 0; i < ALEN(TIMES); i++)
        if (text_is(column->sql, TIMES[i]))
            return true;
    return false;
}

static bool order_part(const struct list_source *source, const char *part, size_t n, struct order *order, struct err *e)
{
    size_t name = strcspn(part, " \t,");
    name = name > n ? n : name;
    const struct list_column *column = list_column_find(source, part, name);
    if (!column || column->type == LIST_ANY)
        return err_field(e, "$orderby", "%s cannot be ordered by '%.*s'", source->name, (int)(name > 60 ? 60 : name), part);
    const char *way = part + name + strspn(part + name, " \t");
    bool descending = way < part + n && !strncasecmp(way, "desc", 4);
    if (order->by_age)
        return true;
    if (!order->sql.length && is_age(column)) {
        order->by_age = true;
        order->descending = descending;
        return true;
    }
    if (order->sql.length)
        order->more = true;
    else
        order->column = column, order->descending = descending;
    text_addf(&order->sql, "%s%s%s", order->sql.length ? ", " : "", column->sql, descending ? " DESC" : "");
    return true;
}

static bool read_order(const struct list_source *source, const char *orderby, struct order *order, struct err *e)
{
    order->descending = true;
    for (const char *at = orderby ? orderby : ""; *at;) {
        at += strspn(at, " \t,");
        size_t n = strcspn(at, ",");
        if (n && !order_part(source, at, n, order, e))
            return false;
        at += n;
    }
    text_addf(&order->sql, "%sx.id%s", order->sql.length ? ", " : "", order->descending ? " DESC" : "");
    return true;
}

/* A cursor is the last row's place: [value, id]. */
static char *cursor_write(const struct order *order, const struct db_rows *r)
{
    AUTO_JSON *place = json_array();
    if (order->column && order->column->type == LIST_TEXT)
        json_array_append_new(place, json_string(db_text(r, 1)));
    else if (order->column)
        json_array_append_new(place, json_integer(db_int(r, 1)));
    json_array_append_new(place, json_integer(db_int(r, 0)));
    AUTO_FREE char *text = json_write(place);
    return text_base64_url(text, strlen(text));
}

static bool cursor_sql(const struct order *order, const char *after, struct list_sql *q, struct err *e)
{
    size_t n = 0;
    AUTO_FREE unsigned char *bytes = text_base64_decode(after, strlen(after), &n);
    AUTO_JSON *place = NULL;
    if (order->more)
        return err_field(e, "$after", "an order by several fields has no cursor: use $skip");
    if (!bytes || !json_read((const char *)bytes, n, &place, NULL) || json_array_size(place) != (order->column ? 2 : 1))
        return err_field(e, "$after", "$after is no cursor of this list and order");
    const char *than = order->descending ? "<" : ">";
    int64_t id = json_integer_value(json_array_get(place, order->column ? 1 : 0));
    if (!order->column) {
        text_addf(&q->sql, " AND x.id %s ", than);
        list_sql_int(q, id);
        return true;
    }
    const json_t *value = json_array_get(place, 0);
    text_addf(&q->sql, " AND (%s, x.id) %s (", order->column->sql, than);
    if (order->column->type == LIST_TEXT)
        list_sql_text(q, json_is_string(value) ? json_string_value(value) : "");
    else
        list_sql_int(q, json_integer_value(value));
    text_add(&q->sql, ", ");
    list_sql_int(q, id);
    text_add(&q->sql, ")");
    return true;
}

/* ---- conditions */

static void visible_sql(const struct list_source *source, const struct list_request *request, struct list_sql *q)
{
    text_add(&q->sql, " WHERE 1 = 1");
    if (!request->all_projects && source->project) {
        text_addf(&q->sql, " AND (%s IN (", source->project);
        for (size_t i = 0; i < request->project_count; i++) {
            text_add(&q->sql, i ? ", " : "");
            list_sql_int(q, request->projects[i]);
        }
        const char *shared = source->shared ? source->shared : "";
        text_addf(&q->sql, "%s)%s%s)", request->project_count ? "" : "0", *shared ? " OR " : "", shared);
    }
    if (request->also) {
        text_addf(&q->sql, " AND %s = ", request->also);
        list_sql_int(q, request->also_value);
    }
}

static void search_sql(const struct list_source *source, const char *search, struct list_sql *q)
{
    AUTO_TEXT pattern = { 0 };
    text_add_char(&pattern, '%');
    for (const char *c = search; *c && c < search + 200; c++) {
        if (*c == '%' || *c == '_' || *c == '\\')
            text_add_char(&pattern, '\\');
        text_add_char(&pattern, *c);
    }
    text_add_char(&pattern, '%');
    for (size_t i = 0; source->search[i]; i++) {
        text_addf(&q->sql, "%slower(%s) LIKE lower(", i ? " OR " : " AND (", source->search[i]);
        list_sql_text(q, text_of(&pattern));
        text_add(&q->sql, ") ESCAPE '\\'");
    }
    text_add(&q->sql, ")");
}

static bool where_sql(const struct list_source *source, const struct list_request *request, struct list_sql *q, struct err *e)
{
    visible_sql(source, request, q);
    if (!text_empty(request->search))
        search_sql(source, request->search, q);
    if (text_empty(request->filter))
        return true;
    text_add(&q->sql, " AND ");
    return filter_sql(source, request->filter, q, e);
}

static struct db_rows *run(struct db_tx *tx, const struct list_sql *q)
{
    struct db_rows *rows = db_rows_built(tx, text_of(&q->sql));
    for (size_t i = 0; i < q->count; i++) {
        if (q->values[i].is_text)
            db_bind_text(rows, q->values[i].text);
        else
            db_bind_int(rows, q->values[i].number);
    }
    return rows;
}

/* ---- the page, and how many there are in all */

static bool read_page(struct db_tx *tx, const struct list_source *source, const struct list_request *request, int64_t top,
                      struct order *order, struct list_page *page, struct err *e)
{
    __attribute__((cleanup(list_sql_fini))) struct list_sql q = { 0 };
    text_addf(&q.sql, "SELECT x.id, %s FROM %s", order->column ? order->column->sql : "0", source->from);
    if (!where_sql(source, request, &q, e) || (!text_empty(request->after) && !cursor_sql(order, request->after, &q, e)))
        return false;
    text_addf(&q.sql, " ORDER BY %s LIMIT %lld OFFSET %lld", text_of(&order->sql), (long long)top + 1, (long long)request->skip);
    AUTO(db_rows) rows = run(tx, &q);
    page->ids = mem_alloc((size_t)top * sizeof *page->ids);
    AUTO_FREE char *next = NULL;
    while (db_next(rows, e)) {
        if (page->count == (size_t)top) {
            page->next = order->more ? NULL : TAKE(next);
            break;
        }
        page->ids[page->count++] = db_int(rows, 0);
        if (page->count == (size_t)top)
            next = cursor_write(order, rows);
    }
    return !db_rows_failed(rows);
}

static bool kept_total(struct db_tx *tx, const struct list_source *source, const struct list_request *request, struct list_page *page,
                       struct err *e)
{
    __attribute__((cleanup(list_sql_fini))) struct list_sql q = { 0 };
    text_add(&q.sql, "SELECT COALESCE(SUM(x.count), 0) FROM totals x WHERE x.kind = ");
    list_sql_text(&q, source->total);
    if (!request->all_projects) {
        text_add(&q.sql, " AND x.project_id IN (");
        for (size_t i = 0; i < request->project_count; i++) {
            text_add(&q.sql, i ? ", " : "");
            list_sql_int(&q, request->projects[i]);
        }
        text_add(&q.sql, request->project_count ? ")" : "0)");
    }
    AUTO(db_rows) rows = run(tx, &q);
    if (!db_next(rows, e))
        return false;
    page->total = db_int(rows, 0);
    return true;
}

static bool count_total(struct db_tx *tx, const struct list_source *source, const struct list_request *request, struct list_page *page,
                        struct err *e)
{
    __attribute__((cleanup(list_sql_fini))) struct list_sql q = { 0 };
    text_addf(&q.sql, "SELECT COUNT(*) FROM (SELECT 1 FROM %s", source->from);
    if (!where_sql(source, request, &q, e))
        return false;
    text_addf(&q.sql, " LIMIT %d) counted", LIST_COUNTED + 1);
    AUTO(db_rows) rows = run(tx, &q);
    if (!db_next(rows, e))
        return false;
    page->total = db_int(rows, 0);
    page->total_more = page->total > LIST_COUNTED;
    page->total -= page->total_more;
    int64_t seen = request->skip + (int64_t)page->count;
    if (page->total_more && page->total < seen)
        page->total = seen;
    return true;
}

static bool find_total(struct db_tx *tx, const struct list_source *source, const struct list_request *request, struct list_page *page,
                       struct err *e)
{
    bool whole = !page->next && text_empty(request->after) && (page->count || !request->skip);
    if (whole) {
        page->total = request->skip + (int64_t)page->count;
        return true;
    }
    bool kept = source->total && text_empty(request->filter) && text_empty(request->search) && !request->also;
    return kept ? kept_total(tx, source, request, page, e) : count_total(tx, source, request, page, e);
}

bool list_page(struct db_tx *tx, const struct list_source *source, const struct list_request *request, struct list_page *ret, struct err *e)
{
    struct order order = { 0 };
    struct list_page page = { 0 };
    int64_t top = request->top <= 0 ? LIST_PAGE : request->top > LIST_PAGE_MOST ? LIST_PAGE_MOST : request->top;
    bool ok = read_order(source, request->orderby, &order, e) && read_page(tx, source, request, top, &order, &page, e) &&
              find_total(tx, source, request, &page, e);
    text_fini(&order.sql);
    if (ok)
        *ret = page;
    else
        list_page_fini(&page);
    return ok;
}
