#include "cli/inside.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/test.h"

TEST(cli, knows_kinds_by_all_their_names)
{
    CHECK_TEXT(kind_find("pipeline")->path, "/pipelines");
    CHECK_TEXT(kind_find("webhooks")->path, "/registry-webhooks");
    CHECK(!kind_find("pipe") && !kind_find("") && !kind_find("nothing"));
}

TEST(cli, addresses_by_project_and_name)
{
    struct cli cli = { .project = "Field Demo" };
    AUTO_FREE char *path = object_path(&cli, kind_find("pipelines"), "a/b c"), *event = object_path(&cli, kind_find("events"), "x");
    CHECK_TEXT(path, "/pipeline/api/pipelines/Field%20Demo/a%2Fb%20c");
    CHECK_TEXT(event, "/pipeline/api/registry-events/x");
}

static int run(const char *const *words, int count)
{
    char *argv[8] = { 0 };
    for (int i = 0; i < count; i++)
        argv[i] = (char *)words[i];
    return cli_main(count, argv);
}

TEST(cli, says_usage_and_unreachable_by_exit_code)
{
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    setenv("SLIPWAY_SERVER", "http://127.0.0.1:1", 1);
    setenv("SLIPWAY_TOKEN", "t", 1);
    static const struct { const char *words[6]; int count, want; } CASES[] = {
        { { "slipway", "nothing" }, 2, CLI_USAGE },
        { { "slipway", "get", "nothing" }, 3, CLI_USAGE },
        { { "slipway", "get", "pipelines", "--output", "xml" }, 5, CLI_USAGE },
        { { "slipway", "get", "pipelines", "--filter" }, 4, CLI_USAGE },
        { { "slipway", "run" }, 2, CLI_USAGE },
        { { "slipway", "run", "x", "--input", "novalue" }, 5, CLI_USAGE },
        { { "slipway", "run", "x", "--input", "a=\xff" }, 5, CLI_USAGE },
        { { "slipway", "token", "create", "ci", "--days", "soon" }, 6, CLI_USAGE },
        { { "slipway", "token", "create", "ci", "--days=30d" }, 5, CLI_USAGE },
        { { "slipway", "apply", "-f", "/nonexistent" }, 4, CLI_NOT_FOUND },
        { { "slipway", "apply", "--prune" }, 3, CLI_USAGE },
        { { "slipway", "apply", "--dry-run", "-f", "/dev/null" }, 5, CLI_USAGE },
        { { "slipway", "secure", "webhook", "x" }, 4, CLI_USAGE },
        { { "slipway", "variable", "set" }, 3, CLI_USAGE },
        { { "slipway", "get", "--help" }, 3, CLI_OK },
        { { "slipway", "completion", "bash" }, 3, CLI_OK },
        { { "slipway", "completion", "csh" }, 3, CLI_USAGE },
        { { "slipway", "get", "pipelines" }, 3, CLI_UNREACHABLE },
    };
    for (size_t i = 0; i < ALEN(CASES); i++)
        CHECK_INT(run(CASES[i].words, CASES[i].count), CASES[i].want);
}

TEST(cli, reads_texts_whole_or_not_at_all)
{
    static const struct { const char *bytes; size_t size; const char *want; } CASES[] = {
        { "\xff\xfe" "a\0", 4, "is UTF-16: save it as UTF-8" }, { "\xfe\xff\0a", 4, "is UTF-16" }, { "a: 1\0b: 2\n", 10, "holds a NUL character" },
    };
    char path[] = "/tmp/slipway-cli-test-XXXXXX";
    int fd = mkstemp(path);
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        CHECK(ftruncate(fd, 0) == 0 && pwrite(fd, CASES[i].bytes, CASES[i].size, 0) == (ssize_t)CASES[i].size);
        CHECK(!cli_read_file(path, &e));
        CHECK_HAS(e.text, CASES[i].want);
    }
    close(fd);
    unlink(path);
}

TEST(cli, reads_no_folder_as_an_empty_file)
{
    struct err e = { 0 };
    CHECK(!cli_read_file("/", &e));
    CHECK_HAS(e.text, "/: ");
}
