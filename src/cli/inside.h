/* cli/inside.h - what the client's files share. Not for others. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/json.h"
#include "base/text.h"
#include "cli/cli.h"

enum cli_output { OUTPUT_TABLE, OUTPUT_JSON, OUTPUT_YAML };

struct cli {
    char *server, *token, *project, *ca; /* from flags, else the environment, else the configuration */
    char *folder;                        /* of the configuration: ~/.config/slipway */
    bool insecure, wait, follow, diff, yes, service, recursive, prune, dry_run;
    bool project_given;                  /* not just the default one: lists keep to it */
    enum cli_output output;
    const char *file, *filter, *search, *limit, *task, *user, *role, *days, *org_role, *body, *event, *image, *digest, *webhook, *execution, *description, *hours;
    const char *from;                    /* of --from; NULL: none */
    const char *key;                     /* of --key: the request's Idempotency-Key; NULL: none */
    const char *comment;                 /* of --comment; NULL: none */
    const char *email;                   /* of --email; NULL: not given */
    const char *groups;                  /* of --groups: names with commas between; NULL: not given */
    const char *variable, *type;         /* of --variable, --type; NULL: not given */
    const char *files[32];               /* of all -f; file is the last of them */
    int file_count;
    json_t *input;                       /* of --input k=v */
    const char *words[8];                /* what is no flag */
    int count;
};

/* ---- login.c: a line of standard input, which a terminal does not show. The caller's; "" at its end. */
char *cli_read_secret(const char *prompt);

/* ---- config.c */
void cli_config_read(struct cli *cli);
bool cli_config_folder(const struct cli *cli, struct err *e); /* makes it */
bool cli_config_write(const struct cli *cli, struct err *e);
/* The access token that was kept for this server and API token; NULL: none that is still good. The caller's. */
char *cli_access_read(const struct cli *cli);
void cli_access_write(const struct cli *cli, const char *access, int64_t seconds);

/* ---- screen.c: what may stand on a terminal */
char *screen_lines(const char *text);      /* the same of several lines: their ends and tabs stay */
char *screen_clean(const char *text);      /* without control characters, which a stranger may have put there; the caller's */
char *screen_cut(const char *text, int columns); /* as many characters as fit; the caller's */

/* ---- call.c: one request, waited for. path begins with a slash */
struct cli_answer {
    long status;
    char *text;
    json_t *json; /* NULL when it is none */
};
void cli_answer_fini(struct cli_answer *a);
/* Any answer is a success. Logs in first when that is needed. */
bool cli_call(struct cli *cli, const char *method, const char *path, const char *type, const char *body, struct cli_answer *ret, struct err *e);
/* Without logging in. */
bool cli_call_anonymous(const struct cli *cli, const char *method, const char *path, const char *body, struct cli_answer *ret, struct err *e);
/* Hands over each piece of an answer that goes on; false stops. */
bool cli_follow(struct cli *cli, const char *path, bool (*take)(void *context, const char *bytes, size_t n), void *context, struct err *e);

/* Says what went wrong on stderr, and which exit code that is. */
int cli_error(const struct err *e);
int cli_refused(const struct cli_answer *a); /* of an answer that is no 2xx */
/* A call whose answer must be 2xx. The exit code; *ret (may be NULL) is filled only when it is CLI_OK. */
int cli_do(struct cli *cli, const char *method, const char *path, const json_t *body, struct cli_answer *ret);

/* ---- show.c */
struct column {
    const char *title, *path; /* path: as json_at reads it, in a document */
};
/* The documents of an envelope, or one document, in the output that was asked for. */
void cli_show_rows(const struct cli *cli, const json_t *rows, const struct column *columns, size_t count);
json_t *cli_rows(const json_t *answer); /* a new array */
void cli_show(const struct cli *cli, const json_t *answer, const struct column *columns, size_t count);

/* ---- runs.c: an execution by its id, by PIPELINE#NUMBER, or (NULL) the newest. The caller's; NULL, with the exit code, when
 * there is none. */
char *execution_id(struct cli *cli, const char *name, int *ret_code);
bool execution_over(const char *status);
char *path_of(const char *before, const char *name, const char *after); /* name is encoded; the caller's */

/* ---- watch.c: the exit code says how it ended */
int watch_execution(struct cli *cli, const char *id);

/* ---- commands */
struct kind {
    const char *name, *path, *yaml; /* "pipelines", "/pipelines", "PIPELINE" */
    const struct column *columns;
    size_t count;
};
extern const struct kind KINDS[]; /* ends with a row without a name */
const struct kind *kind_find(const char *name); /* by any of its names; NULL */
char *list_filter(const struct cli *cli, const struct kind *kind); /* --filter, and the project that was asked for; NULL: neither. The caller's */
int list_rows(struct cli *cli, const struct kind *kind, int64_t limit, json_t **ret);
char *object_path(const struct cli *cli, const struct kind *kind, const char *name); /* the caller's */

/* ---- set.c */
char *cli_read_file(const char *path, struct err *e); /* 1 MiB at most; "-" is standard input; NULL, or the caller's */

int command_login(struct cli *cli);
int command_get(struct cli *cli);
int command_describe(struct cli *cli);
int command_delete(struct cli *cli);
int command_apply(struct cli *cli);
int command_import(struct cli *cli);
int command_export(struct cli *cli);
int command_run(struct cli *cli);
int command_watch(struct cli *cli);
int command_cancel(struct cli *cli);
int command_pause(struct cli *cli);
int command_resume(struct cli *cli);
int command_start(struct cli *cli);
int command_approve(struct cli *cli);
int command_reject(struct cli *cli);
int command_logs(struct cli *cli);
int command_events(struct cli *cli);
int command_executions(struct cli *cli);
int command_explain(struct cli *cli);
int command_simulate(struct cli *cli);
int command_doctor(struct cli *cli);
int command_rerun(struct cli *cli);
int command_release(struct cli *cli);
int command_pushed(struct cli *cli);
int command_discard(struct cli *cli);
int command_token(struct cli *cli);
int command_secure(struct cli *cli);
int command_variable(struct cli *cli);
int command_webhook(struct cli *cli);
int command_cloud_proxy(struct cli *cli);

/* ---- webhook.c: on stderr */
void say_texts(const json_t *texts);          /* warnings */
void say_docker_hub(const json_t *webhook);   /* what stands there; nothing when it is no webhook */
