"""Ten thousand watched tags of one repository at Docker Hub (one of our own): requests, the time until a push is found, memory."""
import hashlib
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../tests/fakes"))
from docker_hub import DockerHub  # noqa: E402
from figures import Server, cluster_endpoint, Cluster, deploys, end, head, megabytes, row, until  # noqa: E402

TAGS, PUSHES, PER_MINUTE = 10000, 6, 100
REPOSITORY = "acme/site"


def digest(of):
    return "sha256:" + hashlib.sha256(of.encode()).hexdigest()


def busiest_minute(times):
    """The most requests in any 60 s."""
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > 60:
            first += 1
        most = max(most, last - first + 1)
    return most


def found_after(server, hub, tag, most):
    """Seconds until a push that nobody tells of runs; it comes at any moment of a round."""
    time.sleep(random.random() * 30)
    hub.push(REPOSITORY, tag, digest("%s %f" % (tag, time.time())))
    began = time.time()
    until(lambda: server.call("GET", "/pipeline/api/registry-events?$filter=(tag%%20eq%%20'%s')" % tag)[1]["totalCount"], most, "%s is found" % tag)
    return time.time() - began


def measure():
    head("%d watched tags" % TAGS)
    hub = DockerHub()
    for i in range(TAGS):
        hub.push(REPOSITORY, "v%05d" % i, digest("v%d" % i))
    server, cluster = Server("--log-level", "warn", "--sweep=true", "--sweep-requests-per-minute", str(PER_MINUTE), "--docker-hub-url", hub.url,
                             "--docker-hub-registry-url", hub.url, "--docker-hub-auth-url", hub.url), Cluster()
    try:
        cluster_endpoint(server, cluster)
        server.make("/endpoints", {"project": "default", "name": "hub", "type": "dockerregistry", "properties": {"serverType": "dockerhub", "repoURL": REPOSITORY}})
        server.make("/pipelines", deploys("deploy", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, namespace: default}\n", concurrency=50))
        before = megabytes(server)
        hook = server.make("/registry-webhooks", {"project": "default", "name": "site", "endpoint": "hub", "pipeline": "deploy", "imageNameRegExPattern": "",
                                                  "tagNamePattern": "v.*", "refreshToken": server.api_token, "verifyPush": "off"})
        status = lambda: server.call("GET", hook["_link"])[1]["sweepStatus"]
        until(lambda: status()["state"] == "on", 300, "the baseline is taken")
        says = status()
        assert says["tags"] == TAGS, says
        took = [found_after(server, hub, "v%05d" % random.randrange(TAGS), 600) for _ in range(PUSHES)]
        row("said", says["message"])
        row("found after", "%.0f s in the middle, %.0f s at most of %d" % (sorted(took)[PUSHES // 2], max(took), PUSHES), "within %s" % says["within"])
        row("kept" if max(took) * 1e6 <= says["_withinMicros"] else "NOT kept", "%.0f%% of the time said" % (max(took) * 1e8 / says["_withinMicros"]))
        row("requests in the busiest minute", "%d" % busiest_minute(hub.times), "at most %d" % PER_MINUTE)
        row("memory", "%.1f MB for them (%.1f MB in all)" % (megabytes(server) - before, megabytes(server)), "under 30 MB")
    finally:
        end(server)
        cluster.stop()
        hub.close()
