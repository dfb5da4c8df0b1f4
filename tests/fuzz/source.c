/* Files of pipelines and other objects, as they are imported. */
#include "pipeline/source.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(source) source = NULL;
    struct err e = { 0 };
    struct pipeline_checks checks = { .enabling = size % 2 };
    if (!source_read((const char *)data, size, &source, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    for (size_t i = 0; i < source_count(source); i++) {
        AUTO_PROBLEMS found = { 0 };
        AUTO(pipeline) pipeline = NULL;
        source_pipeline(source, i, &checks, &pipeline, &found);
        AUTO_FREE char *text = source_write(source_kind(source, i), source_document(source, i));
        FUZZ_CHECK(text_starts(text, "---"));
    }
    return 0;
}
