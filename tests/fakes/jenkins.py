"""A Jenkins that is not there: its remote API, as its documentation and wiki describe it, as far as a Jenkins task goes.

- Users log in by password or API token (Basic). Whoever uses a password must send a crumb with each POST, in the session that it was issued for
  (since 2.176.2); with a token none is needed.
- POST build and buildWithParameters answer 201 with a queue item as Location, made of the address that Jenkins is configured with (which is
  another here than the one it is asked at). Parameters that the job does not declare are left out. Two requests with the same parameters are one
  item while the first waits.
- An item waits for the quiet period, then names its executable; items that left are forgotten (`forget`). A build writes its console log, of which
  progressiveText sends what is new; positions count annotations, which are not sent.
What goes wrong is asked for: `break_next` answers 5xx, `lose_next` carries a request out and drops the connection, `hold` keeps it.
"""
import base64
import json
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONFIGURED = "http://jenkins.invalid:8080"
NOTE = "\x1b[8mha:////AAAA\x1b[0m"  # an annotation, which Jenkins keeps in a log and does not send


class Build:
    def __init__(self, job, number, item):
        self.job, self.number, self.item, self.began, self.result, self.log, self.ended = job, number, item, time.time(), None, "", None

    def write(self, line):
        self.log += NOTE + line + "\n"

    def end(self, result):
        if self.result is None:
            self.write("Finished: " + result)
            self.result, self.ended = result, time.time()

    def json(self):
        return {"_class": "hudson.model.FreeStyleBuild", "number": self.number, "url": "%s%s/%d/" % (CONFIGURED, self.job.path, self.number), "building": self.result is None, "result": self.result,
                "duration": int((self.ended - self.began) * 1000) if self.ended else 0, "estimatedDuration": 12000, "timestamp": int(self.began * 1000), "queueId": self.item.id,
                "actions": self.item.actions()}


class Item:
    def __init__(self, jenkins, job, parameters):
        jenkins.last_item += 1
        self.id, self.job, self.parameters, self.since, self.build, self.cancelled = jenkins.last_item, job, parameters, time.time(), None, False

    def actions(self):
        return [{"_class": "hudson.model.ParametersAction", "parameters": [{"name": n, "value": v} for n, v in self.parameters.items()]}] if self.parameters else []

    def json(self):
        left = self.build or self.cancelled
        more = {"executable": {"number": self.build.number, "url": self.build.json()["url"]}} if self.build else {}
        return dict({"_class": "hudson.model.Queue$LeftItem" if left else "hudson.model.Queue$WaitingItem", "id": self.id, "inQueueSince": int(self.since * 1000), "task": {"name": self.job.name},
                     "actions": self.actions(), "cancelled": self.cancelled, "why": None if left else "In the quiet period. Expires in 1 sec"}, **more)


class Job:
    """parameters: names with defaults. lines: what its builds say; result: how they end; runs: seconds; None: until they are ended."""

    def __init__(self, path, parameters=None, lines=("hello",), result="SUCCESS", runs=0.3, disabled=False):
        self.path, self.name = "".join("/job/" + urllib.parse.quote(p, safe="") for p in path.split("/")), path.split("/")[-1]
        self.parameters, self.lines, self.result, self.runs, self.disabled, self.builds, self.next = parameters, list(lines), result, runs, disabled, [], 1

    def json(self, jenkins):
        definitions = [{"name": n, "type": "StringParameterDefinition"} for n in self.parameters or {}]
        return {"_class": "hudson.model.FreeStyleProject", "name": self.name, "buildable": not self.disabled, "nextBuildNumber": self.next, "builds": [b.json() for b in reversed(self.builds)][:100],
                "inQueue": any(i.job is self and not i.build and not i.cancelled for i in jenkins.items), "property": [{"parameterDefinitions": definitions}] if definitions else []}


class Jenkins:
    def __init__(self, quiet=0.2):
        self.users, self.tokens, self.jobs, self.items, self.last_item, self.quiet = {"ann": "secret"}, {"ann": "11token"}, {}, [], 20, quiet
        self.asked, self.sessions, self.break_next, self.lose_next, self.hold, self.let_go, self.text_size, self.lock = [], {}, 0, 0, False, threading.Event(), True, threading.RLock()
        self.anonymous = False
        server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"jenkins": self}))
        server.daemon_threads = True
        self.url = "http://127.0.0.1:%d/ci" % server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()
        threading.Thread(target=self.work, daemon=True).start()

    def job(self, path, **more):
        job = Job(path, **more)
        self.jobs[job.path] = job
        return job

    def posts(self, what="build"):
        return [a for a in self.asked if a[0] == "POST" and what in a[1]]

    def queue(self, job, parameters):
        known = {n: parameters.get(n, v) for n, v in (job.parameters or {}).items()}
        with self.lock:
            for item in self.items:
                if item.job is job and not item.build and not item.cancelled and item.parameters == known:
                    return item
            item = Item(self, job, known)
            self.items.append(item)
            return item

    def forget(self):
        with self.lock:
            self.items = [i for i in self.items if not i.build and not i.cancelled]

    def work(self):
        while True:
            time.sleep(0.02)
            with self.lock:
                for item in self.items:
                    if not item.build and not item.cancelled and time.time() - item.since >= self.quiet:
                        item.build = Build(item.job, item.job.next, item)
                        item.job.next += 1
                        item.job.builds.append(item.build)
                        item.build.write("Started by user ann")
                        for line in item.job.lines:
                            item.build.write(line % item.parameters if "%(" in line else line)
                for job in self.jobs.values():
                    for build in job.builds:
                        if build.result is None and job.runs is not None and time.time() - build.began >= job.runs:
                            build.end(job.result)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body="", headers=()):
        data = (json.dumps(body) if isinstance(body, (dict, list)) else body).encode()
        self.send_response(status)
        for name, value in [("X-Jenkins", "2.440.1"), *headers]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        try:
            self.end_headers()
            self.wfile.write(data)
        except OSError:  # whoever asked was killed meanwhile
            self.close_connection = True

    def who(self):
        """(name, by token), or None."""
        j, header = self.jenkins, self.headers.get("Authorization") or ""
        if not header.startswith("Basic "):
            return ("anonymous", True) if j.anonymous else None
        name, _, secret = base64.b64decode(header[6:]).decode().partition(":")
        if j.tokens.get(name) == secret:
            return name, True
        return (name, False) if j.users.get(name) == secret else None

    def crumb(self, name):
        session = "s%d" % (len(self.jenkins.sessions) + 1)
        self.jenkins.sessions[session] = crumb = "crumb-of-" + session
        self.reply(200, {"_class": "hudson.security.csrf.DefaultCrumbIssuer", "crumb": crumb, "crumbRequestField": "Jenkins-Crumb"},
                   [("Set-Cookie", "JSESSIONID.ab=%s; Path=/; HttpOnly" % session), ("Set-Cookie", "other=1; Path=/")])

    def crumb_ok(self):
        session = re.search(r"JSESSIONID\.ab=(\w+)", self.headers.get("Cookie") or "")
        return session and self.jenkins.sessions.get(session.group(1)) == self.headers.get("Jenkins-Crumb")

    def answer(self):
        j = self.jenkins
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path, _, query = self.path.partition("?")
        form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True))
        j.asked.append((self.command, self.path, form))
        if j.break_next:
            j.break_next -= 1
            return self.reply(503, "<html>Jenkins is starting up</html>")
        if not path.startswith("/ci/"):
            return self.reply(404)
        path, who = path[3:], self.who()
        if not who:
            return self.reply(401, "<html>401</html>", [("WWW-Authenticate", 'Basic realm="Jenkins"')])
        if path == "/crumbIssuer/api/json":
            return self.crumb(who[0])
        if self.command == "POST" and not who[1] and not self.crumb_ok():
            return self.reply(403, "<html>No valid crumb was included in the request</html>", [("X-Error", "No valid crumb was included in the request")])
        if j.hold and self.command == "POST":
            j.let_go.wait(30)
        with j.lock:
            self.route(path, dict(urllib.parse.parse_qsl(query)), form, who[0])

    do_GET = do_POST = answer

    def route(self, path, query, form, name):
        j = self.jenkins
        if path == "/me/api/json":
            return self.reply(200, {"id": name, "fullName": name.title()})
        if path == "/api/json":
            return self.reply(200, {"mode": "NORMAL"})
        if path == "/queue/api/json":
            return self.reply(200, {"items": [i.json() for i in j.items if not i.build and not i.cancelled]})
        item = re.fullmatch(r"/queue/item/(\d+)/api/json", path)
        if item or path == "/queue/cancelItem":
            return self.item(int(item.group(1) if item else query["id"]), not item)
        for job in j.jobs.values():
            if path == job.path or path.startswith(job.path + "/"):
                return self.job(job, path[len(job.path):], query, form)
        if path.endswith("/api/json") and any(p.startswith(path[:-9] + "/job/") for p in j.jobs):
            return self.reply(200, {"_class": "com.cloudbees.hudson.plugins.folder.Folder", "name": "folder"})
        self.reply(404, "<html>Not Found</html>")

    def item(self, number, cancel):
        found = [i for i in self.jenkins.items if i.id == number]
        if not found:
            return self.reply(404)
        if cancel and not found[0].build:
            found[0].cancelled = True
        self.reply(204) if cancel else self.reply(200, found[0].json())

    def job(self, job, rest, query, form):
        j = self.jenkins
        if rest == "/api/json":
            return self.reply(200, job.json(j))
        if rest in ("/build", "/buildWithParameters"):
            if job.disabled:
                return self.reply(409, "", [("X-Error", "%s is not buildable" % job.name)])
            if (rest == "/build") == bool(job.parameters):
                return self.reply(400 if rest == "/build" else 500, "", [("X-Error", "This page expects a form submission" if rest == "/build" else "not parameterized")])
            item = j.queue(job, form)
            if j.lose_next:
                j.lose_next -= 1
                self.close_connection = True
                return self.connection.close()
            return self.reply(201, "", [("Location", "%s/queue/item/%d/" % (CONFIGURED, item.id))])
        number, _, what = rest[1:].partition("/")
        build = next((b for b in job.builds if str(b.number) == number), None)
        if not build:
            return self.reply(404)
        if what == "api/json":
            return self.reply(200, build.json())
        if what == "stop":
            build.write("Aborted by ann")
            build.end("ABORTED")
            return self.reply(302, "", [("Location", CONFIGURED + job.path + "/%d/" % build.number)])
        if what == "logText/progressiveText":
            headers = [("X-Text-Size", str(len(build.log)))] if j.text_size else []
            return self.reply(200, build.log[int(query.get("start", 0)):].replace(NOTE, ""), headers + ([("X-More-Data", "true")] if build.result is None else []))
        self.reply(404)
