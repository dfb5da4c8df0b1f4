/* tasks/image.h - an Image task: what its files share. Not for others. */
#pragma once

#include "event/image_ref.h"
#include "registry/copy.h"
#include "tasks/task.h"

struct image_input { /* resolved; image_input_fini */
    char *action, *source_text, *target_text, *platform, *on_existing;
    json_t *tags;           /* text, or array of texts */
    /* made of them */
    struct image_ref source, target; /* target without tag and digest */
    struct registry_target *source_at, *target_at;
    enum registry_existing existing;
    const char **tag;       /* texts of tag_texts */
    size_t tag_count;
    json_t *tag_texts;
    json_t *shown;          /* for people */
};
/* ERR_INVALID names the field. */
bool image_input_read(const struct task_job *job, struct image_input *ret, struct err *e);
void image_input_fini(struct image_input *input);
enum { IMAGE_FIELD_COUNT = 6 };
extern const struct field IMAGE_FIELDS[IMAGE_FIELD_COUNT];
