"""A storm: 100,000 deliveries in bursts, 1 in 20 of a push that a webhook takes, with repeats and out of order. Nothing is lost, every
push is one run, the queue drains steadily, and the API answers meanwhile."""
import http.client
import multiprocessing
import os
import random
import selectors
import socket
import sqlite3
import time
import urllib.parse

from figures import P, Cluster, Server, cluster_endpoint, deploys, end, head, hub_endpoint, megabytes, percentiles, row, trigger

YAML = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'p-${input.DOCKER_TAG}', namespace: default}\ndata: {tag: '${input.DOCKER_TAG}'}\n"
COUNT = int(os.environ.get("SLIPWAY_STORM", "100000"))
BURSTS, SENDERS, CONNECTIONS, WEBHOOKS, PAUSE = 20, 2, 32, 50, 1.0
ASKED = (P + "/registry-events?expand=true&$top=20", P + "/executions?$top=20", P + "/registry-webhooks?$top=20", P + "/pipelines/default/deploy",
         P + "/registry-webhooks/default/w7", P + "/registry-events?$filter=status%20eq%20'COMPLETED'&$top=20")


def body(image, tag, at, retold=False):
    namespace, name = image.split("/")
    more = '"callback_url":"https://registry.hub.docker.com/u/again/",' if retold else ""
    return ('{%s"push_data":{"pushed_at":%d,"pusher":"bench","tag":"%s"},"repository":{"name":"%s","namespace":"%s","owner":"%s",'
            '"repo_name":"%s","status":"Active"}}' % (more, at, tag, name, namespace, namespace, image))


def deliveries():
    """All bodies as they are sent, and the tags of the pushes that must run. One in ten tells what was told: most byte by byte, at any
    time later; some in other words, soon after the first, as another hook of the same repository does."""
    chance, out, must = random.Random(7), [], []
    unique = COUNT * 9 // 10
    for i in range(unique):
        at = 1700000000 + i
        if i % 20 == 0:
            must.append("t%d" % i)
            push = ("acme/site%d" % chance.randrange(WEBHOOKS), must[-1], at)
        elif i % 2:
            push = ("acme/site%d" % chance.randrange(WEBHOOKS), "nightly-%d" % i, at)
        else:
            push = ("acme/other%d" % i, "latest", at)
        out.append((i + chance.random() * COUNT / 100, body(*push)))  # out of order, within a hundredth of all
    for i in range(COUNT - unique):
        place, text = out[chance.randrange(unique)]
        soon = i % 3 == 0 and '"tag":"t' in text
        out.append((place + 50 if soon else place + chance.random() * COUNT / 3, text.replace('{"push', '{"callback_url":"https://hub/again/","push', 1)
                    if soon else text))
    return [text for _, text in sorted(out)], must


def send(url, bodies):
    """As fast as its connections take them, each answered before its next; how many were not answered with 200."""
    at, waiting, refused = urllib.parse.urlsplit(url), iter(bodies), 0
    head_of = ("POST %s?%s HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\nContent-Length: " % (at.path, at.query)).encode()
    selector = selectors.DefaultSelector()

    def send_next(connection):
        text = next(waiting, None)
        if text is None:
            selector.unregister(connection)
            connection.close()
            return
        data = text.encode()
        connection.sendall(head_of + str(len(data)).encode() + b"\r\n\r\n" + data)

    for _ in range(CONNECTIONS):
        connection = socket.create_connection((at.hostname, at.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        send_next(connection)
    while selector.get_map():
        for key, _ in selector.select(30):
            refused += not key.fileobj.recv(65536).startswith(b"HTTP/1.1 200")
            send_next(key.fileobj)
    return refused


def ask(url, token, results, stop):
    """Looks as people do, twenty times a second, and keeps how long each answer took; in a process of its own."""
    at, times, count = urllib.parse.urlsplit(url), [], 0
    connection = http.client.HTTPConnection(at.hostname, at.port)
    while not stop.is_set():
        began = time.perf_counter()
        connection.request("GET", ASKED[count % len(ASKED)], headers={"Authorization": "Bearer " + token})
        answer = connection.getresponse()
        answer.read()
        took = (time.perf_counter() - began) * 1000
        times.append((took, ASKED[count % len(ASKED)]) if answer.status == 200 else (1e6, str(answer.status)))
        count += 1
        time.sleep(max(0, 0.05 - took / 1000))
    results.put(times)


class Look:
    """The server's database, read beside it."""

    def __init__(self, server):
        self.db = sqlite3.connect("file:%s/slipway.db?mode=ro" % server.data(), uri=True)

    def one(self, sql):
        return self.db.execute(sql).fetchone()[0]

    def waiting(self):
        return self.one("SELECT (SELECT COUNT(*) FROM deliveries WHERE state = 0) + (SELECT COUNT(*) FROM executions WHERE live = 1)")


def drained(look):
    """Seconds until nothing waits; and what waited, each half second."""
    began, seen = time.time(), []
    while time.time() < began + 600:
        seen.append(look.waiting())
        if not seen[-1]:
            return time.time() - began, seen
        time.sleep(0.5)
    raise RuntimeError("%d still wait after ten minutes" % seen[-1])


def right(look, sent, must):
    """What is wrong with the books; "" when every delivery is there, and every push ran once."""
    told = look.one("SELECT SUM(1 + repeats) FROM deliveries")
    ran = [tag for (tag,) in look.db.execute("SELECT json_extract(input, '$.DOCKER_TAG') FROM executions WHERE status = 'COMPLETED'")]
    wrong = []
    if told != sent:
        wrong.append("%d deliveries of %d" % (told, sent))
    if sorted(ran) != sorted(must):
        wrong.append("%d runs of %d pushes, %d of them twice" % (len(set(ran)), len(must), len(ran) - len(set(ran))))
    return ", ".join(wrong)


def measure():
    bodies, must = deliveries()
    head("A storm: %d deliveries in %d bursts, %d pushes to run, 1 in 10 told again, out of order" % (len(bodies), BURSTS, len(must)))
    server, cluster = Server("--log-level", "warn"), Cluster()
    results, stop, senders = multiprocessing.Queue(), multiprocessing.Event(), multiprocessing.Pool(SENDERS)
    try:
        cluster_endpoint(server, cluster)
        url = hub_endpoint(server)
        server.make("/pipelines", deploys("deploy", YAML))
        for i in range(WEBHOOKS):
            trigger(server, "w%d" % i, "deploy", "acme/site%d" % i, tagNamePattern="t.*")
        looking = multiprocessing.Process(target=ask, args=(server.url, server.token, results, stop), daemon=True)
        looking.start()
        look, began, busy, refused, most = Look(server), time.time(), 0, 0, 0
        for i in range(BURSTS):
            burst, part = time.time(), bodies[i * len(bodies) // BURSTS:(i + 1) * len(bodies) // BURSTS]
            refused += sum(senders.starmap(send, [(url, part[k::SENDERS]) for k in range(SENDERS)]))
            busy += time.time() - burst
            most = max(most, look.waiting())
            time.sleep(PAUSE)
        storm = time.time() - began
        rest, seen = drained(look)
        stop.set()
        times = results.get(timeout=60)
        memory, wrong = megabytes(server), right(look, len(bodies), must)
    finally:
        senders.terminate()
        end(server)
        cluster.stop()
    p50, p99 = percentiles([took for took, _ in times])
    slowest = max(times)
    row("taken", "%.0f/s in bursts, %d refused" % (len(bodies) / busy, refused), "none refused")
    row("lost, or run twice", wrong or "nothing: %d runs of %d pushes" % (len(must), len(must)), "nothing")
    row("waiting at most, at the end of a burst", "%d" % most)
    row("until nothing waited, after a storm of %.0f s" % storm, "%.1f s%s" % (rest, steady(seen)), "steadily")
    row("the API meanwhile, %d questions" % len(times), "p50 %.1f ms, p99 %.1f ms" % (p50, p99), "p99 under 50 ms")
    row("  the slowest", "%.0f ms: %s" % (slowest[0], slowest[1].replace(P, "").split("?")[0]))
    row("memory after it", "%.1f MB" % memory)


def steady(seen):
    """How many a second, in each third of the drain."""
    if len(seen) < 7:
        return ""
    third = len(seen) // 3
    return ", %s/s" % " then ".join("%.0f" % ((seen[k * third] - seen[(k + 1) * third]) / third * 2) for k in range(3))
