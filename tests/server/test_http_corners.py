"""HTTP's corners: offers that are not taken, versions that know less, targets in full, and what may be said ahead."""

from __future__ import annotations

import asyncio
import json
import struct
from urllib.parse import urlsplit

import pytest

from tests.server.test_guards import UPGRADE, address, answer, connect, frame, healthy
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE, new_sid, raw, target

pytestmark = pytest.mark.anyio

EMITS = json.dumps({"emits": [{"n": 1, "event": "nobody hears", "data": "hello"}]}).encode()


def host(lab: Lab) -> str:
    return "{}:{}".format(*address(lab))


def posted(lab: Lab, *headers: str, path: str = "/emit?sid={sid}", body: bytes = EMITS, version: str = "1.1") -> bytes:
    lines = [
        f"POST {path.format(sid=new_sid())} HTTP/{version}",
        f"Host: {host(lab)}",
        "Content-Type: application/json",
        *headers,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + body


OFFERS = {
    "h2c": ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"],
    "websocket": ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    "several": ["Connection: Upgrade", "Upgrade: TLS/1.0, websocket"],
    "two": ["Connection: Upgrade", "Upgrade: h2c", "Upgrade: websocket"],
    "unsaid": ["Upgrade: h2c"],
}


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("way", ["length", "chunks"])
@pytest.mark.parametrize("through", ["", "/via/~some-link"])
async def test_a_post_that_offers_an_upgrade_keeps_its_body(lab: Lab, offer: str, way: str, through: str) -> None:
    reader, writer = await connect(lab)
    told = f"Content-Length: {len(EMITS)}" if way == "length" else "Transfer-Encoding: chunked"
    body = EMITS if way == "length" else b"%x\r\n%b\r\n0\r\n\r\n" % (len(EMITS), EMITS)
    for _ in range(2):  # and the connection goes on
        writer.write(posted(lab, *OFFERS[offer], told, body=body, path=through + "/emit?sid={sid}"))
        head, acks = await answer(reader)
        assert head.startswith(b"HTTP/1.1 200 "), head
        assert json.loads(acks)["acks"][0]["n"] == 1
    writer.close()


@pytest.mark.parametrize("method", ["HEAD", "PUT", "OPTIONS", "DELETE", "PATCH"])
async def test_any_method_that_offers_an_upgrade_is_answered_as_if_it_had_not(lab: Lab, method: str) -> None:
    plain, offering = [
        await raw(
            lab.url,
            f"{method} /hello HTTP/1.1\r\nHost: {host(lab)}\r\n{offer}\r\nContent-Length: 2\r\n\r\n{{}}".encode(),
        )
        for offer in ("Connection: close", "Connection: close, Upgrade\r\nUpgrade: h2c")
    ]
    assert offering.split(b"\r\n")[0] == plain.split(b"\r\n")[0]


# RFC 9110, 5.5: blanks around a value are no part of it.
@pytest.mark.parametrize("through", ["", "/via/~some-link"])
@pytest.mark.parametrize("blanks", [" ", "\t", " \t "])
async def test_blanks_behind_a_value_are_no_part_of_it(lab: Lab, blanks: str, through: str) -> None:
    reader, writer = await connect(lab)
    told = [f"Content-Length: {len(EMITS)}{blanks}", f"Expect: 100-continue{blanks}"]
    head = posted(lab, *told, body=b"", path=through + "/emit?sid={sid}").replace(
        b"/json\r", b"/json" + blanks.encode() + b"\r"
    )
    writer.write(head)
    async with asyncio.timeout(DEADLINE):
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
    writer.write(EMITS)
    assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
    await lab.say("e")
    lines = [f"GET {through}/sse HTTP/1.1", f"Host: {host(lab)}{blanks}", f"Last-Event-ID: {lab.at(0)}{blanks}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(DEADLINE):
        assert b'"gap":null' in await reader.readuntil(b'"messages"')
    writer.close()


@pytest.mark.parametrize("body", ["Content-Length: 5\r\n\r\nhello", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"])
async def test_a_handshake_with_a_body_is_none(lab: Lab, body: str) -> None:
    reader, writer = await connect(lab)
    request = UPGRADE.format(path=f"/ws?sid={new_sid()}", host=host(lab)).removesuffix("\r\n") + body
    writer.write(request.encode())
    head, _ = await answer(reader)
    assert head.startswith(b"HTTP/1.1 426 "), head
    writer.write(f"GET /hello HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode())
    assert (await answer(reader))[0].startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_connect_is_refused(lab: Lab) -> None:
    told = await raw(lab.url, f"CONNECT {host(lab)} HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode())
    assert told.startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("through", ["", "/via/~some-link"])
async def test_an_upgrade_waits_for_the_answers_before_it(lab: Lab, through: str) -> None:
    reader, writer = await connect(lab)
    cursor, sid = lab.end, new_sid()
    poll = f"GET {through}/longpoll?sid={sid}&cursor={cursor}&hold=1 HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n"
    writer.write((poll + UPGRADE.format(path=f"{through}/ws?sid={new_sid()}", host=host(lab))).encode())
    writer.write(frame(1, b'{"ping":7}'))
    head, body = await answer(reader)
    assert head.startswith(b"HTTP/1.1 200 ") and json.loads(body)["cursor"]
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    seen = b""
    async with asyncio.timeout(DEADLINE):
        while b'{"pong":7}' not in seen:
            first, second = await reader.readexactly(2)
            assert first == 0x81, seen
            length = struct.unpack("!H", await reader.readexactly(2))[0] if second == 126 else second
            seen = await reader.readexactly(length)
    writer.transport.abort()


@pytest.mark.parametrize("upgrade", [False, True])
async def test_a_target_in_absolute_form_is_that_of_the_application(lab: Lab, upgrade: bool) -> None:
    path = f"{lab.url}/{'ws' if upgrade else 'poll'}?sid={new_sid()}"
    head = UPGRADE if upgrade else "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"
    reader, writer = await connect(lab)
    writer.write(head.format(path=path, host=host(lab)).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).split()[1] == (b"101" if upgrade else b"200")
    writer.transport.abort()


@pytest.mark.parametrize(("named", "said", "status"), [("evil.example", None, b"400"), (None, "evil.example", b"200")])
async def test_the_host_of_an_absolute_target_is_the_one_that_counts(
    lab: Lab, named: str | None, said: str | None, status: bytes
) -> None:
    reader, writer = await connect(lab)
    own = host(lab)
    writer.write(f"GET http://{named or own}/hello HTTP/1.1\r\nHost: {said or own}\r\n\r\n".encode())
    assert (await answer(reader))[0].split()[1] == status
    writer.close()


@pytest.mark.parametrize("more", ["", "Connection: keep-alive\r\n"])
@pytest.mark.parametrize("path", ["/sse", "/hello", "/nowhere", "/"])
async def test_http_1_0_gets_no_chunks_and_one_connection_header(lab: Lab, more: str, path: str) -> None:
    reader, writer = await connect(lab)
    writer.write(f"GET {path} HTTP/1.0\r\nHost: {host(lab)}\r\n{more}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    assert b"transfer-encoding" not in head
    assert head.count(b"\r\nconnection: ") == 1 and b"\r\nconnection: close\r\n" in head
    if path == "/sse":
        assert (await reader.readexactly(4)).startswith(b"id: ")
        await lab.say("news")
        await reader.readuntil(b'"news"')
    writer.transport.abort()


async def test_a_stream_for_http_1_0_ends_with_its_connection(lab: Lab) -> None:
    sid = new_sid()
    reader, writer = await connect(lab)
    writer.write(f"GET {target('sse', sid=sid)} HTTP/1.0\r\nHost: {host(lab)}\r\n\r\n".encode())
    await reader.readuntil(b"data:")
    await eventually(lambda: lab.hub.clients())
    lab.hub.clients()[0].readers[0].end("draining")
    async with asyncio.timeout(DEADLINE):
        assert not (await reader.read()).endswith(b"0\r\n\r\n")
    writer.close()


@pytest.mark.limits(body_seconds=0.5)
@pytest.mark.parametrize("sent", [b"", b"{"], ids=["nothing", "a byte"])
@pytest.mark.parametrize("path", ["/emit?sid={sid}", "/bye?sid={sid}", "/nowhere", "/via/~some-link/emit?sid={sid}"])
async def test_an_upload_that_is_broken_off_is_no_error_of_ours(lab: Lab, path: str, sent: bytes) -> None:
    for _ in range(3):
        _reader, writer = await connect(lab)
        writer.write(posted(lab, "Content-Length: 40", path=path, body=sent))
        await writer.drain()
        writer.close()
    await healthy(lab)
    await eventually(lambda: len(lab.app.state.doors) <= 1)  # the autouse fixture has seen no report


async def test_who_expects_to_be_told_is_told_to_go_on(lab: Lab) -> None:
    reader, writer = await connect(lab)
    writer.write(posted(lab, "Expect: 100-Continue", f"Content-Length: {len(EMITS)}", body=b""))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(EMITS)
    head, acks = await answer(reader)
    assert head.startswith(b"HTTP/1.1 200 ") and b'"n":1' in acks
    writer.close()


@pytest.mark.parametrize(
    ("headers", "version"),
    [(["Content-Length: 0"], "1.1"), ([], "1.1"), ([f"Content-Length: {len(EMITS)}"], "1.0")],
    ids=["no bytes", "no body", "1.0"],
)
async def test_nobody_else_is_told_to_go_on(lab: Lab, headers: list[str], version: str) -> None:
    told = await raw(
        lab.url,
        posted(
            lab,
            "Expect: 100-continue",
            "Connection: close",
            *headers,
            body=EMITS if version == "1.0" else b"",
            path="/bye?sid={sid}" if version == "1.1" else "/emit?sid={sid}",
            version=version,
        ),
    )
    assert b" 100 " not in told and told.startswith(b"HTTP/1.1 20")


async def test_who_is_refused_before_going_on_is_told_that_the_line_ends(lab: Lab) -> None:
    reader, writer = await connect(lab)
    writer.write(posted(lab, "Expect: 100-continue", "Content-Length: 54", path="/nowhere", body=b""))
    head, _ = await answer(reader)
    assert head.startswith(b"HTTP/1.1 404 ") and b"\r\nconnection: close\r\n" in head
    async with asyncio.timeout(DEADLINE):
        assert await reader.read() == b""
    writer.close()


AMBIGUOUS = {
    "two lengths": "Content-Length: 0\r\nContent-Length: 5",
    "a list of lengths": "Content-Length: 0, 0",
    "the same twice": "Content-Length: 54\r\nContent-Length: 54",
    "length and chunks": "Content-Length: 5\r\nTransfer-Encoding: chunked",
    "chunks and length": "Transfer-Encoding: chunked\r\nContent-Length: 5",
    "chunks not last": "Transfer-Encoding: chunked, identity",
    "a signed length": "Content-Length: +5",
    "a negative length": "Content-Length: -5",
    "a length in hex": "Content-Length: 0x5",
    "a blank in a name": "Content-Length : 5",
    "a folded header": "X: a\r\n Content-Length: 5",
}


@pytest.mark.parametrize("through", ["", "/via/~some-link"])
@pytest.mark.parametrize("ambiguous", AMBIGUOUS)
async def test_what_two_readers_would_read_as_two_things_is_refused(lab: Lab, ambiguous: str, through: str) -> None:
    smuggled = f"GET /poll?sid={new_sid()} HTTP/1.1\r\nHost: {host(lab)}\r\n\r\n".encode()
    asked = posted(lab, AMBIGUOUS[ambiguous], path=through + "/bye?sid={sid}", body=smuggled)
    told = await raw(lab.url, asked)
    assert told.startswith(b"HTTP/1.1 400 "), told
    assert told.count(b"HTTP/1.1 ") == 1
    assert urlsplit(lab.url).port
    await healthy(lab)
