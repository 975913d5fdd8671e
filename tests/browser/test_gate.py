"""A gate in front of the server that asks for a cookie, as single sign-on does, or for a password."""

from __future__ import annotations

import base64
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from socketserver import StreamRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.program import Program

BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()
ASKS = {  # what is asked for: the header that gets in, and the answer to who does not have it
    "cookie": (b"gate=1", b"HTTP/1.1 401 Unauthorized\r\n"),
    "password": (BASIC.encode(), b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="lab"\r\n'),
}


class Gate(ThreadingTCPServer):
    """Passes on, one request a connection, what brings its credential; of WebSockets nothing.

    A thread to each connection, which ends with it: a loop that stops would leave some of them open.
    """

    daemon_threads = True

    def __init__(self, lab: Program, credential: bytes, refusal: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Visit)
        self.there, self.credential, self.refusal = urlsplit(lab.url), credential, refusal
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Visit(StreamRequestHandler):
    server: Gate
    timeout = 60  # s: a browser opens connections that it never uses

    def handle(self) -> None:
        with suppress(OSError):  # who went away, or said nothing
            head = b""
            while (line := self.rfile.readline(65_536)) not in (b"", b"\r\n"):
                head += line
            if (answer := self.stop(head)) is None:
                self.pass_on(head)
            else:
                self.wfile.write(answer)

    def stop(self, head: bytes) -> bytes | None:
        """Return what is said to a request that does not get through."""
        if head.startswith(b"GET /login "):
            return b"HTTP/1.1 200 OK\r\nSet-Cookie: gate=1; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        if self.server.credential not in head or b"upgrade: websocket" in head.lower():
            return self.server.refusal + b"Content-Length: 7\r\nConnection: close\r\n\r\nsign in"
        return None

    def pass_on(self, head: bytes) -> None:
        length = re.search(rb"\r\ncontent-length: (\d{1,9})\r\n", head, re.IGNORECASE)
        body = self.rfile.read(int(length[1])) if length else b""
        there = self.server.there
        with socket.create_connection((there.hostname, there.port), 10) as back:
            back.settimeout(60)
            back.sendall(head.replace(b"keep-alive", b"close") + b"\r\n" + body)
            while data := back.recv(65_536):
                self.wfile.write(data)


@pytest.fixture(params=ASKS)
def gate(request: pytest.FixtureRequest, lab: Program) -> Iterator[Gate]:
    with Gate(lab, *ASKS[request.param]) as gate:
        thread = threading.Thread(target=gate.serve_forever, args=(0.05,))
        thread.start()
        yield gate
        gate.shutdown()
        thread.join()


def test_who_is_let_in_reads_and_speaks_by_every_rung_but_the_one_that_is_shut(browser: Browser, gate: Gate) -> None:
    context = browser.new_context(http_credentials={"username": "ada", "password": "secret"})
    page = context.new_page()
    refused: list[str] = []
    page.on("response", lambda answer: refused.extend([answer.url.split("?")[0]] if answer.status == 401 else []))
    page.goto(f"{gate.url}/login")
    page.goto(f"{gate.url}/client/socket.js")
    refused.clear()
    for transport in ("sse", "longpoll", "poll"):
        heard = page.evaluate(
            """async (use) => {
                const { io } = await import("/client/socket.js");
                const socket = io({ use, every: 200 }), heard = [];
                socket.on("s2c", (data) => heard.push(data));
                const known = new Promise((resolve) => socket.onHello(resolve));
                await socket.emitWithAck("c2s", use, { timeout: 15000 });
                await known;
                socket.close();
                return [heard, socket.transport];
            }""",
            transport,
        )
        assert heard[0] == [transport]
    assert refused == []
    context.close()
