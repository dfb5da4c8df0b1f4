"""A Docker Hub of our own, for tests: the calls that Slipway makes of it, and faults that can be switched on.

Written from its documented calls: of the API reference (https://docs.docker.com/reference/api/hub/latest/)
  POST /v2/users/login                                     {username, password} -> {token}, or 401 {login_2fa_token}
  GET  /v2/repositories/{namespace}/{repository}/
  GET  /v2/namespaces/{namespace}/repositories/{repository}/tags?page=&page_size=
and, which Docker documents only by the step "Create a webhook" of its manual, as clients in use call it:
  GET, POST   /v2/repositories/{namespace}/{repository}/webhook_pipeline/     {name, webhooks: [{name, hook_url}]}
  PUT, DELETE /v2/repositories/{namespace}/{repository}/webhook_pipeline/{slug}/
and its registry, by the OCI distribution specification, open to everybody:
  HEAD /v2/{namespace}/{repository}/manifests/{tag}

    hub = DockerHub()                         # on a free port, in threads of its own
    hub.users["anna"] = "secret"; hub.repositories.add("acme/web")
    hub.fault("create", "hang_after")         # the next create is done, and never answered
    hub.hooks("acme/web")                     # [{"name", "slug", "url"}]
    hub.deliver("acme/web", "v1")             # posts to every hook, as a push would; their statuses
    hub.push("acme/web", "v1", "sha256:...")  # a tag's digest; stale=True: the list does not show it yet, the registry does
    hub.times                                 # when each request came

Faults: a status (401, 403, 404, 429 with Retry-After, 500, ...), and nothing (the connection closes), html, half (a body that
ends early), garbage, huge (2 MiB), empty (200 without a body), redirect (to hub.elsewhere), two_factor (of login),
hang_before and hang_after (what is asked is not done, or is done; no answer until release()).
As a program: docker_hub.py PORT USER PASSWORD NAMESPACE/REPOSITORY...
"""
import base64
import json
import re
import ssl
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

WHAT = {"POST": "create", "GET": "list", "PUT": "update", "DELETE": "delete"}
PAGE, TAGS_PAGE = 10, 100


def jwt(user, seconds):
    part = lambda o: base64.urlsafe_b64encode(json.dumps(o).encode()).decode().rstrip("=")
    now = int(time.time())
    return "%s.%s.%s" % (part({"alg": "none"}), part({"sub": user, "iat": now, "exp": now + seconds, "n": time.time()}), "fake")


class DockerHub:
    def __init__(self, port=0, certificate=None):
        """certificate: (PEM file, key file) for https."""
        self.users, self.repositories, self.tags = {}, set(), {}
        self.tokens, self.pipelines, self.faults, self.calls = {}, {}, [], []
        self.registry, self.times = {}, []
        self.two_factor, self.elsewhere, self.token_seconds, self.retry_after = set(), "http://127.0.0.1:1/", 3600, 1
        self.lock, self.released, self.hung = threading.RLock(), threading.Event(), threading.Event()
        hub = self

        class Handler(Answer):
            pass

        Handler.hub = hub
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = "%s://127.0.0.1:%d" % ("https" if certificate else "http", self.server.server_port)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.release()
        self.server.shutdown()
        self.server.server_close()

    def push(self, repository, tag, digest, stale=False):
        with self.lock:
            self.repositories.add(repository)
            self.registry[repository, tag] = digest
            if not stale:
                rows = self.tags.setdefault(repository, [])
                rows[:] = [{"name": tag, "digest": digest, "images": []}] + [r for r in rows if r["name"] != tag]

    def delete(self, repository, tag):
        with self.lock:
            self.registry.pop((repository, tag))
            self.tags[repository] = [r for r in self.tags[repository] if r["name"] != tag]

    def fault(self, what, kind, times=1):
        """what: login, list, create, update, delete, tags, head, any."""
        with self.lock:
            self.faults.append([what, kind, times])

    def clear(self):
        with self.lock:
            self.faults, self.calls = [], []
        self.release()

    def release(self):
        """What hangs may end."""
        self.released.set()
        self.released, self.hung = threading.Event(), threading.Event()

    def take_fault(self, what):
        with self.lock:
            for fault in self.faults:
                if fault[0] in (what, "any") and fault[2] > 0:
                    fault[2] -= 1
                    return fault[1]
        return None

    def hooks(self, repository):
        with self.lock:
            return [{"name": h["name"], "slug": h["slug"], "url": h["webhooks"][0]["hook_url"]} for h in self.pipelines.get(repository, [])]

    def add_hook(self, repository, name, url):
        with self.lock:
            slug = re.sub("[^a-z0-9-]", "-", name.lower())
            now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            hook = {"name": name, "slug": slug, "expect_final_callback": False, "created": now, "last_updated": now,
                    "webhooks": [{"name": name, "hook_url": url, "created": now, "last_updated": now}]}
            self.pipelines.setdefault(repository, []).append(hook)
            return hook

    def deliver(self, repository, tag, url=None, pushed_at=None):
        """pushed_at: seconds, else now. url: instead of a hook's beginning, for a server that is reached elsewhere."""
        namespace, name = repository.split("/")
        body = json.dumps({"callback_url": "https://registry.hub.docker.com/u/%s/hook/x/" % repository,
                           "push_data": {"pushed_at": pushed_at or int(time.time()), "pusher": "anna", "tag": tag, "images": []},
                           "repository": {"repo_name": repository, "name": name, "namespace": namespace, "owner": namespace, "status": "Active",
                                          "is_private": False, "repo_url": "https://hub.docker.com/r/" + repository}}).encode()
        statuses = []
        for hook in self.hooks(repository):
            parts = urllib.parse.urlsplit(hook["url"])
            target = (url or "%s://%s" % (parts.scheme, parts.netloc)) + parts.path + "?" + parts.query
            request = urllib.request.Request(target, data=body, headers={"Content-Type": "application/json", "User-Agent": "Go-http-client/1.1"})
            try:
                with urllib.request.urlopen(request, timeout=10) as answer:
                    statuses.append(answer.status)
            except urllib.error.HTTPError as error:
                statuses.append(error.code)
        return statuses


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub = None

    def log_message(self, *_):
        pass

    def send(self, status, body=b"", kind="application/json", headers=(), length=None):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def faulty(self, kind):
        """Answers by a fault; True when the request is done with."""
        if kind is None or kind == "hang_after":
            return False
        self.close_connection = True
        if kind == "hang_before":
            self.hang()
        elif kind == "html":
            self.send(200, b"<html><h1>Welcome</h1></html>", "text/html; charset=utf-8")
        elif kind == "half":
            self.send(200, b'{"count": 1, "results": [{"na', length=5000)
        elif kind == "garbage":
            self.send(200, b'{"count": 1, "results": ')
        elif kind == "huge":
            self.send(200, b'{"results": ["' + b"x" * (2 << 20) + b'"]}')
        elif kind == "empty":
            self.send(200)
        elif kind == "redirect":
            self.send(302, b"", headers=[("Location", self.hub.elsewhere)])
        elif kind == "two_factor":
            self.send(401, {"detail": "Require secondary authentication on MFA enabled account", "login_2fa_token": jwt("x", 60)})
        elif isinstance(kind, int):
            words = {401: "Incorrect authentication credentials", 403: "access forbidden", 404: "object not found", 429: "Rate limit exceeded",
                     500: "internal server error"}
            self.send(kind, {"detail": words.get(kind, "fault %d" % kind)}, headers=[("Retry-After", str(self.hub.retry_after))] if kind == 429 else [])
        return True

    def hang(self):
        released, self.close_connection = self.hub.released, True
        self.hub.hung.set()
        released.wait(60)

    def handle_one(self):
        hub = self.hub
        parts = urllib.parse.urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        what = "login" if parts.path.startswith("/v2/users/login") else WHAT.get(self.command, "?") if "/webhook_pipeline/" in parts.path else \
            "tags" if parts.path.endswith("/tags") else "head" if self.command == "HEAD" else "other"
        with hub.lock:
            hub.calls.append((what, self.command, self.path))
            hub.times.append(time.time())
        kind = hub.take_fault(what)
        if self.faulty(kind):
            return
        with hub.lock:
            answer = self.answer(what, parts, body)
        if kind == "hang_after":
            self.hang()
        else:
            self.send(*answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_one

    def user(self):
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        user, ends = self.hub.tokens.get(token, (None, 0))
        return user if scheme in ("Bearer", "JWT") and ends > time.time() else None

    def answer(self, what, parts, body):
        if what == "login":
            return self.login(json.loads(body))
        if what == "head":
            return self.head(parts.path)
        found = re.fullmatch("/v2/(?:repositories|namespaces)/([a-z0-9_-]+)/(?:repositories/)?([a-z0-9._-]+)/(tags|webhook_pipeline)?/?([^/]*)/?", parts.path)
        if not found:
            return 404, {"detail": "Not found."}
        repository = "%s/%s" % found.group(1, 2)
        if repository not in self.hub.repositories:
            return 404, {"message": "object not found", "errinfo": {}}
        query = dict(urllib.parse.parse_qsl(parts.query))
        if found.group(3) == "tags":
            return self.page(self.hub.tags.get(repository, []), query, TAGS_PAGE)
        if not self.user():
            return 401, {"detail": "Authentication credentials were not provided."}
        if found.group(3) == "webhook_pipeline":
            return self.pipeline(what, repository, found.group(4), query, body)
        return 200, {"name": found.group(2), "namespace": found.group(1), "is_private": False}

    def login(self, given):
        name, password = given.get("username"), given.get("password")
        if self.hub.users.get(name) != password:
            return 401, {"detail": "Incorrect authentication credentials"}
        if name in self.hub.two_factor and not password.startswith("dckr_pat_"):
            return 401, {"detail": "Require secondary authentication on MFA enabled account", "login_2fa_token": jwt(name, 60)}
        token = jwt(name, self.hub.token_seconds)
        self.hub.tokens[token] = (name, time.time() + self.hub.token_seconds)
        return 200, {"token": token}

    def head(self, path):
        found = re.fullmatch("/v2/(.+)/manifests/([^/]+)", path)
        digest = self.hub.registry.get(found.groups()) if found else None
        if not digest:
            return 404, b""
        return 200, b"", "application/vnd.oci.image.manifest.v1+json", [("Docker-Content-Digest", digest)]

    def page(self, rows, query, most=PAGE):
        size, number = min(int(query.get("page_size", 10)), most), int(query.get("page", 1))
        more = len(rows) > size * number
        return 200, {"count": len(rows), "next": self.hub.url + "/next?page=%d" % (number + 1) if more else None, "previous": None,
                     "results": rows[size * (number - 1):size * number]}

    def pipeline(self, what, repository, slug, query, body):
        hooks = self.hub.pipelines.setdefault(repository, [])
        found = next((h for h in hooks if h["slug"] == slug), None)
        if what == "list":
            return self.page(hooks, query)
        if what != "create" and not found:
            return 404, {"detail": "object not found"}
        if what == "delete":
            hooks.remove(found)
            return 204, b""
        given = json.loads(body)
        url = given["webhooks"][0]["hook_url"]
        if len(url) > 255:
            return 400, {"webhooks": [{"hook_url": ["Ensure this field has no more than 255 characters."]}]}
        if what == "create":
            if any(h["name"] == given["name"] for h in hooks):
                return 400, {"name": ["A webhook with this name exists already."]}
            return 201, self.hub.add_hook(repository, given["name"], url)
        found["webhooks"] = [{"name": given["name"], "hook_url": url}]
        return 200, found


if __name__ == "__main__":
    one = DockerHub(int(sys.argv[1]))
    one.users[sys.argv[2]] = sys.argv[3]
    one.repositories.update(sys.argv[4:])
    print(one.url, flush=True)
    threading.Event().wait()
