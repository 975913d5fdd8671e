"""What a run says of a claim, and how scenarios are brought together for it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bench.report.document import Cell, Document, Group
from bench.report.saying import digits
from bench.report.words import say
from bench.theory.predict import predicted
from bench.theory.stats import ENOUGH, Verdict

MARGIN = 0.10  # within which two are taken for level
BROWSER = 400.0  # bytes that a browser's headers add to the least there can be
PART = 40  # rounds that one scenario has in a run, at most: of RUN, for as many scenarios as are taken together
SAME = ("clients", "rate", "shape", "rtt", "size", "seconds")  # what makes two scenarios comparable


@dataclass(frozen=True)
class Finding:
    """What a run says of a claim. `when`: what "only when" goes on with."""

    measured: str
    verdict: Verdict
    when: str = ""

    @property
    def said(self) -> str:
        """The verdict in words."""
        return say("only when {when}", when=self.when) if self.verdict is Verdict.ONLY else say(self.verdict.value)


def untold(takes: str) -> Finding:
    """Nothing measured, and what it would take."""
    return Finding(say("Not measured in this run: {takes}", takes=takes), Verdict.UNTOLD)


def counting(groups: Iterable[Group], *figures: str) -> list[Group]:
    """Those in which all of these were measured."""
    return [group for group in groups if all(group.rounds(figure) for figure in figures)]


def pooled(document: Document, groups: Iterable[Group], figure: str) -> dict[int, float]:
    """A figure in all rounds of these scenarios and of their twins, which are rounds as good as any of the same run."""
    several = []
    for group in groups:
        several.append(group.rounds(figure))
        for twin in document.of(group.any.experiment, transport=group.any.transport, twin=True):
            if (twin.any.name, twin.any.params) == (group.any.name, group.any.params):
                several.append(twin.rounds(figure))
    return aside(several)


def aside(several: Iterable[Mapping[int, float]]) -> dict[int, float]:
    """Figures by round of several scenarios, as more rounds of the same runs."""
    return {at + PART * n: value for n, rounds in enumerate(several) for at, value in rounds.items()}


def same_load(group: Group) -> tuple[object, ...]:
    """What makes two scenarios comparable: the parameters that are not the transport's own."""
    return (group.any.experiment, *(str(group.any.params.get(name)) for name in SAME))


def looked_at(cell: Cell) -> float:
    """Messages delivered to probes, which know the number of each. Of the others only the bytes are known."""
    heard, clients = cell.figure("delivered") or 0.0, cell.param("clients") or 1.0
    return heard * (cell.param("probes") or clients) / clients


def off_by_round(groups: list[Group], figure: str, how: Callable[[float, float], float]) -> dict[int, float]:
    """In each round, the mean over scenarios of how a measurement compares with its model."""
    found: dict[int, list[float]] = {}
    for group in groups:
        expected = predicted(group.any, figure)
        if expected is not None:
            for at, value in group.rounds(figure).items():
                found.setdefault(at, []).append(how(value, expected))
    return {at: math.fsum(values) / len(values) for at, values in found.items()}


def enough(found: list[dict[int, float]]) -> list[dict[int, float]]:
    """Those with rounds enough for an interval, if there are any."""
    return [pairs for pairs in found if len(pairs) >= ENOUGH] or found


def from_to(least: float, most: float) -> str:
    low, high = digits(least), digits(most)
    return low if low == high else say("{low} to {high}", low=low, high=high)
