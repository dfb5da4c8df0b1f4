#include "pipeline/condition.h"

#include "fuzz.h"
#include "scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct scope scope = { fuzz_find };
    for (unsigned flags = 0; flags <= CONDITION_BARE; flags += CONDITION_BARE) {
        AUTO(condition) condition = NULL;
        AUTO_RESOLUTION more = { 0 };
        struct err e = { 0 };
        bool yes;
        if (!condition_parse((const char *)data, size, flags, &condition, &e) ||
            !condition_evaluate(condition, &scope, &yes, &more, &e))
            fuzz_refused(&e);
    }
    return 0;
}
