#include "docker/tar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

struct header { /* POSIX.1-1988 ustar */
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == TAR_BLOCK, "a header is one block");

static unsigned checksum(const struct header *h)
{
    const unsigned char *p = (const unsigned char *)h;
    unsigned sum = 0;
    for (size_t i = 0; i < sizeof *h; i++)
        sum += i >= offsetof(struct header, sum) && i < offsetof(struct header, type) ? ' ' : p[i];
    return sum;
}

static void pad(struct text *tar, size_t size)
{
    static const char ZEROS[TAR_BLOCK];
    if (size % TAR_BLOCK)
        text_add_n(tar, ZEROS, TAR_BLOCK - size % TAR_BLOCK);
}

void tar_add(struct text *tar, const char *name, unsigned mode, const void *bytes, size_t size)
{
    struct header h = { .type = bytes ? '0' : '5', .magic = "ustar", .version = { '0', '0' } };
    snprintf(h.name, sizeof h.name, "%s", name);
    snprintf(h.mode, sizeof h.mode, "%07o", mode & 07777);
    snprintf(h.uid, sizeof h.uid, "%07o", 0);
    snprintf(h.gid, sizeof h.gid, "%07o", 0);
    snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)(bytes ? size : 0));
    snprintf(h.mtime, sizeof h.mtime, "%011o", 0);
    snprintf(h.sum, sizeof h.sum, "%06o", checksum(&h));
    h.sum[7] = ' ';
    text_add_n(tar, &h, sizeof h);
    if (!bytes)
        return;
    text_add_n(tar, bytes, size);
    pad(tar, size);
}

void tar_end(struct text *tar)
{
    static const char ZEROS[2 * TAR_BLOCK];
    text_add_n(tar, ZEROS, sizeof ZEROS);
}

/* ---- reading */

/* Octal digits, or (first bit set) a big-endian number, as GNU writes what is too large for them. */
static bool number(const char *field, size_t n, int64_t *ret)
{
    const unsigned char *p = (const unsigned char *)field;
    uint64_t value = 0;
    size_t i = 0;
    if (p[0] & 0x80) {
        for (i = 0; i < n; i++) {
            if (value >> 54)
                return false;
            value = value << 8 | (i ? p[i] : p[i] & 0x7f);
        }
        *ret = (int64_t)value;
        return true;
    }
    while (i < n && p[i] == ' ')
        i++;
    for (; i < n && p[i] >= '0' && p[i] <= '7'; i++)
        value = value << 3 | (unsigned)(p[i] - '0');
    *ret = (int64_t)value;
    return value < UINT64_C(1) << 62 && (i == n || p[i] == ' ' || p[i] == 0);
}

static void name_of(const struct tar_reader *r, const struct header *h, struct tar_entry *ret)
{
    if (r->long_name && *r->long_name)
        snprintf(ret->name, sizeof ret->name, "%s", r->long_name);
    else if (memcmp(h->magic, "ustar", 5) == 0 && h->magic[5] == 0 && *h->prefix)
        snprintf(ret->name, sizeof ret->name, "%.*s/%.*s", (int)strnlen(h->prefix, sizeof h->prefix), h->prefix, (int)strnlen(h->name, sizeof h->name), h->name);
    else
        snprintf(ret->name, sizeof ret->name, "%.*s", (int)strnlen(h->name, sizeof h->name), h->name);
}

/* Names that follow in a block of their own: GNU's 'L', and the "path" of pax ('x'). Other records of pax, and 'g', are read over. */
static bool extends(char type)
{
    return type == 'L' || type == 'K' || type == 'x' || type == 'g';
}

static bool take_header(struct tar_reader *r, struct err *e)
{
    const struct header *h = (const struct header *)r->block;
    static const char ZEROS[TAR_BLOCK];
    int64_t sum = 0;
    if (memcmp(r->block, ZEROS, TAR_BLOCK) == 0)
        return r->ended = true;
    if (!number(h->sum, sizeof h->sum, &sum) || sum != (int64_t)checksum(h) || !number(h->size, sizeof h->size, &r->entry.size))
        return err_set(e, ERR_UPSTREAM, "the Docker engine's archive is damaged");
    r->entry.type = h->type ? h->type : '0';
    bool has_bytes = r->entry.type != '5' && r->entry.type != '2' && r->entry.type != '1';
    r->left = has_bytes ? r->entry.size : 0;
    r->padding = (TAR_BLOCK - r->left % TAR_BLOCK) % TAR_BLOCK;
    if (r->entries_most && ++r->entries > r->entries_most)
        return err_set(e, ERR_TOO_LARGE, "there are more than %d files", r->entries_most);
    if (extends(r->entry.type)) {
        free(r->long_name);
        r->long_name = r->entry.type == 'L' || r->entry.type == 'x' ? mem_alloc(4096 + 1) : NULL;
        r->long_have = 0;
        return true;
    }
    name_of(r, h, &r->entry);
    free(r->long_name);
    r->long_name = NULL;
    r->wanted = r->begin && r->begin(r->context, &r->entry);
    return true;
}

/* "27 path=some/long/name\n" among the records of pax. */
static void pax_path(char *records)
{
    char *at = strstr(records, " path="), *end;
    if (!at) {
        *records = 0;
        return;
    }
    end = strchr(at += 6, '\n');
    if (end)
        *end = 0;
    memmove(records, at, strlen(at) + 1);
}

static bool take_bytes(struct tar_reader *r, const char *bytes, size_t n, struct err *e)
{
    bool extra = extends(r->entry.type);
    if (!extra && r->most && r->wanted && (r->sum += (int64_t)n) > r->most)
        return err_set(e, ERR_TOO_LARGE, "it is larger than %lld MiB", (long long)(r->most >> 20));
    if (extra && r->long_name && r->long_have + n <= 4096) {
        memcpy(r->long_name + r->long_have, bytes, n);
        r->long_have += n;
    }
    r->left -= (int64_t)n;
    if (extra && !r->left && r->long_name && r->entry.type == 'x')
        pax_path(r->long_name);
    return extra || !r->wanted || r->take(r->context, bytes, n, e);
}

bool tar_feed(struct tar_reader *r, const char *bytes, size_t size, struct err *e)
{
    while (size && !r->ended) {
        size_t n;
        if (r->left) {
            n = (int64_t)size < r->left ? size : (size_t)r->left;
            if (!take_bytes(r, bytes, n, e))
                return false;
        } else if (r->padding) {
            n = (int64_t)size < r->padding ? size : (size_t)r->padding;
            r->padding -= (int64_t)n;
        } else {
            n = TAR_BLOCK - r->have < size ? TAR_BLOCK - r->have : size;
            memcpy(r->block + r->have, bytes, n);
            r->have += n;
            if (r->have == TAR_BLOCK) {
                r->have = 0;
                if (!take_header(r, e))
                    return false;
            }
        }
        bytes += n;
        size -= n;
    }
    return true;
}

void tar_reader_fini(struct tar_reader *r)
{
    free(r->long_name);
    r->long_name = NULL;
}
