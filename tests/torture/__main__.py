"""A storm over the lab, and the verdict on it.

    python -m tests.torture                        a million deliveries and more, in about three minutes
    python -m tests.torture --seconds 20 --seed 7  a shorter one, the same again as far as chance goes
    python -m tests.torture --prove                break the server on purpose, one way after another: each is found

Strangers of their own making (tests/torture/stranger.py) and the Python client read on all transports, through faulty
links too, while the server is killed, stopped and frozen. The server keeps a journal of all it logs; the checker holds
what everybody was given against it. A storm that disturbed nothing is void.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import resource
import secrets
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tests.stranger.http import http
from tests.torture import truth
from tests.torture.checker import check
from tests.torture.listener import Listener
from tests.torture.nemesis import Nemesis
from tests.torture.proof import prove
from tests.torture.stranger import Stranger

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = (
    "lost:0.2",
    "cut:0.2",
    "flaky:1",
    "kill:300",
    "slow:60",
    "buffer",
    "impatient:1",
    "mute",
    "direct",
    "silent",
)
LINKS = 6
SETTLE = 1.5  # s for what a silent network had held back
SHOWN = 20  # faults that are printed


@dataclass
class Verdict:
    faults: list[str]
    deliveries: int
    figures: dict[str, int]

    @property
    def void(self) -> str:
        """Why this storm proves nothing; "" where it does."""
        wanted = ("repeats", "cuts", "gaps", "lives", "messages")
        return ", ".join(name for name in wanted if not self.figures.get(name))

    def __str__(self) -> str:
        lines = [f"{self.deliveries:,} deliveries; " + ", ".join(f"{n:,} {name}" for name, n in self.figures.items())]
        lines += [f"  {count:6} {kind}" for kind, count in Counter(f.partition(":")[0] for f in self.faults).items()]
        return "\n".join(lines + [f"  {fault}" for fault in self.faults[:SHOWN]])


async def torture(tree: Path, seconds: float, seed: int, strangers: int, listeners: int, every: float) -> Verdict:
    """One storm against the server of this tree."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        nemesis = Nemesis(tree, Path(folder) / "journal", seed)
        await nemesis.start(1.7e9)
        try:
            return await storm(nemesis, seconds, seed, strangers, listeners, every)
        finally:
            await nemesis.end()


async def storm(nemesis: Nemesis, seconds: float, seed: int, strangers: int, listeners: int, every: float) -> Verdict:
    ids, calm = itertools.count(1), asyncio.Event()
    ways = [nemesis.url] * 3 + [f"{nemesis.url}/via/~torture{n:03}" for n in range(LINKS)]
    crowd = [Stranger(ways, seed * 1000 + n, ids) for n in range(strangers)]
    library = [Listener(f"client {n}", ways[n % len(ways)], seed * 1000 + n, ids) for n in range(listeners)]
    everybody: list[Stranger | Listener] = [*crowd, *library]
    living = [asyncio.create_task(one.live(calm)) for one in everybody]
    changing = asyncio.create_task(change(nemesis, calm))
    try:
        await nemesis.storm(seconds, every)
        nemesis.quiet()
        calm.set()
        await changing
        await networks(nemesis, lambda: "direct")
        await asyncio.gather(*living)
        await said(library)
        await asyncio.sleep(SETTLE)
        await asyncio.gather(*(one.read_to_the_end() for one in crowd))
        await settled(library, nemesis)
        await asyncio.gather(*(one.socket.close() for one in library))
    finally:
        for task in (*living, changing):
            task.cancel()
        await nemesis.end()
    lives = truth.read(nemesis.journal.read_text().splitlines())
    pages = [page for one in crowd for page in one.transcripts]
    emitted = [emit for one in everybody for emit in one.emitted]
    faults = check(lives, pages, [one.heard for one in library], emitted)
    for listener in library:  # what it thought of its rungs, where it was left behind
        if any(fault.startswith(f"withheld: {listener.heard.name} ") for fault in faults):
            faults += [f"{listener.heard.name}: {note.text}" for note in list(listener.socket.decisions)[-SHOWN:]]
    faults += [f"reported: {line}" for line in nemesis.report.decode(errors="replace").splitlines()[:SHOWN]]
    given = sum(len(one.seqs) for page in pages for one in page.given) + sum(len(one.heard.handed) for one in library)
    tally = Counter[str]()
    for one in crowd:
        tally.update(one.tally)
    figures = {"messages": sum(len(life.said) for life in lives.values()), "lives": len(lives), "sids": len(pages)}
    return Verdict(faults, given, {**figures, **tally, "emits": len(emitted), **nemesis.deeds})


async def said(library: list[Listener]) -> None:
    """Wait until each client of the library is there and has said all it had to say, or had a minute for it."""
    end = time.monotonic() + 60
    while time.monotonic() < end and not all(one.at_rest for one in library):
        await asyncio.sleep(0.1)


async def settled(library: list[Listener], nemesis: Nemesis) -> None:
    """Wait until each client of the library has heard the last message to everyone, or had a minute for it.

    The last is looked for again each time: what one of them said late is logged while the others are waited for.
    """
    end = time.monotonic() + 60
    while time.monotonic() < end:
        epoch, life = list(truth.read(nemesis.journal.read_text().splitlines()).items())[-1]
        last = life.everyone[-1] if life.everyone else 0
        heard = [any(e == epoch and (seq or 0) >= last for e, seq, _ in one.heard.handed[-400:]) for one in library]
        if all(heard) and all(one.at_rest for one in library):
            break
        await asyncio.sleep(0.1)
    for one in library:
        one.heard.finished = True


async def change(nemesis: Nemesis, calm: asyncio.Event) -> None:
    """The links have another network each few seconds."""
    while not calm.is_set():
        await networks(nemesis, lambda: nemesis.luck.choice(NETWORKS))
        try:
            await asyncio.wait_for(calm.wait(), 2.0)
        except TimeoutError:
            continue


async def networks(nemesis: Nemesis, choose: object) -> None:
    assert callable(choose)
    for n in range(LINKS):
        body = f'{{"network":"{choose()}"}}'.encode()
        headers = [("Content-Type", "application/json")]
        try:
            await http(nemesis.url, "PUT", f"/via/~torture{n:03}", headers=headers, body=body)
        except (OSError, TimeoutError, ValueError, IndexError):
            return  # the server is away: the next time


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--seconds", type=float, default=150.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--strangers", type=int, default=60)
    parser.add_argument("--listeners", type=int, default=20)
    parser.add_argument("--every", type=float, default=8.0, help="s between two strikes at the server, about")
    parser.add_argument("--tree", type=Path, default=ROOT, help="whose server is tortured")
    parser.add_argument("--prove", action="store_true", help="break the server on purpose: is each found?")
    options = parser.parse_args()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if soft < hard else soft, hard))
    if options.prove:
        return prove()
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    verdict = asyncio.run(
        torture(options.tree, options.seconds, seed, options.strangers, options.listeners, options.every)
    )
    print(verdict)
    if verdict.void:
        print(f"void: no {verdict.void}")
    print(f"{len(verdict.faults)} faults")
    return 1 if verdict.faults or verdict.void else 0


if __name__ == "__main__":
    sys.exit(main())
