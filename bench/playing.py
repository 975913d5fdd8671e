"""Playing: each run with a fresh server and a generator, its cells into the record, and what is told meanwhile."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from pathlib import Path
from typing import Any

from bench.experiments import COUNTED, Run
from bench.load.cells import cell_of
from bench.load.fronts import Front, fronting
from bench.load.gates import disturbed
from bench.load.reference import off, reference
from bench.load.servers import SERVER_CORE, Server, Unfit, install, lacking, serving
from bench.record import Record
from bench.theory.stats import median

ROOT = Path(__file__).resolve().parent.parent
LINE = 1 << 26  # bytes of the longest line a generator may write
AGAIN = 10  # of so many runs one may be played again
OVERDUE = 3.0  # times what a run should last, and then some
Played = tuple[Run, list[dict[str, Any]]]  # a run, and its cells


async def play(run: Run, url: str | None, keep: Callable[[dict[str, Any]], None]) -> None:
    """One run. Each cell is kept as soon as there is one; those that never came are kept as void, with the reason."""
    told, why = 0, ""
    try:
        async with (
            asyncio.timeout(30 + OVERDUE * run.lasts),
            serving(run.server, url) as server,
            fronting(run.front, server.url, SERVER_CORE) as front,
        ):
            async with contextlib.aclosing(generate(run, server, front)) as cells:
                async for cell in cells:
                    told += 1
                    keep(cell)
    except TimeoutError:
        why = "the run took far longer than it should, and was ended"
    except (Unfit, Failed, OSError, subprocess.CalledProcessError) as error:
        why = str(error)
    expected = [(group, step) for step in run.steps for group in run.groups]
    for group, step in expected[told:]:
        keep(cell_of(run, group, step, {}, why or "the generator ended before this was measured", None))


class Failed(Exception):
    """The generator could not go on; the sentence says why."""


async def generate(run: Run, server: Server, front: Front | None = None) -> AsyncGenerator[dict[str, Any], None]:
    """Let the generator play it, and hand on its cells. Failed: it could not go on."""
    player = "bench.load.browser" if run.browser else "bench.load"
    pid = [str(server.pid)] if server.pid else []
    before = ["--front", front.url, str(front.pid)] if front else []
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", player, server.url, *pid, *before,
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=LINE, start_new_session=True,
    )  # fmt: skip
    assert process.stdin and process.stdout
    try:
        process.stdin.write(json.dumps(run.as_json()).encode() + b"\n")
        async for line in process.stdout:
            told = json.loads(line)
            if "cell" in told:
                yield told["cell"]
            elif "do" in told:
                await server.restart()
                process.stdin.write(json.dumps({"pid": server.pid}).encode() + b"\n")
            else:
                raise Failed(told["failed"])
        if await process.wait():
            raise Failed(f"the generator failed with {process.returncode}")
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


class Progress:
    """What is done and how long the rest will take, learnt from what took how long."""

    def __init__(self, runs: list[Run]) -> None:
        self.left = sum(run.lasts for run in runs)
        self.count, self.done = len(runs), 0
        self.foreseen = self.took = 0.0

    def begin(self, run: Run) -> None:
        self.done += 1
        factor = self.took / self.foreseen if self.foreseen else 1.0
        names = run.groups[0].name if len(run.groups) == 1 else f"{len(run.groups)} kinds of clients"
        twin = ", its twin" if run.twin else ""
        say(
            f"[{self.done}/{self.count}] {run.experiment}, round {run.round + 1}: {names}{twin}; "
            f"{minutes(self.left * factor)} left"
        )

    def end(self, run: Run, took: float) -> None:
        self.left -= run.lasts
        self.foreseen += run.lasts
        self.took += took


def minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


async def measure(chosen: argparse.Namespace, runs: list[Run], record: Record) -> None:
    """All runs; then those that something else disturbed once more, a few. Their void cells stay in the document."""
    played = await measure_each(chosen, runs, record)
    upset = disturbed_of(played)
    again = [] if chosen.quick else upset[: len(runs) // AGAIN + 1]
    if again:
        say(f"{len(upset)} runs were disturbed by what else this machine did; {len(again)} are played again.")
        await measure_each(chosen, again, record)


def disturbed_of(played: list[Played]) -> list[Run]:
    """The runs beside which something else ran, as a gate has found, or as the reference work tells."""
    usual = median([took for _, cells in played for took in cells[0].get("references", ())] or [0.0])
    return [
        run
        for run, cells in played
        if any(disturbed(cell["void"]) for cell in cells)
        or (run.experiment not in COUNTED and off(cells[0].get("references", ()), usual) is not None)
    ]


async def measure_each(chosen: argparse.Namespace, runs: list[Run], record: Record) -> list[Played]:
    """Each of these, in their order, with the cells that came of it."""
    progress, played = Progress(runs), []
    now = reference()
    for run in runs:
        progress.begin(run)
        began, before = time.monotonic(), len(record.document["cells"])
        await play(run, chosen.url, record.document["cells"].append)
        fresh = record.document["cells"][before:]
        earlier, now = now, now if chosen.quick else reference()  # whoever is quick judges nothing by it
        for cell in fresh:
            cell["references"] = [took for took in (earlier, now) if took]
            if cell["void"]:
                say(f"    void: {cell['name']} at {cell['params']['rate']:g}/s: {cell['void']}")
        took = time.monotonic() - began
        name = run.groups[0].name if len(run.groups) == 1 else f"{len(run.groups)} kinds of clients"
        record.document["runs"].append(
            {"experiment": run.experiment, "name": name, "round": run.round, "twin": run.twin, "took": round(took, 2)}
        )
        progress.end(run, took)
        record.keep()
        played.append((run, fresh))
    return played


def needed(runs: list[Run]) -> list[str]:
    return sorted(set().union(*(run.needs for run in runs)))


def without_the_unfit(runs: list[Run]) -> tuple[list[Run], list[str]]:
    """The runs that can be played here, and sentences about the others."""
    left_out = {}
    for name in needed(runs):
        why = lacking(name)
        if not why:
            try:
                install(name)
            except (OSError, subprocess.CalledProcessError) as error:
                why = f"{name} could not be had: {error}"
        if why:
            left_out[name] = why
    return [run for run in runs if not run.needs & left_out.keys()], list(left_out.values())


async def until_told(work: Coroutine[Any, Any, None]) -> bool:
    """Measure until all is done or somebody ends it. Returns whether it was ended."""
    measuring = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, measuring.cancel)
    try:
        await measuring
    except asyncio.CancelledError:
        return True
    return False
