#include "base/json.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void json_release_auto(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

/* Before jansson recurses: nesting is counted outside of strings. */
static bool depth_ok(const char *bytes, size_t n, struct err *e)
{
    int depth = 0, line = 1;
    bool quoted = false;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        if (c == '\n')
            line++;
        if (quoted) {
            if (c == '\\')
                i++;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            if (++depth > JSON_DEPTH)
                return err_set(e, ERR_INVALID, "line %d: nested deeper than %d levels", line, JSON_DEPTH);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return true;
}

bool json_read(const char *bytes, size_t n, json_t **ret, struct err *e)
{
    if (!depth_ok(bytes, n, e))
        return false;
    json_error_t why;
    json_t *json = json_loadb(bytes ? bytes : "", n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (!json)
        return err_set(e, ERR_INVALID, "line %d, column %d: %s", why.line, why.column, why.text);
    *ret = json;
    return true;
}

static void note_escape(char *note, size_t note_size, int line, int column, const char *at, size_t n)
{
    size_t length = 1; /* of the character */
    while (length < n && ((unsigned char)at[length] & 0xc0) == 0x80)
        length++;
    snprintf(note, note_size, "line %d, column %d: \\%.*s is no escape of JSON; read as %.*s", line, column, (int)length, at, (int)length, at);
    text_mend(note); /* the backslash may have stood within a character, which is whole without it */
}

/* Drops the backslash of every escape that JSON does not know. */
static char *mend_escapes(const char *bytes, size_t n, size_t *ret_size, char *note, size_t note_size)
{
    struct text out = { 0 };
    bool quoted = false;
    int line = 1, column = 0, mended = 0;
    for (size_t i = 0; i < n; i++) {
        char c = bytes[i];
        column++;
        if (c == '\n') {
            line++;
            column = 0;
        }
        if (c == '"')
            quoted = !quoted;
        if (quoted && c == '\\' && i + 1 < n) {
            char next = bytes[i + 1];
            bool known = strchr("\"\\/bfnrtu", next) && next;
            bool plain = !known && (unsigned char)next >= 0x20;
            if (plain && mended++ == 0)
                note_escape(note, note_size, line, column, bytes + i + 1, n - i - 1);
            if (!plain)
                text_add_char(&out, c);
            text_add_char(&out, next);
            i++;
            column++;
        } else {
            text_add_char(&out, c);
        }
    }
    *ret_size = out.length;
    return mended ? text_take(&out) : (text_fini(&out), NULL);
}

bool json_read_lenient(const char *bytes, size_t n, json_t **ret, char *note, size_t note_size, struct err *e)
{
    note[0] = 0;
    if (json_read(bytes, n, ret, e))
        return true;
    size_t size = 0;
    AUTO_FREE char *mended = mend_escapes(bytes, n, &size, note, note_size);
    struct err still = { 0 };
    if (mended && json_read(mended, size, ret, &still)) {
        *e = (struct err){ 0 };
        return true;
    }
    note[0] = 0;
    return false;
}

/* jansson writes every real with 17 digits: 1.1 as 1.1000000000000001. That is the same number, but no longer the same tag. */
enum { LONG_REAL = 17, REAL_DIGITS = 15 };

/* The next number that is so long at or behind text; *ret_length 0 at the text's end. */
static const char *long_real(const char *text, size_t *ret_length)
{
    for (*ret_length = 0; *text; text++) {
        size_t n = *text == '-' || isdigit((unsigned char)*text) ? strspn(text, "0123456789.eE+-") : 0;
        if (n >= LONG_REAL && memchr(text, '.', n)) {
            *ret_length = n;
            break;
        }
        text += n ? n - 1 : 0;
        if (*text != '"')
            continue;
        for (text++; *text != '"'; text++)
            text += *text == '\\';
    }
    return text;
}

static void add_shortest(struct text *out, const char *number, size_t n)
{
    AUTO_FREE char *whole = mem_text_n(number, n);
    double value = strtod(whole, NULL);
    for (int digits = REAL_DIGITS; digits <= REAL_DIGITS + 1; digits++) {
        char shorter[40];
        snprintf(shorter, sizeof shorter, "%.*g", digits, value);
        if (strtod(shorter, NULL) == value && !strchr(shorter, 'e') == !strchr(whole, 'e') && strchr(shorter, '.')) {
            text_add(out, shorter);
            return;
        }
    }
    text_add_n(out, number, n);
}

/* The JSON of jansson, taken over. */
static char *written(char *json)
{
    size_t n = 0;
    if (!json)
        return mem_text("null");
    const char *from = json, *at = long_real(json, &n);
    if (!n)
        return json;
    AUTO_TEXT out = { 0 };
    for (; n; from = at + n, at = long_real(from, &n)) {
        text_add_n(&out, from, (size_t)(at - from));
        add_shortest(&out, at, n);
    }
    text_add(&out, from);
    free(json);
    return text_take(&out);
}

char *json_write(const json_t *json)
{
    return written(json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY));
}

char *json_write_pretty(const json_t *json)
{
    return written(json_dumps(json, JSON_INDENT(2) | JSON_ENCODE_ANY));
}

/* One step of a path: ".name" or "[3]". Returns what follows it, NULL when malformed or missing. */
static const char *path_step(const json_t **at, const char *p)
{
    if (*p == '[') {
        char *end = NULL;
        unsigned long i = strtoul(p + 1, &end, 10);
        *at = isdigit((unsigned char)p[1]) && *end == ']' ? json_array_get(*at, i) : NULL;
        return *at ? end + 1 : NULL;
    }
    if (*p == '.')
        p++;
    size_t n = strcspn(p, ".[");
    char key[256];
    if (!n || n >= sizeof key)
        return NULL;
    memcpy(key, p, n);
    key[n] = 0;
    *at = json_object_get(*at, key);
    return *at ? p + n : NULL;
}

json_t *json_at(const json_t *json, const char *path)
{
    const json_t *at = json;
    for (const char *p = path; at && p && *p;)
        p = path_step(&at, p), at = p ? at : NULL;
    return (json_t *)at;
}

bool json_pointer_step(const char **pointer, struct text *key)
{
    const char *p = *pointer;
    if (*p != '/')
        return false;
    key->length = 0;
    text_add_n(key, "", 0); /* "" is a key too */
    for (p++; *p && *p != '/'; p++) {
        bool escape = *p == '~' && (p[1] == '0' || p[1] == '1');
        text_add_char(key, escape ? (*++p == '0' ? '~' : '/') : *p);
    }
    *pointer = p;
    return true;
}

json_t *json_at_pointer(const json_t *json, const char *pointer)
{
    const json_t *at = json;
    AUTO_TEXT key = { 0 };
    while (at && json_pointer_step(&pointer, &key)) {
        int64_t index;
        if (json_is_array(at))
            at = text_to_int(text_of(&key), &index) && index >= 0 ? json_array_get(at, (size_t)index) : NULL;
        else
            at = json_object_get(at, text_of(&key));
    }
    return *pointer ? NULL : (json_t *)at;
}

void json_pointer_add(char *pointer, size_t size, const char *key)
{
    size_t n = strlen(pointer);
    if (n + 1 < size)
        pointer[n++] = '/';
    for (; *key && n + 2 < size; key++) {
        if (*key == '~' || *key == '/') {
            pointer[n++] = '~';
            pointer[n++] = *key == '~' ? '0' : '1';
        } else {
            pointer[n++] = *key;
        }
    }
    pointer[n] = 0;
}

const char *json_text_at(const json_t *json, const char *path, const char *otherwise)
{
    const json_t *at = json_at(json, path);
    return json_is_string(at) ? json_string_value(at) : otherwise;
}

int64_t json_int_at(const json_t *json, const char *path, int64_t otherwise)
{
    const json_t *at = json_at(json, path);
    int64_t value;
    if (json_is_integer(at))
        return json_integer_value(at);
    if (json_is_real(at) && fabs(json_real_value(at)) < 9e18)
        return (int64_t)json_real_value(at);
    return json_is_string(at) && text_to_int(json_string_value(at), &value) ? value : otherwise;
}

bool json_bool_at(const json_t *json, const char *path, bool otherwise)
{
    const json_t *at = json_at(json, path);
    if (json_is_boolean(at))
        return json_is_true(at);
    if (json_is_string(at) && text_is_any_case(json_string_value(at), "true"))
        return true;
    if (json_is_string(at) && text_is_any_case(json_string_value(at), "false"))
        return false;
    return otherwise;
}

bool json_take_bool(const json_t *object, const char *key, bool *ret, struct err *e)
{
    const json_t *value = json_object_get(object, key);
    if (!value || json_is_null(value))
        return true;
    bool yes = json_bool_at(value, "", false);
    if (!yes && json_bool_at(value, "", true)) /* neither reading holds */
        return err_field(e, key, "%s must be true or false", key);
    *ret = yes;
    return true;
}

char *json_as_text(const json_t *json)
{
    if (json_is_string(json))
        return mem_text(json_string_value(json));
    if (!json || json_is_null(json))
        return mem_text("");
    return json_write(json);
}

char *json_decimal(const json_t *number)
{
    if (json_is_integer(number))
        return mem_format("%lld", (long long)json_integer_value(number));
    char *text = mem_format("%.6f", json_real_value(number));
    size_t n = strlen(text);
    while (n && text[n - 1] == '0')
        n--;
    if (n && text[n - 1] == '.')
        n--;
    text[n] = 0;
    return text;
}

json_t *json_text(const char *text_or_null)
{
    json_t *json = json_string(text_or_null ? text_or_null : "");
    if (json)
        return json;
    AUTO_FREE char *mended = mem_text(text_or_null);
    text_mend(mended);
    return json_string(mended);
}

void json_set_text(json_t *object, const char *key, const char *text_or_null)
{
    json_object_set_new(object, key, json_text(text_or_null));
}
