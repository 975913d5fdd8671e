"""The Python client's HTTP: whatever a middlebox says around an answer, and where a redirect may lead it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.client.test_client import QUICK, echoing, heard
from tests.listening import listening
from tests.serving import eventually
from tests.stranger.http import DEADLINE
from transport_fallback.client.address import Address, Elsewhere
from transport_fallback.client.closings import broke
from transport_fallback.client.http import Http
from transport_fallback.client.socket import io

HTTP = pytest.mark.parametrize("use", ["sse", "longpoll", "poll"])
EVERY = pytest.mark.parametrize("use", ["ws", "sse", "longpoll", "poll", "auto"])


@asynccontextmanager
async def answering(answer: Callable[[bytes], bytes | None], *, then: str | None = None) -> AsyncIterator[str]:
    """A server that answers each head with `answer(head)`, or closes the line; `then`: it passes on what is None."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                said = answer(head)
                if said is None and then:
                    return await carry(head, reader, writer)
                if said is None:
                    return writer.close()
                length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(length[0].split(b":")[1]) if length else 0)
                writer.write(said)
                if b"Content-Length" not in said and b"chunked" not in said:
                    return writer.close()
        except (asyncio.IncompleteReadError, OSError):
            writer.close()

    async def carry(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        url = urlsplit(then or "")
        there, back = await asyncio.open_connection(url.hostname, url.port)
        try:
            back.write(head)
            await asyncio.gather(pump(reader, back), pump(there, writer))
        finally:
            back.transport.abort()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65536):
            sink.write(data)
        sink.close()

    async with listening(serve) as url:
        yield url


async def asked(answer: bytes, method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    async with answering(lambda head: answer) as url:
        http = Http(url)
        said, body = await asyncio.wait_for(http.ask(method, http.target("x", {}), {}), DEADLINE)
        http.close()
        return said.status, dict(said.headers), body


# ---- what is an answer, and where it ends


@pytest.mark.anyio
@HTTP
async def test_what_is_said_before_an_answer_is_not_the_answer(lab: Any, use: str) -> None:
    echoing(lab.hub)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", urlsplit(lab.url).port)
        try:
            await asyncio.gather(pump(reader, back, False), pump(there, writer, True))
        finally:
            back.transport.abort()

    async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, hint: bool) -> None:
        while data := await source.read(65536):
            if hint and data.startswith(b"HTTP/1.1 "):
                sink.write(b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>;\r\n  a=b\r\n\r\n")
            sink.write(data)
        sink.close()

    async with listening(serve) as url, io(url, use=use, **QUICK) as socket:
        got = heard(socket)
        await asyncio.wait_for(socket.ready(), DEADLINE)
        assert await asyncio.wait_for(socket.emit("c2s", "hello"), DEADLINE) == {"taken": "hello"}
        assert got == ["hello"]
        assert not [note.text for note in socket.decisions if re.search(r"\b10[23]\b", note.text)]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200\r\nContent-Type:a/b\r\nTransfer-Encoding:chunked\r\n\r\n1;x\r\no\r\n1\r\nk\r\n0\r\nT: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type:\r\n a/b\r\nContent-Length: 2\r\n\r\nok",  # folded
        b"HTTP/1.1 200\r\nContent-Type: a/b\r\n\r\nok",  # until the line ends
        b"HTTP/1.0 200 OK\r\nContent-Type: a/b\r\n\r\nok",
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nok",
    ],
)
async def test_an_answer_is_read_whatever_its_form(answer: bytes) -> None:
    status, headers, body = await asked(answer)
    assert (status, headers["content-type"], body) == (200, "a/b", b"ok")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", EOFError),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nok", EOFError),
        (b"HTTP/1.1 200 OK\r\nConte", EOFError),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", EOFError),
        (b"", EOFError),
        (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", ValueError),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", ValueError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * (140 << 10), ValueError),
    ],
)
async def test_what_is_no_whole_answer_is_none(answer: bytes, error: type[Exception]) -> None:
    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with listening(cut) as url:
        http = Http(url)
        with pytest.raises(error):
            await asyncio.wait_for(http.ask("GET", http.target("x", {}), {}), DEADLINE)


@pytest.mark.anyio
async def test_a_kept_line_serves_the_next_request_and_one_that_was_closed_is_left() -> None:
    lines = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal lines
        lines += 1
        for _ in range(2):  # two answers a line, and no word of it
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        writer.close()

    async with listening(serve) as url:
        http = Http(url)
        assert [(await http.ask("GET", "/x", {}))[1] for _ in range(6)] == [b"ok"] * 6
        http.close()
    assert lines == 3


# ---- where a redirect may lead


@pytest.mark.anyio
@EVERY
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_server_that_has_moved_is_followed_up_and_down(lab: Any, use: str, status: int) -> None:
    echoing(lab.hub)

    def away(head: bytes) -> bytes:
        target = head.split(b" ")[1]
        return b"HTTP/1.1 %d Moved\r\nLocation: %s%s\r\nContent-Length: 0\r\n\r\n" % (status, lab.url.encode(), target)

    async with answering(away) as url, io(url, use=use, **QUICK) as socket:
        got = heard(socket)
        assert await asyncio.wait_for(socket.emit("c2s", "hello"), DEADLINE) == {"taken": "hello"}
        assert got == ["hello"] and socket.connected


@pytest.mark.anyio
async def test_a_place_that_is_no_more_is_left_for_the_one_before(lab: Any) -> None:
    moved = True

    def away(head: bytes) -> bytes | None:
        said = (
            b"HTTP/1.1 302 Moved\r\nLocation: http://127.0.0.1:1%s\r\nContent-Length: 0\r\n\r\n" % head.split(b" ")[1]
        )
        return said if moved else None

    async with answering(away, then=lab.url) as url, io(url, use="poll", **QUICK) as socket:
        await eventually(lambda: len(socket.decisions) > 2)
        moved = False
        await asyncio.wait_for(socket.ready(), DEADLINE)


@pytest.mark.anyio
@EVERY
async def test_the_sid_goes_to_no_other_host_and_a_sentence_says_so_once(lab: Any, use: str) -> None:
    def away(head: bytes) -> bytes:
        target = head.split(b" ")[1]
        return b"HTTP/1.1 301 Moved\r\nLocation: http://www.example%s\r\nContent-Length: 0\r\n\r\n" % target

    async with answering(away) as url, io(url, use=use, **QUICK) as socket:
        errors, failed = heard(socket, "error"), heard(socket, "connect_failed")
        await eventually(lambda: errors)
        await eventually(lambda: failed)
        await eventually(lambda: len(socket.decisions) > 6)
        assert [error["code"] for error in errors] == ["redirected"]
        assert "http://www.example" in errors[0]["message"] and "http://www.example" in failed[0]["message"]


MOVES = [
    ("https://a.example/poll?x=1", Address.parse("https://a.example")),
    ("http://a.example:81/poll", Address.parse("http://a.example:81")),
    ("/elsewhere/poll?x=1", Address.parse("http://a.example/elsewhere")),
    ("https://a.example/login", None),
    ("https://login.example/?next=poll", None),
    ("", None),
    ("ftp://a.example/poll", None),
    ("http://www.a.example/poll", Elsewhere),
    ("//b.example/poll", Elsewhere),
    ("http://a.example@b.example/poll", Elsewhere),
]


@pytest.mark.parametrize(("location", "to"), MOVES)
def test_only_a_redirect_of_the_whole_base_on_the_same_host_is_a_move(location: str, to: Any) -> None:
    here = Address.parse("http://a.example/base")
    if to is Elsewhere:
        with pytest.raises(Elsewhere):
            here.moved("/base/poll?x=1", 301, location)
    else:
        assert here.moved("/base/poll?x=1", 301, location) == to
    assert here.moved("/base/poll?x=1", 200, location) is None


def test_no_redirect_leads_from_https_to_http() -> None:
    with pytest.raises(Elsewhere, match="where others can read it"):
        Address.parse("https://a.example").moved("/poll", 301, "http://a.example/poll")


@pytest.mark.anyio
async def test_redirects_in_a_ring_end() -> None:
    def ring(head: bytes) -> bytes:
        base = head.split(b" ")[1].removesuffix(b"/x")
        return b"HTTP/1.1 302 On\r\nLocation: %s/on/x\r\nContent-Length: 0\r\n\r\n" % base

    async with answering(ring) as url:
        http = Http(url)
        with pytest.raises(Elsewhere, match="5 times"):
            await asyncio.wait_for(http.ask("GET", http.target("x", {}), {}), DEADLINE)
        http.close()


@pytest.mark.anyio
async def test_where_nobody_listens_the_log_says_so_in_words() -> None:
    """The numbers of an operating system are for its own people."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # and nobody listens at it
        client = io(f"http://127.0.0.1:{closed.getsockname()[1]}").connect()

        def failures() -> list[str]:
            return [note.text for note in client.decisions if "did not open" in note.text]

        await eventually(lambda: len(failures()) >= 4)
        assert all(text.endswith("(nobody there)") for text in failures()), failures()
        await client.close()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeoutError(), "no answer"),
        (ConnectionResetError(104, "Connection reset by peer"), "the line broke"),
        (socket.gaierror(-2, "Name or service not known"), "no such host"),
        (OSError("Multiple exceptions: [Errno 111] …"), "no answer"),
        (Elsewhere("redirected 5 times"), "redirected 5 times"),
    ],
)
def test_what_broke_is_said_in_words(error: Exception, words: str) -> None:
    assert broke(error).why == words
