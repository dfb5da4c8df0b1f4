#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/test.h"

static struct config *read_all(const char *const *arguments, const char *const *environment, struct err *e)
{
    int count = 0;
    while (arguments[count])
        count++;
    struct config *c = NULL;
    return config_read(count, arguments, environment, &c, e) ? c : NULL;
}

/* A configuration file with this text; unlink and free its path. */
static char *file_with(const char *text)
{
    char *path = mem_text("/tmp/slipway-config-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    return path;
}

TEST(config, has_defaults)
{
    struct err e = { 0 };
    AUTO(config) c = read_all((const char *const[]){ NULL }, NULL, &e);
    CHECK_OK(c != NULL, e);
    CHECK_TEXT(config_text(c, "listen"), "127.0.0.1:8080");
    CHECK_INT(config_int(c, "retention-bodies-days"), 30);
    CHECK_TEXT(config_text(c, "admin-token"), "");
    CHECK_TEXT(config_origin(c, "listen"), "default");
}

TEST(config, later_sources_win)
{
    AUTO_FREE char *path = file_with("# ours\nlisten: '[::]:1'\ndisk-warn-mb: 2\nlog-level: debug\nexternal-url:\n");
    AUTO_FREE char *named = mem_format("SLIPWAY_CONFIG=%s", path);
    const char *const environment[] = { "PATH=/bin", named, "SLIPWAY_DISK_WARN_MB=3", "SLIPWAY_LOG_LEVEL=warn", "SLIPWAY_LISTEN=",
                                        "SLIPWAY_ADMIN_TOKEN=0123456789abcdef", NULL };
    struct err e = { 0 };
    AUTO(config) c = read_all((const char *const[]){ "--log-level", "error", "--external-url=https://x.test/", NULL }, environment, &e);
    CHECK_OK(c != NULL, e);
    CHECK_TEXT(config_text(c, "listen"), "[::]:1");
    CHECK_HAS(config_origin(c, "listen"), " line 2");
    CHECK_INT(config_int(c, "disk-warn-mb"), 3);
    CHECK_TEXT(config_origin(c, "disk-warn-mb"), "environment SLIPWAY_DISK_WARN_MB");
    CHECK_TEXT(config_text(c, "log-level"), "error");
    CHECK_TEXT(config_origin(c, "log-level"), "command line --log-level");
    CHECK_TEXT(config_text(c, "external-url"), "https://x.test");
    CHECK_TEXT(config_text(c, "admin-token"), "0123456789abcdef");
    unlink(path);
}

TEST(config, errors_name_the_setting)
{
    static const struct {
        const char *arguments[4];
        const char *environment[2];
        const char *want;
    } CASES[] = {
        { { "--retention-runs-days", "many" }, { 0 }, "setting retention-runs-days (command line --retention-runs-days): 'many' is not a whole number" },
        { { "--retention-runs-days=0" }, { 0 }, "setting retention-runs-days (command line --retention-runs-days): 0 is not in 1..36500" },
        { { 0 }, { "SLIPWAY_LOG_FORMAT=xml" }, "setting log-format (environment SLIPWAY_LOG_FORMAT): 'xml' is none of lines|json" },
        { { "--nothing", "x" }, { 0 }, "there is no setting --nothing" },
        { { "x" }, { 0 }, "'x' is no flag" },
        { { "--" }, { 0 }, "'--' is no flag" },
        { { "--listen" }, { 0 }, "--listen needs a value" },
        { { "--listen", "8080" }, { 0 }, "'8080' is not ADDRESS:PORT" },
        { { "--admin-token", "x" }, { 0 }, "a secret must not stand on the command line" },
        { { 0 }, { "SLIPWAY_ADMIN_TOKEN=hunter2" }, "setting admin-token (environment SLIPWAY_ADMIN_TOKEN): has 7 characters; 16 to 512" },
        { { "--external-url", "x.test" }, { 0 }, "'x.test' is not http://HOST" },
        { { "--external-url", "https://u@x.test" }, { 0 }, "must be scheme, host, port and path" },
        { { "--tls-cert", "c.pem" }, { 0 }, "tls-cert and tls-key are needed together" },
        { { "--config", "/nowhere/at/all" }, { 0 }, "configuration file /nowhere/at/all: No such file" },
        { { "--data", "a\nb" }, { 0 }, "must be one line" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        struct err e = { 0 };
        AUTO(config) c = read_all(CASES[i].arguments, CASES[i].environment, &e);
        CHECK(!c);
        CHECK_HAS(e.text, CASES[i].want);
        CHECK(!strstr(e.text, "hunter2"));
    }
}

TEST(config, errors_in_the_file_name_its_line)
{
    static const struct {
        const char *file, *want;
    } CASES[] = {
        { "\nretention-runs-days: x\n", " line 2): 'x' is not a whole number" },
        { "a: 1\n", " line 1: there is no setting a" },
        { "listen: [1]\n", " line 1: listen must be a single value" },
        { "trusted-proxies: [10.0.0.0/8, x]\n", " line 1): 'x' is no network" },
        { "trusted-proxies: {a: 1}\n", " line 1: trusted-proxies must be a single value" },
        { "config: x\n", "config cannot be set here" },
        { "- a\n", "lines 'name: value' are expected" },
        { "a: [\n", "line 2, column 1" },
        { "master-key: MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\nmaster-key-file: x\n", "exclude each other" },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        AUTO_FREE char *path = file_with(CASES[i].file);
        struct err e = { 0 };
        AUTO(config) c = read_all((const char *const[]){ "--config", path, NULL }, NULL, &e);
        CHECK(!c);
        CHECK_HAS(e.text, CASES[i].want);
        unlink(path);
    }
}

TEST(config, networks_may_be_a_list)
{
    AUTO_FREE char *path = file_with("trusted-proxies:\n- 10.0.0.0/8\n- '::1'\n");
    struct err e = { 0 };
    AUTO(config) c = read_all((const char *const[]){ "--config", path, NULL }, NULL, &e);
    CHECK_OK(c != NULL, e);
    CHECK_TEXT(config_text(c, "trusted-proxies"), "10.0.0.0/8,::1");
    unlink(path);
}

TEST(config, takes_addresses_apart)
{
    static const struct {
        const char *listen, *address;
        int port;
    } CASES[] = {
        { "127.0.0.1:80", "127.0.0.1", 80 }, { "[::1]:0", "::1", 0 },         { "localhost:65535", "localhost", 65535 },
        { ":80", "0.0.0.0", 80 },            { "::1:80", NULL, 0 },           { "[x]:80", NULL, 0 },
        { "a b:80", NULL, 0 },               { "x:65536", NULL, 0 },          { "x:", NULL, 0 },
        { "", NULL, 0 },                     { "[]:80", NULL, 0 },            { "[:80", NULL, 0 },
    };
    for (size_t i = 0; i < ALEN(CASES); i++) {
        char address[64];
        int port;
        struct err e = { 0 };
        bool ok = config_listen(CASES[i].listen, address, &port, &e);
        CHECK(ok == (CASES[i].address != NULL));
        if (ok) {
            CHECK_TEXT(address, CASES[i].address);
            CHECK_INT(port, CASES[i].port);
        }
    }
}

TEST(config, is_printed_without_secrets)
{
    struct err e = { 0 };
    const char *const environment[] = { "SLIPWAY_ADMIN_TOKEN=correct-horse-battery", NULL };
    AUTO(config) c = read_all((const char *const[]){ NULL }, environment, &e);
    CHECK_OK(c != NULL, e);
    AUTO_FREE char *table = config_print(c, false);
    AUTO_FREE char *text = config_print(c, true);
    AUTO_FREE char *bare = config_print(NULL, false);
    CHECK(!strstr(table, "correct-horse") && !strstr(text, "correct-horse"));
    CHECK_HAS(table, "(set)");
    CHECK_HAS(table, "environment SLIPWAY_ADMIN_TOKEN");
    CHECK_HAS(bare, "retention-runs-days");
    AUTO_JSON *json = NULL;
    CHECK_OK(json_read(text, strlen(text), &json, &e), e);
    CHECK_TEXT(json_text_at(json, "[0].name", ""), "config");
    CHECK_TEXT(json_text_at(json, "[2].environment", ""), "SLIPWAY_LISTEN");
}
