#include "base/json.h"

#include <string.h>

#include "base/fields.h"
#include "base/test.h"

static json_t *tree(const char *text)
{
    json_t *json = NULL;
    struct err e = { 0 };
    CHECK_OK(json_read(text, strlen(text), &json, &e), e);
    return json;
}

TEST(json, says_where_it_is_broken)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "", "line 1, column 0" },          { "{\n\"a\": }", "line 2, column 6" }, { "{\"a\":1,\"a\":2}", "duplicate" },
        { "{\"a\":\"\\u0000\"}", "line 1" }, { "[1] x", "line 1, column 5" },       { "\"\xff\"", "line 1" },
        { "1e999", "real number" },          { "99999999999999999999", "too big integer" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *json = NULL;
        struct err e = { 0 };
        CHECK(!json_read(CASES[i].text, strlen(CASES[i].text), &json, &e));
        CHECK_HAS(e.text, CASES[i].want);
        CHECK(e.kind == ERR_INVALID);
    }
}

TEST(json, nests_64_levels_and_no_more)
{
    for (int depth = 64; depth <= 65; depth++) {
        AUTO_TEXT t = { 0 };
        for (int i = 0; i < depth; i++)
            text_add(&t, "[");
        text_add(&t, "\"[[[\\\"[[[\"");
        for (int i = 0; i < depth; i++)
            text_add(&t, "]");
        AUTO_JSON *json = NULL;
        struct err e = { 0 };
        CHECK(json_read(t.at, t.length, &json, &e) == (depth == 64));
    }
}

TEST(json, reads_dockers_own_broken_example)
{
    static const char TEXT[] = "{\"a\": \"x \\[y\\]\"}";
    AUTO_JSON *json = NULL;
    char note[256];
    struct err e = { 0 };
    CHECK_OK(json_read_lenient(TEXT, sizeof TEXT - 1, &json, note, sizeof note, &e), e);
    CHECK_TEXT(json_text_at(json, "a", ""), "x [y]");
    CHECK_TEXT(note, "line 1, column 10: \\[ is no escape of JSON; read as [");
}

TEST(json, tells_an_escape_of_several_bytes_whole)
{
    static const char TEXT[] = "\"x\\\xc3\xa9y\"";
    AUTO_JSON *json = NULL;
    char note[256];
    struct err e = { 0 };
    CHECK_OK(json_read_lenient(TEXT, sizeof TEXT - 1, &json, note, sizeof note, &e), e);
    CHECK_TEXT(json_string_value(json), "x\xc3\xa9y");
    CHECK_TEXT(note, "line 1, column 3: \\\xc3\xa9 is no escape of JSON; read as \xc3\xa9");
    AUTO_JSON *divided = NULL;
    CHECK_OK(json_read_lenient("\"\xc3\\\xa9\"", 5, &divided, note, sizeof note, &e), e);
    CHECK_TEXT(json_string_value(divided), "\xc3\xa9");
    CHECK_TEXT(note, "line 1, column 3: \\? is no escape of JSON; read as ?");
}

TEST(json, writes_numbers_in_as_few_digits_as_they_need)
{
    static const char *const SAME[] = {
        "1.1",   "0.1",  "[0.2,-0.3,1.0]", "{\"a\":2.675,\"b\":\"1.10000000000000009\"}", "1417566161.5",
        "3.0",   "-1.7", "12345678901234567", "\"\\\"0.10000000000000001\"", "1e22", "0.30000000000000004",
        "[1.1,\"\\\\\",1.1]",
    };
    for (size_t i = 0; i < ALEN(SAME); i++) {
        AUTO_JSON *json = tree(SAME[i]);
        AUTO_FREE char *text = json_write(json);
        CHECK_TEXT(text, SAME[i]);
    }
    AUTO_JSON *large = json_real(1e16), *tiny = json_real(1.1e-7);
    AUTO_FREE char *first = json_write(large), *second = json_write(tiny), *text = json_as_text(tiny);
    CHECK_TEXT(first, "10000000000000000.0");
    CHECK_TEXT(second, "1.1e-07");
    CHECK_TEXT(text, "1.1e-07");
}

TEST(json, texts_that_are_no_utf8_are_mended)
{
    AUTO_JSON *json = json_object();
    json_set_text(json, "a", "caf\xc3");
    json_set_text(json, "b", NULL);
    CHECK_TEXT(json_text_at(json, "a", ""), "caf?");
    CHECK_TEXT(json_text_at(json, "b", "x"), "");
}

TEST(json, lenient_reading_mends_nothing_else)
{
    static const char *const BAD[] = { "{\"a\": \"\\[\"", "{'a': 1}", "{\"a\": \"\\u00g0\"}", "\"\\", "{\"a\":\"\\[\",}" };
    for (size_t i = 0; i < ALEN(BAD); i++) {
        AUTO_JSON *json = NULL;
        char note[256];
        struct err e = { 0 };
        CHECK(!json_read_lenient(BAD[i], strlen(BAD[i]), &json, note, sizeof note, &e));
        CHECK_TEXT(note, "");
        CHECK_HAS(e.text, "line 1");
    }
    AUTO_JSON *json = NULL;
    char note[256];
    struct err e = { 0 };
    CHECK_OK(json_read_lenient("\"a\\\\[\"", 6, &json, note, sizeof note, &e), e);
    CHECK_TEXT(note, "");
}

TEST(json, paths_and_pointers)
{
    AUTO_JSON *json = tree("{\"a\":{\"b\":[10,{\"c/d~\":\"x\"}]},\"n\":\"12\",\"t\":\"TRUE\",\"\":5,\"r\":1.5e3}");
    CHECK_INT(json_int_at(json, "a.b[0]", 0), 10);
    CHECK_INT(json_int_at(json, "n", 0), 12);
    CHECK_INT(json_int_at(json, "r", 0), 1500);
    CHECK(json_bool_at(json, "t", false));
    CHECK_TEXT(json_text_at(json, "a.b[2]", "none"), "none");
    CHECK_TEXT(json_text_at(json, "a.b[1", "none"), "none");
    CHECK_TEXT(json_text_at(json, "a..b", "none"), "none");
    CHECK_TEXT(json_string_value(json_at_pointer(json, "/a/b/1/c~1d~0")), "x");
    CHECK_INT(json_integer_value(json_at_pointer(json, "/")), 5);
    CHECK(json_at_pointer(json, "") == json);
    CHECK(!json_at_pointer(json, "a"));
    CHECK(!json_at_pointer(json, "/a/b/-1"));
    CHECK(!json_at_pointer(json, "/n/0"));
    char pointer[32] = "/x";
    json_pointer_add(pointer, sizeof pointer, "c/d~");
    CHECK_TEXT(pointer, "/x/c~1d~0");
    json_pointer_add(pointer, sizeof pointer, "a very long key that cannot fit at all");
    CHECK(strlen(pointer) < sizeof pointer);
}

TEST(json, pointers_take_keys_of_any_length)
{
    char key[600];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = 0;
    AUTO_JSON *json = json_object();
    json_object_set_new(json, key, json_integer(1));
    key[sizeof key - 2] = 'x';
    json_object_set_new(json, key, json_integer(2));
    AUTO_FREE char *pointer = mem_format("/%s", key);
    CHECK_INT(json_integer_value(json_at_pointer(json, pointer)), 2);
}

TEST(json, takes_true_and_false_and_nothing_else)
{
    static const struct {
        const char *text;
        bool ok, want;
    } CASES[] = {
        { "{\"on\":true}", true, true },      { "{\"on\":\"False\"}", true, false }, { "{}", true, true },     { "{\"on\":null}", true, true },
        { "{\"on\":\"no\"}", false, true }, { "{\"on\":0}", false, true },         { "{\"on\":\"\"}", false, true }, { "{\"on\":[]}", false, true },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *json = tree(CASES[i].text);
        struct err e = { 0 };
        bool on = true;
        CHECK_INT(json_take_bool(json, "on", &on, &e), CASES[i].ok);
        CHECK_INT(on, CASES[i].want);
        CHECK_TEXT(e.text, CASES[i].ok ? "" : "on must be true or false");
        CHECK_TEXT(e.field, CASES[i].ok ? "" : "on");
    }
}

TEST(json, decimals_have_no_exponent)
{
    static const struct {
        const char *number, *want;
    } CASES[] = {
        { "1.417566161e+09", "1417566161" }, { "1417566161", "1417566161" }, { "1417566161.5", "1417566161.5" },
        { "0.000001", "0.000001" },          { "-2.50", "-2.5" },            { "0", "0" }, { "1e3", "1000" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *json = tree(CASES[i].number);
        AUTO_FREE char *have = json_decimal(json);
        CHECK_TEXT(have, CASES[i].want);
    }
}

struct thing {
    char *name;
    int64_t size;
    bool on;
    json_t *list;
};

static const struct field THING[] = {
    { "meta.name", FIELD_TEXT, offsetof(struct thing, name), REQUIRED },
    { "size", FIELD_INT, offsetof(struct thing, size), OPTIONAL },
    { "on", FIELD_BOOL, offsetof(struct thing, on), OPTIONAL },
    { "list", FIELD_ARRAY, offsetof(struct thing, list), OPTIONAL },
    { "old", FIELD_IGNORED, 0, OPTIONAL },
};

TEST(fields, fill_a_struct)
{
    AUTO_JSON *json = tree("{\"meta\":{\"name\":5},\"size\":\"7\",\"on\":\"true\",\"list\":[1],\"old\":{}}");
    struct thing thing = { .size = 3 };
    struct err e = { 0 };
    CHECK_OK(fields_read(json, THING, ALEN(THING), &thing, &e), e);
    CHECK_TEXT(thing.name, "5");
    CHECK_INT(thing.size, 7);
    CHECK(thing.on && json_array_size(thing.list) == 1);
    CHECK(!fields_unknown(json, THING, ALEN(THING)));
    fields_release(THING, ALEN(THING), &thing);
    CHECK(!thing.name && !thing.list);
}

TEST(fields, name_the_wrong_one)
{
    static const struct {
        const char *json, *field, *want;
    } CASES[] = {
        { "{}", "meta.name", "meta.name is missing" },
        { "{\"meta\":{\"name\":null}}", "meta.name", "meta.name is missing" },
        { "{\"meta\":{\"name\":[]}}", "meta.name", "meta.name must be text" },
        { "{\"meta\":{\"name\":\"x\"},\"size\":1.5}", "size", "size must be a whole number" },
        { "{\"meta\":{\"name\":\"x\"},\"on\":\"maybe\"}", "on", "on must be true or false" },
        { "{\"meta\":{\"name\":\"x\"},\"list\":{}}", "list", "list must be a list" },
        { "[]", "meta.name", "meta.name is missing" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *json = tree(CASES[i].json);
        struct thing thing = { 0 };
        struct err e = { 0 };
        CHECK(!fields_read(json, THING, ALEN(THING), &thing, &e));
        CHECK_TEXT(e.field, CASES[i].field);
        CHECK_TEXT(e.text, CASES[i].want);
        fields_release(THING, ALEN(THING), &thing);
    }
    AUTO_JSON *json = tree("{\"meta\":1,\"met\":2}");
    CHECK_TEXT(fields_unknown(json, THING, ALEN(THING)), "met");
}
