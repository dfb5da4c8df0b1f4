/* store/ssh_hosts.h - the keys by which a project's SSH tasks know hosts, pinned at first use. Texts in the struct belong to it: x_fini frees them. */
#pragma once

#include "db/db.h"

struct ssh_host_row {
    int64_t id, project_id, port, created_at;
    char uuid[37];
    char *project, *cloud_proxy, *cloud_proxy_name, *host, *type, *fingerprint; /* cloud_proxy: its id, "": none */
};
void ssh_host_row_fini(struct ssh_host_row *row);
bool ssh_host_find(struct db_tx *tx, int64_t project_id, const char *cloud_proxy, const char *host, int64_t port, int64_t *ret, struct err *e); /* 0: not known */
bool ssh_host_find_uuid(struct db_tx *tx, const char *uuid, int64_t *ret, struct err *e);
bool ssh_host_get(struct db_tx *tx, int64_t id, struct ssh_host_row *ret, struct err *e); /* ERR_NOT_FOUND */
/* Of row: project_id, cloud_proxy, host, port, type, fingerprint. A host that is known already keeps its key. */
bool ssh_host_put(struct db_tx *tx, const struct ssh_host_row *row, struct err *e);
bool ssh_host_delete(struct db_tx *tx, const struct ssh_host_row *row, struct err *e);
