"""The guards: no client, slow, dead or hostile, holds what is everybody's (P6)."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct

import pytest

from tests.serving import Lab, eventually, serving
from tests.stranger.http import DEADLINE, new_sid, raw, target
from tests.stranger.readers import Ws

pytestmark = pytest.mark.anyio
BOTH_WAYS = True  # see conftest.py

UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def address(lab: Lab) -> tuple[str, int]:
    host, port = lab.url.removeprefix("http://").split(":")
    return host, int(port)


async def connect(lab: Lab, *, receive_buffer: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A bare TCP connection; with a small receive buffer it soon takes no more bytes."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, address(lab))
    return await asyncio.open_connection(sock=connection, limit=4096)


async def upgraded(lab: Lab, *, receive_buffer: int = 0) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A WebSocket of which we write the frames ourselves."""
    reader, writer = await connect(lab, receive_buffer=receive_buffer)
    path = target("ws", sid=new_sid())
    writer.write(UPGRADE.format(path=path, host="{}:{}".format(*address(lab))).encode())
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def frame(opcode: int, data: bytes = b"", *, fin: bool = True) -> bytes:
    """One frame from a client: masked with zeros (RFC 6455, 5.2 and 5.3)."""
    length = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack("!H", len(data))
    return bytes([(0x80 if fin else 0) | opcode]) + length + b"\0\0\0\0" + data


async def answer(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """One answer whose length is told: its head, and its body."""
    async with asyncio.timeout(DEADLINE):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        return head, await reader.readexactly(int(length[1]) if length else 0)


async def close_code(reader: asyncio.StreamReader) -> int:
    """The code of the close frame that ends what the server still sends."""
    async with asyncio.timeout(DEADLINE):
        while True:
            first, second = await reader.readexactly(2)
            length = second
            if second == 126:
                (length,) = struct.unpack("!H", await reader.readexactly(2))
            elif second == 127:
                (length,) = struct.unpack("!Q", await reader.readexactly(8))
            data = await reader.readexactly(length)
            if first & 0x0F == 8:
                return int(struct.unpack("!H", data[:2])[0])


async def healthy(lab: Lab) -> None:
    """A neighbour reads on."""
    neighbour = await lab.join(Ws)
    seq = await lab.say("news")
    assert [message["seq"] for message in await neighbour.messages(1)] == [seq]


@pytest.mark.limits(header_seconds=0.3)
@pytest.mark.parametrize(
    "beginning", [b"", b"GET /poll HTTP/1.1\r\nHost: loc", b"GET "], ids=["silent", "half", "four"]
)
async def test_a_head_that_does_not_come_is_not_waited_for(lab: Lab, beginning: bytes) -> None:
    reader, writer = await connect(lab)
    writer.write(beginning)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        async with asyncio.timeout(DEADLINE):
            await reader.readexactly(1)
    writer.close()
    await healthy(lab)


@pytest.mark.limits(header_seconds=0.3)
async def test_the_deadline_of_a_head_holds_for_every_request_of_a_connection(lab: Lab) -> None:
    reader, writer = await connect(lab)
    host = "{}:{}".format(*address(lab))
    writer.write(f"GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in head
    await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.write(b"GET /hello HTTP/1.1\r\n")
    with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
        async with asyncio.timeout(DEADLINE):
            await reader.readexactly(1)
    writer.close()


@pytest.mark.limits(header_seconds=0.3)
async def test_a_long_answer_is_not_taken_for_a_slow_head(lab: Lab) -> None:
    reader = await lab.join(Ws, heartbeat=1)
    batch = await reader.next()
    assert not batch.messages


@pytest.mark.parametrize(
    "head",
    ["X-Big: " + "x" * 20_000 + "\r\n", "".join(f"X-{n}: 1\r\n" for n in range(100))],
    ids=["bytes", "headers"],
)
async def test_a_head_that_is_too_large_is_a_bad_request(lab: Lab, head: str) -> None:
    host = "{}:{}".format(*address(lab))
    answer = await raw(lab.url, f"GET /hello HTTP/1.1\r\nHost: {host}\r\n{head}\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"
    await healthy(lab)


async def test_a_head_that_is_too_large_is_so_in_two_pieces_too(lab: Lab) -> None:
    reader, writer = await connect(lab)
    writer.write(b"GET /hello?t=" + b"x" * 10_000)
    await asyncio.sleep(0.05)
    writer.write(b"x" * 7_000 + b" HTTP/1.1\r\nHost: %b\r\n\r\n" % "{}:{}".format(*address(lab)).encode())
    assert (await asyncio.wait_for(reader.readline(), DEADLINE)).startswith(b"HTTP/1.1 400 ")
    writer.close()


async def test_what_is_no_http_is_refused_in_the_protocols_form(lab: Lab) -> None:
    answer = await raw(lab.url, b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["code"] == "bad_request"


@pytest.mark.parametrize("transport_name", ["sse", "ws"])
async def test_a_reader_that_takes_no_bytes_is_cut_and_delays_nobody(transport_name: str) -> None:
    async with serving(stall_seconds=0.5, keep_bytes=8 << 20) as lab:
        if transport_name == "ws":
            _reader, writer = await upgraded(lab, receive_buffer=4096)
        else:
            _reader, writer = await connect(lab, receive_buffer=4096)
            host = "{}:{}".format(*address(lab))
            writer.write(f"GET {target('sse', sid=new_sid())} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        await eventually(lambda: lab.hub.clients())
        stalled = lab.hub.clients()[0]
        await eventually(lambda: stalled.readers and stalled.bells)
        neighbour = await lab.join(Ws)
        for _ in range(300):  # far more than two socket buffers hold
            await lab.say("bulk", "x" * 16_000)
            await asyncio.sleep(0)
        assert len(await neighbour.messages(300)) == 300
        await eventually(lambda: not stalled.readers)
        assert not stalled.bells
        writer.transport.abort()


async def test_empty_fragments_are_counted(lab: Lab) -> None:
    reader, writer = await upgraded(lab)
    writer.write(frame(1, b"{", fin=False) + frame(0, fin=False) * 5_000)
    assert await close_code(reader) == 1008
    writer.close()
    await healthy(lab)


async def test_a_flood_of_pings_is_not_answered_for_ever(lab: Lab) -> None:
    reader, writer = await upgraded(lab)
    writer.write(frame(9) * 2_000)
    assert await close_code(reader) == 4129
    writer.close()
    await healthy(lab)


async def test_a_flood_of_tiny_frames_is_read_one_by_one_and_delays_nobody(lab: Lab) -> None:
    reader, writer = await upgraded(lab)
    writer.write(frame(1, b'{"ping":1}') * 20_000)
    await healthy(lab)
    for _ in range(lab.hub.limits.frame_burst // 10):
        await reader.readuntil(b'{"pong":1}')
    await healthy(lab)
    writer.transport.abort()


async def test_requests_sent_ahead_are_answered_one_after_the_other(lab: Lab) -> None:
    reader, writer = await connect(lab)
    host = "{}:{}".format(*address(lab))
    names = ["/hello", "/nowhere", "/poll"] * 70
    writer.write(b"".join(f"GET {name} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode() for name in names))
    await healthy(lab)
    for name in names:
        head, body = await answer(reader)
        assert head.startswith(b"HTTP/1.1 404 " if name == "/nowhere" else b"HTTP/1.1 200 "), head
        assert {"/hello": b'"version"', "/nowhere": b'"error"', "/poll": b'"cursor"'}[name] in body
    writer.close()


async def test_a_frame_over_the_limit_is_too_large(lab: Lab) -> None:
    reader, writer = await upgraded(lab)
    head = b"\x81\xff" + struct.pack("!Q", lab.hub.limits.body + 1) + b"\0\0\0\0"
    writer.write(head)
    assert await close_code(reader) == 1009
    writer.close()
    await healthy(lab)


async def test_a_line_that_is_reset_leaves_nothing_behind(lab: Lab) -> None:
    _reader, writer = await upgraded(lab)
    await eventually(lambda: lab.hub.clients())
    client = lab.hub.clients()[0]
    await eventually(lambda: client.bells)
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()
    await eventually(lambda: not client.readers and not client.bells)
    assert client.broken
