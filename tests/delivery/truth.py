"""The truth: who was in which audience when something was said, known from the steps alone; what each had to hear.

Of a client that was forgotten and comes back, each life is somebody else: what was for the one is not for the other.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.delivery.steps import NOBODY, Born, Forget, Join, Kick, Leave, Say, Step

Life = tuple[int, int]  # the number of a client, and which of its lives


class Said(NamedTuple):
    """One message: where it stands in the log, where it was said, and who had to hear it (None: everyone)."""

    n: int
    seq: int
    place: str
    audience: frozenset[Life] | None
    but: int | None
    apart: frozenset[Life] = frozenset()  # who had left everyone by then

    def reaches(self, life: Life) -> bool:
        if life[0] == self.but or life in self.apart:
            return False
        return self.audience is None or life in self.audience


class Given(NamedTuple):
    """One batch, as a reader was given it."""

    after: int
    cursor: int
    gap: str | None  # its reason
    missed: int
    more: bool
    seqs: tuple[int, ...]
    ns: tuple[int, ...]


@dataclass
class Reading:
    """One reader: where it began, and the batches it was given one after the other."""

    number: int
    kind: str
    life: Life
    asked: int | None  # seq of its cursor; None: a newcomer
    earliest: int  # where a newcomer may have begun
    given: list[Given] = field(default_factory=list)
    ended: str | None = None  # why nothing more is given, by the program's word: cut or kicked
    failed: str | None = None  # how its line ended though nobody ended it

    @property
    def at(self) -> int | None:
        """Up to which seq it was given what there is. None: that cannot be known yet."""
        if self.given:
            return self.given[-1].cursor
        return self.asked if self.kind in ("longpoll", "wait") else None  # these are answered only when there is news

    def __str__(self) -> str:
        return f"reader {self.number} ({self.kind} of client {self.life[0]})"


class Truth:
    """The log as the program makes it."""

    def __init__(self, kept: int) -> None:
        self.kept = kept  # messages of each audience
        self.said: list[Said] = []
        self.births: dict[Life, int] = {(NOBODY, 1): 0}  # seq of each
        self.lives: dict[int, int] = defaultdict(int, {NOBODY: 1})
        self.rooms: dict[str, set[Life]] = defaultdict(set)
        self.apart: set[Life] = set()  # who has left everyone
        self.places: dict[str, list[int]] = defaultdict(list)  # place → the seqs of what was said there

    def life(self, client: int) -> Life:
        return client, self.lives[client]

    def take(self, step: Step, seq: int) -> None:
        """A step was taken; `seq` is that of its entry."""
        match step:
            case Born(client):
                self.lives[client] += 1
                self.births[self.life(client)] = seq
            case Forget(client) | Kick(client):
                for members in self.rooms.values():
                    members.discard(self.life(client))
            case Join(client, room):
                self.rooms[room].add(self.life(client))
            case Leave(client, None):
                self.apart.add(self.life(client))
            case Leave(client, str(room)):
                self.rooms[room].discard(self.life(client))
            case Say():
                self._say(step, seq)

    def _say(self, step: Say, seq: int) -> None:
        place, audience = step.room or "", None
        if step.room is not None:
            audience = frozenset(self.rooms[step.room])
        elif step.only is not None:
            life = self.life(step.only)
            place, audience = f"@{life}", frozenset({life})
        apart = frozenset(self.apart) if audience is None else frozenset[Life]()
        self.said.append(Said(step.n, seq, place, audience, step.but, apart))
        self.places[place].append(seq)

    def seq_of(self, n: int) -> int:
        """The seq of the message number n; 0: of none."""
        return next((said.seq for said in self.said if said.n == n), 0)

    def for_(self, reading: Reading, after: int) -> list[Said]:
        return [said for said in self.said if said.seq > after and said.reaches(reading.life)]

    def trimmed(self, said: Said) -> bool:
        """Whether it is no longer kept: so many were said in its place since."""
        return sum(seq > said.seq for seq in self.places[said.place]) >= self.kept

    def owed(self, reading: Reading) -> bool:
        """Whether a reader has still to be told something."""
        return reading.at is None or bool(self.for_(reading, reading.at))

    # ---- what a reading did wrong

    def faults(self, reading: Reading, readings: list[Reading]) -> list[str]:
        found = [*self._order(reading), *self._content(reading), *self._gaps(reading, readings)]
        if reading.failed:
            found.append(f"its line ended: {reading.failed}")
        return [f"{reading}: {fault}" for fault in found]

    def _order(self, reading: Reading) -> list[str]:
        """Each batch goes on where the one before ended, and holds what lies between its two cursors, in order."""
        found: list[str] = []
        for before, batch in zip([None, *reading.given], reading.given, strict=False):
            if before is not None and batch.after != before.cursor:
                found.append(f"disorder: after {batch.after}, but it was at {before.cursor}")
            if list(batch.seqs) != sorted(set(batch.seqs)):
                found.append(f"disorder: {batch.seqs}")
            if any(not batch.after < seq <= batch.cursor for seq in batch.seqs) or batch.cursor < batch.after:
                found.append(f"disorder: {batch.seqs} between {batch.after} and {batch.cursor}")
        if reading.given:
            first = reading.given[0].after
            if reading.asked is not None and first != reading.asked:
                found.append(f"disorder: asked after {reading.asked}, given after {first}")
            if reading.asked is None and first < reading.earliest:
                found.append(f"disorder: a newcomer begins at {first}, before {reading.earliest}")
        return found

    def _content(self, reading: Reading) -> list[str]:
        """In each stretch is what it had to hear, nothing else; what is missing is trimmed, and a gap says so."""
        found: list[str] = []
        for batch in reading.given:
            wanted = [said for said in self.for_(reading, batch.after) if said.seq <= batch.cursor]
            missing = [said for said in wanted if said.seq not in batch.seqs]
            kept = [said.n for said in missing if not self.trimmed(said)]
            heard = {(said.seq, said.n) for said in wanted}
            leaked = [n for seq, n in zip(batch.seqs, batch.ns, strict=True) if (seq, n) not in heard]
            if kept:
                found.append(f"withheld: {kept} after {batch.after}")
            if leaked:
                found.append(f"leaked: {leaked} after {batch.after}")
            if missing and batch.gap is None:
                found.append(f"a silent loss: {[said.n for said in missing]} after {batch.after}")
            if batch.gap == "trimmed" and batch.missed < len(missing):
                found.append(f"a gap too small: {batch.missed} of {len(missing)}")
        return found

    def _gaps(self, reading: Reading, readings: list[Reading]) -> list[str]:
        """A gap is told once, and only to who missed something or was forgotten since its cursor."""
        found: list[str] = []
        given = {seq for batch in reading.given for seq in batch.seqs}
        born = self.births[reading.life]
        for number, batch in enumerate(reading.given):
            lost = [said for said in self.for_(reading, batch.after) if said.seq not in given and self.trimmed(said)]
            if not batch.more:  # one that was cut may tell already of what is lost behind it
                lost = [said for said in lost if said.seq <= batch.cursor]
            if batch.gap == "trimmed" and not lost:
                found.append(f"a false gap after {batch.after}")
            if batch.gap == "away" and (number or batch.after >= born):
                found.append(f"a false away after {batch.after}, born at {born}")
            if batch.gap is None and not number and batch.after < born and not led_to(batch.after, reading, readings):
                found.append(f"no word that it was away: after {batch.after}, born at {born}")
            if batch.gap not in (None, "trimmed", "away"):
                found.append(f"a gap {batch.gap}")
        return found


def led_to(seq: int, reading: Reading, readings: list[Reading]) -> bool:
    """Whether this life was given this cursor by a batch that was cut: then it knows already that it was away."""
    return any(
        batch.cursor == seq and batch.more for one in readings if one.life == reading.life for batch in one.given
    )
