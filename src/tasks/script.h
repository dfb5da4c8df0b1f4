/* tasks/script.h - an SSH or PowerShell task at work: what its files share. Not for others. (The prefix ssh_ is libssh's.) */
#pragma once

#include "ssh/ssh.h"
#include "tasks/script_programs.h"
#include "tasks/task.h"

struct script_input { /* resolved; script_input_fini */
    char *script, *username, *password, *passphrase, *key, *host, *working_directory, *go_on, *fingerprint;
    json_t *arguments, *environment;
    /* made of them */
    char *name, *via;       /* the host without its port; "" or the Cloud Proxy */
    int64_t port;
    char pinned[64];        /* fingerprint, "": none was given */
    json_t *shown;          /* for people */
};
/* ERR_INVALID names the field. */
bool script_input_read(const struct task_job *job, struct script_input *ret, struct err *e);
void script_input_fini(struct script_input *input);
enum { SSH_FIELD_COUNT = 11, POWERSHELL_FIELD_COUNT = 12 };
extern const struct field SSH_FIELDS[SSH_FIELD_COUNT], POWERSHELL_FIELDS[POWERSHELL_FIELD_COUNT];

enum script_phase { SSH_CONNECTS, SSH_LAUNCHES, SSH_FOLLOWS, SSH_STOPS, SSH_FINISHES, SSH_WAITS /* to connect again */ };

struct script_pin; /* a question about the host's key, on its way */

struct script_task {
    struct task_job *job;
    struct script_input input;
    struct remote_session *session;
    struct script_pin *pin;
    char *folder, *marker; /* folder: its name on the host */
    char *path;            /* where it is there; NULL: not known yet */
    enum script_phase phase;
    bool begun;            /* a launch was sent, now or before a crash: the script may run */
    bool find;             /* before a crash: a folder that is not there is not made */
    bool marked;           /* the marker of the program under way came */
    bool canceled, stopped;
    int tries;             /* to connect again */
    int64_t from;          /* bytes of the log that we have */
    int64_t followed;      /* clock_mono since when */
    struct text answer;    /* of the program under way, behind its marker; of follow: only what stood before it */
    const char *how;       /* a stop that was asked for went: "over", "ended", "killed" */
    struct timer timer, cancel_timer;
};

/* ---- script_steps.c */
void script_begin(struct script_task *t);  /* connects */
void script_cancel(struct script_task *t);
/* ---- script_pin.c: whom to trust. done: e NULL, the host is the one it always was */
bool script_pin_find(struct script_task *t, void (*done)(struct script_task *t, const char *type, const struct err *e)); /* type: of the known key, "": none */
void script_pin_check(struct script_task *t, void (*done)(struct script_task *t, const struct err *e));
void script_pin_drop(struct script_task *t); /* nobody wants to know any more */
/* ---- script_end.c */
void script_free(struct script_task *t);
void script_fail(struct script_task *t, enum task_result result, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool script_part(struct script_task *t); /* it had a whole SSH_PART_MOST of the log, which is taken: there may be more */
void script_end(struct script_task *t); /* by what finish answered */
