#include "tasks/ci_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/text.h"
#include "tasks/ci_script.h"

enum { LINE_MOST = 256 << 10, HELD_MOST = 64 << 10 }; /* lines of base64 that come joined are as good */

struct ci_files {
    int fd;
    struct ci_file files[CI_FILES_COUNT];
    struct ci_file *now; /* whose bytes come; NULL: none's */
    int64_t sum, left;   /* bytes that came; of now still to come */
    struct text line, held; /* held: still to be written */
    bool begun, done;
};

/* ---- the script */

/* All is made ready first, and then put on the log in one go: a node turns over only logs of containers that still run. */
static const char HEAD[] = "f=/.slipway-files/f\n"
                           "sum=0\n"
                           "put() {\n"
                           "    if [ ! -e \"$2\" ] && [ ! -L \"$2\" ]; then echo \"missing $1\"; return; fi\n"
                           "    rm -f $f\n"
                           "    if ! why=$(cd \"${2%/*}/\" && tar -cf $f -- \"${2##*/}\" 2>&1); then\n"
                           "        echo \"failed $1 $(printf %s \"$why\" | tr '\\n' ' ' | cut -c 1-150)\"; return\n"
                           "    fi\n"
                           "    n=$(wc -c <$f)\n"
                           "    n=$((n)) sum=$((sum + n))\n"
                           "    if [ $sum -gt $most ]; then echo \"large $1 $n\"; sum=$((sum - n)); return; fi\n"
                           "    echo \"file $1 $n\"\n"
                           "    base64 $wide $f\n"
                           "    echo \"end $1\"\n"
                           "}\n"
                           "wide=\n"
                           "base64 -w 6000 /dev/null >/dev/null 2>&1 && wide='-w 6000'\n" /* each line costs the node as much as a long one */
                           "echo slipway-files 1\n"
                           "for tool in tar base64 wc tr cut cat; do\n"
                           "    command -v $tool >/dev/null 2>&1 || { echo \"tools $tool\"; exit 0; }\n"
                           "done\n"
                           "{\n";

static void quote(struct text *out, const char *text, size_t n)
{
    text_add_char(out, '\'');
    for (; n; n--, text++)
        if (*text == '\'')
            text_add(out, "'\\''");
        else
            text_add_char(out, *text);
    text_add_char(out, '\'');
}

char *ci_files_script(const json_t *paths)
{
    struct text out = { 0 };
    size_t i;
    json_t *path;
    text_addf(&out, "most=%d\n%s", CI_FILES_MOST, HEAD);
    json_array_foreach((json_t *)paths, i, path) {
        const char *text = json_string_value(path);
        size_t n = strlen(text);
        while (n > 1 && text[n - 1] == '/')
            n--;
        text_addf(&out, "put %zu ", i);
        quote(&out, text, n);
        text_add_char(&out, '\n');
    }
    text_add(&out, "echo done\n} >/.slipway-files/out\ncat /.slipway-files/out\n");
    return text_take(&out);
}

/* ---- reading it back */

bool ci_files_create(struct ci_files **ret, struct err *e)
{
    const char *place = getenv("TMPDIR");
    AUTO_FREE char *path = mem_format("%s/slipway-files-XXXXXX", text_empty(place) ? "/tmp" : place);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0)
        return err_set(e, ERR_INTERNAL, "no file can be made in TMPDIR: %s", strerror(errno));
    unlink(path);
    struct ci_files *f = NEW(struct ci_files);
    f->fd = fd;
    *ret = f;
    return true;
}

void ci_files_destroy(struct ci_files **files)
{
    struct ci_files *f = TAKE(*files);
    if (!f)
        return;
    close(f->fd);
    text_fini(&f->line);
    text_fini(&f->held);
    free(f);
}

static bool damaged(struct err *e)
{
    return err_set(e, ERR_UPSTREAM, "what came out of the pod is damaged: its node may have cut off the log");
}

static bool write_held(struct ci_files *f, struct err *e)
{
    const char *at = text_of(&f->held);
    for (size_t left = f->held.length; left;) {
        ssize_t n = write(f->fd, at, left);
        if (n < 0)
            return err_set(e, errno == ENOSPC ? ERR_FULL : ERR_INTERNAL, "it cannot be kept for now: %s", strerror(errno));
        at += n;
        left -= (size_t)n;
    }
    f->held.length = 0;
    return true;
}

static bool take_bytes(struct ci_files *f, const char *line, size_t n, struct err *e)
{
    size_t size = 0;
    AUTO_FREE unsigned char *bytes = text_base64_decode(line, n, &size);
    if (!bytes || (int64_t)size > f->left)
        return damaged(e);
    f->left -= (int64_t)size;
    f->sum += (int64_t)size;
    text_add_n(&f->held, bytes, size);
    return f->held.length < HELD_MOST || write_held(f, e);
}

/* The file of a number that was not yet told of. */
static struct ci_file *fresh(struct ci_files *f, unsigned long number)
{
    return number < CI_FILES_COUNT && f->files[number].state == CI_FILE_UNSEEN ? &f->files[number] : NULL;
}

static bool begin_file(struct ci_files *f, struct ci_file *file, long long size, struct err *e)
{
    if (!file || size < 0)
        return damaged(e);
    if (size > CI_FILES_MOST - f->sum)
        return err_set(e, ERR_TOO_LARGE, "what a task leaves behind is %d MiB at most on a cluster", CI_FILES_MOST >> 20);
    *file = (struct ci_file){ .at = f->sum, .size = size };
    f->now = file;
    f->left = size;
    return true;
}

static bool end_file(struct ci_files *f, unsigned long number, struct err *e)
{
    if (f->now != &f->files[number < CI_FILES_COUNT ? number : 0] || f->left)
        return damaged(e);
    f->now->state = CI_FILE_HERE;
    f->now = NULL;
    return write_held(f, e);
}

static bool fail_file(struct ci_file *file, const char *why, struct err *e)
{
    if (!file)
        return damaged(e);
    file->state = CI_FILE_FAILED;
    snprintf(file->why, sizeof file->why, "%s", why);
    text_mend(file->why);
    return true;
}

static bool take_word(struct ci_files *f, const char *line, struct err *e)
{
    char large[100];
    unsigned long number = 0;
    long long size = -1;
    int n = 0;
    if (sscanf(line, "file %9lu %18lld", &number, &size) == 2)
        return begin_file(f, fresh(f, number), size, e);
    if (sscanf(line, "missing %9lu", &number) == 1) {
        struct ci_file *file = fresh(f, number);
        if (file)
            file->state = CI_FILE_MISSING;
        return file || damaged(e);
    }
    if (sscanf(line, "large %9lu %18lld", &number, &size) == 2) {
        snprintf(large, sizeof large, "with its %lld bytes it is more than the %d MiB that a task may leave behind on a cluster", size, CI_FILES_MOST >> 20);
        return fail_file(fresh(f, number), large, e);
    }
    if (sscanf(line, "failed %9lu %n", &number, &n) == 1 && n)
        return fail_file(fresh(f, number), line + n, e);
    if (text_starts(line, "tools "))
        return err_set(e, ERR_UNSUPPORTED, "the image has no '%.20s', which files need to leave a pod: choose one with tar and base64", line + 6);
    f->done = text_is(line, "done");
    return f->done || damaged(e);
}

static bool take_line(struct ci_files *f, const char *line, size_t n, struct err *e)
{
    unsigned long number = 0;
    if (f->done || n > LINE_MOST || memchr(line, 0, n))
        return damaged(e);
    if (!f->begun) {
        f->begun = text_is(line, "slipway-files 1");
        return f->begun || damaged(e);
    }
    if (f->now && sscanf(line, "end %9lu", &number) == 1)
        return end_file(f, number, e);
    return f->now ? take_bytes(f, line, n, e) : take_word(f, line, e);
}

bool ci_files_feed(struct ci_files *f, const char *bytes, size_t size, struct err *e)
{
    for (const char *end; size && (end = memchr(bytes, '\n', size)); size -= (size_t)(end + 1 - bytes), bytes = end + 1) {
        text_add_n(&f->line, bytes, (size_t)(end - bytes));
        if (!take_line(f, text_of(&f->line), f->line.length, e))
            return false;
        text_fini(&f->line);
        f->line = (struct text){ 0 };
    }
    if (f->line.length + size > LINE_MOST)
        return damaged(e);
    text_add_n(&f->line, bytes, size);
    return true;
}

bool ci_files_done(const struct ci_files *f)
{
    return f->done;
}

const struct ci_file *ci_files_get(const struct ci_files *f, size_t number)
{
    return number < CI_FILES_COUNT && f->files[number].state != CI_FILE_UNSEEN ? &f->files[number] : NULL;
}

int64_t ci_files_read(const struct ci_files *f, const struct ci_file *file, int64_t offset, char *to, size_t size, struct err *e)
{
    int64_t left = file->size - offset;
    ssize_t n = pread(f->fd, to, (int64_t)size < left ? size : (size_t)left, (off_t)(file->at + offset));
    if (n < 0 || (!n && left > 0))
        err_set(e, ERR_INTERNAL, "it cannot be read: %s", n < 0 ? strerror(errno) : "it is shorter than it was");
    return n < 0 || (!n && left > 0) ? -1 : n;
}
