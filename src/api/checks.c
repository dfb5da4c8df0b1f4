/* Is all that a webhook needs as it should be? Read on a reader, then asked on the loop. */
#include "api/resources.h"
#include "base/mem.h"
#include "runner/doctor.h"
#include "store/webhooks.h"

struct checking {
    struct doctor *doctor;
    struct call *call;
};

static void checking_free(void *context)
{
    struct checking *k = context;
    doctor_destroy(&k->doctor);
    free(k);
}

/* The worst of them, for who only wants to know whether all is well. */
static const char *worst(const json_t *rows)
{
    static const char *const WORST[] = { "failed", "warning" };
    size_t i;
    json_t *row;
    for (size_t k = 0; k < ALEN(WORST); k++)
        json_array_foreach((json_t *)rows, i, row)
            if (text_is(json_text_at(row, "status", ""), WORST[k]))
                return WORST[k];
    return "ok";
}

static void checked(void *context)
{
    struct checking *k = context;
    json_t *rows = doctor_answer(k->doctor);
    call_answer(k->call, 200, json_pack("{s:s, s:o}", "status", worst(rows), "checks", rows));
    call_end(k->call, NULL);
}

static bool ask(struct call *c, struct err *e)
{
    struct checking *k = c->context;
    (void)e;
    doctor_start(k->doctor, checked, k);
    return true;
}

bool webhook_checks(struct call *c, struct err *e)
{
    static const struct finder WEBHOOK = { "Docker webhook", webhook_find, webhook_find_named };
    struct webhook_row row = { 0 };
    struct doctor *doctor = NULL;
    int64_t id = 0;
    if (!call_find(c, &WEBHOOK, &id, e) || !webhook_get(c->tx, id, &row, e))
        return false;
    int64_t project = row.object.project_id;
    webhook_row_fini(&row);
    if (!call_in(c, project, e) || !doctor_read(c->api->config.runner, c->tx, id, auth_may(&c->who, project, MAY_RESTRICTED), &doctor, e))
        return false;
    struct checking *k = NEW(struct checking);
    *k = (struct checking){ .doctor = doctor, .call = c };
    c->context = k;
    c->context_free = checking_free;
    c->next = (struct stage){ CALL_LOOP, ask };
    return true;
}
