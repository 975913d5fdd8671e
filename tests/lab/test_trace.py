"""The trace: each byte the meter counts is in it, and only its own client may see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.lab.test_meter import line_to
from tests.serving import Lab, serving
from tests.stranger.http import DEADLINE, http, new_sid, public_id
from transport_fallback.client.socket import io
from transport_fallback.lab import looks
from transport_fallback.protocol.errors import CODES
from transport_fallback.serving import sockets
from transport_fallback.serving import trace as tracing
from transport_fallback.serving.meter import Meter
from transport_fallback.serving.trace import EVENTS, Shelf, Trace

pytestmark = pytest.mark.anyio
KEY = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {'A' * 22}=="]


def looking(lab: Lab) -> connect:
    return connect(lab.url.replace("http", "ws") + "/lab/trace", proxy=None)


async def events(line: ClientConnection, sid: str, enough: Callable[[list[Any]], bool], n: int = 0) -> list[Any]:
    """Look at a client until there is enough to see."""
    await line.send(json.dumps({"look": {sid: n}}))
    seen: list[Any] = []
    async with asyncio.timeout(DEADLINE):
        while not enough(seen):
            told = json.loads(await line.recv())["events"]
            missed, more = told[sid]
            assert missed == 0 and set(told) == {sid}
            seen += more
    return seen


def downs(seen: list[Any]) -> list[Any]:
    return [event for event in seen if event[2] == "down"]


def of(seen: list[Any], number: int, kind: str) -> Any:
    return next(event for event in seen if event[0] == number and event[2] == kind)


async def test_a_poll_with_news_and_one_without(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line, looking(lab) as page:
        _, _, first = await line.asked("GET", f"/poll?sid={sid}&t=one")
        await lab.hub.emit("said", "hello")
        target = f"/poll?sid={sid}&cursor={json.loads(first)['cursor']}&t=two"
        head, said, body = await line.asked("GET", target, b"", "Cookie: secret=1")
        seen = await events(page, sid, lambda seen: len(downs(seen)) == 2)
        ask, answer, news = (of(seen, 2, kind) for kind in ("ask", "head", "down"))
        assert (ask[3], answer[3], news[3]) == (len(head), len(said), len(body))
        assert ask[4]["mark"] == "two" and not ask[4]["new"] and of(seen, 1, "ask")[4]["new"]
        assert news[4] == [json.loads(body)["messages"][0]["seq"]] and of(seen, 1, "down")[4] == []
        assert answer[4] == said.decode()
        assert "secret" not in ask[4]["head"] and sid not in json.dumps(seen)
        assert len(ask[4]["head"]) == len(head) - len(sid) - len("secret=1") + 2  # what is hidden is one sign each
        assert ask[1] <= answer[1] <= news[1]


async def test_frames_both_ways_and_what_they_are(lab: Lab) -> None:
    sid = new_sid()
    async with looking(lab) as page:
        url = lab.url.replace("http", "ws") + f"/ws?sid={sid}&heartbeat=1&t=pipe"
        async with connect(url, proxy=None, compression=None) as pipe:
            await pipe.recv()
            await pipe.send('{"ping":1}')
            await pipe.send('{"emits":[{"n":1,"event":"nobody hears","data":null}]}')
            await lab.hub.emit("said", "hello")
            seen = await events(page, sid, lambda seen: len(downs(seen)) >= 4)
        ups = [size for event in seen if event[2] == "up" for size in event[4]]
        assert ups == [10, 54]
        words = [event[4] for event in downs(seen)]
        assert words[0] == []
        assert "pong" in words and "acks" in words and any(isinstance(w, list) and w for w in words)
        assert "101 Switching Protocols" in of(seen, 1, "head")[4]
        seen = await events(page, sid, lambda seen: any(event[2] == "end" for event in seen), len(seen))


@pytest.mark.parametrize("transport", ["poll", "longpoll", "sse", "ws"])
async def test_its_bytes_are_those_of_the_meter(lab: Lab, transport: str) -> None:
    async with io(lab.url, use=transport, every=0.3) as socket:
        await socket.ready()
        for word in ("one", "two"):
            await socket.emit("c2s", word)
        await asyncio.sleep(0.4)
        name = socket.id
    await asyncio.sleep(0.1)
    missed, seen = lab.app.state.meter.trace(name).after(0)
    assert missed == 0
    counts = lab.app.state.meter.of(name).values()
    up = sum(size for _, _, kind, size, _ in seen if kind in ("ask", "up"))
    down = sum(size for _, _, kind, size, _ in seen if kind in ("head", "down"))
    assert (up, down) == (sum(one.up for one in counts), sum(one.down for one in counts))
    assert sum(kind == "ask" for _, _, kind, _, _ in seen) == sum(one.requests for one in counts)
    bodies = sum(more for _, _, kind, _, more in seen if kind == "whole")
    frames = sum(sum(more) for _, _, kind, _, more in seen if kind == "up")
    assert bodies + frames == sum(one.payload_up for one in counts)


async def test_a_stream_that_is_cut_ends(lab: Lab) -> None:
    sid = new_sid()
    async with looking(lab) as page:
        async with line_to(lab.url) as line:
            line.ask("GET", f"/sse?sid={sid}")
            await line.reader.readuntil(b"data:")
        seen = await events(page, sid, lambda seen: any(event[2] == "end" for event in seen))
        assert seen[-1][2] == "end"


async def test_who_does_not_know_the_sid_sees_nothing(lab: Lab) -> None:
    sid = new_sid()
    async with line_to(lab.url) as line, looking(lab) as page:
        await line.asked("GET", f"/poll?sid={sid}")
        await page.send(json.dumps({"look": {public_id(sid): 0, "": 0, "x" * 22: 0}}))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await page.recv()


async def test_the_hubs_clock_is_told(lab: Lab) -> None:
    async with looking(lab) as page:
        await page.send('{"ping":7}')
        told = json.loads(await page.recv())
        assert told["pong"] == 7 and told["now"] > 1.7e12


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", '{"look":7}', '{"look":{"%s":"x"}}' % ("a" * 22), "[" * 4000]
    + [
        json.dumps({"look": {"a" * 22: 0}}).replace("0", n)
        for n in ("1e999", "-1", "1.5", "NaN", "true", "null", "9" * 400, "1e300")
    ]
    + [
        json.dumps({"ping": 0}).replace("0", ping)
        for ping in ("1e999", "NaN", "9" * 40, "[" * 9 + "]" * 9, json.dumps("x" * 5000))
    ],
)
async def test_nonsense_is_refused_and_closes_the_line(lab: Lab, text: str) -> None:
    async with looking(lab) as page:
        await page.send(text)
        refused = json.loads(await asyncio.wait_for(page.recv(), DEADLINE))
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(page.recv(), DEADLINE)
        assert (page.close_code, page.close_reason) == (CODES[refused["error"]["code"]][1], refused["error"]["code"])
    assert (await http(lab.url, "GET", "/hello")).status == 200


async def test_bytes_are_no_word(lab: Lab) -> None:
    async with looking(lab) as page:
        await page.send(b"{}")
        assert json.loads(await page.recv())["error"]["code"] == "bad_json"


async def closed(line: ClientConnection) -> int | None:
    with pytest.raises(ConnectionClosed):
        async with asyncio.timeout(DEADLINE):
            while True:
                await line.recv()
    return line.close_code


async def test_who_says_too_much_is_not_heard_any_more(lab: Lab) -> None:
    for path in ("/lab/trace", f"/lab/watch?client={public_id(new_sid())}"):
        async with connect(lab.url.replace("http", "ws") + path, proxy=None) as line:
            with contextlib.suppress(ConnectionClosed):
                for _ in range(sockets.BURST + 20):
                    await line.send("{}")
            assert await closed(line) == 4129


async def test_who_looks_from_many_lines_makes_way_for_another(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "LINES", 3)
    async with contextlib.AsyncExitStack() as stack, serving() as small:
        ws = small.url.replace("http", "ws") + "/lab/trace"
        lines = [await stack.enter_async_context(connect(ws, proxy=None)) for _ in range(3)]
        for line in lines:
            await line.send('{"ping":1}')
            await line.recv()
        fourth = await stack.enter_async_context(connect(ws, proxy=None))
        assert await closed(fourth) == 4153  # nobody has more than it would have
        other = await stack.enter_async_context(connect(ws, proxy=None, local_addr=("127.0.0.2", 0)))
        await other.send('{"ping":2}')
        assert json.loads(await other.recv())["pong"] == 2
        assert await closed(lines[0]) == 4153
        await lines[1].send('{"ping":3}')
        assert json.loads(await lines[1].recv())["pong"] == 3


async def test_much_is_told_in_parts_and_only_to_who_takes_them(lab: Lab) -> None:
    sid = new_sid()
    trace = lab.app.state.meter.trace(public_id(sid))
    trace.after(0)
    for n in range(400):
        trace.add(n, "head", 1, b"x" * 1000)
    async with looking(lab) as page:
        await page.send(json.dumps({"look": {sid: 0}}))
        told: list[Any] = []
        while len(told) < 400:
            text = await page.recv()
            assert len(text) < 2 * looks.TOLD
            missed, events = json.loads(text)["events"][sid]
            assert missed == 0
            told += events
        assert [event[0] for event in told] == list(range(400))


def test_so_many_are_kept_and_the_rest_is_told_as_missed() -> None:
    trace = Trace()
    trace.after(0)
    for n in range(EVENTS + 5):
        trace.add(1, "down", n)
    missed, kept = trace.after(0)
    assert missed == 5 and len(kept) == EVENTS and kept[-1][3] == EVENTS + 4
    assert trace.after(trace.total) == (0, []) and trace.after(trace.total + 9) == (-9, [])
    assert trace.bytes == EVENTS * tracing.EVENT


def test_of_whom_nobody_looks_at_the_first_events_are_kept_and_the_rest_is_told_as_missed() -> None:
    trace = Trace()
    for n in range(tracing.YOUNG_EVENTS + 5):
        trace.add(1, "down", n)
    assert not trace.on
    missed, kept = trace.after(0)
    assert [event[3] for event in kept] == list(range(tracing.YOUNG_EVENTS)) and missed == 1
    for n in range(100):
        trace.add(1, "down", n)
    assert [event[3] for event in trace.after(missed + len(kept))[1]] == list(range(100))
    assert trace.after(trace.total) == (0, [])


@pytest.mark.parametrize("transport", ["sse", "ws"])
async def test_who_looks_late_sees_each_batch_from_then_on(lab: Lab, transport: str) -> None:
    async with io(lab.url, use=transport) as socket:
        await socket.ready()
        for n in range(tracing.YOUNG_EVENTS + 5):
            await lab.hub.emit("said", n)
            await asyncio.sleep(0.001)
        trace = lab.app.state.meter.trace(socket.id)
        missed, kept = trace.after(0)
        assert missed == 1 and len(kept) == tracing.YOUNG_EVENTS
        seqs = [await lab.hub.emit("said", n) for n in range(3)]
        async with asyncio.timeout(DEADLINE):
            while trace.total < missed + len(kept) + 1:
                await asyncio.sleep(0.01)
        assert [seq for event in downs(trace.after(missed + len(kept))[1]) for seq in event[4]] == seqs


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_what_nobody_looks_at_is_freed_in_time_though_nothing_more_comes() -> None:
    clock = Clock()
    shelf = Shelf(clock=clock)
    traces = [Trace(shelf) for _ in range(3)]
    for trace in traces:
        trace.add(1, "ask", 10, b"x" * 100)
    traces[1].after(0)
    clock.now += tracing.YOUNG
    shelf.sweep()
    assert [trace.on for trace in traces] == [False, True, False]
    assert shelf.bytes == traces[1].bytes == tracing.EVENT + 100
    traces[0].add(1, "down", 10)
    assert traces[0].after(0) == (1, [])
    traces[0].add(1, "down", 20)
    assert [event[3] for event in traces[0].after(1)[1]] == [20]
    clock.now += tracing.WATCHED
    shelf.sweep()
    assert shelf.bytes == 0 and not any(trace.on for trace in traces)


def test_all_traces_together_keep_so_much_and_what_is_looked_at_stays() -> None:
    shelf = Shelf(most=100_000)
    watched = Trace(shelf)
    watched.after(0)
    watched.add(1, "head", 10, b"w" * 100)
    strangers = [Trace(shelf) for _ in range(100)]
    for n in range(100):
        for trace in strangers:
            trace.add(1, "head", 10, b"s" * n)
            assert shelf.bytes <= 100_000
    assert len(watched.after(0)[1]) == 1
    others = [Trace(shelf) for _ in range(20)]
    for trace in others:
        trace.after(0)
    for n in range(2000):
        others[n % 7].add(1, "head", 10, b"o" * 400)
        assert shelf.bytes <= 100_000
    assert len(watched.after(0)[1]) == 1  # who keeps most gives way
    missed, events = others[0].after(0)
    assert missed + len(events) == others[0].total and events
    for trace in (watched, *strangers, *others):
        trace.end()
    assert shelf.bytes == 0


async def test_what_a_stranger_says_is_kept_in_short(lab: Lab) -> None:
    """Targets of 15 KB, headers as large, and frames by the thousand: the meter counts all, the trace keeps little."""
    shelf = lab.app.state.meter.accounts.shelf
    long = "x" * 14_000
    for _ in range(5):
        sid = new_sid()
        assert (await http(lab.url, "GET", f"/hello?sid={sid}&p={long}")).status == 200
        assert lab.app.state.meter.of(public_id(sid))["hello"].up > 14_000
        assert lab.app.state.meter.trace(public_id(sid)).bytes < tracing.HEAD + 3000
        async with looking(lab) as page:
            seen = await events(page, sid, lambda seen: any(event[2] == "head" for event in seen))
        assert of(seen, 1, "ask")[4]["head"].endswith("…") and of(seen, 1, "ask")[4]["name"] == "hello"
    assert shelf.bytes == sum(trace.bytes for kept in (shelf._young, shelf._watched) for trace in kept)
    exchange = Meter().exchange("ws", "client")
    exchange.heard(6 * 10_000)
    for _ in range(10_000):
        exchange.frame(1)
    assert sum(exchange.up) == 10_000 and len(exchange.up) <= tracing.FRAMES
    assert exchange.trace.bytes < 3000


def test_frames_nobody_looks_at_leave_nothing_behind() -> None:
    exchange = Meter().exchange("ws", "client")
    exchange.trace.on = False
    for _ in range(5):
        exchange.heard(20)
        exchange.frame(14)
    assert exchange.up == [] and (exchange.mine.frames_up, exchange.mine.payload_up) == (5, 70)
    exchange.trace.after(0)  # somebody looks
    exchange.heard(20)
    exchange.frame(14)
    assert exchange.trace.after(0)[1][-1][4] == [14]
