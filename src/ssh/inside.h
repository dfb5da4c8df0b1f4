/* ssh/inside.h - a session as its two threads see it. Not for others. */
#pragma once

#include <libssh/libssh.h>
#include <pthread.h>

#include "base/text.h"
#include "ssh/ssh.h"

enum remote_step { REMOTE_NONE, REMOTE_CONNECT, REMOTE_LOGIN, REMOTE_RUN };

#define REMOTE_CHUNK (32 << 10)
#define REMOTE_COMPLAINT 1000

struct remote_session {
    struct loop *loop;
    struct remote_pool *pool; /* NULL: it is closed, and its owner keeps what is left */
    struct link link; /* in the pool's all */
    struct link turn; /* in its queue, while it waits for a place */
    /* the loop's */
    remote_done *done;
    void *context;
    void (*took)(void *context, const char *bytes, size_t size);
    int64_t timeout;
    struct timer deadline, quiet;
    struct http_way *way;
    struct post done_post, chunk_post, quiet_post, gone_post;
    bool has_thread, closed, busy, done_posted;
    pthread_t thread;
    /* of a step: the loop's before it begins and after it ended, the thread's between */
    char *host, *user, *via, *prefer, *password, *key, *passphrase, *program;
    int port;
    struct remote_host_key host_key;
    int exit_status;
    struct text complaint;
    struct err error; /* kind 0: none */
    /* the thread's */
    ssh_session ssh;
    char *chunk;      /* REMOTE_CHUNK; the loop's while chunk_size is not 0 */
    /* both, under the lock */
    pthread_mutex_t lock;
    pthread_cond_t moved;
    enum remote_step step;
    bool ending, cut, interrupted, asks, ask_posted;
    size_t chunk_size;
    struct err why;  /* of the cut */
    int fd;          /* our own name for the socket: to shut it down from the loop */
    int wake;        /* eventfd: the cut, and the interruption, for whoever polls */
};

/* ---- the thread's steps: connect.c, login.c, run.c */
bool remote_step_connect(struct remote_session *s, struct err *e);
bool remote_step_login(struct remote_session *s, struct err *e);
bool remote_step_run(struct remote_session *s, struct err *e);

/* ---- session.c, for the thread */
bool remote_is_cut(struct remote_session *s);
bool remote_take_interruption(struct remote_session *s);
void remote_use_fd(struct remote_session *s, int fd); /* so that a cut reaches it; fd stays the caller's */
bool remote_give_chunk(struct remote_session *s, size_t size); /* waits until the loop took it; false: cut */
void remote_ask(struct remote_session *s, bool begins);        /* a keepalive is on its way: no answer in time is a cut */
