#include "store/deployments.h"

#include <string.h>

#include "base/clock.h"
#include "base/ids.h"
#include "base/mem.h"
#include "store/objects.h"
#include "store/rows.h"
#include "store/totals.h"
#include "store_sql.h"

/* ---- what is known of an object */

struct known { /* a container's row */
    int64_t id, generation;
    char *container, *image, *digest, *status, *execution, *previous_image, *previous_digest, *uid, *made;
    bool stays;
};

struct put { /* one object's */
    struct db_tx *tx;
    const struct deployment_run *run;
    int64_t endpoint_id, changed; /* changed: the id of a row that did; 0: none */
    char *webhook, *webhook_name, *event;
    const json_t *object;
    struct known *known;
    size_t known_count;
};

static const char *text_in(const json_t *json, const char *key)
{
    return json_text_at(json, key, "");
}

static void forget_known(struct put *p)
{
    for (size_t i = 0; i < p->known_count; i++) {
        struct known *k = &p->known[i];
        char *texts[] = { k->container, k->image, k->digest, k->status, k->execution, k->previous_image, k->previous_digest, k->uid, k->made };
        for (size_t t = 0; t < ALEN(texts); t++)
            free(texts[t]);
    }
    free(TAKE(p->known));
    p->known_count = 0;
}

static bool read_known(struct put *p, struct err *e)
{
    AUTO(db_rows) r = db_rows(p->tx, SQL_deployments_of_object, "ittt", p->endpoint_id, text_in(p->object, "namespace"),
                              text_in(p->object, "kind"), text_in(p->object, "name"));
    while (db_next(r, e)) {
        p->known = mem_resize(p->known, (p->known_count + 1) * sizeof *p->known);
        p->known[p->known_count++] = (struct known){
            .id = db_int(r, 0), .container = rows_text(r, 1), .image = rows_text(r, 2), .digest = rows_text(r, 3), .status = rows_text(r, 4),
            .execution = rows_text(r, 5), .previous_image = rows_text(r, 6), .previous_digest = rows_text(r, 7), .uid = rows_text(r, 8),
            .made = rows_text(r, 9), .generation = db_int(r, 10),
        };
    }
    return !db_rows_failed(r);
}

/* Two runs changed the object, and the result of the one that came first is stored last. */
static bool outdated(const struct put *p)
{
    const char *uid = text_in(p->object, "uid"), *made = text_in(p->object, "made");
    int64_t generation = json_int_at(p->object, "generation", 0);
    for (size_t i = 0; i < p->known_count; i++) {
        const struct known *k = &p->known[i];
        if (text_is(k->uid, uid) ? k->generation > generation : strcmp(k->made, made) > 0)
            return true;
    }
    return false;
}

static struct known *find_known(struct put *p, const char *container)
{
    for (size_t i = 0; i < p->known_count; i++)
        if (text_is(p->known[i].container, container))
            return &p->known[i];
    return NULL;
}

/* ---- one container */

/* "acme/site@sha256:..." after a rollback: as it was named when it was put there, if that is known. */
static const char *named(const struct known *k, const char *image, const char *digest)
{
    const char *at = strchr(image, '@');
    if (!k || !at || !*digest)
        return image;
    size_t n = (size_t)(at - image);
    const char *const KNOWN[][2] = { { k->image, k->digest }, { k->previous_image, k->previous_digest } };
    for (size_t i = 0; i < ALEN(KNOWN); i++)
        if (text_is(KNOWN[i][1], digest) && strncmp(KNOWN[i][0], image, n) == 0 && KNOWN[i][0][n] == ':')
            return KNOWN[i][0];
    return image;
}

/* A tag that was pushed again names another image, unless it is pinned; what this very run put there is told once more after a crash. */
static bool same_image(const struct put *p, const struct known *k, const json_t *container, const char *image, const char *digest)
{
    bool again = json_bool_at(container, "pushed", false) && !*digest && json_bool_at(p->object, "changed", false) &&
                 !text_is(k->execution, p->run->execution);
    return text_is(k->image, image) && text_is(k->digest, digest) && !again;
}

static bool brought(struct put *p, int64_t id, struct err *e)
{
    return db_run(p->tx, e, SQL_deployment_by, "itttittt", id, p->run->task, p->run->execution, p->run->name, p->run->index, p->webhook,
                  p->webhook_name, p->event);
}

static bool insert(struct put *p, const json_t *container, int64_t *ret_id, struct err *e)
{
    char uuid[37];
    if (!db_run(p->tx, e, SQL_deployment_insert, "tiitttttti", id_new(uuid), p->run->project_id, p->endpoint_id,
                text_in(p->object, "namespace"), text_in(p->object, "kind"), text_in(p->object, "name"), text_in(container, "name"),
                text_in(container, "image"), text_in(container, "digest"), json_int_at(p->object, "at", 0)))
        return false;
    *ret_id = db_last_id(p->tx);
    return true;
}

/* What was rolled out, and was not changed since, is so also when nobody waited for it again. */
static bool still_stands(const struct put *p, const struct known *k, bool same)
{
    return same && text_is(text_in(p->object, "status"), "APPLIED") && !json_bool_at(p->object, "changed", false) && !text_is(k->status, "APPLIED");
}

static bool stand(struct put *p, int64_t id, const json_t *container, struct err *e)
{
    p->changed = id;
    return db_run(p->tx, e, SQL_deployment_stand, "iittttiii", id, (int64_t)json_bool_at(container, "init", false), text_in(p->object, "status"),
                  text_in(p->object, "message"), text_in(p->object, "uid"), text_in(p->object, "made"),
                  json_int_at(p->object, "generation", 0), json_int_at(p->object, "at", 0), clock_now());
}

static bool put_container(struct put *p, const json_t *container, struct err *e)
{
    struct known *k = find_known(p, text_in(container, "name"));
    int64_t id = 0;
    if (!k)
        return insert(p, container, &id, e) && brought(p, id, e) && stand(p, id, container, e);
    const char *digest = text_in(container, "digest"), *image = named(k, text_in(container, "image"), digest);
    bool same = same_image(p, k, container, image, digest);
    k->stays = true;
    if (still_stands(p, k, same))
        return true;
    if (!same && !db_run(p->tx, e, SQL_deployment_move, "itti", k->id, image, digest, json_int_at(p->object, "at", 0)))
        return false;
    bool by_this = !same || !text_is(k->status, "ROLLED_OUT"); /* nobody had seen it run */
    return (!by_this || brought(p, k->id, e)) && stand(p, k->id, container, e);
}

/* ---- one object */

static bool drop_rest(struct put *p, struct err *e)
{
    for (size_t i = 0; i < p->known_count; i++) {
        if (p->known[i].stays)
            continue;
        p->changed = p->known[i].id;
        if (!db_run(p->tx, e, SQL_deployment_delete, "i", p->known[i].id))
            return false;
    }
    return true;
}

static bool put_known(struct put *p, struct err *e)
{
    const json_t *containers = json_object_get(p->object, "containers");
    if (outdated(p))
        return true;
    for (size_t i = 0; i < json_array_size(containers); i++)
        if (!put_container(p, json_array_get(containers, i), e))
            return false;
    return drop_rest(p, e);
}

static bool put_object(struct put *p, struct err *e)
{
    bool ok = read_known(p, e) && put_known(p, e);
    forget_known(p);
    return ok;
}

static bool take_away(struct put *p, struct err *e)
{
    const char *kind = text_in(p->object, "kind"), *name = text_in(p->object, "name");
    int64_t at = json_int_at(p->object, "at", 0);
    bool ok = text_is(kind, "Namespace") ? db_run(p->tx, e, SQL_deployments_gone_namespace, "iti", p->endpoint_id, name, at)
                                         : db_run(p->tx, e, SQL_deployments_gone, "itttti", p->endpoint_id, text_in(p->object, "namespace"), kind,
                                                  name, text_in(p->object, "uid"), at);
    if (ok && db_changes(p->tx))
        p->changed = p->endpoint_id;
    return ok;
}

/* ---- all that a task did */

static bool read_push(struct put *p, struct err *e)
{
    AUTO(db_rows) r = db_rows(p->tx, SQL_deployment_event, "i", p->run->execution_id);
    bool found = db_next(r, e);
    p->webhook = mem_text(found ? db_text(r, 0) : "");
    p->webhook_name = mem_text(found ? db_text(r, 1) : "");
    p->event = mem_text(found ? db_text(r, 2) : "");
    return !db_rows_failed(r);
}

bool deployments_put(struct db_tx *tx, const struct deployment_run *run, const json_t *places, struct err *e)
{
    struct put p = { .tx = tx, .run = run };
    const json_t *objects = json_object_get(places, "objects");
    if (!endpoint_find(tx, text_in(places, "endpoint"), &p.endpoint_id, e))
        return false;
    if (!p.endpoint_id) /* deleted meanwhile, and its rows with it */
        return true;
    bool ok = read_push(&p, e);
    for (size_t i = 0; ok && i < json_array_size(objects); i++) {
        p.object = json_array_get(objects, i);
        ok = json_bool_at(p.object, "gone", false) ? take_away(&p, e) : put_object(&p, e);
    }
    free(p.webhook);
    free(p.webhook_name);
    free(p.event);
    return ok && (!p.changed || change_add(tx, run->project_id, "deployments", p.changed, e));
}

/* ---- as it is shown */

void deployment_view_fini(struct deployment_view *v)
{
    char **texts[] = { &v->uuid, &v->project, &v->endpoint, &v->namespace_, &v->kind, &v->name, &v->container, &v->image, &v->digest,
                       &v->status, &v->message, &v->task, &v->execution_name, &v->execution, &v->webhook_name, &v->webhook, &v->event,
                       &v->previous_image, &v->previous_digest, &v->previous_name, &v->previous_execution };
    for (size_t i = 0; i < ALEN(texts); i++)
        free(*texts[i]);
    *v = (struct deployment_view){ 0 };
}

bool deployment_find(struct db_tx *tx, const char *uuid, int64_t *ret, int64_t *ret_project, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_deployment_find, "t", uuid);
    bool found = db_next(r, e);
    *ret = found ? db_int(r, 0) : 0;
    *ret_project = found ? db_int(r, 1) : 0;
    return !db_rows_failed(r);
}

bool deployment_view_get(struct db_tx *tx, int64_t id, struct deployment_view *ret, struct err *e)
{
    AUTO(db_rows) r = db_rows(tx, SQL_deployment_get, "i", id);
    if (!db_next(r, e))
        return db_rows_failed(r) ? false : err_set(e, ERR_NOT_FOUND, "no such deployment");
    *ret = (struct deployment_view){
        .id = db_int(r, 0), .uuid = rows_text(r, 1), .project_id = db_int(r, 2), .project = rows_text(r, 3), .endpoint = rows_text(r, 4),
        .namespace_ = rows_text(r, 5), .kind = rows_text(r, 6), .name = rows_text(r, 7), .container = rows_text(r, 8), .init = db_int(r, 9),
        .image = rows_text(r, 10), .digest = rows_text(r, 11), .status = rows_text(r, 12), .message = rows_text(r, 13), .since = db_int(r, 14),
        .updated_at = db_int(r, 15), .task = rows_text(r, 16), .execution_name = rows_text(r, 17), .index = db_int(r, 18),
        .execution = rows_text(r, 19), .webhook_name = rows_text(r, 20), .webhook = rows_text(r, 21), .event = rows_text(r, 22),
        .previous_image = rows_text(r, 23), .previous_digest = rows_text(r, 24), .previous_since = db_int(r, 25),
        .previous_name = rows_text(r, 26), .previous_index = db_int(r, 27), .previous_execution = rows_text(r, 28),
    };
    return true;
}
