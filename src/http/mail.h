/* http/mail.h - mails of ours: a message in its form (RFC 5322), and the way to a server (SMTP by libcurl).
 *
 * Each has a thread of its own for as long as it takes: libcurl waits where it stands when it leaves an SMTP server (QUIT), which
 * would hold up the loop. Everything else here is the loop's.
 */
#pragma once

#include "http/client.h"

/* ---- the form. Pure */

struct mail_letter { /* borrowed; UTF-8 */
    const char *from;
    const char *const *to;
    size_t to_count;
    const char *subject, *body; /* plain text; lines end with \n or \r\n */
    const char *id;             /* without brackets: the same for the same mail, however often it is sent */
    int64_t at;                 /* micros UTC */
};
/* A plain ASCII address, "a@b.c": no spaces, brackets, commas, control characters. What is none never gets into a header. */
bool mail_address_ok(const char *address);
/* The whole message, lines ended by CR LF; the caller's. ERR_INVALID: an address is none. Whatever subject and body hold, they add no header. */
bool mail_compose(const struct mail_letter *letter, char **ret, struct err *e);

/* ---- the way */

enum mail_security { MAIL_STARTTLS, MAIL_TLS, MAIL_PLAIN }; /* STARTTLS is required, not tried */

struct mail_send { /* as struct http_call: copied above the line, valid in done below it */
    const char *host;
    int port;
    enum mail_security security;
    const char *user, *password;     /* NULL or "": no login */
    const struct http_trust *trust;  /* NULL: the system's */
    const char *via;                 /* the Cloud Proxy that it goes through; NULL or "": none */
    const char *from;
    const char *const *to;           /* none: only says hello, logs in and leaves */
    size_t to_count;
    const char *message;             /* of mail_compose */
    int64_t timeout_micros;          /* in all; 0: 60 s */
    void (*done)(struct mail_send *m, const struct err *e); /* e NULL: it was taken, for one recipient at least */
    /* ---- valid in done */
    int code;            /* the server's last, 250; 0: it said nothing */
    const char *refused; /* what it said of recipients that it does not take, "" */
    bool doubt;          /* it failed when it may have been taken already */
    struct mail_send_private *private;
};
/* false: done never runs. true: done runs exactly once, later, on the loop; m may be freed inside it. */
bool mail_send_start(struct mail_send *m, struct loop *loop, struct http_client *client, struct err *e);
void mail_send_cancel(struct mail_send *m); /* done still runs, within two seconds, with ERR_CANCELED */

/* What a server answered, and libcurl made of it, as an error: pure, for the one above and its tests. */
bool mail_refused(const char *where, int code, const char *reply, struct err *e);
