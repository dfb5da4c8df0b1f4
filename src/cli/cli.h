/* cli/cli.h - the client in the same binary: what people and scripts ask of a server.
 *
 * Data goes to stdout, everything else to stderr. Exit codes, for scripts:
 * 0 done; 1 the execution that was waited for failed, nothing would run (simulate), a check failed (doctor); 2 wrong usage; 3 not found;
 * 4 not logged in or not allowed; 5 the server was not reached; 6 it exists, or
 * is not in a state for this; 7 any other refusal; 8 something would change (apply --dry-run).
 */
#pragma once

enum { CLI_OK, CLI_FAILED, CLI_USAGE, CLI_NOT_FOUND, CLI_NOT_ALLOWED, CLI_UNREACHABLE, CLI_CONFLICT, CLI_REFUSED, CLI_CHANGES };

struct cli;

struct cli_command {
    const char *name, *summary, *help; /* help: behind "Usage: slipway " */
    int (*run)(struct cli *cli);
};
extern const struct cli_command CLI_COMMANDS[]; /* ends with a row without a name */

int cli_main(int argc, char **argv);
