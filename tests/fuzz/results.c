/* Reports that a container left. The first byte says where they are cut in pieces: what is counted must not depend on it. */
#include "tasks/results.h"

#include "fuzz.h"

static char *read_in(const uint8_t *data, size_t size, size_t piece)
{
    struct results *r = results_create();
    struct report *p = NULL;
    struct err e = { 0 };
    FUZZ_CHECK(report_begin(r, "", &p, &e));
    bool ok = true;
    for (size_t at = 0; ok && at < size; at += piece)
        ok = report_feed(p, (const char *)data + at, size - at < piece ? size - at : piece, &e);
    if (!(ok && report_end(&p, &e)))
        fuzz_refused(&e);
    report_destroy(&p);
    AUTO_JSON *json = results_json(r);
    FUZZ_CHECK(json_int_at(json, "tests.passed", 0) >= 0 && json_int_at(json, "coverage.covered", 0) >= 0);
    results_destroy(&r);
    return json_write(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    AUTO_FREE char *in_pieces = read_in(data + 1, size - 1, data[0] + 1u), *at_once = read_in(data + 1, size - 1, size);
    FUZZ_CHECK(text_is(in_pieces, at_once));
    return 0;
}
