#include "ssh/fake_test.h"

#include <arpa/inet.h>
#include <libssh/libssh.h>
#include <libssh/server.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/test.h"

enum { CONNECTIONS = 16 };

struct fake_host {
    char home[200], fingerprint[64], key_file[240];
    int listener, port;
    ssh_bind bind;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_t threads[CONNECTIONS];
    int sockets[CONNECTIONS], count;
    atomic_int logins;
    atomic_bool deaf, ending;
};

struct connection {
    struct fake_host *host;
    int fd;
};

/* ---- a program: the machine's own shell */

static pid_t start_shell(const struct fake_host *host, int *to, int *from)
{
    int in[2], out[2];
    CHECK(pipe(in) == 0 && pipe(out) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        setenv("HOME", host->home, 1);
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int fd = 3; fd < 1000; fd++)
            close(fd);
        execl("/bin/sh", "sh", "-s", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    *to = in[1];
    *from = out[0];
    return pid;
}

/* All that comes, until its end. */
static void feed(ssh_channel channel, int to)
{
    char bytes[8192];
    for (int n; (n = ssh_channel_read(channel, bytes, sizeof bytes, 0)) > 0;)
        if (write(to, bytes, (size_t)n) != n)
            break;
    close(to);
}

/* What it says goes out, until it or the channel ends. */
static void tell(ssh_session ssh, ssh_channel channel, int from)
{
    char bytes[8192];
    ssh_event event = ssh_event_new();
    ssh_event_add_session(event, ssh);
    while (ssh_is_connected(ssh) && !ssh_channel_is_closed(channel)) {
        struct pollfd wait = { .fd = from, .events = POLLIN };
        if (poll(&wait, 1, 0) == 0) {
            ssh_event_dopoll(event, 10);
            continue;
        }
        ssize_t got = read(from, bytes, sizeof bytes);
        if (got <= 0 || ssh_channel_write(channel, bytes, (uint32_t)got) != got)
            break;
    }
    ssh_event_free(event);
}

static void serve_channel(struct fake_host *host, ssh_session ssh, ssh_channel channel)
{
    int to, from, status = 0;
    pid_t pid = start_shell(host, &to, &from);
    feed(channel, to);
    tell(ssh, channel, from);
    close(from);
    bool gone = !ssh_is_connected(ssh) || ssh_channel_is_closed(channel);
    if (!gone)
        waitpid(pid, &status, 0); /* else it goes on, as a real host's does */
    if (!gone && WIFEXITED(status))
        ssh_channel_request_send_exit_status(channel, WEXITSTATUS(status));
    ssh_channel_send_eof(channel);
    ssh_channel_close(channel);
    ssh_channel_free(channel);
    ssh_blocking_flush(ssh, 5000);
}

/* ---- a connection */

static bool log_in(struct fake_host *host, ssh_session ssh)
{
    for (ssh_message m; (m = ssh_message_get(ssh)); ssh_message_free(m)) {
        bool password = ssh_message_type(m) == SSH_REQUEST_AUTH && ssh_message_subtype(m) == SSH_AUTH_METHOD_PASSWORD;
        atomic_fetch_add(&host->logins, password);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
        if (password && text_is(ssh_message_auth_user(m), "joe") && text_is(ssh_message_auth_password(m), "good")) {
#pragma GCC diagnostic pop
            ssh_message_auth_reply_success(m, 0);
            ssh_message_free(m);
            return true;
        }
        if (ssh_message_type(m) == SSH_REQUEST_AUTH)
            ssh_message_auth_set_methods(m, SSH_AUTH_METHOD_PASSWORD);
        ssh_message_reply_default(m);
    }
    return false;
}

static void serve_session(struct fake_host *host, ssh_session ssh)
{
    ssh_channel channel = NULL;
    for (ssh_message m; (m = ssh_message_get(ssh)); ssh_message_free(m)) {
        bool exec = ssh_message_type(m) == SSH_REQUEST_CHANNEL && ssh_message_subtype(m) == SSH_CHANNEL_REQUEST_EXEC;
        if (ssh_message_type(m) == SSH_REQUEST_CHANNEL_OPEN)
            channel = ssh_message_channel_request_open_reply_accept(m);
        else if (exec && channel)
            ssh_message_channel_request_reply_success(m);
        else
            ssh_message_reply_default(m);
        if (exec && channel) {
            serve_channel(host, ssh, channel);
            channel = NULL;
        }
    }
}

static void *serve(void *context)
{
    struct connection *c = context;
    struct fake_host *host = c->host;
    ssh_session ssh = ssh_new();
    pthread_mutex_lock(&host->lock);
    int accepted = ssh_bind_accept_fd(host->bind, ssh, c->fd);
    pthread_mutex_unlock(&host->lock);
    if (accepted == SSH_OK && ssh_handle_key_exchange(ssh) == SSH_OK && log_in(host, ssh))
        serve_session(host, ssh);
    ssh_disconnect(ssh);
    ssh_free(ssh);
    free(c);
    return NULL;
}

static void *accept_all(void *context)
{
    struct fake_host *host = context;
    for (int fd; (fd = accept(host->listener, NULL, NULL)) >= 0 && !atomic_load(&host->ending);) {
        struct connection *c = NEW(struct connection);
        *c = (struct connection){ host, fd };
        pthread_mutex_lock(&host->lock);
        int i = host->count++;
        host->sockets[i] = dup(fd);
        pthread_mutex_unlock(&host->lock);
        CHECK(i < CONNECTIONS);
        if (atomic_load(&host->deaf)) {
            free(c);
            host->threads[i] = 0;
        } else {
            pthread_create(&host->threads[i], NULL, serve, c);
        }
    }
    return NULL;
}

/* ---- the host */

void fake_host_new_key(struct fake_host *host)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t size = 0;
    CHECK(ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &key) == SSH_OK);
    CHECK(ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) == 0);
    char *shown = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
    snprintf(host->fingerprint, sizeof host->fingerprint, "%s", shown);
    ssh_string_free_char(shown);
    ssh_clean_pubkey_hash(&hash);
    pthread_mutex_lock(&host->lock);
    if (host->bind)
        ssh_bind_free(host->bind);
    host->bind = ssh_bind_new();
    bool config = false;
    ssh_bind_options_set(host->bind, SSH_BIND_OPTIONS_PROCESS_CONFIG, &config);
    CHECK(ssh_bind_options_set(host->bind, SSH_BIND_OPTIONS_IMPORT_KEY, key) == SSH_OK); /* which owns it now */
    pthread_mutex_unlock(&host->lock);
}

struct fake_host *fake_host_open(const char *home)
{
    struct fake_host *host = NEW(struct fake_host);
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof address;
    signal(SIGPIPE, SIG_IGN);
    snprintf(host->home, sizeof host->home, "%s", home);
    pthread_mutex_init(&host->lock, NULL);
    fake_host_new_key(host);
    host->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(bind(host->listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(host->listener, 20) == 0);
    CHECK(getsockname(host->listener, (struct sockaddr *)&address, &size) == 0);
    host->port = ntohs(address.sin_port);
    pthread_create(&host->thread, NULL, accept_all, host);
    return host;
}

void fake_host_cut(struct fake_host *host)
{
    pthread_mutex_lock(&host->lock);
    for (int i = 0; i < host->count; i++)
        shutdown(host->sockets[i], SHUT_RDWR);
    pthread_mutex_unlock(&host->lock);
}

void fake_host_close(struct fake_host **host)
{
    struct fake_host *h = TAKE(*host);
    atomic_store(&h->ending, true);
    shutdown(h->listener, SHUT_RDWR);
    pthread_join(h->thread, NULL);
    fake_host_cut(h);
    for (int i = 0; i < h->count; i++) {
        if (h->threads[i])
            pthread_join(h->threads[i], NULL);
        close(h->sockets[i]);
    }
    close(h->listener);
    ssh_bind_free(h->bind);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

int fake_host_port(const struct fake_host *host)
{
    return host->port;
}

const char *fake_host_fingerprint(const struct fake_host *host)
{
    return host->fingerprint;
}

int fake_host_logins(struct fake_host *host)
{
    return atomic_load(&host->logins);
}

void fake_host_deaf(struct fake_host *host, bool deaf)
{
    atomic_store(&host->deaf, deaf);
}
