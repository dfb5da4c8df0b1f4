/* What comes out of a pod as files: bytes that anybody's steps may have a hand in. The first byte says where they are cut in pieces: what is read
 * must not depend on it, and what is said to be there must be there. */
#include "tasks/ci_files.h"

#include "fuzz.h"

static struct ci_files *feed(const uint8_t *data, size_t size, size_t piece, bool *ok)
{
    struct ci_files *f = NULL;
    struct err e = { 0 };
    FUZZ_CHECK(ci_files_create(&f, &e));
    *ok = true;
    for (size_t at = 0; *ok && at < size; at += piece)
        *ok = ci_files_feed(f, (const char *)data + at, size - at < piece ? size - at : piece, &e);
    if (!*ok)
        fuzz_refused(&e);
    return f;
}

static void check(const struct ci_files *f)
{
    for (size_t i = 0; ci_files_done(f) && i < CI_FILES_COUNT + 1; i++) {
        const struct ci_file *file = ci_files_get(f, i);
        char bytes[64];
        struct err e = { 0 };
        if (!file || file->state != CI_FILE_HERE || !file->size)
            continue;
        int64_t want = file->size < (int64_t)sizeof bytes ? file->size : (int64_t)sizeof bytes;
        FUZZ_CHECK(file->size <= CI_FILES_MOST && ci_files_read(f, file, file->size - want, bytes, sizeof bytes, &e) == want);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    bool ok, whole;
    struct ci_files *in_pieces = feed(data + 1, size - 1, (size_t)data[0] + 1, &ok), *at_once = feed(data + 1, size - 1, size, &whole);
    FUZZ_CHECK(ok == whole && (!ok || ci_files_done(in_pieces) == ci_files_done(at_once)));
    check(in_pieces);
    check(at_once);
    ci_files_destroy(&in_pieces);
    ci_files_destroy(&at_once);
    return 0;
}
