/* A session as the loop has it: its place, its thread, its steps and their deadlines. */
#include "ssh/inside.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define CLOSE_MICROS (2 * CLOCK_SECOND)  /* for a good-bye */
#define QUIET_MICROS (30 * CLOCK_SECOND) /* for the answer to a keepalive */

struct remote_pool {
    struct loop *loop;
    struct http_client *http;
    size_t places, busy, count;
    struct link all, queue;
    void (*closed)(void *context);
    void *context;
    struct post post;
    bool posted;
};

/* ---- from both threads */

static void cut(struct remote_session *s, enum err_kind kind, const char *why)
{
    uint64_t one = 1;
    pthread_mutex_lock(&s->lock);
    if (!s->cut)
        err_set(&s->why, kind, "%s", why);
    s->cut = true;
    if (s->fd >= 0)
        shutdown(s->fd, SHUT_RDWR); /* libssh's own waiting ends by it */
    ssize_t ignored = write(s->wake, &one, sizeof one);
    (void)ignored;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
}

bool remote_is_cut(struct remote_session *s)
{
    pthread_mutex_lock(&s->lock);
    bool is = s->cut;
    pthread_mutex_unlock(&s->lock);
    return is;
}

bool remote_take_interruption(struct remote_session *s)
{
    uint64_t count;
    pthread_mutex_lock(&s->lock);
    ssize_t ignored = s->cut ? 0 : read(s->wake, &count, sizeof count);
    (void)ignored;
    bool was = s->interrupted;
    s->interrupted = false;
    pthread_mutex_unlock(&s->lock);
    return was;
}

void remote_use_fd(struct remote_session *s, int fd)
{
    pthread_mutex_lock(&s->lock);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (s->cut)
        shutdown(s->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->lock);
}

bool remote_give_chunk(struct remote_session *s, size_t size)
{
    pthread_mutex_lock(&s->lock);
    s->chunk_size = size;
    loop_post(s->loop, &s->chunk_post);
    while (s->chunk_size) /* the loop runs every post, also one of a session that is cut */
        pthread_cond_wait(&s->moved, &s->lock);
    bool good = !s->cut;
    pthread_mutex_unlock(&s->lock);
    return good;
}

void remote_ask(struct remote_session *s, bool begins)
{
    pthread_mutex_lock(&s->lock);
    s->asks = begins;
    if (!s->ask_posted)
        loop_post(s->loop, &s->quiet_post);
    s->ask_posted = true;
    pthread_mutex_unlock(&s->lock);
}

/* ---- the thread */

static void *live(void *context)
{
    static bool (*const STEPS[])(struct remote_session *s, struct err *e) = { [REMOTE_CONNECT] = remote_step_connect, [REMOTE_LOGIN] = remote_step_login, [REMOTE_RUN] = remote_step_run };
    struct remote_session *s = context;
    pthread_mutex_lock(&s->lock);
    while (!s->ending) {
        if (s->step == REMOTE_NONE) {
            pthread_cond_wait(&s->moved, &s->lock);
            continue;
        }
        enum remote_step step = s->step;
        pthread_mutex_unlock(&s->lock);
        s->error = (struct err){ 0 };
        STEPS[step](s, &s->error);
        pthread_mutex_lock(&s->lock);
        s->step = REMOTE_NONE;
        loop_post(s->loop, &s->done_post);
    }
    pthread_mutex_unlock(&s->lock);
    if (s->ssh) {
        ssh_disconnect(s->ssh);
        ssh_free(s->ssh);
    }
    loop_post(s->loop, &s->gone_post);
    return NULL;
}

/* ---- places */

static void pool_look(struct remote_pool *pool);

static void pool_closed(struct post *post)
{
    struct remote_pool *pool = OWNER(post, struct remote_pool, post);
    void (*closed)(void *) = pool->closed;
    void *context = pool->context;
    free(pool);
    closed(context);
}

static void session_free(struct remote_session *s)
{
    struct remote_pool *pool = s->pool;
    char *texts[] = { s->host, s->user, s->via, s->prefer, s->password, s->key, s->passphrase, s->program, s->chunk };
    timer_clear(&s->deadline);
    timer_clear(&s->quiet);
    if (s->way)
        http_way_release(&s->way);
    for (size_t i = 0; i < ALEN(texts); i++) {
        if (texts[i] && texts[i] != s->chunk)
            explicit_bzero(texts[i], strlen(texts[i]));
        free(texts[i]);
    }
    text_fini(&s->complaint);
    if (s->fd >= 0)
        close(s->fd);
    if (s->wake >= 0)
        close(s->wake);
    pthread_cond_destroy(&s->moved);
    pthread_mutex_destroy(&s->lock);
    list_remove(&s->link);
    list_remove(&s->turn);
    free(s);
    if (!pool)
        return;
    pool->count--;
    pool_look(pool);
}

/* The pool closes, and its owner holds it still: it is of no use any more. */
static void orphan(struct remote_session *s)
{
    struct remote_pool *pool = TAKE(s->pool);
    list_remove(&s->link);
    pool->count--;
    pool_look(pool);
}

/* Later, as every done. */
static void fail(struct remote_session *s, enum err_kind kind, const char *why)
{
    if (!s->done_posted) {
        s->error = (struct err){ 0 };
        err_set(&s->error, kind, "%s", why);
        loop_post(s->loop, &s->done_post);
    }
    s->done_posted = true;
}

static void gone(struct post *post)
{
    struct remote_session *s = OWNER(post, struct remote_session, gone_post);
    pthread_join(s->thread, NULL); /* it has nothing left to do */
    s->pool->busy--;
    s->has_thread = false;
    timer_clear(&s->deadline);
    if (s->closed) {
        session_free(s);
        return;
    }
    if (s->busy) /* a step that it was given too late */
        fail(s, ERR_CANCELED, "the server stops");
    orphan(s);
}

/* ---- steps, on the loop */

static void done_step(struct post *post)
{
    struct remote_session *s = OWNER(post, struct remote_session, done_post);
    struct err e = s->error;
    remote_done *done = s->done;
    s->busy = s->done_posted = false;
    s->done = NULL;
    if (!s->closed) /* else it is the deadline of the good-bye */
        timer_clear(&s->deadline);
    timer_clear(&s->quiet);
    pthread_mutex_lock(&s->lock);
    if (s->cut && e.kind && s->why.kind)
        e = s->why;
    pthread_mutex_unlock(&s->lock);
    if (s->way && e.kind)
        http_way_why(s->way, &e);
    if (s->closed && !s->has_thread)
        session_free(s);
    else if (done)
        done(s->context, e.kind ? &e : NULL);
}

static void took_chunk(struct post *post)
{
    struct remote_session *s = OWNER(post, struct remote_session, chunk_post);
    if (!s->closed && s->done && s->took)
        s->took(s->context, s->chunk, s->chunk_size); /* may close the session, which lives until its thread is gone */
    pthread_mutex_lock(&s->lock);
    s->chunk_size = 0;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
}

static void too_late(struct timer *t)
{
    struct remote_session *s = OWNER(t, struct remote_session, deadline);
    AUTO_FREE char *why = mem_format("%s did not answer within %lld s", s->host, (long long)(s->timeout / CLOCK_SECOND));
    cut(s, ERR_TIMEOUT, s->closed ? "closed" : why);
}

static void too_quiet(struct timer *t)
{
    struct remote_session *s = OWNER(t, struct remote_session, quiet);
    AUTO_FREE char *why = mem_format("%s does not answer any more", s->host);
    cut(s, ERR_TIMEOUT, why);
}

static void quiet_said(struct post *post)
{
    struct remote_session *s = OWNER(post, struct remote_session, quiet_post);
    pthread_mutex_lock(&s->lock);
    bool asks = s->asks;
    s->ask_posted = false;
    pthread_mutex_unlock(&s->lock);
    if (asks && !s->closed)
        timer_set(&s->quiet, s->loop, QUIET_MICROS, too_quiet);
    else
        timer_clear(&s->quiet);
}

static void begin(struct remote_session *s, enum remote_step step)
{
    if (!s->has_thread) {
        fail(s, ERR_CANCELED, "the server stops");
        return;
    }
    if (s->timeout)
        timer_set(&s->deadline, s->loop, s->timeout, too_late);
    pthread_mutex_lock(&s->lock);
    s->step = step;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
}

/* Signals are the loop's. */
static bool start_thread(struct remote_session *s)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    s->has_thread = pthread_create(&s->thread, NULL, live, s) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    s->pool->busy += s->has_thread;
    return s->has_thread;
}

static void start(struct remote_session *s)
{
    struct err e = { 0 };
    if (!text_empty(s->via)) {
        int fd = http_via_open(s->pool->http, s->via, s->host, s->port, &s->way, &e);
        if (fd >= 0) {
            remote_use_fd(s, fd);
            close(fd);
        }
    }
    if (e.kind)
        fail(s, e.kind, e.text);
    else if (s->wake < 0 || !start_thread(s))
        fail(s, ERR_UNAVAILABLE, "no more threads or descriptors fit");
    else
        begin(s, REMOTE_CONNECT);
}

static void pool_look(struct remote_pool *pool)
{
    for (struct link *l; pool->busy < pool->places && (l = list_first(&pool->queue));) {
        list_remove(l);
        start(OWNER(l, struct remote_session, turn));
    }
    if (pool->closed && !pool->count && !pool->posted) {
        pool->posted = true;
        pool->post.run = pool_closed;
        loop_post(pool->loop, &pool->post);
    }
}

/* ---- for callers */

struct remote_pool *remote_pool_create(struct loop *loop, struct http_client *http, size_t places)
{
    struct remote_pool *pool = NEW(struct remote_pool);
    *pool = (struct remote_pool){ .loop = loop, .http = http, .places = places };
    list_init(&pool->all);
    list_init(&pool->queue);
    return pool;
}

static void end_thread(struct remote_session *s)
{
    timer_set(&s->deadline, s->loop, CLOSE_MICROS, too_late);
    pthread_mutex_lock(&s->lock);
    s->ending = true;
    pthread_cond_broadcast(&s->moved);
    pthread_mutex_unlock(&s->lock);
}

void remote_pool_close(struct remote_pool *pool, void (*closed)(void *context), void *context)
{
    pool->closed = closed;
    pool->context = context;
    LIST_EACH(&pool->all, l) {
        struct remote_session *s = OWNER(l, struct remote_session, link);
        list_remove(&s->turn);
        if (s->has_thread && s->busy)
            cut(s, ERR_CANCELED, "the server stops");
        else if (s->has_thread)
            end_thread(s);
        if (!s->closed && s->busy && !s->has_thread)
            fail(s, ERR_CANCELED, "the server stops");
    }
    pool_look(pool);
}

struct remote_session *remote_session_create(struct remote_pool *pool)
{
    struct remote_session *s = NEW(struct remote_session);
    *s = (struct remote_session){ .loop = pool->loop, .pool = pool, .fd = -1, .wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .exit_status = -1, .chunk = mem_alloc(REMOTE_CHUNK) };
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->moved, NULL);
    s->done_post.run = done_step;
    s->chunk_post.run = took_chunk;
    s->quiet_post.run = quiet_said;
    s->gone_post.run = gone;
    list_append(&pool->all, &s->link);
    pool->count++;
    return s;
}

void remote_session_close(struct remote_session **session)
{
    struct remote_session *s = TAKE(*session);
    if (!s || s->closed)
        return;
    s->closed = true;
    s->done = NULL;
    list_remove(&s->turn);
    if (!s->has_thread) {
        if (!s->done_posted)
            session_free(s);
        return;
    }
    if (s->busy)
        cut(s, ERR_CANCELED, "closed");
    end_thread(s);
}

static void take_text(char **kept, const char *text)
{
    if (*kept)
        explicit_bzero(*kept, strlen(*kept));
    free(*kept);
    *kept = mem_text(text ? text : "");
}

static void expect(struct remote_session *s, int64_t timeout, remote_done *done, void *context)
{
    s->done = done;
    s->context = context;
    s->timeout = timeout;
    s->busy = true;
}

size_t remote_connect(struct remote_session *s, const struct remote_host *host, int64_t timeout_micros, remote_done *done, void *context)
{
    struct remote_pool *pool = s->pool;
    size_t ahead = 0;
    expect(s, timeout_micros, done, context);
    take_text(&s->host, host->name);
    take_text(&s->user, host->user);
    take_text(&s->via, host->via);
    take_text(&s->prefer, host->prefer);
    s->port = host->port;
    if (pool->closed) {
        fail(s, ERR_CANCELED, "the server stops");
        return 0;
    }
    list_append(&pool->queue, &s->turn);
    pool_look(pool);
    if (link_in_list(&s->turn))
        LIST_EACH(&pool->queue, l)
            ahead++;
    return ahead;
}

void remote_login(struct remote_session *s, const struct remote_identity *identity, int64_t timeout_micros, remote_done *done, void *context)
{
    expect(s, timeout_micros, done, context);
    take_text(&s->password, identity->password);
    take_text(&s->key, identity->key);
    take_text(&s->passphrase, identity->passphrase);
    begin(s, REMOTE_LOGIN);
}

void remote_run(struct remote_session *s, const struct remote_program *program, remote_done *done, void *context)
{
    expect(s, program->timeout_micros, done, context);
    take_text(&s->program, program->text);
    s->took = program->took;
    s->exit_status = -1;
    text_fini(&s->complaint);
    pthread_mutex_lock(&s->lock);
    s->interrupted = false;
    pthread_mutex_unlock(&s->lock);
    begin(s, REMOTE_RUN);
}

void remote_interrupt(struct remote_session *s)
{
    uint64_t one = 1;
    pthread_mutex_lock(&s->lock);
    s->interrupted = true;
    ssize_t ignored = write(s->wake, &one, sizeof one);
    (void)ignored;
    pthread_mutex_unlock(&s->lock);
}

const struct remote_host_key *remote_session_host_key(const struct remote_session *s)
{
    return &s->host_key;
}

int remote_session_exit(const struct remote_session *s)
{
    return s->exit_status;
}

const char *remote_session_complaint(const struct remote_session *s)
{
    return text_of(&s->complaint);
}
