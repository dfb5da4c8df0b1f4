/* Requests of the client: libcurl, waited for. */
#include <curl/curl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "cli/inside.h"

#define ANSWER_MOST (64u << 20)
#define REFUSAL_MOST (64u << 10)

struct taking {
    struct text *text; /* NULL: handed over */
    bool (*take)(void *context, const char *bytes, size_t n);
    void *context;
    bool stopped;
    CURL *easy;
    struct text refusal; /* the answer, where it is an error and not what was asked for */
};

static size_t take_bytes(char *bytes, size_t size, size_t n, void *context)
{
    struct taking *t = context;
    if (t->text) {
        if (t->text->length + size * n > ANSWER_MOST)
            return 0;
        text_add_n(t->text, bytes, size * n);
        return size * n;
    }
    long status = 0;
    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200) {
        if (t->refusal.length + size * n <= REFUSAL_MOST)
            text_add_n(&t->refusal, bytes, size * n);
        return size * n;
    }
    t->stopped = !t->take(t->context, bytes, size * n);
    return t->stopped ? 0 : size * n;
}

void cli_answer_fini(struct cli_answer *a)
{
    free(a->text);
    json_decref(a->json);
    *a = (struct cli_answer){ 0 };
}

static bool perform(const struct cli *cli, const char *method, const char *path, const char *access, const char *type, const char *body,
                    struct taking *taking, long *ret_status, struct err *e)
{
    AUTO_FREE char *url = mem_format("%s%s", cli->server, path), *authorization = mem_format("Authorization: Bearer %s", access ? access : "");
    AUTO_FREE char *content = mem_format("Content-Type: %s", type ? type : "application/json");
    char why[CURL_ERROR_SIZE] = "";
    CURL *easy = taking->easy = curl_easy_init();
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    if (access)
        headers = curl_slist_append(headers, authorization);
    if (body)
        headers = curl_slist_append(headers, content);
    AUTO_FREE char *key = mem_format("Idempotency-Key: %.255s", cli->key ? cli->key : "");
    if (cli->key)
        headers = curl_slist_append(headers, key);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, taking->text ? 60L : 0L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, taking);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    if (!text_empty(cli->ca))
        curl_easy_setopt(easy, CURLOPT_CAINFO, cli->ca);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, cli->insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, cli->insecure ? 0L : 2L);
    CURLcode code = curl_easy_perform(easy);
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, ret_status);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return code == CURLE_OK || taking->stopped ||
           err_set(e, ERR_UNAVAILABLE, "%s is not reached: %s", cli->server, *why ? why : curl_easy_strerror(code));
}

static bool request(const struct cli *cli, const char *method, const char *path, const char *access, const char *type, const char *body,
                    struct cli_answer *ret, struct err *e)
{
    struct text text = { 0 };
    struct taking taking = { .text = &text };
    long status = 0;
    if (!perform(cli, method, path, access, type, body, &taking, &status, e)) {
        text_fini(&text);
        return false;
    }
    struct err no_json = { 0 };
    *ret = (struct cli_answer){ .status = status };
    json_read(text_of(&text), text.length, &ret->json, &no_json);
    ret->text = text_take(&text);
    return true;
}

/* The API token is exchanged for an access token, which is kept until it is over. */
static char *log_in(const struct cli *cli, bool anew, struct err *e)
{
    struct cli_answer a = { 0 };
    AUTO_TEXT form = { 0 };
    if (text_empty(cli->server) || text_empty(cli->token))
        return err_set(e, ERR_UNAUTHORIZED, "not logged in; run: slipway login URL --token TOKEN"), NULL;
    char *access = anew ? NULL : cli_access_read(cli);
    if (access)
        return access;
    text_add(&form, "refresh_token=");
    text_add_url(&form, cli->token);
    if (!request(cli, "POST", "/csp/gateway/am/api/auth/api-tokens/authorize", NULL, "application/x-www-form-urlencoded", text_of(&form), &a, e))
        return NULL;
    const char *given = json_text_at(a.json, "access_token", NULL);
    if (a.status == 200 && given) {
        access = mem_text(given);
        cli_access_write(cli, access, json_int_at(a.json, "expires_in", 0));
    } else {
        err_set(e, ERR_UNAUTHORIZED, "%s did not accept the API token: %s", cli->server, json_text_at(a.json, "message", "no reason was given"));
    }
    cli_answer_fini(&a);
    return access;
}

bool cli_call(struct cli *cli, const char *method, const char *path, const char *type, const char *body, struct cli_answer *ret, struct err *e)
{
    for (int attempt = 0; attempt < 2; attempt++) {
        AUTO_FREE char *access = log_in(cli, attempt > 0, e);
        if (!access || !request(cli, method, path, access, type, body, ret, e))
            return false;
        if (ret->status != 401 || attempt > 0)
            return true;
        cli_answer_fini(ret); /* the one that was kept is over */
    }
    return true;
}

bool cli_call_anonymous(const struct cli *cli, const char *method, const char *path, const char *body, struct cli_answer *ret, struct err *e)
{
    return request(cli, method, path, NULL, NULL, body, ret, e);
}

bool cli_follow(struct cli *cli, const char *path, bool (*take)(void *context, const char *bytes, size_t n), void *context, struct err *e)
{
    long status = 401;
    AUTO_JSON *refusal = NULL;
    for (int attempt = 0; attempt < 2 && status == 401; attempt++) {
        struct taking taking = { .take = take, .context = context };
        AUTO_FREE char *access = log_in(cli, attempt > 0, e);
        bool answered = access && perform(cli, "GET", path, access, NULL, NULL, &taking, &status, e);
        json_decref(TAKE(refusal));
        json_read(text_of(&taking.refusal), taking.refusal.length, &refusal, NULL);
        text_fini(&taking.refusal);
        if (!answered)
            return false;
    }
    if (status == 200)
        return true;
    AUTO_FREE char *otherwise = mem_format("%s answered %ld", path, status);
    return err_set(e, err_kind_of_status((int)status), "%s", json_text_at(refusal, "message", otherwise));
}

/* ---- what it means for a script */

static int exit_code(int status)
{
    switch (status) {
    case 404: return CLI_NOT_FOUND;
    case 401: case 403: return CLI_NOT_ALLOWED;
    case 409: return CLI_CONFLICT;
    case 503: case 504: return CLI_UNREACHABLE;
    default: return CLI_REFUSED;
    }
}

int cli_error(const struct err *e)
{
    AUTO_FREE char *text = screen_clean(e->text);
    fprintf(stderr, "slipway: %s\n", text);
    return exit_code(err_status(e->kind));
}

int cli_refused(const struct cli_answer *a)
{
    if (a->status == 413) { /* the web's own answer, which is no JSON */
        fputs("slipway: that is more than the server takes at once (its setting body-limit, 1 MiB by default): raise that, or send it in parts\n", stderr);
        return CLI_REFUSED;
    }
    const char *field = json_text_at(a->json, "field", "");
    AUTO_FREE char *message = screen_clean(json_text_at(a->json, "message", a->text ? a->text : "no answer"));
    AUTO_FREE char *about = screen_clean(field);
    size_t i;
    json_t *problem;
    fprintf(stderr, "slipway: %.2000s%s%s%s\n", message, *field ? " (field " : "", about, *field ? ")" : "");
    json_array_foreach(json_object_get(a->json, "problems"), i, problem) {
        AUTO_FREE char *where = screen_clean(json_text_at(problem, "pointer", "")), *what = screen_clean(json_text_at(problem, "message", ""));
        fprintf(stderr, "  %s: %s\n", where, what);
    }
    return exit_code((int)a->status);
}

int cli_do(struct cli *cli, const char *method, const char *path, const json_t *body, struct cli_answer *ret)
{
    struct cli_answer a = { 0 };
    struct err e = { 0 };
    AUTO_FREE char *text = body ? json_write(body) : NULL;
    if (!cli_call(cli, method, path, NULL, text, &a, &e))
        return cli_error(&e);
    int code = a.status >= 200 && a.status < 300 ? CLI_OK : cli_refused(&a);
    if (code == CLI_OK && ret)
        *ret = a;
    else
        cli_answer_fini(&a);
    return code;
}
