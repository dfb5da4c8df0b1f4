/* api/match.h - from method and path to a route of the table. */
#pragma once

#include "api/call.h"

/* ERR_NOT_FOUND: no such path; ERR_METHOD: other methods only, *ret_allow lists them (the caller's). Parameters are decoded, the caller's. */
bool route_match(const char *method, const char *path, const struct route **ret, char *parameters[CALL_PARAMETERS], size_t *ret_count,
                 char **ret_allow, struct err *e);
