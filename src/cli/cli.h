/* cli/cli.h - the client in the same binary. */
#pragma once

struct cli_command {
    const char *name, *summary, *help;
    int (*run)(int argc, char **argv);
};
extern const struct cli_command CLI_COMMANDS[]; /* ends with a row without a name */

int cli_main(int argc, char **argv);
