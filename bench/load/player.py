"""The player: plays one run and tells its cells.

A cell's latencies run from the time a message was planned for, which is in it, to the turn in which its bytes were
handed to the client. What is counted is counted between two moments of the steady state; the feed goes on a plan that
waits for nobody, and messages that never came are counted as at least as late as the end of the waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bench.experiments import Group, Run, Step
from bench.load.ask import http
from bench.load.cells import cell_of, histogram, latencies, nearest
from bench.load.crew import Crew
from bench.load.feeds import Feed, drawn
from bench.load.figures import Measuring
from bench.load.fronts import Front
from bench.load.gates import Facts, judge
from bench.load.heads import Heads
from bench.load.lag import Lag
from bench.load.wire import Lane, Way
from transport_fallback.lab.feed import LEAD, Wish

BIN = 0.1  # s, of the herd's requests
BACK = 6.0  # s the herd is watched after the drop
Say = Callable[[dict[str, Any]], None]


class Player(Measuring):
    """Plays one run."""

    def __init__(
        self,
        run: Run,
        url: str,
        pid: int | None,
        say: Say,
        ask: Callable[[str], Awaitable[int | None]],
        front: Front | None = None,
        heads: Heads | None = None,
    ):
        super().__init__(run, pid, front)
        self.say, self.ask = say, ask
        parts = urlsplit(url)
        self.host, self.port, self.prefix = parts.hostname or "127.0.0.1", parts.port or 80, parts.path.rstrip("/")
        self.way = Way(self.host, self.port, self.prefix)
        self.loop = asyncio.get_running_loop()
        self.crew = partial(self._crew, {}, urlsplit(front.url if front else url), heads)
        self.crews = [self.crew(group) for group in run.groups]
        self.parts: dict[str, int] = {}  # of memory before anybody came, where the server tells whose it is

    def _crew(self, lanes: dict[float, Lane], to: SplitResult, heads: Heads | None, group: Group) -> Crew:
        """The clients come to the front, if there is one; what is ordered of the server is ordered of it."""
        host, port, secure = to.hostname or "127.0.0.1", to.port or 80, to.scheme == "https"
        return Crew(group, self.run, host, port, self.prefix, lanes, secure=secure, heads=heads)

    async def play(self) -> None:
        lag = Lag()
        try:
            if self.run.idle:
                await self._settle()
            self.bared()
            self.parts = await self._parts()
            if any(crew.group.transport == "tcp" for crew in self.crews):
                await self._find_tcp()
            await asyncio.gather(*(crew.connect() for crew in self.crews))
            if self.run.rooms > 1:
                await self._enter()
            gc.collect()
            gc.freeze()
            gc.disable()  # its pauses are not the server's
            for number, step in enumerate(self.run.steps):
                if self.run.restart:
                    await self._restarted(step, lag)
                elif self.run.groups[0].direction == "up":
                    for n in range(len(self.crews)):
                        await self._up(n, step, lag)
                else:
                    await self._step(number, step, lag)
        finally:
            gc.enable()
            gc.unfreeze()
            lag.stop()
            for crew in self.crews:
                crew.close()
            await asyncio.sleep(0.05)

    async def _settle(self) -> None:
        """Let the server do once what it does for the first time, so that no client is charged for it."""
        first = self.crew(self.run.groups[0])
        first.clients = first.clients[:20]
        await first.connect()
        first.close()
        await asyncio.sleep(0.3)

    async def _parts(self) -> dict[str, int]:
        """Bytes of the server's memory by whose they are; nothing where it does not tell."""
        if self.run.server != "traced":
            return {}
        status, told = await http(self.way, "GET", f"{self.prefix}/lab/parts")
        if status != 200 or not isinstance(told, dict):
            raise OSError(f"the server does not tell whose its memory is: {status}")
        return told

    async def _find_tcp(self) -> None:
        """Ask at which port the server speaks without HTTP."""
        status, told = await http(self.way, "GET", f"{self.prefix}/lab/tcp")
        if status != 200 or not isinstance(told, dict):
            raise OSError(f"the server does not speak bare TCP: {status} {told}")
        for crew in self.crews:
            if crew.group.transport == "tcp":
                crew.move(int(told["port"]))

    async def _enter(self) -> None:
        """Each client into its room."""
        for crew in self.crews:
            for n, client in enumerate(crew.clients):
                emit = {"n": 1, "event": "join", "data": {"room": f"room {crew.rooms[n]}"}}
                status, told = await http(self.way, "POST", f"{self.prefix}/emit", {"emits": [emit]}, client.sid)
                if status != 200 or "error" in (told or {}).get("acks", [{}])[0]:
                    client.faults.append(f"could not enter its room: {status} {told}")

    # ---- one step

    async def _order(self, step: Step, number: int) -> list[Feed]:
        """Order the feeds, one for each room."""
        feeds = []
        wish = Wish(step.rate, step.shape, step.size, seconds=step.warm + step.seconds)
        if step.filling != "x":
            await http(self.way, "POST", f"{self.prefix}/lab/filling", {"filling": step.filling})
        heard = {tuple(sorted(set(crew.rooms))) for crew in self.crews}
        feeds_drawn = drawn(wish, step.warm, f"{self.run.seed} {number}", self.run.rooms, heard)
        for room, (seed, dues) in enumerate(feeds_drawn):
            feeds.append(await self._begun(wish, room, seed, dues))
            self._listen(room, feeds[-1], step.warm)
        return feeds

    def _listen(self, room: int, feed: Feed, warm: float) -> None:
        """From now on this feed is heard, and counts after `warm` s of it."""
        first = next((n for n, due in enumerate(feed.dues) if due >= warm - 1e-9), len(feed.dues))
        for crew in self.crews:
            crew.ears[room].listen(feed.name, first)
            for client in crew.clients:
                client.next = client.lost = client.repeated = 0

    async def _begun(self, wish: Wish, room: int, seed: int, dues: list[float]) -> Feed:
        """One feed, ordered of the server."""
        order: dict[str, Any] = {
            "rate": wish.rate,
            "shape": wish.shape,
            "size": wish.size,
            "seconds": wish.seconds,
            "seed": seed,
        }
        order["room"] = f"room {room}" if self.run.rooms > 1 else None
        status, told = await http(self.way, "POST", f"{self.prefix}/lab/feed", order)
        if status != 201 or not isinstance(told, dict):
            raise OSError(f"the server gives no feed: {status} {told}; one that is not this lab needs a --script")
        return Feed(str(told["feed"]), seed, time.time() + LEAD, dues)

    async def _step(self, number: int, step: Step, lag: Lag) -> None:
        feeds = await self._order(step, number) if step.rate and self.run.server != "kaazing" else []
        began = feeds[0].began if feeds else time.time()
        for crew in self.crews:
            if crew.group.cut is not None:
                crew.keep_coming()
                crew.cut_now_and_then()
            if crew.sinks:
                crew.sinks.keep(False)
        # Between two messages, so that as many are counted as are timed.
        between = max(crew.group.rtt for crew in self.crews) / 2 - (min(0.1, 0.3 / step.rate) if step.rate else 0.0)
        await asyncio.sleep(began + step.warm + between - time.time())
        mark = len(lag.late)
        before = self._look()
        await asyncio.sleep(began + step.warm + step.seconds * 0.8 + between - time.time())
        for crew in self.crews:
            if crew.sinks:
                crew.sinks.keep(True, step.size)
        await asyncio.sleep(began + step.warm + step.seconds + between - time.time())
        after = self._look()
        late = lag.since(mark)
        for crew in self.crews:
            crew.stop_cutting()
        missing = await self._drained(step, feeds) if feeds else [0] * len(self.crews)
        held = await self._parts()
        for n, crew in enumerate(self.crews):
            cell = self._cell(crew, n, step, feeds, before, after, late, missing[n])
            if held:  # tracing takes memory itself
                each = {part: (held[part] - self.parts.get(part, 0)) / crew.group.clients for part in held}
                cell["figures"] |= {"parts": each, "memory_per_client": None}
            self.say({"cell": cell})
        if any(missing) and step is not self.run.steps[-1]:
            await self._quiet(feeds)

    async def _drained(self, step: Step, feeds: list[Feed]) -> list[int]:
        """Wait until all have heard the last message, or the time is up. How many messages each crew misses."""
        latest = max(max(c.group.rtt * 2, (c.group.interval or 0.0) * 1.2, c.group.offline if c.group.cut else 0.0)
                     for c in self.crews)  # fmt: skip
        until = feeds[0].began + step.warm + step.seconds + latest + step.slack
        while True:
            missing = [self._missing(crew, feeds) for crew in self.crews]
            if not any(missing) or time.time() >= until:
                return missing
            await asyncio.sleep(0.02)

    def _missing(self, crew: Crew, feeds: list[Feed]) -> int:
        if crew.group.variant == "kaazing":
            return 0
        missing = 0
        for n, client in enumerate(crew.probes):
            missing += max(0, len(feeds[crew.probed[n]].dues) - client.next)
        if crew.sinks:
            last = b'"feed":"%b","n":%d,' % (feeds[0].name.encode(), len(feeds[0].dues) - 1)
            missing += crew.sinks.without(last)
        return missing

    async def _quiet(self, feeds: list[Feed]) -> None:
        """Stop what still speaks, and wait until nothing is under way any more."""
        with contextlib.suppress(OSError):
            for feed in feeds:
                await http(self.way, "DELETE", f"{self.prefix}/lab/feed/{feed.name}")
        heard, still = -1, 0
        for _ in range(100):
            now = sum(client.next for crew in self.crews for client in crew.probes)
            now += sum(crew.sinks.down for crew in self.crews if crew.sinks)
            still = still + 1 if now == heard else 0
            if still == 4:
                return
            heard = now
            await asyncio.sleep(0.1)

    # ---- the way up

    async def _up(self, n: int, step: Step, lag: Lag) -> None:
        """The clients speak; the server tells how late it heard each."""
        crew = self.crews[n]
        for k, client in enumerate(crew.clients):
            client.speak(step.rate, step.size, step.warm / 4 + k / len(crew.clients) / step.rate)  # type: ignore[attr-defined]
        await asyncio.sleep(step.warm)
        mark, before = len(lag.late), self._look()
        await http(self.way, "GET", f"{self.prefix}/lab/up")
        await asyncio.sleep(step.seconds)
        after = self._look()
        _status, told = await http(self.way, "GET", f"{self.prefix}/lab/up")
        for client in crew.clients:
            client.hush()  # type: ignore[attr-defined]
        await asyncio.sleep(crew.group.rtt + 0.1)
        figures = self._figures(crew, n, step, before, after)
        old, new = before["counts"][n], after["counts"][n]
        late, said, acks = (
            [ms / 1000 for ms in told["late"]],
            after["said"][n] - before["said"][n],
            new.answers - old.answers,
        )
        # What is around the text of a message: a frame and its mask, or the heads of a POST and of its answer.
        around = (new.up - old.up - new.payload_up + old.payload_up) / said if said else 0.0
        around += (new.head_down - old.head_down) / acks if acks else 0.0
        figures |= {"sent": said, "delivered": len(late), "overhead_up": around or None}
        figures |= latencies(late)
        figures["generator_lag_p99"], figures["generator_lag_p999"] = lag.since(mark)
        facts = Facts(len(crew.clients), crew.connected, spoken=False, timed=False, cpu=figures["generator_cpu"])
        facts.faults = crew.faults()
        self.say({"cell": cell_of(self.run, crew.group, step, figures, judge(facts), histogram(late))})

    # ---- the herd

    async def _restarted(self, step: Step, lag: Lag) -> None:
        """The server goes, and another comes in its place: who knocks when, and when are they back?"""
        (crew,) = self.crews
        await asyncio.sleep(step.warm)
        crew.keep_coming()
        for client in crew.clients:
            client.attempts, client.backs = [], []
        mark, own, began = len(lag.late), time.process_time(), self.loop.time()
        self.pid = await self.ask("restart")
        gone = self.loop.time() - began
        await asyncio.sleep(BACK)
        spent = self.loop.time() - began
        knocks = Counter(int((at - began) / BIN) for client in crew.clients for at in client.attempts)
        requests = [knocks.get(k, 0) for k in range(max(knocks, default=0) + 1)]
        backs = sorted(client.backs[-1] - began - gone for client in crew.clients if client.backs)
        figures: dict[str, Any] = {
            "requests_by_100ms": requests,
            "requests": sum(requests),
            "peak": max(requests, default=0),
            "peak_back": max(requests[int(gone / BIN) :], default=0),
            "up_after": gone,
            "back": len(backs),
            "back_p50": nearest(backs, 0.5),
            "back_p99": nearest(backs, 0.99),
            "generator_lag_p999": lag.since(mark)[1],
            "generator_cpu": (time.process_time() - own) / spent,
        }
        facts = Facts(len(crew.clients), crew.connected, spoken=False, timed=False, cpu=figures["generator_cpu"])
        facts.faults = crew.faults()
        self.say({"cell": cell_of(self.run, crew.group, step, figures, judge(facts), None)})
