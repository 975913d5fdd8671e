"""The figure of the storm: small panels on the same axes, as one SVG that needs nothing else."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape

LEFT, TOP, WIDE, HIGH, GAP_X, GAP_Y = 72, 84, 340, 64, 28, 54  # px
LOW, TALL = 1, 6  # powers of ten: the rates drawn, attempts per second

STYLE = """
    svg { --paper: #fbfaf7; --ink: #22211e; --soft: #5d5a54; --line: #dcd8cf; --ours: #1f63c4; --other: #a3561a;
      font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; color: var(--ink) }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #131416; --ink: #e5e2db; --soft: #a5a199; --line: #303338; --ours: #86b6ff; --other: #eba94b }
    }
    .paper { fill: var(--paper) }
    text { fill: currentColor }
    .title { font-size: 17px; font-weight: 600 }
    .head { font-size: 13px; font-weight: 600 }
    .name { font-weight: 600 }
    .soft { fill: var(--soft); font-size: 11px }
    .end { text-anchor: end }
    .mid { text-anchor: middle }
    .grid { stroke: var(--line); fill: none }
    .back { stroke: var(--soft); stroke-dasharray: 3 3 }
    .ours { fill: var(--ours) }
    .other { fill: var(--other) }"""


@dataclass(frozen=True)
class Panel:
    """One crowd: its rate in each bin, and what is to be said of it."""

    name: str
    outage: float
    span: float  # s drawn
    rates: dict[float, float]  # attempts per second, by the bin's beginning
    width: float  # s of a bin
    said: str
    ours: bool


def figure(panels: list[Panel], clients: int) -> str:
    """A column for each outage, a row for each name, in the order given."""
    outages = list(dict.fromkeys(panel.outage for panel in panels))
    names = list(dict.fromkeys(panel.name for panel in panels))
    width = LEFT + len(outages) * (WIDE + GAP_X)
    height = TOP + len(names) * (HIGH + GAP_Y) + 26
    told = f"Attempts per second of {clients:,} clients dropped at once, by reconnection policy"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        f' role="img" aria-labelledby="storm-title">',
        f'  <title id="storm-title">{told}</title>',
        f"  <style>{STYLE}\n  </style>",
        f'  <rect class="paper" width="{width}" height="{height}"/>',
        f'  <text class="title" x="{LEFT}" y="26">{clients:,} clients are dropped at once</text>',
        f'  <text class="soft" x="{LEFT}" y="44">Attempts per second, in bins of 0.1 s. Each line of the grid is ten'
        " times the one below.</text>",
    ]
    for column, outage in enumerate(outages):
        x = LEFT + column * (WIDE + GAP_X)
        head = "The server is back at once" if outage == 0 else f"The server is back after {outage:g} s"
        parts.append(f'  <text class="head" x="{x}" y="{TOP - 20}">{head}</text>')
        parts.append(f'  <text class="soft mid" x="{x + WIDE / 2:g}" y="{height - 8}">s after the drop</text>')
    for panel in panels:
        column, row = outages.index(panel.outage), names.index(panel.name)
        parts += _panel(panel, LEFT + column * (WIDE + GAP_X), TOP + row * (HIGH + GAP_Y) + 30, column == 0)
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, x: float, y: float, first: bool) -> list[str]:
    parts = [
        f'  <text class="name" x="{x:g}" y="{y - 20:g}">{escape(panel.name)}</text>',
        f'  <text class="soft" x="{x:g}" y="{y - 6:g}">{escape(panel.said)}</text>',
    ]
    for power in range(LOW, TALL + 1):
        at = y + HIGH - _up(10.0**power)
        parts.append(f'  <path class="grid" d="M{x:g} {at:g}h{WIDE}"/>')
        if first and (power - LOW) % 2 == 1:
            parts.append(f'  <text class="soft end" x="{x - 6:g}" y="{at + 4:g}">{_short(power)}</text>')
    step = panel.span / 6
    for tick in range(7):
        at = x + WIDE * tick / 6
        parts.append(f'  <text class="soft mid" x="{at:g}" y="{y + HIGH + 13:g}">{tick * step:g}</text>')
    bars = []
    for at, rate in panel.rates.items():
        if at < panel.span:
            wide = max(1.0, WIDE * panel.width / panel.span)  # a single bin must be seen
            bars.append(f"M{x + WIDE * at / panel.span:.1f} {y + HIGH:g}v{-_up(rate):.1f}h{wide:.1f}v{_up(rate):.1f}z")
    kind = "ours" if panel.ours else "other"
    parts.append(f'  <path class="{kind}" d="{"".join(bars)}"/>')
    if panel.outage:
        parts.append(f'  <path class="back" d="M{x + WIDE * panel.outage / panel.span:g} {y:g}v{HIGH}"/>')
    return parts


def _up(rate: float) -> float:
    """The height of a rate in px."""
    return HIGH * max(0.0, min(1.0, (math.log10(rate) - LOW + 0.3) / (TALL - LOW + 0.3))) if rate > 0 else 0.0


def _short(power: int) -> str:
    return f"{10**power:,}"
