"""Limits: what a figure of a comparison of one's own may be at most, or at least; whoever breaks one is told."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from bench.load.gates import disturbed
from bench.report.document import Cell

WAYS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "=": operator.eq,
}  # fmt: skip
FIGURES = (
    "mean", "p50", "p95", "p99", "max", "lost", "repeated", "late", "cores", "cpu_per_delivery", "deliveries_per_s",
    "request_rate", "messages_per_answer", "first_batch_p50",
)  # fmt: skip
FORM = re.compile(r"\s*(\w+)\s*(<=|>=|<|>|=)\s*(\S+)\s*")


class BadLimit(ValueError):
    """This is no limit; the sentence says why."""


@dataclass(frozen=True)
class Limit:
    """A figure, and what it may be. Times in s."""

    figure: str
    way: str
    value: float

    def __str__(self) -> str:
        return f"{self.figure}{self.way}{self.value:g}"

    def holds(self, figure: float | None) -> bool:
        """What was not measured keeps no limit."""
        return figure is not None and WAYS[self.way](figure, self.value)

    def broken_by(self, cell: Cell) -> str | None:
        """How this cell breaks it, in a clause. None: it does not. A void cell tells nothing, and breaks any."""
        if cell.void is not None:
            return f"is void: {cell.void}"
        figure = cell.figure(self.figure)
        if self.holds(figure):
            return None
        return f"has {self.figure} {figure:.4g}" if figure is not None else f"has no {self.figure}"


def limit(text: str) -> Limit:
    """The limit that this text says, like p99<0.1. BadLimit: it is none."""
    found = FORM.fullmatch(text)
    if found is None:
        raise BadLimit(f"{text!r} is no limit like p99<0.1 or lost=0")
    figure, way, number = found.groups()
    if figure not in FIGURES:
        raise BadLimit(f"there is no figure {figure}; there are {', '.join(FIGURES)}")
    try:
        return Limit(figure, way, float(number))
    except ValueError:
        raise BadLimit(f"{number} in {text!r} is no number") from None


def judged(limits: Iterable[Limit], cells: Iterable[Cell]) -> list[dict[str, Any]]:
    """Of each limit whether all cells keep it, and which do not; but for those that were disturbed and played again."""
    known, told = list(cells), []
    stand = {(cell.key, cell.round) for cell in known if cell.void is None}
    cells = [cell for cell in known if not (disturbed(cell.void) and (cell.key, cell.round) in stand)]
    for one in limits:
        broken = [f"{cell_name(cell)} {how}" for cell in cells if (how := one.broken_by(cell)) is not None]
        told.append({"limit": str(one), "kept": bool(cells) and not broken, "broken": broken})
    return told


def cell_name(cell: Cell) -> str:
    """Which cell of a comparison of one's own this is."""
    clients, rate = cell.param("clients") or 0, cell.param("rate") or 0
    return f"{cell.transport} with {clients:g} clients at {rate:g}/s, round {cell.round + 1},"
