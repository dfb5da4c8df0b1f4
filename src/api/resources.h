/* api/resources.h - the handlers that routes.c names, by file. */
#pragma once

#include "api/call.h"

#define HANDLERS(X)                                                                                                             \
    /* about.c */ X(about_get) X(health_get) X(ready_get) X(metrics_get) X(not_here)                            \
    /* login.c */ X(login_iaas) X(login_authorize) X(login_csp) X(login_idp) X(preferences_get) X(whoami_get)                   \
    /* projects.c */ X(projects_list) X(projects_content) X(project_one) X(project_create) X(project_change) X(project_remove)  \
        X(members_list) X(member_change) X(member_remove)                                                                       \
    /* invitations.c */ X(user_invite) X(invitation_accept) X(password_change)    \
    /* people.c */ X(users_list) X(user_create) X(user_change) X(user_remove) X(tokens_list) X(token_create) X(token_remove)    \
    /* audit.c */ X(audit_list)                                                                                                        \
    /* endpoints.c */ X(endpoints_list) X(endpoint_one) X(endpoint_create) X(endpoint_change) X(endpoint_remove)                \
    /* validation.c */ X(endpoint_validation) X(endpoint_certificate)                                                           \
    /* variables.c */ X(variables_list) X(variable_one) X(variable_create) X(variable_change) X(variable_remove)                \
    /* freezes.c */ X(freezes_list) X(freeze_one) X(freeze_create) X(freeze_change) X(freeze_remove)                          \
    /* pipelines.c */ X(pipelines_list) X(pipeline_one) X(pipeline_post) X(pipeline_clone) X(pipeline_change)                 \
        X(pipeline_patch) X(pipeline_global) X(pipeline_remove)                                                                 \
    /* webhooks.c */ X(webhooks_list) X(webhook_one) X(webhook_create) X(webhook_change) X(webhook_patch) X(webhook_remove)     \
        X(webhook_act)                                                                                                      \
    /* watches.c */ X(watches_list)                                                                                                    \
    /* hub.c */ X(registry_hooks_list) X(registry_hook_remove)                                                               \
    /* events.c */ X(events_list) X(event_one) X(event_act) X(events_act) X(event_remove) X(deliveries_list) X(delivery_one)                  \
    /* integrations.c */ X(integrations_list) X(integration_one) X(integration_create) X(integration_change) X(integration_remove)        \
        X(integration_versions) X(integration_version) X(integration_release) X(integration_deprecate) X(integration_withdraw)              \
        X(integration_latest) X(integration_restore)                                                                                     \
    /* artifacts.c */ X(artifacts_list) X(artifact_get)                                                                                \
    /* executions.c */ X(executions_list) X(executions_of_pipeline) X(execution_of_pipeline) X(execution_one) X(execution_make) \
        X(execution_act) X(execution_remove) X(executions_remove) X(execution_logs) X(execution_events) X(changes_live)                    \
    /* notifications.c */ X(notifications_list) X(notifications_of_execution) X(notification_one) X(notification_act)            \
    /* user_operations.c */ X(user_operations_list) X(user_operation_one) X(user_operation_respond) X(user_operation_remove)      \
        X(user_operations_batch)                                                                                                   \
    /* deployments.c, summary.c */ X(deployments_list) X(deployment_one) X(summary_get)                                         \
    /* pushed.c */ X(execution_pushes) X(execution_pushed)                                                                     \
    /* simulations.c, checks.c, drafts.c */ X(simulation_make) X(webhook_checks) X(patterns_try) X(draft_check)                                             \
    /* cloud_proxies.c */ X(cloud_proxies_list) X(cloud_proxy_one) X(cloud_proxy_create) X(cloud_proxy_change) X(cloud_proxy_remove)   \
        X(cloud_proxy_token) X(cloud_proxy_instance_act) X(cloud_proxy_instance_remove)                                              \
    /* ssh_hosts.c */ X(ssh_hosts_list) X(ssh_host_one) X(ssh_host_remove)                                                          \
    /* cloud_links.c */ X(cloud_proxy_enrolment) X(cloud_proxy_link)                                                                 \
    /* transfer.c, apply.c */ X(import_post) X(export_get) X(apply_post) \
    /* secure.c */ X(pipeline_secure) X(endpoint_secure) X(variable_secure)

#define X(name) bool name(struct call *c, struct err *e);
HANDLERS(X)
#undef X

/* notifications.c: what an execution told, put into its document, its stages and tasks, as Code Stream shows it. */
struct db_tx;
bool notifications_in_document(struct db_tx *tx, int64_t execution_id, json_t *document, struct err *e);
