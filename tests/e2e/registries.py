"""Registries of a story's own, images made of random bytes, and a relay that is slow or breaks."""
import atexit
import base64
import hashlib
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import lib

HERE = os.path.join(lib.ROOT, "tests/lab")
IMAGE = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Registry:
    """CNCF Distribution on a free port, in a folder of its own."""

    def __init__(self, user="anna", password="pass-of-anna", url=None):
        self.user, self.password = user, password
        if not url:
            self.folder = tempfile.mkdtemp(prefix="slipway-registry-")
            self.port = lib.free_port()
            subprocess.run([HERE + "/registry-up", self.folder, "127.0.0.1:%d" % self.port, user, password], check=True, stdout=sys.stderr)
            atexit.register(self.down)
            url = "http://127.0.0.1:%d" % self.port
        self.url, self.host = url, url.split("://")[1]

    def down(self):
        subprocess.run([HERE + "/registry-down", self.folder], stdout=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, path, body=None, type=None, url=None):
        request = urllib.request.Request(url or self.url + path, data=body, method=method)
        request.add_header("Authorization", "Basic " + base64.b64encode(("%s:%s" % (self.user, self.password)).encode()).decode())
        request.add_header("Accept", "%s, %s" % (IMAGE, INDEX))
        if type:
            request.add_header("Content-Type", type)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def blob(self, repository, data):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        location = self.call("POST", "/v2/%s/blobs/uploads/" % repository, b"")[1]["Location"]
        status = self.call("PUT", "", data, "application/octet-stream", location + ("&" if "?" in location else "?") + "digest=" + digest)[0]
        if status != 201:
            raise RuntimeError("a blob was answered with %d" % status)
        return {"digest": digest, "size": len(data), "mediaType": "application/vnd.oci.image.layer.v1.tar"}

    def manifest(self, repository, tag, manifest):
        data = json.dumps(manifest).encode()
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        status, _, text = self.call("PUT", "/v2/%s/manifests/%s" % (repository, tag or digest), data, manifest["mediaType"])
        if status != 201:
            raise RuntimeError("a manifest was answered with %d: %s" % (status, text))
        return {"digest": digest, "size": len(data), "mediaType": manifest["mediaType"]}

    def image(self, repository, tag, *sizes, more=None):
        """Of layers of so many random bytes."""
        config = dict(self.blob(repository, json.dumps({"made": random.getrandbits(60)}).encode()), mediaType="application/vnd.oci.image.config.v1+json")
        return self.manifest(repository, tag, dict({"schemaVersion": 2, "mediaType": IMAGE, "config": config,
                                                    "layers": [self.blob(repository, random.randbytes(size)) for size in sizes]}, **(more or {})))

    def index(self, repository, tag, *size):
        children = [dict(self.image(repository, None, *size), platform=dict(os="linux", architecture=a)) for a in ("amd64", "arm64")]
        return self.manifest(repository, tag, {"schemaVersion": 2, "mediaType": INDEX, "manifests": children})

    def digest(self, repository, tag):
        status, headers, _ = self.call("HEAD", "/v2/%s/manifests/%s" % (repository, tag))
        return headers["Docker-Content-Digest"] if status == 200 else None

    def whole(self, repository, reference):
        """Every manifest and blob that it names is there, and is what its digest says."""
        status, _, text = self.call("GET", "/v2/%s/manifests/%s" % (repository, reference))
        if status != 200:
            return False
        manifest = json.loads(text)
        if "manifests" in manifest:
            return all(self.whole(repository, m["digest"]) for m in manifest["manifests"])
        for blob in [manifest["config"]] + manifest["layers"]:
            status, _, data = self.call("GET", "/v2/%s/blobs/%s" % (repository, blob["digest"]))
            if status != 200 or "sha256:" + hashlib.sha256(data).hexdigest() != blob["digest"]:
                return False
        return True

    def hooks(self, *urls):
        with open(self.folder + "/hooks", "w") as file:
            file.write("".join(url + "\n" for url in urls))
        subprocess.run([HERE + "/registry-up", self.folder, "127.0.0.1:%d" % self.port, self.user, self.password], check=True, stdout=sys.stderr)


class Relay:
    """A way to a port on which at most bytes_per_second go each way; cut_after: the first connection that brings so many is cut there, once."""

    def __init__(self, port, bytes_per_second=None, cut_after=None):
        self.to, self.rate, self.cut_after, self.cuts = port, bytes_per_second, cut_after, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = "http://127.0.0.1:%d" % self.port
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.socket.accept()
            far = socket.create_connection(("127.0.0.1", self.to))
            threading.Thread(target=self.move, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self.move, args=(far, near, False), daemon=True).start()

    def move(self, source, target, up):
        moved = 0
        try:
            while data := source.recv(65536):
                target.sendall(data)
                moved += len(data)
                if self.rate:
                    time.sleep(len(data) / self.rate)
                if up and self.cut_after and moved > self.cut_after and not self.cuts:
                    self.cuts += 1
                    break
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
                if self.cut_after:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # what was not read is lost: a reset
                    end.close()
            except OSError:
                pass
