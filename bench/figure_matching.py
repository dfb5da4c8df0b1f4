"""What it costs to match a push among ten triggers and among ten thousand of one listener: deliveries that wait in the database
when a server starts, until the last one is decided. Each names another image and is taken by one trigger, whose tag refuses it."""
import time
import urllib.parse

from figures import Server, deploys, end, head, hub_endpoint, push_body, restarted, row, trigger, until
from rows import clone, open_stopped, uuids

DELIVERIES = 10000


def matched_in(triggers):
    """Seconds."""
    server = Server("--log-level", "warn")
    server.make("/pipelines", deploys("deploy", "kind: ConfigMap"))
    url = urllib.parse.urlsplit(hub_endpoint(server))
    trigger(server, "w", "deploy", "acme/site1", tagNamePattern="v[0-9]+")
    server.call("POST", url.path + "?" + url.query, push_body("acme/site1", "t1"))
    until(lambda: server.events(), 10, "the first one is matched")
    server.stop()
    db = open_stopped(server)
    clone(db, "listeners", "webhook_id IS NOT NULL", triggers - 1, 2, uuid=uuids(1), webhook_id="1000000 + n.n", token_hash="'t' || n.n")
    clone(db, "webhooks", "name = 'w'", triggers - 1, 2, id="1000000 + n.n", uuid=uuids(2), name="'w' || n.n",
          listener_id="(SELECT id FROM listeners WHERE webhook_id = 1000000 + n.n)", image_pattern="'acme/site' || n.n",
          repository="'acme/site' || n.n")
    image = "'acme/site' || (n.n %% %d + 1)" % triggers
    clone(db, "deliveries", "1", DELIVERIES, uuid=uuids(3), sender_key="'k' || n.n", state="0",
          events="replace(replace(x.events, 'acme/site1', %s), '\"t1\"', '\"t' || (n.n + 1) || '\"')" % image)
    db.execute("DELETE FROM events")
    db.commit()
    restarted(server)
    began = time.time()
    until(lambda: db.execute("SELECT COUNT(*) FROM deliveries WHERE state = 0").fetchone()[0] == 0, 300, "all are matched")
    took = time.time() - began
    refused = db.execute("SELECT COUNT(*) FROM events WHERE message LIKE '%does not match tag pattern%'").fetchone()[0]
    assert refused == DELIVERIES, refused
    db.close()
    end(server)
    return took


def measure():
    head("Matching %d deliveries of different images" % DELIVERIES)
    matched_in(10)  # warms the disk
    few, many = matched_in(10), matched_in(10000)
    row("among 10 triggers", "%.2f s, %.0f us each" % (few, few * 1e6 / DELIVERIES))
    row("among 10,000 triggers", "%.2f s, %.0f us each" % (many, many * 1e6 / DELIVERIES))
    row("10,000 : 10", "%.1f : 1" % (many / few), "2 : 1")
