"""The tables of a run, for the terminal and for docs/speed.md: rows, idle clients, goals."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench.fanout.goals import GOALS, NOT, found, in_place, verdict
from bench.fanout.rows import Row
from bench.fanout.run import BUSY, Line, Result, line_of
from bench.load.servers import ROOT
from bench.record import read_line
from bench.theory.stats import Estimate, estimate

HEADS = ("target", "µs", "range", "× limit", "a second", "ms until all have it")
WAITED = 0.1  # share of the time, from which on it is said that a server waited for its core
Table = list[list[str]]


def row_table(result: Result, row: Row) -> Table:
    return [list(HEADS), *(cells_of(line_of(result, row, name)) for name in row.targets)]


def cells_of(line: Line) -> list[str]:
    if line.void:
        return [line.target, f"**void: {line.void}**", "–", "–", "–", "–"]
    assert line.cost is not None
    notes = []
    if line.busy > BUSY:
        notes.append(f"the load used {line.busy:.0%} of its core")
    if line.waited > WAITED:
        notes.append(f"waited {line.waited:.0%} of the time")
    return [
        line.target + (f" ({', '.join(notes)})" if notes else ""),
        f"{line.cost.middle:.1f}",
        f"{line.least:.1f}-{line.most:.1f}",
        said(line.ratio),
        f"{line.rate:,.0f}",
        "–" if line.whole is None else f"{line.whole:.1f}",
    ]


def said(figure: Estimate | None, digits: int = 2) -> str:
    """The median and its interval."""
    if figure is None:
        return "–"
    middle = f"{figure.middle:.{digits}f}"
    if not figure.known or figure.low == figure.high:
        return middle
    return f"{middle} [{figure.low:.{digits}f}-{figure.high:.{digits}f}]"


def memory_table(result: Result) -> Table:
    lines = [["idle clients", "kB each"]]
    for name, kb in result.memory.items():
        name = "ours-poll, beside its connection" if name == "beside" else name
        lines.append([name, kb if isinstance(kb, str) else f"{kb:.1f}"])
    return lines


def goal_table(result: Result) -> Table:
    """Every goal that this run could tell of; what it could not is left to `missing`."""
    lines, loose = [["", "goal", "measured", "", "floor", "bare ASGI"]], result.loose()
    for goal in GOALS:
        figure = found(goal, result.cells, loose)
        if figure is not None:
            lower = [in_place(one, goal, result.cells, loose) for one in (goal.floor, goal.bare)]
            told = (said(one) if one else "" for one in lower)
            lines.append([goal.name, goal.said(), said(figure), verdict(goal, figure), *told])
    return lines


def untold(result: Result) -> list[str]:
    """The goals without a figure, and why."""
    loose = result.loose()
    told = []
    for goal in GOALS:
        if found(goal, result.cells, loose) is None:
            why = next((void for void in voids(result, goal.name, goal.part, goal.of) if void), NOT)
            told.append(f"{goal.name} ({goal.said()}): {why}")
    return told


def voids(result: Result, name: str, *parts: Any) -> list[str]:
    told = [cell.void for part in parts for cell in result.cells.get(tuple(part or ())[:2], {}).values()]
    if "hello" in name:
        told += [one.void for one in result.neighbours.values()]
    return told


def others(result: Result) -> list[str]:
    """Neighbours and the start, a sentence each."""
    told = []
    for name, one in result.neighbours.items():
        told.append(
            f"Neighbours, {name}: {one.void}."
            if one.void
            else f"Neighbours, {name}: p99 of GET /hello is {one.quiet:.1f} ms while {one.clients:,} clients are quiet,"
            f" and {one.loud:.1f} ms while they hear 10 messages a second ({one.requests} requests each)."
        )
    if result.started and result.imports is not None:
        told.append(
            f"`app.py` answers after {said(estimate(result.started))} s ({len(result.started)} starts);"
            f" `python -X importtime` counts {result.imports:.2f} s of imports."
        )
    return told


# ---- as text


def text_table(lines: Table) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    joined = ("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in joined)


def mark_table(lines: Table) -> str:
    head, *rest = lines
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *rest))


def tables(result: Result) -> list[tuple[str, Table]]:
    parts = [(titled(result, row), row_table(result, row)) for row in result.rows if row.targets]
    if result.memory:
        parts.append(("Memory of idle clients", memory_table(result)))
    goals = [] if result.quick else goal_table(result)
    return [*parts, ("Goals", goals)] if len(goals) > 1 else parts


def titled(result: Result, row: Row) -> str:
    rounds = max((len(result.cells.get((row.key, name), {})) for name in row.targets), default=0)
    title = f"{row.title[0].upper()}{row.title[1:]}"
    return f"{title}: {row.setting.clients:,} clients, {rounds} rounds"


def text(result: Result) -> str:
    parts = [f"{title}\n{text_table(lines)}" for title, lines in tables(result)]
    return "\n\n".join([*parts, *others(result), *(f"Left out: {why}." for why in result.left_out)])


def markdown(result: Result, about: dict[str, Any]) -> str:
    """The tables of docs/speed.md."""
    intro = (
        f"Measured on {about['date']} at commit {about['commit']}, on {about['cores']} cores of {about['cpu']}, Python"
        f" {about['python']}, where a load average of {about['load']:.1f} ran already: `{about['command']}`"
    )
    parts = [intro]
    for title, lines in tables(result):
        parts += [f"**{title}**", mark_table(lines)]
    parts += others(result)
    if missing := untold(result):
        parts.append("Goals without a figure: " + "; ".join(missing) + ".")
    return "\n\n".join([*parts, *(f"Left out: {why}." for why in result.left_out)])


def facts(command: str) -> dict[str, Any]:
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "command": command,
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit.stdout.strip() or "unknown",
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "cpu": read_line("/proc/cpuinfo", "model name") or platform.machine(),
        "python": platform.python_version(),
    }


def as_json(result: Result, about: dict[str, Any]) -> str:
    document = {
        **about,
        "rows": [{**asdict(row), "cells": cells_json(result, row)} for row in result.rows],
        "memory": result.memory,
        "neighbours": {name: asdict(one) for name, one in result.neighbours.items()},
        "started": result.started,
        "imports": result.imports,
        "left_out": result.left_out,
    }
    return json.dumps(document, indent=1)


def cells_json(result: Result, row: Row) -> dict[str, dict[int, Any]]:
    return {
        name: {number: asdict(cell) for number, cell in result.cells.get((row.key, name), {}).items()}
        for name in row.targets
    }


def problems(result: Result) -> Sequence[str]:
    """What voids rows, a sentence each."""
    return [
        f"void: {row.key} {name}, round {number + 1}: {cell.void}"
        for row in result.rows
        for name in row.targets
        for number, cell in result.cells.get((row.key, name), {}).items()
        if cell.void
    ]
