"""Clients against a model: presence, memory and once-only emits through any order of requests and silences.

The model says of each sid, from the protocol's own sentences, whether it is here, known or marked, which n comes next
and what each n was answered with. Nothing is trimmed here: who keeps its cursor must hear everything, once.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from transport_fallback.hub import Hub
from transport_fallback.log.batch import Batch, Cursor
from transport_fallback.protocol.codec import decode
from transport_fallback.protocol.errors import Refused
from transport_fallback.protocol.limits import Limits
from transport_fallback.registry.client import Client
from transport_fallback.registry.clients import Clients
from transport_fallback.registry.emits import Emit, Upload
from transport_fallback.registry.identity import identity
from transport_fallback.registry.reader import Reader

T = TypeVar("T")

GRACE, FORGET, WINDOW = 10.0, 60.0, 3
LIMITS = Limits(
    grace=GRACE,
    forget_after=FORGET,
    window=WINDOW,
    readers=2,
    batch_messages=3,
    keep_seconds=1e9,
    emit_rate=1e9,
    emit_burst=10**9,
    sid_rate=1e9,
    sid_burst=10**9,
)
SIDS = [letter * 22 for letter in "abcd"]
who = st.sampled_from(SIDS)


@dataclass
class Person:
    """One sid as the model knows it."""

    known: bool = False
    readers: list[Reader] = field(default_factory=list)  # open, oldest first
    ended: list[Reader] = field(default_factory=list)  # which of them had to make room
    last_read: float = 0.0
    last_request: float = 0.0
    grace: float = GRACE
    start: int | None = None  # a newcomer's position
    born: int = 0  # seq of its birth
    led: set[int] = field(default_factory=set)  # seqs of the cursors that it was given in this life of it
    cursor: Cursor | None = None  # kept over every life
    expected: int = 1
    acks: dict[int, dict[str, Any]] = field(default_factory=dict)  # every one there was
    acked: int = 0
    marked: tuple[str, float] | None = None  # code, until

    def here(self, now: float) -> bool:
        return self.known and (bool(self.readers) or now < self.last_read + self.grace)


class Model(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.now = 1000.0
        self.people = {sid: Person() for sid in SIDS}
        self.said: list[int] = []  # the seqs of what everyone may read: all that is said here
        self.life: dict[str, list[str]] = {}
        self.ran: Counter[tuple[Client, int]] = Counter()
        self.hub = self.new_hub()
        self.clients = Clients(self.hub, clock=lambda: self.now)
        self.hub.on("connect")(self.connected)
        self.hub.on("disconnect")(self.disconnected)
        self.hub.on("count")(self.counted)

    def new_hub(self) -> Hub:
        return Hub(LIMITS, clock=lambda: self.now)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.close()

    # ---- the application

    async def connected(self, client: Client) -> None:
        self.life.setdefault(client.id, []).append("connect")
        await client.join("lobby")
        self.said.append(await self.hub.emit("came"))

    async def disconnected(self, client: Client, reason: str) -> None:
        self.life[client.id].append("disconnect")
        self.said.append(await self.hub.emit("left", reason))

    async def counted(self, client: Client, n: int) -> int:
        assert self.life[client.id][0] == "connect"  # it runs before any other handler
        self.ran[client, n] += 1
        await asyncio.sleep(0)
        self.said.append(await self.hub.emit("counted", n))
        return self.said[-1]

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run something, and every handler that it started."""

        async def settled() -> T:
            try:
                return await coroutine
            finally:
                while self.clients.tasks._tasks:
                    await asyncio.sleep(0)

        return self.runner.run(settled())

    # ---- what clients do

    @rule(sid=who, slow=st.booleans(), with_cursor=st.booleans(), lost=st.booleans())
    def opens_a_read(self, sid: str, slow: bool, with_cursor: bool, lost: bool = False) -> None:
        person = self.people[sid]
        cursor = person.cursor if with_cursor else None
        grace = GRACE + 25 if slow else None
        if self.is_refused(sid, self.clients.read(sid, cursor, grace=grace)):
            return
        reader = self.reader
        if not person.known:
            self.is_born(person)
        elif cursor is None and person.start is None:
            person.start = self.before
        if cursor is not None:
            person.start = None
        person.grace = grace or GRACE
        person.readers.append(reader)
        going_on = [reader for reader in person.readers if reader not in person.ended]
        if len(going_on) > LIMITS.readers:
            person.ended.append(going_on[0])
        person.last_request = self.now
        assert [reader for reader in person.readers if reader.ended] == person.ended
        self.check(person, cursor, reader.read(), lost)

    @precondition(lambda self: any(person.readers for person in self.people.values()))
    @rule(data=st.data(), broken=st.booleans())
    def a_read_ends(self, data: st.DataObject, broken: bool) -> None:
        person = data.draw(st.sampled_from([person for person in self.people.values() if person.readers]))
        reader = person.readers.pop(data.draw(st.integers(0, len(person.readers) - 1)))
        person.ended = [other for other in person.ended if other is not reader]
        reader.broken = broken
        reader.close()
        reader.close()  # harmless when repeated
        person.last_read = person.last_request = self.now

    @rule(sid=who, back=st.integers(-2, 5), count=st.integers(1, 4), twice=st.booleans(), behind=st.integers(0, 9))
    def emits(self, sid: str, back: int, count: int, twice: bool, behind: int) -> None:
        """From a hole (back < 0) to a repeat that is too old; perhaps again while the first still runs."""
        person = self.people[sid]
        first = max(1, person.expected - back)
        acked = max(0, person.expected - 1 - behind)  # what it says it has acks of
        emits = [Emit(n, "count", n) for n in range(first, first + count)]
        fresh = [n for n in range(first, first + count) if n >= person.expected] if first <= person.expected else []
        coroutine = self.emitted(sid, Upload(emits, [], acked), twice)
        if self.is_refused(sid, coroutine, "window" if count > WINDOW else None):
            return
        if fresh and not person.known:
            self.is_born(person)
        if person.known:
            person.last_request = self.now
        for emit, ack in zip(emits, self.acks, strict=True):
            self.check_ack(person, emit.n, ack, max(person.acked, acked))
        person.acked = max(person.acked, acked) if person.known else 0

    async def emitted(self, sid: str, upload: Upload, twice: bool) -> list[dict[str, Any]]:
        rounds = [await self.clients.take(sid, upload, "") for _ in range(1 + twice)]
        answers = [[ack if isinstance(ack, bytes) else await ack for ack in acks] for acks in rounds]
        if twice and not upload.acked:
            fine = [i for i, emit in enumerate(upload.emits) if b"stale" not in answers[1][i]]
            assert all(answers[0][i] == answers[1][i] for i in fine)
        return [json.loads(ack) for ack in answers[0]]

    @rule(sid=who, by_itself=st.booleans())
    def leaves(self, sid: str, by_itself: bool) -> None:
        """By its own `bye`, or turned out."""
        if by_itself and not self.is_refused(sid, self.clients.bye(sid, Upload(), "")):
            self.is_marked(sid, "gone")
        elif not by_itself and self.people[sid].known:
            self.run(self.turned_out(sid))
            self.is_marked(sid, "kicked")

    async def turned_out(self, sid: str) -> None:
        client = self.clients.find(sid)
        assert client is not None
        client.close("be quiet")

    @rule(sid=who, seconds=st.sampled_from([GRACE / 2, GRACE, GRACE + 25, FORGET, GRACE + FORGET, 2 * FORGET]))
    def is_silent_and_comes_back(self, sid: str, seconds: float) -> None:
        person = self.people[sid]
        for reader in person.readers:
            reader.close()
            person.last_read = person.last_request = self.now
        person.readers, person.ended = [], []
        self.time_passes(seconds)
        self.opens_a_read(sid, slow=False, with_cursor=True)

    @rule(times=st.integers(1, 5))
    def something_is_said(self, times: int) -> None:
        self.said += [self.run(self.hub.emit("said")) for _ in range(times)]

    @rule(seconds=st.sampled_from([0.1, GRACE / 2, GRACE, GRACE + 25, FORGET / 2, FORGET, 2 * FORGET]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

        async def sweep() -> None:
            self.clients.sweep()

        for _ in range(2):  # who has just gone may also be due to be forgotten
            self.run(sweep())
        for person in self.people.values():
            last = max(person.last_read + person.grace, person.last_request)
            if person.known and not person.here(self.now) and self.now >= last + FORGET:
                self.is_forgotten(person)
            if person.marked and self.now >= person.marked[1]:
                person.marked = None

    # ---- what follows from it

    def is_refused(self, sid: str, coroutine: Coroutine[Any, Any, Any], otherwise: str | None = None) -> bool:
        """Whether it was refused, and that it was so exactly if it had to be; else keep what it returned."""
        person = self.people[sid]
        self.before, code = self.hub.end, person.marked[0] if person.marked else otherwise
        try:
            self.reader = self.acks = self.run(coroutine)
        except Refused as refused:
            assert refused.code == code
            if person.known:
                person.last_request = self.now
            assert self.hub.end == self.before  # nothing ran
            return True
        assert code is None
        return False

    def is_born(self, person: Person) -> None:
        person.known = True
        person.born = person.start = self.before + 1
        person.led = set()
        person.last_read = person.last_request = self.now
        person.grace = GRACE
        person.expected, person.acks, person.acked = 1, {}, 0

    @staticmethod
    def is_forgotten(person: Person) -> None:
        person.known, person.start, person.expected, person.acks = False, None, 1, {}
        person.readers, person.ended = [], []

    def is_marked(self, sid: str, code: str) -> None:
        person = self.people[sid]
        assert all(reader.ended for reader in person.readers)
        for reader in person.readers:
            reader.close()
        self.is_forgotten(person)
        person.marked = (code, self.now + FORGET)

    def check(self, person: Person, cursor: Cursor | None, batch: Batch, lost: bool) -> None:
        """Everything after the cursor, once; a newcomer from its recorded position.

        Who was forgotten is told of it from any cursor it had before: again while the answer is lost, and not from
        where a taken one, however short it was cut, leads.
        """
        start = person.start if cursor is None else cursor.seq
        assert batch.after.seq == start
        unread = [seq for seq in self.said if seq > start]
        assert [message.seq for message in batch.messages] == unread[: LIMITS.batch_messages]
        assert batch.more == (len(unread) > LIMITS.batch_messages)
        reason = decode(batch.text, dict)["gap"] and decode(batch.text, dict)["gap"]["reason"]
        before = cursor is not None and cursor.seq < person.born and cursor.seq not in person.led
        assert reason == ("away" if before else None)
        person.led.add(batch.cursor.seq)
        if not lost:
            person.cursor = batch.cursor

    def check_ack(self, person: Person, n: int, ack: dict[str, Any], acked: int) -> None:
        code = ack.get("error", {}).get("code")
        if not person.known or n > person.expected:
            assert code == "out_of_order" and ack["error"]["expected"] == person.expected
        elif n == person.expected:
            assert code is None and ack["cursor"] == f"{self.hub.epoch}.{ack['data']}"
            person.acks[n] = ack
            person.expected += 1
        elif code == "stale":
            assert n <= acked or n <= person.expected - 1 - WINDOW
        else:
            assert ack == person.acks[n]

    # ---- what always holds

    @invariant()
    def who_is_here_is_who_reads_or_read_just_now(self) -> None:
        for sid, person in self.people.items():
            client = self.hub.members.get(identity(sid)[0])  # `find` would be a request
            assert (client is not None) == person.known
            if client is not None:
                assert isinstance(client, Client)
                assert client.here == person.here(self.now)
                assert (client.claims.expected if client.claims else 1) == person.expected
                assert not (client.claims and client.claims.open)
        assert len(self.hub.clients()) == sum(person.here(self.now) for person in self.people.values())

    @invariant()
    def every_disconnect_has_its_connect(self) -> None:
        for life in self.life.values():
            assert life == ["connect", "disconnect"] * (len(life) // 2) + ["connect"] * (len(life) % 2)
        arrived = sum(len(life) % 2 for life in self.life.values())
        assert arrived == len(self.hub.clients())

    @invariant()
    def who_is_known_is_in_its_rooms_and_nobody_else(self) -> None:
        known = sum(person.known for person in self.people.values())
        assert len(self.hub.rooms.get("lobby", [])) == known == len(self.hub.members)

    @invariant()
    def each_emit_counted_once(self) -> None:
        assert not [what for what, times in self.ran.items() if times > 1]


Model.TestCase.settings = settings(
    max_examples=int(os.environ.get("LAB_EXAMPLES", "120")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestModel = pytest.mark.timeout(600 if "LAB_EXAMPLES" not in os.environ else 3600)(Model.TestCase)
