/* What a Docker engine sends: the two streams of a log, and archives. The first byte says which, and where the rest is cut in pieces: what is
 * read must not depend on it. */
#include "docker/frames.h"
#include "docker/tar.h"

#include "fuzz.h"

static void each(void *context, int stream, const char *bytes, size_t size)
{
    text_add_char(context, (char)('0' + stream));
    text_add_n(context, bytes, size);
}

static bool frames(const uint8_t *data, size_t size, size_t piece)
{
    struct docker_frames f = { 0 };
    struct err e = { 0 };
    AUTO_TEXT out = { 0 };
    bool ok = true;
    for (size_t at = 0; ok && at < size; at += piece)
        ok = docker_frames_feed(&f, (const char *)data + at, size - at < piece ? size - at : piece, each, &out, &e);
    if (!ok)
        fuzz_refused(&e);
    return ok;
}

struct seen { int64_t bytes; int entries; };

static bool begin(void *context, const struct tar_entry *entry)
{
    struct seen *s = context;
    FUZZ_CHECK(strlen(entry->name) <= TAR_NAME && entry->size >= 0);
    s->entries++;
    return entry->type == '0';
}

static bool take(void *context, const char *bytes, size_t size, struct err *e)
{
    (void)bytes, (void)e;
    ((struct seen *)context)->bytes += (int64_t)size;
    return true;
}

static struct seen archive(const uint8_t *data, size_t size, size_t piece, bool *ok)
{
    struct seen seen = { 0 };
    struct tar_reader r = { .begin = begin, .take = take, .context = &seen, .most = 1 << 20, .entries_most = 20 };
    struct err e = { 0 };
    *ok = true;
    for (size_t at = 0; *ok && at < size; at += piece)
        *ok = tar_feed(&r, (const char *)data + at, size - at < piece ? size - at : piece, &e);
    if (!*ok)
        fuzz_refused(&e);
    FUZZ_CHECK(seen.bytes <= (1 << 20) && seen.entries <= 20);
    tar_reader_fini(&r);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    size_t piece = (data[0] >> 1) + 1;
    if (data[0] & 1) {
        FUZZ_CHECK(frames(data + 1, size - 1, piece) == frames(data + 1, size - 1, size));
        return 0;
    }
    bool ok, whole;
    struct seen in_pieces = archive(data + 1, size - 1, piece, &ok), at_once = archive(data + 1, size - 1, size, &whole);
    FUZZ_CHECK(ok == whole && in_pieces.entries == at_once.entries && (!ok || in_pieces.bytes == at_once.bytes));
    return 0;
}
