"""A million stored executions, with their tasks and events: the start, and the first page of every list, while retention deletes."""
import time
import urllib.parse

from figures import Cluster, P, Server, cluster_endpoint, deploys, end, head, hub_endpoint, megabytes, percentiles, push_body, restarted, row, trigger, until
from rows import clone, open_stopped, uuids

COUNT, DAYS = 1000000, 300  # retention keeps 180
LISTS = ["/executions", "/executions?$filter=status eq 'FAILED'", "/executions?$filter=name eq 'deploy7'", "/executions?$filter=project eq 'default'",
         "/executions?$filter=_executedBy eq 'user7'", "/executions?$filter=tags eq 'release'", "/executions?$filter=status eq 'RUNNING'",
         "/executions?$orderby=_requestTimeInMicros asc", "/pipelines/default/deploy/executions", "/registry-events",
         "/registry-events?$filter=status eq 'FAILED'", "/registry-events?$filter=webhook eq 'site'",
         "/registry-events?$filter=imageName eq 'acme/site7'", "/registry-events?$filter=imageName eq 'acme/site7' and tag eq 't1007'",
         "/registry-events?$filter=project eq 'default'", "/registry-deliveries", "/pipelines", "/endpoints", "/variables", "/registry-webhooks", "/projects"]
YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'p-${input.DOCKER_TAG}', namespace: default}\n"


def one_run(server, cluster):
    """The pattern of them all: an execution that a push started."""
    cluster_endpoint(server, cluster)
    url = urllib.parse.urlsplit(hub_endpoint(server))
    server.make("/pipelines", deploys("deploy", YAML))
    trigger(server, "site", "deploy", "acme/site")
    server.call("POST", url.path + "?" + url.query, push_body("acme/site", "t1"))
    until(lambda: any(e["status"] == "COMPLETED" for e in server.executions()), 20, "the first one is over")


def fill(server, count=COUNT):
    server.stop()
    db = open_stopped(server)
    span = (DAYS if count == COUNT else 30) * 86400 * 1000000
    age = "(x.%%s - %d + n.n * %d)" % (span, span // count)
    status = "CASE n.n % 10 WHEN 3 THEN 'FAILED' WHEN 7 THEN 'CANCELED' ELSE 'COMPLETED' END"
    old = db.execute("SELECT MAX(id) FROM executions").fetchone()[0]
    clone(db, "executions", "1", count, id="%d + n.n" % old, uuid=uuids(4), name="'deploy' || (n.n % 100)", idx="n.n + 1", status=status,
          executed_by="'user' || (n.n % 50)", push_id="1000000 + n.n", webhook_id="x.webhook_id", requested_at=age % "requested_at",
          started_at=age % "started_at", ended_at=age % "ended_at", updated_at=age % "updated_at")
    clone(db, "tasks", "1", count, execution_id="%d + n.n" % old)
    clone(db, "events", "1", count, uuid=uuids(5), push_id="NULL", repository="'acme/site' || (n.n % 1000)", tag="'t' || n.n", status=status,
          execution_id="%d + n.n" % old, created_at=age % "created_at", updated_at=age % "updated_at")
    db.execute("INSERT INTO execution_tags (execution_id, tag) SELECT id, CASE id % 100 WHEN 0 THEN 'release' ELSE 'nightly' END FROM executions WHERE id % 2 = 0")
    db.execute("UPDATE totals SET count = count + %d WHERE kind IN ('executions', 'events')" % count)
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def pages(server):
    """Milliseconds of the first pages: what they took in the middle, and the slowest list."""
    slowest, middle = (0, ""), []
    for path in LISTS:
        took = []
        for _ in range(15):
            began = time.time()
            status, answer = server.call("GET", P + path.replace(" ", "%20"))
            took.append((time.time() - began) * 1000)
            assert status == 200, answer
        p50 = percentiles(took)[0]
        middle.append(p50)
        slowest = max(slowest, (p50, path))
    return percentiles(middle)[0], slowest


def told(what, measured):
    row(what, "%.1f ms in the middle" % measured[0])
    row("  the slowest: " + measured[1][1], "%.1f ms" % measured[1][0], "under 20 ms")


def stored(server):
    return server.call("GET", P + "/executions?$top=1")[1]["totalCount"]


def measure():
    head("%d stored executions, each with a task and an event" % COUNT)
    server, cluster = Server("--log-level", "warn"), Cluster()
    try:
        one_run(server, cluster)
        fill(server)
        row("start to ready", "%.0f ms" % (restarted(server) * 1000), "under 300 ms")
        told("first pages of %d lists and filters" % len(LISTS), pages(server))
        before = stored(server)
        until(lambda: stored(server) < before, 90, "retention deletes")
        at, left = time.time(), stored(server)
        told("the same, while retention deletes", pages(server))
        row("  deleted meanwhile", "%.0f executions/s" % ((left - stored(server)) / (time.time() - at)))
        row("memory", "%.0f MB" % megabytes(server))
    finally:
        end(server)
        cluster.stop()
