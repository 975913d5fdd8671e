"""The play: a program is taken step by step in the server's event loop, and its readers are held against the truth."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

from tests.delivery.lines import Lost, Place, line
from tests.delivery.steps import (
    NOBODY,
    Born,
    Cut,
    Forget,
    GoOn,
    Join,
    Kick,
    Leave,
    Open,
    Pause,
    Program,
    Rest,
    Say,
    Settle,
    Step,
    Turn,
)
from tests.delivery.truth import Given, Reading, Truth
from tests.serving import Lab, impatient, serving
from tests.stranger.http import DEADLINE, new_sid, public_id, seq_of
from transport_fallback.hub import Address, Hub, Member
from transport_fallback.log import turn
from transport_fallback.serving.connection import Connection

PATIENCE = DEADLINE  # s that a reader has for what it must have; on loopback it takes a thousandth of that
HIGH = 4 << 10  # bytes that the kernel is given to send, and that wait for that, until the server is told to pause
FEW = 2  # readers who are brought into step with others; of so few as there are here, some go their own way
BOUNDS: dict[str, Any] = {"readers": 50}  # whoever reads often is not what this is about


@dataclass
class Result:
    faults: list[str] = field(default_factory=list)
    figures: Counter[str] = field(default_factory=Counter)


class Play:
    """One program on one server."""

    def __init__(self, lab: Lab, program: Program) -> None:
        self.lab, self.program = lab, program
        self.hub: Hub = lab.hub
        self.truth = Truth(lab.hub.limits.keep_messages)
        self.sids = {step.client: new_sid() for step in program.steps if isinstance(step, Born)}
        self.readings: dict[int, Reading] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}
        self.going: dict[int, asyncio.Event] = {}
        self.stuck: list[str] = []

    async def play(self) -> Result:
        try:
            for step in self.program.steps:
                await self.take(step)
                if self.stuck:  # whatever comes after it only hides what it is
                    break
        except Exception as broken:
            self.stuck.append(f"{step}: {broken!r}")
        finally:
            for number in list(self.tasks):
                await self.cut(number)
        readings = list(self.readings.values())
        faults = [fault for one in readings for fault in self.truth.faults(one, readings)]
        return Result([*faults, *self.stuck], self.figures())

    async def take(self, step: Step) -> None:
        match step:
            case Turn(times):
                for _ in range(times):
                    await asyncio.sleep(0)
            case Pause(ms):
                await asyncio.sleep(ms / 1000)
            case Settle():
                await self.settle()
            case Open():
                self.open(step)
            case Cut(reader):
                await self.cut(reader)
            case Rest(reader):
                self.going[reader].clear()
            case GoOn(reader):
                self.going[reader].set()
            case _:
                await self.change(step)

    # ---- what changes what somebody may read

    async def change(self, step: Step) -> None:
        seq = 0
        match step:
            case Say():
                seq = await self.say(step)
            case Join(client, room):
                await self.member(client).join(room)
            case Leave(client, room):
                await self.member(client).leave(room)
            case Born(client):
                (await self.lab.app.state.clients.read(self.sids[client], None)).close()
                seq = self.member(client).born
            case Kick(client):
                await self.kick(client)
            case Forget(client):
                member: Any = self.member(client)
                await until(lambda: not member.readers, f"client {client} is left by its readers")
                await self.hub.forget(member)
        self.truth.take(step, seq)

    async def say(self, step: Say) -> int:
        data = [step.n, "x" * step.size]
        if step.only is not None:
            return await self.member(step.only).emit("said", data)
        where = Address(self.hub) if step.but is None else self.member(step.but).broadcast
        return await (where if step.room is None else where.to(step.room)).emit("said", data)

    async def kick(self, client: int) -> None:
        for number, one in self.readings.items():
            if one.life == self.truth.life(client) and one.ended is None:
                if one.kind in ("follow", "wait"):  # the registry, which ends the others, does not know it
                    await self.cut(number)
                one.ended = "kicked"
                self.going[number].set()
        member: Any = self.member(client)
        member.close()

    def member(self, client: int) -> Member:
        return self.hub.anonymous if client == NOBODY else self.hub.client(public_id(self.sids[client]))

    # ---- who reads

    def open(self, step: Open) -> None:
        life = self.truth.life(step.client)
        asked = None if step.after is None else self.truth.seq_of(step.after)
        plain = step.kind in ("follow", "wait")
        if plain and asked is None:
            asked = self.hub.end
        reading = Reading(step.reader, step.kind, life, asked, self.truth.births[life])
        going = self.going[step.reader] = asyncio.Event()
        going.set()
        sid, bearer = self.sids.get(step.client), bool(step.reader % 2)
        place = Place(self.lab.url, sid, self.hub, self.member(step.client), bearer)
        cursor = None if asked is None else self.lab.at(asked)
        self.readings[step.reader] = reading
        self.tasks[step.reader] = asyncio.create_task(self.read(reading, place, cursor, going))

    async def read(self, reading: Reading, place: Place, cursor: str | None, going: asyncio.Event) -> None:
        try:
            async with contextlib.aclosing(line(reading.kind, place, cursor, going)) as batches:
                async for batch in batches:
                    reading.given.append(given(batch))
            reading.failed = "it is over"
        except (Lost, OSError, EOFError) as end:
            reading.failed = None if reading.ended else repr(end)
        except Exception as broken:
            reading.failed = repr(broken)

    async def cut(self, number: int) -> None:
        task = self.tasks.pop(number)
        self.readings[number].ended = self.readings[number].ended or "cut"
        task.cancel()
        await asyncio.wait([task])

    async def settle(self) -> None:
        """Everybody who takes bytes comes to have what it must have, though nothing more is said."""

        def behind() -> list[Reading]:
            return [
                one
                for number, one in self.readings.items()
                if one.ended is None and self.going[number].is_set() and not one.failed and self.truth.owed(one)
            ]

        try:
            await until(lambda: not behind(), "")
        except TimeoutError:
            self.stuck += [f"{one}: not told of {self.unheard(one)}, at {one.at}" for one in behind()]

    def unheard(self, reading: Reading) -> list[int]:
        return [said.n for said in self.truth.for_(reading, reading.at or 0)]

    def figures(self) -> Counter[str]:
        batches = [batch for one in self.readings.values() for batch in one.given]
        return Counter(
            readers=len(self.readings),
            deliveries=sum(len(batch.seqs) for batch in batches),
            cut=sum(batch.more for batch in batches),
            trimmed=sum(batch.gap == "trimmed" for batch in batches),
            away=sum(batch.gap == "away" for batch in batches),
        )


def given(batch: Any) -> Given:
    gap = batch["gap"] or {"reason": None, "missed": 0}
    seqs = tuple(message["seq"] for message in batch["messages"])
    ns = tuple(message["data"][0] for message in batch["messages"])
    return Given(seq_of(batch["after"]), seq_of(batch["cursor"]), gap["reason"], gap["missed"], batch["more"], seqs, ns)


async def until(holds: Callable[[], bool], what: str) -> None:
    """TimeoutError: it did not come to be."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise TimeoutError(what)
        await asyncio.sleep(0.001)


@contextlib.contextmanager
def narrow(told: int) -> Iterator[list[Connection]]:
    """Little is written to a client that takes no bytes, and few are told in one turn.

    Yields the connections that were paused, once each time.
    """
    found: list[Connection] = []
    made, pause = Connection.connection_made, Connection.pause_writing

    def narrowed(self: Connection, transport: Any) -> None:
        made(self, transport)
        self.real.set_write_buffer_limits(high=HIGH)

    def noted(self: Connection) -> None:
        found.append(self)
        pause(self)

    with patch.object(Connection, "connection_made", narrowed), patch.object(Connection, "pause_writing", noted):
        with patch("transport_fallback.serving.run.SEND_BUFFER", HIGH), patch.multiple(turn, TOLD=told, FEW=FEW):
            yield found


async def played(program: Program) -> Result:
    with narrow(program.told) as paused:
        async with serving(**{**BOUNDS, **program.limits}) as lab:
            result = await Play(lab, program).play()
    result.figures["pauses"] = len(paused)
    return result


def replay(program: Program) -> None:
    """Play a program once and print what went wrong."""
    with impatient():
        result = asyncio.run(played(program))
    print(*result.faults, dict(result.figures), sep="\n")
