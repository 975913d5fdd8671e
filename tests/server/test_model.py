"""The hub and its clients against a model: plain lists that forget nothing, any order of events, a clock of our own.

The model keeps every message with the ids of those who may read it, decided when it was logged. Whatever happens, a
read must bring exactly what of these is kept, in order, and tell a gap exactly when something is not.
"""

from __future__ import annotations

import os
from collections.abc import Coroutine
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from transport_fallback.hub import Hub, Member
from transport_fallback.log.audience import Audience
from transport_fallback.log.batch import Batch, Cursor
from transport_fallback.protocol.codec import decode
from transport_fallback.protocol.limits import Limits

T = TypeVar("T")

LIMITS = Limits(
    keep_messages=5,
    keep_seconds=100.0,
    keep_bytes=6_000,
    data=4_000,
    batch_messages=4,
    batch_bytes=900,
    rooms=4,
    rooms_per_client=3,
)
NAMES = [f"client{n}" for n in range(4)]
ROOMS = ["red", "blue", "green"]


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """A coroutine that never waits, run to its end: in memory, nothing of the hub suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    raise AssertionError("it waited")


class Said(NamedTuple):
    """One message as the model knows it."""

    seq: int
    audience: tuple[str, str | None]  # ("everyone" | "room" | "client", which)
    readers: frozenset[str] | None  # None: everyone, now and later
    but: str | None
    apart: frozenset[str] = frozenset()  # who had left everyone by then

    def for_(self, client: str) -> bool:
        return client != self.but and client not in self.apart and (self.readers is None or client in self.readers)


class Model(RuleBasedStateMachine):
    hub: Hub

    @initialize()
    def begin(self) -> None:
        self.now = 1000.0
        self.restart()

    @rule()
    def restart(self) -> None:
        self.old_epoch = self.hub.epoch if hasattr(self, "hub") else "gone"
        self.now += 1
        self.hub = self.new_hub()
        self.said: list[Said] = []
        self.rooms: dict[str, set[str]] = {}
        self.births: dict[str, int] = {}  # name → seq of its birth
        self.apart: set[str] = set()
        for name in NAMES[:3]:  # two of them in a room: what is rare is what goes wrong
            self.born(name)
        for name in NAMES[:2]:
            self.join(name, ROOMS[0])

    def new_hub(self) -> Hub:
        return Hub(LIMITS, clock=lambda: self.now)

    # ---- what happens

    @rule(name=st.sampled_from(NAMES))
    def born(self, name: str) -> None:
        if name not in self.births:
            run(self.hub.bear(name))
            self.births[name] = self.hub.end

    @rule(name=st.sampled_from(NAMES))
    def forgotten(self, name: str) -> None:
        if name in self.births:
            run(self.hub.forget(self.hub.members[name]))
            del self.births[name]
            self.apart.discard(name)
            for members in self.rooms.values():
                members.discard(name)
            # What a forgotten client could have read is nobody's any more: one that is born later is another.
            self.said = [
                said._replace(readers=said.readers and said.readers - {name}, apart=said.apart - {name})
                for said in self.said
            ]

    @rule(name=st.sampled_from(NAMES), room=st.sampled_from(ROOMS))
    def join(self, name: str, room: str) -> None:
        if name in self.births:
            run(self.hub.members[name].join(room))
            self.rooms.setdefault(room, set()).add(name)

    @rule(name=st.sampled_from(NAMES), room=st.sampled_from(ROOMS))
    def leave(self, name: str, room: str) -> None:
        if name in self.births:
            run(self.hub.members[name].leave(room))
            self.rooms.setdefault(room, set()).discard(name)

    @rule(name=st.sampled_from(NAMES))
    def leave_everyone(self, name: str) -> None:
        if name in self.births:
            run(self.hub.members[name].leave(None))
            self.apart.add(name)

    @rule(size=st.integers(0, 400), but=st.none() | st.sampled_from(NAMES), times=st.integers(1, 3))
    def to_everyone(self, size: int, but: str | None, times: int) -> None:
        for _ in range(times):
            self.say("everyone", None, None, but, size)

    @rule(
        room=st.sampled_from(ROOMS),
        size=st.integers(0, 400),
        but=st.none() | st.sampled_from(NAMES),
        times=st.integers(1, 3),
    )
    def to_room(self, room: str, size: int, but: str | None, times: int) -> None:
        for _ in range(times):
            self.say("room", room, frozenset(self.rooms.get(room, set())), but, size)

    @rule(name=st.sampled_from(NAMES), room=st.sampled_from(ROOMS[:2]), back=st.integers(0, 12))
    def in_and_out(self, name: str, room: str, back: int) -> None:
        """One turn: enter, hear something, leave, miss something; and read across all of that."""
        self.join(name, room)
        self.to_room(room, 10, None, 1)
        self.leave(name, room)
        self.to_room(room, 10, None, 1)
        self.read(name, back)

    @rule(back=st.integers(0, 12))
    def all_read_at_once(self, back: int) -> None:
        """Readers at one cursor: who may see the same shares a batch, and nobody else."""
        for name in [*NAMES, ""]:
            self.read(name, back)

    @rule(name=st.sampled_from(NAMES), size=st.integers(0, 400))
    def to_client(self, name: str, size: int) -> None:
        if name in self.births:
            self.say("client", name, frozenset({name}), None, size)

    @rule(seconds=st.sampled_from([1.0, 30.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        self.hub.sweep()

    def say(self, kind: str, which: str | None, readers: frozenset[str] | None, but: str | None, size: int) -> None:
        address = self.hub.to(which) if kind == "room" and which else None
        if kind == "client" and which:
            seq = run(self.hub.client(which).emit("said", "x" * size))
        elif but is not None and but in self.births:
            broadcast = self.hub.client(but).broadcast
            seq = run((broadcast.to(which) if which else broadcast).emit("said", "x" * size))
        else:
            but = None
            seq = run((address or self.hub).emit("said", "x" * size))
        apart = frozenset(self.apart) if kind == "everyone" else frozenset[str]()
        self.said.append(Said(seq, (kind, which), readers, but, apart))

    # ---- what a read must say

    @rule(name=st.sampled_from([*NAMES, ""]), back=st.integers(0, 40))
    def read(self, name: str, back: int) -> None:
        client = self.client(name)
        if client is not None:
            start = max(0, self.hub.end - back)
            batch = self.asked(client, Cursor(self.hub.epoch, start))
            self.check(name, start, batch)
            self.follow_to_the_end(client, name, start, batch)

    @rule(name=st.sampled_from([*NAMES, ""]), beyond=st.integers(1, 9))
    def read_from_the_future(self, name: str, beyond: int) -> None:
        client = self.client(name)
        if client is not None:
            batch = self.asked(client, Cursor(self.hub.epoch, self.hub.end + beyond))
            assert batch.gap and batch.gap["reason"] == "future"
            assert not batch.messages and batch.cursor == batch.after == Cursor(self.hub.epoch, self.hub.end)

    @rule(name=st.sampled_from([*NAMES, ""]), seq=st.integers(0, 50))
    def read_from_another_life(self, name: str, seq: int) -> None:
        client = self.client(name)
        if client is not None:
            batch = self.asked(client, Cursor(self.old_epoch, seq))
            assert batch.gap and batch.gap["reason"] == "epoch"
            assert batch.after == Cursor(self.hub.epoch, 0)
            assert self.seqs(batch) == self.kept_for(name, 0)[: len(batch.messages)]

    @rule(name=st.sampled_from(NAMES), k=st.integers(1, 8), back=st.integers(0, 10))
    def read_with_history(self, name: str, k: int, back: int) -> None:
        client = self.client(name)
        if client is not None:
            start = max(self.births[name], self.hub.end - back)
            batch = self.hub.read(client, Cursor(self.hub.epoch, start), history=k)
            inside = {room for room, members in self.rooms.items() if name in members}
            public = {
                said.seq
                for said in self.said
                if said.but != name
                and (said.audience[1] in inside or said.audience[0] == "everyone" and name not in self.apart)
            }
            past = [seq for seq in self.seqs(batch) if seq <= start]
            assert len(past) <= k and set(past) <= public  # never a private word
            kept = [seq for seq in sorted(public) if seq <= start and self.kept(seq)]
            assert past == kept[len(kept) - len(past) :]  # the newest that fit
            assert [seq for seq in self.seqs(batch) if seq > start] == self.kept_for(name, start)[
                : len(batch.messages) - len(past)
            ]

    def client(self, name: str) -> Member | None:
        return self.hub.anonymous if not name else self.hub.members.get(name)

    def asked(self, client: Member, cursor: Cursor) -> Batch:
        """Reading takes nothing: the same question has the same answer."""
        batch = self.hub.read(client, cursor)
        assert self.hub.read(client, cursor).text == batch.text
        return batch

    def check(self, name: str, start: int, batch: Batch) -> None:
        """P1, P3, P4 and P7 for one batch."""
        seqs = self.seqs(batch)
        expected = self.kept_for(name, start)
        assert seqs == expected[: len(seqs)]
        assert batch.more == (len(seqs) < len(expected))
        assert len(seqs) <= LIMITS.batch_messages and (seqs or not expected)
        assert batch.cursor.seq == (seqs[-1] if batch.more else self.hub.end)
        assert batch.after.seq == start
        lost = [said.seq for said in self.said if said.seq > start and said.for_(name) and not self.kept(said.seq)]
        client = self.client(name)
        if start < self.births.get(name, 0) and not (client and start in client.led):  # else it was told already
            assert batch.gap and batch.gap["reason"] == "away"
        elif lost:
            assert batch.gap and batch.gap["reason"] == "trimmed"
        else:
            assert batch.gap is None
        if batch.gap:
            assert batch.gap["missed"] >= len(lost)

    def follow_to_the_end(self, client: Member, name: str, start: int, batch: Batch) -> None:
        """The cut batches one after the other are the whole."""
        seen = self.seqs(batch)
        while batch.more:
            before, batch = batch, self.hub.read(client, batch.cursor)
            assert batch.cursor > before.cursor  # else nobody would ever arrive
            seen += self.seqs(batch)
        assert seen == self.kept_for(name, start)
        assert batch.cursor.seq == self.hub.end

    def kept_for(self, name: str, start: int) -> list[int]:
        return [said.seq for said in self.said if said.seq > start and said.for_(name) and self.kept(said.seq)]

    def kept(self, seq: int) -> bool:
        return seq in self._kept

    @staticmethod
    def seqs(batch: Batch) -> list[int]:
        seqs = [message.seq for message in batch.messages]
        told = decode(batch.text, dict)
        assert [message["seq"] for message in told["messages"]] == seqs == sorted(set(seqs))
        return seqs

    @property
    def _audiences(self) -> list[Audience]:
        own = [member.own for member in self.hub.members.values() if member.own is not None]
        return [self.hub.store.everyone, *self.hub.store.rooms.values(), *own]

    @property
    def _kept(self) -> set[int]:
        hub = self.hub
        audiences = [*self._audiences, *(stay.audience for member in hub.members.values() for stay in member.stays)]
        return {message.seq for audience in audiences for message in audience.newest(hub.end, "")}

    # ---- what always holds

    @invariant()
    def each_audience_keeps_its_own_and_no_more(self) -> None:
        hub, audiences = self.hub, self._audiences
        assert hub.store.bytes == sum(audience.bytes for audience in audiences) <= LIMITS.keep_bytes
        assert all(len(audience) <= LIMITS.keep_messages for audience in audiences)
        # A busy room makes nobody else forget: unless all together are too many bytes, each keeps its last ones.
        if hub.store.bytes < LIMITS.keep_bytes // 2 and self.now < 1100:
            everyone = [said.seq for said in self.said if said.audience[0] == "everyone"]
            assert len(hub.store.everyone) >= min(len(everyone), 1) or not everyone

    @invariant()
    def membership_is_what_was_joined_and_not_left(self) -> None:
        for name in self.births:
            assert set(self.hub.members[name].rooms) == {
                room for room, members in self.rooms.items() if name in members
            }

    @invariant()
    def the_last_seen_is_the_last_that_could_be(self) -> None:
        for name in self.births:
            mine = [said.seq for said in self.said if said.for_(name)]
            assert self.hub.last_seen_by(self.hub.members[name]).seq == max(mine, default=0)


Model.TestCase.settings = settings(
    max_examples=int(os.environ.get("LAB_EXAMPLES", "200")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestModel = pytest.mark.timeout(600 if "LAB_EXAMPLES" not in os.environ else 3600)(Model.TestCase)
