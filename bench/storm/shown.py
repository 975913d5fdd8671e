"""What is shown of storms: a table, and panels for the figure."""

from __future__ import annotations

import time

from bench.storm.figure import Panel
from bench.storm.ours import BIN
from bench.storm.storm import Storm


def table(storms: list[Storm]) -> str:
    """Markdown, one table for each outage."""
    lines = []
    for outage in sorted({one.outage for one in storms}):
        came = "at once" if outage == 0 else f"after {outage:g} s"
        lines += [f"{storms[0].clients:,} clients, the server is back {came}:", ""]
        lines += [
            "| | peak in 0.1 s | peak in 1 s | peak in 0.1 s once it is back | attempts | 50 % back | 99 % back |"
        ]
        lines += ["|---|---:|---:|---:|---:|---:|---:|"]
        for one in storms:
            if one.outage == outage:
                peaks = f"{one.peak_bin:,} | {one.peak_second:,} | {one.peak_back:,} | {one.attempts:,}"
                lines.append(f"| {one.who} | {peaks} | {_s(one.half)} | {_s(one.most)} |")
        lines.append("")
    return "\n".join(lines)


def markdown(storms: list[Storm], seed: int) -> str:
    """The tables of docs/fallback.md."""
    about = f'Measured on {time.strftime("%Y-%m-%d")}, seed {seed}; "back" counts from the server\'s return.'
    return f"{about}\n\n{table(storms).rstrip()}"


def _s(seconds: float | None) -> str:
    return "never" if seconds is None else f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"


def _after(seconds: float | None) -> str:
    return "never" if seconds is None else f"after {_s(seconds)}"


def panels(storms: list[Storm]) -> list[Panel]:
    """One column for each outage, one row for each policy."""
    return [
        Panel(
            name=one.who,
            outage=one.outage,
            span=6.0 if one.outage == 0 else 2 * one.outage,
            rates={number * BIN: count / BIN for number, count in one.bins.items()},
            width=BIN,
            said=f"once back: peak {one.peak_back:,} in 0.1 s, 99 % served {_after(one.most)}",
            ours=one.who.startswith("ours"),
        )
        for one in storms
    ]
