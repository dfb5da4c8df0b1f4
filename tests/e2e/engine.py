"""A real Docker engine of a story's own, with one small image."""
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

from lib import ROOT, atexit, skip

LAB_TOOLS = os.path.join(ROOT, "tests/lab")
IMAGE = "slipway-lab/busybox:1"


class Engine:
    def __init__(self, *options):
        self.folder, self.options = tempfile.mkdtemp(prefix="slipway-docker-"), options
        self.up()
        atexit.register(lambda: subprocess.run([LAB_TOOLS + "/docker-down", self.folder], timeout=60))

    def up(self):
        done = subprocess.run([LAB_TOOLS + "/docker-up", self.folder, *self.options], stdout=sys.stderr, timeout=120)
        if done.returncode == 3:
            skip(os.path.basename(sys.argv[0]), "no Docker engine")
            sys.exit(0)
        if done.returncode:
            raise RuntimeError("docker-up failed")
        self.url = "unix://%s/docker.sock" % self.folder

    def kill(self):
        """Its containers go on."""
        os.kill(int(open(self.folder + "/run/docker.pid").read()), signal.SIGKILL)
        time.sleep(0.5)

    def ask(self, path, method="GET"):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(10)
        s.connect(self.folder + "/docker.sock")
        s.sendall(("%s %s HTTP/1.0\r\nHost: docker\r\n\r\n" % (method, path)).encode())
        data = b""
        while True:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
        s.close()
        body = data.split(b"\r\n\r\n", 1)[1]
        return json.loads(body) if body.strip() else None

    def containers(self, **more):
        return [c for c in self.ask("/containers/json?all=1") if all(c[k] == v for k, v in more.items())]

    def volumes(self):
        return [v["Name"] for v in self.ask("/volumes")["Volumes"] or [] if not v["Name"].startswith("slipway-cache-")]
