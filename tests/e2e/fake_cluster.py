"""A Kubernetes API just large enough for ConfigMaps and CronJobs, written from the API's documentation: discovery, GET, server-side apply.
It stands in for a real cluster only where hundreds of restarts must be quick; it remembers who applied what."""
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RESOURCES = {"kind": "APIResourceList", "groupVersion": "v1",
             "resources": [{"name": "configmaps", "singularName": "", "namespaced": True, "kind": "ConfigMap",
                            "verbs": ["get", "patch", "create", "delete", "list", "watch"]}]}


JOBS = {"kind": "APIResourceList", "groupVersion": "batch/v1",
        "resources": [{"name": "cronjobs", "singularName": "", "namespaced": True, "kind": "CronJob",
                       "verbs": ["get", "patch", "create", "delete", "list", "watch"]}]}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def name(self):
        return self.path.split("?")[0].rsplit("/", 1)[1]

    def do_GET(self):
        if self.path.split("?")[0] == "/api/v1":
            return self.answer(200, RESOURCES)
        if self.path.split("?")[0] == "/apis/batch/v1":
            return self.answer(200, JOBS)
        found = self.server.objects.get(self.name())
        if found:
            return self.answer(200, found)
        self.answer(404, {"kind": "Status", "status": "Failure", "reason": "NotFound", "code": 404, "message": "not found"})

    def do_PATCH(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            if "dryRun=All" in self.path:
                self.server.dry_runs += 1
                known = self.server.objects.get(self.name(), {"metadata": {"uid": "u-" + self.name()}})["metadata"]
                for key in ("uid", "creationTimestamp", "generation"):
                    if key in known:
                        body["metadata"][key] = known[key]
                return self.answer(200, body)
            self.server.version += 1
            body["metadata"]["resourceVersion"] = str(self.server.version)
            body["metadata"].setdefault("uid", "u-" + self.name())
            body["metadata"].setdefault("creationTimestamp", "2026-11-01T08:00:00Z")
            body["metadata"]["generation"] = self.server.version
            self.server.objects[self.name()] = body
        self.answer(200, body)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/selfsubjectaccessreviews"):
            return self.answer(201, dict(body, status={"allowed": self.server.allows}))
        if "dryRun=All" in self.path:
            self.server.dry_runs += 1
            return self.answer(201, body)
        self.answer(405, {"kind": "Status", "status": "Failure", "reason": "MethodNotAllowed", "code": 405, "message": "not here"})


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, address):
        pass  # a client that is killed is what the tests are about


def start():
    """The server, in a thread of its own; .objects is what was applied, by name."""
    server = Server(("127.0.0.1", 0), Handler)
    server.objects, server.lock, server.version, server.dry_runs, server.allows = {}, threading.Lock(), 0, 0, True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
