/* tasks/script_programs.h - what a host's shell is told to do, as texts for its standard input.
 *
 * The script stands in a folder of its own on the host, whose name bears the
 * run's id, and runs in a session of its own there: it survives the connection,
 * and us. In the folder:
 *
 *   began/    made by whoever starts it: mkdir is what makes it start once
 *   script    and run, the few lines that start it
 *   alive     a named pipe that run holds open: who reads it is told its end
 *   pid log exit response
 *
 * Every value is quoted: none becomes code. A program says its marker on a line
 * first (what a login shell says before is not ours), and does nothing before it
 * was read to its end.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

#define SSH_RESPONSE_MOST (1 << 20)
#define SSH_PART_MOST (4 << 20) /* of the log, that one answer of finish has */
#define SSH_LOGS_MOST (16 << 10) /* of the log's end, kept as output */

struct script_spec {
    const char *text;
    const char *working_directory; /* "": the user's home */
    const json_t *arguments;       /* array; NULL: none */
    const json_t *environment;     /* object; names are checked; NULL: none */
    bool go_on;                    /* after a command that failed */
    bool powershell;
};

/* All are the caller's. folder: its name; path: absolute, as launch told it. */

enum script_launch {
    SSH_LAUNCH,       /* starts the script, or finds it */
    SSH_LAUNCH_FOUND, /* the same, in a folder that must be there already */
    SSH_LAUNCH_NEVER, /* finds it; one that did not begin yet never will */
};
/* Answers one line: "started PATH", "there PATH", "silent PATH" (it was about to start, and no more is known), "gone", "failed WHY". */
char *script_program_launch(const struct script_spec *script, const char *folder, const char *marker, enum script_launch how);
/* Answers with the log's bytes behind the first `from`, as they come, until the script ended; logs false: with nothing. */
char *script_program_follow(const char *path, const char *marker, int64_t from, bool logs);
/* Answers lines "exit 3" ("exit none"), "log N", "response N", "logs N", or "gone"; an empty line; then the bytes of log (behind `from`, `most`
 * of them), response (too large a one: none) and logs (the log's end). */
char *script_program_finish(const char *path, const char *marker, int64_t from, int64_t most);
/* Ends the script's processes. Answers "over" (it had ended), "ended" or "killed" (it did not end when it was asked to). */
char *script_program_stop(const char *path, const char *marker);
char *script_program_remove(const char *path);
