"""Chance: a seed makes a program, the same each time."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.delivery.steps import (
    KINDS,
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
from transport_fallback.log.turn import TOLD

ROOMS = ("red", "green", "blue")
TURNS = 30  # groups of steps in one program, each in one turn
READERS = 16  # open at once
LARGE = 4000  # bytes; a few of these are more than a line takes whose reader rests
BOUNDS: list[dict[str, int]] = [  # of the servers; where little is kept, those who rest have gaps
    {},
    {"batch_messages": 3},
    {"stream_bytes": 400},
    {"batch_messages": 4, "stream_bytes": 300},
    {"keep_messages": 6, "batch_messages": 4},
    {"batch_bytes": 2000},
    {"keep_messages": 8},
]


class Chance:
    """What is so far of one program, and what may come next."""

    def __init__(self, seed: int) -> None:
        self.luck = random.Random(seed)
        self.steps: list[Step] = []
        self.limits = BOUNDS[seed % len(BOUNDS)]
        self.number = 0  # of messages
        self.readers = 0  # that were ever opened
        self.open: dict[int, Open] = {}
        self.resting: set[int] = set()
        self.clients = list(range(1, self.luck.randint(3, 6) + 1))
        self.out: list[int] = []  # forgotten clients, who may come back
        self.told = self.luck.choice([1, 3, 5, TOLD])  # in one turn: what is said meanwhile comes between
        self.alike = self.luck.random() < 0.5  # whether most readers are of one kind, and so share what they are given

    def program(self) -> Program:
        luck = self.luck
        for client in self.clients:
            self.steps.append(Born(client))
            if luck.random() < 0.8:  # most are in one room: they are told the same, until something parts them
                self.steps.append(Join(client, ROOMS[0]))
        for client in self.clients * 2:
            self.opens(client)
        self.steps.append(Settle())
        for _ in range(TURNS):
            for _ in range(luck.choice([1, 1, 2, 3, 5])):
                self.step()
            self.steps.append(self.between())
        self.steps += [GoOn(reader) for reader in sorted(self.resting)]
        self.steps.append(Settle())
        self.resting.clear()
        self.say()
        self.steps.append(Settle())
        return Program(self.limits, self.steps, self.told)

    def between(self) -> Step:
        """What stands between two groups of steps."""
        luck = self.luck
        kinds: list[Step] = [Turn(), Turn(luck.randint(2, 6)), Pause(luck.randint(1, 4)), Settle()]
        return luck.choices(kinds, [4, 2, 2, 3])[0]

    def step(self) -> None:
        deeds: dict[Callable[[], None], int] = {
            self.say: 50,
            self.join: 6,
            self.leave: 6,
            self.leave_everyone: 1,
            self.in_and_out: 14,
            self.rest: 5,
            self.go_on: 5,
            lambda: self.opens(self.luck.choice([*self.clients, NOBODY])): 7,
            self.cut: 3,
            self.burst: 3,
            self.forget: 2,
            self.come_back: 3,
            self.kick: 1,
        }
        self.luck.choices(list(deeds), list(deeds.values()))[0]()

    # ---- what is said, and to whom

    def say(self, room: str | None = None, size: int = 0) -> None:
        luck = self.luck
        self.number += 1
        only = but = None
        form = luck.choices(["all", "room", "one", "but", "room but"], [6, 5, 2, 3, 2])[0]
        if room is None and "room" in form:
            room = luck.choice([ROOMS[0], *ROOMS])
        if room is None and form == "one":
            only = luck.choice(self.clients)
        if "but" in form:
            but = luck.choice(self.clients)
        self.steps.append(Say(self.number, room, only, but, size))

    def burst(self) -> None:
        """More than a line takes whose reader rests."""
        for _ in range(self.luck.randint(6, 14)):
            self.say(size=LARGE)

    def join(self) -> None:
        self.steps.append(Join(self.luck.choice(self.clients), self.luck.choice(ROOMS)))

    def leave(self) -> None:
        self.steps.append(Leave(self.luck.choice(self.clients), self.luck.choice(ROOMS)))

    def leave_everyone(self) -> None:
        """In one turn something is said to everyone before and after."""
        self.say()
        self.steps.append(Leave(self.luck.choice(self.clients), None))
        self.say()

    def in_and_out(self) -> None:
        """In one turn a room hears something before, while and after somebody is in."""
        client, room = self.luck.choice(self.clients), self.luck.choice(ROOMS)
        into, out = Join(client, room), Leave(client, room)
        changes: list[list[Step]] = [[into], [out], [into, out], [out, into]]
        for change in self.luck.choice(changes):
            self.say(room)
            self.steps.append(change)
        self.say(room)

    # ---- who reads

    def opens(self, client: int) -> None:
        if len(self.open) >= READERS:
            return
        luck = self.luck
        self.readers += 1
        kind = luck.choice(("sse", "ws", "sse", "ws", *KINDS) if self.alike else KINDS)
        after = None if luck.random() < 0.6 else luck.randint(max(0, self.number - 25), self.number)
        opened = self.open[self.readers] = Open(self.readers, client, kind, after)
        self.steps.append(opened)

    def cut(self) -> None:
        if self.open:
            self.cuts(self.luck.choice(list(self.open)))

    def cuts(self, reader: int) -> None:
        del self.open[reader]
        self.resting.discard(reader)
        self.steps.append(Cut(reader))

    def rest(self) -> None:
        awake = [reader for reader in self.open if reader not in self.resting]
        if awake:
            reader = self.luck.choice(awake)
            self.resting.add(reader)
            self.steps.append(Rest(reader))
            if self.luck.random() < 0.5:
                self.burst()

    def go_on(self) -> None:
        if self.resting:
            reader = self.luck.choice(sorted(self.resting))
            self.resting.discard(reader)
            self.steps.append(GoOn(reader))

    # ---- who is known

    def forget(self) -> None:
        if len(self.clients) > 2:
            client = self.leaves()
            self.steps.append(Forget(client))
            self.out.append(client)

    def come_back(self) -> None:
        if self.out:
            client = self.out.pop()
            self.clients.append(client)
            self.steps.append(Born(client))
            self.opens(client)

    def kick(self) -> None:
        if len(self.clients) > 2:
            client = self.luck.choice(self.clients)
            self.clients.remove(client)
            for reader in [number for number, one in self.open.items() if one.client == client]:
                del self.open[reader]
                self.resting.discard(reader)
            self.steps.append(Kick(client))

    def leaves(self) -> int:
        """A client whose readers are all cut."""
        client = self.luck.choice(self.clients)
        self.clients.remove(client)
        for reader in [number for number, one in self.open.items() if one.client == client]:
            self.cuts(reader)
        return client


def program(seed: int) -> Program:
    return Chance(seed).program()
