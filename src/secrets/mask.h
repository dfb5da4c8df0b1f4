/* secrets/mask.h - texts in which known secrets must not show.
 *
 * Masked are: each secret; its base64 (alone, or anywhere inside that of something longer), URL-encoded and
 * JSON-escaped forms (of files, over 1 KB, its own base64 alone); and the words of at least MASK_WORD characters of
 * one that has several lines. What they cover becomes "*****", overlapping ones together.
 * Secrets shorter than MASK_LEAST characters are not masked: they would take half of every text with them.
 * Cost: one lookup a byte, by a hash of MASK_LEAST bytes; where a text repeats the beginnings of secrets without
 * end, at worst text x longest secret. Memory: about 5 times a file's, 12 times a small secret's length.
 */
#pragma once

#include "base/json.h"
#include "base/text.h"

#define MASK_LEAST 4
#define MASK_WORD 20
#define MASK_TEXT "*****"

struct mask;

/* NULL when the array is NULL or holds nothing to mask; everything below takes a NULL mask as one that masks nothing. */
struct mask *mask_create_json(const json_t *array_of_texts);
void mask_destroy(struct mask **mask);

char *mask_text(const struct mask *mask, const char *text);        /* the caller's */
json_t *mask_json(const struct mask *mask, const json_t *json);    /* all texts in it, keys not; a new reference */

/* Text that comes in pieces: what might be the beginning of a secret is held back. mask must outlive the stream. */
struct mask_stream;
struct mask_stream *mask_stream_create(const struct mask *mask);
void mask_stream_destroy(struct mask_stream **stream);
void mask_stream_add(struct mask_stream *stream, const char *bytes, size_t size, struct text *out);
size_t mask_stream_held(const struct mask_stream *stream); /* bytes that were added, and that out says nothing of yet */
void mask_stream_end(struct mask_stream *stream, struct text *out); /* what was held back */
