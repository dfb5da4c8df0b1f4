#include "loop/loop.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/test.h"

struct scene {
    struct loop *loop;
    struct timer timer;
    struct job jobs[100];
    struct post post;
    atomic_int worked;
    int done, fired, signals;
};
static struct scene scene;

static void work(struct job *j)
{
    (void)j;
    atomic_fetch_add(&scene.worked, 1);
}

static void done(struct job *j)
{
    (void)j;
    if (++scene.done == (int)ALEN(scene.jobs))
        loop_stop(scene.loop);
}

TEST(loop, work_runs_elsewhere_and_ends_here)
{
    struct err e = { 0 };
    scene = (struct scene){ 0 };
    CHECK_OK(loop_create(&scene.loop, &e), e);
    for (size_t i = 0; i < ALEN(scene.jobs); i++) {
        scene.jobs[i] = (struct job){ .work = work, .done = done };
        loop_work(scene.loop, &scene.jobs[i]);
    }
    loop_run(scene.loop);
    CHECK_INT(atomic_load(&scene.worked), ALEN(scene.jobs));
    loop_destroy(&scene.loop);
}

static void fire(struct timer *t)
{
    if (++scene.fired < 3)
        timer_set(t, scene.loop, CLOCK_MS, fire);
    else
        loop_stop(scene.loop);
}

TEST(loop, a_timer_may_set_itself_again)
{
    struct err e = { 0 };
    scene = (struct scene){ 0 };
    CHECK_OK(loop_create(&scene.loop, &e), e);
    timer_set(&scene.timer, scene.loop, CLOCK_MS, fire);
    loop_run(scene.loop);
    CHECK_INT(scene.fired, 3);
    CHECK(!timer_is_set(&scene.timer));
    loop_destroy(&scene.loop);
}

static void posted(struct post *p)
{
    (void)p;
    kill(getpid(), SIGUSR1);
}

static void *post_from_thread(void *context)
{
    (void)context;
    loop_post(scene.loop, &scene.post);
    return NULL;
}

static void signaled(void *context, int number)
{
    (void)context;
    scene.signals += number == SIGUSR1;
    loop_stop(scene.loop);
}

TEST(loop, posts_from_other_threads_and_signals_arrive)
{
    struct err e = { 0 };
    pthread_t thread;
    scene = (struct scene){ .post.run = posted };
    CHECK_OK(loop_create(&scene.loop, &e), e);
    CHECK_OK(loop_signal(scene.loop, SIGUSR1, signaled, NULL, &e), e);
    pthread_create(&thread, NULL, post_from_thread, NULL);
    loop_run(scene.loop);
    pthread_join(thread, NULL);
    CHECK_INT(scene.signals, 1);
    loop_destroy(&scene.loop);
}

static void work_again(struct job *j)
{
    if (++scene.done < 4) {
        j->done = work_again;
        loop_work(scene.loop, j);
    }
}

TEST(loop, what_is_asked_for_at_the_end_still_runs)
{
    struct err e = { 0 };
    scene = (struct scene){ .jobs[0] = { .work = work, .done = work_again } };
    CHECK_OK(loop_create(&scene.loop, &e), e);
    struct loop *loop = scene.loop;
    loop_work(loop, &scene.jobs[0]);
    loop_destroy(&loop); /* without a turn of the loop */
    CHECK_INT(atomic_load(&scene.worked), 4);
    CHECK_INT(scene.done, 4);
}
