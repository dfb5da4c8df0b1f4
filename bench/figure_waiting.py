"""Thousands of executions that all wait for a rollout which does not end: what a server takes for each."""
import http.client
import time
import urllib.parse

from figures import Cluster, Server, cluster_endpoint, deploys, end, head, hub_endpoint, megabytes, metric, push_body, restarted, row, trigger, until

PIPELINES, EACH = 100, 50  # 50 is the most a pipeline runs at once
YAML = """apiVersion: apps/v1
kind: Deployment
metadata: {name: 'd-${input.DOCKER_REPO_NAME}-${input.DOCKER_TAG}', namespace: default}
spec:
  replicas: 2
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec: {containers: [{name: site, image: '${input.DOCKER_IMAGE}:${input.DOCKER_TAG}'}]}
"""


def that_wait(server):
    import sqlite3
    with sqlite3.connect("file:%s/slipway.db?mode=ro" % server.data(), uri=True) as db:
        return db.execute("SELECT COUNT(*) FROM tasks WHERE status = 'RUNNING' AND state LIKE '%waiting for the cluster%'").fetchone()[0]


def again(server):
    began = time.time()
    restarted(server)
    until(lambda: metric(server, "tasks_running") == PIPELINES * EACH, 120, "all wait again")
    return time.time() - began


def measure():
    head("%d executions that wait for rollouts" % (PIPELINES * EACH))
    server, cluster = Server("--log-level", "warn"), Cluster()
    try:
        cluster_endpoint(server, cluster)
        url = urllib.parse.urlsplit(hub_endpoint(server))
        for i in range(PIPELINES):
            server.make("/pipelines", deploys("deploy%d" % i, YAML))
            trigger(server, "w%d" % i, "deploy%d" % i, "acme/site%d" % i)
        before = megabytes(server)
        connection = http.client.HTTPConnection(url.hostname, url.port)
        for tag in range(EACH):
            for i in range(PIPELINES):
                connection.request("POST", url.path + "?" + url.query, push_body("acme/site%d" % i, "t%d" % tag), {"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
        until(lambda: that_wait(server) == PIPELINES * EACH, 120, "all wait")
        after = megabytes(server)
        row("memory", "%.0f MB, %.1f KB for each (%.0f MB before)" % (after, (after - before) * 1024 / (PIPELINES * EACH), before), "under 150 MB")
        row("a restart, until they all wait again", "%.1f s" % again(server))
    finally:
        end(server)
        cluster.stop()
