/* ssh/ssh.h - programs run on hosts by SSH: a session is a connection, its host key shown before anybody logs in.
 *
 * libssh waits and computes (key exchange, key derivation), so each session has
 * a thread of its own; a pool has a fixed number of places, and who finds none
 * waits in order. All functions here are the loop's. A session takes one step at
 * a time; a step's done runs once, later, on the loop, unless the session is
 * closed before. A session outlives its pool only as far as that it must be
 * closed still. A step has a total deadline, which also ends a host that drips.
 *
 * Whom to trust is the caller's to decide, between remote_connect and remote_login:
 * no secret is sent before. No file of this machine (~/.ssh) is read. (The prefix ssh_ is libssh's, so that ours is remote_.)
 */
#pragma once

#include "http/client.h"
#include "loop/loop.h"

struct remote_pool;
struct remote_pool *remote_pool_create(struct loop *loop, struct http_client *http, size_t places); /* http: for its vias */
/* Ends every session; whoever still waits for a step is told ERR_CANCELED. closed runs once, later. */
void remote_pool_close(struct remote_pool *pool, void (*closed)(void *context), void *context);

struct remote_session;
struct remote_session *remote_session_create(struct remote_pool *pool);
void remote_session_close(struct remote_session **session); /* also in the middle of a step, whose done then never runs; NULL is welcome */

typedef void remote_done(void *context, const struct err *e); /* e NULL: well. ERR_UNAVAILABLE, ERR_TIMEOUT: the connection is gone */

struct remote_host {
    const char *name; /* a name or address, IPv6 without brackets */
    int port;
    const char *user;
    const char *via;    /* the Cloud Proxy that leads to it; NULL or "": none */
    const char *prefer; /* the type of key by which it is known ("ssh-ed25519"); NULL or "": any */
};
/* Copies host. Returns how many wait for a place before it, itself counted; 0: it begins now. */
size_t remote_connect(struct remote_session *s, const struct remote_host *host, int64_t timeout_micros, remote_done *done, void *context);

struct remote_host_key {
    char type[48];        /* "ssh-ed25519" */
    char fingerprint[64]; /* "SHA256:..." as ssh-keygen -l shows it */
};
const struct remote_host_key *remote_session_host_key(const struct remote_session *s); /* once it is connected */
/* text: as ssh-keygen shows it, or 64 hex digits with or without colons. ERR_INVALID, field fingerprint. */
bool remote_fingerprint_parse(const char *text, char ret[64], struct err *e);

struct remote_identity { /* "" or NULL: none */
    const char *password;        /* also the answer where a host asks for one by keyboard-interactive */
    const char *key, *passphrase; /* PEM or OpenSSH's own format */
};
/* Copies identity. ERR_UNAUTHORIZED: refused; ERR_INVALID, with a field: the key cannot be read. */
void remote_login(struct remote_session *s, const struct remote_identity *identity, int64_t timeout_micros, remote_done *done, void *context);

struct remote_program {
    const char *text; /* for /bin/sh on the host, by its standard input. Copied */
    int64_t timeout_micros; /* 0: none; silence is broken by keepalives */
    void (*took)(void *context, const char *bytes, size_t size); /* its standard output as it comes, 32 KiB at most; may be NULL */
};
void remote_run(struct remote_session *s, const struct remote_program *program, remote_done *done, void *context);
int remote_session_exit(const struct remote_session *s);             /* the last program's exit status; -1: it had none */
const char *remote_session_complaint(const struct remote_session *s); /* the beginning of what it said on standard error */
/* Leaves the program that runs now alone, with ERR_CANCELED; the session stays good. */
void remote_interrupt(struct remote_session *s);
