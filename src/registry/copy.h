/* registry/copy.h - an image, or an index with all its images, brought by digest from one repository to another.
 *
 * Over the Distribution API of both: what the target has is left alone, what
 * another repository of the same registry has is mounted, the rest goes through
 * here, piece by piece and checked against its digest; then the manifests,
 * children first, the tags last. So a tag never names what is not whole, and all
 * of it may be done again at any time.
 */
#pragma once

#include "registry/client.h"

enum registry_existing { /* a tag that names something else at the target */
    REGISTRY_OVERWRITE,
    REGISTRY_REFUSE, /* ERR_CONFLICT, before anything is copied */
    REGISTRY_KEEP,   /* it stays as it is; kept counts it */
};

struct registry_copy { /* embed; zeroed before first use */
    const struct registry_target *source, *target; /* live until done, like all texts here */
    const char *source_repository, *target_repository;
    const char *digest;   /* what is copied: image_digest_ok */
    const char *platform; /* of an index only this image ("linux/arm64"); NULL or "": all of it */
    const char *const *tags;
    size_t tag_count;     /* 0: under its digest only */
    enum registry_existing existing;
    struct loop *loop;
    int64_t patience_micros; /* before what failed is tried again, doubled each time; 0: 1 s */
    void *context;           /* the caller's own */
    /* Lines for people, without their end. */
    void (*said)(struct registry_copy *op, const char *line);
    /* Something moved: counts changed. Often. */
    void (*moved)(struct registry_copy *op);
    /* The target is about to learn this tag, of root_digest. Answered by registry_copy_tag, now or later, also when it is canceled meanwhile. */
    void (*tagging)(struct registry_copy *op, const char *tag);
    void (*done)(struct registry_copy *op, const struct err *e); /* once, later, on the loop */
    /* ---- valid in the callbacks; texts until done returned */
    char root_digest[140];  /* digest, or that of the platform's image */
    char media_type[128];
    int64_t image_bytes;    /* manifests and blobs, each once */
    struct registry_copy_counts {
        int64_t manifests, blobs;          /* of the whole image; blobs are 0 until the manifests were read */
        int64_t copied, mounted, present;  /* blobs; what lies elsewhere by its urls counts as present */
        int64_t bytes, bytes_to_copy;      /* sent so far; what has to be there, at most */
        int64_t tagged, kept, unchanged, declined; /* tags */
    } counts;
    char replaced[140];     /* the digest that the last overwritten or kept tag named; "" */
    int64_t patience;       /* of a failure: the registry asked for so much */
    struct registry_copy_private *private;
};
/* false (ERR_INVALID: no such repository, tag or digest can exist): done never runs. */
bool registry_copy_start(struct registry_copy *op, struct http_client *client, struct err *e);
void registry_copy_tag(struct registry_copy *op, bool yes); /* no: the tag stays as it is; declined counts it */
void registry_copy_cancel(struct registry_copy *op); /* done still runs, once, later. Welcome when not started or done */
