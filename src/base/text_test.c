#include "base/text.h"

#include <string.h>

#include "base/err.h"
#include "base/test.h"

TEST(text, grows_and_is_never_null)
{
    AUTO_TEXT t = { 0 };
    CHECK_TEXT(text_of(&t), "");
    for (int i = 0; i < 1000; i++)
        text_addf(&t, "%d,", i % 10);
    CHECK_INT(t.length, 2000);
    AUTO_FREE char *taken = text_take(&t);
    CHECK_INT(strlen(taken), 2000);
    AUTO_FREE char *empty = text_take(&t);
    CHECK_TEXT(empty, "");
}

TEST(text, base64_reads_both_alphabets)
{
    static const struct {
        const char *text, *want;
    } CASES[] = {
        { "", "" },         { "Zg==", "f" },     { "Zg", "f" },           { "Zm9v", "foo" },
        { "Zm9v\nYmFy", "foobar" }, { "+/+/", "\xfb\xff\xbf" }, { "-_-_", "\xfb\xff\xbf" }, { " Z g = = ", "f" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        size_t n = 99;
        AUTO_FREE unsigned char *out = text_base64_decode(CASES[i].text, strlen(CASES[i].text), &n);
        CHECK(out && n == strlen(CASES[i].want) && memcmp(out, CASES[i].want, n) == 0);
    }
    static const char *const BAD[] = { "Z", "Zg===", "Zh==", "Z*==", "=", "Zg==Zg==" };
    for (size_t i = 0; i < ALEN(BAD); i++) {
        size_t n;
        AUTO_FREE unsigned char *out = text_base64_decode(BAD[i], strlen(BAD[i]), &n);
        CHECK(!out);
    }
}

TEST(text, base64_comes_back)
{
    unsigned char bytes[256];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 37);
    for (size_t n = 0; n <= sizeof bytes; n++) {
        size_t a_size = 0, b_size = 0;
        AUTO_FREE char *standard = text_base64(bytes, n);
        AUTO_FREE char *url = text_base64_url(bytes, n);
        AUTO_FREE unsigned char *a = text_base64_decode(standard, strlen(standard), &a_size);
        AUTO_FREE unsigned char *b = text_base64_decode(url, strlen(url), &b_size);
        CHECK(a && b && a_size == n && b_size == n && memcmp(a, bytes, n) == 0 && memcmp(b, bytes, n) == 0);
    }
}

TEST(text, url_decoding_at_the_edges)
{
    static const struct {
        const char *text;
        bool plus;
        const char *want;
    } CASES[] = {
        { "", false, "" },      { "%41", false, "A" },  { "a%2fb", false, "a/b" }, { "a+b", true, "a b" },
        { "a+b", false, "a+b" }, { "%", false, NULL },   { "%4", false, NULL },     { "%4g", false, NULL },
        { "%00", false, NULL }, { "%C3%A9", false, "\xc3\xa9" }, { "%2", true, NULL }, { "x%", false, NULL },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = text_url_decode(CASES[i].text, strlen(CASES[i].text), CASES[i].plus);
        CHECK_TEXT(have, CASES[i].want);
    }
    AUTO_TEXT t = { 0 };
    text_add_url(&t, "a b/\xc3\xa9~");
    CHECK_TEXT(text_of(&t), "a%20b%2F%C3%A9~");
}

TEST(text, knows_utf8)
{
    static const struct {
        const char *bytes;
        bool good;
    } CASES[] = {
        { "", true },         { "abc", true },           { "\xc3\xa9", true },         { "\xe2\x82\xac", true },
        { "\xf0\x9f\x9a\xa2", true }, { "\xc0\xaf", false }, { "\xed\xa0\x80", false }, /* a surrogate */
        { "\xe0\x80\xaf", false }, { "\xf4\x90\x80\x80", false }, { "\x80", false },  { "\xc3", false },
        { "\xff", false },    { "\xf0\x80\x80\x80", false },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK(text_utf8(CASES[i].bytes, strlen(CASES[i].bytes)) == CASES[i].good);
    CHECK(!text_utf8("a\0b", 3));
}

TEST(text, mends_what_is_no_utf8)
{
    static const char *const CASES[][2] = {
        { "", "" },           { "plain", "plain" },       { "caf\xc3\xa9", "caf\xc3\xa9" },  { "caf\xc3", "caf?" },
        { "\xff\xfe\xfd", "?" }, { "a\xe2\x82\"b\x80", "a?\"b?" }, { "\xed\xa0\x80x", "?x" }, { "\xc3\xa9\xc3\xc3\xa9", "\xc3\xa9?\xc3\xa9" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *text = mem_text(CASES[i][0]);
        text_mend(text);
        CHECK_TEXT(text, CASES[i][1]);
    }
}

TEST(text, integers)
{
    static const struct {
        const char *text;
        bool good;
        int64_t want;
    } CASES[] = {
        { "0", true, 0 },   { "-17", true, -17 }, { "9223372036854775807", true, INT64_MAX },
        { "9223372036854775808", false, 0 }, { "", false, 0 }, { " 1", false, 0 }, { "1 ", false, 0 },
        { "+1", false, 0 }, { "-", false, 0 },    { "0x10", false, 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        int64_t have = 0;
        CHECK(text_to_int(CASES[i].text, &have) == CASES[i].good);
        CHECK(have == CASES[i].want);
    }
    CHECK(!text_to_int(NULL, NULL));
}

TEST(text, secrets_compare)
{
    CHECK(text_equal_secret("abc", "abc"));
    CHECK(!text_equal_secret("abc", "abd"));
    CHECK(!text_equal_secret("abc", "abcd"));
    CHECK(text_equal_secret("", ""));
}

TEST(err, kinds_and_statuses_agree)
{
    static const struct {
        int status;
        enum err_kind kind;
    } CASES[] = {
        { 200, ERR_NONE }, { 302, ERR_NONE }, { 400, ERR_INVALID }, { 404, ERR_NOT_FOUND }, { 418, ERR_INVALID },
        { 429, ERR_LIMITED }, { 500, ERR_INTERNAL }, { 502, ERR_UPSTREAM }, { 599, ERR_UNAVAILABLE },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK_INT(err_kind_of_status(CASES[i].status), CASES[i].kind);
    CHECK_INT(err_status(ERR_CONFLICT), 409);
    CHECK(err_retry(ERR_TIMEOUT) && err_retry(ERR_FULL) && !err_retry(ERR_INVALID));
    CHECK_TEXT(err_kind_name(ERR_TOO_LARGE), "ERR_TOO_LARGE");
    struct err e = { 0 };
    CHECK(!err_field(&e, "name", "%s is missing", "name") && !err_wrap(&e, "webhook"));
    CHECK(e.kind == ERR_INVALID);
    CHECK_TEXT(e.field, "name");
    CHECK_TEXT(e.text, "webhook: name is missing");
    CHECK(!err_set(NULL, ERR_FULL, "x") && !err_wrap(NULL, "x") && !err_field(NULL, "x", "x"));
}

TEST(err, mends_a_character_that_a_format_cut)
{
    struct err e = { 0 };
    err_set(&e, ERR_INVALID, "'%.4s' is no tag", "caf\xc3\xa9");
    CHECK_TEXT(e.text, "'caf?' is no tag");
    err_wrap(&e, "%.1s", "\xc3\xa9");
    CHECK_TEXT(e.text, "?: 'caf?' is no tag");
}

TEST(err, wraps_and_never_cuts_a_character)
{
    struct err e = { 0 };
    err_set(&e, ERR_CONFLICT, "%s", "inner");
    err_wrap(&e, "outer %d", 1);
    CHECK_TEXT(e.text, "outer 1: inner");
    CHECK(e.kind == ERR_CONFLICT);
    char euro[1201] = "";
    for (int i = 0; i < 400; i++)
        memcpy(euro + 3 * i, "\xe2\x82\xac", 4);
    for (int shift = 0; shift < 3; shift++) {
        err_field(&e, euro + shift * 3, "%.*s%s", shift, "xy", euro);
        CHECK(text_utf8(e.text, strlen(e.text)) && text_utf8(e.field, strlen(e.field)));
        CHECK(strlen(e.text) > sizeof e.text - 5);
        err_wrap(&e, "%s", "before");
        CHECK(text_utf8(e.text, strlen(e.text)));
    }
    CHECK(!err_set(NULL, ERR_INVALID, "nobody listens"));
}
