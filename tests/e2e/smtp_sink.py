#!/usr/bin/python3
"""A mail server for tests, by Debian's python3-aiosmtpd: three ports (STARTTLS with a login, TLS with a login, plain without), whose mails are
lines of JSON in FOLDER/mails. The lines of FOLDER/answers are what it says to the next mails instead of taking them; addresses that begin with
"gone" do not exist. Prints its ports."""
import json
import os
import socket
import ssl
import sys
import threading
import time

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult

folder, certificate, key = sys.argv[1:4]
lock = threading.Lock()


def next_answer():
    path = folder + "/answers"
    with lock:
        lines = open(path).read().splitlines() if os.path.exists(path) else []
        if lines:
            open(path, "w").write("".join(line + "\n" for line in lines[1:]))
        return lines[0] if lines else None


class Handler:
    def __init__(self, name):
        self.name = name

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("gone"):
            return "550 5.1.1 <%s>: there is nobody of that name" % address
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        answer = next_answer()
        mail = {"port": self.name, "from": envelope.mail_from, "to": envelope.rcpt_tos, "content": envelope.original_content.decode("utf-8", "surrogateescape"), "user": session.auth_data if isinstance(session.auth_data, str) else None,
                "tls": session.ssl is not None, "answer": answer, "at": time.time()}
        with lock, open(folder + "/mails", "a") as out:
            out.write(json.dumps(mail) + "\n")
        if answer and answer.startswith("sleep"):
            time.sleep(float(answer.split()[1]))
            answer = None
        return answer or "250 2.0.0 taken"


def login(server, session, envelope, mechanism, data):
    good = data.login == b"anna" and data.password == b"s3cret pass"
    if good:
        session.auth_data = "anna"
    return AuthResult(success=good, handled=good, auth_data="anna" if good else None)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate, key)
    return made


ports = {}
for name, more in (("starttls", {"tls_context": context(), "require_starttls": True, "auth_required": True, "auth_require_tls": True, "authenticator": login}),
                   ("tls", {"ssl_context": context(), "auth_required": True, "auth_require_tls": False, "authenticator": login}), ("plain", {})):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    Controller(Handler(name), hostname="127.0.0.1", port=port, **more).start()
    ports[name] = port
print(json.dumps(ports), flush=True)
sys.stdin.read()
