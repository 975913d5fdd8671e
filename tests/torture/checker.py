"""The checker: holds what everybody was given against what the server had logged. It knows nothing of the hub's code.

A fault is a sentence. The kinds, in the words of the promises:
    doubled    a message came twice in one reading, or was handed on twice
    disorder   messages came out of order
    leaked     a client was given a message outside its audience, or one that was never logged so
    lost       a message is missing where no gap was told
    withheld   all was calm, and a client still had not been given the last messages
    false gap  a gap was told that was none, or once more after it had been taken
    miscounted a gap said that fewer were missed than were
    repeated   one emit was logged twice;  unlogged: an ack came for one that was never logged
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests.torture.transcript import Emitted, Given, Heard, Transcript, split
from tests.torture.truth import Life, between


def check(
    lives: dict[str, Life], transcripts: Iterable[Transcript], heard: Iterable[Heard], emitted: Iterable[Emitted]
) -> list[str]:
    """All faults; none = every promise was kept."""
    faults = [fault for transcript in transcripts for fault in Check(lives, transcript).faults()]
    faults += [fault for one in heard for fault in handed_on(lives, one)]
    return faults + list(emits(lives, emitted))


class Told(NamedTuple):
    """What a client was told of its being forgotten, on one way through the log."""

    epoch: str
    root: int  # seq of the cursor the way began with
    birth: int  # how many births it was told of on that way


class Check:
    """One transcript against the truth."""

    def __init__(self, lives: dict[str, Life], transcript: Transcript) -> None:
        self.lives = lives
        self.transcript = transcript
        self._visible: dict[str, list[int]] = {}
        self._brought: dict[int, set[int]] = defaultdict(set)  # by reading: what it has given so far
        self._away: list[tuple[str, int]] = []  # the epoch and the seq that each `away` was read from
        self._leads: dict[str, tuple[Told, int, int]] = {}  # where batches after an `away` led; by which reading, when
        self._index = 0  # of the batch that is looked at
        # Where an `away` was cut: whoever asks from there has been told, also if it had the same cursor from before.
        self._cuts = {one.cursor for one in transcript.given if one.more and one.gap and one.gap["reason"] == "away"}
        self._place: dict[int, str] = {}  # by reading: the cursor of its last batch

    def faults(self) -> Iterator[str]:
        for index, given in enumerate(self.transcript.given):
            self._index = index
            for fault in self._of(given):
                asked = f"{given.transport} asked {given.asked}, was at {self._place.get(given.reading)}"
                yield f"{fault} [{self.transcript.client}, {asked}, given {given.after} to {given.cursor}, {given.gap}]"
            led = self._led(given)
            if led and not given.gap:
                self._leads[given.cursor] = (led, given.reading, index)
            self._place[given.reading] = given.cursor
            self._brought[given.reading].update(given.seqs)
        if self.transcript.finished:
            yield from self._withheld()

    def visible(self, epoch: str) -> list[int]:
        if epoch not in self._visible:
            self._visible[epoch] = self.lives[epoch].visible(self.transcript.client)
        return self._visible[epoch]

    def _of(self, given: Given) -> Iterator[str]:
        (epoch, after), (other, end) = split(given.after), split(given.cursor)
        if epoch not in self.lives or epoch != other or end < after or end > self.lives[epoch].end:
            yield "disorder: a batch from nowhere"
            return
        life, seqs = self.lives[epoch], list(given.seqs)
        if any(a >= b for a, b in zip(seqs, seqs[1:], strict=False)):
            yield "disorder: not in order of seq"
        if seqs and not after < seqs[0] <= seqs[-1] <= end:
            yield "disorder: beyond its own bounds"
        expected = between(self.visible(epoch), after, end)
        for seq in set(seqs) - set(expected):
            yield f"leaked: {seq}"
        for seq, told in zip(seqs, given.ids, strict=True):
            if seq in life.said and life.said[seq].id != told:
                yield f"leaked: {seq} says {told}, logged was {life.said[seq].id}"
        if not given.first and self._brought[given.reading] & set(seqs):
            yield "doubled: in one reading"
        yield from self._begins(given, epoch, after)
        missing = set(expected) - set(seqs) - self._brought[given.reading]
        yield from self._gap(given, life, (epoch, after, end), missing)

    def _begins(self, given: Given, epoch: str, after: int) -> Iterator[str]:
        """Whether the batch begins where its reading stands."""
        place = self._place.get(given.reading, given.asked)
        if place is None or given.gap and given.gap["reason"] in ("epoch", "future"):
            return
        if epoch != split(place)[0]:
            yield "lost: another epoch, and no gap told"
        elif after > split(place)[1]:
            yield "lost: it begins beyond where its reading was"

    def _gap(self, given: Given, life: Life, stretch: tuple[str, int, int], missing: set[int]) -> Iterator[str]:
        epoch, after, end = stretch
        place = self._place.get(given.reading, given.asked)
        reason = given.gap and given.gap["reason"]
        missed = given.gap and given.gap["missed"]
        if reason == "epoch":
            self._away.append((epoch, 0))  # whatever became of this client in that life is told with it
        if reason == "away":
            yield from self._told_away(given, life)
        if reason in (None, "trimmed"):
            # What was for a client alone, or for its rooms, before it was born again: its one `away` has told of that.
            forgiven = max((self._birth(life, asked) for other, asked in self._away if other == epoch), default=0)
            if given.asked in self._cuts:
                forgiven = max(forgiven, self._birth(life, split(given.asked)[1]))
            public = set(life.everyone)
            missing = {seq for seq in missing if seq > forgiven or seq in public}
        if reason is None and missing:
            said = [life.said[seq] for seq in sorted(missing)[:3]]
            births, stays = life.births[self._me], life.stays[self._me]
            yield f"lost: {len(missing)}: {said}, born at {births}, stayed {stays}, told away {self._away}"
        if reason == "trimmed" and not missing and not given.more and not life.left_between(self._me, after, end):
            yield "false gap: nothing is missing"
        if isinstance(missed, int) and len(missing) > missed:
            yield f"miscounted: {len(missing)} are missing"
        if reason == "epoch" and (place is None or split(place)[0] == epoch):
            yield "false gap: the epoch is the one asked with"
        if reason == "future":
            yield "false gap: nobody asked beyond the end"

    def _told_away(self, given: Given, life: Life) -> Iterator[str]:
        """Each birth of a client is told once: from where a batch led that told of it, it may not be told again.

        Readings that were under way at once may each tell of it, from whatever cursor the client had before.
        """
        (epoch, asked), births = split(given.after), life.births[self._me]
        led = self._led(given)
        told = Told(epoch, min(asked, led.root) if led else asked, led.birth + 1 if led else 1)
        count = sum(birth > told.root for birth in births)
        if told.birth > count:
            yield f"false gap: away, told {told.birth} times since {told.root}; born at {births}"
        self._leads[given.cursor] = (told, given.reading, self._index)
        self._away.append((epoch, asked))

    def _led(self, given: Given) -> Told | None:
        """What was told on the way that led to where this batch begins, if it began after that."""
        told, reading, index = self._leads.get(given.after, (None, 0, 0))
        return told if reading == given.reading or index < given.began else None

    def _birth(self, life: Life, asked: int) -> int:
        return max((birth for birth in life.births[self._me] if birth > asked), default=0)

    @property
    def _me(self) -> str:
        return self.transcript.client

    def _withheld(self) -> Iterator[str]:
        """It has read to the end, in the last life there was."""
        epoch = list(self.lives)[-1]
        last = self.transcript.given[-1].cursor if self.transcript.given else None
        wanted = self.visible(epoch)
        if wanted and (last is None or split(last)[0] != epoch or split(last)[1] < wanted[-1]):
            yield f"withheld: {self._me} ends at {last}, its last message is {epoch}.{wanted[-1]}"


def handed_on(lives: dict[str, Life], heard: Heard) -> Iterator[str]:
    """What a client library handed on: each message once, in order; those to everyone without a hole but a gap.

    A gap excuses a hole up to the next message to everyone: what was for this client alone may be kept for longer.
    """
    seen: dict[str, int] = {}  # by epoch: the last
    public: dict[str, int] = {}  # of those to everyone
    told: set[str] = set()  # the epochs of which a gap was told since their last message to everyone
    for epoch, seq, number in heard.handed:
        if seq is None:
            told = set(lives)
            continue
        life, last = lives.get(epoch), seen.get(epoch, 0)
        if life is None or seq not in life.said or life.said[seq].id != number:
            yield f"leaked: {heard.name} handed on {epoch}.{seq}, which was not logged so"
        elif seq <= last:
            yield f"{'doubled' if seq == last else 'disorder'}: {heard.name} handed on {epoch}.{seq} after {last}"
        else:
            seen[epoch] = seq
            if life.said[seq].to is None:
                hole = between(life.everyone, public[epoch], seq - 1) if epoch in public and epoch not in told else []
                if hole:
                    yield f"lost: {heard.name} was not handed {epoch}.{hole[0]} and {len(hole) - 1} more before {seq}"
                public[epoch] = seq
                told.discard(epoch)
    epoch = list(lives)[-1]
    if heard.finished and lives[epoch].everyone and seen.get(epoch, 0) < lives[epoch].everyone[-1]:
        yield f"withheld: {heard.name} ends at {seen.get(epoch)}, the last is {epoch}.{lives[epoch].everyone[-1]}"


def emits(lives: dict[str, Life], emitted: Iterable[Emitted]) -> Iterator[str]:
    """Each emit was logged once at most, and once if it was acked."""
    logged = Counter(said.id for life in lives.values() for said in life.said.values())
    yield from (f"repeated: emit {number} was logged {count} times" for number, count in logged.items() if count > 1)
    yield from (f"unlogged: emit {one.id} was acked" for one in emitted if one.acked and not logged[one.id])
