"""A run: all rows and targets, round by round, forwards and backwards, and what they came to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from bench.fanout.cell import Cell, Setting, play
from bench.fanout.idle import FEW, MANY, beside, memory
from bench.fanout.neighbours import Neighbours, neighbours
from bench.fanout.rows import POLLS, Row
from bench.fanout.starting import imports, start
from bench.fanout.targets import ALL, Target
from bench.theory.stats import Estimate, estimate, exact, ratios

BUSY = 0.9  # of its core: a load that used more may have been what was measured
STARTS, IMPORTS = 11, 5
BESIDE = ("ours-ws", "nchan-ws", "bare-ws")  # whose neighbours ask, too


@dataclass
class Result:
    """What was measured, and what could not be."""

    rows: list[Row]
    rounds: int
    cells: dict[tuple[str, str], dict[int, Cell]] = field(default_factory=dict)
    quick: bool = False  # too small for goals
    memory: dict[str, float | str] = field(default_factory=dict)  # kB for each idle client, or why not
    neighbours: dict[str, Neighbours] = field(default_factory=dict)  # by target
    started: list[float] = field(default_factory=list)  # s
    imports: float | None = None  # s
    left_out: list[str] = field(default_factory=list)

    def loose(self) -> dict[str, Estimate]:
        """The figures that have no rounds in common with others, as goals call them."""
        named = {f"kB {name}": exact(kb) for name, kb in self.memory.items() if not isinstance(kb, str)}
        if found := estimate(self.started):
            named["start"] = found
        for name, one in self.neighbours.items():
            if not one.void:
                named[f"neighbours {name}"] = exact(one.loud / one.quiet)
        return named

    @property
    def lost(self) -> bool:
        """Whether any delivery was wrong."""
        return any(cell.lost for rounds in self.cells.values() for cell in rounds.values())


@dataclass
class Line:
    """One target in one row, over its rounds."""

    target: str
    void: str = ""
    cost: Estimate | None = None  # µs
    least: float = 0.0
    most: float = 0.0
    ratio: Estimate | None = None  # to the limit of the same round, or of polls to bare ASGI
    rate: float = 0.0
    whole: float | None = None
    waited: float = 0.0
    busy: float = 0.0


def plan(rows: Sequence[Row], rounds: int) -> Iterator[tuple[int, Row, str]]:
    """Each round plays everything, every other one from the end."""
    for number in range(rounds):
        cells = [(number, row, name) for row in rows if number < row.rounds for name in row.targets]
        yield from reversed(cells) if number % 2 else cells


def fit(rows: Sequence[Row]) -> tuple[list[Row], list[str]]:
    """The rows without the targets that cannot be had here, and a sentence for each reason."""
    reasons: dict[str, str] = {}
    for name in dict.fromkeys(name for row in rows for name in row.targets):
        reasons[name] = ALL[name].lacking()
        if not reasons[name]:
            try:
                ALL[name].install()
            except (OSError, subprocess.CalledProcessError) as error:
                reasons[name] = f"{name} could not be got ({type(error).__name__}): it is left out"
    kept = [replace(row, targets=tuple(name for name in row.targets if not reasons[name])) for row in rows]
    return kept, sorted(set(filter(None, reasons.values())))


def measure(result: Result, play: Callable[[Target, Setting], Cell] = play) -> None:
    """All rounds into the result; what was measured before Ctrl-C is kept."""
    for number, row, name in plan(result.rows, result.rounds):
        cell = play(ALL[name], row.setting)
        result.cells.setdefault((row.key, name), {})[number] = cell
        told = cell.void or f"{cell.cost:.1f} µs, {cell.rate:,.0f}/s"
        say(f"round {number + 1}: {row.key} {name}: {told}")


def measure_memory(result: Result, setting: Setting, names: Sequence[str], few: int = FEW, many: int = MANY) -> None:
    for name in names:
        if name in POLLS:
            continue  # who asks again at once is never idle
        result.memory[name] = memory(ALL[name], setting, few, many)
        say(f"kB an idle client: {name}: {result.memory[name]}")
    if "ours-poll" in names:
        result.memory["beside"] = beside(ALL["ours-poll"], setting, few, many)


def measure_others(result: Result, clients: int) -> None:
    """Neighbours, of others too, and the start."""
    setting = Setting(clients=clients, chat=True)
    for name in BESIDE:
        if not ALL[name].lacking():
            result.neighbours[name] = neighbours(ALL[name], setting)
            say(f"neighbours: {name}: {result.neighbours[name]}")
    result.started = [start(ALL["ours-ws"]) for _ in range(STARTS)]
    result.imports = middle([imports() for _ in range(IMPORTS)])
    say(f"start: {sorted(result.started)[STARTS // 2]:.3f} s")


def line_of(result: Result, row: Row, name: str) -> Line:
    """Void, if one of its rounds is: what loses a message once has no figures."""
    cells = result.cells.get((row.key, name), {})
    line = Line(name, next((cell.void for cell in cells.values() if cell.void), "" if cells else "not measured"))
    if line.void:
        return line
    costs = {number: cell.cost for number, cell in cells.items()}
    line.cost, line.least, line.most = estimate(costs.values()), min(costs.values()), max(costs.values())
    base = result.cells.get((row.key, ALL[name].base), {})
    if not any(cell.void for cell in base.values()):
        line.ratio = estimate(ratios(costs, {number: cell.cost for number, cell in base.items()}))
    line.rate = middle(cell.rate for cell in cells.values())
    wholes = [cell.whole for cell in cells.values() if cell.whole is not None]
    line.whole = middle(wholes) if wholes else None
    line.waited, line.busy = middle(cell.waited for cell in cells.values()), max(cell.busy for cell in cells.values())
    return line


def middle(values: Iterator[float] | Sequence[float]) -> float:
    found = estimate(values)
    assert found is not None
    return found.middle


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
