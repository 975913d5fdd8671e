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

    def __init__(self, places: asyncio.Semaphore, given: Callable[[], None] = lambda: None) -> None:
        self.places, self.given = places, given
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
            self.given()


@dataclass
class Board:
    """What was measured so far, and what went wrong."""

    chosen: argparse.Namespace
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
    results: list[Result] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # sentences

    async def measure(self) -> None:
        """One after the other; the next begins as soon as of this one nothing is left that is timed to the ms."""
        async with asyncio.TaskGroup() as group:
            for tuning in self.chosen.tuning:
                for who in self.chosen.who:
                    timed = asyncio.Event()
                    group.create_task(self.measure_who(who, tuning, timed))
                    await timed.wait()

    async def measure_who(self, who: str, tuning: str, timed: asyncio.Event) -> None:
        try:
            if lacking := "" if who == OURS else PEERS[who].lacking():
                return self.leave_out(lacking)
            serving = our_server() if who == OURS else peer_server(PEERS[who], tuning == TUNED)
            async with serving as (server, feed):
                await self.measure_one(who, tuning, server, feed, timed)
        except (OSError, subprocess.CalledProcessError) as error:
            self.failures.append(f"{who}, {tuning}: {type(error).__name__}: {error}")
        finally:
            timed.set()

    def plans(self, who: str, tuning: str, server: str) -> list[Plan]:
        """Every run of one client, each with the same seeds for everybody; what takes long goes first."""
        table = [row for row in self.rows(tuning) if self.possible(row)]
        table.sort(key=lambda row: not row.long)
        ends = self.chosen.settle, self.chosen.most
        return [
            Plan(who, tuning, row, seed, *ends, client_command(who, server, tuning, row.speaks))
            for seed in range(1, self.chosen.seeds + 1)
            for row in table
        ]

    def rows(self, tuning: str) -> list[Row]:
        """Those that were asked for; without a wish all, and of the tuned those where it can be seen."""
        every = rows(HEARTBEAT[tuning], self.chosen.rows)
        return [row for row in every if self.chosen.rows or tuning != TUNED or row.untold]

    async def measure_one(self, who: str, tuning: str, server: str, feed: Feed | None, timed: asyncio.Event) -> None:
        plans = self.plans(who, tuning, server)
        left = len(plans)
        places = asyncio.Semaphore(self.chosen.at_once)
        began, done, said = time.monotonic(), 0, 0.0

        def given() -> None:
            nonlocal left
            left -= 1
            if not left:
                timed.set()

        async def one(plan: Plan) -> None:
            nonlocal done, said
            async with Turn(places, given) as turn:
                try:
                    self.results.append(await ran(plan, server, feed, turn.give))
                except Exception as error:  # of this run: the others go on
                    told = f"{type(error).__name__}: {error}"
                    self.failures.append(f"{who}, {tuning}, {plan.row.name}, seed {plan.seed}: {told}")
            done += 1
            now = time.monotonic()
            if now >= said + 5.0 or done == len(plans):
                said = now
                more = (now - began) / done * (len(plans) - done)
                self.say(f"{who}, {tuning}: {done} of {len(plans)} runs, about {more:.0f} s left")

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
