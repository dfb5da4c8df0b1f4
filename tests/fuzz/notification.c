/* Payloads of notifications: one that is JSON stays JSON, with no more members than it was written with, whatever is put into it. */
#include "pipeline/notification.h"

#include "fuzz.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope = { fuzz_find };
    AUTO_FREE char *text = mem_text_n((const char *)data, size), *payload = NULL;
    AUTO_JSON *plain = NULL, *back = NULL;
    struct err e = { 0 };
    if (!notification_payload(text, &scope, &payload, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(json_read(payload, strlen(payload), &back, &e));
    if (json_read(text, strlen(text), &plain, NULL)) /* no bare reference: only texts change */
        FUZZ_CHECK(json_typeof(plain) == json_typeof(back) && json_object_size(plain) == json_object_size(back) && json_array_size(plain) == json_array_size(back));
    return 0;
}
