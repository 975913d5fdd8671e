"""The trace: each byte the meter counts is in it, and only its own client may see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from client import io
from conftest import Lab
from lab import trace as tracing
from lab.meter import Meter
from lab.trace import KEPT, Trace
from test_meter import line_to
from wire import http, new_sid, public_id

pytestmark = pytest.mark.anyio
KEY = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {'A' * 22}=="]


def looking(lab: Lab) -> connect:
    return connect(lab.url.replace("http", "ws") + "/lab/trace", proxy=None)


async def events(line: ClientConnection, sid: str, enough: Callable[[list[Any]], bool], n: int = 0) -> list[Any]:
    """Look at a client until there is enough to see."""
    await line.send(json.dumps({"look": {sid: n}}))
    seen: list[Any] = []
    async with asyncio.timeout(5):
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
    "text", ["", "{", "[]", "7", "null", '{"look":7}', '{"look":{"%s":"x"}}' % ("a" * 22), "[" * 4000]
)
async def test_nonsense_closes_the_line(lab: Lab, text: str) -> None:
    async with looking(lab) as page:
        await page.send(text)
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(page.recv(), 2)
        assert page.close_code == 4000
    assert (await http(lab.url, "GET", "/hello")).status == 200


async def test_lines_that_look_are_few(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracing, "LINES", 1)
    async with looking(lab) as first:
        await first.send('{"ping":1}')
        await first.recv()
        async with looking(lab) as second:
            with pytest.raises(ConnectionClosed):
                await asyncio.wait_for(second.recv(), 2)
            assert second.close_code == 4153


def test_so_many_are_kept_and_the_rest_is_told_as_missed() -> None:
    trace = Trace()
    for n in range(KEPT + 5):
        trace.add(1, "down", n)
    missed, kept = trace.after(0)
    assert missed == 5 and len(kept) == KEPT and kept[-1][3] == KEPT + 4
    assert trace.after(trace.total) == (0, []) and trace.after(trace.total + 9) == (-9, [])


def test_nobody_looks_so_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(tracing.time, "time", lambda: now)
    trace = Trace()
    trace.add(1, "ask", 10)
    now += tracing.YOUNG + 1
    trace.add(1, "down", 10)
    assert not trace.on and trace.after(0) == (1, [])
    trace.add(1, "down", 20)
    assert [event[3] for event in trace.after(1)[1]] == [20]


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
