"""Handlers: however one of them ends, and whoever it asks meanwhile, nobody waits for ever and nobody else is hurt."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.server.test_clients import World, sid
from tests.serving import Lab, eventually, serving
from tests.stranger.http import DEADLINE, Refused, new_sid, post, public_id
from tests.stranger.readers import Ended, LongPoll, Reader, Ws
from tests.stranger.ways import PostWay
from transport_fallback.hub import Refuse
from transport_fallback.registry.emits import Upload

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]
BOTH_LOGS = True  # see conftest.py

AT_ONCE = 4.0  # s; far above a round trip on loopback, below the 5 s of an ask or the 10 s of a handler


async def awaits_a_cancelled_task() -> None:
    task = asyncio.create_task(asyncio.sleep(9))
    task.cancel()
    await task


async def cancels_itself() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()
    await asyncio.sleep(0)


def raises(kind: type[BaseException], *arguments: Any) -> Callable[[], Awaitable[None]]:
    async def end() -> None:
        raise kind(*arguments)

    end.__name__ = f"raises {kind.__name__}"
    return end


ENDINGS = [
    awaits_a_cancelled_task,
    cancels_itself,
    raises(asyncio.CancelledError),
    raises(SystemExit, 3),
    raises(GeneratorExit),
    raises(type("Own", (BaseException,), {})),
    raises(BaseExceptionGroup, "several", [SystemExit()]),
    raises(ValueError),
    raises(TimeoutError),
]
every_ending = pytest.mark.parametrize("end", ENDINGS, ids=lambda end: end.__name__)


# ---- An exception gives `handler_failed`: of whatever kind


@every_ending
@pytest.mark.parametrize("event", ["bad", "*"])
@pytest.mark.logs_errors
async def test_the_emits_behind_one_whose_handler_ends_badly_run_and_are_acked(
    lab: Lab, way: type[PostWay], end: Callable[[], Awaitable[None]], event: str
) -> None:
    ran: list[Any] = []

    async def fail(_client: Any, *data: Any) -> None:
        if data[-1] == "bad":
            await end()

    lab.hub.on(event)(fail)
    lab.hub.on("good")(lambda client, data: ran.append(data))
    up = await lab.way(way)
    emits = [{"n": n, "event": name, "data": name} for n, name in enumerate(("bad", "good", "bad", "good"), 1)]
    for _ in range(2):  # a repeat is answered as the first was
        acks = await up.send(emits)
        assert [ack.get("error", {}).get("code") for ack in acks] == ["handler_failed", None, "handler_failed", None]
    assert ran == ["good", "good"]
    assert all(ack["cursor"] for ack in acks)


@every_ending
@pytest.mark.logs_errors
async def test_a_connect_handler_that_ends_badly_keeps_nobody_out(
    lab: Lab, transport: type[Reader], end: Callable[[], Awaitable[None]]
) -> None:
    async def fail(_client: Any) -> None:
        await end()

    lab.hub.on("connect")(fail)
    reader = await lab.reader(transport, hold=30).open()
    await reader.next(AT_ONCE)
    assert (await post(lab.url, str(reader.sid), emits=[{"n": 1, "event": "any"}])).status == 200
    await lab.say("news")
    await reader.until("news")


@every_ending
@pytest.mark.limits(grace=0.05)
@pytest.mark.logs_errors
async def test_a_disconnect_handler_that_ends_badly_lets_nobody_wait(
    lab: Lab, end: Callable[[], Awaitable[None]]
) -> None:
    async def fail(_client: Any, _reason: str) -> None:
        await end()

    lab.hub.on("disconnect")(fail)
    reader = await lab.join(LongPoll)
    who = str(reader.sid)
    await reader.close()
    await eventually(lambda: not lab.here())
    await lab.join(LongPoll, who)
    assert [what for what, *_ in lab.life] == ["connect", "disconnect", "connect"]


def test_an_interrupt_ends_the_program_and_the_emit_is_answered_all_the_same() -> None:
    async def emit() -> Any:
        world = World()

        @world.hub.on("stop")
        async def stop(client: Any, data: Any) -> None:
            raise KeyboardInterrupt

        return await world.emit(sid(), (1, "stop"))

    loop = asyncio.new_event_loop()
    try:
        emitting = loop.create_task(emit())
        with pytest.raises(KeyboardInterrupt):
            loop.run_until_complete(emitting)
        (ack,) = loop.run_until_complete(emitting)  # a program may yet say goodbye
        assert ack["error"]["code"] == "handler_failed"
    finally:
        loop.close()


# ---- A real end: the server stops


async def test_who_waits_for_a_handler_is_answered_when_the_server_stops() -> None:
    async with serving(drain_seconds=0.3) as lab:
        hang = asyncio.Event()

        async def forever(_client: Any, *_data: Any) -> None:
            hang.set()
            await asyncio.sleep(60)

        lab.hub.on("work")(forever)
        up = await lab.way(PostWay)
        emits = [{"n": n, "event": "work"} for n in (1, 2)]
        waiting = asyncio.create_task(post(lab.url, up.sid, emits=emits))
        await hang.wait()
        began = time.monotonic()
    answer = await waiting
    assert (answer.status, answer.error["code"]) == (503, "draining")
    assert time.monotonic() - began < DEADLINE  # the handler would take a minute


async def test_who_waits_for_a_connect_handler_is_answered_when_the_server_stops() -> None:
    async with serving(drain_seconds=0.3) as lab:
        hang = asyncio.Event()

        async def forever(_client: Any) -> None:
            hang.set()
            await asyncio.sleep(60)

        lab.hub.on("connect")(forever)
        reader = await lab.reader(LongPoll, hold=30).open()
        await hang.wait()
        lab.readers.clear()
    with pytest.raises((Refused, Ended)) as end:
        await reader.next(AT_ONCE)
    await reader.close()
    assert isinstance(end.value, Refused) and end.value.code == "draining"


# ---- The server may ask


# … also in `connect`: the client is let in with the question, for what has not reached it nobody can answer.
async def test_a_connect_handler_may_ask_its_client(lab: Lab, transport: type[Reader]) -> None:
    names: list[Any] = []

    @lab.hub.on("connect")
    async def who(client: Any) -> None:
        await client.emit("before")
        name, place = await asyncio.gather(client.ask("name?"), client.ask("place?"))
        names.append((name, place))
        await client.emit("after", name)

    reader = await lab.reader(transport).open()
    batch = await reader.next(AT_ONCE)
    assert [message["event"] for message in batch.messages] == ["before", "name?", "place?"]
    replies = [{"seq": seq, "data": data} for seq, data in zip(batch.seqs[1:], ("Ada", "here"), strict=True)]
    emits = [{"n": 1, "event": "waits for connect"}]
    assert (await post(lab.url, str(reader.sid), replies=replies, emits=emits)).status == 200
    assert names == [("Ada", "here")]
    assert [message["data"] for message in await reader.messages(1)] == ["Ada"]


async def test_who_is_turned_away_for_its_answer_is_refused_from_then_on(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def who(client: Any) -> None:
        if await client.ask("password?") != "open sesame":
            raise Refuse("members only")

    who_asks, end = new_sid(), None
    reader = await lab.reader(transport, who_asks).open()
    batch = await reader.next(AT_ONCE)
    await post(lab.url, who_asks, replies=[{"seq": batch.seqs[0], "data": "please"}])
    try:
        async with asyncio.timeout(AT_ONCE):
            while True:
                await reader.next()
    except (Refused, Ended) as refusal:
        end = refusal
    if isinstance(end, Ended):  # a stream has no status left to refuse with: the next request has
        with pytest.raises(Refused) as refused:
            await (await lab.reader(transport, who_asks).open(batch.cursor)).next()
        end = refused.value
    assert isinstance(end, Refused) and end.status == (4003 if transport is Ws else 403)
    assert not lab.hub.members and lab.here() == set()


# … inside a handler of the same client: replies never wait behind emits.
async def test_an_emit_handler_may_ask_the_client_that_emitted(lab: Lab, way: type[PostWay]) -> None:
    @lab.hub.on("order")
    async def order(client: Any, _data: Any) -> Any:
        return await client.ask("sure?")

    reader = await lab.join(Ws)
    up = await lab.way(way, str(reader.sid))
    emitting = asyncio.create_task(up.send([{"n": 1, "event": "order"}]))
    (asked,) = await reader.messages(1)
    await post(lab.url, str(reader.sid), replies=[{"seq": asked["seq"], "data": "yes"}])
    async with asyncio.timeout(AT_ONCE):
        assert (await emitting)[0]["data"] == "yes"


async def test_nobody_who_has_gone_is_asked() -> None:
    world = World()
    gone, left, forgotten = await world.come(), await world.come(), await world.come()
    await world.after(11)
    left.close()
    await world.done()
    await world.hub.forget(forgotten)
    for client in (gone, left, forgotten):
        before = world.hub.end
        with pytest.raises(LookupError):
            await client.ask("anybody?")
        assert world.hub.end == before and not client.asks


@pytest.mark.parametrize("how", ["bye", "close", "silence", "stop"])
async def test_an_ask_ends_when_the_client_leaves(how: str) -> None:
    world = World()
    who = sid()
    client = await world.come(who)
    asking = asyncio.create_task(client.ask("anybody?", timeout=60))
    await asyncio.sleep(0)
    if how == "bye":
        await world.clients.bye(who, Upload(), "")
    elif how == "close":
        client.close()
    elif how == "stop":
        await world.clients.drain()
    else:
        await world.after(11)
    with pytest.raises(LookupError):
        async with asyncio.timeout(AT_ONCE):
            await asking
    assert not client.asks
    await world.done()


async def test_an_ask_in_disconnect_does_not_keep_the_client_from_coming_back() -> None:
    world = World()
    errors: list[Any] = []

    @world.hub.on("disconnect")
    async def goodbye(client: Any, reason: str) -> None:
        await world.hub.emit("left", reason)
        await client.join("the departed")
        try:
            await client.ask("why?")
        except LookupError as error:
            errors.append(error)

    client = await world.come(who := sid())
    await world.after(11)
    async with asyncio.timeout(AT_ONCE):
        reader = await world.read(who)
    assert errors and client.rooms == ["the departed"] and reader.client is client


# ---- Clients turned out or away while others wait


async def test_a_client_may_be_turned_out_in_its_own_connect_handler(lab: Lab, transport: type[Reader]) -> None:
    @lab.hub.on("connect")
    async def out(client: Any) -> None:
        client.close("not you")

    who = new_sid()
    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await (await lab.reader(transport, who).open()).next(AT_ONCE)
        assert refused.value.status == (4001 if transport is Ws else 410)
    await eventually(lambda: not lab.hub.members)
    assert [what for what, *_ in lab.life] == ["connect", "disconnect"]


async def test_who_is_turned_away_while_it_comes_a_second_time_waits_for_nothing() -> None:
    world = World()
    held = asyncio.Event()

    @world.hub.on("connect")
    async def bouncer(client: Any) -> None:
        await held.wait()
        raise Refuse("members only")

    who = sid()
    first = asyncio.create_task(world.read(who))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    world.now += 11
    world.clients.sweep()  # it has gone, as far as anybody can tell
    second = asyncio.create_task(world.read(who))
    emitting = asyncio.create_task(world.emit(who, (1, "say")))
    await asyncio.sleep(0)
    held.set()
    async with asyncio.timeout(AT_ONCE):
        for waiting in (second, emitting):
            with pytest.raises(Exception, match="members only"):
                await waiting
    await world.done()
    assert not world.hub.members and [what for what, *_ in world.life] == ["connect"]


async def test_the_record_of_a_client_that_was_forgotten_harms_nobody() -> None:
    world = World()
    old = await world.come(who := sid())
    await world.hub.forget(old)
    new = await world.come(who)
    await world.hub.forget(old)
    await old.leave("red")
    with pytest.raises(LookupError):
        await old.join("red")
    assert world.hub.client(new.id) is new and new.id == public_id(who)
    old.close()  # this sid shall go, whichever record says so
    await world.done()
    assert not world.hub.members and not new.here


@pytest.mark.limits(handler_seconds=0.1)
@pytest.mark.logs_errors
async def test_a_handler_that_hangs_is_given_up_and_those_behind_it_run(lab: Lab) -> None:
    async def forever(_client: Any, *_data: Any) -> None:
        await asyncio.sleep(60)

    lab.hub.on("connect")(forever)
    lab.hub.on("work")(forever)
    reader = await lab.reader(LongPoll, hold=30).open()
    await reader.next(AT_ONCE)
    acks = await (await lab.way(PostWay, str(reader.sid))).send([{"n": n, "event": "work"} for n in (1, 2)])
    assert [ack["error"]["code"] for ack in acks] == ["timeout", "timeout"]
