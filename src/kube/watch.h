/* kube/watch.h - being told when objects change: one watch per (kube, resource, namespace), shared.
 *
 * No object is kept: each subscriber looks once (one GET, or one LIST by
 * selector), and after that every event is handed to whoever subscribed to
 * its name or owner, found by hash, and forgotten. A waiting rollout costs
 * some hundred bytes, whatever the size of the namespace. Where watching is
 * forbidden, each subscriber looks every 5 s. The watch resumes from the last
 * resourceVersion (bookmarks keep it young); after 410 Gone, or a cut that
 * cannot be resumed, every subscriber looks again. Between failures it waits 1, 2, 4 ... 30 s.
 */
#pragma once

#include "kube/discovery.h"

struct kube_watch;

struct kube_subscription { /* embed; zero it */
    /* One of these. Copied. */
    const char *name;     /* the object of this name */
    const char *owner;    /* Pods: "Deployment/web", "StatefulSet/db", "Job/x": all pods that it controls */
    const char *selector; /* with owner: label selector for the first look */
    /* The object is borrowed, and dropped after the call. object NULL: it is not there (by name only). removed: it was
     * just deleted. May call kube_unsubscribe. */
    void (*changed)(struct kube_subscription *s, const json_t *object, bool removed);
    /* The watch is in trouble (it goes on trying by itself); again with NULL when it works again. May be NULL.
     * Must not unsubscribe. */
    void (*trouble)(struct kube_subscription *s, const struct err *e);
    struct kube_watch *watch; /* private from here on */
    struct kube_look *look;
    char *key;
    struct link link, waiting;
    struct kube_subscription *same; /* next with the same key */
    bool seen, troubled;
};
void kube_subscribe(struct kube_subscription *s, struct kube *kube, const struct kube_resource *resource, const char *namespace_);
void kube_unsubscribe(struct kube_subscription *s); /* at once: changed is not called again. Welcome when not subscribed */

/* The watch itself stays 10 s after its last subscriber, for the next one. */
#define KUBE_WATCH_LINGER (10 * CLOCK_SECOND)

/* The key under which a pod's changes are handed out: "Deployment/web" for a pod of ReplicaSet web-5d4f. Pure. False: no owner. */
bool kube_pod_owner(const json_t *pod, char *out, size_t size);
