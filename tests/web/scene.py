#!/usr/bin/env python3
"""A server with something to see: endpoints, pipelines, webhooks, pushes and runs in every state.

    scene.py DATA PORT [--empty]    starts one, says "ready URL TOKEN", and stays until it is killed

For pictures and for tests of the page. The cluster is tests/e2e/fake_cluster.py, whose ConfigMaps and CronJobs are ready at once, and one that
never answers; Docker Hub is tests/fakes/docker_hub.py. What needs a true cluster stands in tests/web/manual_test.
"""
import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../e2e"))
sys.path.insert(0, os.path.join(HERE, "../fakes"))
import fake_cluster  # noqa: E402
import lib  # noqa: E402
from docker_hub import DockerHub  # noqa: E402
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer  # noqa: E402

OUTSIDE = "https://slipway.example.com"
HUB_PASSWORD = "dckr_pat_example"

CONFIG = """apiVersion: v1
kind: ConfigMap
metadata: {name: %s, namespace: shop}
data:
  image: ${input.DOCKER_IMAGE}:${input.DOCKER_TAG}
"""


JOB = """apiVersion: batch/v1
kind: CronJob
metadata: {name: %s, namespace: shop}
spec:
  schedule: "0 4 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: main, image: "${input.DOCKER_IMAGE}:${input.DOCKER_TAG}"}]}}}}
"""


class Silent(BaseHTTPRequestHandler):
    """A cluster that takes every request and answers none: what waits for it stays RUNNING."""

    def log_message(self, *_):
        pass

    def do_GET(self):
        time.sleep(3600)

    do_POST = do_PATCH = do_GET


class Told(BaseHTTPRequestHandler):
    """Who hears of runs; some addresses are gone."""

    def log_message(self, *_):
        pass

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(404 if self.path == "/gone" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()


def told():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_address[1]


def silent_cluster():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Silent)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def kubeconfig(port):
    return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
                       "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:%d" % port}}], "users": [{"name": "u", "user": {}}]})


class SceneServer(lib.Server):
    def __init__(self, folder, port, *arguments):
        self.folder, self.port, self.arguments, self.process, self.token = folder, port, arguments, None, None
        self.url = "http://127.0.0.1:%d" % port
        os.makedirs(folder, exist_ok=True)
        self.start()


def task(cluster, name, yaml=CONFIG, **more):
    return dict({"type": "K8S", "endpoints": {"kubernetesServer": cluster},
                 "input": {"action": "APPLY", "timeout": 5, "yaml": yaml % name, "pinImages": "false"}}, **more)


def pipelines(server, told):
    inputs = {k: "" for k in lib.INPUTS}

    def make(name, stages, order, **more):
        server.make("/pipelines", dict({"project": "default", "name": name, "kind": "PIPELINE", "enabled": True, "concurrency": 2, "options": ["DOCKER_TRIGGER"],
                                        "input": inputs, "stageOrder": order, "stages": stages}, **more))
    make("deploy-web", {"Development": {"taskOrder": ["Settings,Web", "Smoke test"], "tasks": {
        "Settings": task("cluster-dev", "settings"), "Web": task("cluster-dev", "web", JOB), "Smoke test": task("cluster-dev", "smoke")}},
        "Production": {"taskOrder": ["Web"], "tasks": {"Web": task("cluster-dev", "web-production", JOB)}}}, ["Development", "Production"],
        description="Puts acme/web on the development cluster, then into production", input=dict(inputs, REPLICAS="2"),
        _inputMeta={"REPLICAS": {"description": "How many pods", "mandatory": True}}, output={"image": "${input.DOCKER_IMAGE}:${input.DOCKER_TAG}"})
    make("deploy-api", {"Deploy": {"taskOrder": ["Api"], "tasks": {"Api": task("cluster-dev", "api", JOB)}},
                        "Far away": {"taskOrder": ["Remote"], "tasks": {"Remote": task("cluster-far", "api")}}}, ["Deploy", "Far away"])
    make("nightly", {"Check": {"taskOrder": ["Look"], "tasks": {"Look": {"type": "K8S", "endpoints": {"kubernetesServer": "cluster-gone"},
                                                                           "input": {"action": "APPLY", "timeout": 1, "yaml": CONFIG % "x"}}}}}, ["Check"], concurrency=5)
    make("report", {"Check": {"taskOrder": ["Count"], "tasks": {"Count": dict(task("cluster-dev", "x"), input={"action": "APPLY", "timeout": 1, "yaml": "${input.DOCKER_TAG}"})}},
                    "Tell": {"taskOrder": ["Mail"], "tasks": {"Mail": task("cluster-dev", "mail")}}}, ["Check", "Tell"], description="Fails at once: what it applies is no object",
         notifications={"webhook": [{"event": "STARTED", "type": "slack", "url": told + "/services/T0/B0/x"},
                                    {"event": "FAILURE", "stage": "Check", "task": "Count", "url": told + "/gone"}],
                        "email": [{"event": "FAILURE", "endpoint": "mail", "to": ["ops@example.com", "anna@example.com"]}]})


def endpoints(server, hub, cluster, silent):
    def make(name, kind, **properties):
        server.make("/endpoints", {"project": "default", "name": name, "type": kind, "properties": properties})
    make("docker-hub", "dockerregistry", serverType="dockerhub", repoURL="https://hub.docker.com/r/acme/web", username="anna", password=HUB_PASSWORD)
    make("registry", "dockerregistry", serverType="distribution", repoURL="http://127.0.0.1:1/acme/api", username="robot", password="secret")
    make("cluster-dev", "k8s", kubeconfig=kubeconfig(cluster.server_address[1]))
    make("cluster-far", "k8s", kubeconfig=kubeconfig(silent.server_address[1]))
    make("cluster-gone", "k8s", kubeconfig=kubeconfig(1))
    make("mail", "email", senderAddress="slipway@example.com", encryptionMethod="NONE", outboundHost="127.0.0.1", outboundPort=1)


def webhooks(server):
    def make(name, **more):
        return server.make("/registry-webhooks", dict({"project": "default", "name": name, "endpoint": "docker-hub", "pipeline": "deploy-web", "imageNameRegExPattern": "acme/web",
                                                       "tagNamePattern": "v.*", "verifyPush": "off", "runLimit": 0, "refreshToken": server.api_token}, **more))
    make("web", description="Releases of the shop")
    make("api", endpoint="registry", pipeline="deploy-api", imageNameRegExPattern="acme/api", tagNamePattern="")
    make("web-preview", tagNamePattern="pr-[0-9]+")
    path = lib.P + "/registry-webhooks/default/web-preview"
    server.call("PATCH", path, {"enabled": False})


def pushes(server, hub):
    for tag in ["v1.4.0", "v1.4.1", "latest", "v1.5.0", "pr-17"]:
        hub.deliver("acme/web", tag, url=server.url)
        time.sleep(0.05)
    url = server.call("GET", lib.P + "/registry-webhooks/default/api")[1]["webhookUrl"].replace(OUTSIDE, "")
    body = {"events": [{"id": "e1", "timestamp": "2026-11-23T10:00:00Z", "action": "push", "request": {"host": "127.0.0.1:1"}, "actor": {"name": "ci"}, "target": {
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "digest": "sha256:" + "ab" * 32, "repository": "acme/api", "tag": "2026.11"}}]}
    server.call("POST", url, body, {"Content-Type": "application/vnd.docker.distribution.events.v1+json"})


def more(server):
    def make(kind, **body):
        server.make(kind, dict({"project": "default"}, **body))
    make("/custom-integrations", name="greet", description="Says hello", yaml="runtime: shell\ncode: echo hello\n")
    make("/variables", name="REPLICAS", type="REGULAR", value="3", description="Pods in production")
    make("/variables", name="HUB_PASSWORD", type="SECRET", value=HUB_PASSWORD)
    make("/variables", name="RELEASE_KEY", type="RESTRICTED", value="k", description="Only with an administrator's consent")
    server.make("/projects", {"name": "warehouse", "description": "Everything behind the shop"})
    for name, role in [("berta", "developer"), ("carl", "executor"), ("dora", "viewer")]:
        server.make("/users", {"name": name, "email": name + "@example.com", "serviceRole": role, "orgRole": "member", "password": "correct horse " + name})
    for pipeline, image in [("nightly", "acme/nightly"), ("report", "acme/report"), ("deploy-web", "acme/web")]:
        server.make("/pipelines/default/%s/executions" % pipeline, {"comments": "started by hand", "input": {"DOCKER_IMAGE": image, "DOCKER_TAG": "v1.3.9"}})


def cloud_proxies(server):
    """One that is really there, behind no firewall, and one that nobody started yet."""
    server.make("/cloud-proxies", {"name": "dc-west", "description": "Registry and cluster of the data centre"})
    server.make("/cloud-proxies", {"name": "dc-east", "description": "Planned for spring"})
    token = server.make("/cloud-proxies/dc-west/tokens", {})["token"]
    log = open(server.folder + "/proxy.log", "ab")
    process = subprocess.Popen([lib.BINARY, "proxy", "--server", server.url, "--token", token, "--name", "dc-west", "--allow", "registry.dc-west.example:5000,10.20.0.0/16:6443",
                                "--state", server.folder + "/proxy", "--journal", server.folder + "/journal"], stdout=log, stderr=log)
    atexit.register(process.kill)
    server.make("/endpoints", {"project": "default", "name": "registry-west", "type": "dockerregistry", "cloudProxyId": "dc-west",
                               "properties": {"serverType": "distribution", "repoURL": "https://registry.dc-west.example:5000/acme/web"}})
    lib.until(lambda: server.call("GET", lib.P + "/cloud-proxies/dc-west")[1]["connected"] == 1, 20, "the Cloud Proxy is linked")


def fill(server, hub, cluster, silent):
    endpoints(server, hub, cluster, silent)
    pipelines(server, told())
    webhooks(server)
    lib.until(lambda: len(hub.hooks("acme/web")) >= 2, 20, "the hooks are made")
    pushes(server, hub)
    more(server)
    cloud_proxies(server)
    lib.until(lambda: len(server.executions()) >= 6, 20, "the runs have begun")


def start(folder, port, empty=False):
    """Server and Docker Hub. The threads of the fakes live as long as this program."""
    hub = DockerHub()
    hub.users["anna"] = HUB_PASSWORD
    hub.repositories.update(["acme/web", "acme/api"])
    server = SceneServer(folder, port, "--docker-hub-url", hub.url, "--external-url", OUTSIDE)
    if not empty:
        fill(server, hub, fake_cluster.start(), silent_cluster())
    return server, hub


def main():
    server, _ = start(sys.argv[1], int(sys.argv[2]), "--empty" in sys.argv)
    print("ready %s %s" % (server.url, server.api_token), flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server.process.wait()


if __name__ == "__main__":
    main()
