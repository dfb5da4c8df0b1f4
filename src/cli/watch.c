/* An execution's stages and tasks as they move: drawn over itself on a terminal, else a line for each change. */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "base/mem.h"
#include "cli/inside.h"

#define LINE_MOST (16u << 20) /* of the event stream: one execution's document */
#define TRIES 60              /* a second apart, while the server is away */

struct watching {
    struct text line;  /* of the event stream, until it is whole */
    bool terminal;
    int lines;         /* drawn last, to go back over */
    struct map *shown; /* not on a terminal: what was said last of each task; texts */
    char status[32];
};

/* What is told of: the execution (stage NULL), a stage (task NULL) or a task. */
typedef void told(struct watching *w, const char *stage, const char *task, const json_t *json);

static void each_task(struct watching *w, const char *name, const json_t *stage, told *tell)
{
    size_t i;
    json_t *group;
    json_array_foreach(json_object_get(stage, "taskOrder"), i, group) {
        AUTO_FREE char *names = mem_text(json_is_string(group) ? json_string_value(group) : "");
        for (char *rest = names, *task; (task = strsep(&rest, ","));) {
            while (*task == ' ')
                task++;
            for (size_t n = strlen(task); n && task[n - 1] == ' '; n--)
                task[n - 1] = 0;
            tell(w, name, task, json_object_get(json_object_get(stage, "tasks"), task));
        }
    }
}

static void each(struct watching *w, const json_t *execution, told *tell)
{
    size_t i;
    json_t *name;
    tell(w, NULL, NULL, execution);
    json_array_foreach(json_object_get(execution, "stageOrder"), i, name) {
        const char *key = json_is_string(name) ? json_string_value(name) : "";
        const json_t *stage = json_object_get(json_object_get(execution, "stages"), key);
        tell(w, key, NULL, stage);
        each_task(w, key, stage, tell);
    }
}

static void add_took(struct text *out, const json_t *json)
{
    int64_t seconds = json_int_at(json, "_durationInMicros", 0) / 1000000;
    if (seconds >= 60)
        text_addf(out, "%lldm", (long long)(seconds / 60));
    if (seconds)
        text_addf(out, "%llds ", (long long)(seconds % 60));
}

/* One line, without its end: "    Apply        RUNNING   12s 2 of 3 updated". */
static char *line_of(const char *stage, const char *task, const json_t *json)
{
    AUTO_TEXT out = { 0 };
    const char *status = json_text_at(json, "status", "NOT_STARTED");
    if (!stage)
        text_addf(&out, "%s #%lld  %s  ", json_text_at(json, "name", ""), (long long)json_int_at(json, "index", 0), status);
    else if (!task)
        text_addf(&out, "  %-26s %-15s ", stage, status);
    else
        text_addf(&out, "    %-24s %-15s ", task, status);
    add_took(&out, json);
    text_add(&out, stage && !task ? "" : json_text_at(json, "statusMessage", ""));
    while (out.length && out.at[out.length - 1] == ' ')
        out.at[--out.length] = 0;
    return screen_clean(text_of(&out));
}

/* ---- on a terminal */

static struct winsize window(void)
{
    struct winsize size = { 0 };
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
    if (known && !size.ws_row)
        size.ws_row = 24;
    return known ? size : (struct winsize){ .ws_row = 24, .ws_col = 80 };
}

/* Cut to the window: a line that is broken would have to be gone back over twice. */
static void draw_line(struct watching *w, const char *stage, const char *task, const json_t *json)
{
    AUTO_FREE char *line = line_of(stage, task, json);
    AUTO_FREE char *cut = screen_cut(line, window().ws_col - 1);
    printf("%s\n", cut);
    w->lines++;
}

static void draw(struct watching *w, const json_t *execution)
{
    if (w->lines >= window().ws_row)
        fputs("\033[H\033[J", stdout);
    else if (w->lines)
        printf("\033[%dA\033[J", w->lines);
    w->lines = 0;
    each(w, execution, draw_line);
}

/* ---- elsewhere: in a file, in a CI's log */

/* A duration alone is no change. */
static char *state_of(const json_t *json)
{
    return mem_format("%s %s", json_text_at(json, "status", "NOT_STARTED"), json_text_at(json, "statusMessage", ""));
}

static void say_change(struct watching *w, const char *stage, const char *task, const json_t *json)
{
    AUTO_FREE char *key = mem_format("%s/%s", stage ? stage : "", task ? task : ""), *state = state_of(json);
    char now[16];
    time_t at = time(NULL);
    const char *before = map_get(w->shown, key);
    if ((stage && !task) || text_is(before, state) || (!before && task && text_starts(state, "NOT_STARTED")))
        return;
    AUTO_FREE char *name = task ? mem_format("%s.%s", stage, task) : mem_format("%s #%lld", json_text_at(json, "name", ""),
                                                                             (long long)json_int_at(json, "index", 0));
    AUTO_FREE char *line = mem_format("%s  %s", name, state);
    AUTO_FREE char *clean = screen_clean(line);
    strftime(now, sizeof now, "%H:%M:%S", localtime(&at));
    printf("%s  %s\n", now, clean);
    free(map_put(w->shown, key, TAKE(state)));
}

/* ---- the stream */

static void take_line(struct watching *w)
{
    AUTO_JSON *execution = NULL;
    const char *line = text_of(&w->line);
    if (text_starts(line, "data:") && json_read(line + 5, strlen(line + 5), &execution, NULL) && json_at(execution, "status")) {
        snprintf(w->status, sizeof w->status, "%s", json_text_at(execution, "status", ""));
        if (w->terminal)
            draw(w, execution);
        else
            each(w, execution, say_change);
        fflush(stdout);
    }
    text_fini(&w->line);
}

static bool take_stream(void *context, const char *bytes, size_t n)
{
    struct watching *w = context;
    for (const char *end; n; n -= (size_t)(end - bytes), bytes = end) {
        const char *newline = memchr(bytes, '\n', n);
        end = newline ? newline + 1 : bytes + n;
        if (w->line.length + n > LINE_MOST)
            return false;
        text_add_n(&w->line, bytes, (size_t)((newline ? newline : end) - bytes));
        if (newline)
            take_line(w);
    }
    return true;
}

static void watching_fini(struct watching *w)
{
    size_t at = 0;
    const char *key;
    void *text;
    while (map_each(w->shown, &at, &key, &text))
        free(text);
    map_destroy(&w->shown);
    text_fini(&w->line);
}

/* A stream that is cut off (a restart of the server) is taken up again. */
static int follow(struct cli *cli, struct watching *w, const char *path)
{
    for (int away = 0; away < TRIES; away++) {
        struct err e = { 0 };
        bool reached = cli_follow(cli, path, take_stream, w, &e);
        if (execution_over(w->status))
            return text_is(w->status, "COMPLETED") ? CLI_OK : CLI_FAILED;
        if (!reached && !err_retry(e.kind))
            return cli_error(&e);
        if (!reached && away == 0)
            fprintf(stderr, "slipway: %s; trying again\n", e.text);
        if (reached)
            away = 0;
        text_fini(&w->line);
        sleep(1);
    }
    fprintf(stderr, "slipway: the server stayed away\n");
    return CLI_UNREACHABLE;
}

int watch_execution(struct cli *cli, const char *id)
{
    struct watching w = { .terminal = isatty(STDOUT_FILENO), .shown = map_create() };
    AUTO_FREE char *path = path_of("/pipeline/api/executions/", id, "/events");
    int code = follow(cli, &w, path);
    watching_fini(&w);
    return code;
}
