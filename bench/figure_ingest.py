"""Deliveries a second, each on the disk before its answer; beside the disk, bare SQLite, a static answer and Debian's webhook."""
import json
import os
import re
import subprocess

from figures import HERE, MADE, ROOT, Server, Wrk, deploys, end, fdatasyncs, free_port, head, hub_endpoint, megabytes, row, trigger, until

PUSHES = ("-s", os.path.join(HERE, "push.lua"))
CLOSE = ("-H", "Connection: close")


def group_commits():
    """What SQLite alone makes of 32 rows in a commit, rows a second."""
    folder = os.path.join(ROOT, "build-bench")
    if not os.path.exists(folder + "/build.ninja"):
        subprocess.check_call(["meson", "setup", folder, ROOT, "-Dbench=true", "--buildtype=release"], stdout=subprocess.DEVNULL)
    subprocess.check_call(["ninja", "-C", folder, "bench/bench_db"], stdout=subprocess.DEVNULL)
    out = subprocess.check_output([folder + "/bench/bench_db", MADE, "1"], text=True)
    return float(re.search(r"SQLite alone: rows, 32 in each commit +(\d+)/s", out).group(1))


def peer():
    """Debian's webhook, which keeps nothing and runs /bin/true."""
    port, hooks = free_port(), os.path.join(MADE, "hooks.json")
    json.dump([{"id": "push", "execute-command": "/bin/true"}], open(hooks, "w"))
    process = subprocess.Popen(["webhook", "-ip", "127.0.0.1", "-port", str(port), "-hooks", hooks], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = "http://127.0.0.1:%d/hooks/push" % port
    try:
        until(lambda: subprocess.call(["curl", "-sf", "-o", "/dev/null", url]) == 0, 10, "webhook answers")
        return Wrk(url, *PUSHES), Wrk(url, *PUSHES, *CLOSE)
    finally:
        process.kill()
        process.wait()


def pending(server):
    import sqlite3
    with sqlite3.connect("file:%s/slipway.db?mode=ro" % server.data(), uri=True) as db:
        return db.execute("SELECT COUNT(*) FROM deliveries WHERE state = 0").fetchone()[0]


def measure():
    head("Ingest: Docker Hub's body of 1.4 KB, 50 webhooks, 64 connections, each delivery committed before its 200")
    server = Server("--log-level", "warn")
    server.make("/pipelines", deploys("deploy", "kind: ConfigMap"))
    url = hub_endpoint(server)
    for i in range(50):
        trigger(server, "w%d" % i, "deploy", "acme/site%d" % i)
    syncs, static = fdatasyncs(), Wrk(server.url + "/healthz")
    kept, fresh = Wrk(url, *PUSHES), Wrk(url, *PUSHES, *CLOSE)
    until(lambda: pending(server) == 0, 300, "all are matched")
    memory = megabytes(server)
    end(server)
    groups, (peer_kept, peer_fresh) = group_commits(), peer()
    row("kept connections", kept, "10,000/s, p99 under 50 ms")
    row("a new connection for each", fresh, "6,000/s")
    row("webhook running /bin/true, kept connections", peer_kept)
    row("webhook running /bin/true, a new connection each", peer_fresh)
    row("Slipway : webhook", "%.1f : 1 kept, %.1f : 1 new" % (kept.rate / peer_kept.rate, fresh.rate / peer_fresh.rate), "1.5 : 1")
    row("bare fdatasync of 4 KB", "%.0f/s (%.2f ms)" % (syncs, 1000 / syncs))
    row("  deliveries for each of them", "%.1f" % (kept.rate / syncs))
    row("SQLite alone, 32 rows in a commit", "%.0f/s; Slipway has %.0f %% of it" % (groups, 100 * kept.rate / groups), "70 % where fdatasync is slow")
    row("static 200 of the same server", "%s; Slipway's ingest is %.0f %% of it" % (static, 100 * kept.rate / static.rate))
    row("memory after it", "%.1f MB" % memory)
