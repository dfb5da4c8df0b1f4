/* pipeline/integration.h - what the YAML of a custom integration says. Pure. */
#pragma once

#include "base/json.h"

enum { INTEGRATION_MOST = 256 << 10 }; /* bytes of its YAML */

/* {"runtime": "shell" | "python3" | "python2" | "nodejs", "code", "inputProperties": [{"name", "defaultValue", "required", ...}],
 * "outputProperties": [{"name", ...}]}; a new reference. ERR_INVALID says what is wrong. */
bool integration_read(const char *yaml, json_t **ret, struct err *e);
