"""Drawing by hand in SVG: scales, axes, lines and labels. A line tells its transport by colour and by shape: poll dots,
longpoll a long dash, sse an arrow one way, ws a double line. Made of text only; everything said in it is escaped."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from unicodedata import east_asian_width

Said = Callable[[float], str]  # a value as it stands at an axis

COLOURS = """
  --paper: #fbfaf7; --well: #f3f1eb; --ink: #1c1b19; --soft: #5b5851; --line: #ddd9d0; --edge: #8b877d;
  --poll: #8c5200; --longpoll: #00685b; --sse: #1a57b0; --ws: #99256c;"""
DARK = """
  --paper: #131416; --well: #1b1d20; --ink: #e5e2db; --soft: #a5a199; --line: #303338; --edge: #777a80;
  --poll: #eba94b; --longpoll: #58c7b0; --sse: #86b6ff; --ws: #f292c6;"""
STYLE = """
.drawn { font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; color: var(--ink);
  font-variant-numeric: tabular-nums; --way: var(--ink) }
.drawn .poll { --way: var(--poll) } .drawn .longpoll { --way: var(--longpoll) }
.drawn .sse { --way: var(--sse) } .drawn .ws { --way: var(--ws) }
.drawn text { fill: var(--soft) }
.drawn .said { fill: var(--way); font-weight: 600; paint-order: stroke; stroke: var(--paper); stroke-width: 4px;
  stroke-linejoin: round }
.drawn .plain { font-weight: 400 }
.drawn .strong { fill: var(--ink); font-weight: 600 }
.drawn .on { fill: var(--paper) }
.drawn .end { text-anchor: end } .drawn .mid { text-anchor: middle }
.drawn path, .drawn line { fill: none }
.drawn .sheet { fill: var(--paper) }
.drawn .grid { stroke: var(--line) }
.drawn .axis { stroke: var(--edge) }
.drawn .way { stroke: var(--way); stroke-width: 2; stroke-linejoin: round }
.drawn .poll .way { stroke-width: 4; stroke-linecap: round; stroke-dasharray: .1 7 }
.drawn .longpoll .way { stroke-width: 2.75; stroke-dasharray: 15 5 }
.drawn .ws .way { stroke-width: 5 } .drawn .ws .core { stroke: var(--paper); stroke-width: 1.75 }
.drawn .pieces .way, .drawn .pieces .core { stroke-dasharray: 5 4 }
.drawn .model { stroke: var(--ink); stroke-width: 1.25; stroke-dasharray: 3 3; opacity: .75 }
.drawn .level { stroke: var(--way); stroke-width: 1; stroke-dasharray: 2 4 }
.drawn .mark { fill: var(--way); stroke: var(--paper); stroke-width: 1 }
.drawn .ring { fill: var(--paper); stroke: var(--way); stroke-width: 2 }
.drawn .whisker { stroke: var(--way); stroke-width: 1.25 }
.drawn .noise { fill: var(--way); opacity: .18 }
.drawn .beyond { fill: var(--well) }
.drawn .bar { fill: var(--way); stroke: var(--way); stroke-width: 1 }
.drawn .thin { stroke: var(--way); stroke-width: 1.25 }
.drawn .held { stroke: var(--way); stroke-width: 3 }
.drawn .none { stroke: var(--edge); stroke-width: 1; stroke-dasharray: 2 3 }
"""


# A gap and what stands after it: a word, or a Chinese sign, with the stops that follow it.
PIECES = re.compile(r"(\s*)((?:[\u3400-\u9fff]|[^\s\u3400-\u9fff，。；：、）]+|[，。；：、）])[，。；：、）]*)")


@dataclass(frozen=True)
class Axis:
    """A scale from values to px. Values outside are drawn at its edge."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        share = math.log(value / low) / math.log(high / low) if self.log else (value - low) / (high - low)
        return round(self.start + share * (self.end - self.start), 1)

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high

    def ticks(self, most: int = 6) -> list[float]:
        """Round values: powers of ten, or 1, 2 or 5 times one."""
        if self.log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            tens = [10.0**power for power in range(first, last + 1)]
            if len(tens) >= 3:
                return tens[:: -(-len(tens) // most)]
            steps = [m * 10.0**p for p in range(first - 1, last + 1) for m in (1, 2, 5)]
            return [step for step in steps if self.low * 0.999 <= step <= self.high * 1.001]
        step = next(s for s in _steps() if (self.high - self.low) / s <= most)
        count = int((self.high - self.low) / step + 1e-9)
        return [round(self.low + step * at, 12) for at in range(count + 1)]


def _steps() -> Iterable[float]:
    for power in range(-9, 15):
        for times in (1, 2, 5):
            yield times * 10.0**power


def around(values: Iterable[float], *, log: bool, room: float = 1.25) -> tuple[float, float]:
    """A range that holds all values: on a log scale with room on either side, else from 0."""
    found = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    if not found:
        return (0.1, 10.0) if log else (0.0, 1.0)
    low, high = min(found), max(found)
    if log:
        return low / room, max(high * room, low * 2)
    high = high * 1.05 if high > 0 else 1.0
    return 0.0, high


@dataclass
class Drawing:
    """Parts of one SVG. `name` makes its ids; `told` is its title, `desc` what it shows, for who cannot see it."""

    name: str
    width: float
    height: float
    told: str
    desc: str
    type: float = 13.0
    parts: list[str] = field(default_factory=list)

    def svg(self, style: str = "") -> str:
        """The whole; with `style` it stands alone."""
        head = (
            f'<svg class="drawn" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}"'
            f' width="{self.width:g}" height="{self.height:g}" font-size="{self.type:g}" role="img"'
            f' aria-labelledby="{self.name}-title {self.name}-desc">'
        )
        return "\n".join(
            [
                head,
                f'<title id="{self.name}-title">{escape(self.told)}</title>',
                f'<desc id="{self.name}-desc">{escape(self.desc)}</desc>',
                *([f"<style>{style}</style>", '<rect class="sheet" width="100%" height="100%"/>'] if style else []),
                *self.parts,
                "</svg>",
            ]
        )

    def add(self, *parts: str) -> None:
        self.parts += parts

    def text(self, x: float, y: float, said: str, kind: str = "") -> None:
        self.add(f'<text class="{kind}" x="{x:g}" y="{y:g}">{escape(said)}</text>')

    def room(self, said: str) -> float:
        """About how wide a text is, in px."""
        return columns(said) * self.type * 0.56

    def axes(
        self, x: Axis, y: Axis, across: str, up: str, said_x: Said, said_y: Said, ticks: int | Sequence[float] = 6
    ) -> None:
        """Grid, ticks (so many, or at these) and what they count: across below the axis, up above its top."""
        for value in y.ticks():
            at = y.at(value)
            self.add(f'<path class="grid" d="M{x.start:g} {at:g}H{x.end:g}"/>')
            self.text(x.start - 6, at + self.type * 0.35, said_y(value), "end")
        for value in x.ticks(ticks) if isinstance(ticks, int) else ticks:
            at = x.at(value)
            self.add(f'<path class="axis" d="M{at:g} {y.start:g}v4"/>')
            self.text(at, y.start + 5 + self.type, said_x(value), "mid")
        self.add(f'<path class="axis" d="M{x.start:g} {y.start:g}H{x.end:g}"/>')
        self.text((x.start + x.end) / 2, y.start + 9 + 2.3 * self.type, across, "mid")
        if up:
            self.text(x.start, y.end - self.type * 0.8, up)

    def curve(self, points: Sequence[tuple[float, float]], way: str, *, pieces: bool = False) -> None:
        """A measured line of a transport."""
        if len(points) < 2:
            return
        path = track(points)
        core = f'<path class="core" d="{path}"/>' if way == "ws" else ""
        arrows = "".join(_arrow(points, share) for share in (0.35, 0.75)) if way == "sse" else ""
        kind = f"{way} pieces" if pieces else way
        self.add(f'<g class="{kind}"><path class="way" d="{path}"/>{core}{arrows}</g>')

    def line(self, points: Sequence[tuple[float, float]], kind: str = "model", way: str = "") -> None:
        if len(points) >= 2:
            self.add(f'<g class="{way}"><path class="{kind}" d="{track(points)}"/></g>')

    def mark(self, x: float, y: float, way: str, size: float = 4.0) -> None:
        """The shape of a transport at a point."""
        shape = {
            "poll": f'<circle class="mark" cx="{x:g}" cy="{y:g}" r="{size:g}"/>',
            "longpoll": f'<rect class="mark" x="{x - size * 1.5:g}" y="{y - size * 0.6:g}" width="{size * 3:g}"'
            f' height="{size * 1.2:g}"/>',
            "sse": f'<path class="mark" style="fill:var(--way)" d="M{x - size:g} {y - size * 1.1:g}L{x + size * 1.2:g}'
            f' {y:g}L{x - size:g} {y + size * 1.1:g}z"/>',
            "ws": f'<circle class="ring" cx="{x:g}" cy="{y:g}" r="{size:g}"/>',
        }
        self.add(f'<g class="{way}">{shape.get(way, shape["poll"])}</g>')

    def whisker(self, x: float, low: float, high: float, way: str) -> None:
        """The interval of a point."""
        if abs(high - low) >= 2:
            self.add(f'<g class="{way}"><path class="whisker" d="M{x:g} {low:g}V{high:g}"/></g>')

    def area(self, points: Sequence[tuple[float, float]], kind: str, way: str = "") -> None:
        self.add(f'<g class="{way}"><path style="stroke:none" class="{kind}" d="{track(points)}z"/></g>')

    def label(self, x: float, y: float, said: str, way: str = "", kind: str = "") -> None:
        """What a line is, written beside it."""
        self.add(f'<g class="{way}"><text class="said {kind}" x="{x:g}" y="{y:g}">{escape(said)}</text></g>')

    def beside(self, x: float, labels: Sequence[tuple[float, str, str]], low: float, high: float) -> None:
        """Labels at the ends of lines: (y, text, transport), moved apart; a newline breaks the text."""
        rows = [(y, said.split("\n"), way) for y, said, way in sorted(labels)]
        places = apart([y for y, _, _ in rows], [len(lines) * self.type * 1.2 for _, lines, _ in rows], low, high)
        for place, (y, lines, way) in zip(places, rows, strict=True):
            if abs(place - y) > self.type * 0.6:
                self.line([(x - 6, y), (x - 1, place)], "thin", way)
            top = place - (len(lines) - 1) * self.type * 0.6 + self.type * 0.35
            for number, said in enumerate(lines):
                self.label(x, round(top + number * self.type * 1.2, 1), said, way, "" if number == 0 else "plain")


def track(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points)


def _arrow(points: Sequence[tuple[float, float]], share: float) -> str:
    """An arrow head on a line, at a share of its points."""
    at = min(len(points) - 2, int(share * (len(points) - 1)))
    (x0, y0), (x1, y1) = points[at], points[at + 1]
    x, y, turn = (x0 + x1) / 2, (y0 + y1) / 2, math.degrees(math.atan2(y1 - y0, x1 - x0))
    return f'<path class="way" d="M-5 -4L2 0L-5 4" transform="translate({x:.1f} {y:.1f}) rotate({turn:.0f})"/>'


def apart(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Places as near as can be to the wanted ones (ascending) that do not overlap, between low and high."""
    places = list(wanted)
    for at in range(len(places)):
        least = low + heights[at] / 2 if at == 0 else places[at - 1] + (heights[at - 1] + heights[at]) / 2
        places[at] = max(places[at], least)
    for at in reversed(range(len(places))):
        last = at == len(places) - 1
        most = high - heights[at] / 2 if last else places[at + 1] - (heights[at] + heights[at + 1]) / 2
        places[at] = min(places[at], most)
    return places


def columns(said: str) -> int:
    """How many letters wide a text is: a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said)


def wrapped(said: str, letters: int) -> list[str]:
    """A sentence in lines of so many letters at most. Chinese breaks after each sign, but not before a stop."""
    lines = [""]
    for gap, word in PIECES.findall(said):
        more = f" {word}" if gap and lines[-1] else word
        if lines[-1] and columns(lines[-1] + more) > letters:
            lines.append(word)
        else:
            lines[-1] += more
    return lines
