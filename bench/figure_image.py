"""An image of 200 MB from one registry to another: an Image task, and skopeo beside it; in turns, a new image each time."""
import shutil
import subprocess
import threading
import time

from figures import Server, end, head, megabytes, row, until
from registries import Registry

MB, LAYERS, TURNS = 10**6, 4, 3


def task(server, tag):
    server.make("/pipelines", {"project": "default", "name": "copy-" + tag, "kind": "PIPELINE", "enabled": True, "stageOrder": ["S"], "stages": {"S": {"taskOrder": ["Copy"], "tasks": {
        "Copy": {"type": "Image", "endpoints": {"source": "one", "target": "two"}, "input": {"source": "app/build:" + tag, "target": "app/release"}}}}}})


def run(server, tag):
    began = time.time()
    link = server.make("/pipelines/default/copy-%s/executions" % tag, {})["executionLink"]
    until(lambda: server.call("GET", link)[1]["status"] in ("COMPLETED", "FAILED"), 300, "the copy is over")
    took = time.time() - began
    done = server.call("GET", link)[1]
    assert done["status"] == "COMPLETED", done["statusMessage"]
    assert done["stages"]["S"]["tasks"]["Copy"]["output"]["bytes"] > LAYERS * 50 * MB
    return took


def skopeo(one, two, tag):
    began = time.time()
    subprocess.run(["skopeo", "copy", "-q", "--preserve-digests", "--src-tls-verify=false", "--dest-tls-verify=false", "--src-creds", one.user + ":" + one.password, "--dest-creds", two.user + ":" + two.password,
                    "docker://%s/app/build:%s" % (one.host, tag), "docker://%s/app/release:%s" % (two.host, tag)], check=True)
    return time.time() - began


class Memory:
    """The most that the server takes, from here on."""

    def __init__(self, server):
        self.server, self.most, self.going = server, 0, True
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        while self.going:
            self.most = max(self.most, megabytes(self.server))
            time.sleep(0.02)


def measure():
    head("An image of %d MB from one registry to another" % (LAYERS * 50))
    server, one, two = Server("--log-level", "warn"), Registry(), Registry("bert", "pass-of-bert")
    for name, registry in (("one", one), ("two", two)):
        server.make("/endpoints", {"project": "default", "name": name, "type": "dockerregistry", "properties": {
            "serverType": "distribution", "repoURL": registry.url, "username": registry.user, "password": registry.password}})
    peer, ours, theirs = shutil.which("skopeo"), [], []
    one.image("app/build", "warm", 1000)
    task(server, "warm")
    server.make("/pipelines/default/copy-warm/executions", {})
    time.sleep(1)
    idle, memory = megabytes(server), Memory(server)
    for turn in range(TURNS):
        one.image("app/build", "a%d" % turn, *[50 * MB] * LAYERS)
        task(server, "a%d" % turn)
        ours.append(run(server, "a%d" % turn))
        if peer:
            one.image("app/build", "b%d" % turn, *[50 * MB] * LAYERS)
            theirs.append(skopeo(one, two, "b%d" % turn))
    memory.going = False
    size, best = LAYERS * 50, sorted(ours)[TURNS // 2]
    row("copied by an Image task, in the middle of %d" % TURNS, "%.0f MB/s, %.2f s" % (size / best, best))
    if peer:
        row("skopeo copy", "%.0f MB/s, %.2f s" % (size / sorted(theirs)[TURNS // 2], sorted(theirs)[TURNS // 2]))
        row("Slipway : skopeo, time", "%.2f : 1" % (best / sorted(theirs)[TURNS // 2]), "1 : 1")
    row("memory beyond the idle %.1f MB, at most" % idle, "%.1f MB" % (memory.most - idle), "under 10 MB")
    end(server)
