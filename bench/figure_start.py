"""An empty server: how soon it is ready, and what it takes while nothing happens."""
from figures import Server, end, head, megabytes, restarted, row


def measure():
    head("An empty server")
    server = Server("--log-level", "warn")
    row("start to ready", "%.0f ms (middle of 5)" % (sorted(restarted(server) for _ in range(5))[2] * 1000), "under 100 ms")
    row("memory, idle", "%.1f MB" % megabytes(server), "under 20 MB")
    end(server)
