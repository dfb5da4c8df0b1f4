/* Cloud Proxies come: they enrol by a token, prove their key, and are linked from then on; what they tell is put where it belongs. */
#include <stdio.h>
#include <string.h>

#include "agent/agents.h"
#include "api/answer.h"
#include "api/cloud_links.h"
#include "api/hooks.h"
#include "api/resources.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/log.h"
#include "base/mem.h"
#include "store/cloud_proxies.h"
#include "wire/proof.h"

#define SEEN_EVERY CLOCK_MINUTE

struct cloud_links {
    struct api *api;
    struct agents *agents;
    struct challenges *challenges;
    struct timer timer;
    int64_t keys_due; /* clock_mono when keys are looked at again */
};

/* ---- enrolment */

static bool enrolment_ok(struct call *c, const char *token, const char *key, struct err *e)
{
    unsigned char public[PROOF_PUBLIC];
    if (text_empty(token))
        return err_field(e, "token", "the enrolment token is missing");
    if (!proof_public_read(key, public))
        return err_field(e, "publicKey", "publicKey is not 32 bytes in base64");
    return proof_check(public, "enrol", token, key, call_text(c, "proof", "")) ||
           err_field(e, "proof", "proof is not signed by the key that enrols");
}

static bool name_fits(struct call *c, const struct cloud_proxy_row *row, struct err *e)
{
    const char *name = call_text(c, "name", "");
    return text_empty(name) || text_is(name, row->object.name) ||
           err_field(e, "name", "this token is of Cloud Proxy '%s', not of '%.100s'", row->object.name, name);
}

bool cloud_proxy_enrolment(struct call *c, struct err *e)
{
    const char *token = call_text(c, "token", ""), *key = call_text(c, "publicKey", "");
    char host[256], version[64], peer[PEER_TEXT];
    struct cloud_proxy_instance instance = { 0 };
    struct cloud_proxy_row row = { 0 };
    snprintf(host, sizeof host, "%s", call_text(c, "hostName", ""));
    snprintf(version, sizeof version, "%s", call_text(c, "version", ""));
    if (!enrolment_ok(c, token, key, e))
        return false;
    AUTO_FREE char *hash = auth_token_hash(token);
    bool ok = cloud_proxy_enrol(c->tx, hash, key, host, version, &instance, e) && cloud_proxy_get(c->tx, instance.proxy_id, &row, e) &&
              name_fits(c, &row, e) && cloud_proxy_changed(c->tx, row.object.project_id, row.object.id, e) &&
              audit_add(c->tx, row.object.project_id, instance.enrolled_by, "cloud-proxy.enrol", row.object.name, host, e) &&
              call_answer(c, 200, json_pack("{s:s, s:s, s:s}", "instance", instance.uuid, "id", row.object.uuid, "name", row.object.name));
    if (!ok)
        log_warn("api", "an enrolment from %s (%s) was refused: %s", peer_of(&c->api->proxies, c->request, peer), host, e->text);
    cloud_proxy_instance_fini(&instance);
    cloud_proxy_row_fini(&row);
    return ok;
}

/* ---- a link */

struct linking {
    char instance[ID_TEXT], challenge[128], signature[128], peer[PEER_TEXT];
    char proxy[ID_TEXT];
    char *name, *host, *version;
    unsigned char key[PROOF_PUBLIC];
    json_t *allow, *credentials;
};

static void linking_free(void *context)
{
    struct linking *l = context;
    free(l->name);
    free(l->host);
    free(l->version);
    json_decref(l->allow);
    json_decref(l->credentials);
    free(l);
}

static json_t *list_of(const struct call *c, const char *header)
{
    const char *value = call_header(c, header);
    json_t *list = NULL;
    size_t i;
    json_t *item;
    AUTO_FREE char *text = value ? text_url_decode(value, strlen(value), false) : NULL;
    if (!text || !json_read(text, strlen(text), &list, NULL) || !json_is_array(list)) {
        json_decref(list);
        return json_array();
    }
    json_array_foreach(list, i, item)
        if (!json_is_string(item))
            json_array_set_new(list, i, json_string("?"));
    return list;
}

/* "slipway-proxy/1 INSTANCE CHALLENGE SIGNATURE" */
static bool read_authorization(struct linking *l, const char *value)
{
    return sscanf(value, PROOF_PROTOCOL " %36s %127s %127s", l->instance, l->challenge, l->signature) == 3 && id_is(l->instance);
}

static bool shows(const char *key, const struct linking *l)
{
    unsigned char public[PROOF_PUBLIC];
    return proof_public_read(key, public) && proof_check(public, "link", l->instance, l->challenge, l->signature);
}

static bool known_key(struct call *c, const struct linking *l, const struct cloud_proxy_instance *row, const char **ret, struct err *e)
{
    if (shows(row->public_key, l)) {
        *ret = row->public_key;
        return true;
    }
    if (!*row->next_key || !shows(row->next_key, l))
        return err_set(e, ERR_UNAUTHORIZED, "the signature is not by the key of instance %s", l->instance);
    *ret = row->next_key;
    return cloud_proxy_instance_promote(c->tx, l->instance, row->next_key, e);
}

static bool begin_link(struct call *c, struct err *e)
{
    const struct linking *l = c->context;
    struct agent_hello hello = { .instance = l->instance, .proxy = l->proxy, .name = l->name, .host = l->host, .version = l->version, .address = l->peer,
                                 .key = l->key, .allow = l->allow, .credentials = l->credentials, .receives = text_is(call_header(c, "Slipway-Receives"), "true") };
    (void)e;
    answer_log(c->request, 101, l->name, c->request_id);
    agents_link(c->api->links->agents, c->request, &hello);
    call_left(c);
    return true;
}

static bool admit(struct call *c, struct err *e)
{
    struct linking *l = c->context;
    struct cloud_proxy_instance row = { 0 };
    struct cloud_proxy_row proxy = { 0 };
    const char *key = NULL;
    bool found = false;
    bool ok = cloud_proxy_instance_get(c->tx, l->instance, &row, &found, e) &&
              (found || err_set(e, ERR_UNAUTHORIZED, "there is no instance %s: its Cloud Proxy was deleted", l->instance)) &&
              (!row.revoked_at || err_set(e, ERR_FORBIDDEN, "instance %s was revoked by %s", l->instance, row.revoked_by)) &&
              known_key(c, l, &row, &key, e) && cloud_proxy_get(c->tx, row.proxy_id, &proxy, e) &&
              cloud_proxy_instance_seen(c->tx, l->instance, l->host, l->version, l->peer, e) &&
              cloud_proxy_changed(c->tx, proxy.object.project_id, proxy.object.id, e);
    if (!ok)
        log_warn("api", "a link of a Cloud Proxy from %s (%s) was refused: %s", l->peer, l->host, e->text);
    if (ok) {
        proof_public_read(key, l->key);
        snprintf(l->proxy, sizeof l->proxy, "%s", proxy.object.uuid);
        l->name = mem_text(proxy.object.name);
        c->next = (struct stage){ CALL_LOOP, begin_link };
    }
    cloud_proxy_instance_fini(&row);
    cloud_proxy_row_fini(&proxy);
    return ok;
}

static char *text_header(const struct call *c, const char *name)
{
    const char *value = call_header(c, name);
    char *text = value && strlen(value) < 512 ? text_url_decode(value, strlen(value), false) : NULL;
    if (text)
        text_mend(text);
    return text ? text : mem_text("");
}

bool cloud_proxy_link(struct call *c, struct err *e)
{
    struct challenges *challenges = c->api->links->challenges;
    const char *upgrade = call_header(c, "Upgrade"), *authorization = call_header(c, "Authorization");
    if (!upgrade || !text_is_any_case(upgrade, PROOF_PROTOCOL))
        return err_set(e, ERR_INVALID, "Cloud Proxies link here, with Upgrade: " PROOF_PROTOCOL "; a proxy before this server must let the Upgrade header through");
    struct linking *l = NEW(struct linking);
    c->context = l;
    c->context_free = linking_free;
    if (!authorization || !text_starts(authorization, PROOF_PROTOCOL " ")) {
        AUTO_FREE char *challenge = challenge_make(challenges), *wish = mem_format(PROOF_PROTOCOL " %s", challenge);
        http_answer_header(c->request, "WWW-Authenticate", wish);
        return err_set(e, ERR_UNAUTHORIZED, "prove who you are with the challenge");
    }
    if (!read_authorization(l, authorization) || !challenge_take(challenges, l->challenge))
        return err_set(e, ERR_UNAUTHORIZED, "the challenge is none of this server's, or was answered before");
    peer_of(&c->api->proxies, c->request, l->peer);
    l->host = text_header(c, "Slipway-Host");
    l->version = text_header(c, "Slipway-Version");
    l->allow = list_of(c, "Slipway-Allow");
    l->credentials = list_of(c, "Slipway-Credentials");
    call_go(c, CALL_WRITE, admit);
    return true;
}

/* ---- what is known of them is kept */

struct seeing {
    struct db_job job;
    json_t *instances; /* ids */
    bool tell;         /* people are told: something changed */
};

static bool see(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct seeing *s = OWNER(job, struct seeing, job);
    size_t i;
    json_t *id;
    json_array_foreach(s->instances, i, id) {
        struct cloud_proxy_instance row = { 0 };
        bool found = false;
        bool ok = cloud_proxy_instance_seen(tx, json_string_value(id), "", "", "", e) &&
                  (!s->tell || (cloud_proxy_instance_get(tx, json_string_value(id), &row, &found, e) &&
                                (!found || cloud_proxy_changed(tx, 0, row.proxy_id, e))));
        cloud_proxy_instance_fini(&row);
        if (!ok)
            return false;
    }
    return true;
}

static void seen(struct db_job *job, const struct err *e)
{
    struct seeing *s = OWNER(job, struct seeing, job);
    if (e && e->kind != ERR_CANCELED)
        log_error("api", "when Cloud Proxies were last seen could not be stored: %s", e->text);
    json_decref(s->instances);
    free(s);
}

static void keep_seen(struct cloud_links *p, json_t *instances, bool tell)
{
    struct seeing *s = NEW(struct seeing);
    *s = (struct seeing){ .job = { .work = see, .done = seen }, .instances = instances, .tell = tell };
    db_write(p->api->config.db, &s->job);
}

static void changed(void *context, const char *instance, bool linked)
{
    (void)linked;
    keep_seen(context, json_pack("[s]", instance), true);
}

/* ---- keys grow old */

struct renewing {
    struct db_job job;
    struct cloud_links *links;
    int64_t before;
    json_t *instances; /* ids */
    char instance[ID_TEXT], key[64];
};

static void add_old(void *context, const char *uuid)
{
    json_array_append_new(context, json_string(uuid));
}

static bool find_old(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct renewing *r = OWNER(job, struct renewing, job);
    return cloud_proxy_instances_old(tx, r->before, add_old, r->instances, e);
}

static bool propose(struct db_job *job, struct db_tx *tx, struct err *e)
{
    struct renewing *r = OWNER(job, struct renewing, job);
    return cloud_proxy_instance_propose(tx, r->instance, r->key, e) && audit_add(tx, 0, "slipway", "cloud-proxy.rotate", r->instance, "its key was old", e);
}

static void renewed(struct db_job *job, const struct err *e)
{
    if (e)
        log_error("api", "a new key of a Cloud Proxy could not be stored: %s", e->text);
    free(OWNER(job, struct renewing, job));
}

static void has_new_key(void *context, const unsigned char *key, const struct err *e)
{
    struct renewing *r = context;
    if (e) {
        log_warn("api", "instance %s of a Cloud Proxy made no new key: %s", r->instance, e->text);
        free(r);
        return;
    }
    AUTO_FREE char *text = text_base64(key, PROOF_PUBLIC);
    snprintf(r->key, sizeof r->key, "%s", text);
    r->job = (struct db_job){ .work = propose, .done = renewed };
    db_write(r->links->api->config.db, &r->job);
}

static void found_old(struct db_job *job, const struct err *e)
{
    struct renewing *r = OWNER(job, struct renewing, job);
    size_t i;
    json_t *id;
    json_array_foreach(r->instances, i, id) {
        struct renewing *one = NEW(struct renewing);
        *one = (struct renewing){ .links = r->links };
        snprintf(one->instance, sizeof one->instance, "%s", json_string_value(id));
        if (e || !agents_rotate(r->links->agents, one->instance, has_new_key, one, NULL))
            free(one); /* not connected: when it is, the next look finds it */
    }
    json_decref(r->instances);
    free(r);
}

static void renew_keys(struct cloud_links *p)
{
    struct renewing *r = NEW(struct renewing);
    *r = (struct renewing){ .job = { .work = find_old, .done = found_old }, .links = p, .instances = json_array(),
                            .before = clock_now() - p->api->config.proxy_key_days * CLOCK_DAY };
    db_read(p->api->config.db, &r->job);
}

static void look(struct timer *t)
{
    struct cloud_links *p = OWNER(t, struct cloud_links, timer);
    AUTO_JSON *live = agents_json(p->agents);
    json_t *ids = json_array();
    const char *id;
    json_t *value;
    json_object_foreach(live, id, value)
        json_array_append_new(ids, json_string(id));
    if (json_array_size(ids))
        keep_seen(p, ids, false);
    else
        json_decref(ids);
    if (clock_mono() >= p->keys_due && p->api->config.proxy_key_days) {
        p->keys_due = clock_mono() + CLOCK_HOUR;
        renew_keys(p);
    }
    timer_set(t, p->api->config.loop, SEEN_EVERY, look);
}

/* ---- webhooks that came to them */

static void delivered(void *context, struct agent_delivery *d)
{
    struct cloud_links *p = context;
    hooks_relay(p->api->hooks, d);
}

struct cloud_links *cloud_links_create(struct api *api)
{
    struct cloud_links *p = NEW(struct cloud_links);
    p->api = api;
    p->challenges = challenges_create();
    agents_create(&(struct agents_config){ .loop = api->config.loop, .changed = changed, .delivered = delivered, .context = p }, &p->agents);
    http_client_vias(api->config.http, &(struct http_vias){ agents_open, p->agents });
    timer_set(&p->timer, api->config.loop, SEEN_EVERY, look);
    return p;
}

void cloud_links_destroy(struct cloud_links **links)
{
    struct cloud_links *p = TAKE(*links);
    if (!p)
        return;
    timer_clear(&p->timer);
    agents_destroy(&p->agents);
    challenges_destroy(&p->challenges);
    free(p);
}

struct agents *cloud_links_agents(const struct cloud_links *p)
{
    return p->agents;
}
