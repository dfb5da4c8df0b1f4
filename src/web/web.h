/* web/web.h - the page that people open in a browser: built from web/, packed into the binary, served from memory.
 *
 * Its files are kept as gzip only; a client that does not take that gets them unpacked. Names in /assets/ hold a hash of their
 * content, so browsers keep them for ever; the shell is asked for each time, with an ETag. Every answer forbids other
 * hosts, frames and inline scripts. A path that is neither a file's nor the API's gets the shell, whose script knows its pages;
 * one that looks like a file's is not found. Pure but for the answer.
 */
#pragma once

#include "http/server.h"

struct web_file {
    const char *path, *type, *etag; /* "/assets/index-4f2a.js", "text/javascript", "\"...\"" */
    const unsigned char *bytes;     /* gzip */
    size_t size, plain_size;        /* plain_size is what comes out, at most */
};

/* What the build made of web/, ended by a NULL path; WEB_BUILT false: it was built without, and "/" says how to build with. */
extern const struct web_file WEB_FILES[];
extern const bool WEB_BUILT;

/* Answers what is the page's: true, and r is ended. False: r is the API's, and untouched. */
bool web_take(const struct web_file *files, struct http_request *r);
