"""What the figures share: programs built for them, wrk, memory, a server with things in it, and rows of one table."""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tests/e2e"))
from lib import P, ROOT, Server, free_port, lab, pipeline, until  # noqa: E402,F401

MADE = tempfile.mkdtemp(prefix="slipway-bench-")


def head(what):
    print("\n%s" % what, flush=True)


def row(what, value, goal=""):
    print("  %-62s %-34s %s" % (what, value, goal and "(goal: %s)" % goal), flush=True)


def compiled(name, *libraries):
    program = os.path.join(MADE, name)
    subprocess.check_call(["cc", "-O2", "-o", program, os.path.join(HERE, name + ".c"), *libraries])
    return program


def fdatasyncs():
    """Bare fdatasyncs of 4 KB a second, on the disk where the servers' data is."""
    return float(subprocess.check_output([compiled("fsync"), os.path.join(MADE, "fsync.tmp")]))


class Wrk:
    """64 connections for some seconds: .rate a second, .p50 and .p99 in ms, .refused."""

    def __init__(self, url, *more, seconds=8):
        out = subprocess.run(["wrk", "-t2", "-c64", "-d%ds" % seconds, "--timeout", "10s", "--latency", *more, url],
                             capture_output=True, text=True).stdout
        self.rate = float(re.search(r"Requests/sec: *([0-9.]+)", out).group(1))
        self.p50, self.p99 = self.percentile(out, "50%"), self.percentile(out, "99%")
        bad, broken = re.search(r"Non-2xx or 3xx responses: (\d+)", out), re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
        self.refused = (int(bad.group(1)) if bad else 0) + (sum(int(n) for n in broken.groups()) if broken else 0)

    @staticmethod
    def percentile(out, name):
        found = re.search(name + r" +([0-9.]+)(us|ms|s)", out)
        return float(found.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[found.group(2)]

    def __str__(self):
        return "%.0f/s, p50 %.1f ms, p99 %.1f ms%s" % (self.rate, self.p50, self.p99, ", %d refused" % self.refused if self.refused else "")


def megabytes(server):
    return int(re.search(r"VmRSS:\s+(\d+)", open("/proc/%d/status" % server.process.pid).read()).group(1)) / 1024


def processor(server):
    """Seconds of it that the server has used."""
    fields = open("/proc/%d/stat" % server.process.pid).read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end(server):
    server.stop()
    shutil.rmtree(server.folder, ignore_errors=True)


def start_seconds(server):
    """From exec to /readyz, looked at each millisecond."""
    import urllib.error
    import urllib.request
    began = time.time()
    log = open(server.folder + "/log", "ab")
    server.process = subprocess.Popen([os.environ.get("SLIPWAY_BINARY", ROOT + "/build/slipway"), "serve", "--data", server.data(), "--listen",
                                       "127.0.0.1:%d" % server.port, *server.arguments], stdout=log, stderr=log)
    while time.time() < began + 30:
        try:
            with urllib.request.urlopen(server.url + "/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return time.time() - began
        except OSError:
            time.sleep(0.001)
    raise RuntimeError("the server did not get ready")


def restarted(server):
    server.stop()
    return start_seconds(server)


def metric(server, name):
    for line in server.call("GET", "/metrics")[1].splitlines():
        if line.startswith("slipway_%s " % name):
            return float(line.split()[1])
    raise RuntimeError("there is no metric " + name)


class Cluster:
    """bench/cluster.c, running."""

    def __init__(self):
        self.port = free_port()
        self.process = subprocess.Popen([compiled("cluster", "-levent", "-ljansson"), str(self.port)])
        self.url = "http://127.0.0.1:%d" % self.port

    def times(self):
        import urllib.request
        with urllib.request.urlopen(self.url + "/times", timeout=10) as answer:
            return {tag: float(at) for tag, at in (line.split() for line in answer.read().decode().splitlines())}

    def stop(self):
        self.process.kill()
        self.process.wait()


def deploys(name, yaml, **more):
    return pipeline(name, {"type": "K8S", "endpoints": {"kubernetesServer": "cluster"},
                           "input": {"action": "APPLY", "timeout": 60, "yaml": yaml}}, **dict({"concurrency": 50}, **more))


def cluster_endpoint(server, cluster):
    server.make("/endpoints", {"project": "default", "name": "cluster", "type": "k8s",
                               "properties": {"kubernetesURL": cluster.url, "authType": "basic", "username": "u", "password": "p"}})


def hub_endpoint(server, **properties):
    server.make("/endpoints", {"project": "default", "name": "hub", "type": "dockerregistry",
                               "properties": dict({"serverType": "dockerhub", "repoURL": "https://hub.docker.com/r/acme/site"}, **properties)})
    return listener(server, "hub")


def listener(server, name):
    return server.call("GET", P + "/endpoints/default/" + name)[1]["webhookUrl"]


def trigger(server, name, pipeline_name, image, **more):
    return server.make("/registry-webhooks", dict({"project": "default", "name": name, "endpoint": "hub", "pipeline": pipeline_name,
                                                   "imageNameRegExPattern": image, "tagNamePattern": ".*", "verifyPush": "off", "sweep": "off",
                                                   "registration": "manual", "runLimit": 0, "refreshToken": server.api_token}, **more))


def push_body(image, tag):
    namespace, name = image.split("/")
    return ('{"push_data":{"pushed_at":%d,"pusher":"bench","tag":"%s"},"repository":{"name":"%s","namespace":"%s","owner":"%s",'
            '"repo_name":"%s","status":"Active"}}' % (time.time(), tag, name, namespace, namespace, image))


def percentiles(values):
    values = sorted(values)
    return values[len(values) // 2], values[min(len(values) - 1, len(values) * 99 // 100)]
