/* base/fields.h - tables that say which fields a tree may hold, and where they go in a struct. */
#pragma once

#include "base/json.h"

enum field_type {
    FIELD_TEXT,   /* char *, the caller's to free; numbers and booleans are taken as their text */
    FIELD_INT,    /* int64_t; an integer, or text that is one */
    FIELD_BOOL,   /* bool; true/false, or "true"/"false" */
    FIELD_OBJECT, /* json_t *, a new reference; must be an object */
    FIELD_ARRAY,  /* json_t *, a new reference; must be an array */
    FIELD_ANY,    /* json_t *, a new reference */
    FIELD_IGNORED /* known, and not kept */
};

enum { OPTIONAL = 0, REQUIRED = 1 };

struct field {
    const char *path; /* as json_at reads it */
    enum field_type type;
    size_t at; /* offsetof its member */
    int need;
};

/* Fills the struct at out, whose members must be zeroed (or hold defaults) before. Missing optional fields and nulls
 * leave theirs as it was. The first wrong field is named in e (field: its path). What was read before a failure stays
 * in out: release it with fields_release in either case. */
bool fields_read(const json_t *json, const struct field *fields, size_t count, void *out, struct err *e);
void fields_release(const struct field *fields, size_t count, void *out);

/* The first key of json (an object) that is no first step of a field's path; NULL when all are known. Borrowed. */
const char *fields_unknown(const json_t *json, const struct field *fields, size_t count);
