/* config/config.h - settings: one table of name, type, range, default and text; where each value came from.
 *
 * Later sources win: default, configuration file (YAML, "name: value"),
 * environment (SLIPWAY_EXTERNAL_URL for external-url), command line
 * (--external-url URL or --external-url=URL). An error names the setting and
 * where its value came from. Secrets are never printed.
 */
#pragma once

#include <stdint.h>

#include "base/err.h"

struct config;

/* environment: a NULL-terminated list of NAME=VALUE, such as environ. arguments: those behind the command's name; what is no
 * flag of a setting is ERR_INVALID. The configuration file is the setting "config". On success *ret is the caller's. */
bool config_read(int count, const char *const *arguments, const char *const *environment, struct config **ret, struct err *e);
void config_destroy(struct config **c);

/* Asking for a name that is not in the table, or of another type, is our own mistake (assert). Texts are borrowed. */
const char *config_text(const struct config *c, const char *name); /* "" when not set */
int64_t config_int(const struct config *c, const char *name);
bool config_bool(const struct config *c, const char *name);
/* "default", "environment SLIPWAY_LISTEN", "command line --listen", "file /etc/slipway.yaml line 3". */
const char *config_origin(const struct config *c, const char *name);

/* The setting listen, taken apart. address has no brackets. */
bool config_listen(const char *listen, char address[64], int *port, struct err *e);

/* All settings for "slipway settings": text, or a JSON list of {name, environment, flag, type, default, range, value,
 * origin, text}. c may be NULL: then without values. The caller's. */
char *config_print(const struct config *c, bool json);
