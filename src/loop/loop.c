#include "loop/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/thread.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define WORKERS 3

struct loop_signal {
    struct loop_signal *next;
    struct event *event;
    void (*on)(void *context, int signal);
    void *context;
};

struct loop {
    struct event_base *base;
    struct loop_signal *signals;
    /* posts: from any thread to the loop */
    pthread_mutex_t post_lock;
    struct link posts;
    int post_fd;
    struct event *post_event;
    /* jobs: from the loop to the workers */
    pthread_mutex_t job_lock;
    pthread_cond_t job_there;
    struct link jobs;
    bool stopping;
    pthread_t workers[WORKERS];
    int worker_count;
};

/* ---- posts */

static void run_posts(evutil_socket_t fd, short what, void *context)
{
    struct loop *loop = context;
    struct link now;
    uint64_t count;
    (void)what;
    ssize_t ignored = read(fd, &count, sizeof count);
    (void)ignored;
    list_init(&now);
    pthread_mutex_lock(&loop->post_lock);
    LIST_EACH(&loop->posts, l) {
        list_remove(l);
        list_append(&now, l);
    }
    pthread_mutex_unlock(&loop->post_lock);
    for (struct link *l; (l = list_first(&now));) { /* each may free itself */
        struct post *p = OWNER(l, struct post, link);
        list_remove(l);
        p->run(p);
    }
}

void loop_post(struct loop *loop, struct post *p)
{
    uint64_t one = 1;
    pthread_mutex_lock(&loop->post_lock);
    bool first = list_empty(&loop->posts);
    list_append(&loop->posts, &p->link);
    /* Under the lock: once it is released the loop may run p, end, and close the descriptor. */
    if (first) {
        ssize_t ignored = write(loop->post_fd, &one, sizeof one);
        (void)ignored;
    }
    pthread_mutex_unlock(&loop->post_lock);
}

/* ---- workers */

static void job_worked(struct post *p)
{
    struct job *j = OWNER(p, struct job, post);
    j->done(j);
}

static struct job *next_job(struct loop *loop)
{
    pthread_mutex_lock(&loop->job_lock);
    while (list_empty(&loop->jobs) && !loop->stopping)
        pthread_cond_wait(&loop->job_there, &loop->job_lock);
    struct link *l = list_first(&loop->jobs);
    if (l)
        list_remove(l);
    pthread_mutex_unlock(&loop->job_lock);
    return l ? OWNER(l, struct job, link) : NULL;
}

static void *worker(void *context)
{
    struct loop *loop = context;
    for (struct job *j; (j = next_job(loop));) {
        j->work(j);
        j->post.run = job_worked;
        loop_post(loop, &j->post);
    }
    return NULL;
}

void loop_work(struct loop *loop, struct job *j)
{
    pthread_mutex_lock(&loop->job_lock);
    list_append(&loop->jobs, &j->link);
    pthread_cond_signal(&loop->job_there);
    pthread_mutex_unlock(&loop->job_lock);
}

/* Signals are the loop's: workers must not be the ones who get them. */
static bool start_workers(struct loop *loop, struct err *e)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = 0;
    while (!failed && loop->worker_count < WORKERS) {
        failed = pthread_create(&loop->workers[loop->worker_count], NULL, worker, loop);
        loop->worker_count += !failed;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return !failed || err_set(e, ERR_INTERNAL, "start worker threads: %s", strerror(failed));
}

/* ---- the loop */

bool loop_create(struct loop **ret, struct err *e)
{
    evthread_use_pthreads();
    AUTO(loop) loop = NEW(struct loop);
    list_init(&loop->posts);
    list_init(&loop->jobs);
    pthread_mutex_init(&loop->post_lock, NULL);
    pthread_mutex_init(&loop->job_lock, NULL);
    pthread_cond_init(&loop->job_there, NULL);
    loop->post_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    loop->base = event_base_new();
    if (loop->post_fd < 0 || !loop->base)
        return err_set(e, ERR_INTERNAL, "create the event loop: %s", strerror(errno));
    loop->post_event = event_new(loop->base, loop->post_fd, EV_READ | EV_PERSIST, run_posts, loop);
    if (!loop->post_event || event_add(loop->post_event, NULL) < 0)
        return err_set(e, ERR_INTERNAL, "create the event loop: out of descriptors");
    if (!start_workers(loop, e))
        return false;
    *ret = TAKE(loop);
    return true;
}

/* What the workers finished last; its ends may post, and ask for work, once more. */
static void run_what_is_left(struct loop *l)
{
    while (!list_empty(&l->posts) || !list_empty(&l->jobs)) {
        struct link *first = list_first(&l->jobs);
        if (first) {
            struct job *j = OWNER(first, struct job, link);
            list_remove(first);
            j->work(j);
            j->done(j);
        }
        run_posts(l->post_fd, 0, l);
    }
}

void loop_destroy(struct loop **loop)
{
    struct loop *l = TAKE(*loop);
    if (!l)
        return;
    pthread_mutex_lock(&l->job_lock);
    l->stopping = true;
    pthread_cond_broadcast(&l->job_there);
    pthread_mutex_unlock(&l->job_lock);
    for (int i = 0; i < l->worker_count; i++)
        pthread_join(l->workers[i], NULL);
    run_what_is_left(l);
    if (l->post_event)
        event_free(l->post_event);
    for (struct loop_signal *s = l->signals, *next; s; s = next) {
        next = s->next;
        event_free(s->event);
        free(s);
    }
    if (l->base)
        event_base_free(l->base);
    if (l->post_fd >= 0)
        close(l->post_fd);
    pthread_cond_destroy(&l->job_there);
    pthread_mutex_destroy(&l->job_lock);
    pthread_mutex_destroy(&l->post_lock);
    free(l);
}

void loop_run(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_stop(struct loop *loop)
{
    event_base_loopbreak(loop->base);
}

void loop_wait(struct loop *loop)
{
    event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
}

void loop_flush(struct loop *loop)
{
    run_posts(loop->post_fd, 0, loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

/* ---- timers */

static void timer_due(evutil_socket_t fd, short what, void *context)
{
    struct timer *t = context;
    (void)fd;
    (void)what;
    struct event *over = t->event;
    t->event = NULL;
    event_free(over);
    t->fire(t); /* may free or set t again */
}

void timer_set(struct timer *t, struct loop *loop, int64_t micros, void (*fire)(struct timer *t))
{
    if (micros < 0)
        micros = 0;
    struct timeval after = { .tv_sec = micros / CLOCK_SECOND, .tv_usec = micros % CLOCK_SECOND };
    timer_clear(t);
    t->fire = fire;
    t->loop = loop;
    t->event = event_new(loop->base, -1, 0, timer_due, t);
    event_add(t->event, &after);
}

void timer_clear(struct timer *t)
{
    if (t->event)
        event_free(t->event);
    t->event = NULL;
}

bool timer_is_set(const struct timer *t)
{
    return t->event != NULL;
}

/* ---- signals */

static void signal_came(evutil_socket_t number, short what, void *context)
{
    struct loop_signal *s = context;
    (void)what;
    s->on(s->context, (int)number);
}

bool loop_signal(struct loop *loop, int signal, void (*on)(void *context, int signal), void *context, struct err *e)
{
    struct loop_signal *s = NEW(struct loop_signal);
    *s = (struct loop_signal){ .next = loop->signals, .on = on, .context = context };
    s->event = evsignal_new(loop->base, signal, signal_came, s);
    if (!s->event || event_add(s->event, NULL) < 0) {
        if (s->event)
            event_free(s->event);
        free(s);
        return err_set(e, ERR_INTERNAL, "watch for signal %d: %s", signal, strerror(errno));
    }
    loop->signals = s;
    return true;
}
