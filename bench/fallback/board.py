"""The board: all runs, so many at once, what they measured and what went wrong."""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.fallback.rows import Row, rows
from bench.fallback.run import Result, ran
from bench.fallback.servers import Feed, our_server, peer_server
from bench.peers import socketio
from transport_fallback.lab.network.proxies import ROWS as PROXIES
from transport_fallback.lab.network.proxies import find


@dataclass
class Board:
    """What was measured so far, and what went wrong."""

    chosen: argparse.Namespace
    say: Callable[[str], None] = lambda text: print(text, file=sys.stderr, flush=True)
    results: list[Result] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # sentences

    async def measure(self) -> None:
        for who in self.chosen.who:
            lacking = "" if who == "ours" else socketio.lacking()
            if lacking:
                self.leave_out(f"{who}: {lacking}")
                continue
            serving = our_server() if who == "ours" else peer_server(self.chosen.peer_ping)
            try:
                async with serving as (server, feed):
                    await self.measure_one(who, server, feed)
            except (OSError, subprocess.CalledProcessError) as error:
                self.failures.append(f"{who}: {type(error).__name__}: {error}")

    async def measure_one(self, who: str, server: str, feed: Feed | None) -> None:
        count = self.chosen.seeds if who == "ours" else self.chosen.peer_seeds
        table = [row for row in rows(self.chosen.heartbeat, self.chosen.rows) if self.possible(row)]
        table.sort(key=lambda row: not row.chance)  # the longest first
        turn = asyncio.Semaphore(self.chosen.at_once)
        began, done, total, said = time.monotonic(), 0, len(table) * count, 0.0

        async def one(row: Row, seed: int) -> None:
            nonlocal done, said
            async with turn:
                try:
                    self.results.append(await ran(who, row, seed, server, feed, self.chosen))
                except Exception as error:  # of this run: the others go on
                    self.failures.append(f"{who}, {row.name}, seed {seed}: {type(error).__name__}: {error}")
            done += 1
            now = time.monotonic()
            if now >= said + 5.0 or done == total:
                said = now
                left = (now - began) / done * (total - done)
                self.say(f"{who}: {done} of {total} runs, about {left:.0f} s left")

        async with asyncio.TaskGroup() as group:
            for seed in range(1, count + 1):
                for row in table:
                    group.create_task(one(row, seed))
                    await asyncio.sleep(0.05)  # not all in one instant

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
