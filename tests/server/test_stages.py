"""The stages of a connection: each has an end, also for a peer that sends a byte now and then, or goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable

import pytest
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from tests.server.test_guards import UPGRADE, address, answer, close_code, connect, frame, healthy, upgraded
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, new_sid, target

pytestmark = pytest.mark.anyio

SHORT = {"header_seconds": 0.4, "body_seconds": 0.4}
POST = "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"


def host(lab: Lab) -> str:
    return "{}:{}".format(*address(lab))


def open_lines(lab: Lab) -> int:
    return len(lab.app.state.doors)


async def gone(reader: asyncio.StreamReader) -> None:
    """The line ends, whatever still comes down."""
    with contextlib.suppress(ConnectionError):
        while await reader.read(65536):
            pass


@contextlib.asynccontextmanager
async def dripping(writer: asyncio.StreamWriter, byte: bytes) -> AsyncIterator[None]:
    """A byte now and then, as long as it can be written."""

    async def drip() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                writer.write(byte)
                await writer.drain()
                await asyncio.sleep(0.05)

    task = asyncio.create_task(drip())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        writer.transport.abort()


CHUNKED = "Transfer-Encoding: chunked\r\n\r\n"
BODILY = UPGRADE.replace("{path}", "/ws").removesuffix("\r\n")
BODIES = {
    "first byte": ("", b"G"),
    "head": ("GET /hello HTTP/1.1\r\nX: ", b"x"),
    "emit": (POST.replace("{path}", "/emit?sid={sid}") + "Content-Length: 999\r\n\r\n", b" "),
    "emit in chunks": (POST.replace("{path}", "/emit?sid={sid}") + CHUNKED, b"1\r\n \r\n"),
    "chunk size": (POST.replace("{path}", "/emit?sid={sid}") + CHUNKED, b"0"),
    "bye": (POST.replace("{path}", "/bye?sid={sid}") + "Content-Length: 999\r\n\r\n", b" "),
    "put": (POST.replace("POST {path}", "PUT /via/~some-link") + "Content-Length: 999\r\n\r\n", b" "),
    "get": (POST.replace("POST {path}", "GET /hello") + "Content-Length: 999\r\n\r\n", b" "),
    "long poll": (POST.replace("POST {path}", "GET /longpoll?sid={sid}") + "Content-Length: 999\r\n\r\n", b" "),
    "stream": (POST.replace("POST {path}", "GET /sse?sid={sid}") + "Content-Length: 999\r\n\r\n", b" "),
    "nowhere": (POST.replace("{path}", "/nowhere") + "Content-Length: 999\r\n\r\n", b" "),
    "link": (POST.replace("{path}", "/via/~some-link/emit?sid={sid}") + "Content-Length: 999\r\n\r\n", b" "),
    "upgrade with a body": (
        UPGRADE.replace("{path}", "/ws").replace("\r\n\r\n", "\r\nContent-Length: 9\r\n\r\n"),
        b" ",
    ),
    "upgrade in chunks": (UPGRADE.replace("{path}", "/ws").replace("\r\n\r\n", "\r\n" + CHUNKED), b"1\r\n \r\n"),
}


@pytest.mark.limits(**SHORT)
@pytest.mark.parametrize("stage", BODIES)
async def test_a_byte_now_and_then_keeps_no_line_open(lab: Lab, stage: str) -> None:
    begins, byte = BODIES[stage]
    reader, writer = await connect(lab)
    writer.write(begins.format(host=host(lab), sid=new_sid()).encode())
    async with dripping(writer, byte), asyncio.timeout(DEADLINE):
        await gone(reader)
    await eventually(lambda: not open_lines(lab))


@pytest.mark.limits(**SHORT)
async def test_a_byte_after_an_answer_begins_a_head(lab: Lab) -> None:
    reader, writer = await connect(lab)
    writer.write(f"GET /hello HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode())
    await answer(reader)
    writer.write(b"G")
    async with asyncio.timeout(DEADLINE):
        await gone(reader)
    writer.close()


async def test_few_empty_lines_before_a_request_are_ignored(lab: Lab) -> None:
    reader, writer = await connect(lab)
    for path in ("/hello", "/via/~some-link/hello", "/hello"):
        writer.write(f"\r\n\r\nGET {path} HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode())
        head, _ = await answer(reader)
        assert b" 200 " in head
    writer.close()


def blanks() -> Iterable[bytes]:
    return (b"\r\n" * 8192 for _ in range(256))


async def test_empty_lines_are_not_hoarded(lab: Lab) -> None:
    await goes_on(lab, connect, b"\r\n" * 100, blanks(), b"HTTP/1.1 400 ")


async def test_empty_lines_while_an_answer_is_waited_for_are_not_hoarded(lab: Lab) -> None:
    reader, writer = await connect(lab)
    writer.write(f"GET {target('sse', sid=new_sid())} HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode())
    await reader.readuntil(b"data:")
    flood = asyncio.create_task(flooding(writer, blanks()))
    for _ in range(20):
        await healthy(lab)
    assert max(len(line._input) for line in lab.app.state.doors._inside) < 1 << 20
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)
    writer.transport.abort()


async def flooding(writer: asyncio.StreamWriter, pieces: Iterable[bytes]) -> int:
    """Send on as long as it can be written. Returns how many bytes went out."""
    sent = 0
    with contextlib.suppress(ConnectionError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            sent += len(piece)
            await asyncio.sleep(0)
    return sent


async def goes_on(
    lab: Lab,
    how: Callable[[Lab], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]],
    offence: bytes,
    pieces: Iterable[bytes],
    said: bytes | int,
) -> None:
    """Offend, hear the refusal while the attack goes on, and be cut; a neighbour is served all the while."""
    reader, writer = await how(lab)
    writer.write(offence)
    flood = asyncio.create_task(flooding(writer, pieces))
    try:
        await healthy(lab)
        if isinstance(said, int):
            assert await close_code(reader) == said
        else:
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(said)
        async with asyncio.timeout(DEADLINE):
            await gone(reader)
            assert await flood < 48 << 20  # it cannot go on to its end
        await healthy(lab)
        await eventually(lambda: not [one for one in lab.app.state.doors._inside if one.left])
    finally:
        flood.cancel()
        await asyncio.gather(flood, return_exceptions=True)
        writer.transport.abort()


def endless(piece: bytes) -> Iterable[bytes]:
    many = piece * (65536 // len(piece))
    return (many for _ in range((64 << 20) // len(many)))


OFFENCES = {
    "pings": (frame(9) * 200, frame(9), 4129),
    "pongs": (frame(10) * 200, frame(10, b"x"), 4129),
    "empty texts": (frame(1) * 200, frame(1, b"{}"), 4000),
    "empty binaries": (frame(2) * 200, frame(2), 1003),
    "empty fragments": (frame(1, b"{", fin=False) + frame(0, fin=False) * 70, frame(0, fin=False), 1008),
    "no frames": (b"\x83\x80\0\0\0\0", b"GET / HTTP/1.1\r\n\r\n", 1002),
    "no text": (frame(1, b"\xff"), frame(1, b"{}"), 1007),
    "bytes": (frame(2, b"x"), frame(1, b"{}"), 1003),
    "a close": (frame(8, b"\x03\xe8"), frame(1, b"{}"), 1000),
}


@pytest.mark.parametrize("offence", OFFENCES)
async def test_after_the_last_word_of_a_websocket_nothing_is_read(lab: Lab, offence: str) -> None:
    first, more, code = OFFENCES[offence]
    await goes_on(lab, upgraded, first, endless(more), code)


@pytest.mark.parametrize("path", ["/lab/watch?client=AAAAAAAAAA", "/lab/trace"])
@pytest.mark.parametrize("opcode", [9, 10])
async def test_every_websocket_has_the_same_bounds(lab: Lab, path: str, opcode: int) -> None:
    async def opened(lab: Lab) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await connect(lab)
        writer.write(UPGRADE.format(path=path, host=host(lab)).encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    await goes_on(lab, opened, frame(opcode) * 200, endless(frame(opcode)), 4129)


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (UPGRADE.replace("{path}", "/ws").replace("Host: {host}", "Host: elsewhere.example"), b"HTTP/1.1 400 "),
        (UPGRADE.replace("{path}", "/nowhere"), b"HTTP/1.1 40"),
        (UPGRADE.replace("{path}", "/ws").replace("Version: 13", "Version: 7"), b"HTTP/1.1 400 "),
        ("\x16\x03\x01\r\n\r\n", b"HTTP/1.1 400 "),
        (POST.replace("{path}", "/emit") + "Content-Length: 999999999\r\n\r\n", b"HTTP/1.1 40"),
        (POST.replace("{path}", "/nowhere") + "Content-Length: 999999999\r\n\r\n", b"HTTP/1.1 404 "),
        (
            POST.replace("{path}", "/nowhere") + "Expect: 100-continue\r\nContent-Length: 9999999\r\n\r\n",
            b"HTTP/1.1 404 ",
        ),
    ],
    ids=["host", "path", "version", "no http", "too large", "nowhere", "expect"],
)
async def test_after_a_refusal_nothing_is_read(lab: Lab, request_head: str, status: bytes) -> None:
    await goes_on(lab, connect, request_head.format(host=host(lab)).encode(), endless(b"{}"), status)


async def test_an_upgrade_that_ends_before_it_is_let_in_is_no_failure(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    reports: list[str] = []
    come, over = asyncio.Event(), asyncio.Event()

    async def late(socket: WebSocket) -> None:
        try:
            come.set()
            await over.wait()
            await socket.accept()
        finally:
            over.clear()

    lab.app.router.routes.insert(0, WebSocketRoute("/late", late))
    reader, writer = await connect(lab)
    writer.write(UPGRADE.format(path="/late", host="{}:{}".format(*address(lab))).encode())
    await come.wait()
    (line,) = lab.app.state.doors._inside
    monkeypatch.setattr(line.logger, "error", reports.append)
    over.set()
    line.shutdown()  # the server stops, and the loop has not said yet that the line is lost
    await eventually(lambda: not over.is_set())
    assert b" 101 " not in await reader.read() and not reports
    writer.close()
