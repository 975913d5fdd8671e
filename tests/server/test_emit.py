"""Emits: what a client says counts once, in its order, whatever was lost, repeated or cut on the way up.

Each rule holds for both ways up: POST, which three transports use, and the pipe of ws.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.serving import Lab, eventually
from tests.stranger.http import (
    DEADLINE,
    JSON,
    Refused,
    as_json,
    bye,
    emit,
    hello,
    http,
    new_sid,
    post,
    public_id,
    target,
)
from tests.stranger.proxy import Proxy
from tests.stranger.readers import LongPoll, Reader, Ws
from tests.stranger.ways import PostWay, WsWay

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_LOGS = True  # see conftest.py

RESERVED = (
    "connect connection disconnect connecting connect_failed reconnect reconnecting reconnect_failed error switch gap "
    "$void $anything $"
).split()


class Desk:
    """A handler that can be held: it counts its calls, says that it runs, and waits for leave to end."""

    def __init__(self, lab: Lab, event: str = "work") -> None:
        self.lab = lab
        self.calls: list[Any] = []
        self.running = asyncio.Event()
        self.leave = asyncio.Event()
        lab.hub.on(event)(self._work)

    async def _work(self, client: Any, data: Any) -> Any:
        self.calls.append(data)
        self.running.set()
        await self.leave.wait()
        await self.lab.hub.emit("done", data)
        return {"done": data}

    async def begun(self) -> None:
        async with asyncio.timeout(DEADLINE):
            await self.running.wait()


@pytest.fixture
async def desk(lab: Lab) -> AsyncIterator[Desk]:
    desk = Desk(lab)
    yield desk
    desk.leave.set()


@pytest.fixture
def heard(lab: Lab) -> list[Any]:
    """What the handler of `c2s` was given. Its ack is {"heard": data}."""
    heard: list[Any] = []

    @lab.hub.on("c2s")
    async def speak(client: Any, data: Any) -> Any:
        heard.append(data)
        await lab.hub.emit("s2c", data)
        return {"heard": data}

    return heard


def item(n: int, data: Any = None, event: str = "c2s") -> dict[str, Any]:
    return {"n": n, "event": event, "data": data}


async def hear_all(lab: Lab) -> list[tuple[str, Any]]:
    """What was said to everyone, from the hub's own log."""
    return [(message["event"], message["data"]) for message in lab.hub.history(None, 1000)]


@asynccontextmanager
async def waiting(*jobs: Any) -> AsyncIterator[list[asyncio.Task[Any]]]:
    """Jobs that run beside the test and end with it."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


# ---- Once


# An emit is {"n":1,"event":"c2s","data":…}; ack {"n":1,"data":…,"cursor":C}. A return value is the ack.
async def test_an_emit_is_answered_by_what_its_handler_returned(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    ack = await up.emit(1, "c2s", {"text": "你好 \u2028"})
    assert ack == {"n": 1, "data": {"heard": {"text": "你好 \u2028"}}, "cursor": ack["cursor"]}
    assert heard == [{"text": "你好 \u2028"}]
    assert [ack["data"] for ack in await up.send([item(2, "a"), item(3, "b")])] == [{"heard": "a"}, {"heard": "b"}]


# An event without a handler is acked with data null.
async def test_an_event_without_a_handler_is_acked_with_null(lab: Lab, way: type[PostWay]) -> None:
    ack = await (await lab.way(way)).emit(1, "nobody listens", 1)
    assert ack["n"] == 1 and ack["data"] is None and "error" not in ack


# An emit without data has none: `data` may be left out.
async def test_an_emit_without_data_is_heard_as_null(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    (ack,) = await (await lab.way(way)).send([{"n": 1, "event": "c2s"}])
    assert ack["data"] == {"heard": None} and heard == [None]


# A repeat, on any transport, shares its one result.
async def test_a_repeat_counts_once_and_has_the_same_ack(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    acks = [await up.emit(1, "c2s", "hello") for _ in range(3)]
    assert acks == [acks[0]] * 3 and heard == ["hello"]
    assert await hear_all(lab) == [("s2c", "hello")]


# … whatever it says now: n alone decides (same sid, same n).
async def test_a_repeat_with_another_content_is_still_the_repeat(
    lab: Lab, way: type[PostWay], heard: list[Any]
) -> None:
    up = await lab.way(way)
    assert await up.emit(1, "c2s", "first") == await up.emit(1, "c2s", "second")
    assert heard == ["first"]


# The hub **claims n before anything can wait**: even while the handler still runs, a repeat shares its one result.
async def test_a_repeat_while_its_handler_runs_counts_once(lab: Lab, way: type[PostWay], desk: Desk) -> None:
    up = await lab.way(way)
    async with waiting(up.emit(1, "work", "x")) as one:
        await desk.begun()
        async with waiting(*(up.emit(1, "work", "x") for _ in range(3))) as more:
            await up.settle()
            desk.leave.set()
            acks = await asyncio.gather(*one, *more)
    assert [ack["data"] for ack in acks] == [{"done": "x"}] * 4
    assert acks == [acks[0]] * 4 and desk.calls == ["x"]
    assert await hear_all(lab) == [("done", "x")]


# … (repeats that come all at once, before any of them has an answer).
async def test_racing_repeats_count_once(lab: Lab, heard: list[Any]) -> None:
    sid = new_sid()
    acks = await asyncio.gather(*(emit(lab.url, sid, 1, "c2s", "race") for _ in range(30)))
    assert acks == [acks[0]] * 30 and heard == ["race"]
    assert lab.life == [("connect", public_id(sid))]


# A lost answer is a repeat.
async def test_a_repeat_after_a_lost_answer_counts_once(lab: Lab, proxy: Proxy, heard: list[Any]) -> None:
    sid = new_sid()
    proxy.lose = True
    with pytest.raises((IndexError, OSError)):  # no status line came
        await emit(proxy.url, sid, 1, "c2s", "hello")
    assert proxy.lost == 1 and heard == ["hello"]
    ack = await emit(proxy.url, sid, 1, "c2s", "hello")
    assert ack["data"] == {"heard": "hello"} and heard == ["hello"]


# … on any transport: by POST what went up on ws, and the other way round.
async def test_a_repeat_from_another_transport_counts_once(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    sid = new_sid()
    one, two = await lab.way(way, sid), await lab.way(WsWay if way is PostWay else PostWay, sid)
    assert await one.emit(1, "c2s", "a") == await two.emit(1, "c2s", "a")
    assert await two.emit(2, "c2s", "b") == await one.emit(2, "c2s", "b")
    assert heard == ["a", "b"]


# … also while its handler still runs.
async def test_a_repeat_from_another_transport_while_its_handler_runs_counts_once(lab: Lab, desk: Desk) -> None:
    sid = new_sid()
    one, two = await lab.way(WsWay, sid), await lab.way(PostWay, sid)
    async with waiting(one.emit(1, "work", "x")) as first:
        await desk.begun()
        async with waiting(two.emit(1, "work", "x")) as second:
            await two.settle()
            desk.leave.set()
            assert await first[0] == await second[0]
    assert desk.calls == ["x"]


# A lost pipe cancels nothing.
async def test_a_pipe_cut_in_the_handlers_middle_cancels_nothing(
    lab: Lab, way: type[PostWay], desk: Desk, proxy: Proxy
) -> None:
    sid = new_sid()
    up = way(proxy.url, sid)
    lab.ways.append(up)
    await up.open()
    async with waiting(up.emit(1, "work", "x")):
        await desk.begun()
        proxy.abort()
        await up_again(lab, sid)
        async with waiting(emit(lab.url, sid, 1, "work", "x")) as again:
            await up_again(lab, sid)
            desk.leave.set()
            ack = await again[0]
    assert ack["data"] == {"done": "x"} and desk.calls == ["x"]
    assert await hear_all(lab) == [("done", "x")]


async def up_again(lab: Lab, sid: str) -> None:
    """A few round trips: time enough for the server to notice that a line is gone."""
    for _ in range(5):
        await hello(lab.url, sid)


# … and nobody need ask again: the work of a client that has gone is done all the same.
async def test_an_emit_whose_client_has_gone_is_done_all_the_same(
    lab: Lab, way: type[PostWay], desk: Desk, proxy: Proxy
) -> None:
    listener = await lab.join(LongPoll)
    up = way(proxy.url, new_sid())
    lab.ways.append(up)
    await up.open()
    async with waiting(up.emit(1, "work", "x")):
        await desk.begun()
        proxy.abort()
        await up_again(lab, new_sid())
        desk.leave.set()
        assert [m["data"] for m in await listener.until("done")] == ["x"]


# ---- In order


# Handlers run one at a time per client in order of n.
async def test_handlers_run_one_at_a_time_in_order_of_n(lab: Lab, way: type[PostWay]) -> None:
    steps: list[Any] = []

    @lab.hub.on("step")
    async def step(client: Any, data: Any) -> None:
        steps.append(("begin", data))
        await asyncio.sleep(0.03 if data == 1 else 0)
        steps.append(("end", data))

    up = await lab.way(way)
    async with waiting(up.emit(1, "step", 1)) as first:
        await eventually(lambda: steps)
        await asyncio.gather(*first, up.send([item(2, 2, "step"), item(3, 3, "step")]))
    assert steps == [(what, n) for n in (1, 2, 3) for what in ("begin", "end")]


# P6: one client's slow handler delays no other client.
async def test_a_slow_handler_delays_no_other_client(
    lab: Lab, way: type[PostWay], desk: Desk, heard: list[Any]
) -> None:
    slow, other = await lab.way(way), await lab.way(way)
    async with waiting(slow.emit(1, "work")):
        await desk.begun()
        async with asyncio.timeout(DEADLINE):
            assert (await other.emit(1, "c2s", "quick"))["data"] == {"heard": "quick"}


# … nor its own reading.
async def test_a_slow_handler_does_not_delay_its_own_readers(
    lab: Lab, transport: type[Reader], way: type[PostWay], desk: Desk
) -> None:
    sid = new_sid()
    reader, up = await lab.join(transport, sid), await lab.way(way, sid)
    async with waiting(up.emit(1, "work")):
        await desk.begun()
        await lab.say("news")
        assert (await reader.until("news"))[-1]["event"] == "news"


# A client is born by emit n = 1; `connect` runs then, before any other handler of it.
async def test_the_first_emit_bears_its_client(lab: Lab) -> None:
    order: list[str] = []

    @lab.hub.on("connect")
    async def welcome(client: Any) -> None:
        await asyncio.sleep(0.02)
        order.append("connect")

    lab.hub.on("c2s")(lambda client, data: order.append("c2s"))
    sid = new_sid()
    await emit(lab.url, sid, 1, "c2s")
    assert order == ["connect", "c2s"] and lab.life == [("connect", public_id(sid))]


# A hole is refused in its ack and consumes nothing.
async def test_a_hole_is_refused_and_consumes_nothing(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    await up.send([item(1, 1), item(2, 2)])
    for _ in range(2):
        ack = await up.emit(5, "c2s", 5)
        assert ack["n"] == 5 and "data" not in ack
        assert (ack["error"]["code"], ack["error"]["expected"]) == ("out_of_order", 3)
        assert isinstance(ack["error"]["message"], str)
    for n in (3, 4, 5):
        assert (await up.emit(n, "c2s", n))["data"] == {"heard": n}
    assert heard == [1, 2, 3, 4, 5]


# For a sid the hub does not know, 1 is expected (so a forgotten client finds out). A refused emit creates nobody.
async def test_an_unknown_client_is_told_that_1_is_expected(lab: Lab, heard: list[Any]) -> None:
    ack = await emit(lab.url, new_sid(), 7, "c2s", "late")
    assert (ack["error"]["code"], ack["error"]["expected"]) == ("out_of_order", 1)
    assert (heard, lab.life, lab.hub.end, lab.here()) == ([], [], 0, set())


# A repeat of one it no longer keeps is answered `stale`: it keeps the results of the last 64 n.
async def test_a_repeat_beyond_the_window_is_stale(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    acks = {ack["n"]: ack for n in (1, 36) for ack in await up.send([item(n + k, n + k) for k in range(35)])}
    assert sorted(acks) == list(range(1, 71))
    for n in (1, 6):
        ack = await up.emit(n, "c2s", n)
        assert ack["error"]["code"] == "stale"
    for n in (7, 70):
        assert await up.emit(n, "c2s", n) == acks[n]
    assert heard == list(range(1, 71))


# … fewer where `"acked":N` ("I have all acks up to N") says so.
async def test_what_the_client_has_acks_of_is_stale(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    acks = await up.send([item(n, n) for n in range(1, 6)])
    await up.send([item(6, 6)], acked=3)
    assert [(await up.emit(n, "c2s", n))["error"]["code"] for n in (1, 2, 3)] == ["stale"] * 3
    assert await up.emit(4, "c2s", 4) == acks[3]
    assert heard == [1, 2, 3, 4, 5, 6]


# ---- Error acks: each consumes its n and is repeated as it was


# An exception gives `handler_failed`; what the handler had emitted stays.
@pytest.mark.logs_errors
async def test_a_handler_that_fails_leaves_what_it_had_emitted(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    calls: list[Any] = []

    @lab.hub.on("fail")
    async def fail(client: Any, data: Any) -> None:
        calls.append(data)
        await lab.hub.emit("said", data)
        raise KeyError("canary-of-the-traceback")

    up = await lab.way(way)
    ack = await up.emit(1, "fail", "x")
    assert ack["error"]["code"] == "handler_failed" and "canary" not in str(ack)
    assert await up.emit(1, "fail", "x") == ack
    assert calls == ["x"] and await hear_all(lab) == [("said", "x")]
    assert (await up.emit(2, "c2s", "next"))["data"] == {"heard": "next"}


# After 10 s the ack is `timeout`. The next emit runs.
@pytest.mark.limits(handler_seconds=0.2)
async def test_a_handler_that_does_not_end_is_answered_timeout(
    lab: Lab, way: type[PostWay], desk: Desk, heard: list[Any]
) -> None:
    up = await lab.way(way)
    ack = await up.emit(1, "work", "x")
    assert ack["error"]["code"] == "timeout"
    assert await up.emit(1, "work", "x") == ack and desk.calls == ["x"]
    assert (await up.emit(2, "c2s", "next"))["data"] == {"heard": "next"}


# A handler may turn an emit away: raise Refuse("why").
async def test_a_handler_may_refuse(lab: Lab, way: type[PostWay]) -> None:
    from transport_fallback.hub import Refuse

    @lab.hub.on("enter")
    async def enter(client: Any, data: Any) -> None:
        raise Refuse("not today")

    up = await lab.way(way)
    ack = await up.emit(1, "enter")
    assert ack["error"] == {"code": "refused", "message": "not today"}
    assert await up.emit(1, "enter") == ack


# An ack has at most 4 KiB of data.
async def test_an_ack_too_large_is_an_error_ack(lab: Lab, way: type[PostWay]) -> None:
    lab.hub.on("big")(lambda client, data: "x" * data)
    up = await lab.way(way)
    assert len((await up.emit(1, "big", 4094))["data"]) == 4094
    ack = await up.emit(2, "big", 4095)
    assert ack["error"]["code"] == "too_large"
    assert (await up.emit(3, "big", 1))["data"] == "x"


# Refused at every door (`reserved`): an error ack, which consumes its n. `$void` is how a client consumes one.
async def test_reserved_events_are_refused_and_consume_their_n(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    for n, event in enumerate(RESERVED, 1):
        (ack,) = await up.send([{"n": n, "event": event}])
        assert ack["error"]["code"] == "reserved", event
        assert await up.emit(n, event) == ack
    assert (await up.emit(len(RESERVED) + 1, "c2s", "next"))["data"] == {"heard": "next"}
    assert len([step for step in lab.life if step[0] == "connect"]) == 1  # nobody could play `connect`


# … and in `hub.emit`, at every form of it.
async def test_the_hub_itself_may_not_emit_a_reserved_event(lab: Lab) -> None:
    sid = new_sid()
    await lab.join(LongPoll, sid)
    client, end = lab.client(sid), lab.hub.end
    for event in RESERVED:
        for form in (lab.hub, lab.hub.to("lobby"), lab.hub.client(client.id), client, client.broadcast):
            with pytest.raises(ValueError, match="an event is"):
                await form.emit(event, "x")
    assert lab.hub.end == end


# ---- A request is refused whole, before anything runs, nothing consumed; or every emit in it gets an ack


# The hub refuses whole (429 `window`) what would leave more than 64 claimed emits unfinished.
@pytest.mark.limits(window=4)
async def test_more_than_the_window_is_refused_whole(lab: Lab, way: type[PostWay], desk: Desk) -> None:
    up = await lab.way(way)
    async with waiting(up.send([item(n, n, "work") for n in (1, 2, 3)])) as three:
        await desk.begun()
        with pytest.raises(Refused) as refusal:
            await up.send([item(n, n, "work") for n in (4, 5)])
        assert (refusal.value.code, refusal.value.status) == ("window", 429 if way is PostWay else None)
        assert refusal.value.retry > 0  # an error that asks to wait says for how long
        async with waiting(up.send([item(4, 4, "work")])) as one:  # nothing was consumed: 4 comes next and fits
            await up.settle()
            async with waiting(up.send([item(2, 2, "work")])) as repeat:  # a repeat needs no room
                desk.leave.set()
                acks = [ack for some in await asyncio.gather(*three, *one, *repeat) for ack in some]
    assert [ack["n"] for ack in acks] == [1, 2, 3, 4, 2] and all("data" in ack for ack in acks)
    assert desk.calls == [1, 2, 3, 4]


# … 64 is what a client may have unfinished, not one less.
async def test_the_window_is_64(lab: Lab, way: type[PostWay], desk: Desk) -> None:
    up = await lab.way(way)
    async with waiting(up.send([item(n, n, "work") for n in range(1, 65)])) as full:
        await desk.begun()
        with pytest.raises(Refused) as refusal:
            await up.emit(65, "work", 65)
        assert refusal.value.code == "window"
        desk.leave.set()
        assert len(await full[0]) == 64
    assert (await up.emit(65, "work", 65))["data"] == {"done": 65}


# 20/s, burst 64 (429 `rate`, `Retry-After`, and "retry": seconds). Repeats cost no rate.
@pytest.mark.limits(emit_rate=5, emit_burst=5)
async def test_emits_too_fast_are_refused_whole_and_repeats_cost_nothing(
    lab: Lab, way: type[PostWay], heard: list[Any]
) -> None:
    up = await lab.way(way)
    first = await up.emit(1, "c2s", 1)
    for _ in range(20):
        assert await up.emit(1, "c2s", 1) == first
    await up.send([item(n, n) for n in (2, 3, 4)])
    with pytest.raises(Refused) as refusal:
        await up.send([item(n, n) for n in (5, 6, 7)])
    assert (refusal.value.code, refusal.value.status) == ("rate", 429 if way is PostWay else None)
    assert 0 < refusal.value.retry <= 2
    if way is PostWay:
        assert int(refusal.value.headers["retry-after"]) >= 1
    assert heard == [1, 2, 3, 4]
    await asyncio.sleep(refusal.value.retry)  # as it was asked to
    assert [ack["data"]["heard"] for ack in await up.send([item(n, n) for n in (5, 6, 7)])] == [5, 6, 7]


BAD_EMITS = {
    "no n": {"event": "c2s"},
    "no event": {"n": 2},
    "a bad event": {"n": 2, "event": "", "data": 1},
    "a bad n": {"n": 0, "event": "c2s"},
    "data too deep": {"n": 2, "event": "c2s", "data": [[[[[[[[[]]]]]]]]]},
    "data too large": {"n": 2, "event": "c2s", "data": "x" * 16_383},
}


# … (400, 413): one bad emit refuses its whole request. One refused alone fails; its n goes up as `$void`.
@pytest.mark.parametrize("bad", BAD_EMITS)
async def test_one_bad_emit_refuses_its_whole_request(lab: Lab, way: type[PostWay], heard: list[Any], bad: str) -> None:
    up = await lab.way(way)
    code = "too_large" if bad == "data too large" else None
    if way is PostWay:
        answer = await post(lab.url, up.sid, emits=[item(1, "good"), BAD_EMITS[bad]])
        assert answer.status == (413 if code else 400) and code in (None, answer.error["code"])
    else:
        assert isinstance(up, WsWay)
        await up.line.write({"emits": [item(1, "good"), BAD_EMITS[bad]]})
        async with asyncio.timeout(DEADLINE):
            assert code in (None, (await up.line.errors.get())["code"])
    assert heard == []
    assert (await up.emit(1, "c2s", "good"))["data"] == {"heard": "good"}
    assert (await up.emit(2, "$void"))["error"]["code"] == "reserved"
    assert (await up.emit(3, "c2s", "next"))["data"] == {"heard": "next"}


# … also where the client would be new: a refused emit creates nobody.
@pytest.mark.limits(window=8)
async def test_a_request_refused_whole_creates_nobody(lab: Lab, heard: list[Any]) -> None:
    sid = new_sid()
    answer = await post(lab.url, sid, emits=[item(n, n) for n in range(1, 10)])
    assert answer.status == 429 and answer.error["code"] == "window"
    assert (heard, lab.life, lab.hub.end, lab.here()) == ([], [], 0, set())
    assert (await emit(lab.url, sid, 1, "c2s", "good"))["data"] == {"heard": "good"}


# … or every emit in it gets an ack, in order.
async def test_every_emit_of_a_taken_request_gets_an_ack(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    up = await lab.way(way)
    await up.emit(1, "c2s", 1)
    acks = await up.send([item(1, 1), item(2, 2), item(9, 9), item(3, event="$void"), item(4, 4)])
    assert sorted(ack["n"] for ack in acks) == [1, 2, 3, 4, 9]
    by_n = {ack["n"]: ack.get("error", {}).get("code") for ack in acks}
    assert by_n == {1: None, 2: None, 9: "out_of_order", 3: "reserved", 4: None}
    assert heard == [1, 2, 4]


# ---- The server may ask


async def ask_of(lab: Lab, sid: str, **more: Any) -> Any:
    return await lab.client(sid).ask("question", "how many?", **more)


# A message with `"ack":true` is answered by {"replies":[{"seq":17,"data":…}]}; each reply is answered by {"seq":17}.
async def test_the_server_asks_and_is_answered(lab: Lab, transport: type[Reader], way: type[PostWay]) -> None:
    sid = new_sid()
    reader, up = await lab.join(transport, sid), await lab.way(way, sid)
    async with waiting(ask_of(lab, sid)) as asked:
        (question,) = await reader.messages(1)
        assert (question["event"], question["data"], question["ack"]) == ("question", "how many?", True)
        assert await up.send(replies=[{"seq": question["seq"], "data": {"many": 3}}]) == [{"seq": question["seq"]}]
        assert await asked[0] == {"many": 3}


# … also when late or unknown; the first counts.
async def test_the_first_reply_counts_and_every_reply_is_answered(lab: Lab, way: type[PostWay]) -> None:
    sid = new_sid()
    reader, up = await lab.join(LongPoll, sid), await lab.way(way, sid)
    async with waiting(ask_of(lab, sid)) as asked:
        (question,) = await reader.messages(1)
        seq = question["seq"]
        for data in ("first", "second"):
            assert await up.send(replies=[{"seq": seq, "data": data}]) == [{"seq": seq}]
        assert await asked[0] == "first"
    assert await up.send(replies=[{"seq": seq, "data": "late"}]) == [{"seq": seq}]
    assert await up.send(replies=[{"seq": 999_999, "data": "unknown"}]) == [{"seq": 999_999}]


# `client.ask(e, d, timeout=5)`: who asks does not wait for ever.
async def test_an_ask_that_is_not_answered_ends(lab: Lab, way: type[PostWay]) -> None:
    sid = new_sid()
    reader, up = await lab.join(LongPoll, sid), await lab.way(way, sid)
    with pytest.raises(TimeoutError):
        await ask_of(lab, sid, timeout=0.1)
    (question,) = await reader.messages(1)
    assert await up.send(replies=[{"seq": question["seq"], "data": "late"}]) == [{"seq": question["seq"]}]


# Nobody else may answer for a client.
async def test_only_the_client_that_was_asked_can_answer(lab: Lab, way: type[PostWay]) -> None:
    sid = new_sid()
    reader, up, other = await lab.join(LongPoll, sid), await lab.way(way, sid), await lab.way(way)
    async with waiting(ask_of(lab, sid)) as asked:
        (question,) = await reader.messages(1)
        seq = question["seq"]
        assert await other.send(replies=[{"seq": seq, "data": "forged"}]) == [{"seq": seq}]
        await up.send(replies=[{"seq": seq, "data": "true"}])
        assert await asked[0] == "true"


# … not numbered, never waiting behind emits.
async def test_a_reply_does_not_wait_behind_the_emit_that_waits_for_it(lab: Lab, way: type[PostWay]) -> None:
    @lab.hub.on("start")
    async def start(client: Any, data: Any) -> Any:
        return [data, await client.ask("question")]

    sid = new_sid()
    reader, up = await lab.join(LongPoll, sid), await lab.way(way, sid)
    async with waiting(up.emit(1, "start", "x")) as started:
        (question,) = await reader.messages(1)
        await up.send(emits=[], replies=[{"seq": question["seq"], "data": "y"}])
        assert (await started[0])["data"] == ["x", "y"]


# … in one request with an emit that comes behind the one that waits, too.
async def test_a_reply_beside_an_emit_does_not_wait_for_it(lab: Lab, way: type[PostWay]) -> None:
    @lab.hub.on("start")
    async def start(client: Any, data: Any) -> Any:
        return await client.ask("question")

    sid = new_sid()
    reader, up = await lab.join(LongPoll, sid), await lab.way(way, sid)
    async with waiting(up.emit(1, "start")) as started:
        (question,) = await reader.messages(1)
        acks = await up.send(emits=[item(2, 2)], replies=[{"seq": question["seq"], "data": "y"}])
        assert {"seq": question["seq"]} in acks and [ack["n"] for ack in acks if "n" in ack] == [2]
        assert (await started[0])["data"] == "y"


# … taken even if the request's emits are refused for rate or window, at no cost of rate.
@pytest.mark.limits(window=2, emit_rate=1, emit_burst=3)
@pytest.mark.parametrize("code", ["window", "rate"])
async def test_a_reply_is_taken_even_if_its_emits_are_refused(
    lab: Lab, way: type[PostWay], desk: Desk, code: str
) -> None:
    sid = new_sid()
    reader, up = await lab.join(LongPoll, sid), await lab.way(way, sid)
    async with waiting(ask_of(lab, sid)) as asked:
        (question,) = await reader.messages(1)
        reply = {"seq": question["seq"], "data": "taken"}
        if code == "rate":
            await up.send([item(1), item(2)])
        first = 3 if code == "rate" else 1
        refused = up.send([item(first + k) for k in range(2 if code == "rate" else 3)], [reply])
        with pytest.raises(Refused) as refusal:
            await refused
        assert refusal.value.code == code
        assert await asked[0] == "taken"
        assert await up.send(replies=[reply]) == [{"seq": question["seq"]}]


# ---- Leaving


# `bye` may carry the emit object, whose emits are claimed first.
async def test_bye_may_carry_last_words(lab: Lab, heard: list[Any]) -> None:
    sid = new_sid()
    await emit(lab.url, sid, 1, "c2s", "hello")
    last = as_json({"emits": [item(1, "hello"), item(2, "goodbye"), item(3, "really")]})
    assert (await bye(lab.url, sid, last)).status == 204
    await eventually(lambda: len(heard) == 3)
    assert heard == ["hello", "goodbye", "really"]
    assert await hear_all(lab) == [("s2c", "hello"), ("s2c", "goodbye"), ("s2c", "really")]
    answer = await post(lab.url, sid, emits=[item(4, "after")])
    assert (answer.status, answer.error["code"]) == (410, "gone")


# Emits already claimed run on.
async def test_what_was_claimed_before_bye_runs_on(lab: Lab, way: type[PostWay], desk: Desk) -> None:
    listener = await lab.join(LongPoll)
    sid = new_sid()
    up = await lab.way(way, sid)
    async with waiting(up.send([item(1, "a", "work"), item(2, "b", "work")])):
        await desk.begun()
        assert (await bye(lab.url, sid)).status == 204
        desk.leave.set()
        messages = await listener.messages(2)
    assert [(m["event"], m["data"], m["from"]) for m in messages] == [
        ("done", "a", public_id(sid)),
        ("done", "b", public_id(sid)),
    ]


# `hub.on("*")` sees every event; `send(x)` is `emit("message", x)`.
async def test_a_handler_of_star_sees_every_event(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    seen: list[Any] = []
    lab.hub.on("*")(lambda client, event, data: seen.append((client.id, event, data)))
    up = await lab.way(way)
    assert (await up.emit(1, "c2s", 1))["data"] == {"heard": 1}
    await up.emit(2, "message", 2)
    assert seen == [(public_id(up.sid), "c2s", 1), (public_id(up.sid), "message", 2)]


# Unknown keys are ignored.
async def test_unknown_keys_of_an_upload_are_ignored(lab: Lab, way: type[PostWay], heard: list[Any]) -> None:
    (ack,) = await (await lab.way(way)).send([{**item(1, "x"), "colour": "blue"}], version=7)
    assert ack["data"] == {"heard": "x"}


# `Authorization: Bearer SID` is accepted wherever a header can be set.
async def test_a_bearer_header_names_the_client_that_emits(lab: Lab, heard: list[Any]) -> None:
    sid = new_sid()
    headers = [*JSON, ("Authorization", f"Bearer {sid}")]
    answer = await http(lab.url, "POST", target("emit"), headers=headers, body=as_json({"emits": [item(1, "x")]}))
    assert answer.accepted()["acks"][0]["data"] == {"heard": "x"}
    assert lab.life == [("connect", public_id(sid))]


# Once emitted on ws, an emit is acked there, and its message comes down the same pipe.
async def test_ws_carries_both_ways(lab: Lab, heard: list[Any]) -> None:
    line = await lab.join(Ws)
    assert isinstance(line, Ws)
    await line.write({"emits": [item(1, "x")]})
    (message,) = await line.messages(1)
    async with asyncio.timeout(DEADLINE):
        ack = await line.acks.get()
    assert (message["event"], message["data"]) == ("s2c", "x")
    assert ack["cursor"] == lab.at(message["seq"])
