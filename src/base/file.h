/* base/file.h - files that are there whole or not at all: written under another name, synced, then given theirs. */
#pragma once

#include <stdbool.h>

/* Gives the synced file from the name to, which must be new: false with errno EEXIST when it is taken. from is gone
 * in any case. After success the name outlasts a power failure. */
bool file_publish(const char *from, const char *to);
