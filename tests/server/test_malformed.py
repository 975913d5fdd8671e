"""What is no request, or none of ours: whatever it is, it ends, and writes nothing into the log."""

from __future__ import annotations

import asyncio
import contextlib
from urllib.parse import urlsplit

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import hello
from transport_fallback.serving.ws import Ws

pytestmark = pytest.mark.anyio

EMIT = b"POST /emit?sid=AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\n{host}Content-Type: application/json\r\n"
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
MALFORMED = [
    b"",
    b"\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /%ff%fe%00 HTTP/1.1\r\n{host}\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\n{host}\r\n",
    b"GET /poll?sid=%ff&cursor=%00&every=1e9 HTTP/1.1\r\n{host}\r\n",
    b"GET /poll?" + b"&a=b" * 3000 + b" HTTP/1.1\r\n{host}\r\n",
    b"GET /" + b"x" * 60_000 + b" HTTP/1.1\r\n{host}\r\n",
    b"GET * HTTP/1.1\r\n{host}\r\n",
    b"OPTIONS * HTTP/1.1\r\n{host}\r\n",
    b"CONNECT evil.test:443 HTTP/1.1\r\n{host}\r\n",
    b"GET http://[::1 HTTP/1.1\r\n{host}\r\n",
    b"GET http:/// HTTP/1.1\r\n{host}\r\n",
    b"GET //// HTTP/1.1\r\n{host}\r\n",
    b"GET ?sid=x HTTP/1.1\r\n{host}\r\n",
    b"GET /hello HTTP/1.1\r\n\r\n",
    b"GET /hello HTTP/1.1\r\n{host}{host}\r\n",
    b"GET /hello HTTP/1.1\r\n{host}Origin: \xff\r\nSec-Fetch-Site: \xff\r\nAccept-Encoding: ;q=,;;\r\n\r\n",
    b"GET / HTTP/1.1\r\n{host}If-None-Match: \xff\r\nIf-Modified-Since: never\r\nRange: bytes=9-1,x\r\n\r\n",
    b"GET /client/socket.js HTTP/1.1\r\n{host}Range: bytes=99999999-\r\n\r\n",
    b"GET /client/%2e%2e/%2e%2e/app.py HTTP/1.1\r\n{host}\r\n",
    b"GET /client/%00 HTTP/1.1\r\n{host}\r\n",
    b"GET /client/" + b"x" * 5000 + b" HTTP/1.1\r\n{host}\r\n",
    b"GET /hello HTTP/1.1\r\n{host}Authorization: Bearer \xff\r\n\r\n",
    b"GET /hello HTTP/1.1\r\n{host}Transfer-Encoding: gzip\r\n\r\n",
    b"{emit}Content-Length: 5\r\n\r\n{",
    b"{emit}Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"{emit}Content-Length: 1\r\n\r\n\xff",
    b"POST /emit HTTP/1.1\r\n{host}Content-Length: 99999999999999999999999\r\n\r\n",
    b"POST /emit HTTP/1.1\r\n{host}Content-Length: -1\r\n\r\n",
    b"POST /hello HTTP/1.1\r\n{host}Upgrade: h2c\r\nConnection: Upgrade\r\nContent-Length: 2\r\n\r\nxx",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: short\r\n\r\n",
    b"GET /ws HTTP/1.1\r\n{host}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 99\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    b"GET /nowhere HTTP/1.1\r\n{host}{upgrade}\r\n",
    b"GET /%ff?%ff HTTP/1.1\r\n{host}{upgrade}\r\n",
    b"GET /ws HTTP/1.1\r\n{host}{upgrade}\r\n\xff\xff\xff\xff",
    b"GET /ws HTTP/1.1\r\n{host}{upgrade}\r\n\x81\x81\0\0\0\0\xff",
    b"GET /lab/watch HTTP/1.1\r\n{host}{upgrade}\r\n",
    b"GET /via/~some-link/ws?sid=% HTTP/1.1\r\n{host}Upgrade: websocket\r\n\r\n",
    b"PUT /via/~some-link HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\n[1]",
]


@pytest.mark.limits(header_seconds=0.3, body_seconds=0.3)
async def test_no_request_of_a_stranger_writes_into_the_log(
    lab: Lab, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    host = f"Host: {lab.url.removeprefix('http://')}\r\n".encode()

    async def send(request: bytes, cut: bool) -> None:
        url = urlsplit(lab.url)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(request.replace(b"{emit}", EMIT).replace(b"{upgrade}", UPGRADE).replace(b"{host}", host))
        if not cut:
            try:
                async with asyncio.timeout(0.6):
                    await reader.read()
            except (TimeoutError, ConnectionError):
                pass
        writer.transport.abort()

    for cut in (False, True):
        await asyncio.gather(*(send(request, cut) for request in MALFORMED))
    for _ in range(3):
        await hello(lab.url)
    await eventually(lambda: not lab.app.state.clients.tasks._tasks)
    assert [record.getMessage() + (record.exc_text or "") for record in caplog.records] == []
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/ws", "/ws?cursor=none", "/lab/watch", "/lab/trace"])
async def test_a_line_that_is_lost_amid_its_upgrade_leaves_no_report(
    lab: Lab, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reset in the very turn in which its upgrade came, before the endpoint could open it."""
    begin, cut = Ws.handle_connect, []

    def lost(line: Ws, event: object) -> None:
        begin(line, event)
        line.cut()
        cut.append(line)

    monkeypatch.setattr(Ws, "handle_connect", lost)
    reader, writer = await asyncio.open_connection(*lab.url.removeprefix("http://").split(":"))
    host = urlsplit(lab.url).netloc.encode()
    writer.write(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: " + host + b"\r\n" + UPGRADE + b"\r\n")
    with contextlib.suppress(ConnectionError):
        await reader.read()
    writer.close()
    await eventually(lambda: cut and cut[0].lost)
    await hello(lab.url)
