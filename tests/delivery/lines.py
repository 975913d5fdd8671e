"""The lines of the readers: raw HTTP and WebSocket on sockets that can stop to take bytes, and the hub itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import struct
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.stranger.http import target
from transport_fallback.hub import Hub, Member
from transport_fallback.log.batch import Cursor

TAKES = 8 << 10  # bytes that the kernel holds for a reader which rests
SEGMENT = 1400  # bytes; those of the loopback are larger than TAKES, and the sender waits long for room for one
LONG = 30  # s: no heartbeat and no end of a hold comes to the aid of who was not woken
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


class Lost(Exception):
    """The line ended, or refused."""


class Place(NamedTuple):
    """Where and as whom a reader asks."""

    url: str
    sid: str | None
    hub: Hub
    member: Member
    bearer: bool  # whether a question names it in a header, or in its query


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection whose reader takes few bytes that nobody asked for."""
    parts = urlsplit(url)
    with socket.socket() as connection:
        connection.setblocking(False)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, TAKES)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT)
        await asyncio.get_running_loop().sock_connect(connection, (parts.hostname, parts.port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=4096)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)  # the transport still has to let go of the socket


def request(place: Place, name: str, cursor: str | None, *headers: str, **more: Any) -> bytes:
    sid = place.sid
    if sid is not None and place.bearer and name != "ws":
        sid, headers = None, (f"Authorization: Bearer {sid}", *headers)
    path = target(name, sid=sid, cursor=cursor, **more)
    return "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {urlsplit(place.url).netloc}", *headers, "", ""]).encode()


async def head(reader: asyncio.StreamReader, status: int) -> bytes:
    found = await reader.readuntil(b"\r\n\r\n")
    if found.split()[1] != b"%d" % status:
        raise Lost(found.decode("latin-1") + (await reader.read(500)).decode("latin-1"))
    return found


async def polls(place: Place, name: str, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """Question after question on one connection."""
    async with connected(place.url) as (reader, writer):
        while True:
            await going.wait()
            writer.write(request(place, name, cursor, hold=LONG))
            length = re.search(rb"(?i)content-length: (\d+)", await head(reader, 200))
            assert length is not None
            batch = json.loads(await reader.readexactly(int(length[1])))
            cursor = batch["cursor"]
            yield batch
            if name == "poll" and not batch["messages"]:
                await asyncio.sleep(0.004)


async def stream(place: Place, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """The events of one answer, in chunks."""
    async with connected(place.url) as (reader, writer):
        writer.write(request(place, "sse", cursor, heartbeat=LONG))
        await head(reader, 200)
        text = b""
        while True:
            await going.wait()
            size = int(await reader.readuntil(b"\r\n"), 16)
            if not size:
                raise Lost("the stream is over")
            text += (await reader.readexactly(size + 2))[:-2]
            *events, text = text.split(b"\n\n")
            for event in events:
                fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
                batch = json.loads(fields[b"data"])
                assert fields[b"id"].decode() == batch["cursor"]
                yield batch


async def frames(place: Place, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """The frames of a WebSocket (RFC 6455, 5.2)."""
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
    async with connected(place.url) as (reader, writer):
        writer.write(request(place, "ws", cursor, *upgrade, heartbeat=LONG))
        await head(reader, 101)
        while True:
            await going.wait()
            first, length = await reader.readexactly(2)
            if length == 126:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack("!Q", await reader.readexactly(8))
            data = await reader.readexactly(length)
            if first == 0x88:
                raise Lost(f"closed with {struct.unpack('!H', data[:2])[0]}")
            found = json.loads(data)
            if "error" in found:
                raise Lost(data.decode())
            yield found


async def followed(place: Place, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """The hub itself, told as a stream is."""
    async with contextlib.aclosing(place.hub.follow(place.member, Cursor.parse(str(cursor)), LONG)) as batches:
        async for batch in batches:
            yield json.loads(batch.text)
            await going.wait()


async def waited(place: Place, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """The hub itself, asked as a long poll asks."""
    while True:
        await going.wait()
        batch = await place.hub.wait(place.member, Cursor.parse(str(cursor)), LONG)
        cursor = str(batch.cursor)
        yield json.loads(batch.text)


def line(kind: str, place: Place, cursor: str | None, going: asyncio.Event) -> AsyncGenerator[Any, None]:
    """The batches of one reader, as long as it is `going`."""
    if kind in ("poll", "longpoll"):
        return polls(place, kind, cursor, going)
    ways = {"sse": stream, "ws": frames, "follow": followed, "wait": waited}
    return ways[kind](place, cursor, going)
