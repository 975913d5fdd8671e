"""E10 to E13: what a run says of the claims C19 to C23, either way; and the clients behind a real proxy with TLS."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import RequestReceived
from h2.settings import SettingCodes

from bench.claims import deployed, findings
from bench.experiments import BROWSER, Group, Run, Step, everything, run_of
from bench.load import fronts, packed
from bench.load.catching import settle
from bench.load.filling import filled
from bench.load.frames import DATA, HEADERS, framed
from bench.load.fronts import fronting, settled, trusting
from bench.load.heads import Heads
from bench.load.http2 import Http2Poll, Http2Sse, kept_out, send
from bench.load.packed import TAIL, PackedPoll, PackedSse, PackedWs
from bench.load.servers import serving
from bench.load.wire import Client, Ear, Way
from bench.playing import play
from bench.report.document import VERSION, Document, parse
from bench.report.files import tables
from bench.report.today import today
from bench.theory import heads as theory
from bench.theory.stats import Verdict
from tests.bench.deployed import Cells, cells, exchange, idle, packs, record, sockets, streams, through
from tests.bench.test_bench import Deaf, batch, chunks, event, http
from tests.root import ROOT

pytestmark = pytest.mark.anyio


# ---- verdicts on made-up cells


def told(*several: Cells) -> Document:
    return parse({"version": VERSION, "cells": [cell for made in several for cell in made]})


def said(claim: str, document: Document) -> tuple[Verdict, str]:
    found = {one.number: finding for one, finding in findings(document)}[claim]
    return found.verdict, found.said


@pytest.mark.parametrize(
    ("up", "down", "verdict"),
    [(75, 40, Verdict.HOLDS), (75, 116, Verdict.ONLY), (400, 40, Verdict.ONLY), (400, 116, Verdict.FAILS)],
)
def test_hpack_is_judged_by_the_heads_of_both_ways(up: int, down: int, verdict: Verdict) -> None:
    found = said("C19", told(exchange(1, 577, 226), exchange(2, up, down)))
    assert found[0] is verdict
    if verdict is Verdict.ONLY:
        assert found[1] == f"only when heads of {'requests' if up == 75 else 'answers'} are meant"
    assert said("C19", told(exchange(1, 577, 226)))[0] is Verdict.UNTOLD


def test_the_limit_is_gone_or_not_and_the_next_one_is_the_proxys() -> None:
    few = streams("nginx-tls", 8, 8, 0.01), streams("nginx-tls", 20, 20, 0.01)
    hundred = streams("haproxy-tls", 150, 100, None)
    assert said("C20", told(*few, hundred))[0] is Verdict.HOLDS
    verdict, words = said("C20", told(*few, hundred, streams("nginx-tls", 150, 128, None)))
    assert verdict is Verdict.ONLY and words.endswith("100 through haproxy-tls and 128 through nginx-tls")
    assert said("C20", told(streams("nginx-tls", 8, 6, None), hundred))[0] is Verdict.FAILS
    assert said("C20", told(streams("nginx-tls", 8, 8, None), hundred))[0] is Verdict.FAILS  # nothing else gets through
    assert said("C20", told(*few))[0] is Verdict.OPEN
    assert said("C20", told(exchange(1, 577, 226)))[0] is Verdict.UNTOLD


def test_websockets_share_a_connection_where_the_proxy_offers_it() -> None:
    assert said("C22", told(sockets("haproxy-tls", 1)))[0] is Verdict.HOLDS
    assert said("C22", told(sockets("nginx-tls", 9)))[0] is Verdict.FAILS
    verdict, words = said("C22", told(sockets("haproxy-tls", 1), sockets("nginx-tls", 9)))
    assert (verdict, words) == (Verdict.ONLY, "only when the proxy offers it: haproxy-tls did, nginx-tls did not")


def test_compression_is_judged_by_what_it_saves_and_costs() -> None:
    assert said("C21", told(packs("ws", 1000, 1000, 150, 2.0), idle("ws", 9e4)))[0] is Verdict.HOLDS
    assert said("C21", told(packs("ws", 1000, 1000, 400, 2.0), idle("ws", 9e4)))[0] is Verdict.FAILS
    assert said("C21", told(packs("ws", 1000, 1000, 150, 0.5), idle("ws", 9e4)))[0] is Verdict.OPEN
    assert said("C21", told(packs("ws", 1000, 1000, 150, 2.0), idle("ws", -9e4)))[0] is Verdict.FAILS
    mixed = told(packs("ws", 1000, 1000, 150, 2.0), packs("sse", 100, 1000, 700, 2.0))
    assert said("C21", mixed) == (Verdict.ONLY, "only when messages are of the kind that saves 85 %")
    assert said("C21", told(idle("ws", 9e4)))[0] is Verdict.UNTOLD


@pytest.mark.parametrize(
    ("application", "cpu", "held", "verdict"),
    [
        (2000, 1.001, 2.5e4, Verdict.HOLDS),
        (250, 1.001, 2.5e4, Verdict.FAILS),
        (2000, 1.2, 2.5e4, Verdict.FAILS),
        (2000, 1.001, 4.0e4, Verdict.FAILS),
    ],
)
def test_tls_is_judged_by_bytes_time_and_memory(application: int, cpu: float, held: float, verdict: Verdict) -> None:
    document = told(record(application), through("nginx", 1e-4, 1.6e4), through("nginx-tls", 1e-4 * cpu, held))
    assert said("C23", document)[0] is verdict
    assert deployed.tls(told(exchange(9, 1, 1, "")[:0])).verdict is Verdict.UNTOLD


def test_the_ratio_of_2010_is_told_anew_for_each_version() -> None:
    ws = cells(
        "E10", "nginx-tls", Group("ws", "ws", heads=True), Step(rate=4.0, size=20), delivered=4, up=0, down=112,
        head_up=0, head_down=0, payload_down=96, framing_down=16, line_up=0, line_down=200, segments_up=4,
        segments_down=4, answers=4,
    )  # fmt: skip
    document = told(exchange(1, 577, 226), exchange(2, 75, 116), ws)
    table = today(document)
    assert table is not None
    rows = {(row[1], row[2]): row[5:] for row in table.rows}
    assert rows[("HTTP/1.1", "heads against framing")] == [f"{(577 + 226) / 4:.0f} : 1", ""]
    assert rows[("HTTP/2", "all bytes of the application")] == ["7.68 : 1", f"{(75 + 116 + 21) / (4 + 21):.3g} : 1"]
    assert all(f"\n{name} " in tables(document.raw) for name in ("E10", "C19", "C23"))
    assert today(told(exchange(1, 577, 226))) is None


# ---- the plan


def test_what_a_machine_lacks_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = {name: set().union(*(run.needs for run in everything()[name].planned(0, False))) for name in
             ("E10", "E11", "E12", "E13")}  # fmt: skip
    assert needs["E10"] == needs["E11"] == {BROWSER, "nginx", "haproxy"}
    assert needs["E12"] == {"nginx"} and needs["E13"] == {"nginx", "haproxy"}
    assert not any(run.needs & {BROWSER} for name in needs for run in everything()[name].planned(0, True))
    monkeypatch.setattr(fronts, "find", missing)
    assert fronts.lacking("nginx") == "nginx is not installed; what stands behind nginx is left out"


def missing(program: str) -> str:
    raise FileNotFoundError(f"{program} is not installed")


def test_messages_are_filled_with_what_compresses_and_with_what_does_not() -> None:
    for filling, most in (("x", 0.1), ("prose", 0.6), ("noise", 0.8)):
        texts = filled(filling, 4000, 7)
        first, second = next(texts), next(texts)
        again = filled(filling, 4000, 7)
        assert (first, second) == (next(again), next(again)) and len(first) == len(json.dumps(first)) - 2 == 4000
        assert (first == second) is (filling == "x")
        assert most - 0.4 < len(zlib.compress(first.encode())) / 4000 < most


# ---- HTTP/2


HEADS = Heads(
    "127.0.0.1:1",
    {"poll": ((b"Host", b"127.0.0.1:1"), (b"User-Agent", b"Somebody/1.0"))},
    {"poll": ((b":method", b"GET"), (b":authority", b"127.0.0.1:1"), (b":scheme", b"https"), (b":path", b"/poll"),
              (b"user-agent", b"Somebody/1.0"), (b"referer", b"https://127.0.0.1:1/page"))},
)  # fmt: skip


def test_heads_go_to_another_place_as_they_were() -> None:
    assert HEADS.lines("longpoll", "127.0.0.1:22") == b"Host: 127.0.0.1:22\r\nUser-Agent: Somebody/1.0\r\n"
    assert dict(HEADS.fields("poll", "127.0.0.1:22"))[b"referer"] == b"https://127.0.0.1:22/page"
    twice = Heads("", {"poll": ((b"Host", b"127.0.0.1:1"),)}, {})
    settle(twice, "127.0.0.1:1")
    twice.http2["poll"] = ((b":authority", b"127.0.0.1:2"),)
    settle(twice, "127.0.0.1:2")
    assert dict(twice.fields("poll", "there"))[b":authority"] == b"there"


@pytest.mark.parametrize("path", [b"/poll?sid=AAAABBBBCCCCDDDDEEEEFF&cursor=aZ09-_.17", b"/" + b"q" * 300])
def test_the_arithmetic_of_hpack_is_the_librarys(path: bytes) -> None:
    h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
    h2.initiate_connection()
    h2.data_to_send()
    fields = [kept_out(name, path if name == b":path" else value) for name, value in HEADS.http2["poll"]]
    sizes = []
    for _ in range(3):
        send(h2, h2.get_next_available_stream_id(), fields)
        ((kind, size),), rest = framed(h2.data_to_send())
        assert kind == HEADERS and not rest
        sizes.append(size)
    assert sizes[1] == sizes[2] == theory.repeated(path, len(fields) - 1) < sizes[0]


def hearing(kind: Callable[..., Client], **more: Any) -> Any:
    ear = Ear()
    ear.listen("f", 0)
    client = kind(Way("127.0.0.1", 9, "", **more), ear)
    client.transport = Deaf()
    return client


class Answering:
    """The server's side of HTTP/2."""

    def __init__(self) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding=None))
        self.h2.initiate_connection()
        self.asked: list[dict[Any, Any]] = []

    def heard(self, data: bytes) -> None:
        for one in self.h2.receive_data(data):
            if isinstance(one, RequestReceived):
                told = {bytes(name).decode(): bytes(value).decode() for name, value in one.headers}
                self.asked.append({"stream": one.stream_id, **told})

    def answer(self, *pieces: bytes, status: str = "200", end: bool = True) -> bytes:
        stream = self.asked[-1]["stream"]
        self.h2.send_headers(stream, [(":status", status)])
        for at, piece in enumerate(pieces):
            self.h2.send_data(stream, piece, end_stream=end and at == len(pieces) - 1)
        return self.h2.data_to_send()


@pytest.mark.parametrize("size", [1, 7, 10_000])
async def test_http2_is_read_alike_however_it_is_cut(size: int) -> None:
    client, server = hearing(Http2Poll, every=0.25, mode="delay", heads=HEADS), Answering()
    client.begin()
    server.heard(client.transport.said)
    answer = server.answer(batch(0, 1))
    for at in range(0, len(answer), size):
        client.take(answer[at : at + size])
    counts = client.counts
    assert (client.next, client.faults, counts.answers, counts.requests) == (2, [], 1, 1)
    assert server.asked[0][":authority"] == "127.0.0.1:9" and server.asked[0]["user-agent"] == "Somebody/1.0"
    frames, _ = framed(answer)
    assert counts.down == len(answer) and counts.payload_down == len(batch(0, 1))
    assert counts.head_down == sum(size for kind, size in frames if kind == HEADERS)
    assert counts.head_up == sum(size for kind, size in framed(client.transport.said[24:])[0] if kind == HEADERS)
    assert counts.up == len(client.transport.said)
    assert any(kind == DATA for kind, _ in frames) and SettingCodes.ENABLE_PUSH in server.h2.remote_settings


async def test_a_stream_over_http2_is_read_event_by_event_and_a_refusal_is_a_fault() -> None:
    client, server = hearing(Http2Sse), Answering()
    client.begin()
    server.heard(client.transport.said)
    first, second = event(batch(0)), event(batch(1))
    client.take(server.answer(first + second[:9], second[9:], end=False))
    assert client.next == 2 and client.counts.payload_down == len(batch(0)) + len(batch(1)) and not client.faults
    refused, server = hearing(Http2Poll, every=0.25, mode="delay"), Answering()
    refused.begin()
    server.heard(refused.transport.said)
    refused.take(server.answer(b"no", status="403"))
    assert refused.faults == ["was answered 403: no"] and refused.transport.aborted
    client.take(b"\0\0\1\0\0\0\0\0\0x")  # data of no stream
    assert "no sse over HTTP/2" in client.faults[-1]


# ---- compressed


def gzipped(text: bytes) -> bytes:
    return zlib.compress(text, wbits=packed.GZIP)


@pytest.mark.parametrize("size", [1, 13, 10_000])
async def test_what_is_compressed_is_counted_as_it_came(size: int) -> None:
    body = gzipped(batch(0, 1))
    answer = http(body).replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    stream = zlib.compressobj(wbits=packed.GZIP)
    events = [stream.compress(event(batch(n))) + stream.flush(zlib.Z_SYNC_FLUSH) for n in (0, 1)]
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n"
    socket = zlib.compressobj(wbits=packed.RAW)
    frames = [(socket.compress(batch(n)) + socket.flush(zlib.Z_SYNC_FLUSH)).removesuffix(TAIL) for n in (0, 1)]
    upgrade = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
    framed_up = b"".join(bytes((0xC1, len(frame))) + frame for frame in frames)
    for kind, whole, payload in (
        (PackedPoll, answer, len(body)),
        (PackedSse, head + chunks(*events), sum(map(len, events))),
        (PackedWs, upgrade + framed_up, sum(map(len, frames))),
    ):
        client = hearing(kind, every=0.25, mode="delay")
        for at in range(0, len(whole), size):
            client.take(whole[at : at + size])
        assert (client.next, client.faults) == (2, []), kind
        assert (client.counts.payload_down, client.counts.down) == (payload, len(whole)), kind


# ---- behind real proxies


@pytest.mark.parametrize("front", ["nginx-tls", "haproxy-tls"])
async def test_each_transport_goes_through_each_proxy_and_its_bytes_are_counted(front: str, both_proxies: None) -> None:
    """Over HTTP/2 where there is TLS; the kernel counts what is on the socket, TLS's records included."""
    groups = tuple(
        Group(kind, kind, clients=2, interval=0.2 if kind == "poll" else None, mode="rate" if kind == "poll" else None,
              http=1 if kind == "ws" else 2)
        for kind in ("poll", "longpoll", "sse", "ws")
    )  # fmt: skip
    run = Run("E1", groups, (Step(rate=10.0, seconds=0.6, warm=0.3),), front=front)  # E1: whose time is not looked at
    kept: Cells = []
    await play(run_of(json.loads(json.dumps(run.as_json()))), None, kept.append)
    assert [cell["void"] for cell in kept] == [None] * 4
    for cell in kept:
        figures = cell["figures"]
        application, line = (figures[f"{name}up"] + figures[f"{name}down"] for name in ("", "line_"))
        assert figures["delivered"] >= 8 and cell["params"]["front"] == front
        # A record is 22 bytes, with TLS 1.3; on a busy machine one may bear several frames or answers.
        assert application + 22 <= line < 1.6 * application
        assert cell["params"].get("http") == (None if cell["transport"] == "ws" else 2)


async def test_the_library_and_the_generator_count_the_same_bytes_of_http2(both_proxies: None) -> None:
    async with serving("ours") as server, fronting("nginx-tls", server.url) as front:
        assert front is not None
        port = int(front.url.rpartition(":")[2])
        way = Way("127.0.0.1", port, "", every=0.1, mode="delay", tls=trusting("h2"))
        client, raw = Http2Poll(way, Ear()), []
        heard, wrote = client.take, client.write
        client.take = lambda data: (raw.append(("down", data)), heard(data))[1]  # type: ignore[method-assign,func-returns-value]
        client.write = lambda data: (raw.append(("up", data)), wrote(data))[1]  # type: ignore[method-assign,func-returns-value]
        await client.connect()
        async with asyncio.timeout(5):
            while client.counts.answers < 4:
                await asyncio.sleep(0.02)
        assert await settled(port) == 1
        client.close()
        for way_of, heads in (("down", client.counts.head_down), ("up", client.counts.head_up)):
            data = b"".join(piece for name, piece in raw if name == way_of)
            frames, rest = framed(data[24:] if way_of == "up" else data)
            assert not rest and heads == sum(size for kind, size in frames if kind == HEADERS) > 0
            assert len(data) == getattr(client.counts, way_of)


async def test_a_server_that_compresses_sends_less_and_loses_nothing(both_proxies: None) -> None:
    step = Step(rate=10.0, size=1000, filling="prose", seconds=0.4, warm=0.2)
    plain, lines = 1220, {}  # bytes of such a message
    for server, front, variant, kind in (
        ("compressed", "nginx-tls", "compressed", "ws"),
        ("ours", "nginx-gzip", "compressed", "sse"),
    ):
        kept: Cells = []
        group = Group(kind, kind, variant, clients=2)
        await play(Run("E12", (group,), (step,), server=server, front=front), None, kept.append)
        (cell,) = kept
        assert cell["void"] is None and cell["figures"]["front_cpu_per_delivery"] > 0
        lines[kind] = cell["figures"]["line_down"] / cell["figures"]["delivered"]
    assert max(lines.values()) < 0.7 * plain


def test_a_run_without_its_proxy_is_told_and_not_played(tmp_path: Any) -> None:
    """As on a machine without nginx: the run is made without, and the document says why."""
    program = (
        "import sys; from bench.load import fronts;"
        "fronts.find = lambda name: (_ for _ in ()).throw(FileNotFoundError(f'{name} is not installed'));"
        f"from bench.__main__ import main; sys.exit(main(['--only', 'E13', '--out', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert "nginx is not installed; what stands behind nginx is left out" in done.stderr and done.returncode == 1
