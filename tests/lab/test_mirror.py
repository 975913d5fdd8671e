"""The mirror: what it tells of a frame are the bytes that were on the wire, and what it lets be mirrored is bounded."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed

from tests.server.test_guards import UPGRADE, address, connect
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE
from transport_fallback.app import build
from transport_fallback.lab import mirror
from transport_fallback.protocol.errors import CODES
from transport_fallback.serving.run import running

pytestmark = pytest.mark.anyio
KEY = bytes.fromhex("37fa213d")  # the key of the example in RFC 6455, section 5.7


def masked(text: bytes, key: bytes = KEY) -> bytes:
    """A whole text frame, as a client sends it (RFC 6455, 5.2 and 5.3)."""
    data = bytes(byte ^ key[i % 4] for i, byte in enumerate(text))
    return b"\x81" + length(len(text), 0x80) + key + data


def plain(text: bytes) -> bytes:
    """The same as a server sends it."""
    return b"\x81" + length(len(text), 0) + text


def length(size: int, mask: int) -> bytes:
    if size < 126:
        return bytes([mask | size])
    return (
        bytes([mask | 126]) + struct.pack("!H", size)
        if size < 1 << 16
        else bytes([mask | 127]) + struct.pack("!Q", size)
    )


class Raw:
    """A WebSocket of bytes that a test writes and reads itself."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def frame(self) -> tuple[bytes, bytes]:
        """One frame of the server's: all of it, and its payload."""
        async with asyncio.timeout(DEADLINE):
            head = await self.reader.readexactly(2)
            more = {126: 2, 127: 8}.get(head[1], 0)
            told = await self.reader.readexactly(more)
            data = await self.reader.readexactly(int.from_bytes(told, "big") if more else head[1])
            return head + told + data, data

    async def mirrored(self, frame: bytes) -> tuple[bytes, dict[str, dict[str, object]]]:
        self.writer.write(frame)
        whole, _ = await self.frame()
        _, told = await self.frame()
        return whole, json.loads(told)


@asynccontextmanager
async def mirroring(lab: Lab, path: str = "/lab/mirror", first: bytes = b"") -> AsyncIterator[Raw]:
    reader, writer = await connect(lab)
    host = "{}:{}".format(*address(lab))
    writer.write(UPGRADE.format(path=path, host=host).encode() + first)
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    try:
        yield Raw(reader, writer)
    finally:
        writer.close()


@pytest.mark.parametrize("size", [0, 1, 5, 125, 126, 65_535, 65_536])
@pytest.mark.parametrize("path", ["/lab/mirror", "/via/~mirrored-link/lab/mirror"])
async def test_it_tells_the_bytes_of_both_frames(lab: Lab, path: str, size: int) -> None:
    text = b"hello, " * (size // 7 + 1)
    up = masked(text[:size])
    async with mirroring(lab, path) as line:
        for _ in range(2):
            down, told = await line.mirrored(up)
            assert down == plain(text[:size])
            assert told == {
                "up": {"size": len(up), "start": up[: mirror.SHOWN].hex()},
                "down": {"size": len(down), "start": down[: mirror.SHOWN].hex()},
            }


async def test_a_frame_that_comes_with_the_handshake_or_in_two_parts_is_seen_whole(lab: Lab) -> None:
    up = masked(b"hello")
    async with mirroring(lab, first=up) as line:
        await line.frame()
        assert json.loads((await line.frame())[1])["up"] == {"size": 11, "start": up.hex()}
        for byte in up:
            line.writer.write(bytes([byte]))
            await line.writer.drain()
            await asyncio.sleep(0.001)
        await line.frame()
        assert json.loads((await line.frame())[1])["up"] == {"size": 11, "start": up.hex()}


async def test_another_line_is_shown_nothing_of_it(lab: Lab) -> None:
    async with mirroring(lab) as line, mirroring(lab) as other:
        await line.mirrored(masked(b"mine"))
        _, told = await other.mirrored(masked(b"o"))
        assert (told["up"]["size"], told["down"]["size"]) == (7, 3)


async def test_what_all_of_them_mirror_is_bounded(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(route for route in lab.app.routes if getattr(route, "path", "") == "/lab/mirror")
    bytes_ = one.endpoint.__self__._bytes
    monkeypatch.setattr(bytes_, "tokens", 10.0)
    monkeypatch.setattr(bytes_, "rate", 0.001)
    url = lab.url.replace("http", "ws") + "/lab/mirror"
    async with websocket(url, proxy=None) as line, websocket(url, proxy=None) as other:
        await line.send("12345678")
        assert await line.recv() == "12345678"
        await other.send("12345678")
        assert json.loads(await other.recv())["error"]["code"] == "rate"
        with pytest.raises(ConnectionClosed) as closed:
            await other.recv()
        assert closed.value.rcvd is not None and closed.value.rcvd.code == CODES["rate"][1]


async def test_so_many_lines_and_no_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    one = next(route for route in lab.app.routes if getattr(route, "path", "") == "/lab/mirror")
    lines = one.endpoint.__self__._lines
    monkeypatch.setattr(lines, "most", 1)
    url = lab.url.replace("http", "ws") + "/lab/mirror"
    async with websocket(url, proxy=None) as line, websocket(url, proxy=None) as other:
        assert json.loads(await other.recv())["error"]["code"] == "full"
        await line.close()
        await eventually(lambda: len(lines) == 0)


async def test_where_the_bytes_are_not_seen_it_says_so() -> None:
    """An application may put a middleware of its own around the lab that hides our server's word."""

    class Hiding:
        def __init__(self, app: object) -> None:
            self.app = app

        async def __call__(self, scope: dict[str, object], receive: object, send: object) -> None:
            await self.app({**scope, "state": {}}, receive, send)  # type: ignore[operator]

    lab = build()
    outer = Starlette(routes=[Mount("/live", lab)], middleware=[Middleware(Hiding)])
    outer.router.lifespan_context = lab.router.lifespan_context
    async with running(outer) as url, websocket(url.replace("http", "ws") + "/live/lab/mirror", proxy=None) as line:
        await line.send("hello")
        assert json.loads(await line.recv())["error"]["code"] == "refused"
