/* pipeline/testing.h - what the tests of this room share. */
#pragma once

#include "base/test.h"
#include "pipeline/bind.h"
#include "pipeline/engine.h"
#include "pipeline/scope.h"
#include "pipeline/source.h"

json_t *read_yaml(const char *text);               /* one document; the test fails when it is none */
struct pipeline *make_pipeline(const char *yaml);  /* fails with what was found */

/* A scope by table. Names that begin with "fail" have no value. */
struct row {
    const char *name, *json; /* as JSON */
    bool outside, secret, authored;
};
struct table_scope {
    struct scope scope;
    const struct row *rows;
    size_t count;
};
struct table_scope make_scope(const struct row *rows, size_t count);
