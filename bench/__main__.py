"""The load comparison: python -m bench

    python -m bench                          all experiments, E1 to E9: three quarters of an hour, and a report
    python -m bench --quick                  the same in short: two minutes, one round, no browser, no other libraries
    python -m bench --only E2,E4 --rounds 7  some of them, as often as you like
    python -m bench --transport ws,longpoll --clients 100 --rate 10 --rtt 0.05 --seconds 5
                                             a comparison of your own; --url: on a server of your own

Each run has a fresh server and a generator, each on a core of its own. The rounds are interleaved: every round plays
all experiments, in an order that is drawn anew. What was measured is kept when Ctrl-C ends it. Leave the machine alone
meanwhile: what something else disturbs is void. Some of such runs are played once more in the end.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import random
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.experiments import PEERS, Group, Run, Step, everything
from bench.load.cells import cell_of
from bench.load.gates import disturbed
from bench.load.servers import (
    ADDRESS,
    GENERATOR_CORE,
    SERVER_CORE,
    SETTINGS,
    Server,
    Unfit,
    install,
    lacking,
    serving,
    version_of,
)
from bench.report import page as report

ROOT = Path(__file__).resolve().parent.parent
VERSION = 1
LINE = 1 << 26  # bytes of the longest line a generator may write
AGAIN = 10  # of so many runs one may be played again
OVERDUE = 3.0  # times what a run should last, and then some
PACKAGES = ("starlette", "uvicorn", "websockets", "sse-starlette", "httptools", "uvloop", "msgspec", "hdrhistogram")
TRANSPORTS = ("poll", "longpoll", "sse", "ws")
OWN = ("transport", "clients", "rate", "interval", "rtt", "seconds", "url")  # what asks for a comparison of one's own


# ---- what is to be done


def options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", metavar="E1,E2", help="these experiments")
    add("--quick", action="store_true", help="shorter, one round, without a browser and other libraries")
    add("--rounds", type=int, metavar="N", help="how often each is played")
    add("--seed", type=int, default=1, help="of the order and of the feeds")
    add("--no-peers", action="store_true", help="leave the other libraries out")
    add("--out", type=Path, default=Path("bench-report"), metavar="DIR", help="where the report goes (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="where the raw result goes (DIR/bench.json)")
    own = parser.add_argument_group("a comparison of your own")
    own.add_argument("--transport", metavar="T,T", help="of poll, longpoll, sse, ws")
    own.add_argument("--clients", type=int, metavar="N")
    own.add_argument("--rate", type=float, metavar="R", help="messages a second for each client")
    own.add_argument("--interval", type=float, metavar="S", help="s between two polls")
    own.add_argument("--rtt", type=float, metavar="S", help="s of a round trip, put in by the clients")
    own.add_argument("--seconds", type=float, metavar="S", help="measured")
    own.add_argument("--url", metavar="URL", help="a server that runs already, instead of ours")
    chosen = parser.parse_args(arguments)
    known = everything()
    names = [name.strip().upper() for name in (chosen.only or "").split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no experiment {unknown[0]}; there are {', '.join(known)}")
    wrong = [name for name in (chosen.transport or "").split(",") if name and name not in TRANSPORTS]
    if wrong:
        parser.error(f"there is no transport {wrong[0]}; there are {', '.join(TRANSPORTS)}")
    for name in ("rounds", "clients", "rate", "interval", "seconds"):
        value = getattr(chosen, name)
        if value is not None and value <= 0:
            parser.error(f"--{name} must be more than nought")
    if chosen.rtt is not None and not 0 <= chosen.rtt <= 10:
        parser.error("--rtt is s, from 0 to 10")
    if chosen.url is not None and not ADDRESS.fullmatch(chosen.url):
        parser.error(f"{chosen.url} is no address like http://127.0.0.1:3000")
    chosen.own = any(getattr(chosen, name) is not None for name in OWN)
    if chosen.own and names:
        parser.error("--only plays experiments as they are: leave it out for a comparison of your own")
    chosen.names = names or list(known)
    return chosen


def own_runs(chosen: argparse.Namespace) -> list[Run]:
    """The comparison that the command line describes: one run for each transport."""
    step = Step(rate=chosen.rate or 5.0, seconds=chosen.seconds or 5.0)
    runs = []
    for transport in (chosen.transport or ",".join(TRANSPORTS)).split(","):
        polls = transport == "poll"
        clients = chosen.clients or 20
        group = Group(
            transport,
            transport,
            clients=clients,
            probes=min(50, clients),
            interval=(chosen.interval or 1.0) if polls else None,
            mode="rate" if polls else None,
            rtt=chosen.rtt or 0.0,
        )
        runs.append(Run("own", (group,), (step,), server="url" if chosen.url else "ours"))
    return runs


def planned(chosen: argparse.Namespace) -> list[Run]:
    """All runs, round by round, each round in an order of its own."""
    luck = random.Random(chosen.seed)
    rounds: dict[int, list[Run]] = {}
    if chosen.own:
        for number in range(chosen.rounds or 1):
            rounds[number] = [replace(run, round=number) for run in own_runs(chosen)]
    else:
        known = everything()
        for one in (known[name] for name in chosen.names):
            count = chosen.rounds or (one.quick_rounds if chosen.quick else one.rounds)
            for number in range(count):
                runs = one.planned(number, chosen.quick)
                if chosen.quick or chosen.no_peers:
                    runs = [run for run in runs if run.server not in PEERS]
                rounds.setdefault(number, []).extend(runs)
    for number, runs in rounds.items():
        luck.shuffle(runs)
        # The same plan for the twin as for its double, another one in each round.
        rounds[number] = [replace(run, seed=run.seed + 1000 * (chosen.seed + number)) for run in runs]
    return [run for number in sorted(rounds) for run in rounds[number]]


# ---- the document


def machine(others: Iterable[str] = ()) -> dict[str, Any]:
    """What it was measured on, and which `others` beside ours. Nothing that names the machine or its owner."""
    cpu = read_line("/proc/cpuinfo", "model name") or platform.machine()
    memory = read_line("/proc/meminfo", "MemTotal")
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    beside = []
    for name in others:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            beside.append(version_of(name))
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control")
    own = congestion.read_text().strip() if congestion.exists() else "unknown"
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_mib": int(memory.split()[0]) // 1024 if memory else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": versions,
        "others": "; ".join(beside) or None,
        "server": SETTINGS,
        "loop": "uvloop, server and generator",
        "congestion": f"cubic on our connections (the machine's own is {own})",
        "pinned": f"server on core {SERVER_CORE}, generator on core {GENERATOR_CORE}"
        if (os.cpu_count() or 1) > 1
        else "nothing: there is one core",
        "steal_percent": None,
    }


def read_line(path: str, name: str) -> str:
    """What a file of the kernel says after this name; "" if it does not."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    return ""


def stolen() -> tuple[int, int]:
    """Ticks that the host took from us, and all ticks."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return ticks[7], sum(ticks)
    return 0, 0


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


@dataclass
class Record:
    """The document as it grows, kept on disk from run to run."""

    path: Path
    document: dict[str, Any]
    began: tuple[int, int] = field(default_factory=stolen)

    def keep(self) -> None:
        steal, ticks = (end - begin for end, begin in zip(stolen(), self.began, strict=True))
        self.document["ended"] = now()
        self.document["machine"]["steal_percent"] = round(100 * steal / ticks, 2) if ticks else None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.document, separators=(",", ":")) + "\n", encoding="utf-8")
        fresh.replace(self.path)


# ---- playing


async def play(run: Run, url: str | None, keep: Callable[[dict[str, Any]], None]) -> None:
    """One run. Each cell is kept as soon as there is one; those that never came are kept as void, with the reason."""
    told, why = 0, ""
    try:
        async with asyncio.timeout(30 + OVERDUE * run.lasts), serving(run.server, url) as server:
            async with contextlib.aclosing(generate(run, server)) as cells:
                async for cell in cells:
                    told += 1
                    keep(cell)
    except TimeoutError:
        why = "the run took far longer than it should, and was ended"
    except (Unfit, Failed, OSError) as error:
        why = str(error)
    expected = [(group, step) for step in run.steps for group in run.groups]
    for group, step in expected[told:]:
        keep(cell_of(run, group, step, {}, why or "the generator ended before this was measured", None))


class Failed(Exception):
    """The generator could not go on; the sentence says why."""


async def generate(run: Run, server: Server) -> AsyncGenerator[dict[str, Any], None]:
    """Let the generator play it, and hand on its cells. Failed: it could not go on."""
    player = "bench.browser" if run.browser else "bench.load"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", player, server.url, *([str(server.pid)] if server.pid else []),
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
    upset = await measure_each(chosen, runs, record)
    again = [] if chosen.quick else upset[: len(runs) // AGAIN + 1]
    if again:
        say(f"{len(upset)} runs were disturbed by what else this machine did; {len(again)} are played again.")
        await measure_each(chosen, again, record)


async def measure_each(chosen: argparse.Namespace, runs: list[Run], record: Record) -> list[Run]:
    """Each of these, in their order. Returns those that were disturbed."""
    progress, again = Progress(runs), []
    for run in runs:
        progress.begin(run)
        began, before = time.monotonic(), len(record.document["cells"])
        await play(run, chosen.url, record.document["cells"].append)
        fresh = record.document["cells"][before:]
        for cell in fresh:
            if cell["void"]:
                say(f"    void: {cell['name']} at {cell['params']['rate']:g}/s: {cell['void']}")
        took = time.monotonic() - began
        name = run.groups[0].name if len(run.groups) == 1 else f"{len(run.groups)} kinds of clients"
        record.document["runs"].append(
            {"experiment": run.experiment, "name": name, "round": run.round, "twin": run.twin, "took": round(took, 2)}
        )
        progress.end(run, took)
        record.keep()
        if any(disturbed(cell["void"]) for cell in fresh):
            again.append(run)
    return again


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


async def until_told(chosen: argparse.Namespace, runs: list[Run], record: Record) -> bool:
    """Measure until all is done or somebody ends it. Returns whether it was ended."""
    measuring = asyncio.ensure_future(measure(chosen, runs, record))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, measuring.cancel)
    try:
        await measuring
    except asyncio.CancelledError:
        return True
    return False


def main(arguments: list[str]) -> int:
    chosen = options(arguments)
    runs, left_out = without_the_unfit(planned(chosen))
    for sentence in left_out:
        say(sentence)
    settings = {name: value for name, value in vars(chosen).items() if name not in ("out", "json", "own")}
    record = Record(
        chosen.json or chosen.out / "bench.json",
        {
            "version": VERSION,
            "began": now(),
            "ended": None,
            "seed": chosen.seed,
            "quick": chosen.quick,
            "interrupted": False,
            "machine": machine(needed(runs)),
            "settings": settings,
            "left_out": left_out,
            "runs": [],
            "cells": [],
        },
    )
    if (os.cpu_count() or 1) < 2:
        say("There is one core only: server and generator disturb each other, and no load figure means much.")
    if chosen.url and urlsplit(chosen.url).hostname not in ("127.0.0.1", "localhost"):
        say("That server may have another clock than this machine: its latencies are off by the difference.")
    say(f"{len(runs)} runs, about {minutes(sum(run.lasts for run in runs))}. Ctrl-C keeps what was measured.")
    record.document["interrupted"] = asyncio.run(until_told(chosen, runs, record))
    try:
        record.keep()
        print(report.tables(record.document))
        report.write(record.document, chosen.out)
    except OSError as error:
        say(f"The result could not be written: {error}")
        return 1
    void = sum(cell["void"] is not None for cell in record.document["cells"])
    said = "Ended early. " if record.document["interrupted"] else ""
    say(f"{said}{len(record.document['cells'])} cells, {void} of them void. The raw result is {record.path}.")
    return 0 if record.document["cells"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
