#include "config/settings.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/network.h"
#include "base/text.h"
#include "config/config.h"

const struct setting SETTINGS[] = {
    { "config", SETTING_TEXT, "", .text = "configuration file: YAML, one line 'name: value' for each setting" },
    { "data", SETTING_TEXT, "slipway-data", .text = "folder of the database, of admin.token and of the master key" },
    { "listen", SETTING_LISTEN, "127.0.0.1:8080", .text = "address and port that are listened at; IPv6 in brackets; port 0: any free one" },
    { "external-url", SETTING_URL, "", .text = "where registries and people reach this server; webhook URLs begin with it" },
    { "trusted-proxies", SETTING_NETWORKS, "", .text = "networks of the reverse proxies before this server, such as 10.0.0.0/8: only their X-Forwarded-For is believed" },
    { "tls-cert", SETTING_TEXT, "", .text = "PEM file of the server's certificate and its chain; with tls-key" },
    { "tls-key", SETTING_TEXT, "", .text = "PEM file of the certificate's key" },
    { "organisation", SETTING_TEXT, "Slipway", .text = "the organisation's name, given at the first start" },
    { "admin-token", SETTING_SECRET, "", 16, 512, .text = "API token of the first administrator, instead of a random one in admin.token" },
    { "master-key", SETTING_SECRET, "", 43, 88, .text = "key that seals stored secrets: 32 bytes in base64" },
    { "master-key-file", SETTING_TEXT, "", .text = "file that holds the master key; by default master.key in the data folder, made at the first start" },
    { "log-level", SETTING_CHOICE, "info", .choices = "debug|info|warn|error", .text = "least important lines that are logged" },
    { "log-format", SETTING_CHOICE, "lines", .choices = "lines|json", .text = "form of the log on stderr" },
    { "retention-bodies-days", SETTING_INT, "30", 1, 36500, .text = "days after which bodies and headers of deliveries are deleted" },
    { "retention-runs-days", SETTING_INT, "180", 1, 36500, .text = "days after which executions, their logs and events are deleted" },
    { "task-log-mb", SETTING_INT, "4", 1, 4096, .text = "megabytes of one task's log that are kept, on the disk compressed; then a line says so" },
    { "disk-warn-mb", SETTING_INT, "1024", 0, 1 << 30, .text = "megabytes of free disk under which a warning is given" },
    { "max-connections", SETTING_INT, "4096", 16, 65536, .text = "connections open at once; the newest is closed beyond" },
    { "body-limit", SETTING_INT, "1048576", 1024, 16 << 20, .text = "bytes of a request's body, decompressed; more is answered with 413" },
    { "body-memory-mb", SETTING_INT, "64", 1, 4096, .text = "megabytes of all requests' bodies at once; beyond it 503 is answered" },
    { "request-seconds", SETTING_INT, "30", 1, 600, .text = "seconds from a request's first byte to its last" },
    { "allow-in-cluster", SETTING_BOOL, "false", .text = "Kubernetes endpoints of authType incluster may use the service account that this server itself has in its cluster" },
    { "docker-socket", SETTING_TEXT, "", .text = "the one socket of a Docker engine on this machine that endpoints may name (unix:///PATH): their users are root here then. Empty: none" },
    { "sweep", SETTING_BOOL, "true", .text = "registries are asked for pushes whose delivery never came" },
    { "sweep-seconds", SETTING_INT, "30", 1, 86400, .text = "seconds from one look at a repository to the next, at the least" },
    { "sweep-requests-per-minute", SETTING_INT, "100", 1, 60000, .text = "requests of the sweep to one registry" },
    { "notification-retry-seconds", SETTING_INT, "10", 1, 3600, .text = "seconds from the first try of a notification to the second; each later pause is twice as long, up to half an hour" },
    { "notification-hours", SETTING_INT, "24", 1, 720, .text = "hours after which a notification that does not arrive is given up" },
    { "cloud-proxy-key-days", SETTING_INT, "30", 0, 3650, .text = "days after which a connected Cloud Proxy is asked for a new key pair; 0: only when somebody asks" },
    { "docker-hub-url", SETTING_URL, "https://hub.docker.com", .text = "Docker Hub's API" },
    { "docker-hub-registry-url", SETTING_URL, "https://registry-1.docker.io", .text = "Docker Hub's registry" },
    { "docker-hub-auth-url", SETTING_URL, "https://auth.docker.io", .text = "Docker Hub's token service" },
};
const size_t SETTING_COUNT = ALEN(SETTINGS);

size_t setting_find(const char *name)
{
    size_t i = 0;
    while (i < SETTING_COUNT && strcmp(SETTINGS[i].name, name) != 0)
        i++;
    return i;
}

char *setting_environment(const struct setting *s)
{
    char *name = mem_format("SLIPWAY_%s", s->name);
    for (char *p = name; *p; p++)
        *p = *p == '-' ? '_' : (char)toupper((unsigned char)*p);
    return name;
}

char *setting_range(const struct setting *s)
{
    if (s->type == SETTING_INT)
        return mem_format("%lld..%lld", (long long)s->least, (long long)s->most);
    return mem_text(s->type == SETTING_CHOICE ? s->choices : s->type == SETTING_BOOL ? "true|false" : "");
}

static bool check_text(const struct setting *s, const char *value, struct err *e)
{
    (void)s;
    if (!text_utf8(value, strlen(value)))
        return err_set(e, ERR_INVALID, "is not UTF-8");
    for (const char *p = value; *p; p++)
        if (iscntrl((unsigned char)*p))
            return err_set(e, ERR_INVALID, "must be one line");
    return true;
}

static bool check_int(const struct setting *s, const char *value, struct err *e)
{
    int64_t number;
    if (!text_to_int(value, &number))
        return err_set(e, ERR_INVALID, "'%.100s' is not a whole number", value);
    if (number < s->least || number > s->most)
        return err_set(e, ERR_INVALID, "%s is not in %lld..%lld", value, (long long)s->least, (long long)s->most);
    return true;
}

static bool check_choice(const struct setting *s, const char *value, struct err *e)
{
    const char *choices = s->type == SETTING_BOOL ? "true|false" : s->choices;
    size_t n = strlen(value);
    for (const char *p = choices; n && p; p = strchr(p, '|') ? strchr(p, '|') + 1 : NULL)
        if (strcspn(p, "|") == n && strncmp(p, value, n) == 0)
            return true;
    return err_set(e, ERR_INVALID, "'%.100s' is none of %s", value, choices);
}

static bool check_url(const struct setting *s, const char *value, struct err *e)
{
    const char *host = text_starts(value, "https://") ? value + 8 : text_starts(value, "http://") ? value + 7 : NULL;
    if (!*value)
        return true;
    if (!host || !*host || strchr("/:?#", *host))
        return err_set(e, ERR_INVALID, "'%.150s' is not http://HOST or https://HOST", value);
    if (strpbrk(host, " \"<>\\^`{|}?#@"))
        return err_set(e, ERR_INVALID, "'%.150s' must be scheme, host, port and path alone", value);
    return check_text(s, value, e);
}

static bool check_listen(const struct setting *s, const char *value, struct err *e)
{
    (void)s;
    char address[64];
    int port;
    return config_listen(value, address, &port, e);
}

/* Says nothing about the value itself. */
static bool check_secret(const struct setting *s, const char *value, struct err *e)
{
    size_t n = strlen(value);
    if (n && ((int64_t)n < s->least || (int64_t)n > s->most))
        return err_set(e, ERR_INVALID, "has %zu characters; %lld to %lld are needed", n, (long long)s->least, (long long)s->most);
    for (const char *p = value; *p; p++)
        if (!isgraph((unsigned char)*p))
            return err_set(e, ERR_INVALID, "must be printable ASCII without blanks");
    return true;
}

static bool check_networks(const struct setting *s, const char *value, struct err *e)
{
    struct network network;
    for (const char *at = value + strspn(value, " ,"); *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");
        AUTO_FREE char *one = mem_text_n(at, n);
        if (!network_parse(one, &network))
            return err_set(e, ERR_INVALID, "'%.100s' is no network such as 10.0.0.0/8 or 2001:db8::/32", one);
        at += n;
    }
    return check_text(s, value, e);
}

static const struct {
    const char *name;
    bool (*check)(const struct setting *s, const char *value, struct err *e);
} TYPES[] = {
    [SETTING_TEXT] = { "text", check_text },       [SETTING_INT] = { "number", check_int },
    [SETTING_BOOL] = { "true or false", check_choice }, [SETTING_CHOICE] = { "choice", check_choice },
    [SETTING_URL] = { "URL", check_url },
    [SETTING_LISTEN] = { "address", check_listen }, [SETTING_SECRET] = { "secret", check_secret },
    [SETTING_NETWORKS] = { "networks", check_networks },
};

const char *setting_type_name(enum setting_type type)
{
    return TYPES[type].name;
}

bool setting_check(const struct setting *s, const char *value, struct err *e)
{
    return TYPES[s->type].check(s, value, e);
}
