/* A Pratt parser into a flat array of nodes. Whatever a reference stands for is put in after parsing, so no value can change what
 * a condition says. */
#include "pipeline/condition.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "pipeline/operate.h"

enum node_kind { NODE_VALUE, NODE_TEMPLATE, NODE_REFERENCE, NODE_NOT, NODE_NEGATE, NODE_BINARY };

struct node {
    enum node_kind kind;
    enum operator operator;
    unsigned left, right; /* indexes of nodes */
    json_t *value;        /* VALUE */
    size_t at, length;    /* of the text: what stands in quotes, or between the braces */
};

struct condition {
    char *text;
    struct node *nodes;
    unsigned count, root;
};

enum token_kind { TOKEN_END, TOKEN_VALUE, TOKEN_OPERATOR, TOKEN_NOT, TOKEN_OPEN, TOKEN_CLOSE };

struct token {
    enum token_kind kind;
    enum operator operator;
    struct node node; /* VALUE: ready to be added */
    size_t at, length;
};

struct parser {
    struct condition *c;
    size_t n, at;
    unsigned flags;
    int depth;
    struct token token; /* the next one */
    struct err *e;
};

/* ---- tokens */

/* Characters, not bytes: people count what they see. */
static size_t character(const struct parser *p, size_t at)
{
    size_t count = 1;
    for (size_t i = 0; i < at && i < p->n; i++)
        count += ((unsigned char)p->c->text[i] & 0xC0) != 0x80;
    return count;
}

#define FAIL_AT(p, where, format, ...) \
    err_set((p)->e, ERR_INVALID, format " at character %zu", ##__VA_ARGS__, character(p, where))

static const struct {
    const char *text;
    enum operator operator;
} SIGNS[] = { /* the longer first */
    { "==", OP_EQUAL }, { "!=", OP_DIFFERENT }, { ">=", OP_AT_LEAST }, { "<=", OP_AT_MOST },
    { "&&", OP_AND },   { "||", OP_OR },        { ">", OP_MORE },      { "<", OP_LESS },
    { "+", OP_ADD },    { "-", OP_SUBTRACT },   { "*", OP_MULTIPLY },  { "/", OP_DIVIDE },
    { "%", OP_REMAINDER },
};

static bool sign(struct parser *p)
{
    const char *at = p->c->text + p->at;
    for (size_t i = 0; i < ALEN(SIGNS); i++) {
        if (!text_starts(at, SIGNS[i].text))
            continue;
        p->token.kind = TOKEN_OPERATOR;
        p->token.operator = SIGNS[i].operator;
        p->token.length = strlen(SIGNS[i].text);
        return true;
    }
    p->token.length = 1;
    if (*at == '!')
        p->token.kind = TOKEN_NOT;
    else if (*at == '(')
        p->token.kind = TOKEN_OPEN;
    else if (*at == ')')
        p->token.kind = TOKEN_CLOSE;
    else
        return FAIL_AT(p, p->at, "unexpected '%.*s'", (int)strcspn(at, " \t\r\n"), at);
    return true;
}

static bool quoted(struct parser *p, char quote)
{
    size_t end = p->at + 1;
    struct segment piece;
    while (end < p->n && p->c->text[end] != quote) {
        size_t next = end;
        bool reference = p->c->text[end] == '$' && segment_next(p->c->text, p->n, &next, &piece) && piece.reference;
        if (p->c->text[end] == '\\' && end + 1 < p->n && p->c->text[end + 1] == quote)
            next = end + 2;
        else if (!reference)
            next = end + 1;
        end = next;
    }
    if (end >= p->n)
        return FAIL_AT(p, p->at, "the text that begins with %c has no end", quote);
    p->token.kind = TOKEN_VALUE;
    p->token.node = (struct node){ .kind = NODE_TEMPLATE, .at = p->at + 1, .length = end - p->at - 1 };
    p->token.length = end + 1 - p->at;
    return true;
}

static bool number(struct parser *p)
{
    const char *at = p->c->text + p->at;
    size_t n = strspn(at, "0123456789");
    if (at[n] == '.' && isdigit((unsigned char)at[n + 1]))
        n += 1 + strspn(at + n + 1, "0123456789");
    if (isalpha((unsigned char)at[n]) || at[n] == '_' || at[n] == '.')
        return FAIL_AT(p, p->at, "'%.*s' is no number", (int)strcspn(at, " \t\r\n"), at);
    AUTO_FREE char *text = mem_text_n(at, n);
    json_t *value = operate_number(text);
    if (!value)
        return FAIL_AT(p, p->at, "number '%.40s' is too large", text);
    p->token.kind = TOKEN_VALUE;
    p->token.node = (struct node){ .kind = NODE_VALUE, .value = value };
    p->token.length = n;
    return true;
}

static json_t *keyword(const char *word, size_t n)
{
    if (n == 4 && !memcmp(word, "true", 4))
        return json_true();
    if (n == 5 && !memcmp(word, "false", 5))
        return json_false();
    if (n == 4 && !memcmp(word, "null", 4))
        return json_null();
    return NULL;
}

static bool word(struct parser *p)
{
    const char *at = p->c->text + p->at;
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || (at[n] && strchr("_.[]", at[n])))
        n++;
    if (!n)
        return sign(p);
    p->token.length = n;
    p->token.kind = TOKEN_VALUE;
    json_t *value = keyword(at, n);
    if (value) {
        p->token.node = (struct node){ .kind = NODE_VALUE, .value = value };
    } else if (n == 2 && !memcmp(at, "in", 2)) {
        p->token.kind = TOKEN_OPERATOR;
        p->token.operator = OP_IN;
    } else if (p->flags & CONDITION_BARE) {
        p->token.node = (struct node){ .kind = NODE_REFERENCE, .at = p->at, .length = n };
    } else {
        return FAIL_AT(p, p->at, "'%.*s' is no value: a text needs quotes, a reference ${ }", (int)n, at);
    }
    return true;
}

static bool next_token(struct parser *p)
{
    p->at += p->token.length;
    const char *text = p->c->text;
    while (p->at < p->n && isspace((unsigned char)text[p->at]))
        p->at++;
    p->token = (struct token){ .at = p->at };
    struct segment piece;
    size_t next = p->at;
    if (p->at == p->n)
        return true;
    if (text[p->at] == '$' && segment_next(text, p->n, &next, &piece) && piece.reference) {
        p->token.kind = TOKEN_VALUE;
        p->token.node = (struct node){ .kind = NODE_REFERENCE, .at = p->at + 2, .length = piece.length - 3 };
        p->token.length = piece.length;
        return true;
    }
    if (text[p->at] == '"' || text[p->at] == '\'')
        return quoted(p, text[p->at]);
    return isdigit((unsigned char)text[p->at]) ? number(p) : word(p);
}

/* ---- the tree */

static bool add_node(struct parser *p, struct node node, size_t at, unsigned *ret)
{
    struct condition *c = p->c;
    if (c->count == CONDITION_NODES) {
        json_decref(node.value);
        return FAIL_AT(p, at, "more than %d parts", CONDITION_NODES);
    }
    if (!(c->count & (c->count - 1))) /* room doubles at each power of two */
        c->nodes = mem_resize(c->nodes, (c->count ? c->count * 2 : 1) * sizeof *c->nodes);
    c->nodes[c->count] = node;
    *ret = c->count++;
    return true;
}

static bool parse(struct parser *p, int least, unsigned *ret);

/* One operand: a value, "( )", or a sign before one. */
static bool operand(struct parser *p, unsigned *ret)
{
    struct token token = p->token;
    bool negate = token.kind == TOKEN_OPERATOR && token.operator == OP_SUBTRACT;
    if (token.kind == TOKEN_VALUE) {
        p->token.node.value = NULL;
        return add_node(p, token.node, token.at, ret) && next_token(p);
    }
    if (token.kind == TOKEN_NOT || negate) {
        unsigned right = 0;
        return next_token(p) && parse(p, OPERATE_UNARY, &right) &&
               add_node(p, (struct node){ .kind = negate ? NODE_NEGATE : NODE_NOT, .right = right }, token.at, ret);
    }
    if (token.kind == TOKEN_OPEN) {
        if (!next_token(p) || !parse(p, 0, ret))
            return false;
        if (p->token.kind != TOKEN_CLOSE)
            return FAIL_AT(p, token.at, "'(' without its ')'");
        return next_token(p);
    }
    if (token.kind == TOKEN_END)
        return FAIL_AT(p, token.at, "a value is missing");
    return FAIL_AT(p, token.at, "a value is missing before '%.*s'", (int)token.length, p->c->text + token.at);
}

static bool parse(struct parser *p, int least, unsigned *ret)
{
    if (p->depth == CONDITION_DEPTH)
        return FAIL_AT(p, p->token.at, "nested deeper than %d levels", CONDITION_DEPTH);
    p->depth++;
    unsigned left = 0;
    bool chained = false;
    if (!operand(p, &left))
        return false;
    while (p->token.kind == TOKEN_OPERATOR && operate_binding(p->token.operator) >= least) {
        struct token token = p->token;
        unsigned right = 0;
        bool compares = operate_compares(token.operator);
        if (compares && chained)
            return FAIL_AT(p, token.at, "comparisons cannot be chained; use && and parentheses");
        chained = compares;
        if (!next_token(p) || !parse(p, operate_binding(token.operator) + 1, &right))
            return false;
        struct node node = { .kind = NODE_BINARY, .operator = token.operator, .left = left, .right = right };
        if (!add_node(p, node, token.at, &left))
            return false;
    }
    p->depth--;
    *ret = left;
    return true;
}

bool condition_parse(const char *text, size_t n, unsigned flags, struct condition **ret, struct err *e)
{
    if (n > CONDITION_LENGTH)
        return err_set(e, ERR_TOO_LARGE, "a condition of %zu bytes; at most %d are allowed", n, CONDITION_LENGTH);
    AUTO(condition) c = NEW(struct condition);
    c->text = mem_text_n(text, n);
    struct parser p = { .c = c, .n = strlen(c->text), .flags = flags, .e = e };
    bool ok = next_token(&p) && parse(&p, 0, &c->root);
    if (ok && p.token.kind != TOKEN_END)
        ok = FAIL_AT(&p, p.token.at, "unexpected '%.*s'", (int)p.token.length, c->text + p.token.at);
    if (p.token.node.value)
        json_decref(p.token.node.value);
    if (!ok)
        return false;
    *ret = TAKE(c);
    return true;
}

void condition_destroy(struct condition **condition)
{
    struct condition *c = TAKE(*condition);
    if (!c)
        return;
    for (unsigned i = 0; i < c->count; i++)
        json_decref(c->nodes[i].value);
    free(c->nodes);
    free(c->text);
    free(c);
}

void condition_each(const struct condition *c, void (*each)(void *owner, const char *reference, size_t n, size_t offset), void *owner)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct node *node = &c->nodes[i];
        if (node->kind == NODE_REFERENCE)
            each(owner, c->text + node->at, node->length, node->at);
        struct segment piece;
        size_t at = 0;
        while (node->kind == NODE_TEMPLATE && segment_next(c->text + node->at, node->length, &at, &piece))
            if (piece.reference)
                each(owner, c->text + node->at + piece.at + 2, piece.length - 3, node->at + piece.at);
    }
}

/* ---- evaluating */

struct evaluation {
    const struct condition *c;
    struct scope *scope;
    struct resolution *more;
    struct err *e;
};

static bool find(const struct evaluation *v, const char *name, size_t n, struct value *ret)
{
    switch (v->scope->find(v->scope, name, n, ret, v->e)) {
    case SCOPE_FOUND:
        if (ret->secret)
            resolution_secret(v->more, ret->json);
        return true;
    case SCOPE_UNKNOWN:
        return err_set(v->e, ERR_INVALID, "'%.*s' names nothing known", (int)n, name);
    case SCOPE_FAILED:
        break;
    }
    return false;
}

/* Null is "null" here: "${a.b.output.x}" != "null" is how people ask whether there is a value. */
static void add_value(struct text *out, const json_t *value)
{
    AUTO_FREE char *shown = json_is_null(value) ? mem_text("null") : json_as_text(value);
    text_add(out, shown);
}

/* Plain text of a quoted one: \" and \' stand for the quote. */
static void add_plain(struct text *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (text[i] == '\\' && i + 1 < n && strchr("\"'", text[i + 1]))
            i++;
        text_add_char(out, text[i]);
    }
}

static bool template(const struct evaluation *v, const struct node *node, json_t **ret)
{
    AUTO_TEXT out = { 0 };
    const char *text = v->c->text + node->at;
    struct segment piece;
    for (size_t at = 0; segment_next(text, node->length, &at, &piece);) {
        struct value value = { 0 };
        if (!piece.reference) {
            add_plain(&out, text + piece.at, piece.length);
            continue;
        }
        if (!find(v, text + piece.at + 2, piece.length - 3, &value))
            return false;
        add_value(&out, value.json);
        value_fini(&value);
        if (out.length > OPERATE_TEXT)
            return err_set(v->e, ERR_TOO_LARGE, "a text in the condition is larger than %d bytes", OPERATE_TEXT);
    }
    *ret = json_string(text_of(&out));
    return true;
}

static bool evaluate(const struct evaluation *v, unsigned index, json_t **ret);

static bool evaluate_truth(const struct evaluation *v, unsigned index, bool *ret)
{
    AUTO_JSON *value = NULL;
    if (!evaluate(v, index, &value))
        return false;
    if (operate_truth(value, ret))
        return true;
    bool hide = v->more && json_array_size(v->more->secrets);
    AUTO_FREE char *shown = hide ? mem_text("a secret") : json_write(value);
    return err_set(v->e, ERR_INVALID, "%.200s is neither true nor false", shown);
}

static bool binary(const struct evaluation *v, const struct node *node, json_t **ret)
{
    bool truth = false;
    if (node->operator == OP_AND || node->operator == OP_OR) {
        if (!evaluate_truth(v, node->left, &truth))
            return false;
        if (truth == (node->operator == OP_AND) && !evaluate_truth(v, node->right, &truth))
            return false;
        *ret = json_boolean(truth);
        return true;
    }
    AUTO_JSON *left = NULL, *right = NULL;
    return evaluate(v, node->left, &left) && evaluate(v, node->right, &right) && operate(node->operator, left, right, ret, v->e);
}

static bool unary(const struct evaluation *v, const struct node *node, json_t **ret)
{
    bool truth = false;
    if (node->kind == NODE_NOT) {
        if (!evaluate_truth(v, node->right, &truth))
            return false;
        *ret = json_boolean(!truth);
        return true;
    }
    AUTO_JSON *right = NULL, *zero = json_integer(0);
    return evaluate(v, node->right, &right) && operate(OP_SUBTRACT, zero, right, ret, v->e);
}

static bool evaluate(const struct evaluation *v, unsigned index, json_t **ret)
{
    const struct node *node = &v->c->nodes[index];
    struct value value = { 0 };
    switch (node->kind) {
    case NODE_VALUE:
        *ret = json_incref(node->value);
        return true;
    case NODE_TEMPLATE:
        return template(v, node, ret);
    case NODE_REFERENCE:
        if (!find(v, v->c->text + node->at, node->length, &value))
            return false;
        *ret = value.json;
        return true;
    case NODE_NOT:
    case NODE_NEGATE:
        return unary(v, node, ret);
    case NODE_BINARY:
        return binary(v, node, ret);
    }
    return false;
}

bool condition_evaluate(const struct condition *condition, struct scope *scope, bool *ret, struct resolution *more, struct err *e)
{
    AUTO_RESOLUTION own = { 0 }; /* secrets are needed to hide them in errors */
    struct evaluation v = { .c = condition, .scope = scope, .more = more ? more : &own, .e = e };
    return evaluate_truth(&v, condition->root, ret);
}
