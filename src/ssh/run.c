/* The thread's third step, as often as it is asked for: a program for the host's shell. */
#include "ssh/inside.h"

#include <errno.h>
#include <libssh/server.h>
#include <poll.h>
#include <string.h>

#include "base/mem.h"

#define SILENCE_MS 5000 /* then it is asked whether it is still there; which also frees an exchange that libssh left half done (seen once in 40 runs) */
/* As every login shell there is understands it; what is to be run comes by standard input, where no length is too much. */
#define COMMAND "exec /bin/sh -s"

static bool broke(struct remote_session *s, struct err *e)
{
    return err_set(e, ERR_UNAVAILABLE, "the connection to %s broke: %.300s", s->host, ssh_get_error(s->ssh));
}

/* Something may have come; or silence was broken; or it is over. What libssh has not sent yet (that there is room for more, for one)
 * it sends when it looks at the socket again. */
static bool wait_for_more(struct remote_session *s, struct err *e)
{
    short events = ssh_get_poll_flags(s->ssh) & SSH_WRITE_PENDING ? POLLIN | POLLOUT : POLLIN;
    struct pollfd wait[] = { { .fd = ssh_get_fd(s->ssh), .events = events }, { .fd = s->wake, .events = POLLIN } };
    int n = poll(wait, 2, SILENCE_MS);
    if (n < 0 && errno != EINTR)
        return err_set(e, ERR_INTERNAL, "wait for %s: %s", s->host, strerror(errno));
    if (n == 0) {
        remote_ask(s, true);
        ssh_send_keepalive(s->ssh); /* and waits for its answer */
        remote_ask(s, false);
    }
    if (remote_take_interruption(s))
        return err_set(e, ERR_CANCELED, "interrupted");
    return !remote_is_cut(s) || err_set(e, ERR_UNAVAILABLE, "closed");
}

/* What it complained: the beginning is kept. 0: nothing came. */
static int read_complaint(struct remote_session *s, ssh_channel channel)
{
    char bytes[1024];
    int n = ssh_channel_read_nonblocking(channel, bytes, sizeof bytes, 1);
    size_t room = REMOTE_COMPLAINT - s->complaint.length;
    if (n > 0)
        text_add_n(&s->complaint, bytes, (size_t)n < room ? (size_t)n : room);
    return n;
}

static bool read_all(struct remote_session *s, ssh_channel channel, struct err *e)
{
    for (;;) {
        int n = ssh_channel_read_nonblocking(channel, s->chunk, REMOTE_CHUNK, 0);
        if (n > 0 && !remote_give_chunk(s, (size_t)n))
            return err_set(e, ERR_UNAVAILABLE, "closed");
        int complained = n == SSH_ERROR ? 0 : read_complaint(s, channel);
        if (n == SSH_ERROR || complained == SSH_ERROR)
            return broke(s, e);
        if (n > 0 || complained > 0)
            continue;
        if (ssh_channel_is_eof(channel) || ssh_channel_is_closed(channel)) /* libssh reads no further for us: what is left is its exit status */
            return ssh_is_connected(s->ssh) || broke(s, e);
        if (!wait_for_more(s, e))
            return false;
    }
}

static bool send_all(struct remote_session *s, ssh_channel channel, struct err *e)
{
    size_t size = strlen(s->program);
    for (size_t at = 0; at < size;) {
        size_t piece = size - at < REMOTE_CHUNK ? size - at : REMOTE_CHUNK;
        int n = ssh_channel_write(channel, s->program + at, (uint32_t)piece);
        if (n <= 0)
            return broke(s, e);
        at += (size_t)n;
    }
    return ssh_channel_send_eof(channel) == SSH_OK || broke(s, e);
}

bool remote_step_run(struct remote_session *s, struct err *e)
{
    ssh_channel channel = ssh_channel_new(s->ssh);
    if (!channel || ssh_channel_open_session(channel) != SSH_OK) {
        ssh_channel_free(channel);
        return broke(s, e);
    }
    bool ok = ssh_channel_request_exec(channel, COMMAND) == SSH_OK ||
              (ssh_is_connected(s->ssh) ? err_set(e, ERR_FORBIDDEN, "%s lets user %s run no command", s->host, s->user) : broke(s, e));
    ok = ok && send_all(s, channel, e) && read_all(s, channel, e);
    if (ok)
        s->exit_status = ssh_channel_get_exit_status(channel);
    ssh_channel_close(channel);
    ssh_channel_free(channel);
    return ok;
}
