/* SMTP by libcurl, a thread for each mail. */
#include "http/mail.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "http/curl_inside.h"
#include "http/trust.h"

#define REPLY_MOST 1000   /* bytes of a reply that are kept */
#define REFUSED_MOST 2000

struct mail_send_private {
    struct mail_send *mail;
    struct post post;
    CURL *easy;
    struct curl_slist *to;
    struct http_trust_held *trust;
    struct http_way *way;
    char *where;   /* "smtp.example.com:587" */
    char *message;
    size_t size, sent;
    bool wants_login, logged_in, greeted, has_to, whole;
    char reply[REPLY_MOST]; /* the last line that the server said */
    struct text refused;
    atomic_bool canceled;
    CURLcode code;
    long status;   /* the server's last reply; 0: it said nothing */
    char error[CURL_ERROR_SIZE];
};

static void private_free(struct mail_send_private *p)
{
    if (p->easy)
        curl_easy_cleanup(p->easy);
    curl_slist_free_all(p->to);
    http_trust_release(&p->trust);
    http_way_release(&p->way);
    text_fini(&p->refused);
    if (p->message)
        explicit_bzero(p->message, p->size);
    free(p->message);
    free(p->where);
    free(p);
}

/* ---- within the thread */

static size_t read_message(char *out, size_t size, size_t n, void *context)
{
    struct mail_send_private *p = context;
    size_t room = size * n, left = p->size - p->sent, take = left < room ? left : room;
    memcpy(out, p->message + p->sent, take);
    p->sent += take;
    p->whole = p->sent == p->size;
    return take;
}

/* Each line that the server says: "235 2.7.0 Accepted". */
static size_t take_reply(char *line, size_t size, size_t n, void *context)
{
    struct mail_send_private *p = context;
    size_t length = size * n;
    while (length && strchr("\r\n ", line[length - 1]))
        length--;
    snprintf(p->reply, sizeof p->reply, "%.*s", (int)length, line);
    p->greeted = true;
    p->logged_in |= strncmp(p->reply, "235", 3) == 0;
    if (p->has_to && !p->sent && *p->reply == '5' && p->refused.length < REFUSED_MOST)
        text_addf(&p->refused, "%s%s", p->refused.length ? "; " : "", p->reply);
    return size * n;
}

static int still_wanted(void *context, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    struct mail_send_private *p = context;
    (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&p->canceled);
}

static void ended(struct post *post);

/* libcurl closes a connection with QUIT, and waits up to two minutes for the answer, which may come by the loop itself (via). So that is the
 * thread's last act, when the loop has the rest: nothing in easy may point to it then. */
static CURL *part(struct mail_send_private *p)
{
    curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, NULL);
    curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, NULL);
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, NULL);
    curl_easy_setopt(p->easy, CURLOPT_NOPROGRESS, 1L);
    return TAKE(p->easy);
}

static void *live(void *context)
{
    struct mail_send_private *p = context;
    struct loop *loop = NULL;
    p->code = curl_easy_perform(p->easy);
    curl_easy_getinfo(p->easy, CURLINFO_PRIVATE, (char **)&loop);
    curl_easy_getinfo(p->easy, CURLINFO_RESPONSE_CODE, &p->status);
    CURL *easy = part(p);
    p->post.run = ended;
    loop_post(loop, &p->post);
    curl_easy_cleanup(easy);
    return NULL;
}

/* ---- what came of it */

bool mail_refused(const char *where, int code, const char *reply, struct err *e)
{
    bool later = code / 100 != 5;
    if (code == 535 || code == 534 || code == 530 || code == 538)
        return err_set(e, ERR_UNAUTHORIZED, "%s does not let us in: %.300s", where, reply);
    return err_set(e, later ? ERR_UNAVAILABLE : ERR_INVALID, "%s %s: %.300s", where, later ? "asks to come again later" : "does not take it", reply);
}

static bool describe(const struct mail_send_private *p, struct err *e)
{
    int status = (int)p->status;
    const char *why = p->error[0] ? p->error : curl_easy_strerror(p->code);
    struct err way = { 0 };
    if (atomic_load(&p->canceled))
        return err_set(e, ERR_CANCELED, "canceled");
    if (p->way && http_way_why(p->way, &way))
        return err_set(e, way.kind, "%s: %.400s", p->where, way.text);
    switch (p->code) {
    case CURLE_OPERATION_TIMEDOUT:
        return err_set(e, ERR_TIMEOUT, "%s: no answer in time (%s)", p->where, why);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return err_set(e, ERR_UPSTREAM, "%s: its certificate is not trusted: %s", p->where, http_trust_problem(p->trust, why));
    case CURLE_USE_SSL_FAILED:
        return err_set(e, ERR_INVALID, "%s offers no STARTTLS: choose encryptionMethod SSL with its port (465), or NONE where the network is trusted", p->where);
    case CURLE_LOGIN_DENIED:
        return mail_refused(p->where, status ? status : 535, p->reply, e);
    default:
        break;
    }
    if (p->greeted && status >= 400)
        return mail_refused(p->where, status, p->reply, e);
    return err_set(e, ERR_UNAVAILABLE, "%s: %s", p->where, why);
}

static bool judge(const struct mail_send_private *p, struct err *e)
{
    if (p->code != CURLE_OK)
        return describe(p, e);
    if (p->wants_login && !p->logged_in && !p->has_to)
        return err_set(e, ERR_INVALID, "%s offers no login: leave outboundUsername empty, or choose another encryptionMethod", p->where);
    return true;
}

static void ended(struct post *post)
{
    struct mail_send_private *p = OWNER(post, struct mail_send_private, post);
    struct mail_send *m = p->mail;
    struct err e = { 0 };
    bool ok = judge(p, &e);
    m->code = (int)p->status;
    m->refused = text_of(&p->refused);
    m->doubt = p->whole && !ok && p->status < 500;
    m->private = NULL;
    m->done(m, ok ? NULL : &e);
    private_free(p);
}

/* ---- the beginning */

static void set_letter(struct mail_send_private *p, const struct mail_send *m)
{
    AUTO_FREE char *from = mem_format("<%s>", m->from);
    if (!m->to_count) { /* hello, login, nothing */
        curl_easy_setopt(p->easy, CURLOPT_CUSTOMREQUEST, "NOOP");
        curl_easy_setopt(p->easy, CURLOPT_NOBODY, 1L);
        return;
    }
    for (size_t i = 0; i < m->to_count; i++) {
        AUTO_FREE char *to = mem_format("<%s>", m->to[i]);
        p->to = curl_slist_append(p->to, to);
    }
    p->has_to = true;
    p->size = strlen(m->message);
    p->message = mem_text(m->message);
    curl_easy_setopt(p->easy, CURLOPT_MAIL_FROM, from);
    curl_easy_setopt(p->easy, CURLOPT_MAIL_RCPT, p->to);
    curl_easy_setopt(p->easy, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L); /* one that is gone does not keep the others */
    curl_easy_setopt(p->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(p->easy, CURLOPT_READFUNCTION, read_message);
    curl_easy_setopt(p->easy, CURLOPT_READDATA, p);
    curl_easy_setopt(p->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)p->size);
}

static bool set_way(struct mail_send_private *p, const struct mail_send *m, struct http_client *client, struct err *e)
{
    AUTO_FREE char *door = NULL;
    if (text_empty(m->via))
        return true;
    if (!http_via_door(client, m->via, m->host, m->port, &door, &p->way, e))
        return false;
    curl_easy_setopt(p->easy, CURLOPT_UNIX_SOCKET_PATH, door);
    return true;
}

static bool set_all(struct mail_send_private *p, const struct mail_send *m, struct loop *loop, struct http_client *client, struct err *e)
{
    bool six = strchr(m->host, ':');
    int64_t time = m->timeout_micros ? m->timeout_micros : 60 * CLOCK_SECOND;
    AUTO_FREE char *url = mem_format("%s://%s%s%s:%d", m->security == MAIL_TLS ? "smtps" : "smtp", six ? "[" : "", m->host, six ? "]" : "", m->port);
    p->where = mem_format("%s:%d", m->host, m->port);
    curl_easy_setopt(p->easy, CURLOPT_URL, url);
    curl_easy_setopt(p->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(p->easy, CURLOPT_PRIVATE, loop);
    curl_easy_setopt(p->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(p->easy, CURLOPT_PROXY, ""); /* the environment's is never used */
    curl_easy_setopt(p->easy, CURLOPT_ERRORBUFFER, p->error);
    curl_easy_setopt(p->easy, CURLOPT_HEADERFUNCTION, take_reply);
    curl_easy_setopt(p->easy, CURLOPT_HEADERDATA, p);
    curl_easy_setopt(p->easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(p->easy, CURLOPT_XFERINFOFUNCTION, still_wanted);
    curl_easy_setopt(p->easy, CURLOPT_XFERINFODATA, p);
    curl_easy_setopt(p->easy, CURLOPT_CONNECTTIMEOUT_MS, 15000L);
    curl_easy_setopt(p->easy, CURLOPT_TIMEOUT_MS, (long)(time / CLOCK_MS));
    curl_easy_setopt(p->easy, CURLOPT_USE_SSL, m->security == MAIL_PLAIN ? (long)CURLUSESSL_NONE : (long)CURLUSESSL_ALL);
    p->wants_login = !text_empty(m->user);
    if (p->wants_login) {
        curl_easy_setopt(p->easy, CURLOPT_USERNAME, m->user);
        curl_easy_setopt(p->easy, CURLOPT_PASSWORD, m->password ? m->password : "");
    }
    set_letter(p, m);
    return http_trust_apply(p->easy, m->trust, &p->trust, e) && set_way(p, m, client, e);
}

/* Signals are the loop's. */
static bool start_thread(struct mail_send_private *p)
{
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool ok = pthread_create(&thread, NULL, live, p) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (ok)
        pthread_detach(thread); /* it posts what came, and closes the connection */
    return ok;
}

bool mail_send_start(struct mail_send *m, struct loop *loop, struct http_client *client, struct err *e)
{
    struct mail_send_private *p = NEW(struct mail_send_private);
    *p = (struct mail_send_private){ .mail = m, .easy = curl_easy_init() };
    m->code = 0;
    if (!set_all(p, m, loop, client, e) || (!start_thread(p) && !err_set(e, ERR_UNAVAILABLE, "no more threads fit"))) {
        private_free(p);
        return false;
    }
    m->private = p;
    return true;
}

void mail_send_cancel(struct mail_send *m)
{
    if (m->private)
        atomic_store(&m->private->canceled, true);
}
