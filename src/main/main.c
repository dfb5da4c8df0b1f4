/* slipway: one binary, the server and its client. */
#include "main/main.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "cli/cli.h"
#include "pipeline/engine.h"

static int states_main(int count, const char *const *arguments)
{
    (void)count;
    (void)arguments;
    AUTO_FREE char *moves = moves_print();
    fputs(moves, stdout);
    return 0;
}

static int version_main(int count, const char *const *arguments)
{
    (void)count;
    (void)arguments;
    puts("slipway " SLIPWAY_VERSION);
    return 0;
}

static const struct command {
    const char *name, *summary;
    int (*run)(int count, const char *const *arguments);
} COMMANDS[] = {
    { "serve", "run the server", serve_main },
    { "proxy", "run a Cloud Proxy: lets a server reach what stands behind a firewall", proxy_main },
    { "settings", "print all settings with their meaning, value and origin", settings_main },
    { "backup", "copy database and master key to a new folder, while the server runs", backup_main },
    { "restore", "put a backup into an empty data folder", restore_main },
    { "states", "print the moves of executions and tasks", states_main },
    { "version", "print the version", version_main },
};

static int help_main(void)
{
    puts("slipway: an image is pushed, a pipeline runs, the cluster has it.\n\nUsage: slipway COMMAND [ARGUMENTS]\n\nThe server:");
    for (size_t i = 0; i < ALEN(COMMANDS); i++)
        printf("  %-12s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    puts("\nThe client:");
    for (const struct cli_command *c = CLI_COMMANDS; c->name; c++)
        printf("  %-12s %s\n", c->name, c->summary);
    puts("\n'slipway COMMAND --help' tells more.");
    return 0;
}

int main(int argc, char **argv)
{
    if (argc < 2 || text_is(argv[1], "help") || text_is(argv[1], "--help") || text_is(argv[1], "-h"))
        return help_main();
    if (text_is(argv[1], "--version"))
        return version_main(0, NULL);
    for (size_t i = 0; i < ALEN(COMMANDS); i++)
        if (text_is(argv[1], COMMANDS[i].name))
            return COMMANDS[i].run(argc - 2, (const char *const *)argv + 2);
    return cli_main(argc, argv);
}
