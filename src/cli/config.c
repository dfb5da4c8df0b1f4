/* ~/.config/slipway: config.yaml (server, token, project) and the access token that the API token was exchanged for. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/yaml.h"
#include "cli/inside.h"

static char *read_small(const char *path)
{
    char bytes[16384];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, bytes, sizeof bytes);
    if (fd >= 0)
        close(fd);
    return n < 0 ? NULL : mem_text_n(bytes, (size_t)n);
}

/* Beside, then over: nobody reads half of it. For its owner only. */
static bool write_small(const char *path, const char *text, struct err *e)
{
    AUTO_FREE char *part = mem_format("%s.part", path);
    unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
    if (fd >= 0)
        close(fd);
    return (ok && rename(part, path) == 0) || err_set(e, ERR_UNAVAILABLE, "write %s: %s", path, strerror(errno));
}

static char *folder(void)
{
    const char *own = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    return own && *own ? mem_format("%s/slipway", own) : mem_format("%s/.config/slipway", home ? home : ".");
}

static void take(char **to, const char *environment, const json_t *config, const char *key)
{
    const char *from = getenv(environment);
    if (!*to)
        *to = mem_text(from && *from ? from : json_text_at(config, key, NULL));
}

void cli_config_read(struct cli *cli)
{
    struct err e = { 0 };
    AUTO(yaml) yaml = NULL;
    cli->folder = folder();
    AUTO_FREE char *path = mem_format("%s/config.yaml", cli->folder);
    AUTO_FREE char *text = read_small(path);
    const json_t *config = text && yaml_read(text, strlen(text), &yaml, &e) && yaml_count(yaml) ? yaml_document(yaml, 0) : NULL;
    take(&cli->server, "SLIPWAY_SERVER", config, "server");
    /* The token that was kept for one server is not shown to another. */
    bool its_own = text_is(cli->server, json_text_at(config, "server", NULL));
    take(&cli->token, "SLIPWAY_TOKEN", its_own ? config : NULL, "token");
    take(&cli->project, "SLIPWAY_PROJECT", config, "project");
    take(&cli->ca, "SLIPWAY_CA", config, "ca");
    if (its_own && json_bool_at(config, "insecure", false))
        cli->insecure = true;
    cli->project_given = cli->project != NULL;
    if (!cli->project)
        cli->project = mem_text("default");
}

bool cli_config_folder(const struct cli *cli, struct err *e)
{
    AUTO_FREE char *parent = mem_text(cli->folder);
    *strrchr(parent, '/') = 0;
    mkdir(parent, 0700);
    return mkdir(cli->folder, 0700) == 0 || errno == EEXIST || err_set(e, ERR_UNAVAILABLE, "make %s: %s", cli->folder, strerror(errno));
}

bool cli_config_write(const struct cli *cli, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/config.yaml", cli->folder);
    AUTO_JSON *config = json_pack("{s:s,s:s,s:s*,s:s*,s:b}", "server", cli->server, "token", cli->token, "project", cli->project_given ? cli->project : NULL, "ca", cli->ca,
                                  "insecure", cli->insecure);
    AUTO_FREE char *text = yaml_write(config);
    return cli_config_folder(cli, e) && write_small(path, text, e);
}

/* Named by server and token, so that one of another login is never used. */
static char *access_path(const struct cli *cli)
{
    AUTO_FREE char *both = mem_format("%s %s", cli->server, cli->token);
    AUTO_FREE char *hash = text_sha256(both, strlen(both));
    return mem_format("%s/access-%.16s", cli->folder, hash);
}

char *cli_access_read(const struct cli *cli)
{
    AUTO_FREE char *path = access_path(cli), *text = read_small(path);
    char *divide = text ? strchr(text, ' ') : NULL;
    int64_t until = 0;
    if (!divide)
        return NULL;
    *divide = 0;
    return text_to_int(text, &until) && until > clock_now() + CLOCK_MINUTE ? mem_text(divide + 1) : NULL;
}

void cli_access_write(const struct cli *cli, const char *access, int64_t seconds)
{
    AUTO_FREE char *path = access_path(cli);
    AUTO_FREE char *text = mem_format("%lld %s", (long long)(clock_now() + seconds * CLOCK_SECOND), access);
    struct err no_folder = { 0 }; /* then the next command logs in again */
    if (cli_config_folder(cli, &no_folder))
        write_small(path, text, &no_folder);
}
