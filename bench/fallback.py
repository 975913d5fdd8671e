"""The fallback table: on every network, where a client ends, how soon, how long nothing comes, and what is lost.

    python -m bench.fallback                                          ours, one seed: two minutes
    python -m bench.fallback --rows 'kill*,mute*' --seeds 3           some rows
    python -m bench.fallback --seeds 20 --who ours,socketio,socketio-ws --json all.json --docs

A feed speaks 20 times a second, straight to the server: a number and the time planned for it. A client comes through
a network (lab/network/gateway.py, by its port) or a real proxy (lab/network/proxies.py) and listens until it has
settled: it hears the feed, and its transport has not changed for --settle s. It has 60 s for that. Measured at the
client:

    ends on        the transport in use at the end
    first message  ms from its start to the first message it hands on
    settled        ms from its start to the last change of transport
    silence        ms, the longest distance between the arrivals of two new messages, or to the end of the run,
                   without the 50 ms that are the feed's own
    lost           numbers between its first and its last one that never came
    repeated       messages the application was given twice

Struck: the same for a client that lives on `direct`, and after 8 s the network is what the row says; settled counts
from then, and only silence after it. `portal` and `silent` let nothing through and become `direct` 6 s later: there
all times count from that heal, and of a silence only the part after it (promised is what follows the first request
after it). In a row that speaks, the client also emits each second.

Over seeds: the median of times, the worst of silence, lost and repeated. Promised for ours: a first message one round
trip and 50 ms after the first request that the network lets through; of silence 0 where a transport on probation fails,
one round trip and 100 ms where something tells that a living one died, 2.5 heartbeats where nothing does, or 2 s if the
person speaks; nothing lost or repeated. Each may be late by 60 ms, or by 20 ms more than a reader with no network
between: the machine is shared. Ours asks for history, so that a newcomer's first answer holds a message.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import os
import platform
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bench import docs
from bench.peers import socketio
from bench.rows import HEAL, HEARS, SPACING, STRIKE, Row, Run, Span, Told, measured, missed, rows
from transport_fallback.client.socket import Socket, io
from transport_fallback.lab.network.gateway import Gateway
from transport_fallback.lab.network.proxies import ROWS as PROXIES
from transport_fallback.lab.network.proxies import find, proxy

ROOT = Path(__file__).resolve().parent.parent
MOST = 60.0  # s a run may take after its start, its strike or its heal
LOOK = 0.02  # s between two looks at a client
UNLIVED = 10.0  # s a strike waits for ws beyond its time
HISTORY = 5  # messages; presence news is among them
LIFE = ("connect", "disconnect", "switch", "reconnect")
WHO = {
    "ours": "Ours, the Python client",
    "socketio": "python-socketio with socket.io-client: polling first, then an upgrade (its default)",
    "socketio-ws": "python-socketio with socket.io-client: WebSocket first, `tryAllTransports`",
}
OWN_PING = ["25", "20"]  # s, of python-socketio


# ---- the servers and the feed


@contextlib.asynccontextmanager
async def started(command: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A server as a process of its own, which Ctrl-C does not reach, ended with the block."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(5):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


class Feed:
    """Speaks on a plan, and listens to itself with no network between."""

    def __init__(self, speaker: Socket) -> None:
        self.speaker = speaker
        self.heard: list[float] = []
        speaker.on("s2c", self._hear)

    def _hear(self, data: Any) -> None:
        if "n" in data:
            self.heard.append(time.monotonic())

    async def speak(self) -> None:
        began, n = time.monotonic(), 0
        while True:
            planned = began + n * SPACING / 1000
            await asyncio.sleep(max(0.0, planned - time.monotonic()))
            self.speaker.emit("c2s", {"n": n, "planned": planned})
            n += 1

    def hitch(self, began: float, ended: float) -> float:
        """ms that the feed was late at most, whatever the reason."""
        times = [at for at in self.heard if began <= at <= ended]
        return max(((b - a) * 1000 - SPACING for a, b in zip(times, times[1:], strict=False)), default=0.0)


@contextlib.asynccontextmanager
async def our_server() -> AsyncIterator[tuple[str, Feed]]:
    """The program as a person starts it, and somebody who speaks straight to it."""
    many = ["--emit-rate", "1000", "--emit-burst", "1000", "--sid-rate", "1000", "--sid-burst", "1000"]
    async with started([sys.executable, "app.py", "--port", "0", *many]) as process:
        assert process.stdout
        found = re.search(rb"http://\S+:\d+", await process.stdout.readline())
        assert found, "the program did not print its address"
        url = found[0].decode()
        async with io(url, use="ws") as speaker:
            await speaker.ready()
            feed = Feed(speaker)
            speaking = asyncio.create_task(feed.speak())
            try:
                yield url, feed
            finally:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)


@contextlib.asynccontextmanager
async def peer_server(ping: list[str]) -> AsyncIterator[tuple[str, None]]:
    """The other library's server, whose feed is its own."""
    await asyncio.to_thread(socketio.install)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    async with started(socketio.server(port, ping)):
        async with asyncio.timeout(15):
            while True:
                with contextlib.suppress(OSError):
                    (await asyncio.open_connection("127.0.0.1", port))[1].close()
                    break
                await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}", None


# ---- one run


@contextlib.asynccontextmanager
async def our_client(url: str, heartbeat: float, speaks: bool) -> AsyncIterator[Told]:
    told = Told(time.monotonic())
    client = io(url, heartbeat=heartbeat, history=HISTORY)

    def hear(data: Any) -> None:
        if "n" in data:
            told.heard.append((time.monotonic(), data["n"]))

    async def look() -> None:
        spoken = time.monotonic()
        while True:
            told.uses(client.transport, time.monotonic())
            if speaks and time.monotonic() >= spoken + 1.0:
                spoken = time.monotonic()
                client.emit("c2s", {"said": "hello"})
            await asyncio.sleep(LOOK)

    client.on("s2c", hear)
    for event in LIFE:
        client.on(event, lambda: told.uses(client.transport, time.monotonic()))
    async with client:
        looking = asyncio.create_task(look())
        try:
            yield told
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            told.decisions = [f"{note.at - told.began:.3f} {note.text}" for note in client.decisions]


class Watch:
    """Strikes and heals the network in its time, and knows when a client has settled."""

    def __init__(self, row: Row, gateway: Gateway | None, told: Told, settle: float, seed: int) -> None:
        self.row, self.gateway, self.told, self.settle, self.seed = row, gateway, told, settle, seed
        self.struck: float | None = None
        self.healed: float | None = None

    @property
    def origin(self) -> float:
        """From when times count."""
        return self.healed or self.struck or self.told.began

    async def look_on(self) -> Span:
        while True:
            now = time.monotonic()
            self._change(now)
            if self._settled(now) or now >= self.origin + MOST:
                came = self.gateway.came if self.gateway and self.healed else []
                asked = next((at for at in came if at >= self.origin), None)
                return Span(self.origin, now, self.struck, self.healed, asked)
            await asyncio.sleep(LOOK)

    def _change(self, now: float) -> None:
        row, lived = self.row, now - self.told.began
        if self.gateway is None:
            return
        if row.struck and self.struck is None:
            if lived >= STRIKE and (self.told.using in ("ws", "websocket") or lived >= STRIKE + UNLIVED):
                self.gateway.change(row.network, self.seed)
                self.struck = now
        elif row.dark and self.healed is None and now >= self.origin + HEAL:
            self.gateway.change("direct")
            self.healed = now

    def _settled(self, now: float) -> bool:
        row, told = self.row, self.told
        if told.using is None or (row.struck and self.struck is None) or (row.dark and self.healed is None):
            return False
        if not told.heard or now >= told.heard[-1][0] + HEARS:
            return False
        return now >= max(told.changes[-1][0], self.origin + row.event) + self.settle


@dataclass(frozen=True)
class Result:
    who: str
    row: Row
    seed: int
    run: Run
    missed: list[str]
    decisions: list[str]
    changes: list[tuple[float, str | None]]


async def ran(who: str, row: Row, seed: int, server: str, feed: Feed | None, chosen: argparse.Namespace) -> Result:
    """One client through one row."""
    gateway = None if row.proxy else Gateway("direct" if row.struck else row.network, server, seed=seed)
    async with contextlib.AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway or proxy(row.network, to=server))
        if who == "ours":
            client = our_client(url, chosen.heartbeat, row.speaks)
        else:
            client = socketio.client(url, "first" if who == "socketio-ws" else "default", row.speaks)
        async with client as told:
            span = await Watch(row, gateway, told, chosen.settle, seed).look_on()
    if feed:
        span = Span(**{**asdict(span), "hitch": feed.hitch(told.began, span.ended)})
    run = measured(told, span, chosen.settle)
    changes = [(round(at - told.began, 3), transport) for at, transport in told.changes]
    broken = missed(row, run) if who == "ours" else []
    return Result(who, row, seed, run, broken, told.decisions, changes)


# ---- all runs


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


# ---- telling


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
        "command": " ".join(["python -m bench.fallback", *map(shlex.quote, arguments)]),
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


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fallback", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--who", type=listed, default=["ours"], help=f"some of {','.join(WHO)}")
    parser.add_argument("--rows", type=listed, default=[], help="patterns of names: 'kill,mute*,*struck'")
    parser.add_argument("--list", action="store_true", help="only name the rows")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row of ours, with the seeds 1, 2, …")
    parser.add_argument("--peer-seeds", type=int, default=1, help="the same for the others")
    parser.add_argument("--settle", type=float, default=10.0, help="s without a change of transport that end a run")
    parser.add_argument("--heartbeat", type=float, default=1.0, help="s, of ours")
    parser.add_argument("--peer-ping", type=listed, default=[], help="INTERVAL,TIMEOUT in s; without it their own")
    parser.add_argument("--at-once", type=int, default=12, help="runs side by side")
    parser.add_argument("--json", type=Path, help="write everything there")
    parser.add_argument("--strict", action="store_true", help="end with 1 where ours misses a promise")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/fallback.md")
    chosen = parser.parse_args(arguments)
    if unknown := [who for who in chosen.who if who not in WHO]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WHO)}")
    if not rows(chosen.heartbeat, chosen.rows):
        parser.error("no row has such a name: --list names them")
    if len(chosen.peer_ping) not in (0, 2):
        parser.error("--peer-ping takes two numbers: INTERVAL,TIMEOUT")
    return chosen


def listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def main(arguments: list[str]) -> int:
    chosen = parsed(arguments)
    if chosen.list:
        print("\n".join(row.name for row in rows(chosen.heartbeat, chosen.rows)))
        return 0
    board = Board(chosen)
    about = facts(chosen, arguments)
    with contextlib.suppress(KeyboardInterrupt):  # what was measured is kept
        asyncio.run(board.measure())
    for who in chosen.who:
        if results := [result for result in board.results if result.who == who]:
            print(f"\n{WHO[who]} (times in ms)\n{text_table(table_of(results, who == 'ours'))}", flush=True)
    if chosen.json:
        chosen.json.write_text(as_json(board, about), "utf-8")
    if chosen.docs:
        print(docs.put("fallback", markdown(board, about), docs.DOCS / "fallback.md"), file=sys.stderr)
    for failure in board.failures:
        print(f"failed: {failure}", file=sys.stderr)
    broken = chosen.strict and any(result.missed for result in board.results)
    return 1 if board.failures or broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
