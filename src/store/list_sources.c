/* What each list may be filtered and ordered by. x is the listed table, j its project. */
#include "store/lists.h"

#define COMMON                                                                                             \
    { "id", "x.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT }, { "project", "j.name", LIST_TEXT },     \
        { "_projectId", "j.uuid", LIST_TEXT }, { "description", "x.description", LIST_TEXT },              \
        { "createdBy", "x.created_by", LIST_TEXT }, { "_createdBy", "x.created_by", LIST_TEXT },           \
        { "updatedBy", "x.updated_by", LIST_TEXT }, { "_updatedBy", "x.updated_by", LIST_TEXT },           \
        { "createdAt", "x.created_at", LIST_INT }, { "_createTimeInMicros", "x.created_at", LIST_INT },    \
        { "updatedAt", "x.updated_at", LIST_INT }, { "_updateTimeInMicros", "x.updated_at", LIST_INT }

#define WITH_PROJECT(table) table " x JOIN projects j ON j.id = x.project_id"

static const char *const BY_NAME[] = { "x.name", NULL };

static const struct list_column PROJECTS[] = { { "id", "x.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT },
                                               { "description", "x.description", LIST_TEXT }, { NULL, NULL, 0 } };
const struct list_source LIST_PROJECTS = { "projects", "projects x", PROJECTS, BY_NAME, "x.id", NULL };

/* Of the whole organization: who may ask for them is the route's matter. */
static const struct list_column USERS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT }, { "email", "x.email", LIST_TEXT }, { "kind", "x.kind", LIST_TEXT },
    { "orgRole", "x.org_role", LIST_TEXT }, { "serviceRole", "x.service_role", LIST_TEXT }, { "disabled", "x.disabled", LIST_BOOL },
    { "createdAt", "x.created_at", LIST_INT }, { "_createTimeInMicros", "x.created_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_USERS[] = { "x.name", "x.email", NULL };
const struct list_source LIST_USERS = { "users", "users x", USERS, SEARCH_USERS, NULL, NULL };

static const struct list_column ENDPOINTS[] = { COMMON, { "type", "x.type", LIST_TEXT }, { "cloudProxyId", "(SELECT p.uuid FROM cloud_proxies p WHERE p.id = x.cloud_proxy_id)", LIST_TEXT }, { "isRestricted", "x.restricted", LIST_BOOL },
                                                { NULL, NULL, 0 } };
const struct list_source LIST_ENDPOINTS = { "endpoints", WITH_PROJECT("endpoints"), ENDPOINTS, BY_NAME, "x.project_id", NULL };

static const struct list_column CLOUD_PROXIES[] = { COMMON, { NULL, NULL, 0 } };
static const char *const SEARCH_CLOUD_PROXIES[] = { "x.name", "x.description", NULL };
const struct list_source LIST_CLOUD_PROXIES = { "cloud-proxies", "cloud_proxies x LEFT JOIN projects j ON j.id = x.project_id", CLOUD_PROXIES,
                                                SEARCH_CLOUD_PROXIES, "x.project_id", NULL, "x.project_id IS NULL" };

static const struct list_column SSH_HOSTS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "host", "x.host", LIST_TEXT }, { "name", "x.host", LIST_TEXT },
    { "port", "x.port", LIST_INT }, { "type", "x.type", LIST_TEXT }, { "fingerprint", "x.fingerprint", LIST_TEXT }, { "cloudProxyId", "x.cloud_proxy", LIST_TEXT },
    { "createdAt", "x.created_at", LIST_INT }, { "_createTimeInMicros", "x.created_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_SSH_HOSTS[] = { "x.host", "x.fingerprint", NULL };
const struct list_source LIST_SSH_HOSTS = { "ssh-hosts", WITH_PROJECT("ssh_hosts"), SSH_HOSTS, SEARCH_SSH_HOSTS, "x.project_id", NULL };

static const struct list_column VARIABLES[] = { COMMON, { "type", "x.type", LIST_TEXT }, { NULL, NULL, 0 } };
const struct list_source LIST_VARIABLES = { "variables", WITH_PROJECT("variables"), VARIABLES, BY_NAME, "x.project_id", NULL };

static const struct list_column FREEZES[] = { COMMON, { "timeZone", "x.time_zone", LIST_TEXT }, { "_beginsInMicros", "x.begins_at", LIST_INT }, { "_endsInMicros", "x.ends_at", LIST_INT },
                                              { NULL, NULL, 0 } };
static const char *const SEARCH_FREEZES[] = { "x.name", "x.description", "x.pipelines", "x.tags", NULL };
const struct list_source LIST_FREEZES = { "freezes", WITH_PROJECT("freezes"), FREEZES, SEARCH_FREEZES, "x.project_id", NULL };

static const struct list_column INTEGRATIONS[] = { COMMON, { "status", "x.status", LIST_TEXT }, { "version", "x.release", LIST_TEXT }, { NULL, NULL, 0 } };
const struct list_source LIST_INTEGRATIONS = { "custom-integrations", WITH_PROJECT("custom_integrations"), INTEGRATIONS, BY_NAME, "x.project_id", NULL };

static const struct list_column PIPELINES[] = {
    COMMON, { "state", "x.state", LIST_TEXT }, { "enabled", "x.state <> 'DISABLED'", LIST_BOOL }, { "global", "x.global", LIST_BOOL },
    { "concurrency", "x.concurrency", LIST_INT }, { NULL, NULL, 0 }
};
const struct list_source LIST_PIPELINES = { "pipelines", WITH_PROJECT("pipelines"), PIPELINES, BY_NAME, "x.project_id", NULL,
                                           "x.global = 1" };

static const struct list_column WEBHOOKS[] = {
    COMMON, { "enabled", "x.enabled", LIST_BOOL }, { "endpoint", "e.name", LIST_TEXT }, { "pipeline", "p.name", LIST_TEXT },
    { "imageNameRegExPattern", "x.image_pattern", LIST_TEXT }, { "tagNamePattern", "x.tag_pattern", LIST_TEXT },
    { "slug", "x.slug", LIST_TEXT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_WEBHOOKS[] = { "x.name", "x.image_pattern", "x.tag_pattern", "p.name", NULL };
const struct list_source LIST_WEBHOOKS = {
    "registry-webhooks", WITH_PROJECT("webhooks") " JOIN endpoints e ON e.id = x.endpoint_id JOIN pipelines p ON p.id = x.pipeline_id",
    WEBHOOKS, SEARCH_WEBHOOKS, "x.project_id", NULL
};

static const struct list_column EVENTS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT },
    { "name", "x.webhook_name", LIST_TEXT }, { "webhook", "x.webhook_name", LIST_TEXT }, { "pipeline", "x.pipeline", LIST_TEXT },
    { "executionStatus", "x.status", LIST_TEXT }, { "status", "x.status", LIST_TEXT }, { "message", "x.message", LIST_TEXT },
    { "registry", "x.registry", LIST_TEXT }, { "imageName", "x.repository", LIST_TEXT }, { "repository", "x.repository", LIST_TEXT },
    { "tag", "x.tag", LIST_TEXT }, { "owner", "x.owner", LIST_TEXT }, { "attempt", "x.attempt", LIST_INT },
    { "delivery", "SELECT v.id FROM deliveries d JOIN events v ON v.delivery_id = d.id WHERE d.uuid = ", LIST_ANY },
    { "execution", "SELECT v.id FROM executions q JOIN events v ON v.execution_id = q.id WHERE q.uuid = ", LIST_ANY },
    { "timeStampInMicros", "x.created_at", LIST_INT }, { "createdAt", "x.created_at", LIST_INT },
    { "_createTimeInMicros", "x.created_at", LIST_INT }, { "updatedAt", "x.updated_at", LIST_INT },
    { "_updateTimeInMicros", "x.updated_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_EVENTS[] = { "x.webhook_name", "x.repository", "x.tag", "x.pipeline", "x.owner", NULL };
const struct list_source LIST_EVENTS = { "registry-events", WITH_PROJECT("events"), EVENTS, SEARCH_EVENTS, "x.project_id", "events" };

static const struct list_column EXECUTIONS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT }, { "project", "j.name", LIST_TEXT },
    { "_projectId", "j.uuid", LIST_TEXT }, { "status", "x.status", LIST_TEXT }, { "statusMessage", "x.status_message", LIST_TEXT },
    { "comments", "x.comments", LIST_TEXT }, { "index", "x.idx", LIST_INT }, { "_executedBy", "x.executed_by", LIST_TEXT },
    { "_triggeredBy", "x.triggered_by", LIST_TEXT }, { "_source", "x.source", LIST_TEXT }, { "_nested", "(x.parent_id IS NOT NULL AND x.rollback = 0)", LIST_BOOL },
    { "_rollback", "x.rollback", LIST_BOOL }, { "_requestTimeInMicros", "x.requested_at", LIST_INT },
    { "_createTimeInMicros", "x.requested_at", LIST_INT }, { "createdAt", "x.requested_at", LIST_INT },
    { "_updateTimeInMicros", "x.updated_at", LIST_INT }, { "updatedAt", "x.updated_at", LIST_INT },
    { "_durationInMicros", "COALESCE(x.ended_at - x.started_at, 0)", LIST_INT },
    { "parent", "SELECT c.id FROM executions q JOIN executions c ON c.parent_id = q.id WHERE q.uuid = ", LIST_ANY },
    { "tags", "SELECT execution_id FROM execution_tags WHERE tag = ", LIST_ANY }, { NULL, NULL, 0 }
};
static const char *const SEARCH_EXECUTIONS[] = { "x.name", "x.status_message", "x.comments", "x.executed_by", "x.input", NULL };
const struct list_source LIST_EXECUTIONS = { "executions", WITH_PROJECT("executions"), EXECUTIONS, SEARCH_EXECUTIONS, "x.project_id",
                                             "executions" };

static const struct list_column DELIVERIES[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "verdict", "x.verdict", LIST_TEXT },
    { "format", "x.format", LIST_TEXT }, { "remote", "x.remote", LIST_TEXT }, { "receivedAt", "x.received_at", LIST_INT },
    { "listener", "l.uuid", LIST_TEXT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_DELIVERIES[] = { "x.sender_key", "x.problem", "x.events", NULL };
const struct list_source LIST_DELIVERIES = { "deliveries", WITH_PROJECT("deliveries") " JOIN listeners l ON l.id = x.listener_id",
                                             DELIVERIES, SEARCH_DELIVERIES, "x.project_id", NULL };

static const struct list_column AUDIT[] = {
    { "id", "x.id", LIST_INT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT },
    { "user", "x.user_name", LIST_TEXT }, { "action", "x.action", LIST_TEXT }, { "object", "x.object", LIST_TEXT },
    { "createdAt", "x.created_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_AUDIT[] = { "x.user_name", "x.action", "x.object", "x.detail", NULL };
const struct list_source LIST_AUDIT = { "audit-events", "audit x LEFT JOIN projects j ON j.id = x.project_id", AUDIT, SEARCH_AUDIT, "x.project_id", NULL };

static const struct list_column REGISTRY_HOOKS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT },
    { "webhook", "x.webhook_name", LIST_TEXT }, { "endpoint", "e.name", LIST_TEXT }, { "repository", "x.repository", LIST_TEXT },
    { "slug", "x.slug", LIST_TEXT }, { "wanted", "x.wanted", LIST_TEXT }, { "state", "x.state", LIST_TEXT },
    { "createdAt", "x.created_at", LIST_INT }, { "updatedAt", "x.updated_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_REGISTRY_HOOKS[] = { "x.webhook_name", "x.repository", "x.name", "x.message", NULL };
const struct list_source LIST_REGISTRY_HOOKS = { "registry-hooks", WITH_PROJECT("hub_hooks") " JOIN endpoints e ON e.id = x.endpoint_id",
                                                 REGISTRY_HOOKS, SEARCH_REGISTRY_HOOKS, "x.project_id", NULL };

static const struct list_column WATCHES[] = {
    { "id", "x.id", LIST_INT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "endpoint", "e.name", LIST_TEXT },
    { "registry", "x.registry", LIST_TEXT }, { "repository", "x.repository", LIST_TEXT }, { "tags", "x.tags", LIST_INT },
    { "failures", "x.failures", LIST_INT }, { "message", "x.message", LIST_TEXT }, { "checkedAt", "x.checked_at", LIST_INT },
    { "nextAt", "x.next_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_WATCHES[] = { "x.repository", "x.registry", "x.message", NULL };
const struct list_source LIST_WATCHES = { "registry-watches", WITH_PROJECT("watches") " JOIN endpoints e ON e.id = x.endpoint_id",
                                          WATCHES, SEARCH_WATCHES, "x.project_id", NULL };

static const struct list_column DEPLOYMENTS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "endpoint", "e.name", LIST_TEXT },
    { "namespace", "x.namespace", LIST_TEXT }, { "kind", "x.kind", LIST_TEXT }, { "name", "x.name", LIST_TEXT },
    { "container", "x.container", LIST_TEXT }, { "init", "x.init", LIST_BOOL }, { "image", "x.image", LIST_TEXT }, { "digest", "x.digest", LIST_TEXT },
    { "status", "x.status", LIST_TEXT }, { "message", "x.message", LIST_TEXT }, { "task", "x.task", LIST_TEXT },
    { "webhook", "x.webhook_name", LIST_TEXT }, { "pipeline", "x.execution_name", LIST_TEXT }, { "executionName", "x.execution_name", LIST_TEXT },
    { "since", "x.since", LIST_INT }, { "_sinceInMicros", "x.since", LIST_INT }, { "updatedAt", "x.updated_at", LIST_INT },
    { "_updateTimeInMicros", "x.updated_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_DEPLOYMENTS[] = { "x.image", "x.name", "x.namespace", "e.name", "x.webhook_name", NULL };
const struct list_source LIST_DEPLOYMENTS = { "deployments", WITH_PROJECT("deployments") " JOIN endpoints e ON e.id = x.endpoint_id",
                                              DEPLOYMENTS, SEARCH_DEPLOYMENTS, "x.project_id", NULL };

static const struct list_column USER_OPERATIONS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT },
    { "pipelineName", "x.name", LIST_TEXT }, { "task", "x.task", LIST_TEXT }, { "index", "x.idx", LIST_TEXT }, { "summary", "x.summary", LIST_TEXT },
    { "status", "x.status", LIST_TEXT }, { "requestedBy", "x.requested_by", LIST_TEXT }, { "respondedBy", "x.responded_by", LIST_TEXT },
    { "executionId", "(SELECT q.uuid FROM executions q WHERE q.id = x.execution_id)", LIST_TEXT }, { "createdAt", "x.created_at", LIST_INT },
    { "_createTimeInMicros", "x.created_at", LIST_INT }, { "_requestedOnInMicros", "x.created_at", LIST_INT }, { "_expiresOnInMicros", "x.expires_at", LIST_INT },
    { "updatedAt", "x.updated_at", LIST_INT }, { "_updateTimeInMicros", "x.updated_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_USER_OPERATIONS[] = { "x.name", "x.task", "x.summary", "x.description", "x.requested_by", "x.idx", NULL };
const struct list_source LIST_USER_OPERATIONS = { "user-operations", WITH_PROJECT("user_operations"), USER_OPERATIONS, SEARCH_USER_OPERATIONS,
                                                  "x.project_id", NULL };

static const struct list_column NOTIFICATIONS[] = {
    { "id", "x.uuid", LIST_TEXT }, { "project", "j.name", LIST_TEXT }, { "_projectId", "j.uuid", LIST_TEXT }, { "name", "x.name", LIST_TEXT },
    { "pipelineName", "x.name", LIST_TEXT }, { "executionId", "x.execution", LIST_TEXT }, { "executionIndex", "x.idx", LIST_INT }, { "kind", "x.kind", LIST_TEXT },
    { "type", "x.type", LIST_TEXT }, { "event", "x.event", LIST_TEXT }, { "stage", "x.stage", LIST_TEXT }, { "task", "x.task", LIST_TEXT },
    { "endpoint", "x.endpoint", LIST_TEXT }, { "target", "x.target", LIST_TEXT }, { "subject", "x.subject", LIST_TEXT }, { "status", "x.status", LIST_TEXT },
    { "attempts", "x.attempts", LIST_INT }, { "responseCode", "x.code", LIST_INT }, { "message", "x.message", LIST_TEXT }, { "createdAt", "x.created_at", LIST_INT },
    { "_createTimeInMicros", "x.created_at", LIST_INT }, { "updatedAt", "x.updated_at", LIST_INT }, { "_updateTimeInMicros", "x.updated_at", LIST_INT },
    { "_nextTryInMicros", "x.next_at", LIST_INT }, { NULL, NULL, 0 }
};
static const char *const SEARCH_NOTIFICATIONS[] = { "x.name", "x.target", "x.subject", "x.message", "x.reference", NULL };
const struct list_source LIST_NOTIFICATIONS = { "notifications", WITH_PROJECT("notifications"), NOTIFICATIONS, SEARCH_NOTIFICATIONS, "x.project_id", NULL };
