/* Mails: whatever subject, body and addresses hold, the headers are the ones that we wrote, and lines end by CR LF alone. */
#include "http/mail.h"

#include "base/mem.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t half = size / 2, headers = 0;
    AUTO_FREE char *subject = mem_text_n((const char *)data, half), *body = mem_text_n((const char *)data + half, size - half), *mail = NULL;
    const char *to[] = { "a@b.c", subject };
    struct mail_letter letter = { .from = "s@x.org", .to = to, .to_count = mail_address_ok(subject) ? 2 : 1, .subject = subject, .body = body, .id = "1@x.org" };
    struct err e = { 0 };
    FUZZ_CHECK(mail_compose(&letter, &mail, &e));
    for (const char *at = mail, *end; (end = strstr(at, "\r\n")) && end != at; at = end + 2)
        headers += *at != ' ';
    FUZZ_CHECK(headers == 9);
    for (const char *c = mail; *c; c++) {
        FUZZ_CHECK(*c != '\r' || c[1] == '\n');
        FUZZ_CHECK(*c != '\n' || (c > mail && c[-1] == '\r'));
        FUZZ_CHECK((unsigned char)*c < 0x80);
    }
    return 0;
}
