"""A gate in front of the server that asks for a cookie, as single sign-on does, or for a password."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from tests.browser.program import Program

BASIC = "Basic " + base64.b64encode(b"ada:secret").decode()
ASKS = {  # what is asked for: the header that gets in, and the answer to who does not have it
    "cookie": (b"gate=1", b"HTTP/1.1 401 Unauthorized\r\n"),
    "password": (BASIC.encode(), b'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="lab"\r\n'),
}


class Gate:
    """Passes on, one request a connection, what brings its credential; of WebSockets nothing."""

    def __init__(self, lab: Program, credential: bytes, refusal: bytes) -> None:
        self.there, self.credential, self.refusal = urlsplit(lab.url), credential, refusal
        self.open = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))  # Playwright has the loop of this one
        self.thread.start()
        assert self.open.wait(10)

    async def run(self) -> None:
        self.loop, self.over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self.open.set()
        await self.over.wait()
        server.close()

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self.pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /login "):
            writer.write(
                b"HTTP/1.1 200 OK\r\nSet-Cookie: gate=1; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            )
        elif self.credential not in head or b"upgrade: websocket" in head.lower():
            writer.write(self.refusal + b"Content-Length: 7\r\nConnection: close\r\n\r\nsign in")
        else:
            back, there = await asyncio.open_connection(self.there.hostname, self.there.port)
            there.write(head.replace(b"keep-alive", b"close"))
            await asyncio.gather(self.carry(reader, there), self.carry(back, writer))

    @staticmethod
    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65_536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@pytest.fixture(params=ASKS)
def gate(request: pytest.FixtureRequest, lab: Program) -> Iterator[Gate]:
    gate = Gate(lab, *ASKS[request.param])
    yield gate
    gate.stop()


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
