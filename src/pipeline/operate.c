#include "pipeline/operate.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const struct {
    const char *sign;
    int binding;
} OPERATORS[] = {
    [OP_OR] = { "||", 1 },      [OP_AND] = { "&&", 2 },      [OP_EQUAL] = { "==", 3 },  [OP_DIFFERENT] = { "!=", 3 },
    [OP_MORE] = { ">", 4 },     [OP_LESS] = { "<", 4 },      [OP_AT_LEAST] = { ">=", 4 }, [OP_AT_MOST] = { "<=", 4 },
    [OP_IN] = { "in", 4 },      [OP_ADD] = { "+", 5 },       [OP_SUBTRACT] = { "-", 5 }, [OP_MULTIPLY] = { "*", 6 },
    [OP_DIVIDE] = { "/", 6 },   [OP_REMAINDER] = { "%", 6 },
};

int operate_binding(enum operator operator)
{
    return OPERATORS[operator].binding;
}

bool operate_compares(enum operator operator)
{
    return OPERATORS[operator].binding == 3 || OPERATORS[operator].binding == 4;
}

json_t *operate_number(const char *text)
{
    int64_t whole = 0;
    if (text_to_int(text, &whole))
        return json_integer(whole);
    const char *at = text + (*text == '-');
    if (!isdigit((unsigned char)*at) || strspn(at, "0123456789.eE+-") != strlen(at))
        return NULL;
    char *end = NULL;
    errno = 0;
    double real = strtod(text, &end);
    return *end || errno || !isfinite(real) ? NULL : json_real(real);
}

bool operate_truth(const json_t *value, bool *ret)
{
    bool yes = json_is_true(value) || text_is(json_string_value(value), "true");
    bool no = json_is_false(value) || text_is(json_string_value(value), "false");
    *ret = yes;
    return yes || no;
}

/* A number, or text that reads as one: a new reference; NULL otherwise. */
static json_t *as_number(const json_t *value)
{
    if (json_is_number(value))
        return json_incref((json_t *)value);
    return json_is_string(value) ? operate_number(json_string_value(value)) : NULL;
}

static char *shown(const json_t *value)
{
    return json_is_null(value) ? mem_text("null") : json_as_text(value);
}

static int sign_of(double difference)
{
    return (difference > 0) - (difference < 0);
}

static int compare_numbers(const json_t *a, const json_t *b)
{
    if (!json_is_integer(a) || !json_is_integer(b))
        return sign_of(json_number_value(a) - json_number_value(b));
    json_int_t left = json_integer_value(a), right = json_integer_value(b);
    return (left > right) - (left < right);
}

/* Two texts are equal only letter by letter: the tags 1.1 and 1.10 differ. With a number on one side, the other counts as one. */
static bool equal(const json_t *left, const json_t *right)
{
    if (json_is_number(left) || json_is_number(right)) {
        AUTO_JSON *a = as_number(left), *b = as_number(right);
        if (a && b)
            return !compare_numbers(a, b);
    }
    if (json_is_object(left) || json_is_array(left) || json_is_object(right) || json_is_array(right))
        return json_equal(left, right);
    AUTO_FREE char *a = shown(left), *b = shown(right);
    return text_is(a, b);
}

static bool contains(const json_t *needle, const json_t *hay, struct err *e, bool *ret)
{
    AUTO_FREE char *text = shown(needle);
    size_t i;
    json_t *member;
    *ret = false;
    if (json_is_array(hay)) {
        json_array_foreach(hay, i, member)
            *ret = *ret || equal(needle, member);
    } else if (json_is_object(hay)) {
        *ret = json_object_get(hay, text) != NULL;
    } else if (json_is_string(hay)) {
        *ret = strstr(json_string_value(hay), text) != NULL;
    } else {
        return err_set(e, ERR_INVALID, "'in' needs a text, a list or an object behind it");
    }
    return true;
}

static bool compare(enum operator operator, const json_t *left, const json_t *right, bool *ret, struct err *e)
{
    AUTO_JSON *a = as_number(left), *b = as_number(right);
    int order = 0;
    if (a && b)
        order = compare_numbers(a, b);
    else if (json_is_string(left) && json_is_string(right))
        order = strcmp(json_string_value(left), json_string_value(right));
    else
        return err_set(e, ERR_INVALID, "'%s' compares two numbers or two texts", OPERATORS[operator].sign);
    *ret = operator == OP_MORE       ? order > 0
           : operator == OP_LESS     ? order < 0
           : operator == OP_AT_LEAST ? order >= 0
                                    : order <= 0;
    return true;
}

/* *ret stays NULL where the result is no whole number. */
static bool whole(enum operator operator, json_int_t a, json_int_t b, json_t **ret, struct err *e)
{
    json_int_t out = 0;
    bool over = false;
    if ((operator == OP_DIVIDE || operator == OP_REMAINDER) && b == -1) {
        over = operator == OP_DIVIDE && __builtin_sub_overflow((json_int_t)0, a, &out);
    } else {
        switch (operator) {
        case OP_ADD:
            over = __builtin_add_overflow(a, b, &out);
            break;
        case OP_SUBTRACT:
            over = __builtin_sub_overflow(a, b, &out);
            break;
        case OP_MULTIPLY:
            over = __builtin_mul_overflow(a, b, &out);
            break;
        case OP_REMAINDER:
            out = a % b;
            break;
        default: /* OP_DIVIDE */
            if (a % b)
                return true;
            out = a / b;
        }
    }
    if (over)
        return err_set(e, ERR_INVALID, "the result of '%s' is too large", OPERATORS[operator].sign);
    *ret = json_integer(out);
    return true;
}

static bool real(enum operator operator, double a, double b, json_t **ret, struct err *e)
{
    double out = operator == OP_ADD        ? a + b
                 : operator == OP_SUBTRACT ? a - b
                 : operator == OP_MULTIPLY ? a * b
                 : operator == OP_DIVIDE   ? a / b
                                          : fmod(a, b);
    if (!isfinite(out))
        return err_set(e, ERR_INVALID, "the result of '%s' is too large", OPERATORS[operator].sign);
    *ret = json_real(out);
    return true;
}

static bool calculate(enum operator operator, const json_t *left, const json_t *right, json_t **ret, struct err *e)
{
    AUTO_JSON *a = as_number(left), *b = as_number(right);
    if (operator == OP_ADD && (!a || !b)) {
        AUTO_FREE char *first = shown(left), *second = shown(right), *both = mem_format("%s%s", first, second);
        if (strlen(both) > OPERATE_TEXT)
            return err_set(e, ERR_TOO_LARGE, "the result of '+' is larger than %d bytes", OPERATE_TEXT);
        *ret = json_string(both);
        return true;
    }
    if (!a || !b)
        return err_set(e, ERR_INVALID, "'%s' needs numbers on both sides", OPERATORS[operator].sign);
    if ((operator == OP_DIVIDE || operator == OP_REMAINDER) && json_number_value(b) == 0)
        return err_set(e, ERR_INVALID, "division by zero");
    json_t *out = NULL;
    if (json_is_integer(a) && json_is_integer(b) && !whole(operator, json_integer_value(a), json_integer_value(b), &out, e))
        return false;
    if (out)
        *ret = out;
    return out || real(operator, json_number_value(a), json_number_value(b), ret, e);
}

bool operate(enum operator operator, const json_t *left, const json_t *right, json_t **ret, struct err *e)
{
    bool truth = false;
    if (!operate_compares(operator))
        return calculate(operator, left, right, ret, e);
    if (operator == OP_EQUAL || operator == OP_DIFFERENT)
        truth = equal(left, right) == (operator == OP_EQUAL);
    else if (operator == OP_IN ? !contains(left, right, e, &truth) : !compare(operator, left, right, &truth, e))
        return false;
    *ret = json_boolean(truth);
    return true;
}
