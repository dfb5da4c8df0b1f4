/* slipway serve: rooms open in order, and are taken down in reverse. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "api/api.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "http/server.h"
#include "main/main.h"
#include "runner/retention.h"
#include "secrets/seal.h"
#include "store/people.h"
#include "store_sql.h"

#define GRACE (10 * CLOCK_SECOND)     /* answers that are under way at SIGTERM */
#define DISK_EVERY (60 * CLOCK_SECOND)

struct server {
    struct config *config; /* as it was at start */
    struct loop *loop;
    struct seal *seal;
    struct db *db;
    struct http_client *client;
    struct runner *runner;
    struct api *api;
    struct http_server *http;
    struct retention *retention;
    struct timer disk;
    bool stopping, disk_warned;
    int64_t disk_warn_mb;
    int argument_count; /* of the command line, to read the settings again */
    const char *const *arguments;
    char node[64];
};

/* ---- while it runs */

static void database_changed(void *context)
{
    struct server *s = context;
    if (s->api)
        api_changed(s->api);
}

static void execution_logged(void *context, int64_t execution_id)
{
    struct server *s = context;
    if (s->api)
        api_logged(s->api, execution_id);
}

static void execution_changed(void *context, int64_t execution_id)
{
    database_changed(context);
    execution_logged(context, execution_id); /* it may be over */
}

static void runner_drained(void *context)
{
    loop_stop(((struct server *)context)->loop);
}

static void answers_drained(void *context)
{
    struct server *s = context;
    runner_drain(s->runner, runner_drained, s);
}

static void stop(void *context, int number)
{
    struct server *s = context;
    if (s->stopping) {
        log_warn("main", "asked to stop a second time: stopping at once");
        _exit(1);
    }
    s->stopping = true;
    log_info("main", "%s: finishing what is under way", number == SIGINT ? "interrupted" : "asked to stop");
    retention_stop(s->retention);
    timer_clear(&s->disk);
    api_end_streams(s->api);
    http_server_drain(s->http, GRACE, answers_drained, s);
}

static void set_log(const struct config *config)
{
    enum log_level level = LOG_INFO;
    log_level_parse(config_text(config, "log-level"), &level);
    log_setup(level, text_is(config_text(config, "log-format"), "json"));
}

static struct http_limits limits_of(const struct config *config)
{
    struct http_limits limits = HTTP_LIMITS;
    limits.connections = (int)config_int(config, "max-connections");
    limits.body_bytes = (size_t)config_int(config, "body-limit");
    limits.body_bytes_total = (size_t)config_int(config, "body-memory-mb") << 20;
    limits.request_micros = config_int(config, "request-seconds") * CLOCK_SECOND;
    return limits;
}

static bool reload_settings(struct server *s, struct err *e)
{
    AUTO(config) fresh = NULL;
    if (!config_read(s->argument_count, s->arguments, (const char *const *)environ, &fresh, e))
        return false;
    struct http_limits limits = limits_of(fresh);
    set_log(fresh);
    http_server_change_limits(s->http, &limits);
    retention_change(s->retention, config_int(fresh, "retention-bodies-days"), config_int(fresh, "retention-runs-days"));
    s->disk_warn_mb = config_int(fresh, "disk-warn-mb");
    return true;
}

/* Whatever is wrong with the one does not keep the other from being read. */
static void reload(void *context, int number)
{
    struct server *s = context;
    struct err e = { 0 };
    (void)number;
    if (reload_settings(s, &e))
        log_info("main", "log, limits, retention and disk warning are as the settings say now; others are taken at start only");
    else
        log_error("main", "the old settings stay: %s", e.text);
    if (http_server_reload_tls(s->http, &e))
        log_info("main", "certificates were read again");
    else
        log_error("main", "the old certificate stays: %s", e.text);
}

/* Warns once when room gets short, and again when it got short again. */
static void look_at_disk(struct timer *t)
{
    struct server *s = OWNER(t, struct server, disk);
    struct statvfs v;
    if (statvfs(config_text(s->config, "data"), &v) == 0) {
        int64_t free_mb = (int64_t)(v.f_bavail * (v.f_frsize >> 10) >> 10);
        if (free_mb < s->disk_warn_mb && !s->disk_warned)
            log_warn("main", "only %lld MB are free for %s; when none are, deliveries are answered with 503", (long long)free_mb,
                     config_text(s->config, "data"));
        s->disk_warned = free_mb < s->disk_warn_mb;
    }
    timer_set(t, s->loop, DISK_EVERY, look_at_disk);
}

/* ---- opening, in order */

static bool open_folder(struct server *s, struct err *e)
{
    const char *folder = config_text(s->config, "data");
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set(e, ERR_UNAVAILABLE, "make the data folder %s: %s", folder, strerror(errno));
    return access(folder, R_OK | W_OK | X_OK) == 0 || err_set(e, ERR_UNAVAILABLE, "the data folder %s: %s", folder, strerror(errno));
}

static bool open_seal(struct server *s, struct err *e)
{
    const char *text = config_text(s->config, "master-key"), *file = config_text(s->config, "master-key-file");
    AUTO_FREE char *own = mem_format("%s/master.key", config_text(s->config, "data"));
    return seal_create(*text ? text : NULL, *file ? file : own, !*file, &s->seal, e);
}

static bool open_database(struct server *s, struct err *e)
{
    AUTO_FREE char *path = mem_format("%s/slipway.db", config_text(s->config, "data"));
    struct db_config config = { .path = path, .migrations = STORE_MIGRATIONS, .changed = database_changed, .context = s };
    return db_open(s->loop, &config, &s->db, e);
}

/* A value that only the right master key opens, so that a wrong one is told at start, not at the first deployment. */
static bool check_key(void *context, struct db_tx *tx, struct err *e)
{
    struct server *s = context;
    AUTO_FREE char *plain = NULL;
    AUTO(db_rows) rows = db_rows(tx, SQL_meta_find, "t", "key_check");
    if (db_next(rows, e))
        return seal_open(s->seal, "meta:key_check", db_text(rows, 0), &plain, NULL, e) || err_wrap(e, "the data folder's master key is missing");
    AUTO_FREE char *sealed = seal_close(s->seal, "meta:key_check", "slipway", 7);
    return !db_rows_failed(rows) && db_run(tx, e, SQL_meta_put, "tt", "key_check", sealed);
}

static bool first_start(struct server *s, struct err *e)
{
    bool first = false;
    const char *given = config_text(s->config, "admin-token"), *folder = config_text(s->config, "data");
    if (!db_write_now(s->db, check_key, s, e) || !auth_first_start(s->db, folder, *given ? given : NULL, &first, e))
        return false;
    if (first)
        log_info("main", "first start: the administrator's API token is in %s/admin.token", folder);
    return true;
}

static bool open_runner(struct server *s, struct err *e)
{
    struct runner_config config = { .loop = s->loop, .db = s->db, .http = s->client, .seal = s->seal, .node = s->node,
                                    .external_url = config_text(s->config, "external-url"), .hub_url = config_text(s->config, "docker-hub-url"),
                                    .hub_registry_url = config_text(s->config, "docker-hub-registry-url"),
                                    .hub_auth_url = config_text(s->config, "docker-hub-auth-url"),
                                    .allow_in_cluster = config_bool(s->config, "allow-in-cluster"), .docker_socket = config_text(s->config, "docker-socket"), .log_most = config_int(s->config, "task-log-mb") << 20, .changed = execution_changed, .logged = execution_logged, .context = s,
                                    .sweep = config_bool(s->config, "sweep"), .sweep_seconds = config_int(s->config, "sweep-seconds"),
                                    .sweep_per_minute = config_int(s->config, "sweep-requests-per-minute"),
                                    .notify_retry = config_int(s->config, "notification-retry-seconds") * CLOCK_SECOND,
                                    .notify_tried = config_int(s->config, "notification-hours") * CLOCK_HOUR };
    return runner_create(&config, &s->runner, e);
}

static bool open_api(struct server *s, struct err *e)
{
    struct api_config config = { .loop = s->loop, .db = s->db, .runner = s->runner, .seal = s->seal, .http = s->client,
                                 .external_url = config_text(s->config, "external-url"), .hub_url = config_text(s->config, "docker-hub-url"),
                                 .trusted_proxies = config_text(s->config, "trusted-proxies"), .hub_registry_url = config_text(s->config, "docker-hub-registry-url"),
                                 .hub_auth_url = config_text(s->config, "docker-hub-auth-url"), .allow_in_cluster = config_bool(s->config, "allow-in-cluster"), .docker_socket = config_text(s->config, "docker-socket"),
                                 .proxy_key_days = config_int(s->config, "cloud-proxy-key-days") };
    return api_create(&config, &s->api, e);
}

static bool open_http(struct server *s, struct err *e)
{
    char address[64];
    const char *cert = config_text(s->config, "tls-cert"), *key = config_text(s->config, "tls-key");
    if (!*cert != !*key)
        return err_set(e, ERR_INVALID, "tls-cert and tls-key belong together; only %s is set", *cert ? "tls-cert" : "tls-key");
    struct http_server_config config = { .address = address, .tls_cert = *cert ? cert : NULL, .tls_key = *cert ? key : NULL,
                                         .limits = limits_of(s->config), .handle = api_handle, .context = s->api };
    if (!config_listen(config_text(s->config, "listen"), address, &config.port, e) || !http_server_open(s->loop, &config, &s->http, e))
        return false;
    api_server(s->api, s->http);
    return true;
}

static bool open_rest(struct server *s, struct err *e)
{
    struct retention_config config = { .loop = s->loop, .db = s->db, .bodies_days = config_int(s->config, "retention-bodies-days"),
                                       .runs_days = config_int(s->config, "retention-runs-days") };
    s->disk_warn_mb = config_int(s->config, "disk-warn-mb");
    look_at_disk(&s->disk);
    s->retention = retention_create(&config);
    signal(SIGPIPE, SIG_IGN);
    return loop_signal(s->loop, SIGTERM, stop, s, e) && loop_signal(s->loop, SIGINT, stop, s, e) && loop_signal(s->loop, SIGHUP, reload, s, e) &&
           runner_start(s->runner, e);
}

static bool open_client(struct server *s, struct err *e)
{
    return http_client_create(s->loop, NULL, &s->client, e);
}

static bool open_loop(struct server *s, struct err *e)
{
    return loop_create(&s->loop, e);
}

static bool (*const OPEN[])(struct server *s, struct err *e) = {
    open_folder, open_loop, open_seal, open_database, first_start, open_client, open_runner, open_api, open_http, open_rest,
};

static void close_all(struct server *s)
{
    timer_clear(&s->disk);
    retention_destroy(&s->retention);
    http_server_close(&s->http);
    if (s->db)
        db_close(&s->db); /* what was queued is written, and its ends run */
    runner_destroy(&s->runner);
    api_destroy(&s->api);
    http_client_destroy(&s->client);
    seal_destroy(&s->seal);
    loop_destroy(&s->loop);
    config_destroy(&s->config);
}

/* ---- the command */

static const char HELP[] =
    "Usage: slipway serve [--data DIR] [--listen ADDRESS:PORT] [--external-url URL]\n"
    "                     [--tls-cert FILE --tls-key FILE] [--config FILE] [--SETTING VALUE]...\n\n"
    "Runs the server. Every setting can also stand in the environment (SLIPWAY_LISTEN)\n"
    "or in the configuration file; 'slipway settings' prints them all.\n"
    "SIGTERM finishes what is under way and stops; SIGHUP reads the certificate\n"
    "again, and of the settings those of log, limits, retention and disk warning.\n";

static bool wants_help(int count, const char *const *arguments)
{
    for (int i = 0; i < count; i++)
        if (text_is(arguments[i], "--help") || text_is(arguments[i], "-h"))
            return true;
    return false;
}

/* As many descriptors as the system lets us have: connections of clients, clusters and registries. */
static void raise_limits(void)
{
    struct rlimit l;
    if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
        l.rlim_cur = l.rlim_max;
        setrlimit(RLIMIT_NOFILE, &l);
    }
}

int serve_main(int count, const char *const *arguments)
{
    struct server s = { .argument_count = count, .arguments = arguments };
    struct err e = { 0 };
    int64_t began = clock_mono();
    int status = 1;
    char host[HOST_NAME_MAX + 1] = "";
    if (wants_help(count, arguments))
        return fputs(HELP, stdout), 0;
    if (!config_read(count, arguments, (const char *const *)environ, &s.config, &e)) {
        fprintf(stderr, "slipway serve: %s\n", e.text);
        return 2;
    }
    set_log(s.config);
    raise_limits();
    gethostname(host, sizeof host - 1);
    snprintf(s.node, sizeof s.node, "%.40s:%d", host, (int)getpid());
    for (size_t i = 0; i < ALEN(OPEN); i++)
        if (!OPEN[i](&s, &e)) {
            log_error("main", "%s", e.text);
            goto out;
        }
    log_info("main", "slipway " SLIPWAY_VERSION " is ready on port %d after %lld ms", http_server_port(s.http),
             (long long)((clock_mono() - began) / 1000));
    loop_run(s.loop);
    status = 0;
out:
    close_all(&s);
    if (!status)
        log_info("main", "stopped");
    return status;
}

int settings_main(int count, const char *const *arguments)
{
    struct err e = { 0 };
    AUTO(config) config = NULL;
    bool json = count > 0 && text_is(arguments[count - 1], "--json");
    if (wants_help(count, arguments))
        return puts("Usage: slipway settings [--json] [--SETTING VALUE]...\n\nPrints every setting with its meaning, default, value and origin."), 0;
    if (!config_read(count - json, arguments, (const char *const *)environ, &config, &e)) {
        fprintf(stderr, "slipway settings: %s\n", e.text);
        return 2;
    }
    AUTO_FREE char *text = config_print(config, json);
    fputs(text, stdout);
    return 0;
}
