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
from bench.fallback.rows import rows
from bench.fallback.run import Result
from bench.peers import socketio

WHO = {
    "ours": "Ours, the Python client",
    "socketio": "python-socketio with socket.io-client: polling first, then an upgrade (its default)",
    "socketio-ws": "python-socketio with socket.io-client: WebSocket first, `tryAllTransports`",
}
OWN_PING = ["25", "20"]  # s, of python-socketio


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


def markdown(board: Board, about: dict[str, Any]) -> str:
    """The tables of docs/fallback.md."""
    chosen = board.chosen
    parts = [
        f"Measured on {about['date'][:10]} with {about['cores']} cores and Python {about['python']}: times in ms, "
        f"20 messages a second, {chosen.seeds} seeds of ours, {chosen.peer_seeds} of the others; the median of first "
        f"message and settled, the worst of the rest. Silence is noticed by ours after 2.5 heartbeats of "
        f"{chosen.heartbeat:g} s, by the others after a ping interval and its timeout of "
        f"{' and '.join(chosen.peer_ping or OWN_PING)} s{'' if chosen.peer_ping else ' (their default)'}.",
        "`" + about["command"] + "` measures it again, and its `--help` says what each column means.",
    ]
    for who in chosen.who:
        results = [result for result in board.results if result.who == who]
        if results:
            head, *lines = table_of(results, who == "ours")
            text = [f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *lines)]
            parts += [f"**{WHO[who]}**", "\n".join(text)]
    return "\n\n".join([*parts, *(f"Left out: {why}." for why in board.left_out)])


def facts(chosen: argparse.Namespace, arguments: list[str]) -> dict[str, Any]:
    """Where and how this was measured."""
    peers = socketio.versions() if set(chosen.who) != {"ours"} and not socketio.lacking() else {}
    return {
        "command": " ".join([".venv-test/bin/python -m bench.fallback", *map(shlex.quote, arguments)]),
        "date": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "cores": os.cpu_count(),
        "machine": platform.platform(),
        "python": platform.python_version(),
        **peers,
        "settings": {key: str(value) for key, value in vars(chosen).items()},
    }


def as_json(board: Board, about: dict[str, Any]) -> str:
    runs = [{**asdict(result), "name": result.row.name} for result in board.results]
    return json.dumps({**about, "runs": runs, "failures": board.failures, "left_out": board.left_out}, indent=1)
