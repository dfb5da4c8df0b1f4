/* git/packet.h - what is said to a Git server and what it answers: protocol version 2 (gitprotocol-v2(5)), as much of it as one
 * commit's files need. Pure: bytes in, bytes out.
 */
#pragma once

#include "base/err.h"
#include "base/text.h"

enum { GIT_OID = 40 }; /* hex digits of an object's name (SHA-1) */

bool git_is_oid(const char *text); /* 40 hex digits, lower case */

struct git_offer { /* what a server can do */
    bool filter;   /* leaves file contents out until they are asked for (uploadpack.allowFilter) */
    bool shallow;  /* gives one commit without those before it */
};
/* The answer to GET info/refs?service=git-upload-pack. ERR_UNSUPPORTED: it speaks an older protocol, or names objects by SHA-256. */
bool git_offer_read(const char *bytes, size_t n, struct git_offer *ret, struct err *e);

/* Asks which commit a branch or tag is at; "": the repository's own default branch. */
void git_ask_refs(struct text *out, const char *name);
/* ERR_NOT_FOUND: there is none by that name. */
bool git_refs_read(const char *bytes, size_t n, const char *name, char ret_oid[GIT_OID + 1], struct err *e);

/* Asks for a commit with its folders, without those before it; and its files, unless the offer has a filter. */
void git_ask_commit(struct text *out, const char *oid, const struct git_offer *offer);
/* Asks for one file's content. */
void git_ask_file(struct text *out, const char *oid);
/* The pack in the answer to either, added to pack. */
bool git_pack_read(const char *bytes, size_t n, struct text *pack, struct err *e);
