"""A stranger: a client of its own making, which does all the protocol allows and keeps word of what it was given.

It changes its transport, reads twice at once, cuts lines, asks again from where it was, sleeps until it is forgotten,
goes through faulty links, enters and leaves rooms, says goodbye, reads as nobody, and repeats what it says until it has
an ack.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import random
from array import array
from collections.abc import Iterator
from typing import Any

import httpx2

from tests.stranger.http import DEADLINE, Refused, bye, new_sid, post, public_id
from tests.stranger.readers import TRANSPORTS, Batch, Ended, Poll, Reader
from tests.torture.transcript import Emitted, Given, Transcript, split

ROOMS = ("red", "green", "blue")
TROUBLE = (Refused, Ended, TimeoutError, OSError, EOFError, ValueError, IndexError, AssertionError, httpx2.HTTPError)
PARAMS = {"poll": {"every": 100}, "longpoll": {"hold": 2}, "sse": {"heartbeat": 1}, "ws": {"heartbeat": 1}}
EPOCHS = 8  # that a client remembers


class Stranger:
    """One client; `transcripts` has one page for each sid it had."""

    def __init__(self, bases: list[str], seed: int, ids: Iterator[int]) -> None:
        self.bases = bases  # the server's own address, and ways to it through links
        self.luck = random.Random(seed)
        self.ids = ids
        self.transcripts: list[Transcript] = []
        self.emitted: list[Emitted] = []
        self.readings = itertools.count()
        self.tally = {"repeats": 0, "cuts": 0, "gaps": 0, "batches": 0, "readings": 0}
        self.cursor: str | None = None
        self.old: list[str] = []  # cursors it had before
        self.renew()

    def renew(self) -> None:
        """A new sid. It reads on from its cursor."""
        self.sid = new_sid()
        self.n = 1
        self.page = Transcript(public_id(self.sid))
        self.transcripts.append(self.page)

    async def live(self, calm: asyncio.Event) -> None:
        """Storm until it is calm."""
        talking = asyncio.create_task(self._talk(calm))
        while not calm.is_set():
            await self._read_for_a_while(calm)
            if self.luck.random() < 0.1:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(calm.wait(), self.luck.choice([0.2, 1.0, 3.0]))
        await talking

    # ---- reading

    async def _read_for_a_while(self, calm: asyncio.Event) -> None:
        """One or two readings at once, each ended in one of the ways there are."""
        readings = [self._reading(calm) for _ in range(self.luck.choice([1, 1, 1, 2, 3]))]
        await asyncio.gather(*readings)

    async def _reading(self, calm: asyncio.Event) -> None:
        luck = self.luck
        cursor = luck.choice(self.old) if self.old and luck.random() < 0.1 else self.cursor
        page = self.page if luck.random() < 0.95 else self._nobody()
        reader = self._reader(luck.choice(list(TRANSPORTS)), self.base(), self.sid if page is self.page else None)
        batches = luck.choice([1, 3, 10, 40])
        end = asyncio.get_running_loop().time() + luck.choice([0.1, 0.5, 2.0])
        try:
            await self._take(reader, page, cursor, calm, batches, end)
        except TROUBLE:
            await asyncio.sleep(luck.random() * 0.2)
        finally:
            self.tally["cuts"] += 1
            await (reader.cut() if luck.random() < 0.7 else reader.close())

    def _nobody(self) -> Transcript:
        """A page for a reading without a sid."""
        self.transcripts.append(Transcript(""))
        return self.transcripts[-1]

    def _reader(self, name: str, base: str, sid: str | None) -> Reader:
        params: dict[str, Any] = PARAMS[name]
        reader = TRANSPORTS[name](base, sid, **params)
        if isinstance(reader, Poll):
            reader.pause = self.luck.choice([0.0, 0.05, 0.2])
        return reader

    async def _take(
        self, reader: Reader, page: Transcript, cursor: str | None, calm: asyncio.Event, batches: int, end: float
    ) -> None:
        number, first = next(self.readings), True
        began = len(page.given)
        self.tally["readings"] += 1
        await reader.open(cursor)
        for _ in range(batches):
            batch = await reader.next(3.0)
            if reader.pulls:
                number, first = next(self.readings), True  # each poll is a reading of its own
            self._given(page, given(batch, number, began, reader.name, cursor, first))
            del reader.batches[:-1]
            first, cursor = False, batch.cursor if reader.pulls else cursor
            began = len(page.given) if reader.pulls else began
            gone = page.client and page is not self.page
            if gone or calm.is_set() or asyncio.get_running_loop().time() > end:
                return

    def _given(self, page: Transcript, one: Given) -> None:
        page.given.append(one)
        self.tally["batches"] += 1
        self.tally["gaps"] += one.gap is not None
        if page is self.page:
            self._move(one)

    def _move(self, given: Given) -> None:
        """Go on from this batch, if the protocol lets a client take it."""
        reason = given.gap and given.gap["reason"]
        if self.cursor is not None:
            (own, at), (epoch, seq) = split(self.cursor), split(given.cursor)
            began = split(given.asked)[0] if given.asked else None
            if own != epoch:
                if reason != "epoch" or began != own:
                    return  # of a reading that began under another epoch
            elif reason != "epoch" and (seq <= at or split(given.after)[1] > at):
                self.tally["repeats"] += 1
                return
            self.old = [*self.old[-20:], self.cursor] if own == epoch else []
        self.cursor = given.cursor

    async def read_to_the_end(self) -> None:
        """All is calm: poll until nothing more comes."""
        for _ in range(400):
            reader = self._reader("poll", self.bases[0], self.sid)
            try:
                await reader.open(self.cursor)
                batch: Batch = await reader.next(DEADLINE)
            except TROUBLE:
                await asyncio.sleep(0.1)
                continue
            finally:
                await reader.close()
            self._given(self.page, given(batch, next(self.readings), len(self.page.given), "poll", self.cursor, True))
            if not batch.messages and not batch.gap and self.cursor == batch.cursor:
                self.page.finished = True
                return

    # ---- speaking

    async def _talk(self, calm: asyncio.Event) -> None:
        while not calm.is_set():
            await asyncio.sleep(self.luck.expovariate(2.0))
            if self.luck.random() < 0.03:
                await self._leave()
            event, data = self._wish()
            emit = Emitted(data["id"]) if isinstance(data, dict) else None
            if emit:
                self.emitted.append(emit)
            done = await self._say(event, data, calm)
            if emit:
                emit.acked = done

    async def _leave(self) -> None:
        """Say goodbye, whatever is under way, and come back as somebody else in the same place."""
        with contextlib.suppress(*TROUBLE):
            await bye(self.base(), self.sid)
        self.renew()

    def _wish(self) -> tuple[str, object]:
        luck, room = self.luck, self.luck.choice(ROOMS)
        if luck.random() < 0.3:
            return luck.choice(["join", "join", "leave"]), room
        to = luck.choice(["everyone", "others", "room", "room others", "me"])
        return "say", {"id": next(self.ids), "to": to, "room": room, "pad": luck.choice([0, 0, 0, 3000])}

    async def _say(self, event: str, data: object, calm: asyncio.Event) -> bool:
        """Say it until there is an ack, at times twice at once. @returns whether it was acked as done."""
        sid, emit = self.sid, {"n": self.n, "event": event, "data": data}
        while not calm.is_set() and sid == self.sid:
            ways = [post(self.base(), sid, emits=[emit]) for _ in range(self.luck.choice([1, 1, 2]))]
            for answer in await asyncio.gather(*ways, return_exceptions=True):
                if isinstance(answer, BaseException) or answer.status != 200:
                    continue
                with contextlib.suppress(ValueError, KeyError):
                    (ack,) = json.loads(answer.body)["acks"]
                    return self._acked(ack)
            await asyncio.sleep(self.luck.random() * 0.3)
        return False

    def _acked(self, ack: dict[str, object]) -> bool:
        error = ack.get("error")
        if isinstance(error, dict) and error["code"] in ("out_of_order", "stale"):
            self.renew()  # the server has forgotten this client, or knows nothing of it
            return False
        self.n += 1
        return error is None

    def base(self) -> str:
        return self.luck.choice(self.bases)


def given(batch: Batch, reading: int, began: int, transport: str, asked: str | None, first: bool) -> Given:
    ids = array("q", (message["data"]["id"] for message in batch.messages))
    place = (batch.after, batch.cursor, batch.gap, batch.more)
    return Given(reading, began, transport, asked, first, *place, array("q", batch.seqs), ids)
