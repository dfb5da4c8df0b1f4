#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
