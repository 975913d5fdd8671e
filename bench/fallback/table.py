"""The table: each row over its seeds, for the terminal and for docs/fallback.md."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shlex
import time
from dataclasses import asdict, dataclass
from typing import Any

from bench.fallback.board import Board
from bench.fallback.peers import PEERS
from bench.fallback.rows import rows
from bench.fallback.run import Result
from bench.fallback.who import DEFAULTS, HEARTBEAT, OURS, TUNED, WHO
from bench.peers import packages

LEAD = {
    DEFAULTS: "At defaults: each library as it comes. Silence is noticed by ours after 2.5 heartbeats of "
    f"{HEARTBEAT[DEFAULTS]:g} s.",
    TUNED: "Tuned: what can be tuned notices silence after about 2.5 s; ours has a heartbeat of "
    f"{HEARTBEAT[TUNED]:g} s. These are the networks where nothing tells a client that it fails, and those where an "
    "impatient one may be wrong; in the others nothing depends on what is tuned.",
}


@dataclass(frozen=True)
class Cell:
    """A row over its seeds."""

    ends: str
    first: float | None
    settled: float | None
    silence: float | None
    lost: int
    repeated: int
    missed: str


def summed(results: list[Result]) -> Cell:
    """The median of times, the worst of the rest; None where a time did not come to be in most runs."""
    runs = [result.run for result in results]
    silences = [run.silence for run in runs]
    broken = [name for result in results for name in result.missed]
    return Cell(
        ends=counted([run.ends for run in runs], len(runs)),
        first=median([run.first for run in runs]),
        settled=median([run.settled for run in runs]),
        silence=None if None in silences else max(value for value in silences if value is not None),
        lost=max(run.lost for run in runs),
        repeated=max(run.repeated for run in runs),
        missed=counted(broken, len(runs)),
    )


def median(values: list[float | None]) -> float | None:
    """Of an even number the lower one; never is later than any time."""
    return sorted(values, key=lambda value: math.inf if value is None else value)[(len(values) - 1) // 2]


def counted(words: list[str], runs: int) -> str:
    """Each word, the most frequent first, and in how many of the runs where it was not in all."""
    known = sorted(set(words), key=lambda word: (-words.count(word), word))
    return ", ".join(word if words.count(word) == runs else f"{word} {words.count(word)}/{runs}" for word in known)


HEADS = ["network", "ends on", "first message", "settled", "silence", "lost", "repeated",
         "struck: ends on", "settled", "silence", "lost", "repeated", "promises"]  # fmt: skip


def table_of(results: list[Result], promises: bool) -> list[list[str]]:
    """A line for each network: new to the client, and striking it."""
    lines: dict[str, dict[bool, list[Result]]] = {}
    for result in results:
        lines.setdefault(result.row.line, {}).setdefault(result.row.struck, []).append(result)
    order = [row.line for row in rows(1.0)]
    return [HEADS[: None if promises else -1]] + [
        line_of(lines[name], promises) for name in sorted(lines, key=order.index)
    ]


def line_of(variants: dict[bool, list[Result]], promises: bool) -> list[str]:
    cells = {struck: summed(results) for struck, results in variants.items()}
    line, broken = [next(iter(variants.values()))[0].row.label], list[str]()
    for struck in (False, True):
        cell = cells.get(struck)
        if cell is None:
            line += ["–"] * (5 if struck else 6)
            continue
        first = [] if struck else [ms(cell.first, "never")]
        line += [cell.ends, *first, ms(cell.settled, "never"), ms(cell.silence, "all")]
        line += [str(cell.lost), str(cell.repeated)]
        if cell.missed:
            broken.append(f"struck: {cell.missed}" if struck else cell.missed)
    return [*line, f"missed: {'; '.join(broken)}" if broken else "met"] if promises else line


def ms(value: float | None, never: str) -> str:
    return never if value is None else f"{max(0.0, value):.0f}"


def text_table(lines: list[list[str]]) -> str:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    joined = ("  ".join(word.ljust(width) for word, width in zip(line, widths, strict=True)) for line in lines)
    return "\n".join(line.rstrip() for line in joined)


def of(board: Board, tuning: str) -> list[tuple[str, list[list[str]]]]:
    """Who was measured in this way, and the table."""
    found = []
    for who in board.chosen.who:
        if results := [result for result in board.results if (result.who, result.tuning) == (who, tuning)]:
            found.append((who, table_of(results, who == OURS)))
    return found


def markdown(board: Board, about: dict[str, Any]) -> str:
    """The tables of docs/fallback.md."""
    chosen = board.chosen
    parts = [
        f"Measured on {about['date'][:10]} with {about['cores']} cores, Python {about['python']} and Node "
        f"{about['node']}: times in ms, 20 messages a second, {chosen.seeds} "
        f"{'seed' if chosen.seeds == 1 else 'seeds'}, the same for everybody, {chosen.at_once} runs at a time; the "
        "median of first message and settled, the worst of the rest.",
        "`" + about["command"] + "` measures it again, and its `--help` says what each column means.",
    ]
    for tuning in chosen.tuning:
        if tables := of(board, tuning):
            parts.append(LEAD[tuning])
        for who, (head, *lines) in tables:
            text = [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines)]
            # The report reads the first table by its heading, so the two of one client differ in theirs.
            parts += [f"**{WHO[who] if tuning == DEFAULTS else f'Tuned: {WHO[who]}'}**", "\n".join(text)]
    notes = [f"- {WHO[who]}: {PEERS[who].note}" for who in chosen.who if who in PEERS]
    return "\n\n".join([*parts, *(["\n".join(["What the others are:", "", *notes])] if notes else []), *failed(board)])


def failed(board: Board) -> list[str]:
    """Sentences on what has no row."""
    return [f"Left out: {why}." for why in board.left_out] + [f"Failed: {failure}." for failure in board.failures]


def facts(chosen: argparse.Namespace, arguments: list[str]) -> dict[str, Any]:
    """Where and how this was measured."""
    peers = [PEERS[who] for who in chosen.who if who in PEERS]
    return {
        "command": " ".join([".venv-test/bin/python -m bench.fallback", *map(shlex.quote, arguments)]),
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        "node": packages.node_version() if not packages.lacking("") else "none",
        "packages": sorted({name for peer in peers for name in peer.npm}),
        "settings": {key: str(value) for key, value in vars(chosen).items()},
    }


def as_json(board: Board, about: dict[str, Any]) -> str:
    runs = [{**asdict(result), "name": result.row.name} for result in board.results]
    return json.dumps({**about, "runs": runs, "failures": board.failures, "left_out": board.left_out}, indent=1)
