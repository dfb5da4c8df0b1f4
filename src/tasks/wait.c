/* Wait: until some time has passed, until a time of the calendar, or until a change window is open. What it waits for is stored before it waits,
 * so that a restart does not begin anew. Repeatable. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fields.h"
#include "base/mem.h"
#include "pipeline/windows.h"
#include "tasks/task.h"

#define WAIT_MOST (30 * CLOCK_DAY)

struct wait_input {
    char *duration, *until;
    json_t *window;
};
static const struct field FIELDS[] = {
    { "duration", FIELD_TEXT, offsetof(struct wait_input, duration), OPTIONAL }, /* "90s", "15m", "2h", "1d", also "1h30m"; a number: seconds */
    { "until", FIELD_TEXT, offsetof(struct wait_input, until), OPTIONAL },       /* RFC 3339: "2026-11-24T18:00:00+01:00" */
    { "window", FIELD_ANY, offsetof(struct wait_input, window), OPTIONAL },      /* pipeline/windows.h: one, or a list of them */
};

struct wait {
    struct task_job *job;
    struct timer timer;
    int64_t until; /* clock_now */
    json_t *window;  /* it is asked again when its time came: the server may have been down, or the clock set; NULL: it waits for none */
    char begins[96]; /* until, as the wall of the window shows it; "": it is open */
};

/* "1h30m" in microseconds. */
static bool duration_of(const char *text, int64_t *ret, struct err *e)
{
    static const struct { char unit; int64_t micros; } UNITS[] = { { 's', CLOCK_SECOND }, { 'm', CLOCK_MINUTE }, { 'h', CLOCK_HOUR }, { 'd', CLOCK_DAY } };
    int64_t sum = 0, n;
    const char *p = text;
    while (isdigit((unsigned char)*p)) {
        size_t i = 0;
        for (n = 0; isdigit((unsigned char)*p) && n < WAIT_MOST; p++)
            n = n * 10 + (*p - '0');
        while (i < ALEN(UNITS) && *p != UNITS[i].unit)
            i++;
        if (*p && i == ALEN(UNITS))
            break;
        int64_t unit = *p ? UNITS[i].micros : CLOCK_SECOND;
        if (n > WAIT_MOST / unit || (sum += n * unit) > WAIT_MOST)
            return err_field(e, "duration", "'%.40s' is longer than 30 days", text);
        p += *p != 0;
    }
    *ret = sum;
    return (*text && !*p) || err_field(e, "duration", "'%.40s' is no duration: 90s, 15m, 2h, 1d or 1h30m", text);
}

static bool nothing(const json_t *window)
{
    return !window || json_is_null(window) || (json_is_string(window) && !json_string_length(window));
}

/* Until it is open; at once, if it is. */
static bool ask_window(struct wait *w, struct err *e)
{
    struct windows *windows = NULL;
    if (!windows_read(w->window, "window", false, &windows, e))
        return false;
    struct window_now now = windows_at(windows, NULL, clock_now());
    *w->begins = 0;
    w->until = now.open ? clock_now() : now.at;
    if (!now.open && now.at)
        window_text(&now, w->begins);
    windows_destroy(&windows);
    return w->until || err_field(e, "window", "the window is not open within two weeks");
}

static void wait_free(struct wait *w)
{
    json_decref(w->window);
    free(w);
}

static bool until_of(struct wait *w, const struct wait_input *input, struct err *e)
{
    int64_t micros = 0;
    if (!text_empty(input->duration) + !text_empty(input->until) + !nothing(input->window) != 1)
        return err_field(e, "duration", "say one of how long (duration: 15m), until when (until: 2026-11-24T18:00:00Z), and for which change window (window: {days: mon-fri, from: '06:00', to: '18:00', timeZone: Europe/Berlin})");
    if (!nothing(input->window)) {
        w->window = json_incref(input->window);
        return ask_window(w, e);
    }
    if (text_empty(input->until)) {
        w->until = duration_of(input->duration, &micros, e) ? clock_now() + micros : 0;
        return w->until != 0;
    }
    if (!clock_parse(input->until, &w->until))
        return err_field(e, "until", "'%.60s' is no time such as 2026-11-24T18:00:00Z", input->until);
    return w->until - clock_now() <= WAIT_MOST || err_field(e, "until", "'%.60s' is more than 30 days away", input->until);
}

/* The clock may have been set meanwhile: what counts is what it says now. */
static void look(struct timer *timer)
{
    struct wait *w = OWNER(timer, struct wait, timer);
    struct task_job *job = w->job;
    struct err e = { 0 };
    if (w->window && w->until <= clock_now() && !ask_window(w, &e)) {
        wait_free(w);
        task_done(job, &(struct task_outcome){ .result = TASK_FAILED, .message = e.text });
        return;
    }
    int64_t left = w->until - clock_now();
    char text[CLOCK_TEXT];
    if (left > 0) {
        if (*w->begins)
            task_progress(job, "outside its change window; begins %s", w->begins);
        timer_set(timer, job->services->loop, left < CLOCK_HOUR ? left : CLOCK_HOUR, look);
        return;
    }
    AUTO_JSON *output = json_pack("{s:s}", "until", clock_rfc3339(w->until, text));
    wait_free(w);
    task_done(job, &(struct task_outcome){ .result = TASK_COMPLETED, .output = output });
}

static void wait_on(struct task_job *job)
{
    struct wait *w = job->context;
    char text[CLOCK_TEXT];
    task_waits(job, RUN_WAITS_TIME);
    if (!w->window && w->until > clock_now())
        task_progress(job, "waiting until %s", clock_rfc3339(w->until, text));
    timer_set(&w->timer, job->services->loop, 0, look);
}

static void abandon(struct task_job *job)
{
    wait_free(job->context);
}

static bool wait_start(struct task_job *job, struct err *e)
{
    struct wait *w = NEW(struct wait);
    struct wait_input read = { 0 };
    AUTO_JSON *input = NULL;
    w->job = job;
    w->until = json_int_at(job->resolved, "until", 0);
    bool known = w->until != 0;
    w->window = json_incref(json_object_get(job->resolved, "window"));
    bool ok = known || (expression_resolve_tree(job->input, NULL, job->scope, &input, NULL, e) && fields_read(input, FIELDS, ALEN(FIELDS), &read, e) &&
                        until_of(w, &read, e));
    fields_release(FIELDS, ALEN(FIELDS), &read);
    if (!ok) {
        wait_free(w);
        return false;
    }
    job->context = w;
    if (known) {
        wait_on(job);
        return true;
    }
    AUTO_JSON *resolved = json_pack("{s:I, s:O*}", "until", (json_int_t)w->until, "window", w->window);
    task_resolved(job, input, resolved, wait_on, abandon);
    return true;
}

static void wait_cancel(struct task_job *job)
{
    struct wait *w = job->context;
    timer_clear(&w->timer);
    wait_free(w);
    task_done(job, &(struct task_outcome){ .result = TASK_CANCELED, .message = "canceled while it waited" });
}

static const char *const NO_ENDPOINTS[] = { NULL };

const struct task_type TASK_WAIT = {
    .name = "Wait", .fields = FIELDS, .field_count = ALEN(FIELDS), .endpoints = NO_ENDPOINTS, .crash = TASK_REPEATABLE, .start = wait_start, .cancel = wait_cancel,
};
