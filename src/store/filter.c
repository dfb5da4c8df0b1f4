#include "store/filter.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"

void list_sql_fini(struct list_sql *q)
{
    for (size_t i = 0; i < q->count; i++)
        free(q->values[i].text);
    free(q->values);
    text_fini(&q->sql);
    *q = (struct list_sql){ 0 };
}

static struct list_value *add_value(struct list_sql *q)
{
    q->values = mem_resize(q->values, (q->count + 1) * sizeof *q->values);
    struct list_value *value = &q->values[q->count++];
    *value = (struct list_value){ 0 };
    text_addf(&q->sql, "$%zu", q->count);
    return value;
}

void list_sql_text_n(struct list_sql *q, const char *text, size_t n)
{
    struct list_value *value = add_value(q);
    value->is_text = true;
    value->text = mem_text_n(text, n);
}

void list_sql_text(struct list_sql *q, const char *text)
{
    list_sql_text_n(q, text, strlen(text));
}

void list_sql_int(struct list_sql *q, int64_t number)
{
    add_value(q)->number = number;
}

const struct list_column *list_column_find(const struct list_source *source, const char *name, size_t n)
{
    for (const struct list_column *c = source->columns; c->name; c++)
        if (strlen(c->name) == n && !memcmp(c->name, name, n))
            return c;
    return NULL;
}

/* ---- words of the filter */

enum token { TOKEN_END, TOKEN_NAME, TOKEN_TEXT, TOKEN_NUMBER, TOKEN_OPEN, TOKEN_CLOSE, TOKEN_COMMA, TOKEN_BAD };

struct parser {
    const struct list_source *source;
    struct list_sql *q;
    const char *text, *at;
    enum token token;
    const char *word; /* of the current token */
    size_t word_length;
    struct text literal; /* TOKEN_TEXT's, '' undone */
    int depth, comparisons;
    struct err *e;
};

static bool wrong(struct parser *p, const char *what)
{
    return err_field(p->e, "$filter", "$filter, character %zu: %s", (size_t)(p->word - p->text) + 1, what);
}

static enum token read_text(struct parser *p)
{
    text_fini(&p->literal);
    for (p->at++; *p->at; p->at++) {
        if (*p->at == '\'' && p->at[1] != '\'') {
            p->at++;
            return TOKEN_TEXT;
        }
        p->at += *p->at == '\'';
        text_add_char(&p->literal, *p->at);
    }
    return TOKEN_BAD;
}

static bool word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '-' || c == '$' || c == '/';
}

static enum token read_word(struct parser *p)
{
    bool number = isdigit((unsigned char)*p->at) || *p->at == '-';
    while (word_char(*p->at))
        p->at++;
    p->word_length = (size_t)(p->at - p->word);
    return !p->word_length ? TOKEN_BAD : number ? TOKEN_NUMBER : TOKEN_NAME;
}

static void next(struct parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\n' || *p->at == '\r')
        p->at++;
    p->word = p->at;
    p->word_length = 1;
    switch (*p->at) {
    case 0: p->token = TOKEN_END; break;
    case '(': p->token = TOKEN_OPEN, p->at++; break;
    case ')': p->token = TOKEN_CLOSE, p->at++; break;
    case ',': p->token = TOKEN_COMMA, p->at++; break;
    case '\'': p->token = read_text(p); break;
    default: p->token = read_word(p);
    }
}

static bool word_is(const struct parser *p, const char *name)
{
    return p->token == TOKEN_NAME && strlen(name) == p->word_length && !strncasecmp(p->word, name, p->word_length);
}

static bool expect(struct parser *p, enum token token, const char *what)
{
    if (p->token != token)
        return wrong(p, what);
    next(p);
    return true;
}

/* ---- operands: a column, perhaps in toupper() or tolower() */

struct operand {
    const struct list_column *column;
    const char *function; /* "upper", "lower"; NULL */
};

static bool read_operand(struct parser *p, struct operand *ret)
{
    static const struct { const char *name, *sql; } FUNCTIONS[] = { { "toupper", "upper" }, { "tolower", "lower" } };
    *ret = (struct operand){ 0 };
    for (size_t i = 0; i < ALEN(FUNCTIONS); i++)
        if (word_is(p, FUNCTIONS[i].name))
            ret->function = FUNCTIONS[i].sql;
    if (ret->function) {
        next(p);
        if (!expect(p, TOKEN_OPEN, "'(' is missing"))
            return false;
    }
    if (p->token != TOKEN_NAME)
        return wrong(p, "a field's name is missing");
    ret->column = list_column_find(p->source, p->word, p->word_length);
    if (!ret->column)
        return err_field(p->e, "$filter", "$filter, character %zu: %s have no field '%.*s' that can be filtered",
                         (size_t)(p->word - p->text) + 1, p->source->name, (int)(p->word_length > 60 ? 60 : p->word_length), p->word);
    next(p);
    return !ret->function || expect(p, TOKEN_CLOSE, "')' is missing");
}

static void add_operand(struct parser *p, const struct operand *operand)
{
    if (operand->function)
        text_addf(&p->q->sql, "%s(%s)", operand->function, operand->column->sql);
    else
        text_add(&p->q->sql, operand->column->sql);
}

/* The literal's text whatever its spelling: 'x', 12, true. */
static bool read_literal(struct parser *p, struct text *ret)
{
    if (p->token == TOKEN_TEXT)
        text_add(ret, text_of(&p->literal));
    else if (p->token == TOKEN_NUMBER || p->token == TOKEN_NAME)
        text_add_n(ret, p->word, p->word_length);
    else
        return wrong(p, p->token == TOKEN_BAD ? "a quote is not closed, or a character has no meaning" : "a value is missing");
    next(p);
    return true;
}

static bool add_value_of(struct parser *p, const struct list_column *column, const char *literal)
{
    int64_t number = 0;
    if (column->type == LIST_TEXT) {
        list_sql_text(p->q, literal);
    } else if (column->type == LIST_BOOL && (text_is_any_case(literal, "true") || text_is_any_case(literal, "false"))) {
        list_sql_int(p->q, text_is_any_case(literal, "true"));
    } else if (column->type == LIST_INT && text_to_int(literal, &number)) {
        list_sql_int(p->q, number);
    } else {
        return wrong(p, column->type == LIST_INT ? "the value before is no integer" : "the value before is neither true nor false");
    }
    return true;
}

/* ---- conditions */

static bool any_of(struct parser *p, const struct operand *operand, const char *sign, const char *literal)
{
    bool equal = text_is(sign, "=");
    if (operand->function || (!equal && !text_is(sign, "<>")))
        return wrong(p, "the field before is a list; it can be compared by eq and ne only");
    text_addf(&p->q->sql, "x.id %sIN (%s", equal ? "" : "NOT ", operand->column->sql);
    list_sql_text(p->q, literal);
    text_add(&p->q->sql, ")");
    return true;
}

static bool comparison(struct parser *p)
{
    static const struct { const char *name, *sql; } OPERATORS[] = { { "eq", "=" },  { "ne", "<>" }, { "gt", ">" },
                                                                    { "ge", ">=" }, { "lt", "<" },  { "le", "<=" } };
    struct operand operand;
    const char *sql = NULL;
    AUTO_TEXT literal = { 0 };
    if (!read_operand(p, &operand))
        return false;
    for (size_t i = 0; i < ALEN(OPERATORS) && !sql; i++)
        sql = word_is(p, OPERATORS[i].name) ? OPERATORS[i].sql : NULL;
    if (!sql)
        return wrong(p, "one of eq, ne, gt, ge, lt, le is missing");
    next(p);
    if (!read_literal(p, &literal))
        return false;
    if (operand.column->type == LIST_ANY)
        return any_of(p, &operand, sql, text_of(&literal));
    add_operand(p, &operand);
    text_addf(&p->q->sql, " %s ", sql);
    return add_value_of(p, operand.column, text_of(&literal));
}

enum text_match { MATCH_BEGIN, MATCH_END, MATCH_INSIDE };

/* Written so that SQLite and PostgreSQL agree, case matters, and a beginning can use an index. */
static void add_match(struct parser *p, enum text_match match, const struct operand *operand, const char *part)
{
    struct text *sql = &p->q->sql;
    if (!*part) {
        text_add(sql, "1 = 1");
    } else if (match == MATCH_BEGIN) {
        AUTO_FREE char *beyond = mem_format("%s\xF4\x8F\xBF\xBF", part);
        text_add(sql, "(");
        add_operand(p, operand);
        text_add(sql, " >= ");
        list_sql_text(p->q, part);
        text_add(sql, " AND ");
        add_operand(p, operand);
        text_add(sql, " < ");
        list_sql_text(p->q, beyond);
        text_add(sql, ")");
    } else if (match == MATCH_END) {
        text_add(sql, "substr(");
        add_operand(p, operand);
        text_add(sql, ", length(");
        add_operand(p, operand);
        text_add(sql, ") - length(");
        list_sql_text(p->q, part);
        text_add(sql, ") + 1) = ");
        list_sql_text(p->q, part);
    } else {
        text_add(sql, "replace(");
        add_operand(p, operand);
        text_add(sql, ", ");
        list_sql_text(p->q, part);
        text_add(sql, ", '') <> ");
        add_operand(p, operand);
    }
}

/* startswith(name, 'x'), and substringof('x', name): the older order. */
static bool match(struct parser *p, enum text_match kind, bool value_first)
{
    struct operand operand;
    AUTO_TEXT part = { 0 };
    next(p);
    if (!expect(p, TOKEN_OPEN, "'(' is missing"))
        return false;
    if (value_first ? !read_literal(p, &part) : !read_operand(p, &operand))
        return false;
    if (!expect(p, TOKEN_COMMA, "',' is missing"))
        return false;
    if (value_first ? !read_operand(p, &operand) : !read_literal(p, &part))
        return false;
    if (operand.column->type != LIST_TEXT)
        return wrong(p, "the field before is no text");
    add_match(p, kind, &operand, text_of(&part));
    return expect(p, TOKEN_CLOSE, "')' is missing");
}

static bool disjunction(struct parser *p);

static bool condition(struct parser *p)
{
    static const struct { const char *name; enum text_match kind; bool value_first; } MATCHES[] = {
        { "startswith", MATCH_BEGIN, false }, { "endswith", MATCH_END, false },
        { "substringof", MATCH_INSIDE, true }, { "contains", MATCH_INSIDE, false },
    };
    if (p->token == TOKEN_OPEN) {
        next(p);
        return disjunction(p) && expect(p, TOKEN_CLOSE, "')' is missing");
    }
    if (word_is(p, "not")) {
        next(p);
        text_add(&p->q->sql, "NOT ");
        if (++p->depth > LIST_DEPTH)
            return wrong(p, "too deep");
        text_add(&p->q->sql, "(");
        bool ok = condition(p);
        text_add(&p->q->sql, ")");
        p->depth--;
        return ok;
    }
    if (++p->comparisons > LIST_COMPARISONS)
        return wrong(p, "too many comparisons");
    for (size_t i = 0; i < ALEN(MATCHES); i++)
        if (word_is(p, MATCHES[i].name))
            return match(p, MATCHES[i].kind, MATCHES[i].value_first);
    return comparison(p);
}

static bool conjunction(struct parser *p)
{
    if (!condition(p))
        return false;
    while (word_is(p, "and")) {
        next(p);
        text_add(&p->q->sql, " AND ");
        if (!condition(p))
            return false;
    }
    return true;
}

static bool disjunction(struct parser *p)
{
    if (++p->depth > LIST_DEPTH)
        return wrong(p, "too deep");
    text_add(&p->q->sql, "(");
    if (!conjunction(p))
        return false;
    while (word_is(p, "or")) {
        next(p);
        text_add(&p->q->sql, " OR ");
        if (!conjunction(p))
            return false;
    }
    text_add(&p->q->sql, ")");
    p->depth--;
    return true;
}

bool filter_sql(const struct list_source *source, const char *filter, struct list_sql *q, struct err *e)
{
    if (strlen(filter) > LIST_FILTER)
        return err_field(e, "$filter", "$filter has more than %d characters", LIST_FILTER);
    struct parser p = { .source = source, .q = q, .text = filter, .at = filter, .e = e };
    next(&p);
    bool ok = disjunction(&p) && (p.token == TOKEN_END || wrong(&p, "'and' or 'or' is missing"));
    text_fini(&p.literal);
    return ok;
}
