"""A site behind a firewall: the lab, with its registry and cluster, and a server elsewhere, in a network namespace of its own, that reaches
nothing of it. From the site to the server everything goes; the other way nothing begins."""
import atexit
import os
import re
import signal
import subprocess
import tempfile
import time
import urllib.parse

from lib import BINARY, P, ROOT, Server, free_port, until  # noqa

HERE, THERE, CORPORATE = "10.98.0.1", "10.98.0.2", "10.98.0.3"  # the site, the server, and another address of the site
NAMESPACE = "slipway-elsewhere"
FAKES = os.path.join(ROOT, "tests/fakes")


def ip(*words, check=True):
    return subprocess.run(["ip", *words], check=check, capture_output=not check)


def iptables(*words, check=True):
    return subprocess.run(["iptables", "-w", *words], check=check, capture_output=not check)


def elsewhere(*words):
    return ["ip", "netns", "exec", NAMESPACE, *words]


def tear_down():
    ip("netns", "delete", NAMESPACE, check=False)
    ip("link", "delete", "site0", check=False)
    while iptables("-D", "INPUT", "-i", "site0", "-j", "SITE", check=False).returncode == 0:
        pass
    iptables("-F", "SITE", check=False)
    iptables("-X", "SITE", check=False)


def build():
    """What a run before left behind goes first."""
    tear_down()
    atexit.register(tear_down)
    ip("netns", "add", NAMESPACE)
    ip("link", "add", "site0", "type", "veth", "peer", "name", "eth0", "netns", NAMESPACE)
    for address in (HERE, CORPORATE):
        ip("address", "add", address + "/29", "dev", "site0")
    ip("link", "set", "site0", "up")
    ip("-n", NAMESPACE, "address", "add", THERE + "/29", "dev", "eth0")
    ip("-n", NAMESPACE, "link", "set", "eth0", "up")
    ip("-n", NAMESPACE, "link", "set", "lo", "up")
    iptables("-N", "SITE")
    iptables("-A", "SITE", "-m", "state", "--state", "ESTABLISHED,RELATED", "-j", "RETURN")
    iptables("-A", "SITE", "-j", "DROP")
    iptables("-I", "INPUT", "-i", "site0", "-j", "SITE")


class Elsewhere(Server):
    """The server, in its namespace; over TLS, as the proxy's link is in earnest."""
    scheme = "https"

    def __init__(self, *arguments):
        self.made = tempfile.mkdtemp(prefix="slipway-site-")
        self.cert, key = self.made + "/cert.pem", self.made + "/key.pem"
        subprocess.run(["faketime", "-f", "-2d", "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", self.cert,
                        "-days", "30", "-subj", "/CN=slipway", "-addext", "subjectAltName=IP:" + THERE], check=True, capture_output=True)
        self.tls = ["--tls-cert", self.cert, "--tls-key", key]
        os.environ["SSL_CERT_FILE"] = self.cert
        super().__init__(*arguments)

    def start(self):
        self.url = "https://%s:%d" % (THERE, self.port)
        log = open(self.folder + "/log", "ab")
        self.process = subprocess.Popen(elsewhere(BINARY, "serve", "--data", self.folder + "/data", "--listen", "%s:%d" % (THERE, self.port), "--external-url",
                                                  self.url, *self.tls, *self.arguments), stdout=log, stderr=log)
        atexit.register(self.process.kill)
        until(lambda: self.call("GET", "/readyz")[0] == 200, 60, "the server is ready")
        if not self.token:
            self.sign_in()

    def cloud_proxy(self, name="site"):
        return self.call("GET", P + "/cloud-proxies/" + name)[1]

    def validate(self, kind, properties, proxy="site", name="validated"):
        return self.call("POST", P + "/endpoint-validation", {"project": "default", "name": name, "type": kind, "cloudProxyId": proxy, "properties": properties})[1]


class Proxy:
    """slipway proxy, in the site."""

    def __init__(self, server, *arguments, name="site", wrap=(), url=None, state=None, token=True, start=True):
        self.server, self.name, self.arguments, self.wrap = server, name, arguments, wrap
        self.url = url or server.url
        self.folder = state or tempfile.mkdtemp(prefix="slipway-proxy-")
        self.token = server.make("/cloud-proxies/%s/tokens" % name, {})["token"] if token is True else token
        self.receive = free_port()
        self.process = None
        if start:
            self.start()

    def spawn(self):
        log = open(self.folder + "/log", "ab")
        token = ["--token", self.token] if self.token else []
        self.process = subprocess.Popen([*self.wrap, BINARY, "proxy", "--server", self.url, *token, "--name", self.name, "--ca", self.server.cert, "--state",
                                         self.folder + "/state", *self.arguments], stdout=log, stderr=log)
        atexit.register(self.process.kill)

    def start(self):
        before = self.links()
        self.spawn()
        try:
            until(lambda: self.links() > before, 20, "the proxy is linked")
        except RuntimeError as error:
            raise RuntimeError("%s; its log says: %s" % (error, self.log()[-800:]))

    def links(self):
        return self.log().count("connected to ")

    def log(self):
        path = self.folder + "/log"
        return open(path).read() if os.path.exists(path) else ""

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    def hook(self, url):
        """The server's URL of a webhook, at the proxy."""
        at = urllib.parse.urlsplit(url)
        return "http://%s:%d%s?%s" % (HERE, self.receive, at.path, at.query)

    def receives(self, journal=None):
        """Arguments by which it takes webhooks."""
        return ["--receive", "%s:%d" % (HERE, self.receive), "--journal", journal or self.folder + "/journal"]


def fake(name, *arguments):
    """A program of tests/fakes, until the story ends; ready when it says so."""
    process = subprocess.Popen(["python3", os.path.join(FAKES, name), *map(str, arguments)], stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    process.stdout.readline()
    return process


def seconds_of(log, pattern):
    """When lines of a log that match were written, as seconds of the day."""
    return [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in re.findall(r"T(\d+):(\d+):([\d.]+)Z [^\n]*" + pattern, log)]


def now():
    t = time.time()
    return t % 86400
