"""The page in Debian's Chromium: what the first load weighs, when it can be used, how soon an event is seen, whether long lists scroll."""
import json
import os
import subprocess

from figures import Cluster, HERE, P, Server, deploys, end, head, listener, restarted, row, until
from figure_million import YAML, fill, one_run

RUNS, STAGES, TASKS = 10000, 10, 20


def large_run(server):
    """A run of 200 tasks, done."""
    task = deploys("x", YAML)["stages"]["Deploy"]["tasks"]["Site"]
    stages = {"Stage %d" % s: {"taskOrder": ["Task %d" % t for t in range(TASKS)], "tasks": {"Task %d" % t: task for t in range(TASKS)}} for s in range(STAGES)}
    server.make("/pipelines", dict(deploys("large", YAML), stageOrder=list(stages), stages=stages))
    run = server.make("/pipelines/default/large/executions", {"input": {"DOCKER_TAG": "t1"}})["executionId"]
    until(lambda: server.call("GET", P + "/executions/" + run)[1]["status"] == "COMPLETED", 120, "the large run is over")
    return run


def in_browser(server, run):
    """What bench/page.mjs measured."""
    out = subprocess.check_output(["node", os.path.join(HERE, "page.mjs"), server.url, server.api_token, run, server.url + listener(server, "hub")], timeout=560)
    return json.loads(out)


def measure():
    head("the page: %d executions, a run of %d tasks" % (RUNS, STAGES * TASKS))
    server, cluster = Server("--log-level", "warn"), Cluster()
    try:
        one_run(server, cluster)
        run = large_run(server)
        fill(server, RUNS)
        restarted(server)
        told = in_browser(server, run)
        row("first load over the wire, until the list stands", "%.0f KB" % (told["bytes"] / 1000), "under 150 KB")
        row("  of that the page itself, without the API's answers", "%.0f KB" % (told["shell"] / 1000), "")
        row("until menu and page can be used, CPU slowed 4 times", "%.0f ms" % told["frame"], "under 500 ms")
        row("  until 50 rows of the list stand there too", "%.0f ms" % told["usable"])
        row("the same, CPU not slowed", "%.0f ms" % told["usable_fast"], "")
        row("a push on the screen after", "%.0f ms in the middle, %.0f ms at most of %d" % (told["event"], told["event_most"], told["events"]), "under 300 ms")
        for what, said in (("bare", "an empty page, the browser's own limit here"), ("list", "%d executions" % RUNS), ("run", "a run of %d tasks" % (STAGES * TASKS)), ("model", "a pipeline of %d tasks" % (STAGES * TASKS))):
            one = told[what]
            row("scrolling through %s: frames late" % said, "%d of %d, the longest %.0f ms" % (one["late"], one["frames"], one["longest"]), "none")
    finally:
        end(server)
        cluster.stop()
