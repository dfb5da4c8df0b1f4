#include "base/yaml.h"

#include <string.h>

#include "base/test.h"
#include "base/text.h"

static struct yaml *document(const char *text)
{
    struct yaml *yaml = NULL;
    struct err e = { 0 };
    CHECK_OK(yaml_read(text, strlen(text), &yaml, &e), e);
    return yaml;
}

static void check_json(const char *text, const char *want)
{
    AUTO(yaml) yaml = document(text);
    AUTO_FREE char *have = json_write(yaml_document(yaml, 0));
    CHECK_TEXT(have, want);
}

TEST(yaml, plain_scalars_mean_something)
{
    static const struct {
        const char *text, *json;
    } CASES[] = {
        { "5", "5" },          { "-5", "-5" },       { "+5", "5" },           { "0x1F", "31" },      { "010", "8" },
        { "0o10", "8" },       { "0b11", "3" },      { "1_000", "1000" },     { "08", "\"08\"" },    { "1.5", "1.5" },
        { "1e3", "1000.0" },   { ".5", "0.5" },      { "5.", "5.0" },         { "-0.0", "-0.0" },    { "1e999", "\"1e999\"" },
        { ".inf", "\".inf\"" }, { "true", "true" },  { "Yes", "true" },       { "off", "false" },    { "y", "\"y\"" },
        { "~", "null" },       { "Null", "null" },   { "nULL", "\"nULL\"" },  { "1.2.3", "\"1.2.3\"" }, { "12:30", "\"12:30\"" },
        { "-", "\"-\"" },      { "+", "\"+\"" },     { ".", "\".\"" },        { "0x", "\"0x\"" },    { "_1", "\"_1\"" },
        { "1e", "\"1e\"" },    { "0", "0" },         { "-0", "0" },           { "2001-12-14", "\"2001-12-14\"" },
        { "9223372036854775807", "9223372036854775807" }, { "9223372036854775808", "\"9223372036854775808\"" },
        { "-9223372036854775808", "-9223372036854775808" }, { "truee", "\"truee\"" }, { "", "null" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_JSON *json = yaml_plain(CASES[i].text, strlen(CASES[i].text));
        AUTO_FREE char *have = json_write(json);
        CHECK_TEXT(have, CASES[i].json);
    }
}

TEST(yaml, reads_what_code_stream_writes)
{
    check_json("options: [\n  GIT_TRIGGER]\ngroups: [\n            ]\nc: {\n            }\n",
               "{\"options\":[\"GIT_TRIGGER\"],\"groups\":[],\"c\":{}}");
    check_json("a: |-\n  x\n   y\nb: |2+\n    z\n\nc: 1\n", "{\"a\":\"x\\n y\",\"b\":\"  z\\n\\n\",\"c\":1}");
    check_json("yaml: \"apiVersion: v1\\r\\nkind: Service\\r\\n\"\n", "{\"yaml\":\"apiVersion: v1\\r\\nkind: Service\\r\\n\"}");
    check_json("a: 'folded\r\n  over\r\n\r\n  lines'\r\n", "{\"a\":\"folded over\\nlines\"}");
    check_json("Get Ubuntu Id: {v: '5', q: $}\npre: ${input.method}==\"apply\"\n \n",
               "{\"Get Ubuntu Id\":{\"v\":\"5\",\"q\":\"$\"},\"pre\":\"${input.method}==\\\"apply\\\"\"}");
    check_json("n\xc3\xa4me: \xf0\x9f\x9a\xa2\n1: one\nyes: two\n",
               "{\"n\xc3\xa4me\":\"\xf0\x9f\x9a\xa2\",\"1\":\"one\",\"yes\":\"two\"}");
}

TEST(yaml, has_documents)
{
    AUTO(yaml) yaml = document("---\na: 1\n---\n---\n- x\n...\n");
    CHECK_INT(yaml_count(yaml), 3);
    CHECK(json_is_object(yaml_document(yaml, 0)));
    CHECK(json_is_null(yaml_document(yaml, 1)));
    CHECK(json_is_array(yaml_document(yaml, 2)));
    CHECK(!yaml_document(yaml, 3));
    AUTO(yaml) none = document("# nothing\n");
    CHECK_INT(yaml_count(none), 0);
}

TEST(yaml, knows_where_things_stand_and_how_they_were_written)
{
    AUTO(yaml) yaml = document("a: 1\nb: &b\n  c/d: 'x'\n  e: [1, \"2\"]\nf: |\n  text\n---\nz: 1\ng: >-\n  y\n");
    static const struct {
        size_t document;
        const char *pointer;
        int line, column;
        enum yaml_style style;
    } CASES[] = {
        { 0, "", 1, 1, YAML_NONE },           { 0, "/a", 1, 4, YAML_PLAIN },   { 0, "/b/c~1d", 3, 8, YAML_QUOTED },
        { 0, "/b/e", 4, 6, YAML_NONE },       { 0, "/b/e/1", 4, 10, YAML_QUOTED }, { 0, "/b/e/7", 4, 6, YAML_NONE },
        { 0, "/b/e/0/x/y", 4, 7, YAML_NONE }, { 0, "/nowhere", 1, 1, YAML_NONE }, { 0, "/f", 5, 4, YAML_BLOCK },
        { 1, "/g", 9, 4, YAML_BLOCK },        { 2, "/a", 1, 1, YAML_NONE },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int line = 0, column = 0;
        yaml_where(yaml, CASES[i].document, CASES[i].pointer, &line, &column);
        CHECK_INT(line, CASES[i].line);
        CHECK_INT(column, CASES[i].column);
        CHECK(yaml_style(yaml, CASES[i].document, CASES[i].pointer) == CASES[i].style);
    }
}

TEST(yaml, aliases_are_copies_and_merges_fill_in)
{
    AUTO(yaml) yaml = document("a: &a {x: 1, y: [2]}\nb: *a\nc:\n  <<: [*a, {x: 5, z: 6}]\n  y: 7\n\"<<\": text\n&k key: 1\nval: *k\n");
    json_t *root = yaml_document(yaml, 0);
    AUTO_FREE char *have = json_write(root);
    CHECK_TEXT(have, "{\"a\":{\"x\":1,\"y\":[2]},\"b\":{\"x\":1,\"y\":[2]},\"c\":{\"y\":7,\"x\":1,\"z\":6},\"<<\":\"text\",\"key\":1,"
                     "\"val\":\"key\"}");
    json_object_set_new(json_at(root, "b"), "x", json_integer(9));
    json_array_append_new(json_at(root, "c.y") ? json_at(root, "b.y") : NULL, json_integer(9));
    CHECK_INT(json_int_at(root, "a.x", 0), 1);
    CHECK_INT(json_array_size(json_at(root, "a.y")), 1);
    int line, column;
    yaml_where(yaml, 0, "/b/y/0", &line, &column);
    CHECK(line == 1 && column == 18);
    yaml_where(yaml, 0, "/b", &line, &column);
    CHECK(line == 2 && column == 4);
    yaml_where(yaml, 0, "/c/z", &line, &column);
    CHECK(line == 4 && column == 22);
}

TEST(yaml, tags)
{
    check_json("[!!str 5, ! 5, !!int \"5\", !!float \"1.5\", !!bool \"on\", !!null \"\", !!binary Zm8=]",
               "[\"5\",\"5\",5,1.5,true,null,\"Zm8=\"]");
}

TEST(yaml, says_what_is_wrong_and_where)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "a: 1\na: 2\n", "line 2, column 1: key 'a' is there twice" },
        { "a: [1\nb: 2\n", "line 2, column 2" },
        { "a: *b\n", "line 1, column 4: alias *b: there is no such anchor before it" },
        { "a: &a [*a]\n", "alias *a: there is no such anchor" },
        { "--- &a 1\n--- *a\n", "line 2, column 5: alias *a" },
        { "? [a]\n: 1\n", "line 1, column 3: a key must be text" },
        { "x: !Ref y\n", "line 1, column 4: tag !Ref is not supported" },
        { "x: !<tag:a> {y: 1}\n", "is not supported" },
        { "x: \"a\\0b\"\n", "line 1, column 4: a NUL character" },
        { "x: 1\n\xff\n", "line 2, column 1: invalid" },
        { "a:\n  <<: 5\n", "line 2, column 7: << must be a mapping" },
        { "a:\n  <<: {}\n  <<: {}\n", "line 3, column 3: key '<<' is there twice" },
        { "a:\n\t- b\n", "line 2, column 1" },
        { "a: b: c\n", "line 1, column 5: mapping values are not allowed" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO(yaml) yaml = NULL;
        struct err e = { 0 };
        CHECK(!yaml_read(CASES[i].text, strlen(CASES[i].text), &yaml, &e));
        CHECK_HAS(e.text, CASES[i].want);
        CHECK(!yaml && e.kind == ERR_INVALID);
    }
}

static void refused(const struct text *t, const char *want)
{
    AUTO(yaml) yaml = NULL;
    struct err e = { 0 };
    CHECK(!yaml_read(text_of(t), t->length, &yaml, &e));
    CHECK_HAS(e.text, want);
}

TEST(yaml, refuses_bombs)
{
    AUTO_TEXT laughs = { 0 };
    text_add(&laughs, "a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 10; i++)
        text_addf(&laughs, "a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i, i, i - 1, i - 1, i - 1, i - 1, i - 1,
                  i - 1, i - 1, i - 1, i - 1);
    refused(&laughs, "more than 100000 values");
    AUTO_TEXT merges = { 0 };
    text_add(&merges, "a0: &a0 {x: 1}\n");
    for (int i = 1; i < 30; i++)
        text_addf(&merges, "a%d: &a%d {<<: *a%d, l: *a%d, r: *a%d}\n", i, i, i - 1, i - 1, i - 1);
    refused(&merges, "more than 100000 values");
    AUTO_TEXT tower = { 0 };
    text_add(&tower, "a0: &a0 [x]\n");
    for (int i = 1; i < 80; i++)
        text_addf(&tower, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    refused(&tower, "nested deeper than 64 levels");
    AUTO_TEXT deep = { 0 };
    for (int i = 0; i < 65; i++)
        text_add(&deep, "[");
    refused(&deep, "nested deeper than 64 levels");
    AUTO_TEXT wide = { 0 };
    for (int i = 0; i < 100001; i++)
        text_add(&wide, "- 1\n");
    refused(&wide, "more than 100000 values");
    AUTO_TEXT large = { 0 };
    for (int i = 0; i < 1 << 20; i++)
        text_add(&large, "# ");
    refused(&large, "more than 1048576 bytes");
}

TEST(yaml, nests_64_levels)
{
    AUTO_TEXT t = { 0 };
    for (int i = 0; i < 64; i++)
        text_add(&t, "[");
    for (int i = 0; i < 64; i++)
        text_add(&t, "]");
    AUTO(yaml) yaml = document(text_of(&t));
    CHECK(yaml_count(yaml) == 1);
}

/* A small generator: the same trees at every run. */
static unsigned next_random(unsigned *seed)
{
    return (*seed = *seed * 1103515245 + 12345) >> 16 & 0x7fff;
}

static json_t *random_text(unsigned *seed)
{
    static const char *const PARTS[] = { "a", " ", "\n", ":", "#", "- ", "'", "\"", "\t", "5", "true", "\xc3\xa9", "\\", "{", "?", "%",
                                         "&", "*", "|", ">", "\r", "\xe2\x80\xa8", "---", "...", ".", "e", "0x", "~", "\x01", "<<", "!",
                                         "${input.x}", "\n\n", "  ", ", ", "[", "\xf0\x9f\x9a\xa2", "\xc2\x85", "\xef\xbb\xbf", "word" };
    AUTO_TEXT t = { 0 };
    for (unsigned n = next_random(seed) % 6; n; n--)
        text_add(&t, PARTS[next_random(seed) % ALEN(PARTS)]);
    return json_string(text_of(&t));
}

static json_t *random_tree(unsigned *seed, int depth)
{
    unsigned kind = next_random(seed) % (depth ? 8 : 6);
    if (kind == 0)
        return json_integer((json_int_t)next_random(seed) - 16000);
    if (kind == 1)
        return json_real(((double)next_random(seed) - 16000) / 64 * (next_random(seed) % 3 ? 1 : 1e30));
    if (kind == 2)
        return next_random(seed) % 2 ? json_boolean(next_random(seed) % 2) : json_null();
    if (kind < 6)
        return random_text(seed);
    json_t *tree = kind == 6 ? json_array() : json_object();
    for (unsigned n = next_random(seed) % 5; n; n--) {
        AUTO_JSON *key = random_text(seed);
        json_t *value = random_tree(seed, depth - 1);
        if (kind == 6)
            json_array_append_new(tree, value);
        else
            json_object_set_new(tree, json_string_value(key), value);
    }
    return tree;
}

TEST(yaml, what_is_written_reads_back)
{
    for (unsigned i = 0; i < 20000; i++) {
        unsigned seed = i;
        AUTO_JSON *tree = random_tree(&seed, 4);
        AUTO_FREE char *text = yaml_write(tree);
        CHECK(strncmp(text, "---", 3) == 0);
        AUTO(yaml) yaml = document(text);
        if (!json_equal(tree, yaml_document(yaml, 0))) {
            AUTO_FREE char *want = json_write(tree);
            check_json(text, want);
        }
    }
}

TEST(yaml, writes_what_people_can_read)
{
    AUTO_JSON *tree = json_pack("{s:s, s:s, s:s, s:[s,{s:i}], s:{}, s:[], s:s, s:s}", "name", "web", "version", "1.20", "script",
                                "echo a\necho b\n", "list", "yes", "b", 1, "none", "empty", "on", "y", "colon", "a: b");
    AUTO_FREE char *have = yaml_write(tree);
    CHECK_TEXT(have, "---\nname: web\nversion: '1.20'\nscript: |\n  echo a\n  echo b\nlist:\n- 'yes'\n- b: 1\nnone: {}\nempty: []\n"
                     "'on': 'y'\ncolon: 'a: b'\n");
}
