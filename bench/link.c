/* A Cloud Proxy's link measured: calls through `slipway proxy` beside the same calls without it.
 *
 *   bench_link SLIPWAY CERT KEY throughput|calls|streams|direct-streams [plain]
 *
 * This process is the server's end (an HTTP server, the agents, the client); the proxy is the real program; the target is a
 * third process, which speaks TLS unless plain is said. Prints JSON.
 */
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "agent/agents.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "wire/proof.h"

enum { BODY = 100 << 20, CALLS = 2000, STREAMS = 1000, ROUNDS = 21 };
static const char PROXY[] = "01900000-0000-7000-8000-000000000001", INSTANCE[] = "01900000-0000-7000-8000-000000000002";

/* ---- the target: a thread for each connection */

struct guest {
    int fd;
    SSL *ssl;
};

static ssize_t get(struct guest *g, char *p, size_t n)
{
    return g->ssl ? SSL_read(g->ssl, p, (int)n) : recv(g->fd, p, n, 0);
}

static bool put(struct guest *g, const char *p, size_t n)
{
    while (n) {
        ssize_t sent = g->ssl ? SSL_write(g->ssl, p, (int)(n > 1 << 20 ? 1 << 20 : n)) : send(g->fd, p, n, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        p += sent;
        n -= (size_t)sent;
    }
    return true;
}

static bool serve_one(struct guest *g, const char *body)
{
    char request[8192], head[128];
    size_t n = 0;
    while (n < 4 || !memmem(request, n, "\r\n\r\n", 4)) {
        ssize_t got = n < sizeof request ? get(g, request + n, sizeof request - n) : -1;
        if (got <= 0)
            return false;
        n += (size_t)got;
    }
    bool large = !strncmp(request, "GET /large", 10), hang = !strncmp(request, "GET /hang", 9);
    size_t size = large ? BODY : 2;
    int length = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s", hang ? (size_t)BODY : size, large ? "" : "ok");
    if (!put(g, head, (size_t)length) || (large && !put(g, body, size)))
        return false;
    return !hang || get(g, request, 1) > 0;
}

static void *serve_guest(void *context)
{
    static char *body;
    struct guest *g = context;
    if (!body)
        body = mem_alloc(BODY);
    if (!g->ssl || SSL_accept(g->ssl) == 1)
        while (serve_one(g, body))
            ;
    SSL_free(g->ssl);
    close(g->fd);
    free(g);
    return NULL;
}

static int listen_somewhere(int *ret_port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(fd, (struct sockaddr *)&a, size) || listen(fd, 2048) || getsockname(fd, (struct sockaddr *)&a, &size))
        exit(2);
    *ret_port = ntohs(a.sin_port);
    return fd;
}

static pid_t start_target(const char *cert, const char *key, bool plain, int *ret_port)
{
    int fd = listen_somewhere(ret_port);
    pid_t child = fork();
    if (child) {
        close(fd);
        return child;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    SSL_CTX *tls = plain ? NULL : SSL_CTX_new(TLS_server_method());
    if (tls && (SSL_CTX_use_certificate_chain_file(tls, cert) != 1 || SSL_CTX_use_PrivateKey_file(tls, key, SSL_FILETYPE_PEM) != 1))
        exit(2);
    for (;;) {
        struct guest *g = NEW(struct guest);
        pthread_t thread;
        pthread_attr_t small;
        g->fd = accept(fd, NULL, NULL);
        int on = 1;
        setsockopt(g->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        g->ssl = tls ? SSL_new(tls) : NULL;
        if (g->ssl)
            SSL_set_fd(g->ssl, g->fd);
        pthread_attr_init(&small);
        pthread_attr_setstacksize(&small, 64 << 10);
        pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
        pthread_create(&thread, &small, serve_guest, g);
    }
}

/* ---- the server's end */

struct scene {
    struct loop *loop;
    struct http_client *client;
    struct http_server *server;
    struct agents *agents;
    struct timer timer;
    pid_t proxy, target;
    int target_port;
    bool linked, plain;
};

static void changed(void *context, const char *instance, bool linked)
{
    struct scene *s = context;
    (void)instance;
    s->linked = linked;
    loop_stop(s->loop);
}

static void handle(void *context, struct http_request *r)
{
    struct scene *s = context;
    static const unsigned char KEY[PROOF_PUBLIC];
    AUTO_FREE char *enrolled = mem_format("{\"instance\":\"%s\",\"name\":\"bench\"}", INSTANCE);
    if (text_is(r->method, "POST"))
        http_answer(r, 200, "application/json", enrolled, strlen(enrolled));
    else
        agents_link(s->agents, r, &(struct agent_hello){ .instance = INSTANCE, .proxy = PROXY, .name = "bench", .host = "here", .version = "0", .address = "127.0.0.1",
                                                         .key = KEY });
}

static void start_proxy(struct scene *s, const char *slipway)
{
    char folder[] = "/tmp/slipway-bench-XXXXXX";
    AUTO_FREE char *url = mem_format("https://127.0.0.1:%d", http_server_port(s->server)), *allow = mem_format("127.0.0.1:%d", s->target_port);
    if (!mkdtemp(folder))
        exit(2);
    s->proxy = fork();
    if (s->proxy)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execl(slipway, slipway, "proxy", "--server", url, "--token", "t", "--insecure", "--state", folder, "--allow", allow, "--log-level", getenv("BENCH_LOG") ? "debug" : "warn", NULL);
    exit(127);
}

static void set_up(struct scene *s, char **argv)
{
    struct err e = { 0 };
    s->target = start_target(argv[2], argv[3], s->plain, &s->target_port);
    struct http_server_config config = { .address = "127.0.0.1", .tls_cert = argv[2], .tls_key = argv[3], .handle = handle, .context = s };
    if (!loop_create(&s->loop, &e) || !http_client_create(s->loop, &(struct http_client_config){ .connections_kept = 4 }, &s->client, &e) ||
        !http_server_open(s->loop, &config, &s->server, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(2);
    }
    agents_create(&(struct agents_config){ .loop = s->loop, .changed = changed, .context = s }, &s->agents);
    http_client_vias(s->client, &(struct http_vias){ agents_open, s->agents });
    start_proxy(s, argv[1]);
    loop_run(s->loop); /* until it is linked */
}

/* ---- what is measured */

struct asking {
    struct http_call call;
    struct scene *scene;
    size_t got, wanted;
    int *left; /* of several at once; NULL: alone */
};

static bool count(struct http_call *c, const char *bytes, size_t n)
{
    struct asking *a = OWNER(c, struct asking, call);
    (void)bytes;
    bool was = a->got >= a->wanted;
    a->got += n;
    if (!was && a->got >= a->wanted && a->left && !--*a->left)
        loop_stop(a->scene->loop);
    return true;
}

static void done(struct http_call *c, const struct err *e)
{
    struct asking *a = OWNER(c, struct asking, call);
    if (e) {
        fprintf(stderr, "%s\n", e->text);
        exit(1);
    }
    loop_stop(a->scene->loop);
}

static void begin(struct scene *s, struct asking *a, const char *path, bool via)
{
    struct err e = { 0 };
    static const struct http_trust TRUST = { .insecure = true };
    AUTO_FREE char *url = mem_format("%s://127.0.0.1:%d%s", s->plain ? "http" : "https", s->target_port, path);
    a->scene = s;
    a->call = (struct http_call){ .url = url, .via = via ? PROXY : NULL, .trust = &TRUST, .on_data = count, .done = done, .timeout_micros = 60 * CLOCK_SECOND };
    if (!http_call_start(&a->call, s->client, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

static double one(struct scene *s, const char *path, size_t wanted, bool via)
{
    struct asking a = { .wanted = wanted };
    int64_t began = clock_mono();
    begin(s, &a, path, via);
    loop_run(s->loop);
    if (a.got != wanted) {
        fprintf(stderr, "%zu of %zu bytes came, status %d\n", a.got, wanted, a.call.status);
        exit(1);
    }
    return (double)(clock_mono() - began) / 1e6;
}

static int by_size(const void *a, const void *b)
{
    return *(const double *)a < *(const double *)b ? -1 : *(const double *)a > *(const double *)b;
}

static double middle(double *times, size_t n)
{
    qsort(times, n, sizeof *times, by_size);
    return times[n / 2];
}

static void throughput(struct scene *s)
{
    double direct[ROUNDS], via[ROUNDS];
    one(s, "/large", BODY, false);
    one(s, "/large", BODY, true);
    for (int i = 0; i < ROUNDS; i++) { /* in turns, as the machine is not quiet */
        direct[i] = one(s, "/large", BODY, false);
        via[i] = one(s, "/large", BODY, true);
    }
    double a = middle(direct, ROUNDS), b = middle(via, ROUNDS);
    printf("{\"direct_mb_s\": %.0f, \"via_mb_s\": %.0f, \"share\": %.3f}\n", 100 / a, 100 / b, a / b);
}

static void calls(struct scene *s)
{
    double *direct = mem_alloc(CALLS * sizeof *direct), *via = mem_alloc(CALLS * sizeof *via);
    for (int i = 0; i < CALLS; i++) {
        direct[i] = one(s, "/small", 2, false) * 1000;
        via[i] = one(s, "/small", 2, true) * 1000;
    }
    double a = middle(direct, CALLS), b = middle(via, CALLS);
    printf("{\"direct_ms\": %.3f, \"via_ms\": %.3f, \"added_ms\": %.3f, \"added_p99_ms\": %.3f}\n", a, b, b - a, via[CALLS * 99 / 100] - direct[CALLS * 99 / 100]);
    free(direct);
    free(via);
}

static double megabytes_of(pid_t pid)
{
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        sscanf(line, "VmRSS: %ld", &kb);
    if (f)
        fclose(f);
    return (double)kb / 1024;
}

/* via false: the same calls without the link, to see what they take by themselves. */
static void streams(struct scene *s, bool via)
{
    struct asking *all = mem_alloc(STREAMS * sizeof *all);
    int left = STREAMS;
    double here = megabytes_of(getpid()), there = megabytes_of(s->proxy);
    for (int i = 0; i < STREAMS; i++) {
        all[i] = (struct asking){ .wanted = 2, .left = &left };
        begin(s, &all[i], "/hang", via);
    }
    loop_run(s->loop); /* until each has its first bytes */
    struct agents_stats stats = agents_stats(s->agents);
    printf("{\"streams\": %lld, \"proxy_mb\": %.1f, \"proxy_before_mb\": %.1f, \"server_mb\": %.1f, \"server_before_mb\": %.1f}\n", (long long)stats.streams,
           megabytes_of(s->proxy), there, megabytes_of(getpid()), here);
}

int main(int argc, char **argv)
{
    struct scene s = { .plain = argc > 5 && text_is(argv[5], "plain") };
    log_setup(getenv("BENCH_LOG") ? LOG_DEBUG : LOG_WARN, false);
    signal(SIGPIPE, SIG_IGN);
    if (argc < 5)
        return 2;
    set_up(&s, argv);
    if (text_is(argv[4], "throughput"))
        throughput(&s);
    else if (text_is(argv[4], "calls"))
        calls(&s);
    else
        streams(&s, text_is(argv[4], "streams"));
    kill(s.proxy, SIGKILL);
    kill(s.target, SIGKILL);
    fflush(stdout);
    _exit(0); /* nothing is owed to anybody */
}
