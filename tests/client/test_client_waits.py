"""What an application waits for ends, and what its handlers do disturbs nothing: the Python client on a real server."""

from __future__ import annotations

import asyncio
import gc
import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.client.test_client import LADDER_TOO, QUICK, echoing, heard
from tests.serving import Lab, eventually
from tests.stranger.http import DEADLINE
from transport_fallback.client import messages as unread
from transport_fallback.client.socket import BehindError, ClosedError, EmitError, Socket, io

LIFE = ("connecting", "connect", "disconnect", "reconnecting", "reconnect", "connect_failed", "error", "switch", "gap")


async def outcome(awaitable: Awaitable[Any]) -> Any:
    """A value, or the name and code of the error. TimeoutError: it did not end."""
    try:
        return await asyncio.wait_for(asyncio.ensure_future(awaitable), DEADLINE)
    except (ClosedError, EmitError, StopAsyncIteration) as error:
        return type(error).__name__, getattr(error, "code", None)


WAITS: dict[str, Callable[[Socket], Awaitable[Any]]] = {
    "ready": lambda socket: socket.ready(),
    "once": lambda socket: socket.once("never"),
    "once connect": lambda socket: socket.once("reconnect"),
    "messages": lambda socket: anext(socket.messages),
    "emit": lambda socket: socket.emit("c2s", 1),
    "close": lambda socket: socket.close(),
}


async def refused(lab: Lab, socket: Socket) -> None:
    requests = socket.session.requests
    await requests.bye(requests.sid)  # its sid is gone before it comes
    socket.connect()


async def kicked(lab: Lab, socket: Socket) -> None:
    await socket.connect().ready()
    lab.people[socket.id].close("enough")


async def closed(lab: Lab, socket: Socket) -> None:
    await socket.connect().ready()
    await socket.close()


async def never_begun(lab: Lab, socket: Socket) -> None:
    await socket.close()


ENDS = pytest.mark.parametrize("end", [refused, kicked, closed, never_begun])


@pytest.mark.anyio
@ENDS
@LADDER_TOO
async def test_whatever_is_awaited_after_the_end_ends(lab: Lab, use: str, end: Any) -> None:
    socket = io(lab.url, use=use, **QUICK)
    told = heard(socket, "error")
    await end(lab, socket)
    await eventually(lambda: socket.session.over)
    for name, wait in WAITS.items():
        said = await outcome(wait(socket))
        if name == "close":
            assert said is None
        elif name == "emit":
            assert said == ("EmitError", "gone")
        elif name == "messages" and end in (closed, never_begun):
            assert said == ("StopAsyncIteration", None)
        else:
            assert said[0] == "ClosedError" and said[1] in ("gone", "kicked", "closed")
    assert bool(told) == (end in (refused, kicked))


@pytest.mark.anyio
@ENDS
async def test_whatever_is_awaited_before_the_end_ends(lab: Lab, end: Any) -> None:
    @lab.hub.on("c2s")
    async def slow(client: Any, data: Any) -> None:
        await asyncio.sleep(2)

    socket = io(lab.url, use="sse", **QUICK)
    begun = {name: wait(socket) for name, wait in WAITS.items() if name not in ("close", "ready")}
    last = socket.once("disconnect")
    waiting = {name: asyncio.create_task(outcome(wait)) for name, wait in begun.items()}
    await end(lab, socket)
    said = {name: await task for name, task in waiting.items()}
    assert said["once"][0] == said["once connect"][0] == "ClosedError"
    assert said["emit"] == ("EmitError", "gone" if end in (never_begun, refused) else "unknown")
    assert said["messages"][0] == ("StopAsyncIteration" if end in (closed, never_begun) else "ClosedError")
    assert bool(isinstance(await outcome(last), dict)) == (end in (closed, kicked))  # it was connected
    await socket.close()


@pytest.mark.anyio
async def test_who_was_never_begun_is_told_to_begin(lab: Lab) -> None:
    socket = io(lab.url)
    with pytest.raises(ClosedError, match="connect"):
        await socket.ready()
    await socket.close()


@pytest.mark.anyio
async def test_waits_that_are_over_leave_nothing_behind(lab: Lab) -> None:
    async with io(lab.url, use="ws", **QUICK) as socket:
        await socket.ready()
        runner = socket.session.runner
        await eventually(lambda: not runner.tasks - {run.task for run in runner.runs.values()})
        before = asyncio.all_tasks()
        for _ in range(20):
            for wait in (socket.once("never"), socket.once("connect"), anext(socket.messages)):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(asyncio.ensure_future(wait), 0.001)
            socket.once("never").cancel()
            socket.off("never", socket.on("never", print))
        await asyncio.sleep(0)
        gc.collect()
        handlers = socket.session.handlers
        assert not handlers._waits and not handlers._named and not handlers._listeners and not handlers._calls
        assert asyncio.all_tasks() == before


@pytest.mark.anyio
async def test_what_is_awaited_once_is_not_taken_off_with_the_handlers(lab: Lab) -> None:
    async with io(lab.url, use="ws", **QUICK) as socket:
        await socket.ready()
        coming = socket.once("s2c")
        socket.off("s2c")
        await lab.say("s2c", 1)
        assert await asyncio.wait_for(coming, DEADLINE) == 1


# ---- user code


async def cancelled() -> None:
    older = asyncio.ensure_future(asyncio.sleep(9))
    older.cancel()
    await older


def cancelled_at_once() -> None:
    raise asyncio.CancelledError


async def stopped() -> None:
    raise GeneratorExit


@pytest.mark.anyio
@pytest.mark.parametrize("fails", [cancelled, cancelled_at_once, stopped])
@pytest.mark.parametrize("event", ["connect", "s2c", "*"])
async def test_a_handler_may_end_in_whatever_it_likes(
    lab: Lab, caplog: pytest.LogCaptureFixture, fails: Callable[[], Any], event: str
) -> None:
    echoing(lab.hub)
    async with io(lab.url, **QUICK) as socket:
        got, errors = heard(socket), heard(socket, "error")
        socket.on(event, lambda *_: fails())
        for i in range(3):
            assert await asyncio.wait_for(socket.emit("c2s", i), DEADLINE) == {"taken": i}
        await eventually(lambda: got == [0, 1, 2] and errors)
        assert socket.connected and {error["code"] for error in errors} == {"handler_failed"}
    caplog.clear()


@pytest.mark.anyio
async def test_a_handler_of_disconnect_has_a_moment_when_the_socket_closes(lab: Lab) -> None:
    said: list[str] = []
    async with io(lab.url, use="ws", **QUICK) as socket:

        @socket.on("disconnect")
        async def last(detail: Any) -> None:
            await asyncio.sleep(0.01)
            said.append(detail["reason"])

        await socket.ready()
    assert said == ["closed"]


@pytest.mark.anyio
@pytest.mark.parametrize("event", ["disconnect", "error"])
async def test_who_was_turned_out_comes_back_where_its_handler_says_connect(lab: Lab, event: str) -> None:
    async with io(lab.url, use="ws", **QUICK) as socket:
        await socket.ready()
        old, coming = socket.id, socket.once("s2c")
        socket.on(event, lambda detail: socket.connect() if socket.id == old else None)
        lab.people[old].close("enough")
        await eventually(lambda: socket.id != old and socket.connected)
        assert socket.id in lab.here()
        await lab.say("s2c", "still heard")
        assert await asyncio.wait_for(coming, DEADLINE) == "still heard"
        assert await asyncio.wait_for(socket.emit("c2s"), DEADLINE) is None


@pytest.mark.anyio
async def test_two_who_close_wait_for_the_same_end_and_one_may_connect_meanwhile(lab: Lab) -> None:
    socket = io(lab.url, use="ws", **QUICK)
    await socket.connect().ready()
    old = socket.id
    first, second = asyncio.create_task(socket.close()), asyncio.create_task(socket.close())
    await asyncio.sleep(0)
    await socket.connect().ready()
    await asyncio.gather(first, second)
    assert socket.connected and socket.id != old
    await eventually(lambda: lab.here() == {socket.id})
    assert await asyncio.wait_for(socket.emit("c2s"), DEADLINE) is None
    await socket.close()


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(8))
async def test_whatever_a_handler_says_at_any_moment_leaves_the_client_whole(lab: Lab, seed: int) -> None:
    """Random handlers say random things in random events, while the server turns clients out; then all is calm again:
    everything awaited has ended, and the client reads and is heard.
    """
    echoing(lab.hub)
    chance, calm, waits = random.Random(seed), False, list[asyncio.Future[Any]]()
    socket = io(lab.url, **{**QUICK, "chance": chance.random})
    says: list[Callable[[], Any]] = [
        socket.connect,
        socket.retry,
        socket.forget,
        socket.cut,
        lambda: waits.append(asyncio.ensure_future(socket.close())),
        lambda: socket.use(chance.choice(["ws", "sse", "longpoll", "poll", "auto"]), strict=chance.random() < 0.5),
        lambda: waits.append(socket.emit("c2s", chance.random())),
        lambda: waits.append(socket.once(chance.choice([*LIFE, "s2c"]))),
        lambda: waits.append(asyncio.ensure_future(socket.ready())),
        lambda: waits.append(asyncio.ensure_future(anext(socket.messages))),
        lambda: socket.off(chance.choice([*LIFE, "s2c"]), print),
    ]
    inside = False

    def anything(*_: Any) -> None:
        nonlocal inside
        assert not inside, "a handler runs inside what another one says"
        inside = True
        if not calm and chance.random() < 0.6:
            chance.choice(says)()
        inside = False

    for event in (*LIFE, "s2c", "*"):
        socket.on(event, anything)
    seen = heard(socket)
    socket.connect()
    for _ in range(60):
        chance.choice(says)()
        await asyncio.sleep(chance.random() * 0.03)
        if chance.random() < 0.1 and (client := lab.people.get(socket.id)):
            client.close("enough")
        await lab.say("s2c", chance.random())
    calm = True
    await socket.close()
    assert len(set(seen)) == len(seen)
    socket.use("auto")
    await asyncio.wait_for(socket.connect().ready(), DEADLINE)
    assert await asyncio.wait_for(socket.emit("c2s", "calm"), DEADLINE) == {"taken": "calm"}
    assert seen[-1] == "calm" and set(socket.session.runner.runs) == set(socket.session.ladder.attempts)
    await socket.close()
    ended = await asyncio.wait_for(asyncio.gather(*waits, return_exceptions=True), DEADLINE)
    kinds = (ClosedError, EmitError, StopAsyncIteration, RuntimeError, asyncio.CancelledError)
    assert not [one for one in ended if isinstance(one, BaseException) and not isinstance(one, kinds)]
    assert not socket.session.runner.tasks and not socket.session.handlers.tasks and not socket.session.runner.runs


@pytest.mark.anyio
async def test_a_reader_of_messages_that_is_too_slow_is_told_how_many_it_missed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unread, "UNREAD", 3)
    async with io(lab.url, use="ws", **QUICK) as socket:
        await socket.ready()
        slow, quick, heard = socket.messages, socket.messages, list[int]()
        for i in range(8):
            await lab.say("s2c", i)
            assert (await anext(quick)).data == i
        with pytest.raises(BehindError) as behind:
            async with asyncio.timeout(DEADLINE):
                async for message in slow:
                    heard.append(message.data)
        assert behind.value.missed == 5 and not heard
        await lab.say("s2c", 8)
        assert (await anext(quick)).data == 8
        with pytest.raises(BehindError, match="1 messages"):
            await anext(slow)
    assert [message.data async for message in slow] == [6, 7, 8]
