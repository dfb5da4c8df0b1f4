"""A hundred megabytes that a task prints in a container, steadily and as fast as it can, beside `docker logs --follow`; and lines one after the other."""
import os
import subprocess
import threading
import time

from engine import IMAGE, Engine
from figure_image import Memory
from figures import ROOT, Server, end, head, megabytes, percentiles, row, until

MB, LINES = 100, 60
NOW = "read t _ < /proc/uptime; echo; echo at $t"
BLOB = "head -c %d /dev/urandom | base64 -w 99 | head -c %d > blob"
TALK = ["for i in $(seq %d); do %s; sleep 0.13; done" % (LINES, NOW)]
STEADY = [BLOB % (50000, 50000), "for i in $(seq %d); do cat blob; %s; sleep 0.03; done" % (MB * 20, NOW)]
FLOOD = [BLOB % (1000000, 1000000), "for i in $(seq %d); do cat blob; %s; done" % (MB, NOW)]


def uptime():
    return float(open("/proc/uptime").read().split()[0])


def run(server, name, steps):
    server.make("/pipelines", {"project": "default", "name": name, "kind": "PIPELINE", "enabled": True, "workspace": {"type": "DOCKER", "endpoint": "engine", "image": IMAGE}, "stageOrder": ["S"],
                               "stages": {"S": {"taskOrder": ["Say"], "tasks": {"Say": {"type": "CI", "input": {"steps": steps}}}}}})
    return server.make("/pipelines/default/%s/executions" % name, {})["executionLink"]


class Reader:
    """When each line that says when it was printed has come."""

    def __init__(self, command, **environment):
        self.late, self.bytes, self.began, self.ended = [], 0, 0, 0
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, **environment))
        self.thread = threading.Thread(target=self.read)
        self.thread.start()

    def read(self):
        for line in self.process.stdout:
            self.bytes += len(line)
            if line.startswith(b"at "):
                self.ended = uptime()
                self.began = self.began or float(line[3:])
                self.late.append((self.ended - float(line[3:])) * 1000)

    def wait(self):
        self.thread.join(300)
        assert self.process.wait(10) == 0
        return self

    def says(self):
        return "%.0f MB/s; p50 %.0f ms, p99 %.0f ms" % (self.bytes / (self.ended - self.began) / 1e6, *percentiles(self.late))


def ours(server, link):
    return Reader([os.environ.get("SLIPWAY_BINARY", ROOT + "/build/slipway"), "logs", link.split("/")[-1], "--follow"], SLIPWAY_SERVER=server.url, SLIPWAY_TOKEN=server.api_token)


def theirs(engine, steps):
    """The engine's own client, of a container that does the same."""
    docker = ["docker", "-H", engine.url]
    name = subprocess.run([*docker, "run", "-d", "--log-driver", "json-file", "--log-opt", "max-size=1g", IMAGE, "sh", "-c", "\n".join(steps)], check=True, capture_output=True, text=True).stdout.strip()
    reader = Reader([*docker, "logs", "--follow", name]).wait()
    subprocess.run([*docker, "rm", name], check=True, capture_output=True)
    return reader


def through(server, name, steps, lines):
    link = run(server, name, steps)
    reader = ours(server, link).wait()
    status = server.call("GET", link)[1]["status"]
    assert status == "COMPLETED" and len(reader.late) == lines, (status, len(reader.late))
    return reader


def measure():
    head("A task that prints %d MB" % MB)
    engine = Engine()
    server = Server("--log-level", "warn", "--task-log-mb", "256", "--docker-socket", engine.folder + "/docker.sock")
    try:
        server.make("/endpoints", {"project": "default", "name": "engine", "type": "docker", "properties": {"url": engine.url}})
        talk = through(server, "talk", TALK, LINES)
        row("line by line: on a reader's screen after it was printed", "p50 %.0f ms, p99 %.0f ms" % percentiles(talk.late), "200 ms")
        idle, memory = megabytes(server), Memory(server)
        row("%d MB, steadily" % MB, through(server, "steady", STEADY, MB * 20).says(), "200 ms")
        row("memory meanwhile, beyond the idle %.1f MB" % idle, "%.1f MB" % (memory.most - idle), "under 30 MB")
        row("the same by docker logs --follow, which keeps nothing", theirs(engine, STEADY).says())
        row("%d MB, as fast as it can" % MB, through(server, "flood", FLOOD, MB).says())
        row("memory meanwhile", "%.1f MB" % (memory.most - idle), "under 30 MB")
        row("the same by docker logs --follow", theirs(engine, FLOOD).says())
        memory.going = False
    finally:
        end(server)
