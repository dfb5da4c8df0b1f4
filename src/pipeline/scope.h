/* pipeline/scope.h - the values that an execution's references can see. */
#pragma once

#include "pipeline/engine.h"
#include "pipeline/expression.h"

struct execution_scope {
    struct scope scope;
    const struct execution *execution;
    const struct run_facts *facts;
    size_t task; /* for ${stageName}, ${taskName}; RUN_NO_TASK when none */
};

/* Borrows all three for as long as the scope is used. */
void execution_scope_init(struct execution_scope *scope, const struct execution *execution, const struct run_facts *facts,
                          size_t task);
