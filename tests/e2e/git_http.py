"""A real Git server over HTTP: Debian's `git http-backend` behind a few lines of web server, with a user and a password."""
import base64
import http.server
import os
import subprocess
import tempfile
import threading
import time

USER, PASSWORD = "anna", "hunter2"


class Repository:
    """A repository, the server that shows it, and how slow that is."""

    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="slipway-git-")
        self.work, self.slow, self.asked = self.root + "/work", 0, []
        self.git("init", "-q", "-b", "main", self.work, cwd=self.root)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (Handler,), {"repository": self}))
        self.url = "http://127.0.0.1:%d/work/.git" % server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def git(self, *words, cwd=None):
        env = dict(os.environ, GIT_AUTHOR_NAME=USER, GIT_AUTHOR_EMAIL="a@example.com", GIT_COMMITTER_NAME=USER, GIT_COMMITTER_EMAIL="a@example.com",
                   GIT_CONFIG_NOSYSTEM="1", HOME=self.root)
        return subprocess.run(["git", *words], cwd=cwd or self.work, env=env, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, files):
        for path, text in files.items():
            os.makedirs(os.path.dirname("%s/%s" % (self.work, path)), exist_ok=True)
            open("%s/%s" % (self.work, path), "w").write(text)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "change")
        return self.git("rev-parse", "HEAD")

    def answer(self, request, body):
        path, _, query = request.path.partition("?")
        self.asked.append(path.rsplit("/", 1)[-1])
        time.sleep(self.slow)
        env = {"PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path, "QUERY_STRING": query,
               "REQUEST_METHOD": request.command, "CONTENT_TYPE": request.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
               "HTTP_GIT_PROTOCOL": request.headers.get("Git-Protocol", ""), "REMOTE_USER": USER, "REMOTE_ADDR": "127.0.0.1", "HOME": self.root,
               "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
        return subprocess.run(["git", "http-backend"], env=env, input=body, capture_output=True).stdout


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def handle_git(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        wanted = "Basic " + base64.b64encode(("%s:%s" % (USER, PASSWORD)).encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        head, _, rest = self.repository.answer(self, body).partition(b"\r\n\r\n")
        lines = [line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line]
        try:
            self.send_response(int(next((v.split()[0] for k, v in lines if k == "Status"), "200")))
            for key, value in lines:
                if key != "Status":
                    self.send_header(key, value)
            self.end_headers()
            self.wfile.write(rest)
        except OSError:
            pass  # whoever asked was killed, or canceled

    do_GET = do_POST = handle_git
