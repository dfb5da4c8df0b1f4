/* base/log.h - one line per thing that an operator should know; to stderr, as text or as JSON.
 *
 * The outermost layer logs, once; lower layers return a struct err. Secrets are
 * never passed here. Any thread may log; a line is written whole.
 */
#pragma once

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

void log_setup(enum log_level least, bool json);
bool log_level_parse(const char *name, enum log_level *ret); /* "debug", "info", "warn", "error" */
void log_line(enum log_level level, const char *room, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(room, ...) log_line(LOG_DEBUG, room, __VA_ARGS__)
#define log_info(room, ...) log_line(LOG_INFO, room, __VA_ARGS__)
#define log_warn(room, ...) log_line(LOG_WARN, room, __VA_ARGS__)
#define log_error(room, ...) log_line(LOG_ERROR, room, __VA_ARGS__)
