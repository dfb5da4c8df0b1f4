#include "base/pem.h"

#include "base/mem.h"
#include "base/test.h"

TEST(pem, is_taken_plain_or_in_base64)
{
    static const struct { const char *text, *pem; } CASES[] = {
        { " \n-----BEGIN X-----", "-----BEGIN X-----" },
        { "LS0tLS1CRUdJTiBYLS0tLS0=", "-----BEGIN X-----" },
        { "", "kept" },
        { "MIIB", NULL },
        { "/etc/ca.pem", NULL },
        { "LS0tLS1CRUdJTiBYAC0t", NULL }, /* a zero byte inside */
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *pem = text_is(CASES[i].text, "") ? mem_text("kept") : NULL;
        struct err e = { 0 };
        CHECK(pem_take(CASES[i].text, "ca", &pem, &e) == (CASES[i].pem != NULL));
        CHECK_TEXT(pem, CASES[i].pem);
        CHECK_TEXT(e.text, CASES[i].pem ? "" : "ca is neither PEM nor base64 of PEM");
    }
}
