/* jenkins/target.h - one Jenkins, as an endpoint of type jenkins names it: where, who we are, how patient. */
#pragma once

#include "base/json.h"
#include "http/client.h"

struct jenkins_target { /* texts are its own, never NULL */
    char *url;           /* "https://jenkins.example.com/base", no slash at its end */
    char *user;          /* "": nobody logs in */
    char *authorization; /* the header's value; "": none */
    char *folder;        /* where jobs are looked for, as jenkins_job_path makes it; "": at the top */
    char *via;           /* Cloud Proxy, as http/client.h; "": none */
    char *ca_pem, *fingerprint;
    struct http_trust trust; /* borrows from the above: not to be copied */
    int64_t poll_micros;     /* between two looks at a build */
    int64_t tries;           /* how often in a row Jenkins may not answer */
    int64_t wait_micros;     /* before it is asked again */
};

/* properties: url, username, password (or an API token), folderPath, pollInterval (s), retryCount, retryWaitSeconds, fingerprint; caCertificate +,
 * insecure +. ERR_INVALID with the property's name. */
bool jenkins_target_from_properties(const json_t *properties, struct jenkins_target **ret, struct err *e);
void jenkins_target_destroy(struct jenkins_target **target);

/* "team/web", "/job/team/job/web/" -> "/job/team/job/web": names of folders and jobs, percent-encoded; "" -> "". Appended to out. ERR_INVALID, field. */
bool jenkins_job_path(const char *name, const char *field, struct text *out, struct err *e);
