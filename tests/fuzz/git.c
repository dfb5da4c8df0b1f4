/* What a Git server sends: what it can do, its names, its objects. The first byte says which. Of a pack, what comes out is read as well. */
#include "git/pack.h"

#include "fuzz.h"

#define COMMIT "1111111111111111111111111111111111111111"

static void names(const char *bytes, size_t size)
{
    char oid[GIT_OID + 1] = "";
    struct err e = { 0 };
    if (!git_refs_read(bytes, size, "main", oid, &e))
        fuzz_refused(&e);
    else
        FUZZ_CHECK(git_is_oid(oid));
}

static void objects(const char *bytes, size_t size)
{
    AUTO_TEXT pack = { 0 };
    struct git_file file = { 0 };
    struct err e = { 0 };
    if (!git_pack_read(bytes, size, &pack, &e)) {
        fuzz_refused(&e);
        return;
    }
    FUZZ_CHECK(pack.length && pack.length <= size);
    if (!git_pack_file(pack.at, pack.length, COMMIT, "k8s/site.yaml", 1000, &file, &e))
        fuzz_refused(&e);
    git_file_fini(&file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *bytes = (const char *)data + 1;
    struct git_offer offer;
    struct err e = { 0 };
    if (!size)
        return 0;
    if (data[0] % 3 == 0 && !git_offer_read(bytes, size - 1, &offer, &e))
        fuzz_refused(&e);
    if (data[0] % 3 == 1)
        names(bytes, size - 1);
    if (data[0] % 3 == 2)
        objects(bytes, size - 1);
    return 0;
}
