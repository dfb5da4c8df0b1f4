/* slipway login: which server, and who we are there. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/inside.h"

#define SECRET_MOST 8192

char *cli_read_secret(const char *prompt)
{
    char line[SECRET_MOST] = "";
    struct termios before, quiet;
    bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
    if (terminal) {
        fprintf(stderr, "%s (not shown): ", prompt);
        quiet = before;
        quiet.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    }
    char *got = fgets(line, sizeof line, stdin);
    if (terminal) {
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
        fputc('\n', stderr);
    }
    line[got ? strcspn(line, "\r\n") : 0] = 0;
    char *secret = mem_text(line);
    explicit_bzero(line, sizeof line);
    return secret;
}

/* The API token that a user's password gives: it lives for a day. */
static int token_by_password(struct cli *cli)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *password = cli_read_secret("Password");
    AUTO_JSON *body = json_pack("{s:s,s:s}", "username", cli->user, "password", password);
    AUTO_FREE char *text = body ? json_write(body) : mem_text("{}");
    if (!cli_call_anonymous(cli, "POST", "/csp/gateway/am/api/login?access_token", text, &a, &e))
        return cli_error(&e);
    const char *token = json_text_at(a.json, "refresh_token", "");
    int code = a.status == 200 && *token ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK) {
        free(cli->token);
        cli->token = mem_text(token);
    }
    cli_answer_fini(&a);
    return code;
}

/* The host is this machine; "localhost.example.com" is not. */
static bool is_here(const char *url)
{
    static const char *const HERE[] = { "127.0.0.1", "localhost", "[::1]" };
    const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url;
    for (size_t i = 0; i < ALEN(HERE); i++)
        if (text_starts(host, HERE[i]) && strchr(":/", host[strlen(HERE[i])])) /* or the NUL, which strchr finds too */
            return true;
    return false;
}

/* "host:8080" is https, but on this machine, where nobody listens in. */
static void set_server(struct cli *cli, const char *url)
{
    bool here = is_here(url);
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    char *server = mem_format("%s%.*s", strstr(url, "://") ? "" : here ? "http://" : "https://", (int)n, url);
    if (strncasecmp(server, "http://", 7) == 0 && !here)
        fputs("slipway: warning: http:// shows the token to everybody on the way; use https://\n", stderr);
    free(cli->server);
    cli->server = server;
}

static int find_token(struct cli *cli)
{
    if (cli->user)
        return token_by_password(cli);
    if (text_empty(cli->token) || text_is(cli->token, "-")) {
        free(cli->token);
        cli->token = cli_read_secret("API token");
    }
    if (*cli->token)
        return CLI_OK;
    fputs("slipway: usage: slipway login URL [--token TOKEN|- | --user NAME]\n", stderr);
    return CLI_USAGE;
}

int command_login(struct cli *cli)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    if (cli->count)
        set_server(cli, cli->words[0]);
    if (text_empty(cli->server)) {
        fputs("slipway: usage: slipway login URL [--token TOKEN|- | --user NAME]\n", stderr);
        return CLI_USAGE;
    }
    int code = find_token(cli);
    if (code != CLI_OK)
        return code;
    if (!cli_config_folder(cli, &e)) /* first, because the access token is kept there */
        return cli_error(&e);
    code = cli_do(cli, "GET", "/pipeline/api/user-preferences", NULL, &a);
    if (code == CLI_OK && !cli_config_write(cli, &e))
        code = cli_error(&e);
    if (code == CLI_OK)
        fprintf(stderr, "logged in to %s as %s\n", cli->server, json_text_at(a.json, "userName", "?"));
    cli_answer_fini(&a);
    return code;
}
