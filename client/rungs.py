"""The rungs there are: which may be tried, which are below one, and which is the most likely to answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from .rung import Rung

RUNGS = ("ws", "sse", "longpoll", "poll")  # best first
LIKELY = ("longpoll", "ws", "sse", "poll")  # to answer; a poll asks of a network what the first long poll asked


class Rungs:
    """All rungs of one ladder, best first. `pinned`: the only one that may be tried, by hand."""

    def __init__(self, wanted: Iterable[str], beats: dict[str, float]) -> None:
        names = set(wanted)
        if not names or names - set(RUNGS):
            raise ValueError(f"rungs are some of {', '.join(RUNGS)}")
        self._all = {name: Rung(name, rank, beats[name]) for rank, name in enumerate(RUNGS) if name in names}
        self.pinned: str | None = None

    def __getitem__(self, name: str) -> Rung:
        return self._all[name]

    def __iter__(self) -> Iterator[Rung]:
        return iter(self._all.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._all)

    def load(self, verdicts: dict[str, Any], now: float, wall: float) -> None:
        """As if nothing had been tried, but for what still stands of these verdicts."""
        for rung in self:
            rung.load(verdicts.get(rung.name), now, wall)

    def verdicts(self, wall: float) -> dict[str, dict[str, Any]]:
        """What is worth keeping of what was learnt, by rung. `wall`: the s to add for the time of day."""
        kept = {rung.name: rung.verdict(wall) for rung in self}
        return {name: verdict for name, verdict in kept.items() if verdict}

    def allowed(self, rung: Rung) -> bool:
        return not rung.refused and self.pinned in (None, rung.name)

    def unpin(self) -> bool:
        """What was asked for by hand is refused: another may be tried again, if there is one that is not."""
        if self.pinned is None or not self[self.pinned].refused or all(rung.refused for rung in self):
            return False
        self.pinned = None
        return True

    @property
    def usable(self) -> list[Rung]:
        return [rung for rung in self if self.allowed(rung)]

    def below(self, name: str) -> list[Rung]:
        return [rung for rung in self.usable if rung.rank > self[name].rank]

    def wanted(self, name: str) -> list[Rung]:
        """Those worth a try while this one reads, best first."""
        if self.pinned:
            return [rung for rung in self.usable if rung.name != name]
        return [rung for rung in self.usable if rung.rank < self[name].rank]

    def whole(self, now: float) -> list[Rung]:
        """All that may be tried, the most likely to answer first; those that rest only if all do."""
        return _awake(sorted(self.usable, key=lambda rung: LIKELY.index(rung.name)), now)

    def likeliest(self, now: float) -> list[Rung]:
        """The one that lived last, or whose last failure is longest past: so each has its turn."""
        return sorted(self.whole(now), key=_failed_at)[:1]

    def next_below(self, name: str, now: float) -> list[Rung]:
        """Where to fall from this one: to the best that has lived since it failed, or failed longest ago.

        Of two that go mute again and again each would otherwise wait for the other, and no lower one would ever be
        there to witness against them.
        """
        return sorted(_awake(self.below(name), now), key=_failed_at)[:1]


def _awake(rungs: list[Rung], now: float) -> list[Rung]:
    return [rung for rung in rungs if not rung.rests_at(now)] or rungs


def _failed_at(rung: Rung) -> float:
    return rung.failed_at
