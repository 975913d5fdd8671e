"""The meter: what it says of each transport is what the sockets say, to the byte."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import struct
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from tests.serving import Lab, eventually
from tests.stranger.http import http, new_sid, public_id
from transport_fallback.client.socket import io
from transport_fallback.serving import accounts
from transport_fallback.serving.accounts import Counts
from transport_fallback.serving.meter import Meter, client_of

pytestmark = pytest.mark.anyio
BOTH_WAYS = True  # see conftest.py

INFO = struct.Struct("=QQ")  # bytes_acked, bytes_received: at 120 in Linux' struct tcp_info


class Line:
    """A connection that says exactly what it is told to, and knows from the kernel what went over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str) -> None:
        self.reader, self.writer, self.host = reader, writer, host

    @property
    def passed(self) -> tuple[int, int]:
        """Up and down, of the application."""
        info = self.writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 192)
        acked, received = INFO.unpack_from(info, 120)
        return acked - 1, received  # the SYN is counted among the first

    def ask(self, method: str, path: str, body: bytes = b"", *headers: str) -> bytes:
        length = [f"Content-Length: {len(body)}"] if body else []
        head = "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {self.host}", *headers, *length, "", ""]).encode()
        self.writer.write(head + body)
        return head

    async def answer(self) -> tuple[bytes, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head)
        return head, await self.reader.readexactly(int(length[1]) if length else 0)

    async def asked(self, method: str, path: str, body: bytes = b"", *headers: str) -> tuple[bytes, bytes, bytes]:
        head = self.ask(method, path, body, *headers)
        return head, *await self.answer()


@contextlib.asynccontextmanager
async def line_to(base: str) -> AsyncIterator[Line]:
    url = urlsplit(base)
    reader, writer = await asyncio.open_connection(url.hostname, url.port)
    try:
        yield Line(reader, writer, url.netloc)
    finally:
        writer.close()


def counted(lab: Lab, sid: str) -> dict[str, Counts]:
    counts: dict[str, Counts] = lab.app.state.meter.of(public_id(sid))
    return counts


def total(counts: dict[str, Counts]) -> tuple[int, int]:
    return sum(one.up for one in counts.values()), sum(one.down for one in counts.values())


async def test_polls_and_long_polls_to_the_byte(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line:
        up, down, bodies = 0, 0, 0
        _, _, first = await line.asked("GET", f"/poll?sid={sid}&every=1000")
        cursor = json.loads(first)["cursor"]
        await lab.hub.emit("said", "x" * 200)
        for name in ("poll", "longpoll"):
            head, said, body = await line.asked("GET", f"/{name}?sid={sid}&cursor={cursor}")
            counts = counted(lab, sid)[name]
            up, down, bodies = len(head), len(said), len(body)
            if name == "longpoll":
                assert (counts.head_up, counts.head_down, counts.payload_down) == (up, down, bodies)
                assert (counts.requests, counts.news, counts.empty, counts.messages) == (1, 1, 0, 1)
        polls = counted(lab, sid)["poll"]
        assert (polls.requests, polls.news, polls.empty, polls.connections) == (2, 1, 1, 1)
        await eventually(lambda: line.passed == total(counted(lab, sid)))
        assert polls.as_json()["framing_up"] == polls.as_json()["framing_down"] == 0


async def test_a_stream_to_the_byte(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line:
        head = line.ask("GET", f"/sse?sid={sid}&heartbeat=1", b"", "Accept: text/event-stream")
        said = await line.reader.readuntil(b"\r\n\r\n")
        for word in ("one", "two", "three"):
            await lab.hub.emit("said", word)
            await line.reader.readuntil(word.encode())
        await eventually(lambda: line.passed == total(counted(lab, sid)))
        counts = counted(lab, sid)["sse"]
        assert (counts.head_up, counts.head_down, counts.messages) == (len(head), len(said), 3)
        told = counts.as_json()
        assert 0 < told["framing_down"] < counts.payload_down  # `id:`, `data:` and the sizes of chunks
        assert counts.news == 3 and counts.batches == 3 + counts.empty


async def test_a_websocket_to_the_byte(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line:
        key = [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: " + "A" * 22 + "==",
        ]
        head = line.ask("GET", f"/ws?sid={sid}&heartbeat=1", b"", *key)
        said = await line.reader.readuntil(b"\r\n\r\n")
        text = b'{"emits":[{"n":1,"event":"nobody hears","data":null}]}'
        line.writer.write(Frame(Opcode.TEXT, text).serialize(mask=True))
        await line.reader.readuntil(b'"acks"')
        await lab.hub.emit("said", "y" * 300)
        await line.reader.readuntil(b"yyyyy")
        await eventually(lambda: line.passed == total(counted(lab, sid)))
        counts = counted(lab, sid)["ws"]
        assert (counts.head_up, counts.head_down) == (len(head), len(said))
        assert (counts.payload_up, counts.frames_up, counts.as_json()["framing_up"]) == (len(text), 1, 6)
        # Two bytes a frame, four where it is longer than 125.
        least, most = 2 * counts.frames_down, 4 * counts.frames_down
        assert least < counts.as_json()["framing_down"] <= most and counts.messages == 1


async def test_what_is_emitted_by_post_is_counted_beside(lab: Lab) -> None:
    sid = new_sid()
    body = json.dumps({"emits": [{"n": 1, "event": "c2s", "data": 1}]}).encode()
    async with line_to(lab.url) as line:
        head, said, answer = await line.asked("POST", f"/emit?sid={sid}", body, "Content-Type: application/json")
        counts = counted(lab, sid)["emit"]
        assert (counts.head_up, counts.payload_up) == (len(head), len(body))
        assert (counts.head_down, counts.payload_down) == (len(said), len(answer))
        await eventually(lambda: line.passed == total(counted(lab, sid)))


async def test_a_link_costs_what_its_client_sends(lab: Lab) -> None:
    """The way through a network is longer by its name, and that is on the wire, too."""
    sid = new_sid()
    async with line_to(lab.url) as line:
        for _ in range(2):
            await line.asked("GET", f"/via/~some-link/hello?sid={sid}")
        await eventually(lambda: line.passed == total(counted(lab, sid)))


@pytest.mark.parametrize("transport", ["poll", "longpoll", "sse", "ws"])
async def test_all_of_a_client_is_all_of_its_transports(lab: Lab, transport: str) -> None:
    before = total(lab.app.state.meter.totals)
    async with io(lab.url, use=transport, every=0.3) as socket:
        await socket.ready()
        await socket.emit("c2s", "hello")
        await lab.say("news")
        await eventually(lambda: lab.app.state.meter.of(socket.id)[transport].messages == 1)
        name = socket.id
    mine = lab.app.state.meter.of(name)
    after = total(lab.app.state.meter.totals)
    assert mine[transport].requests >= 1
    assert (after[0] - before[0], after[1] - before[1]) == total(mine)


async def test_what_is_no_request_is_nobodys(lab: Lab) -> None:
    nothing = lab.app.state.meter.totals["other"].down
    async with line_to(lab.url) as line:
        line.writer.write(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        refused = await line.reader.read()
    assert lab.app.state.meter.totals["other"].down - nothing == len(refused)


async def test_stats_and_metrics_tell_the_same(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line:
        await line.asked("GET", f"/poll?sid={sid}")
    told = (await http(lab.url, "GET", f"/stats?client={public_id(sid)}")).accepted()
    assert told["transports"]["poll"] == counted(lab, sid)["poll"].as_json()
    all_told = (await http(lab.url, "GET", "/stats")).accepted()["transports"]
    text = (await http(lab.url, "GET", "/metrics")).body.decode()
    assert f'lab_payload_down_total{{transport="poll"}} {all_told["poll"]["payload_down"]}' in text.splitlines()
    assert (await http(lab.url, "GET", "/stats?client=nobody")).accepted()["transports"] == {}


async def test_what_clients_cause_is_watched_as_it_happens(lab: Lab) -> None:
    sid, other = new_sid(), new_sid()
    url = lab.url.replace("http", "ws") + f"/lab/watch?client={public_id(sid)}&client={public_id(other)}"
    async with connect(url, proxy=None) as watch, line_to(lab.url) as line:
        assert json.loads(await watch.recv()) == {public_id(sid): {}, public_id(other): {}}
        await line.asked("GET", f"/poll?sid={sid}")
        told = json.loads(await watch.recv())
        assert told[public_id(sid)]["poll"] == counted(lab, sid)["poll"].as_json() and told[public_id(other)] == {}


@pytest.mark.parametrize(
    "query", ["", "?client=", "?client=nobody-at-all", "?client=%00", "?CLIENT=x", "?client=%ff%fe"]
)
async def test_who_watches_nobody_is_refused(lab: Lab, query: str) -> None:
    async with connect(lab.url.replace("http", "ws") + f"/lab/watch{query}", proxy=None) as watch:
        assert json.loads(await watch.recv())["error"]["code"] == "bad_parameter"
        with pytest.raises(ConnectionClosed):
            await watch.recv()
        assert watch.close_code == 4000


@pytest.mark.parametrize("query", ["client=" + "x" * 9000, "client=%00%ff", "client", "client=a&client=b", "&=&%%%=%"])
async def test_nonsense_asked_of_the_stats_is_answered_by_nothing(lab: Lab, query: str) -> None:
    assert (await http(lab.url, "GET", f"/stats?{query}")).status == 200
    assert (await http(lab.url, "GET", f"/metrics?{query}")).status == 200


def test_figures_of_so_many_clients_are_kept() -> None:
    meter = Meter(lambda client: True)
    for n in range(accounts.CLIENTS + 2 * accounts.STRANGERS):
        meter.exchange("poll", f"client{n}").heard(10)
    assert meter.of(f"client{accounts.CLIENTS + 399}")["poll"].up == 10
    assert meter.totals["poll"].up == 10 * (accounts.CLIENTS + 400)
    assert len(meter.accounts) == accounts.CLIENTS + accounts.STRANGERS


def test_strangers_forget_nobody_who_has_been_here() -> None:
    here = {"me"}
    meter = Meter(here.__contains__)
    first = meter.exchange("sse", "me")
    for n in range(3 * accounts.CLIENTS):
        meter.exchange("hello", f"made-up{n}").heard(10)
        first.heard(1)
    assert meter.of("me")["sse"].up == 3 * accounts.CLIENTS
    assert len(meter.accounts) <= accounts.STRANGERS + 1


def test_who_is_here_is_forgotten_after_who_has_gone() -> None:
    here = {"me"}
    meter = Meter(here.__contains__)
    meter.exchange("sse", "me")
    for n in range(2 * accounts.CLIENTS):
        here.add(f"brief{n}")
        meter.exchange("poll", f"brief{n}")
        meter.exchange("poll", f"brief{n}")
        here.discard(f"brief{n}")
    assert "sse" in meter.of("me") and len(meter.accounts) <= accounts.CLIENTS + accounts.STRANGERS


def test_a_forgotten_clients_trace_is_freed() -> None:
    meter = Meter()
    for n in range(3 * accounts.STRANGERS):
        meter.exchange("poll", f"client{n}").heard(10)
    assert len(meter.accounts.shelf._young) == accounts.STRANGERS


@pytest.mark.parametrize("sid", ["", "short", "x" * 23, "%00" * 22, "\u00e9" * 11, "%", "%zz"])
def test_a_sid_that_is_none_is_nobodys(sid: str) -> None:
    assert client_of(b"sid=" + sid.encode(), []) == client_of(b"", [(b"authorization", b"Bearer")]) == ""


def test_the_header_wins_over_the_query() -> None:
    good, other = new_sid(), new_sid()
    headers = [(b"authorization", b"Bearer " + good.encode())]
    assert client_of(b"sid=" + other.encode(), headers) == public_id(good)
