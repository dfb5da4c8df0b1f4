"""Receivers of notifications, as strict as their vendors' documentation says: Slack's incoming webhooks (docs.slack.dev, "Sending messages using
incoming webhooks", "Rate limits"), Teams' webhooks (learn.microsoft.com, "Create an Incoming Webhook", "Adaptive Card schema")."""
import base64
import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def slack(body):
    """What Slack answers: (status, text)."""
    try:
        message = json.loads(body)
    except ValueError:
        return 400, "invalid_payload"
    if not isinstance(message, dict) or not any(message.get(k) for k in ("text", "blocks", "attachments")):
        return 400, "no_text"
    for attachment in message.get("attachments", []):
        for block in attachment.get("blocks", []):
            if block["type"] != "section" or not 0 < len(block["text"]["text"]) <= 3000 or block["text"]["type"] not in ("mrkdwn", "plain_text"):
                return 400, "invalid_blocks"
    return 200, "ok"


def teams(body):
    try:
        message = json.loads(body)
        [attachment] = message["attachments"]
        card = attachment["content"]
        good = message["type"] == "message" and attachment["contentType"] == "application/vnd.microsoft.card.adaptive" and card["type"] == "AdaptiveCard"
        good = good and card["version"] and len(body) < 28 * 1024 and all(b["type"] == "RichTextBlock" for b in card["body"])
        good = good and all(r["type"] == "TextRun" and r.get("weight", "default") in ("default", "lighter", "bolder") for b in card["body"] for r in b["inlines"])
    except (ValueError, KeyError, TypeError):
        good = False
    return (200, "1") if good else (400, "Bad payload received by generic incoming webhook.")


class Receivers:
    """POSTs as they came, by the last part of their path. answers: what a path answers before it takes anything, [(status, text, headers)]."""

    def __init__(self):
        self.posts, self.answers, self.lock = [], {}, threading.Lock()
        receivers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def take(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                name = self.path.rstrip("/").split("/")[-1].split("?")[0]
                with receivers.lock:
                    queue = receivers.answers.get(name)
                    answer = queue.pop(0) if queue else None
                if answer and answer[0] == "silence":
                    time.sleep(answer[1])
                    answer = (500, "late", {})
                status, text, more = answer if answer else (*{"slack": slack, "teams": teams}.get(name, lambda b: (200, "ok"))(body), {})
                with receivers.lock:
                    receivers.posts.append({"name": name, "path": self.path, "method": self.command, "body": body.decode(), "headers": dict(self.headers), "status": status, "text": text, "at": time.time()})
                self.send_response(status)
                for key, value in more.items():
                    self.send_header(key, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            do_POST = do_PUT = do_PATCH = take

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *of: None  # who asked died
        self.url = "http://127.0.0.1:%d" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def of(self, name, status=None):
        with self.lock:
            return [p for p in self.posts if p["name"] == name and status in (None, p["status"])]

    def keys(self, name):
        """Of what was taken: each key counts once, as a receiver that knows it again counts."""
        return {p["headers"]["Idempotency-Key"] for p in self.of(name, 200)}


class Jira:
    """Jira as its REST API 2 is documented (developer.atlassian.com, "Jira Server platform REST API": myself, issue, search). faults: what the next POSTs of
    issues meet: "lost" makes the ticket and never answers, "slow" answers late, a number is a status."""

    def __init__(self):
        self.issues, self.faults, self.lock = [], [], threading.Lock()
        jira = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, status, body):
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def let_in(self):
                good = self.headers.get("Authorization") in ("Basic " + base64.b64encode(b"anna:t0ken-of-anna").decode(), "Bearer p4t-of-anna")
                if not good:
                    self.answer(401, {"message": "Client must be authenticated to access this resource.", "status-code": 401})
                return good

            def do_GET(self):
                path, _, query = self.path.partition("?")
                if not self.let_in():
                    return
                if path == "/jira/rest/api/2/myself":
                    self.answer(200, {"name": "anna", "displayName": "Anna A.", "emailAddress": "anna@example.com", "active": True})
                elif path == "/jira/rest/api/2/search":
                    jql = urllib.parse.parse_qs(query)["jql"][0]
                    with jira.lock:
                        found = [{"key": i["key"]} for i in jira.issues if any('labels = "%s"' % l in jql for l in i["fields"].get("labels", [])) or
                                 any('~ "\\"%s\\""' % w in jql for w in i["fields"]["description"].split())]
                    self.answer(200, {"startAt": 0, "maxResults": 1, "total": len(found), "issues": found[:1]})
                else:
                    self.answer(404, {})

            def do_POST(self):
                fields = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["fields"]
                if self.path != "/jira/rest/api/2/issue" or not self.let_in():
                    return
                with jira.lock:
                    fault = jira.faults.pop(0) if jira.faults else None
                if isinstance(fault, int):
                    return self.answer(fault, {"errorMessages": ["out of order"], "errors": {}})
                errors = {}
                if fields["project"]["key"] not in ("OPS", "BARE"):
                    errors["project"] = "valid project is required"
                if fields["issuetype"]["name"] != "Bug":
                    errors["issuetype"] = "issue type is required"
                if "labels" in fields and fields["project"]["key"] == "BARE":
                    errors["labels"] = "Field 'labels' cannot be set. It is not on the appropriate screen, or unknown."
                if "assignee" in fields and fields["assignee"].get("name") != "berta":
                    errors["assignee"] = "User '%s' does not exist." % fields["assignee"].get("name")
                if len(fields["summary"]) > 255 or "\n" in fields["summary"]:
                    errors["summary"] = "The summary is invalid because it contains newline characters."
                if errors and fault: # it is for one that is made
                    with jira.lock:
                        jira.faults.insert(0, fault)
                if errors:
                    return self.answer(400, {"errorMessages": [], "errors": errors})
                with jira.lock:
                    issue = {"id": str(10000 + len(jira.issues)), "key": "%s-%d" % (fields["project"]["key"], len(jira.issues) + 1), "fields": fields}
                    jira.issues.append(issue)
                if fault == "lost":
                    self.close_connection = True
                    self.connection.shutdown(2)
                    return
                if fault == "slow":
                    time.sleep(1)
                self.answer(201, {"id": issue["id"], "key": issue["key"], "self": jira.url + "/rest/api/2/issue/" + issue["id"]})

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *of: None
        self.url = "http://127.0.0.1:%d/jira" % self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
