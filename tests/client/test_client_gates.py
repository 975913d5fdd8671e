"""What stands between the Python client and its server and lets nothing up; and a server that repeats itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.client.test_client import QUICK, gaps, heard
from tests.client.test_client_http import answering
from tests.listening import listening
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE
from transport_fallback.client import closings
from transport_fallback.client.socket import ClosedError, EmitError, io

SIGN_IN = (
    b"HTTP/1.1 401 Unauthorized\r\nContent-Type: text/html\r\nContent-Length: 7\r\nConnection: close\r\n\r\nsign in"
)


@asynccontextmanager
async def gate(to: str, shut: Callable[[bytes], bool], *, passes: bool = False) -> AsyncIterator[str]:
    """A gate that answers 401 where `shut(head)` says so; `passes`: the server is asked all the same."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
                body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
                turned_away = shut(head)
                said = await ask(head, body) if passes or not turned_away else b""
                writer.write(SIGN_IN if turned_away else said)
                return writer.close()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def ask(head: bytes, body: bytes) -> bytes:
        url = urlsplit(to)
        there, back = await asyncio.open_connection(url.hostname, url.port)
        try:
            back.write(head[:-2] + b"Connection: close\r\n\r\n" + body)
            return await there.read(-1)
        finally:
            back.transport.abort()

    async with listening(serve) as url:
        yield url


async def code(emitted: asyncio.Future[Any]) -> str:
    with pytest.raises(EmitError) as failed:
        await asyncio.wait_for(emitted, DEADLINE)
    assert "answered 401 on the way" in str(failed.value)
    return failed.value.code


@pytest.mark.anyio
@pytest.mark.parametrize("taken", [False, True])
async def test_behind_a_gate_for_posts_an_emit_ends_and_the_next_goes_up_when_it_opens(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, taken: bool
) -> None:
    monkeypatch.setattr(closings, "TURNED_AWAY", 0.5)
    ran: list[int] = []
    closed = True

    @lab.hub.on("c2s")
    async def speak(client: Any, i: int) -> int:
        ran.append(i)
        return i

    async with gate(lab.url, lambda head: closed and head.startswith(b"POST"), passes=taken) as url:
        async with io(url, use="poll", **QUICK) as socket:
            await socket.ready()
            emitted = [socket.emit("c2s", i) for i in range(70)]
            codes = [await code(one) for one in emitted]
            assert codes == ["unknown"] * 64 + ["unsent"] * 6  # a window may have been taken, the rest was not
            assert await code(socket.emit("c2s", 70)) in ("unknown", "unsent")
            closed = False
            assert await asyncio.wait_for(socket.emit("c2s", 71), DEADLINE) == 71
            assert ran == ([*range(64), 71] if taken else [71])  # each once, and none that was said not to be sent


@pytest.mark.anyio
async def test_behind_a_gate_for_all_an_emit_ends_too(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closings, "TURNED_AWAY", 0.5)
    closed = True
    async with gate(lab.url, lambda head: closed) as url, io(url, use="poll", **QUICK) as socket:
        assert await code(socket.emit("c2s", 1)) == "unsent"
        closed = False
        assert await asyncio.wait_for(socket.emit("c2s", 2), DEADLINE) is None


@pytest.mark.anyio
async def test_a_gate_that_opens_in_time_fails_nothing(lab: Lab) -> None:
    closed = True
    async with gate(lab.url, lambda head: closed and head.startswith(b"POST")) as url:
        async with io(url, use="poll", **QUICK) as socket:
            emitted = [socket.emit("c2s", i) for i in range(70)]
            await eventually(lambda: sum("401" in note.text for note in socket.decisions) > 3)
            closed = False
            assert await asyncio.wait_for(asyncio.gather(*emitted), DEADLINE) == [None] * 70


# ---- a server that tells of one loss again and again


@pytest.mark.anyio
@pytest.mark.parametrize("trimmed", [0, 3])
async def test_a_loss_told_again_while_catching_up_is_one_loss(trimmed: int) -> None:
    """The answers to one sid until it has caught up: `away`, over and over; what was trimmed beside it is another."""
    sids: list[str] = []

    def batch(cursor: int) -> dict[str, Any]:
        end = min(cursor + 10, 40)
        gap: dict[str, Any] | None = {"reason": "away", "missed": None} if 5 <= cursor < 40 else None
        if gap and trimmed and cursor == 25:
            gap["trimmed"] = trimmed
        new = [{"seq": seq, "event": "s2c", "data": seq} for seq in range(cursor + 1, end + 1)]
        return {"after": f"e.{cursor}", "cursor": f"e.{end}", "gap": gap, "more": end < 40, "messages": new}

    async def answer(head: str, body: bytes) -> dict[str, Any]:
        target = urlsplit(head.split(" ")[1])
        sid = head.partition("Bearer ")[2].partition("\r\n")[0]
        if target.path == "/poll":
            sids.extend([sid] if sid not in sids else [])
            asked = parse_qs(target.query).get("cursor")
            return batch(int(asked[0].partition(".")[2])) if asked else {**batch(0), "cursor": "e.5", "messages": []}
        if target.path == "/emit":
            await asyncio.sleep(0.3)  # until the client has caught up
            return {"acks": [{"n": emit["n"], "data": sid, "cursor": "e.0"} for emit in json.loads(body)["emits"]]}
        return {"version": 1}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:  # a try that was given up before it asked
            return writer.close()
        length = head.lower().partition("content-length: ")[2].partition("\r\n")[0]
        said = json.dumps(await answer(head, await reader.readexactly(int(length or 0)))).encode()
        form = f"Content-Type: application/json\r\nContent-Length: {len(said)}\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 200 OK\r\n{form}".encode() + said)
        writer.close()

    async with listening(serve) as url, io(url, use="poll", **QUICK) as socket:
        told, emitted = gaps(socket), list[asyncio.Future[Any]]()
        socket.on("gap", lambda gap: emitted.append(socket.emit("c2s")))
        await eventually(lambda: socket.cursor == "e.40")
        assert await asyncio.wait_for(emitted[0], DEADLINE) == sids[-1]
        assert [gap["reason"] for gap in told] == ["away", *["trimmed"] * bool(trimmed)] and len(sids) == 2


# ---- a server, or what stands before it, that refuses one transport


def no(head: bytes) -> bytes:
    said = b'{"error":{"code":"not_found","message":"there is nothing here"}}'
    form = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(said)
    return form + said


@pytest.mark.anyio
@pytest.mark.parametrize("refused", ["ws", "sse", "longpoll"])
async def test_a_transport_that_is_refused_is_left_for_the_others(lab: Lab, refused: str) -> None:
    def shut(head: bytes) -> bytes | None:
        return no(head) if head.startswith(b"GET /" + refused.encode()) else None

    async with answering(shut, then=lab.url) as url, io(url, **QUICK) as socket:
        errors = heard(socket, "error")
        await asyncio.wait_for(socket.ready(), DEADLINE)
        await eventually(lambda: socket.transport == ("sse" if refused == "ws" else "ws"))
        assert await asyncio.wait_for(socket.emit("c2s"), DEADLINE) is None
        tried = {"ws": 1, "longpoll": 1}.get(refused, 0)  # below what reads nothing is tried
        assert [error["code"] for error in errors] == ["not_found"] * tried and socket.connected


@pytest.mark.anyio
async def test_where_every_transport_is_refused_whoever_waits_hears_so(lab: Lab) -> None:
    async with answering(no) as url, io(url, **QUICK) as socket:
        with pytest.raises(ClosedError, match="there is nothing here"):
            await asyncio.wait_for(socket.ready(), DEADLINE)
        with pytest.raises(EmitError, match="gone"):
            await socket.emit("c2s")
