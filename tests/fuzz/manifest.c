#include "registry/manifest.h"

#include "event/image_ref.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct registry_manifest m = { 0 };
    struct err e = { 0 };
    if (!registry_manifest_read((const char *)data, size, &m, &e)) {
        fuzz_refused(&e);
        return 0;
    }
    FUZZ_CHECK(m.count <= MANIFEST_ENTRIES);
    for (size_t i = 0; i < m.count; i++) {
        FUZZ_CHECK(image_digest_ok(m.at[i].digest)); /* goes into URLs */
        FUZZ_CHECK(m.at[i].size >= 0 && m.at[i].size <= BLOB_BYTES);
        FUZZ_CHECK(!strpbrk(m.at[i].media_type, "\r\n \t\"")); /* goes into headers */
        FUZZ_CHECK(!(m.index && m.at[i].external && !*m.at[i].media_type));
    }
    FUZZ_CHECK(!strpbrk(m.media_type, "\r\n \t\""));
    registry_manifest_fini(&m);
    return 0;
}
