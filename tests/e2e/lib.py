"""What the stories share: a server of their own inside the lab, its API, and lines that ./dev test counts."""
import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB = os.path.join(ROOT, "tests/lab/lab")
BINARY = os.environ.get("SLIPWAY_BINARY", os.path.join(ROOT, "build/slipway"))
P = "/pipeline/api"
failed = 0
os.environ.setdefault("SLIPWAY_SWEEP", "false")  # only its own stories want to be told of pushes by two


def check(name, good, why=""):
    global failed
    failed += not good
    print("ok %s" % name if good else "not ok %s: %s" % (name, why), flush=True)


def skip(name, why):
    print("skip %s: %s" % (name, why), flush=True)


def lab(*words, timeout=120):
    """A lab command's output; every story runs inside the lab, where all but up and down works too."""
    done = subprocess.run([LAB, *words], capture_output=True, text=True, timeout=timeout)
    if done.returncode:
        raise RuntimeError("lab %s: %s%s" % (" ".join(words), done.stdout, done.stderr))
    return done.stdout


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """slipway serve, on a folder and a free port of its own."""

    wrap = ()  # a command that starts the server's
    scheme = "http"

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp(prefix="slipway-e2e-")
        self.port, self.arguments, self.process, self.token = free_port(), arguments, None, None
        self.url = "%s://127.0.0.1:%d" % (self.scheme, self.port)
        self.start()

    def data(self):
        """The data folder, as it is seen from here."""
        return self.folder + "/data"

    def start(self):
        log = open(self.folder + "/log", "ab")
        self.process = subprocess.Popen([*self.wrap, BINARY, "serve", "--data", self.folder + "/data", "--listen", "127.0.0.1:%d" % self.port,
                                         "--external-url", self.url, *self.arguments], stdout=log, stderr=log)
        atexit.register(self.process.kill)  # also of a story that broke off
        until(lambda: self.call("GET", "/readyz")[0] == 200, 60, "the server is ready")
        if not self.token:
            self.sign_in()

    def sign_in(self):
        self.api_token = open(self.data() + "/admin.token").read().strip()
        self.token = self.call("POST", "/csp/gateway/am/api/auth/api-tokens/authorize", "refresh_token=" + self.api_token,
                               {"Content-Type": "application/x-www-form-urlencoded"})[1]["access_token"]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            return "did not stop"

    def log(self):
        return open(self.folder + "/log").read()

    def call(self, method, path, body=None, headers=None, url=None):
        data = body if body is None or isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        request = urllib.request.Request((url or self.url) + path, data=data, method=method)
        if data is not None and not (headers and "Content-Type" in headers):
            request.add_header("Content-Type", "application/json")
        if self.token:
            request.add_header("Authorization", "Bearer " + self.token)
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        except OSError as error:
            return 0, str(error)
        try:
            return status, json.loads(text)
        except ValueError:
            return status, text.decode(errors="replace")

    def make(self, kind, body):
        status, answer = self.call("POST", P + kind, body)
        if not 200 <= status < 300:
            raise RuntimeError("POST %s: %s %s" % (kind, status, answer))
        return answer

    def documents(self, path):
        answer = self.call("GET", P + path)[1]
        return [answer["documents"][link] for link in answer["links"]]

    def events(self):
        return self.documents("/registry-events?expand=true")

    def executions(self):
        return [self.call("GET", e["_link"])[1] for e in self.documents("/executions?$orderby=_requestTimeInMicros%20asc")]


def until(done, seconds, what):
    end = time.time() + seconds
    while time.time() < end:
        answer = done()
        if answer:
            return answer
        time.sleep(0.05)
    raise RuntimeError("not within %d s: %s" % (seconds, what))


DEPLOYMENT = """apiVersion: apps/v1
kind: Deployment
metadata: {name: site, namespace: %s}
spec:
  replicas: 1
  progressDeadlineSeconds: 60
  selector: {matchLabels: {app: site}}
  template:
    metadata: {labels: {app: site}}
    spec:
      containers:
      - name: site
        image: ${input.DOCKER_REGISTRY}/${input.DOCKER_IMAGE}:${input.DOCKER_TAG}
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /index.html, port: 8080}, periodSeconds: 1}
"""

INPUTS = ["DOCKER_EVENT_OWNER_NAME", "DOCKER_IMAGE", "DOCKER_REPO_NAME", "DOCKER_REPO_NAMESPACE", "DOCKER_TAG", "DOCKER_REGISTRY",
          "DOCKER_DIGEST"]


def pipeline(name, task, **more):
    return dict({"project": "default", "name": name, "kind": "PIPELINE", "enabled": True, "concurrency": 1,
                 "options": ["DOCKER_TRIGGER"], "input": {k: "" for k in INPUTS}, "stageOrder": ["Deploy"],
                 "stages": {"Deploy": {"taskOrder": ["Site"], "tasks": {"Site": task}}}}, **more)


def k8s_task(action, yaml, **more):
    return {"type": "K8S", "endpoints": {"kubernetesServer": "cluster", "dockerRegistry": "registry"},
            "input": dict({"action": action, "timeout": 2, "yaml": yaml}, **more)}


def endpoints(server):
    server.make("/endpoints", {"project": "default", "name": "registry", "type": "dockerregistry",
                               "properties": {"serverType": "distribution", "repoURL": os.environ["REGISTRY_URL"],
                                              "username": os.environ["REGISTRY_USER"], "password": os.environ["REGISTRY_PASSWORD"]}})
    server.make("/endpoints", {"project": "default", "name": "cluster", "type": "k8s",
                               "properties": {"kubeconfig": open(os.environ["KUBECONFIG"]).read()}})


def webhook(server, name="site", **more):
    return server.make("/registry-webhooks", dict({"project": "default", "name": name, "endpoint": "registry", "pipeline": "deploy",
                                                   "imageNameRegExPattern": "acme/site", "tagNamePattern": ".*", "runLimit": 0,
                                                   "refreshToken": server.api_token}, **more))


def ended(server, count):
    """The executions, once so many are over."""
    def look():
        all_of_them = server.executions()
        over = [e for e in all_of_them if e["status"] in ("COMPLETED", "FAILED", "CANCELED")]
        return all_of_them if len(over) >= count else None
    return until(look, 90, "%d executions are over; the log says:\n%s" % (count, server.log()[-1500:]))


def task_of(execution):
    return execution["stages"]["Deploy"]["tasks"]["Site"]


def inside(main):
    """Runs main inside the lab; says skip where there is no cluster."""
    name = os.path.basename(sys.argv[0])
    if "KUBECONFIG" not in os.environ or "LAB_ADDR" not in os.environ:
        up = subprocess.run([LAB, "up"], stdout=sys.stderr)
        if up.returncode == 3:
            skip(name, "no cluster can be built here")
            sys.exit(0)
        if up.returncode:
            check(name, False, "the lab did not come up")
            sys.exit(1)
        sys.exit(subprocess.run([LAB, "exec", sys.executable, os.path.abspath(sys.argv[0])]).returncode)
    try:
        main()
    except Exception as error:  # a story that broke off is a failure with its reason
        check(name, False, str(error).replace("\n", " | "))
    sys.exit(1 if failed else 0)
