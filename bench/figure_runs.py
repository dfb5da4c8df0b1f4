"""Runs of a pipeline of 3 stages and 12 Condition tasks, fifty at a time: from the first request to the last end."""
import http.client
import json
import threading
import time

from figures import Server, end, head, megabytes, processor, row, until

RUNS, CLIENTS = 1000, 8


def conditions():
    """Four tasks a stage, two of them side by side."""
    stage = {"taskOrder": ["A", "B,C", "D"], "tasks": {name: {"type": "Condition", "input": {"condition": "${input.tag} != 'latest' && 2 > 1"}} for name in "ABCD"}}
    return {"project": "default", "name": "conditions", "kind": "PIPELINE", "enabled": True, "concurrency": 50, "input": {"tag": "v1"}, "stageOrder": ["S1", "S2", "S3"],
            "stages": {"S1": stage, "S2": stage, "S3": stage}}


def ask(server, count, name="conditions"):
    """Over one connection: the clients' own work is not what is measured."""
    body = json.dumps({"input": {"tag": "v1"}}).encode()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    for _ in range(count):
        connection.request("POST", "/pipeline/api/pipelines/default/%s/executions" % name, body, {"Content-Type": "application/json", "Authorization": "Bearer " + server.token})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status < 300, said
    connection.close()


def ended(server, what):
    return server.call("GET", "/pipeline/api/executions?$top=1&$filter=" + what)[1]["totalCount"]


def finished(server):
    text = server.call("GET", "/metrics")[1]
    return int(float(next(line.split()[1] for line in text.splitlines() if line.startswith("slipway_executions_finished_total"))))


def measure():
    head("Runs of Condition tasks")
    server = Server("--log-level", "warn")
    server.make("/pipelines", conditions())
    ask(server, 20)
    until(lambda: finished(server) == 20, 30, "the first runs are over")
    began, used = time.time(), processor(server)
    clients = [threading.Thread(target=ask, args=(server, RUNS // CLIENTS)) for _ in range(CLIENTS)]
    for c in clients:
        c.start()
    for c in clients:
        c.join()
    asked = time.time() - began
    until(lambda: finished(server) == RUNS + 20, 300, "all runs are over")
    took, used = time.time() - began, processor(server) - used
    good = ended(server, "status%20eq%20'COMPLETED'")
    assert good >= 1000, good
    row("%d runs of 3 stages and 12 Condition tasks" % RUNS, "%.0f runs/s, %.0f task ends/s" % (RUNS / took, 12 * RUNS / took), "500 runs/s")
    row("the server's processor time for each run", "%.2f ms" % (used * 1000 / RUNS), "under 2 ms")
    row("until all were asked for / memory", "%.1f s / %.0f MB" % (asked, megabytes(server)))
    end(server)
