/* ssh-hosts: the keys by which SSH tasks know hosts. Whoever may change the tasks may have one forgotten: the next run pins what it sees. */
#include "store/ssh_hosts.h"

#include "api/resources.h"
#include "base/mem.h"

static json_t *host_json(const struct ssh_host_row *row)
{
    AUTO_FREE char *link = mem_format(API_PREFIX "/ssh-hosts/%s", row->uuid);
    AUTO_FREE char *name = mem_format(row->port == 22 ? "%s" : "%s:%lld", row->host, (long long)row->port);
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:s}", "id", row->uuid, "project", row->project, "name", name, "host", row->host, "port", (json_int_t)row->port,
                             "type", row->type, "fingerprint", row->fingerprint, "_link", link);
    if (*row->cloud_proxy) {
        json_set_text(json, "cloudProxyId", row->cloud_proxy);
        json_set_text(json, "cloudProxyName", row->cloud_proxy_name);
    }
    json_set_time(json, "createdAt", "_createTimeInMicros", row->created_at);
    return json;
}

static bool host_load(struct call *c, int64_t id, json_t **ret, struct err *e)
{
    struct ssh_host_row row = { 0 };
    if (!ssh_host_get(c->tx, id, &row, e))
        return false;
    *ret = host_json(&row);
    ssh_host_row_fini(&row);
    return true;
}

bool ssh_hosts_list(struct call *c, struct err *e)
{
    return call_list(c, &(struct list_view){ .source = &LIST_SSH_HOSTS, .load = host_load }, e);
}

static bool find(struct call *c, struct ssh_host_row *ret, struct err *e)
{
    int64_t id = 0;
    if (!ssh_host_find_uuid(c->tx, c->parameters[0], &id, e))
        return false;
    if (!id)
        return err_set(e, ERR_NOT_FOUND, "there is no SSH host with the id '%.100s'", c->parameters[0]);
    if (!ssh_host_get(c->tx, id, ret, e))
        return false;
    if (call_in(c, ret->project_id, e))
        return true;
    ssh_host_row_fini(ret);
    return false;
}

bool ssh_host_one(struct call *c, struct err *e)
{
    struct ssh_host_row row = { 0 };
    bool ok = find(c, &row, e) && call_answer(c, 200, host_json(&row));
    ssh_host_row_fini(&row);
    return ok;
}

bool ssh_host_remove(struct call *c, struct err *e)
{
    struct ssh_host_row row = { 0 };
    bool ok = find(c, &row, e) && ssh_host_delete(c->tx, &row, e) && call_audit(c, row.project_id, "ssh-host.delete", row.host, row.fingerprint, e) &&
              call_answer(c, 200, host_json(&row));
    ssh_host_row_fini(&row);
    return ok;
}
