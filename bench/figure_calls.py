"""From a push to the first call at the Kubernetes API, 100 pushes a second; without and with the registry asked on the way."""
import base64
import http.client
import json
import os
import time
import urllib.parse
import urllib.request

from figures import Cluster, Server, cluster_endpoint, deploys, end, head, hub_endpoint, lab, listener, percentiles, push_body, row, trigger, until

YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'p-${input.DOCKER_TAG}', namespace: default}\ndata: {tag: '${input.DOCKER_TAG}'}\n"
COUNT, RATE = 1000, 100
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def send(url, bodies):
    """Each at its time, whatever the answers take; when each was sent, by tag."""
    at, sent = urllib.parse.urlsplit(url), {}
    connection = http.client.HTTPConnection(at.hostname, at.port)
    began = time.time()
    for i, (tag, body, content_type) in enumerate(bodies):
        time.sleep(max(0, began + i / RATE - time.time()))
        sent[tag] = time.time()
        connection.request("POST", at.path + "?" + at.query, body, {"Content-Type": content_type})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
    return sent


def first_calls(cluster, url, bodies):
    sent, seen = send(url, bodies), {}

    def all_seen():
        seen.update(cluster.times())
        return len(seen) >= len(sent)
    until(all_seen, 60, "every push reached the cluster")
    return percentiles([(seen[tag] - sent[tag]) * 1000 for tag in sent])


def told(what, times, goal=""):
    row(what, "p50 %.1f ms, p99 %.1f ms" % times, goal)


def registry_tags(count):
    """One small image, pushed for real, under so many tags."""
    lab("push", "acme/bench", "base")
    url, login = os.environ["REGISTRY_URL"], os.environ["REGISTRY_USER"] + ":" + os.environ["REGISTRY_PASSWORD"]
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode(), "Accept": MANIFEST}
    with urllib.request.urlopen(urllib.request.Request(url + "/v2/acme/bench/manifests/base", headers=headers)) as answer:
        manifest, headers["Content-Type"] = answer.read(), answer.headers["Content-Type"]
    tags = ["r%d" % i for i in range(count)]
    for tag in tags:
        urllib.request.urlopen(urllib.request.Request(url + "/v2/acme/bench/manifests/" + tag, manifest, headers, method="PUT")).close()
    return tags


def notification(tag, host):
    event = {"id": "%s-%f" % (tag, time.time()), "action": "push", "request": {"host": host},
             "target": {"mediaType": MANIFEST, "repository": "acme/bench", "tag": tag}}
    return tag, json.dumps({"events": [event]}), "application/vnd.docker.distribution.events.v1+json"


def with_registry(server, cluster):
    """The same pushes, each tag confirmed by one HEAD at the lab's real registry before its run."""
    url = os.environ["REGISTRY_URL"]
    server.make("/endpoints", {"project": "default", "name": "registry", "type": "dockerregistry",
                               "properties": {"serverType": "distribution", "repoURL": url + "/acme/bench",
                                              "username": os.environ["REGISTRY_USER"], "password": os.environ["REGISTRY_PASSWORD"]}})
    trigger(server, "asked", "deploy", "acme/bench", endpoint="registry", verifyPush="required")
    host = urllib.parse.urlsplit(url).netloc
    return first_calls(cluster, listener(server, "registry"), [notification(tag, host) for tag in registry_tags(COUNT)])


def measure():
    head("From a push to the first call at the Kubernetes API, %d pushes a second" % RATE)
    server, cluster = Server("--log-level", "warn"), Cluster()
    try:
        cluster_endpoint(server, cluster)
        url = hub_endpoint(server)
        server.make("/pipelines", deploys("deploy", YAML))
        trigger(server, "site", "deploy", "acme/site")
        first_calls(cluster, url, [("w%d" % i, push_body("acme/site", "w%d" % i), "application/json") for i in range(50)])
        told("verifyPush off", first_calls(cluster, url, [("t%d" % i, push_body("acme/site", "t%d" % i), "application/json")
                                                         for i in range(COUNT)]), "p50 under 10 ms, p99 under 50 ms")
        if "REGISTRY_URL" in os.environ:
            told("each tag confirmed at a real registry", with_registry(server, cluster))
        else:
            row("each tag confirmed at a real registry", "not measured: the lab's registry does not run")
    finally:
        end(server)
        cluster.stop()
