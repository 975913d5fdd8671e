"""Calls that share timers come when they are due, each by itself, and never before."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from functools import partial
from typing import Any

import pytest

from transport_fallback.log.beats import AT_ONCE, PARTS, Beats

pytestmark = pytest.mark.anyio

WAIT = 0.32  # s


async def until(done: list[Any], count: int) -> None:
    async with asyncio.timeout(10):
        while len(done) < count:
            await asyncio.sleep(WAIT / PARTS)


async def test_calls_come_in_their_order_and_none_before_its_time() -> None:
    loop, beats = asyncio.get_running_loop(), Beats()
    came: list[tuple[int, float]] = []
    due = [loop.time() + WAIT * part for part in (0.9, 0.1, 0.5)]
    for n, when in enumerate(due):
        beats.at(when, WAIT, lambda n=n: came.append((n, loop.time())))  # type: ignore[misc]
    await until(came, 3)
    assert [n for n, _at in came] == [1, 2, 0]
    assert all(at >= due[n] for n, at in came)


async def test_calls_of_about_one_time_share_a_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    loop, beats, timers = asyncio.get_running_loop(), Beats(), list[float]()
    call_at = loop.call_at

    def counted(when: float, *rest: Any, **more: Any) -> asyncio.TimerHandle:
        timers.append(when)
        return call_at(when, *rest, **more)

    monkeypatch.setattr(loop, "call_at", counted)
    came: list[int] = []
    begin = loop.time()
    for n in range(1000):
        beats.at(begin + WAIT * (1 + n / 1000), WAIT, lambda n=n: came.append(n))  # type: ignore[misc]
    assert len(timers) <= PARTS + 2
    await until(came, 1000)
    assert sorted(came) == [*range(1000)]
    assert not beats._slots  # nothing is kept of what has come


async def test_of_many_who_are_due_together_few_are_called_in_one_turn() -> None:
    loop, beats, came = asyncio.get_running_loop(), Beats(), list[int]()
    turns = [0]

    def count() -> None:
        turns[0] += 1
        if len(came) < 100:
            loop.call_soon(count)

    def one(n: int) -> None:
        came.append(n)
        if n == 0:
            count()

    when = loop.time() + WAIT / 8
    for n in range(100):
        beats.at(when, WAIT, partial(one, n))
    await until(came, 100)
    assert came == [*range(100)]
    assert turns[0] >= 100 // AT_ONCE  # whoever else waits has a turn between them


async def test_one_that_fails_or_cancels_another_keeps_no_third_from_coming() -> None:
    loop, beats, came, faults = asyncio.get_running_loop(), Beats(), list[str](), list[Any]()
    loop.set_exception_handler(lambda _loop, context: faults.append(context["exception"]))
    when = loop.time() + WAIT / 8

    def fail() -> None:
        second.cancel()
        raise LookupError("planned")

    first = beats.at(when, WAIT, fail)
    second = beats.at(when, WAIT, lambda: came.append("second"))
    third = beats.at(when, WAIT, lambda: came.append("third"))
    await until(came, 1)
    for one in (first, second, third):
        one.cancel()  # harmless now
    assert came == ["third"] and [*map(str, faults)] == ["planned"]
    loop.set_exception_handler(None)


async def test_one_that_was_cancelled_does_not_come() -> None:
    loop, beats, came = asyncio.get_running_loop(), Beats(), list[str]()
    beats.at(loop.time() + WAIT / 4, WAIT, lambda: came.append("cancelled")).cancel()
    beats.at(loop.time() + WAIT / 2, WAIT, lambda: came.append("kept"))
    await until(came, 1)
    assert came == ["kept"]


async def test_a_call_is_nobodys_word() -> None:
    speaker: ContextVar[str] = ContextVar("speaker", default="nobody")
    beats, came = Beats(), list[str]()
    speaker.set("ada")
    beats.at(asyncio.get_running_loop().time(), WAIT, lambda: came.append(speaker.get()))
    await until(came, 1)
    assert came == ["nobody"]


def test_beats_go_on_in_another_event_loop() -> None:
    beats, came = Beats(), list[int]()

    async def one(n: int, *, later: float) -> None:
        beats.at(asyncio.get_running_loop().time() + later, WAIT, lambda: came.append(n))
        if not later:
            await until(came, 1)

    asyncio.run(one(1, later=3600))  # its timer ends with its loop, which turns a few times more before it does
    asyncio.run(one(2, later=0))
    assert came == [2]
