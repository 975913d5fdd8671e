"""The search for the most: how many clients, or how many messages a second, until a limit is broken.

It goes up by doubling from where it is told to begin, or down by halving if that breaks the limit, and then into the
middle between what kept it and what broke it, until these are as near as a tenth or the tries are used up. Where
something else on the machine disturbs a try three times, nobody can tell, and the search ends with what it knows.
"""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from bench.experiments import Run
from bench.load.gates import disturbed
from bench.playing import play, say
from bench.record import Record
from bench.report.document import Cell, parse

TRIES = 14
PATIENCE = 3  # times that one try is played
NEAR = 1.1  # the least that broke it over the most that kept it
TOP = {"clients": 10_000.0, "rate": 1000.0}  # what the generator, or a feed, can do
LEAST = {"clients": 1.0, "rate": 0.1}


@dataclass
class Found:
    """What kept the limit, and what broke it."""

    most: float | None = None
    broke: float | None = None
    tries: int = 0
    untold: float | None = None  # where nobody could tell

    @property
    def near(self) -> bool:
        return self.most is not None and self.broke is not None and self.broke / self.most <= NEAR


async def most(
    start: float,
    top: float,
    least: float,
    whole: bool,
    keeps: Callable[[float], Awaitable[bool | None]],
    tries: int = TRIES,
) -> Found:
    """The most that keeps it, from `least` to `top`; a number of whole things if `whole`."""
    found, at = Found(), min(max(start, least), top)
    while found.tries < tries:
        found.tries += 1
        kept = await keeps(at)
        if kept is None:
            found.untold = at
            break
        if kept:
            found.most = at
        else:
            found.broke = at
        if found.near or (found.broke is not None and found.broke <= least) or found.most == top:
            break
        if found.broke is None:
            following = min(at * 2, top)
        elif found.most is None:
            following = max(at / 2, least)
        else:
            following = (found.most * found.broke) ** 0.5
        at = float(round(following)) if whole else following
        if at in (found.most, found.broke):  # nothing lies between
            break
    return found


async def search(chosen: argparse.Namespace, runs: list[Run], record: Record) -> None:
    """The most of each of these runs, one after the other. All cells, and what was found, go into the document."""
    told: list[dict[str, Any]] = record.document.setdefault("most", [])
    for run in runs:
        found, why = await _search(chosen, run, record)
        name = run.groups[0].transport
        told.append(
            {"transport": name, "over": chosen.over, "limit": str(chosen.most), "most": found.most,
             "broke": found.broke, "untold": found.untold, "tries": found.tries, "round": run.round, "because": why}
        )  # fmt: skip
        say(sentence(told[-1]))
        record.keep()


async def _search(chosen: argparse.Namespace, run: Run, record: Record) -> tuple[Found, str | None]:
    over, last = chosen.over, [""]

    async def keeps(at: float) -> bool | None:
        cell = await _played(chosen, turned(run, over, at), record)
        how = chosen.most.broken_by(cell)
        said = how or f"has {chosen.most.figure} {cell.figure(chosen.most.figure):.4g}"
        say(f"    {run.groups[0].transport}, {at:g} {over}: {said}")
        last[0] = how or last[0]
        return None if disturbed(cell.void) else how is None

    step = run.steps[0]
    start = float(run.groups[0].clients) if over == "clients" else step.rate
    found = await most(start, TOP[over], LEAST[over], over == "clients", keeps)
    return found, last[0] or None


async def _played(chosen: argparse.Namespace, run: Run, record: Record) -> Cell:
    """One try. What something else on this machine disturbed is tried again."""
    for _ in range(PATIENCE):
        cells: list[dict[str, Any]] = []
        await play(run, chosen.url, cells.append)
        record.document["cells"] += cells
        record.keep()
        if not disturbed(cells[0]["void"]):
            break
    (cell,) = parse({"version": record.document["version"], "cells": cells}).cells
    return cell


def turned(run: Run, over: str, at: float) -> Run:
    """The run with so many clients, or at this rate."""
    if over == "rate":
        return replace(run, steps=(replace(run.steps[0], rate=at),))
    (group,) = run.groups
    probes = 0 if run.script else min(50, int(at))
    return replace(run, groups=(replace(group, clients=int(at), probes=probes),))


def sentence(told: dict[str, Any]) -> str:
    """What was found for one transport."""
    what = "clients" if told["over"] == "clients" else "messages a second to each"
    most, broke = told["most"], told["broke"]
    if told["untold"] is not None:
        known = f"{told['limit']} up to {most:.4g} {what}; " if most is not None else ""
        return f"{told['transport']}: {known}at {told['untold']:.4g} nobody can tell: it {told['because']}."
    if most is None:
        return f"{told['transport']}: not even {broke:g} {what} keep {told['limit']}: it {told['because']}."
    beyond = "that is as far as it was tried" if broke is None else f"at {broke:.4g} it {told['because']}"
    return f"{told['transport']}: {told['limit']} up to {most:.4g} {what}; {beyond} ({told['tries']} tries)."
