/* base/file.h - files that are there whole or not at all: written under another name, synced, then given theirs. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* The bytes of a file, with a NUL behind them; the caller's. Beyond most they are cut: limits of what is read then say so. ERR_INVALID names it. */
bool file_read(const char *path, size_t most, char **ret, struct err *e);

/* Gives the synced file from the name to, which must be new: false with errno EEXIST when it is taken. from is gone
 * in any case. After success the name outlasts a power failure. */
bool file_publish(const char *from, const char *to);
