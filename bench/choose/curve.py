"""A curve: a cost as it was measured at some loads, read at any other, with the cells behind each reading."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

SAME = 0.02  # relative: loads so near each other are one


class Point(NamedTuple):
    """What one scenario measured, and which it was."""

    x: float
    y: float
    cell: str


class Reading(NamedTuple):
    """A value, the scenarios it is from, and on which side of all that was measured it lies."""

    value: float
    cells: str
    outside: Literal["", "below", "above"] = ""


@dataclass(frozen=True)
class Curve:
    """Points over a load. `straight`: between two of them a straight line; otherwise one on logarithmic scales."""

    points: tuple[Point, ...]
    straight: bool = False

    def at(self, x: float) -> Reading | None:
        """The value at x. Outside of what was measured it is that of the nearest point, and the reading says so."""
        if not self.points:
            return None
        low, high = self.points[0], self.points[-1]
        if x <= low.x:
            return Reading(low.y, low.cell, "below" if x < low.x * (1 - SAME) else "")
        if x >= high.x:
            return Reading(high.y, high.cell, "above" if x > high.x * (1 + SAME) else "")
        after = next(n for n, point in enumerate(self.points) if point.x > x)
        low, high = self.points[after - 1], self.points[after]
        if self.straight or min(low.x, low.y, high.y) <= 0:
            share = (x - low.x) / (high.x - low.x)
            value = low.y + share * (high.y - low.y)
        else:
            share = math.log(x / low.x) / math.log(high.x / low.x)
            value = low.y * (high.y / low.y) ** share
        return Reading(value, f"{low.cell} and {high.cell}, interpolated" if share > 0 else low.cell)

    @property
    def most(self) -> float:
        """The largest load that was measured."""
        return self.points[-1].x if self.points else 0.0

    @property
    def least(self) -> float:
        return self.points[0].x if self.points else 0.0


def curve(points: Iterable[Point], straight: bool = False) -> Curve:
    """A curve of points in any order. Several at one load become one: their geometric mean, with all their names."""
    found: list[list[Point]] = []
    for point in sorted(points):
        if found and point.x <= found[-1][0].x * (1 + SAME):
            found[-1].append(point)
        else:
            found.append([point])
    return Curve(tuple(map(_one, found)), straight)


def _one(points: list[Point]) -> Point:
    if len(points) == 1:
        return points[0]
    low = min(point.y for point in points)
    mean = math.exp(math.fsum(math.log(point.y) for point in points) / len(points)) if low > 0 else low
    return Point(points[0].x, mean, " with ".join(dict.fromkeys(point.cell for point in points)))
