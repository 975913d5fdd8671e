"""The load generator: a process of its own, on a core of its own, that plays one run and tells its cells.

    python -m bench.load --calibrate        how many WebSocket deliveries a second its sinks can take
    echo RUN | python -m bench.load URL PID (what `python -m bench` does)

A cell's latencies run from the time a message was planned for, which is in it, to the turn in which its bytes were
handed to the client. What is counted is counted between two moments of the steady state; the feed goes on a plan that
waits for nobody, and messages that never came are counted as at least as late as the end of the waiting.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import fields
from functools import partial
from typing import Any
from urllib.parse import SplitResult, urlsplit

import uvloop

from bench.experiments import Group, Run, Step, run_of
from bench.load.ask import http
from bench.load.cells import cell_of, histogram, latencies, nearest
from bench.load.crew import Crew, told_when
from bench.load.feeds import Feed, drawn
from bench.load.fronts import Front
from bench.load.gates import Facts, judge
from bench.load.heads import Heads
from bench.load.lag import Lag
from bench.load.servers import GENERATOR_CORE, cpu_of, memory_of, pin, waited_of
from bench.load.sinks import calibrate
from bench.load.wire import Counts, Lane, Way
from transport_fallback.lab.feed import LEAD, Wish

BIN = 0.1  # s, of the herd's requests
BACK = 6.0  # s the herd is watched after the drop
Say = Callable[[dict[str, Any]], None]


class Player:
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
        self.run, self.pid, self.say, self.ask, self.front = run, pid, say, ask, front
        parts = urlsplit(url)
        self.host, self.port, self.prefix = parts.hostname or "127.0.0.1", parts.port or 80, parts.path.rstrip("/")
        self.way = Way(self.host, self.port, self.prefix)
        self.loop = asyncio.get_running_loop()
        self.crew = partial(self._crew, {}, urlsplit(front.url if front else url), heads)
        self.crews = [self.crew(group) for group in run.groups]
        self.single = len(self.crews) == 1
        self.bare: int | None = None  # memory before anybody came
        self.parts: dict[str, int] = {}  # of it, where the server tells whose it is
        self.front_pid = front.pid if front else None
        self.bare_front: int | None = None

    def _crew(self, lanes: dict[float, Lane], to: SplitResult, heads: Heads | None, group: Group) -> Crew:
        """The clients come to the front, if there is one; what is ordered of the server is ordered of it."""
        host, port, secure = to.hostname or "127.0.0.1", to.port or 80, to.scheme == "https"
        return Crew(group, self.run, host, port, self.prefix, lanes, secure=secure, heads=heads)

    async def play(self) -> None:
        lag = Lag()
        try:
            if self.run.idle:
                await self._settle()
            self.bare, self.parts = memory_of(self.pid), await self._parts()
            self.bare_front = memory_of(self.front_pid)
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

    def _look(self) -> dict[str, Any]:
        return {
            "at": time.monotonic(),
            "server": cpu_of(self.pid),
            "waited": waited_of(self.pid),
            "own": time.process_time(),
            "memory": memory_of(self.pid) if self.run.idle else None,
            "front": cpu_of(self.front_pid),
            "front_memory": memory_of(self.front_pid) if self.run.idle else None,
            "counts": [crew.counted() for crew in self.crews],
            "sinks": [crew.sinks.down if crew.sinks else 0 for crew in self.crews],
            "said": [sum(client.n for client in crew.clients) for crew in self.crews],
        }

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

    # ---- figures

    def _cell(
        self,
        crew: Crew,
        n: int,
        step: Step,
        feeds: list[Feed],
        before: Any,
        after: Any,
        late: tuple[float, float],
        missing: int,
    ) -> dict[str, Any]:
        group, run = crew.group, self.run
        first = [next((k for k, due in enumerate(feed.dues) if due >= step.warm - 1e-9), 0) for feed in feeds]
        sent = [len(feed.dues) - k for feed, k in zip(feeds, first, strict=True)]
        ages = self._ages(crew, feeds, first)
        figures, facts = self._figures(crew, n, step, before, after), Facts(group.clients, crew.connected)
        rooms = sorted(set(crew.rooms)) if feeds else []
        figures["sent"] = sum(sent[room] for room in rooms)
        figures["generator_lag_p99"], figures["generator_lag_p999"] = late
        lost = sum(client.lost for client in crew.probes) + (missing if not self._beyond(crew) else 0)
        figures |= {"lost": lost, "repeated": sum(client.repeated for client in crew.probes), "late": missing}
        figures |= latencies(ages)
        lags = sorted(lag for ear in crew.ears for lag in ear.lags)
        server_lag = nearest(lags, 0.99)
        figures["server_lag_p99"] = None if server_lag is None else server_lag / 1000
        if group.cut is not None:
            due = sum(sent[room] for room in crew.probed)
            told = sum(len(ear.ages) for ear in crew.ears)
            figures["retained"] = told / due if due else None
        facts.sent, facts.planned = figures["sent"], sum(len(feeds[room].dues) for room in rooms)
        furthest = dict.fromkeys(rooms, 0)
        for room, client in zip(crew.probed, crew.probes, strict=True):
            furthest[room] = max(furthest.get(room, 0), client.next)
        facts.said = sum(furthest.values()) if rooms else 0
        facts.lost, facts.repeated, facts.late = lost, figures["repeated"], missing
        facts.faults, facts.lag, facts.cpu = crew.faults(), late[0], figures["generator_cpu"]
        facts.timed, facts.server_lag = run.timed, figures["server_lag_p99"]
        facts.waited = figures["server_waited"]
        facts.p99 = figures["p99"]
        facts.p50, facts.beyond, facts.spoken = (
            figures["p50"],
            self._beyond(crew),
            bool(feeds) and group.variant != "kaazing",
        )
        facts.loses = facts.repeats = group.variant == "latest" or not group.cursor
        facts.loses = facts.loses or (group.cut is not None and not told_when(group))
        return cell_of(run, group, step, figures, judge(facts), histogram(ages))

    def _beyond(self, crew: Crew) -> bool:
        return self.run.sweep or crew.group.beyond

    def _ages(self, crew: Crew, feeds: list[Feed], first: list[int]) -> list[float]:
        """s, of each message to each probe; one that has not come is as old as it is now, at least."""
        ages = [age / 1000 for ear in crew.ears for age in ear.ages]
        if not self._beyond(crew):
            return ages
        now = time.time()
        for n, client in enumerate(crew.probes):
            feed, start = feeds[crew.probed[n]], first[crew.probed[n]]
            ages += [now - feed.began - due for due in feed.dues[max(client.next, start) :]]
        return ages

    def _figures(self, crew: Crew, n: int, step: Step, before: Any, after: Any) -> dict[str, Any]:
        spent = after["at"] - before["at"]
        old, new = before["counts"][n], after["counts"][n]
        did = {one.name: getattr(new, one.name) - getattr(old, one.name) for one in fields(Counts)}
        scale = len(crew.clients) / len(crew.probes)
        if crew.sinks:  # they hear what the probes hear
            sunk, heard = after["sinks"][n] - before["sinks"][n], did["down"]
            times = (heard + sunk) / heard if heard else 0.0
            for name in did:
                did[name] = round(did[name] * (scale if "segments" in name or name.endswith("up") else times))
            did["down"] = heard + sunk
        elif scale > 1:  # of those that are no probes all is counted but the messages
            did["messages"] = round(did["messages"] * scale)
        again = did.pop("again")
        if crew.group.variant == "latest":  # an answer that tells what was told before is no news
            did["empty"] += round(again * scale)
        news = did["answers"] - did["empty"]
        framing = did["down"] - did["head_down"] - did["payload_down"]
        server = None if before["server"] is None or after["server"] is None else after["server"] - before["server"]
        if not self.single:
            server = None
        firsts = sorted(c.first_batch for c in crew.clients if c.first_batch is not None)
        fronted = (after["front"] or 0.0) - (before["front"] or 0.0)  # it has the server's core meanwhile
        figures: dict[str, Any] = {
            "delivered": did.pop("messages"),
            **did,
            "framing_down": framing,
            "messages_per_answer": None,
            "deliveries_per_s": None,
            "generator_cpu": (after["own"] - before["own"]) / spent,
            "server_waited": None
            if before["waited"] is None or after["waited"] is None
            else max(0.0, after["waited"] - before["waited"] - fronted) / spent,
            "server_cpu": None if server is None else server * step.seconds / spent,
            "cpu_per_delivery": None,
            "first_batch_p50": firsts[len(firsts) // 2] if firsts else None,
            "memory_per_client": None,
        }
        delivered = figures["delivered"]
        figures["messages_per_answer"] = delivered / news if news else None
        figures["deliveries_per_s"] = delivered / spent
        if server is not None:
            figures["cpu_per_delivery"] = server / delivered if delivered else None
            figures["saturated"] = int(server / spent > 0.9)
        if self.run.idle and self.bare is not None and after["memory"] is not None:
            figures["memory"] = after["memory"]
            figures["memory_before"] = self.bare
            figures["memory_per_client"] = (after["memory"] - self.bare) / max(1, len(crew.clients))
        return figures | (self._before_it(crew, fronted, after, delivered) if self.front else {})

    def _before_it(self, crew: Crew, cpu: float, after: Any, delivered: int) -> dict[str, Any]:
        """What the front costs, and what its clients' first exchanges do. Of several groups nobody can tell whose its
        time was."""
        figures: dict[str, Any] = {
            "first_heads": nearest(sorted(client.first_heads for client in crew.clients), 0.5),
            "opening": nearest(sorted(client.opening for client in crew.clients), 0.5),
        }
        if self.single and delivered:
            figures |= {"front_cpu": cpu, "front_cpu_per_delivery": cpu / delivered}
        if self.run.idle and self.bare_front is not None and after["front_memory"] is not None:
            figures["front_memory_per_client"] = (after["front_memory"] - self.bare_front) / len(crew.clients)
        return figures

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


# ---- the program


def player_of(run: Run) -> type[Player]:
    from bench.load.scripted import Scripted  # which are Players themselves
    from bench.load.speaking import Published

    if run.script is not None:
        return Scripted
    return Published if run.server == "nchan" else Player


async def browser_heads() -> Heads:
    """OSError: no browser tells them."""
    from playwright.async_api import Error

    from bench.load.catching import caught

    try:
        return await caught()
    except Error as error:
        raise OSError(f"the browser did not play along: {error}") from None


async def played(url: str, pid: int | None, front: Front | None = None) -> None:
    """Play the run that comes as the first line of standard input; tell its cells, a line each."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    run = run_of(json.loads(await lines.readline()))

    def say(what: dict[str, Any]) -> None:
        print(json.dumps(what, separators=(",", ":")), flush=True)

    async def ask(what: str) -> int | None:
        say({"do": what})
        told = json.loads(await lines.readline())["pid"]
        return None if told is None else int(told)

    try:
        heads = await browser_heads() if run.heads else None
        await player_of(run)(run, url, pid, say, ask, front, heads).play()
    except (OSError, ValueError) as error:
        say({"failed": f"the server at {url} did not play along: {error or type(error).__name__}"})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", nargs="?")
    parser.add_argument("pid", nargs="?", type=int)
    parser.add_argument("--front", nargs=2, metavar=("URL", "PID"), help="to which the clients come instead")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--clients", type=int, default=250)
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    pin(GENERATOR_CORE)
    if chosen.calibrate:
        told = uvloop.run(calibrate(chosen.clients, chosen.seconds))
        each = told["cpu"] / told["deliveries"] * 1e6
        print(
            f"{chosen.clients} sinks took {told['deliveries'] / told['seconds']:,.0f} deliveries/s for "
            f"{told['seconds']:.1f} s at {told['cpu'] / told['seconds']:.0%} of a core: {each:.2f} µs each, "
            f"{1e6 / each:,.0f} a second on a whole core"
        )
    elif chosen.url is None:
        parser.error("which server?")
    else:
        front = Front(chosen.front[0], int(chosen.front[1])) if chosen.front else None
        uvloop.run(played(chosen.url, chosen.pid, front))
