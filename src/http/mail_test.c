#include "http/mail.h"

#include <string.h>

#include "base/mem.h"
#include "base/test.h"

static char *composed(const char *subject, const char *body)
{
    static const char *const TO[] = { "a@x.org", "b@x.org" };
    struct mail_letter letter = { .from = "s@x.org", .to = TO, .to_count = 2, .subject = subject, .body = body, .id = "1@x.org", .at = 1796109440038000 };
    char *mail = NULL;
    struct err e = { 0 };
    CHECK_OK(mail_compose(&letter, &mail, &e), e);
    return mail;
}

TEST(mail, has_its_headers)
{
    AUTO_FREE char *mail = composed("hello", "one\ntwo = 2 \r\n.\n");
    CHECK_TEXT(mail, "From: <s@x.org>\r\nTo: <a@x.org>,\r\n <b@x.org>\r\nSubject: hello\r\nDate: Tue, 01 Dec 2026 07:17:20 +0000\r\nMessage-ID: <1@x.org>\r\n"
                     "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                     "one\r\ntwo =3D 2=20\r\n.\r\n\r\n");
}

TEST(mail, subjects_are_words_of_one_line)
{
    static const char *const CASES[][2] = {
        { "a\r\nBcc: b", "\r\nSubject: a  Bcc: b\r\n" }, { "ü", "\r\nSubject: =?UTF-8?B?w7w=?=\r\n" }, { "=?UTF-8?B?w7w=?=", "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP3c3dz0/PQ==?=\r\n" },
        { "\xff", "\r\nSubject: ?\r\n" }, { "", "\r\nSubject: \r\n" },
        { "äöüäöüäöüäöüäöüäöüäöüäöü", "=?UTF-8?B?w6TDtsO8w6TDtsO8w6TDtsO8w6TDtsO8w6TDtsO8w6TDtsO8w6TDtsO8?=\r\n =?UTF-8?B?w6TDtsO8?=\r\n" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *mail = composed(CASES[i][0], "");
        CHECK(strstr(mail, CASES[i][1]) != NULL);
    }
}

TEST(mail, lines_are_short_and_end_as_they_should)
{
    AUTO_FREE char *mail = composed("x", "ääääääääääääääääääääääääääääääääääääääääääääääääääääää lang lang lang lang lang lang lang lang lang lang lang lang lang\rx");
    for (char *at = mail, *end; (end = strstr(at, "\r\n")); at = end + 2) {
        CHECK(end - at <= 76);
        CHECK(!memchr(at, '\n', (size_t)(end - at)) && !memchr(at, '\r', (size_t)(end - at)));
    }
}

TEST(mail, addresses_that_are_none_get_nowhere)
{
    static const char *const BAD[] = { "", "a", "@x", "a@", "a@b@c", "a b@x", "a@x\r\nBcc: c", "<a@x>", "a@x,b@x", "ü@x", "\"a\"@x", "a@[127.0.0.1]" };
    for (size_t i = 0; i < ALEN(BAD); i++)
        CHECK(!mail_address_ok(BAD[i]));
    CHECK(mail_address_ok("first.last+tag@mail.example.com"));
    struct mail_letter letter = { .from = "a@x\r\nX: y", .subject = "", .body = "", .id = "1" };
    char *mail = NULL;
    struct err e = { 0 };
    CHECK(!mail_compose(&letter, &mail, &e));
    CHECK_TEXT(e.text, "'a@x\r\nX: y' is no address that a mail can come from");
}

TEST(mail, replies_say_whether_another_try_helps)
{
    static const struct { int code; const char *reply, *want; enum err_kind kind; } CASES[] = {
        { 451, "451 4.7.1 greylisted", "h:25 asks to come again later: 451 4.7.1 greylisted", ERR_UNAVAILABLE },
        { 550, "550 no", "h:25 does not take it: 550 no", ERR_INVALID },
        { 535, "535 no", "h:25 does not let us in: 535 no", ERR_UNAUTHORIZED },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        CHECK(!mail_refused("h:25", CASES[i].code, CASES[i].reply, &e));
        CHECK_TEXT(e.text, CASES[i].want);
        CHECK_INT(e.kind, CASES[i].kind);
    }
}
