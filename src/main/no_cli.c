#include "cli/cli.h"
#include <stdio.h>
const struct cli_command CLI_COMMANDS[] = { { 0 } };
int cli_main(int argc, char **argv)
{
    (void)argc;
    fprintf(stderr, "slipway: no command '%s'\n", argv[1]);
    return 2;
}
