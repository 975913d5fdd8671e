"""The costs of each transport for one question: cores, bytes, memory, requests and age, with what is behind each.

All figures are of 1,000 clients out of as many as there are. Cores are read off the measured curves at the load of all
clients together, since a server that does much at once does each thing for less; where that is more than one core, as
many processes are taken, each with its share of the clients. Bytes are of HTTP/1.1 and of the frames, without TCP and
TLS. Ages are the models', and the time in which a process writes to its clients one after the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench.choose.curve import Curve
from bench.choose.facts import Facts
from bench.choose.question import Question
from bench.report.saying import digits, time
from bench.theory import models

TRANSPORTS = ("poll", "longpoll", "sse", "ws")
KEPT = 60.0  # s: an interval at which the connection still stands; servers keep an idle one for 75 s
P99 = 0.99
NOTHING = 0.001  # a second: what is rarer than that costs nothing
SIZE = 100  # bytes of the messages whose delivery was timed
FIGURES = ("cores", "down", "up", "memory", "requests", "mean", "p99", "wakes")


class Figure(NamedTuple):
    """A number and what is behind it. None: this run did not measure it."""

    value: float | None
    source: str


@dataclass(frozen=True)
class Row:
    """One transport: what 1,000 clients cost by it, and how old their news is."""

    transport: str
    interval: float | None  # s between two polls
    figures: dict[str, Figure]
    processes: int = 1
    outside: tuple[tuple[str, str], ...] = ()  # figures that lie beyond all that was measured, and how

    def value(self, name: str) -> float:
        """A figure, for comparing: what is not known is worse than anything known."""
        found = self.figures[name].value
        return math.inf if found is None else found


@dataclass
class Work:
    """What the server does for all clients of one transport together, with what each costs: summed, and said."""

    cores: float | None = 0.0
    said: list[str] = field(default_factory=list)
    outside: list[tuple[str, str]] = field(default_factory=list)

    def beyond(self, said: str, figure: str = "cores") -> None:
        self.outside.append((figure, said))

    def add(self, curve: Curve, count: float, what: str, why: str = "measured") -> float:
        """So many a second at the cost that the curve has there. Returns the cost of one."""
        if count < NOTHING:
            return 0.0
        found = curve.at(count)
        if found is None:
            self.cores = None
            self.said.append(f"{digits(count)} {what}, whose cost was not measured")
            return 0.0
        if self.cores is not None:
            self.cores += count * found.value
        self.said.append(f"{digits(count)} {what} × {time(found.value)} ({why}: {found.cells})")
        if found.outside == "above":
            self.beyond(f"{digits(count)} {what}, measured up to {digits(curve.most)}: taken at the cost there")
        elif found.outside == "below" and count * found.value > 0.01:  # of a core: less is next to nothing
            self.beyond(f"{digits(count)} {what}, measured from {digits(curve.least)} on: taken at the cost there")
        return found.value

    def plus(self, cores: float | None, said: str) -> None:
        self.cores = None if cores is None or self.cores is None else self.cores + cores
        self.said.append(said)


def interval(question: Question, facts: Facts) -> float:
    """s between two polls: as long as the age allows, not shorter than the server does, and the connection kept."""
    longest = (question.age - question.rtt / 2) / P99
    return question.interval or min(max(longest, facts.least), KEPT)


def row(transport: str, question: Question, facts: Facts) -> Row:
    """One transport for this question."""
    every = interval(question, facts) if transport == "poll" else None
    law = _law(transport, question, facts, every)
    asks = transport in ("poll", "longpoll")
    beats = 0.0 if asks else models.beats(question.rate, facts.heartbeat)
    work, each = _work(transport, question, facts, law, beats)
    _emits(work, transport, question, facts)
    processes = max(1, math.ceil(work.cores or 0.0))
    if facts.base is None:
        work.plus(None, "the process itself, which was not measured")
    else:
        cores = processes * facts.base.y
        work.plus(cores, f"{digits(1000 * cores)} thousandths for the process (measured: {facts.base.cell})")
    if processes > 1:
        work.beyond(f"{processes} processes, where one was measured: taken as so many times one")
    if question.size > 2 * SIZE:
        work.beyond(f"the cores are of messages of {SIZE} bytes, yours have {question.size:,}")
    thousand = 1000 / question.clients
    figures = {
        "cores": Figure(None if work.cores is None else work.cores * thousand, " + ".join(work.said)),
        **_bytes(transport, question, facts, law, beats),
        "memory": _memory(transport, question, facts, work),
        "requests": _requests(transport, question, law),
        **_ages(transport, question, law, every, 0.0 if transport == "poll" else each * question.clients / processes),
        "wakes": _wakes(transport, question, law, beats),
    }
    return Row(transport, every, figures, processes, tuple(work.outside))


def rows(question: Question, facts: Facts) -> list[Row]:
    return [row(transport, question, facts) for transport in TRANSPORTS]


def _law(transport: str, question: Question, facts: Facts, every: float | None) -> models.Law:
    down = question.rtt / 2
    if every is not None:
        return models.poll(every, question.rtt, down, rate=question.rate)
    if transport == "longpoll":
        return models.longpoll(question.rate, question.rtt, down, hold=facts.hold)
    return models.push(down)


# ---- cores


def _work(transport: str, question: Question, facts: Facts, law: models.Law, beats: float) -> tuple[Work, float]:
    """What the way down takes, and the time of one client in a round of writing."""
    work, clients = Work(), question.clients
    if transport in ("sse", "ws"):
        each = work.add(facts.delivery.get(transport, Curve(())), clients * question.rate, "deliveries/s")
        work.add(facts.beat.get(transport, Curve(())), clients * beats, "heartbeats/s")
        return work, each
    polls = transport == "poll"
    curve, what = (facts.request, "polls/s") if polls else (facts.answer, "answers/s")
    each = work.add(curve, clients * law.requests, what)
    # The cost of an answered long poll has its first message in it, that of a poll has none.
    first = 0.0 if polls else law.requests * (1 - law.empty)
    more = clients * max(0.0, question.rate - first)
    if more > 1e-9 * clients:
        cost = facts.message
        what = f"{digits(more)} more messages/s in them × {time(cost)} (fitted: E4)"
        work.plus(None if cost is None else more * cost, what)
    return work, each


def _emits(work: Work, transport: str, question: Question, facts: Facts) -> None:
    """The way up. What an emit costs was not timed: it is taken as what is most like it."""
    count = question.clients * question.up
    if transport == "ws":
        work.add(facts.delivery.get("ws", Curve(())), count, "frames/s up", "assumed as dear as one down")
    else:
        work.add(facts.answer, count, "POSTs/s", "assumed as dear as an answered long poll")


# ---- bytes, memory, requests


def _bytes(transport: str, question: Question, facts: Facts, law: models.Law, beats: float) -> dict[str, Figure]:
    """Mbit/s of 1,000 clients, down and up."""
    payload, empty = facts.payload.at(question.size), facts.empty
    if payload is None or empty is None:
        return {name: Figure(None, "not measured") for name in ("down", "up")}
    up, said = 0.0, ""
    if transport in ("sse", "ws"):
        around = facts.around[transport].at(question.size) if transport in facts.around else None
        beat = facts.beating.get(transport)
        if around is None or beat is None:
            return {name: Figure(None, "not measured") for name in ("down", "up")}
        down = question.rate * (payload.value + around.value) + beats * beat.value
        text = (
            f"{digits(payload.value)} B of a batch and {digits(around.value)} around it (measured: {payload.cells}),"
            f" {digits(beat.value)} of a heartbeat ({beat.cell})"
        )
    else:
        heads = facts.heads.get(transport)
        if heads is None:
            return {name: Figure(None, "not measured") for name in ("down", "up")}
        commas = max(0.0, question.rate - law.requests * (1 - law.empty))
        message = payload.value - empty.value
        down = law.requests * (heads.down + empty.value) + question.rate * message + commas
        up = law.requests * (heads.up + question.heads)
        text = (
            f"{digits(heads.down)} B of a head and {digits(empty.value)} of an empty batch (measured: {heads.cell};"
            f" {empty.cell}), {digits(message)} of a message ({payload.cells})"
        )
        said = f"{digits(heads.up)} B of a head (measured: {heads.cell}) and {question.heads:,} of the client's own"
    if question.up:
        way = facts.emit.get("ws" if transport == "ws" else "post")
        if way is None:
            return {"down": Figure(None, "not measured"), "up": Figure(None, "not measured")}
        own = 0 if transport == "ws" else question.heads
        up += question.up * (way.up + question.size + own)
        down += question.up * way.down
        said += f"{'; ' if said else ''}{digits(way.up + own)} B around each emit, {digits(way.down)} of its ack"
        said += f" (measured: {way.cell})"
    mbit = 1000 * 8 / 1e6
    return {"down": Figure(down * mbit, text), "up": Figure(up * mbit, said or "nothing goes up")}


def _memory(transport: str, question: Question, facts: Facts, work: Work) -> Figure:
    curve = facts.memory.get(transport, Curve(()))
    found = curve.at(question.clients)
    if found is None:
        return Figure(None, "not measured")
    if found.outside == "above":
        most = f"the memory of {question.clients:,} clients, measured with up to {digits(curve.most)}: of each as there"
        work.beyond(most, "memory")
    return Figure(found.value * 1000, f"{digits(found.value)} B of a client that waits (measured: {found.cells})")


def _requests(transport: str, question: Question, law: models.Law) -> Figure:
    posts = 0.0 if transport == "ws" else question.up
    said = {"poll": "model: one an interval", "longpoll": "model: one an answer, and its way back"}.get(transport, "")
    said = " + ".join(part for part in (said, f"{digits(posts)} POSTs a client" if posts else "") if part)
    return Figure(1000 * (law.requests + posts), said or "none but the first")


# ---- ages, and the radio


def _ages(transport: str, question: Question, law: models.Law, every: float | None, span: float) -> dict[str, Figure]:
    """The mean and the 99th percentile. `span`: s in which a process tells all its clients."""
    if every is not None:
        said = f"model: interval/2 + RTT/2; interval {time(every)}"
        tail = "model: 99 % of an interval + RTT/2"
    elif transport == "longpoll":
        said = "model: RTT/2, and half a round trip more for what comes while no request waits"
        tail = "model: the same law's 99th percentile"
    else:
        said, tail = "model: RTT/2", "model: RTT/2"
    if span:
        more = f" + the time of writing to all, {time(span)} at the cost above"
        said, tail = f"{said}{more}, by half", tail + more
    return {"mean": Figure(law.mean + span / 2, said), "p99": Figure(law.quantile(P99) + P99 * span, tail)}


def _wakes(transport: str, question: Question, law: models.Law, beats: float) -> Figure:
    """How often an hour something goes to or from a client: each wakes its radio."""
    asks = transport in ("poll", "longpoll")
    each = law.requests if asks else question.rate + beats
    said = "model: one a request" if asks else "model: one a message, and one a heartbeat where there is none"
    return Figure(3600 * (each + question.up), said)


def figures_json(found: Row) -> dict[str, Any]:
    return {name: {"value": one.value, "source": one.source} for name, one in found.figures.items()}
