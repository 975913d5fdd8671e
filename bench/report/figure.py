"""A figure of the report: drawn at any width, with its finding for a title, and its numbers in a table.

Labels stand at the lines, no legend; a model is a thin broken line over what was measured.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.report.saying import digits, time
from bench.report.tables import Table

Point = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One figure: `draw(width)` gives its SVG."""

    name: str
    title: str  # the finding, in a sentence; this and what is said stand in the language of the page already
    said: str  # what is drawn, for a caption and for who cannot see it
    draw: Callable[[float], str]
    table: Table
    of: str = ""  # the experiments that measure it, as `--only` takes them; none where it is drawn by the models


def narrow(width: float) -> bool:
    return width < 520


def ms(seconds: float) -> str:
    return digits(seconds * 1000)


def axis_time(seconds: float) -> str:
    """With its unit, for a scale over many powers of ten."""
    return time(seconds)


def name_of(name: str, width: float) -> str:
    """A name for ids: each figure stands in the page once for each width."""
    return f"{name}-{width:g}"
