/* hooks/sender.h - what a sender's file needs; only for the files of this room. */
#pragma once

#include "event/image_ref.h"
#include "hooks/hooks.h"

struct hook_sender {
    const char *name;
    /* Is this body its? Cheap, and without errors. */
    bool (*knows)(const struct hook_input *input, const json_t *json);
    /* Fills r's events, ignored entries, delivery_key and note. */
    bool (*decode)(const struct hook_input *input, const json_t *json, struct hook_result *r, struct err *e);
};

extern const struct hook_sender HOOK_DOCKERHUB, HOOK_DISTRIBUTION;

const char *hook_header_get(const struct hook_input *input, const char *name); /* any case; NULL */

struct event *hook_event(const struct hook_result *r); /* a push of this source, its other members still to be filled */
void hook_add_event(struct hook_result *r, struct event *ev); /* ev is the result's from here */
void hook_add_ignored(struct hook_result *r, const char *why, const char *what_format, ...) __attribute__((format(printf, 3, 4)));
void hook_note(struct hook_result *r, const char *format, ...) __attribute__((format(printf, 2, 3))); /* appends a sentence */

/* ERR_INVALID about the value at this JSON Pointer: "/push_data/tag: tag 'a b' has a space". Always false. */
bool hook_wrong(struct err *e, const char *pointer, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Takes the sender's time over: a number of seconds, text of one, or RFC 3339. What is none of these is left out. */
void hook_set_time(struct event *ev, const json_t *value);

/* Takes the digest over when it is one; else notes that the tag will be resolved instead. NULL is welcome. */
void hook_set_digest(struct hook_result *r, struct event *ev, const char *digest);

/* Tags that signing tools give to signatures and attestations: "sha256-<64 digits>.sig". They are no images to deploy. */
bool hook_is_attachment(const char *tag);
