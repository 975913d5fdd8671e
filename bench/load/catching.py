"""Catching the heads of a real Chromium, for the load generator to replay.

It opens a page of a tiny server of this process, over TLS, and polls, opens an event stream and a WebSocket, once over
HTTP/1.1 and once over HTTP/2. What it sends is kept as it was, but for where it goes. The sizes of its own
frames of HTTP/2 are kept, too, so that a replay can be held against them.

    python -m bench.load.catching    what a browser's heads come to
"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from playwright.async_api import async_playwright

from bench.load.frames import HEADERS, framed
from bench.load.fronts import certified, certify
from bench.load.heads import Heads
from bench.load.http2 import PREFACE, kept_out, send
from bench.peers import chromium

SID = "x" * 22
POLLS = 3  # the first fills a table that the others use
PLACE = "127.0.0.1:{port}"
ASK = """async ({ sid, polls }) => {
  for (let n = 0; n < polls; n += 1) await (await fetch(`/poll?sid=${sid}`)).text();
  await new Promise((done) => {
    const stream = new EventSource(`/sse?sid=${sid}`);
    stream.onmessage = () => { stream.close(); done(); };
  });
  await new Promise((done) => {
    const socket = new WebSocket(`wss://${location.host}/ws?sid=${sid}`);
    socket.onerror = socket.onclose = done;
  });
}"""


class Catcher(asyncio.Protocol):
    """A connection of the browser's: whatever it asks is answered at once, and its heads are kept."""

    transport: Any

    def __init__(self, heads: Heads) -> None:
        self.heads = heads
        self.h2: H2Connection | None = None
        self._heard = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        if transport.get_extra_info("ssl_object").selected_alpn_protocol() == "h2":
            self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
            self.h2.initiate_connection()
            transport.write(self.h2.data_to_send())

    def data_received(self, data: bytes) -> None:
        self._heard += data
        if self.h2 is None:
            while b"\r\n\r\n" in self._heard:
                head, _, self._heard = self._heard.partition(b"\r\n\r\n")
                self._asked(head)
        else:
            self._framed(self.h2, data)

    def _asked(self, head: bytes) -> None:
        """Over HTTP/1.1. A WebSocket is refused: its request is all that is wanted."""
        first, *lines = head.split(b"\r\n")
        kind = kind_of(first.split(b" ")[1])
        self.heads.http1[kind] = tuple(split(line) for line in lines)
        body, content = answer_to(kind)
        status = b"400 no" if kind == "ws" else b"200 OK"
        told = (status, content, len(body), body)
        self.transport.write(b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % told)

    def _framed(self, h2: H2Connection, data: bytes) -> None:
        """Over HTTP/2. Each request has one frame of heads: they are no longer than 16 KiB."""
        if self._heard.startswith(b"PRI"):
            self._heard = self._heard[PREFACE:]
        frames, self._heard = framed(self._heard)
        sizes = iter([size for kind, size in frames if kind == HEADERS])
        for event in h2.receive_data(data):
            if isinstance(event, RequestReceived):
                fields = [(bytes(name), bytes(value)) for name, value in event.headers]
                kind = kind_of(dict(fields)[b":path"])
                self.heads.frames.setdefault(kind, []).append(next(sizes))
                self.heads.http2[kind] = tuple(fields)
                body, content = answer_to(kind)
                assert event.stream_id is not None
                h2.send_headers(event.stream_id, [(":status", "200"), ("content-type", content.decode())])
                h2.send_data(event.stream_id, body, end_stream=True)
        self.transport.write(h2.data_to_send())


def kind_of(path: bytes) -> str:
    return urlsplit(path.decode()).path.strip("/")


def split(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b": ")
    return name, value


def answer_to(kind: str) -> tuple[bytes, bytes]:
    """A body and what it is."""
    return (b"data: x\n\n", b"text/event-stream") if kind == "sse" else (b"{}", b"text/html")


async def caught() -> Heads:
    """Let a Chromium ask. OSError, playwright's Error: there is none, or it does not run."""
    heads = Heads()
    loop = asyncio.get_running_loop()
    with tempfile.TemporaryDirectory(prefix="heads-") as folder:
        certify(Path(folder))
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=chromium.path())
            for protocols in (("http/1.1",), ("h2", "http/1.1")):
                serving = await loop.create_server(
                    lambda: Catcher(heads), "127.0.0.1", ssl=certified(Path(folder), *protocols)
                )
                place = PLACE.format(port=serving.sockets[0].getsockname()[1])
                context = await browser.new_context(ignore_https_errors=True, locale="en-US")
                page = await context.new_page()
                await page.goto(f"https://{place}/page")
                await page.evaluate(ASK, {"sid": SID, "polls": POLLS})
                await context.close()
                serving.close()
                settle(heads, place)
            await browser.close()
    return heads


def settle(heads: Heads, place: str) -> None:
    """Both visits went to ports of their own: as if it had been one."""
    old, new = (heads.place or place).encode(), place.encode()
    heads.place = heads.place or place
    for kept in (heads.http1, heads.http2):
        for kind, fields in kept.items():
            kept[kind] = tuple((name, value.replace(new, old)) for name, value in fields)


def replayed(heads: Heads, kinds: list[str]) -> list[int]:
    """Bytes of the frames in which these requests, one after the other, are replayed by the generator's library."""
    h2, sizes = H2Connection(H2Configuration(client_side=True, header_encoding=None)), []
    h2.initiate_connection()
    h2.data_to_send()
    for kind in kinds:
        fields = [kept_out(name, value) for name, value in heads.fields(kind, heads.place)]
        send(h2, h2.get_next_available_stream_id(), fields)
        sizes.append(sum(size for _, size in framed(h2.data_to_send())[0]))
    return sizes


def main() -> None:
    """Print how large the heads of each kind of request are: over HTTP/1.1, in the browser's frames, and replayed."""
    heads = asyncio.run(caught())
    kinds = [kind for kind, sizes in heads.frames.items() for _ in sizes]
    lines = {kind: len(heads.lines(kind, heads.place)) for kind in heads.http1}
    browser = [size for sizes in heads.frames.values() for size in sizes]
    print(json.dumps({"http1": lines, "kinds": kinds, "browser": browser, "replayed": replayed(heads, kinds)}))


if __name__ == "__main__":
    main()
