/* The thread's first step: a connection, its keys exchanged, its host key told. */
#include "ssh/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

#define OUR_DEADLINE 86400L /* libssh's own: ours are shorter, and cut the socket */

/* True: the socket is connected. One that is refused, or that a cut ends, is not; errno says which. */
static bool connect_one(struct remote_session *s, int fd, const struct addrinfo *to)
{
    struct pollfd wait[] = { { .fd = fd, .events = POLLOUT }, { .fd = s->wake, .events = POLLIN } };
    int failed = 0;
    socklen_t size = sizeof failed;
    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return true;
    if (errno != EINPROGRESS)
        return false;
    while (poll(wait, 2, -1) < 0 && errno == EINTR)
        ;
    if (wait[1].revents || getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) != 0)
        failed = ETIMEDOUT;
    errno = failed;
    return !failed;
}

/* The first address of the name that answers; -1: none. */
static int connect_to(struct remote_session *s, const struct addrinfo *list, struct err *e)
{
    int on = 1, reason = EHOSTUNREACH;
    for (const struct addrinfo *a = list; a && !remote_is_cut(s); a = a->ai_next) {
        int fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
        if (fd >= 0 && connect_one(s, fd, a)) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return fd;
        }
        reason = errno;
        if (fd >= 0)
            close(fd);
    }
    err_set(e, ERR_UNAVAILABLE, "connect to %s port %d: %s", s->host, s->port, strerror(reason));
    return -1;
}

static int open_socket(struct remote_session *s, struct err *e)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV }, *list = NULL;
    char port[12];
    if (!text_empty(s->via))
        return fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
    snprintf(port, sizeof port, "%d", s->port);
    int answer = getaddrinfo(s->host, port, &hints, &list);
    if (answer != 0) {
        err_set(e, answer == EAI_NONAME ? ERR_INVALID : ERR_UNAVAILABLE, "the address of %s is not found: %s", s->host, gai_strerror(answer));
        return -1;
    }
    int fd = connect_to(s, list, e);
    freeaddrinfo(list);
    return fd;
}

/* The type by which it is known first: a host with several keys then shows that one again. */
static bool prefer(struct remote_session *s)
{
    static const char *const TYPES[] = { "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "ssh-rsa" };
    AUTO_TEXT list = { 0 };
    for (int known = 1; known >= 0; known--)
        for (size_t i = 0; i < ALEN(TYPES); i++)
            if (text_is(TYPES[i], s->prefer) == known)
                text_addf(&list, "%s%s", list.length ? "," : "", text_is(TYPES[i], "ssh-rsa") ? "rsa-sha2-512,rsa-sha2-256" : TYPES[i]);
    return ssh_options_set(s->ssh, SSH_OPTIONS_HOSTKEYS, list.at) == SSH_OK;
}

static bool set_options(struct remote_session *s, int fd, struct err *e)
{
    static const char NOTHING[] = "/dev/null";
    long deadline = OUR_DEADLINE;
    bool config = false;
    const struct {
        enum ssh_options_e name;
        const void *value;
    } rows[] = {
        { SSH_OPTIONS_PROCESS_CONFIG, &config }, { SSH_OPTIONS_SSH_DIR, NOTHING }, { SSH_OPTIONS_KNOWNHOSTS, NOTHING }, { SSH_OPTIONS_GLOBAL_KNOWNHOSTS, NOTHING },
        { SSH_OPTIONS_HOST, s->host }, { SSH_OPTIONS_USER, s->user }, { SSH_OPTIONS_TIMEOUT, &deadline }, { SSH_OPTIONS_COMPRESSION, "no" }, { SSH_OPTIONS_FD, &fd },
    };
    for (size_t i = 0; i < ALEN(rows); i++)
        if (ssh_options_set(s->ssh, rows[i].name, rows[i].value) != SSH_OK)
            return err_set(e, ERR_INVALID, "host %s: %s", s->host, ssh_get_error(s->ssh));
    return prefer(s) || err_set(e, ERR_INTERNAL, "host %s: %s", s->host, ssh_get_error(s->ssh));
}

static bool take_host_key(struct remote_session *s, struct err *e)
{
    ssh_key key = NULL;
    unsigned char *hash = NULL;
    size_t size = 0;
    bool ok = ssh_get_server_publickey(s->ssh, &key) == SSH_OK && ssh_get_publickey_hash(key, SSH_PUBLICKEY_HASH_SHA256, &hash, &size) == 0;
    if (ok) {
        char *shown = ssh_get_fingerprint_hash(SSH_PUBLICKEY_HASH_SHA256, hash, size);
        snprintf(s->host_key.type, sizeof s->host_key.type, "%s", ssh_key_type_to_char(ssh_key_type(key)));
        snprintf(s->host_key.fingerprint, sizeof s->host_key.fingerprint, "%s", shown ? shown : "");
        ssh_string_free_char(shown);
    }
    ssh_clean_pubkey_hash(&hash);
    ssh_key_free(key);
    return ok || err_set(e, ERR_UPSTREAM, "%s showed no host key", s->host);
}

bool remote_step_connect(struct remote_session *s, struct err *e)
{
    int fd = open_socket(s, e);
    if (fd < 0)
        return false;
    remote_use_fd(s, fd);
    s->ssh = ssh_new();
    if (!s->ssh || !set_options(s, fd, e)) {
        close(fd);
        return e->kind ? false : err_set(e, ERR_UNAVAILABLE, "no memory for another session");
    }
    if (ssh_connect(s->ssh) != SSH_OK) /* libssh closes fd from here on */
        return err_set(e, ERR_UNAVAILABLE, "%s port %d: %.300s", s->host, s->port, ssh_get_error(s->ssh));
    return take_host_key(s, e);
}
