"""The board: all runs, so many at once, what they measured and what went wrong."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from bench.fallback.peers import PEERS
from bench.fallback.rows import Row, rows
from bench.fallback.run import Plan, Result, ran
from bench.fallback.servers import Feed, our_server, peer_server
from bench.fallback.who import HEARTBEAT, OURS, TUNED, client_command
from transport_fallback.lab.network.proxies import ROWS as PROXIES
from transport_fallback.lab.network.proxies import find


class Turn:
    """One of the places of those who are timed to the ms, given back once at most."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self.places = places
        self.has = False

    async def __aenter__(self) -> Self:
        self.has = await self.places.acquire()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.give()

    def give(self) -> None:
        if self.has:
            self.has = False
            self.places.release()


@dataclass
class Board:
    """What was measured so far, and what went wrong."""

    chosen: argparse.Namespace
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
    results: list[Result] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # sentences

    async def measure(self) -> None:
        for tuning in self.chosen.tuning:
            for who in self.chosen.who:
                if lacking := "" if who == OURS else PEERS[who].lacking():
                    self.leave_out(lacking)
                    continue
                serving = our_server() if who == OURS else peer_server(PEERS[who], tuning == TUNED)
                try:
                    async with serving as (server, feed):
                        await self.measure_one(who, tuning, server, feed)
                except (OSError, subprocess.CalledProcessError) as error:
                    self.failures.append(f"{who}: {type(error).__name__}: {error}")

    def plans(self, who: str, tuning: str, server: str) -> list[Plan]:
        """Every run of one client, each with the same seeds for everybody; what takes long goes first."""
        table = [row for row in self.rows(tuning) if self.possible(row)]
        table.sort(key=lambda row: not row.long)
        return [
            Plan(who, tuning, row, seed, self.chosen.settle, client_command(who, server, tuning, row.speaks))
            for seed in range(1, self.chosen.seeds + 1)
            for row in table
        ]

    def rows(self, tuning: str) -> list[Row]:
        """Those that were asked for; without a wish all, and of the tuned those where it can be seen."""
        every = rows(HEARTBEAT[tuning], self.chosen.rows)
        return [row for row in every if self.chosen.rows or tuning != TUNED or row.untold]

    async def measure_one(self, who: str, tuning: str, server: str, feed: Feed | None) -> None:
        plans = self.plans(who, tuning, server)
        places = asyncio.Semaphore(self.chosen.at_once)
        began, done, total, said = time.monotonic(), 0, len(plans), 0.0

        async def one(plan: Plan) -> None:
            nonlocal done, said
            async with Turn(places) as turn:
                try:
                    self.results.append(await ran(plan, server, feed, turn.give))
                except Exception as error:  # of this run: the others go on
                    told = f"{type(error).__name__}: {error}"
                    self.failures.append(f"{who}, {tuning}, {plan.row.name}, seed {plan.seed}: {told}")
            done += 1
            now = time.monotonic()
            if now >= said + 5.0 or done == total:
                said = now
                left = (now - began) / done * (total - done)
                self.say(f"{who}, {tuning}: {done} of {total} runs, about {left:.0f} s left")

        async with asyncio.TaskGroup() as group:
            for plan in plans:
                group.create_task(one(plan))

    def possible(self, row: Row) -> bool:
        if not row.proxy:
            return True
        try:
            find(PROXIES[row.network].program)
        except FileNotFoundError as error:
            self.leave_out(f"{row.network}: {error}")
            return False
        return True

    def leave_out(self, why: str) -> None:
        if why not in self.left_out:
            self.left_out.append(why)
            self.say(why)
