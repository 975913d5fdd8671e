"""Flips: where another transport would be first, found by asking the ranking again and again with one thing changed.

Each knob is turned away from where it stands, up and down, on a geometric grid; the first change of the first place is
then halved down to three digits. What turns out is a value, the transport that is first there, and what decides it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.choose.facts import Facts
from bench.choose.question import KNOBS, Question
from bench.choose.ranking import LEVEL, Place, ranked

STEPS = 48  # from where a knob stands to its end
HALVINGS = 30
REACH = {  # how far each is turned
    "rate": (0.001, 1000.0), "age": (0.001, 3600.0), "clients": (10.0, 1_000_000.0), "size": (1.0, 64_000.0),
    "rtt": (0.001, 10.0), "up": (0.001, 1000.0), "tabs": (1.0, 1000.0),
}  # fmt: skip


@dataclass(frozen=True)
class Flip:
    """Another first place, one knob away."""

    knob: str
    value: Any
    up: bool | None  # from the value on, or below it; None: this very value
    first: str
    because: str
    outside: bool  # what decides for the new first lies beyond what was measured
    far: float  # |log| of the way there

    def as_json(self) -> dict[str, Any]:
        return {
            "knob": self.knob,
            "value": self.value,
            "side": None if self.up is None else "from" if self.up else "below",
            "first": self.first,
            "because": self.because,
            "outside_of_the_measured": self.outside,
        }


def flips(question: Question, facts: Facts) -> list[Flip]:
    """All of them, the nearest first; a switch is as near as a factor of two."""
    now = ranked(question, facts)[0].transport
    found = [*_turned(question, facts, now), *_switched(question, facts, now)]
    return sorted(found, key=lambda flip: flip.far)


def _first(question: Question, facts: Facts) -> Place:
    return ranked(question, facts)[0]


def _turned(question: Question, facts: Facts, now: str) -> Iterator[Flip]:
    for knob, (least, most) in REACH.items():
        at = float(getattr(question, knob))
        for end in (least, most):
            start = min(max(at, least), most)
            reached = _reached(question, facts, knob, start, end, now)
            if reached is not None and (end == least) == (end < at):
                changed = _with(question, knob, reached)
                far = abs(math.log(reached / start)) if at >= least else math.log(reached / least)
                yield _flip(question, changed, facts, knob, getattr(changed, knob), end == most, far)


def _reached(question: Question, facts: Facts, knob: str, start: float, end: float, now: str) -> float | None:
    """The value nearest to `start`, on the way to `end`, at which another one is first. None: there is none."""
    near = start
    for step in range(STEPS + 1):
        value = start * (end / start) ** (step / STEPS)
        if _first(_with(question, knob, value), facts).transport != now:
            return value if value == near else _halved(question, facts, knob, near, value, now)
        near = value
    return None


def _halved(question: Question, facts: Facts, knob: str, near: float, far: float, now: str) -> float:
    """The border between a value at which the first place is as now, and one at which it is not."""
    for _ in range(HALVINGS):
        middle = math.sqrt(near * far)
        if _first(_with(question, knob, middle), facts).transport == now:
            near = middle
        else:
            far = middle
    return far


def _with(question: Question, knob: str, value: float) -> Question:
    whole = KNOBS[knob].whole
    return question.given(**{knob: round(value) if whole else value})


def _switched(question: Question, facts: Facts, now: str) -> Iterator[Flip]:
    for knob, values in (
        ("http", ("1.1", "2")),
        ("battery", (False, True)),
        ("fallback", (False, True)),
        ("proxies", ("none", "foreign")),
    ):
        for value in values:
            changed = question.given(**{knob: value})
            if knob == "fallback" and not value:
                changed = changed.given(proxies="foreign")
            if changed != question and _first(changed, facts).transport != now:
                yield _flip(question, changed, facts, knob, value, None, math.log(2))


def _flip(
    question: Question, changed: Question, facts: Facts, knob: str, value: Any, up: bool | None, far: float
) -> Flip:
    places = ranked(changed, facts)
    old = ranked(question, facts)[0].transport
    first, second = places[0], next(place for place in places if place.transport == old)
    outside = any(name == first.cost.scarce for name, _ in first.row.outside)
    return Flip(knob, value, up, first.transport, because(first, second), outside, far)


def because(first: Place, second: Place) -> str:
    """Why the one stands before the other, in a clause."""
    for name in second.broken:
        if name not in first.broken:
            return BROKEN[name].format(second.transport)
    for less, more in zip(first.costs, second.costs, strict=True):
        if more.value > less.value * (1 + LEVEL):
            times = more.value / less.value
            return f"{second.transport} takes {times:.2g} times as much, most of all {SCARCE[more.scarce]}"
    return f"{second.transport} costs about the same, and {first.transport} is plainer"


BROKEN = {
    "arrives": "{} may be stopped on the way",
    "fits": "{} takes all the connections that a browser opens to a host",
    "in time": "{} is too late",
    "known": "the cost of {} was not measured",
}
SCARCE = {
    "cores": "of the core",
    "memory": "of the memory",
    "down": "of the network",
    "up": "of the network",
    "wakes": "of the radio's time",
}
