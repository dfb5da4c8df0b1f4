#include "tasks/followed.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"

static void remember(struct followed *f, const char *bytes, size_t size)
{
    if (size > FOLLOWED_TAIL) {
        bytes += size - FOLLOWED_TAIL;
        size = FOLLOWED_TAIL;
    }
    size_t keep = f->tail_size + size > FOLLOWED_TAIL ? FOLLOWED_TAIL - size : f->tail_size;
    memmove(f->tail, f->tail + f->tail_size - keep, keep);
    memcpy(f->tail + keep, bytes, size);
    f->tail_size = keep + size;
}

void followed_take(struct followed *f, struct task_job *job, const char *bytes, size_t size)
{
    remember(f, bytes, size);
    size_t over = f->skip < (int64_t)size ? (size_t)f->skip : size;
    f->skip -= (int64_t)over;
    if (size == over)
        return;
    f->seen += (int64_t)(size - over);
    task_log_stream(job, bytes + over, size - over);
}

void followed_last(const struct followed *f, char *out, size_t room)
{
    const char *from = f->tail, *at = f->tail + f->tail_size;
    while (at > from && (at[-1] == '\n' || at[-1] == '\r'))
        at--;
    const char *begin = (size_t)(at - from) > room - 1 ? at - (room - 1) : from, *line = memchr(begin, '\n', (size_t)(at - begin));
    if (begin > from && line && line + 1 < at)
        begin = line + 1;
    snprintf(out, room, "%.*s", (int)(at - begin), begin);
    text_mend(out);
}
