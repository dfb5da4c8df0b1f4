/* slipway proxy: the Cloud Proxy, behind the firewall. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "main/main.h"
#include "proxy/proxy.h"

enum { FILE_MOST = 1 << 20 };

static const char HELP[] =
    "Usage: slipway proxy --server URL --token TOKEN --name NAME --allow HOST:PORT,...\n\n"
    "A Cloud Proxy: connects to a Slipway server from behind a firewall, and lets it reach\n"
    "what --allow names. Nothing listens for the server; one connection out is all it needs.\n\n"
    "  --server URL           the server, https://slipway.example.com\n"
    "  --token TOKEN          to enrol with, at the first start only (slipway cloud-proxy token NAME);\n"
    "                         - reads it from standard input\n"
    "  --name NAME            of the Cloud Proxy, as endpoints choose it\n"
    "  --allow LIST           where the server may go: registry.corp:5000, *.corp:443,\n"
    "                         10.0.0.0/8:443, [2001:db8::]/32:443, host:*; nowhere without it\n"
    "  --state DIR            its key pair (default: $STATE_DIRECTORY, else slipway-proxy-NAME here)\n"
    "  --http-proxy URL       a proxy on the way to the server: http://user:password@proxy.corp:3128\n"
    "  --ca FILE              PEM: who vouches for the server, instead of the system's authorities\n"
    "  --insecure             accept any certificate of the server\n"
    "  --credentials FILE     clusters and registries whose credentials stay here (docs/cloud-proxy.md)\n"
    "  --journal DIR          webhooks that come here are kept there until the server has them\n"
    "  --receive ADDRESS:PORT where webhooks come (with --journal)\n"
    "  --receive-cert FILE, --receive-key FILE   PEM: for TLS there\n"
    "  --log-level LEVEL      debug, info, warn, error;  --log-format lines|json\n\n"
    "Each can stand in the environment: SLIPWAY_PROXY_TOKEN for --token. SIGTERM ends it.\n";

static const struct flag {
    const char *name;
    bool bare; /* without a value */
} FLAGS[] = {
    { "server" }, { "token" }, { "name" }, { "allow" }, { "state" }, { "http-proxy" }, { "ca" }, { "insecure", true }, { "credentials" },
    { "journal" }, { "receive" }, { "receive-cert" }, { "receive-key" }, { "log-level" }, { "log-format" },
};

struct options {
    const char *values[ALEN(FLAGS)];
};

struct process {
    struct loop *loop;
    struct proxy *proxy;
    bool failed, stopping;
};

/* ---- reading the command line */

static size_t flag_of(const char *name, size_t n)
{
    size_t i = 0;
    while (i < ALEN(FLAGS) && (strlen(FLAGS[i].name) != n || strncmp(FLAGS[i].name, name, n)))
        i++;
    return i;
}

static const char *option(const struct options *o, const char *name)
{
    const char *value = o->values[flag_of(name, strlen(name))];
    return text_empty(value) ? NULL : value;
}

static void read_environment(struct options *o)
{
    for (size_t i = 0; i < ALEN(FLAGS); i++) {
        AUTO_FREE char *name = mem_format("SLIPWAY_PROXY_%s", FLAGS[i].name);
        for (char *p = name; *p; p++)
            *p = *p == '-' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        o->values[i] = getenv(name);
    }
}

static bool read_arguments(struct options *o, int count, const char *const *arguments, struct err *e)
{
    for (int i = 0; i < count; i++) {
        const char *name = arguments[i] + 2, *equals = strchr(arguments[i], '=');
        size_t at = text_starts(arguments[i], "--") ? flag_of(name, equals ? (size_t)(equals - name) : strlen(name)) : ALEN(FLAGS);
        if (at == ALEN(FLAGS))
            return err_set(e, ERR_INVALID, "'%s' is no flag of slipway proxy; slipway proxy --help shows them", arguments[i]);
        if (!equals && !FLAGS[at].bare && i + 1 == count)
            return err_set(e, ERR_INVALID, "--%s needs a value", FLAGS[at].name);
        o->values[at] = equals ? equals + 1 : FLAGS[at].bare ? "true" : arguments[++i];
    }
    return true;
}

/* ---- what the values mean */

static char *token_of(const struct options *o)
{
    char line[600] = "";
    const char *token = option(o, "token");
    if (!text_is(token, "-"))
        return mem_text(token);
    if (!fgets(line, sizeof line, stdin))
        return NULL;
    line[strcspn(line, "\r\n")] = 0;
    return mem_text(line);
}

/* One folder each: two proxies that share a key pair would end each other's links. */
static char *state_of(const struct options *o)
{
    const char *given = option(o, "state"), *service = getenv("STATE_DIRECTORY"), *name = option(o, "name");
    if (given || !text_empty(service))
        return mem_text(given ? given : service);
    char *folder = mem_format("slipway-proxy-%s", name ? name : "default");
    for (char *p = folder; *p; p++)
        if (*p == '/')
            *p = '_';
    return folder;
}

static bool check(const struct options *o, struct err *e)
{
    const char *server = option(o, "server");
    if (!server)
        return err_set(e, ERR_INVALID, "--server is missing: the URL of the Slipway server");
    if (!text_starts(server, "https://") && !text_starts(server, "http://"))
        return err_set(e, ERR_INVALID, "--server '%s' is no URL: https://HOST", server);
    if (!option(o, "receive-cert") != !option(o, "receive-key"))
        return err_set(e, ERR_INVALID, "--receive-cert and --receive-key belong together");
    if (text_starts(server, "http://"))
        log_warn("proxy", "the link to %s is not encrypted: use https but for tests", server);
    return true;
}

/* ---- its life */

static void ended(void *context, const struct err *why)
{
    struct process *p = context;
    log_error("proxy", "%s", why->text);
    p->failed = true;
    loop_stop(p->loop);
}

static void stopped(void *context)
{
    loop_stop(((struct process *)context)->loop);
}

static void stop(void *context, int number)
{
    struct process *p = context;
    (void)number;
    if (p->stopping)
        _exit(1);
    p->stopping = true;
    log_info("proxy", "asked to stop");
    proxy_stop(p->proxy, stopped, p);
}

static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

static bool start(struct process *p, struct proxy_config *config, struct err *e)
{
    config->loop = p->loop;
    config->ended = ended;
    config->context = p;
    return loop_signal(p->loop, SIGTERM, stop, p, e) && loop_signal(p->loop, SIGINT, stop, p, e) && proxy_create(config, &p->proxy, e);
}

static bool run(const struct options *o, bool *ret_failed, struct err *e)
{
    struct process p = { 0 };
    char address[64];
    AUTO_FREE char *ca = NULL, *token = token_of(o), *state = state_of(o);
    struct proxy_config config = { .server = option(o, "server"), .token = token, .name = option(o, "name"), .allow = option(o, "allow"), .state = state,
                                   .journal = option(o, "journal"), .receive_cert = option(o, "receive-cert"), .receive_key = option(o, "receive-key"),
                                   .http_proxy = option(o, "http-proxy"), .credentials = option(o, "credentials") };
    if (option(o, "receive")) {
        if (!config_listen(option(o, "receive"), address, &config.receive_port, e))
            return err_wrap(e, "--receive");
        config.receive = address;
    }
    if (option(o, "ca") && !file_read(option(o, "ca"), FILE_MOST, &ca, e))
        return err_wrap(e, "--ca");
    config.trust = (struct http_trust){ .ca_pem = ca, .insecure = text_is(option(o, "insecure"), "true") };
    signal(SIGPIPE, SIG_IGN);
    raise_limits();
    bool ok = loop_create(&p.loop, e) && start(&p, &config, e);
    if (ok && !p.failed)
        loop_run(p.loop);
    *ret_failed = p.failed;
    proxy_destroy(&p.proxy);
    loop_destroy(&p.loop);
    return ok;
}

int proxy_main(int count, const char *const *arguments)
{
    struct options o = { 0 };
    struct err e = { 0 };
    enum log_level level = LOG_INFO;
    for (int i = 0; i < count; i++)
        if (text_is(arguments[i], "--help") || text_is(arguments[i], "-h"))
            return fputs(HELP, stdout), 0;
    read_environment(&o);
    if (!read_arguments(&o, count, arguments, &e)) {
        fprintf(stderr, "slipway proxy: %s\n", e.text);
        return 2;
    }
    if (option(&o, "log-level") && !log_level_parse(option(&o, "log-level"), &level)) {
        fprintf(stderr, "slipway proxy: --log-level is debug, info, warn or error\n");
        return 2;
    }
    log_setup(level, text_is(option(&o, "log-format"), "json"));
    if (!check(&o, &e)) {
        fprintf(stderr, "slipway proxy: %s\n", e.text);
        return 2;
    }
    bool failed = false;
    if (run(&o, &failed, &e))
        return failed;
    log_error("proxy", "%s%s%s", e.field[0] ? e.field : "", e.field[0] ? ": " : "", e.text);
    return 1;
}
