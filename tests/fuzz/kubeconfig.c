#include "kube/config.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(kube_target) target = NULL;
    struct err e = { 0 };
    if (!kube_target_from_kubeconfig((const char *)data, size, NULL, &target, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(target->server && target->default_namespace);
    AUTO_FREE char *digest = kube_target_digest(target);
    FUZZ_CHECK(strlen(digest) == 64);
    return 0;
}
