#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"
#include "secrets/mask.h"
#include "secrets/seal.h"

static const char ONE[] = "0000000000000000000000000000000000000000000000000000000000000001";
static const char TWO[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAI=";

TEST(seal, opens_only_where_it_was_closed)
{
    AUTO(seal) seal = NULL;
    struct err e = { 0 };
    char *plain = NULL;
    size_t size = 0;
    CHECK_OK(seal_create(ONE, NULL, false, &seal, &e), e);
    AUTO_FREE char *sealed = seal_close(seal, "endpoint:1:password", "s3cret", 6), *again = seal_close(seal, "endpoint:1:password", "s3cret", 6);
    CHECK(seal_is(sealed) && !strstr(sealed, "s3cret") && !text_is(sealed, again));
    CHECK_OK(seal_open(seal, "endpoint:1:password", sealed, &plain, &size, &e), e);
    CHECK_TEXT(plain, "s3cret");
    CHECK_INT(size, 6);
    free(plain);
    CHECK(!seal_open(seal, "endpoint:2:password", sealed, &plain, &size, &e));
    CHECK_HAS(e.text, "moved from another place");
    sealed[strlen(sealed) - 4] ^= 1;
    CHECK(!seal_open(seal, "endpoint:1:password", sealed, &plain, &size, &e));
    CHECK(!seal_open(seal, "endpoint:1:password", "sealed:v1:%%", &plain, &size, &e));
}

TEST(seal, changes_keys)
{
    AUTO(seal) old = NULL;
    AUTO(seal) both = NULL;
    AUTO(seal) fresh = NULL;
    struct err e = { 0 };
    AUTO_FREE char *plain = NULL;
    AUTO_FREE char *keys = mem_format("%s, %s", TWO, ONE);
    CHECK_OK(seal_create(ONE, NULL, false, &old, &e), e);
    CHECK_OK(seal_create(keys, NULL, false, &both, &e), e);
    CHECK_OK(seal_create(TWO, NULL, false, &fresh, &e), e);
    AUTO_FREE char *sealed = seal_close(old, "x", "y", 1);
    CHECK_OK(seal_open(both, "x", sealed, &plain, NULL, &e), e);
    char *none = NULL;
    CHECK(!seal_open(fresh, "x", sealed, &none, NULL, &e));
    CHECK_HAS(e.text, "which this server does not have");
    AUTO(seal) bad = NULL;
    CHECK(!seal_create("short", NULL, false, &bad, &e));
}

TEST(seal, makes_its_key_once_and_for_its_owner_only)
{
    char file[] = "/tmp/slipway-key-XXXXXX";
    close(mkstemp(file));
    unlink(file);
    AUTO(seal) first = NULL;
    AUTO(seal) second = NULL;
    struct err e = { 0 };
    struct stat s;
    AUTO_FREE char *plain = NULL;
    CHECK_OK(seal_create(NULL, file, true, &first, &e), e);
    CHECK(stat(file, &s) == 0 && (s.st_mode & 0777) == 0600);
    CHECK_OK(seal_create(NULL, file, true, &second, &e), e);
    AUTO_FREE char *sealed = seal_close(first, "x", "abc", 3);
    CHECK_OK(seal_open(second, "x", sealed, &plain, NULL, &e), e);
    unlink(file);
}

TEST(mask, hides_every_form_and_the_longest_first)
{
    AUTO_JSON *secrets = json_pack("[s,s,s,s]", "pass/word", "pass/word-longer", "abc", "kind: Config\ntoken: abcdefghijklmnopqrstuvwxyz\nserver: https://10.0.0.1:6443");
    AUTO(mask) m = mask_create_json(secrets);
    static const struct { const char *text, *want; } CASES[] = {
        { "a pass/word b", "a ***** b" },          { "pass/word-longer", "*****" },         { "abc stays", "abc stays" },
        { "cGFzcy93b3Jk", "*****" },               { "x=pass%2Fword&", "x=*****&" },        { "x=abcdefghijklmnopqrstuvwxyz", "x=*****" }, { "kind: Config", "kind: Config" }, { "https://10.0.0.1:6443", "https://10.0.0.1:6443" },
        { "pass/wor", "pass/wor" },                { "pass/wordpass/word", "**********" },  { "", "" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = mask_text(m, CASES[i].text);
        CHECK_TEXT(have, CASES[i].want);
    }
    AUTO_JSON *tree = json_pack("{s:[s,i],s:{s:s}}", "a", "pass/word", 1, "b", "c", "-pass/word-");
    AUTO_JSON *masked = mask_json(m, tree);
    AUTO_FREE char *text = json_write(masked);
    CHECK_TEXT(text, "{\"a\":[\"*****\",1],\"b\":{\"c\":\"-*****-\"}}");
    CHECK(!mask_create_json(NULL));
}

TEST(mask, hides_what_encoders_make_of_it)
{
    static const char SECRET[] = "p\"ss?word~1"; /* its base64 has + and / at some places */
    AUTO_JSON *secrets = json_pack("[s]", SECRET);
    AUTO(mask) m = mask_create_json(secrets);
    AUTO_FREE char *escaped = mask_text(m, "{\"password\":\"p\\\"ss?word~1\"}");
    CHECK_TEXT(escaped, "{\"password\":\"*****\"}");
    for (int before = 0; before < 6; before++) {
        for (int after = 0; after < 6; after++) {
            AUTO_FREE char *plain = mem_format("%.*s%s%.*s", before, "admin:", SECRET, after, "\n-tail");
            AUTO_FREE char *base64 = text_base64(plain, strlen(plain)), *base64_url = text_base64_url(plain, strlen(plain));
            AUTO_FREE char *have = mask_text(m, base64), *have_url = mask_text(m, base64_url);
            CHECK_HAS(have, "*****");
            CHECK_HAS(have_url, "*****");
            CHECK(strlen(have) <= strlen("*****") + 8 + 12); /* what stood around, its edges */
        }
    }
}

TEST(mask, hides_secrets_that_overlap_as_one)
{
    AUTO_JSON *secrets = json_pack("[s,s,s]", "abcdef", "defghi", "zzzz");
    AUTO(mask) m = mask_create_json(secrets);
    static const struct { const char *text, *want; } CASES[] = {
        { "-abcdefghi-", "-*****-" }, { "-zzzzzzz-", "-*****-" }, { "zzzabcdefdefghizzz", "zzz**********zzz" }, { "defghiabcdef", "**********" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *have = mask_text(m, CASES[i].text);
        CHECK_TEXT(have, CASES[i].want);
        AUTO_TEXT out = { 0 };
        AUTO(mask_stream) stream = mask_stream_create(m);
        for (const char *p = CASES[i].text; *p; p++)
            mask_stream_add(stream, p, 1, &out);
        mask_stream_end(stream, &out);
        CHECK_TEXT(text_of(&out), CASES[i].want);
    }
}

/* Random secrets and texts of two letters, cut at random: the stream says what the whole text would have said, and
 * no secret shows in it. */
TEST(mask, a_stream_and_a_whole_text_agree)
{
    unsigned seed = 1;
    for (int round = 0; round < 300; round++) {
        AUTO_JSON *secrets = json_array();
        char word[12], text[80];
        for (int i = 0; i < 3; i++) {
            int n = 4 + rand_r(&seed) % 7;
            for (int at = 0; at < n; at++)
                word[at] = "ab"[rand_r(&seed) % 2];
            json_array_append_new(secrets, json_stringn(word, (size_t)n));
        }
        for (size_t at = 0; at < sizeof text; at++)
            text[at] = at + 1 < sizeof text ? "ab"[rand_r(&seed) % 2] : 0;
        AUTO(mask) m = mask_create_json(secrets);
        AUTO_FREE char *whole = mask_text(m, text);
        AUTO_TEXT out = { 0 };
        AUTO(mask_stream) stream = mask_stream_create(m);
        for (size_t at = 0, n; at < sizeof text - 1; at += n) {
            n = (size_t)rand_r(&seed) % 9;
            n = n < sizeof text - 1 - at ? n : sizeof text - 1 - at;
            mask_stream_add(stream, text + at, n, &out);
        }
        mask_stream_end(stream, &out);
        CHECK_TEXT(text_of(&out), whole);
        for (size_t i = 0; i < json_array_size(secrets); i++)
            CHECK(!strstr(whole, json_string_value(json_array_get(secrets, i))));
    }
}

TEST(mask, masks_a_megabyte_at_once)
{
    enum { SIZE = 1 << 20, SECRETS = 500 };
    AUTO_JSON *secrets = json_array();
    AUTO_TEXT text = { 0 };
    for (int i = 0; i < SECRETS; i++) {
        AUTO_FREE char *secret = mem_format("the same beginning of %d and so on", i);
        json_array_append_new(secrets, json_string(secret));
    }
    while (text.length < SIZE)
        text_add(&text, "the same log line again and again, and the same end\n");
    AUTO(mask) m = mask_create_json(secrets);
    int64_t began = clock_mono();
    AUTO_FREE char *have = mask_text(m, text_of(&text));
    CHECK_TEXT(have, text_of(&text));
    CHECK(clock_mono() - began < 5 * CLOCK_SECOND); /* takes a tenth; machines are busy */
}

TEST(mask, hides_across_pieces_however_they_fall)
{
    static const char TEXT[] = "begin pass/word-longer middle pass/word end pass/wor";
    AUTO_JSON *secrets = json_pack("[s,s]", "pass/word", "pass/word-longer");
    AUTO(mask) m = mask_create_json(secrets);
    for (size_t step = 1; step < sizeof TEXT; step++) {
        AUTO_TEXT out = { 0 };
        AUTO(mask_stream) stream = mask_stream_create(m);
        for (size_t at = 0; at < sizeof TEXT - 1; at += step)
            mask_stream_add(stream, TEXT + at, sizeof TEXT - 1 - at < step ? sizeof TEXT - 1 - at : step, &out);
        mask_stream_end(stream, &out);
        CHECK_TEXT(text_of(&out), "begin ***** middle ***** end pass/wor");
    }
}
