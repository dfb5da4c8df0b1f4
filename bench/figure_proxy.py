"""Calls through a Cloud Proxy beside the same calls without it: server, proxy and target are three processes on this machine, TLS on both parts."""
import json
import os
import subprocess

from figures import HERE, MADE, ROOT, head, row


def measured(what, *more):
    made = subprocess.run([PROGRAM, os.environ.get("SLIPWAY_BINARY", ROOT + "/build/slipway"), CERT, KEY, what, *more], capture_output=True, text=True, timeout=300)
    if made.returncode:
        raise RuntimeError("bench_link %s: %s" % (what, made.stderr))
    return json.loads(made.stdout)


PROGRAM, CERT, KEY = ROOT + "/build-bench/bench/bench_link", MADE + "/cert.pem", MADE + "/key.pem"


def build():
    folder = ROOT + "/build-bench"
    if not os.path.exists(folder + "/build.ninja"):
        subprocess.check_call(["meson", "setup", folder, ROOT, "-Dbench=true", "-Dweb=disabled", "-Dwerror=false", "--buildtype=release", "-Db_lto=true"], stdout=subprocess.DEVNULL)
    subprocess.check_call(["ninja", "-C", folder, "bench/bench_link"], stdout=subprocess.DEVNULL)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", KEY, "-out", CERT, "-days", "2", "-subj", "/CN=bench",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)


def measure():
    head("Cloud Proxy")
    build()
    body = measured("throughput")
    row("a body of 100 MB through it : without", "%.0f %% (%d and %d MB/s)" % (100 * body["share"], body["via_mb_s"], body["direct_mb_s"]), "70 %")
    call = measured("calls")
    row("a small call takes longer by", "%.2f ms (%.2f and %.2f ms)" % (call["added_ms"], call["via_ms"], call["direct_ms"]), "under 2 ms")
    streams, alone = measured("streams"), measured("direct-streams")
    row("%d streams at once: the proxy" % streams["streams"], "%.1f MB" % streams["proxy_mb"], "under 60 MB")
    row("the server's end, with libcurl and TLS of each call / without the proxy", "%.1f MB / %.1f MB" % (streams["server_mb"], alone["server_mb"]), "under 60 MB")
    plain = measured("streams", "plain")
    row("the same, calls without TLS", "%.1f MB" % plain["server_mb"])
