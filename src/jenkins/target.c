#include "jenkins/target.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/pem.h"

enum { POLL = 5, POLL_MOST = 3600, TRIES = 5, TRIES_MOST = 100, WAIT = 60, WAIT_MOST = 3600, DEPTH_MOST = 20 };

static bool set_url(struct jenkins_target *t, const char *url, struct err *e)
{
    size_t n = strlen(url);
    while (n && url[n - 1] == '/')
        n--;
    if (!text_starts(url, "https://") && !text_starts(url, "http://"))
        return err_field(e, "url", *url ? "'%.100s' is no address of Jenkins: https://jenkins.example.com" : "Jenkins needs its address: https://jenkins.example.com%.0s", url);
    if (strpbrk(url, " \t\r\n@?#"))
        return err_field(e, "url", "Jenkins' address has a host, perhaps a port and a path, and nothing else");
    if (strstr(url, "/job/"))
        return err_field(e, "url", "url is the address of Jenkins itself; folders belong into folderPath");
    t->url = mem_text_n(url, n);
    return true;
}

static bool printable(const char *text)
{
    while (*text && !iscntrl((unsigned char)*text))
        text++;
    return !*text;
}

static bool take_login(struct jenkins_target *t, const json_t *properties, struct err *e)
{
    const char *password = json_text_at(properties, "password", "");
    t->user = mem_text(json_text_at(properties, "username", ""));
    if (!printable(t->user) || strchr(t->user, ':'))
        return err_field(e, "username", "it holds a character that no login may have");
    if (!*t->user != !*password)
        return err_field(e, *t->user ? "password" : "username", "a user and a password (or an API token) come together");
    AUTO_FREE char *both = mem_format("%s:%s", t->user, password), *basic = text_base64(both, strlen(both));
    t->authorization = *t->user ? mem_format("Basic %s", basic) : mem_text("");
    explicit_bzero(both, strlen(both));
    explicit_bzero(basic, strlen(basic));
    return true;
}

static bool take_number(const json_t *properties, const char *key, int64_t otherwise, int64_t least, int64_t most, int64_t *ret, struct err *e)
{
    const json_t *given = json_object_get(properties, key);
    bool none = !given || json_is_null(given) || text_is(json_string_value(given), "");
    *ret = none ? otherwise : json_int_at(properties, key, -1);
    return (*ret >= least && *ret <= most) || err_field(e, key, "%s is a number from %lld to %lld", key, (long long)least, (long long)most);
}

static bool take_patience(struct jenkins_target *t, const json_t *properties, struct err *e)
{
    int64_t poll, wait;
    if (!take_number(properties, "pollInterval", POLL, 1, POLL_MOST, &poll, e) || !take_number(properties, "retryCount", TRIES, 0, TRIES_MOST, &t->tries, e) ||
        !take_number(properties, "retryWaitSeconds", WAIT, 1, WAIT_MOST, &wait, e))
        return false;
    t->poll_micros = poll * CLOCK_SECOND;
    t->wait_micros = wait * CLOCK_SECOND;
    return true;
}

static bool take_trust(struct jenkins_target *t, const json_t *properties, struct err *e)
{
    bool insecure = false;
    if (!pem_take(json_text_at(properties, "caCertificate", ""), "caCertificate", &t->ca_pem, e) || !json_take_bool(properties, "insecure", &insecure, e))
        return false;
    t->fingerprint = mem_text(json_text_at(properties, "fingerprint", ""));
    t->trust = (struct http_trust){ .ca_pem = text_empty(t->ca_pem) ? NULL : t->ca_pem, .fingerprint = *t->fingerprint ? t->fingerprint : NULL, .insecure = insecure };
    return true;
}

/* "job/A/job/B" as Jenkins' own addresses have it: every other step is a word of Jenkins'. */
static bool is_address(const char *name)
{
    size_t i = 0;
    for (const char *at = name; *at;) {
        size_t n = strcspn(at, "/");
        if (n && i++ % 2 == 0 && (n != 3 || memcmp(at, "job", 3)))
            return false;
        at += n + (at[n] == '/');
    }
    return i && i % 2 == 0;
}

bool jenkins_job_path(const char *name, const char *field, struct text *out, struct err *e)
{
    bool address = is_address(name);
    size_t i = 0;
    for (const char *at = name; *at;) {
        size_t n = strcspn(at, "/");
        AUTO_FREE char *step = mem_text_n(at, n);
        if (text_is(step, ".") || text_is(step, "..") || !printable(step) || i > 2 * DEPTH_MOST)
            return err_field(e, field, "'%.100s' is no name of a job or folder: FOLDER/JOB", name);
        if (n && (!address || i % 2)) {
            text_add(out, "/job/");
            text_add_url(out, step);
        }
        i += n != 0;
        at += n + (at[n] == '/');
    }
    return true;
}

bool jenkins_target_from_properties(const json_t *properties, struct jenkins_target **ret, struct err *e)
{
    AUTO(jenkins_target) t = NEW(struct jenkins_target);
    AUTO_TEXT folder = { 0 };
    t->via = mem_text(json_text_at(properties, "cloudProxyId", ""));
    if (!set_url(t, json_text_at(properties, "url", ""), e) || !take_login(t, properties, e) || !jenkins_job_path(json_text_at(properties, "folderPath", ""), "folderPath", &folder, e) ||
        !take_patience(t, properties, e) || !take_trust(t, properties, e))
        return false;
    t->folder = text_take(&folder);
    *ret = TAKE(t);
    return true;
}

void jenkins_target_destroy(struct jenkins_target **target)
{
    struct jenkins_target *t = TAKE(*target);
    if (!t)
        return;
    char *texts[] = { t->url, t->user, t->folder, t->via, t->ca_pem, t->fingerprint };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(texts[i]);
    if (t->authorization)
        explicit_bzero(t->authorization, strlen(t->authorization));
    free(t->authorization);
    free(t);
}
