"""Several runs as one document: each a file of its own, and what differs between them is part of the doubt.

A run is kept small: its figures to six digits, and histograms only where a model is judged by them. Runs of one kind
stand together (whole ones; quick ones; comparisons of one's own): a round of the second run is one more round. Runs of
another machine stand beside them: a median of both would be of neither.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.experiments import COUNTED, everything
from bench.load.reference import off
from bench.report.document import BadDocument, Cell, Document, read
from bench.theory.stats import RUN, estimate, median

FOLDER = "runs"
JUDGED = ("E2", "E3")  # their tails are compared with models over all rounds together
DIGITS = 6
MOST = 100  # runs in one folder


def kind_of(raw: Mapping[str, Any]) -> str:
    """`full`, `quick`, or `own`: what a run may stand together with."""
    named = {cell.get("experiment") for cell in raw.get("cells", ()) if isinstance(cell, Mapping)}
    return "own" if named - set(everything()) else "quick" if raw.get("quick") is True else "full"


def keep(document: Document, folder: Path) -> Path:
    """Write a run beside those that are there. The same run gives the same file."""
    raw = document.raw
    name = str(raw.get("began", "run"))[:16].replace(":", "")
    path = folder / FOLDER / f"{kind_of(raw)}-{''.join(c for c in name if c.isalnum() or c in '-')}.json.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    told = json.dumps(_small(raw), separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    path.write_bytes(gzip.compress(told, mtime=0))
    return path


def kept(folder: Path, kind: str = "full") -> list[Path]:
    """The files of the runs of a kind, the oldest first."""
    return sorted((folder / FOLDER).glob(f"{kind}-*.json.gz"))[-MOST:]


def read_all(path: Path, kind: str = "full") -> Document:
    """
    A run's file, or all runs of a kind in a folder as one: those of the machine of the newest, with what the others
    measured `elsewhere`. OSError: there is none. BadDocument: one is no run.
    """
    if not path.is_dir():
        return together([read(path)])
    paths = kept(path, kind)
    if not paths:
        raise BadDocument(f"{path} has no runs: there is no {FOLDER}/{kind}-….json.gz in it")
    return by_machine([read(one) for one in paths])


def by_machine(documents: Sequence[Document]) -> Document:
    """The runs of the machine of the newest together, and those of each other one elsewhere, the newest first."""
    machines: dict[str, list[Document]] = {}
    for one in sorted(documents, key=_began, reverse=True):
        machines.setdefault(one.machine, []).append(one)
    newest, *others = (together(several) for several in machines.values())
    return replace(newest, elsewhere=tuple(others))


def together(documents: Sequence[Document]) -> Document:
    """One document of one run or several; its rounds are counted on. What the reference work refutes is void."""
    ordered = sorted(documents, key=_began)
    last = ordered[-1].raw
    cells: list[Cell] = []
    for number, one in enumerate(ordered):
        rounds = _references(one.raw)
        cells += [_moved(_beside(cell, rounds), number * RUN) for cell in one.cells]
    took = [one for cell in cells for one in cell.references]
    usual = median(took) if took else 0.0
    raw: dict[str, Any] = {name: value for name, value in last.items() if name not in ("cells", "runs")}
    raw["together"] = [_about(one) for one in ordered]
    raw["began"], raw["interrupted"] = ordered[0].raw.get("began"), any(one.raw.get("interrupted") for one in ordered)
    return Document(raw, tuple(_refuted(cell, usual) for cell in cells))


FORESEEN = {"E2": "mean", "E3": "mean", "E4": "p99", "E7": "mean", "E14": "p99"}


def foreseen(document: Document) -> tuple[int, int] | None:
    """How many scenarios had in one run a median that lay in the interval of the others, of how many; each run is asked
    of the others. None: there are fewer than three runs."""
    runs = range(1 + max((cell.round for cell in document.cells), default=0) // RUN)
    if len(runs) < 3:
        return None
    inside = asked = 0
    for group in document.of(*FORESEEN):
        rounds = group.rounds(FORESEEN[group.any.experiment])
        for run in runs:
            own = [value for at, value in rounds.items() if at // RUN == run]
            others = estimate({at: value for at, value in rounds.items() if at // RUN != run})
            if own and others and others.low is not None and others.high is not None:
                asked += 1
                inside += others.low <= median(own) <= others.high
    return inside, asked


def _began(one: Document) -> str:
    return str(one.raw.get("began"))


def _about(one: Document) -> dict[str, Any]:
    raw = one.raw
    if isinstance(raw.get("together"), list) and len(raw["together"]) == 1:  # it was one already
        return dict(raw["together"][0])
    void = sum(cell.void is not None for cell in one.cells)
    named = ("began", "ended", "commit", "seed", "machine")
    return {**{name: raw.get(name) for name in named}, "cells": len(one.cells), "void": void}


def _moved(cell: Cell, by: int) -> Cell:
    return replace(cell, round=cell.round + by) if by else cell


def _references(raw: Mapping[str, Any]) -> dict[int, float]:
    """How long the reference work took in each round, in s, of a run in which it was done once a round."""
    told = raw.get("references")
    if not isinstance(told, Mapping):
        return {}
    return {int(at): float(took) for at, took in told.items() if str(at).isdigit() and isinstance(took, int | float)}


def _beside(cell: Cell, rounds: Mapping[int, float]) -> Cell:
    return cell if cell.references or cell.round not in rounds else replace(cell, references=(rounds[cell.round],))


def _refuted(cell: Cell, usual: float) -> Cell:
    counted = cell.experiment in COUNTED or cell.figure("memory_per_client") is not None
    times = None if cell.void is not None or counted else off(cell.references, usual)
    if times is None:
        return cell
    return replace(cell, void=f"the reference work beside it took {times:.2f} times as long as usual")


def _small(raw: Mapping[str, Any]) -> dict[str, Any]:
    cells = [
        {**cell, "histogram": cell.get("histogram") if _models(cell) else None}
        for cell in raw.get("cells", ())
        if isinstance(cell, Mapping)
    ]
    return {**_rounded(raw), "cells": _rounded(cells)}


def _models(cell: Mapping[str, Any]) -> bool:
    return cell.get("experiment") in JUDGED and cell.get("twin") is not True


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, list | tuple):
        return [_rounded(one) for one in value]
    return {name: _rounded(one) for name, one in value.items()} if isinstance(value, Mapping) else value
