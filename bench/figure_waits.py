"""Ten thousand executions that wait for people, for a time and for an answer: what a server takes for each, and what it does meanwhile."""
import http.server
import threading
import time

from figures import Server, end, head, megabytes, metric, pipeline, processor, restarted, row, until
from figure_runs import ask

EACH, CLIENTS, QUIET = 50, 8, 30  # 50 is the most a pipeline runs at once
KINDS = {
    "approvals": (80, {"type": "UserOperation", "input": {"approvers": ["admin"], "summary": "${input.tag}?", "expiration": 3, "expirationUnit": "days"}}),
    "Wait tasks": (60, {"type": "Wait", "input": {"duration": "1d"}}),
    "POLL tasks": (60, {"type": "POLL", "input": {"url": "%s", "pollIntervalSeconds": 3600, "pollCount": 100, "exitCriteria": {"success": "${responseBody.done} == true"}}}),
}


class NotYet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    asked = 0

    def do_GET(self):
        NotYet.asked += 1
        self.send_response(200)
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b'{"done": false}')

    def log_message(self, *_):
        pass


class Peer(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, *_):
        pass  # a server that is stopped hangs up


def begin(server, kind, url):
    count, task = KINDS[kind]
    names = ["%s%d" % (kind.split()[0].lower(), i) for i in range(count)]
    task = dict(task, input={k: v % url if v == "%s" else v for k, v in task["input"].items()})
    for name in names:
        server.make("/pipelines", pipeline(name, task, input={"tag": "v1"}, concurrency=EACH))
    clients = [threading.Thread(target=lambda mine: [ask(server, EACH, name) for name in mine], args=(names[i::CLIENTS],)) for i in range(CLIENTS)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    return count * EACH


def quiet(server):
    before, began = processor(server), time.time()
    time.sleep(QUIET)
    return (processor(server) - before) / (time.time() - began) * 100


def measure():
    total = sum(count for count, _ in KINDS.values()) * EACH
    head("%d executions that wait" % total)
    peer = Peer(("127.0.0.1", 0), NotYet)
    threading.Thread(target=peer.serve_forever, daemon=True).start()
    server, waiting = Server("--log-level", "warn"), 0
    before = megabytes(server)
    try:
        for kind in KINDS:
            began, at = time.time(), megabytes(server)
            waiting += begin(server, kind, "http://127.0.0.1:%d/" % peer.server_port)
            until(lambda: metric(server, "tasks_running") == waiting, 120, "all wait")
            row("%d %s" % (KINDS[kind][0] * EACH, kind), "%.1f KB each, begun in %.1f s" % ((megabytes(server) - at) * 1024 / (KINDS[kind][0] * EACH), time.time() - began))
        until(lambda: NotYet.asked >= KINDS["POLL tasks"][0] * EACH, 120, "each POLL has asked once")
        time.sleep(5)
        row("memory, all waiting", "%.0f MB (%.0f MB before)" % (megabytes(server), before), "under 200 MB")
        row("one core's time, nothing happens for %d s" % QUIET, "%.2f %%" % quiet(server), "under 0.5 %")
        began = time.time()
        restarted(server)
        until(lambda: metric(server, "tasks_running") == waiting, 120, "all wait again")
        row("a restart, until they all wait again / memory then", "%.1f s / %.0f MB" % (time.time() - began, megabytes(server)))
    finally:
        end(server)
        peer.shutdown()
