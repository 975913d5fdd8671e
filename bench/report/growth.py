"""What grows when the server is full: a long poll with the number of clients, a frame for each message with time.

A full server answers its long polls one after the other, each once in a cycle of N answers: whatever the rate, nobody
is later than about N times the cost of an answer. A frame for each message has no such end: what comes faster than it
can be written waits, and the line gets longer as long as the load lasts.
"""

from __future__ import annotations

from dataclasses import dataclass

from bench.experiments import PEERS
from bench.experiments.e14 import FASTEST, FULL, WARM
from bench.report import beside
from bench.report.beside import ALONE
from bench.report.document import Document, Group
from bench.report.saying import digits, rate, time
from bench.report.words import language, listed, say
from bench.theory import models
from bench.theory.stats import Estimate, estimate

SERVERS = ("ours", *PEERS)
TAIL = 0.99


@dataclass(frozen=True)
class Settled:
    """Long polls of so many clients at a full server, and what an answer took of it there, in s."""

    server: str
    clients: float
    load: float
    p99: Estimate
    answer: Estimate
    times: Estimate  # p99 over clients times the cost of an answer

    @property
    def model(self) -> float:
        """The cycle, in which each is answered once."""
        return self.clients * self.answer.middle


def settled(document: Document) -> list[Settled]:
    """By server and number of clients, where answers carry more than one message: there the server is full."""
    found = []
    for group in document.of("E14", transport="longpoll"):
        cell = group.any
        clients, offered = cell.param("clients"), cell.offered
        each = group.middle("messages_per_answer")
        if cell.variant not in SERVERS or not clients or not offered or _lasting(group) or not each or each <= ALONE:
            continue
        costs = _answers(group)
        late = group.rounds("p99")
        times = estimate({at: late[at] / (clients * costs[at]) for at in late.keys() & costs.keys()})
        p99, answer = group.estimate("p99"), estimate(costs)
        if p99 and answer and times:
            found.append(Settled(cell.variant, clients, offered, p99, answer, times))
    fullest = {(one.server, one.clients): one for one in sorted(found, key=lambda one: one.load)}
    return sorted(fullest.values(), key=lambda one: (SERVERS.index(one.server), one.clients))


@dataclass(frozen=True)
class Lasting:
    """One kind of client at a full server, for so many s."""

    kind: str  # longpoll, or ws with a frame for each message
    seconds: float
    p99: Estimate
    model: float | None  # what a queue without end makes of it


def lasting(document: Document) -> list[Lasting]:
    """By kind and length."""
    found = []
    for group in document.of("E14"):
        cell, p99 = group.any, group.estimate("p99")
        seconds, write = cell.param("seconds"), group.middle("cpu_per_delivery")
        if not _lasting(group) or not p99 or not seconds or not cell.offered:
            continue
        queue = cell.transport == "ws" and write
        model = models.queued(cell.offered * write, WARM + seconds, TAIL) if queue and write else None
        found.append(Lasting(cell.transport, seconds, p99, model))
    return sorted(found, key=lambda one: (one.kind, one.seconds))


def pushed(document: Document) -> list[Group]:
    """What writes once for several, to so many clients at a full server."""
    groups = [group for group in document.of("E14") if group.any.variant == "ours" and not _lasting(group)]
    return [group for group in groups if group.any.transport in ("sse", "ws") and group.rounds("p99")]


def sentences(document: Document) -> list[str]:
    """Three: what a long poll does, what a frame for each message does, and what writes once for several."""
    return [said for said in (_settles(document), _grows(document), _ahead(document)) if said]


def paragraph(document: Document) -> str:
    """These, and what is the server's own; "" where nothing of it was measured."""
    return joined([*sentences(document), beside.sentence(document) or ""])


def joined(said: list[str]) -> str:
    """One sentence after the other; between Chinese ones there is no space."""
    return ("" if language() == "zh" else " ").join(one for one in said if one)


def _settles(document: Document) -> str:
    found = settled(document)
    ours = [one for one in found if one.server == "ours"]
    if len(ours) < 2:
        return ""
    least, most = ours[0], ours[-1]
    times = sorted(one.times.middle for one in found)
    others = list(dict.fromkeys(one.server for one in found if one.server != "ours"))
    return say(
        "A long poll settles, whatever the rate: full, its p99 is {low} to {high} times the number of clients times the"
        " cost of an answer{there}: {soon} with {few} clients, {late} with {many}.",
        low=digits(times[0]),
        high=digits(times[-1]),
        there=say(", here and with {servers}", servers=listed(others)) if others else "",
        soon=time(least.p99.middle),
        few=f"{least.clients:,.0f}",
        late=time(most.p99.middle),
        many=f"{most.clients:,.0f}",
    )


def _grows(document: Document) -> str:
    by: dict[str, list[Lasting]] = {}
    for one in lasting(document):
        by.setdefault(one.kind, []).append(one)
    if set(by) != {"longpoll", "ws"} or min(len(several) for several in by.values()) < 2:
        return ""

    def each(kind: str) -> str:
        return listed([time(one.p99.middle) for one in by[kind]])

    return say(
        "A frame for each message does not: past what one core can write it is later by the second, {frames} after"
        " {seconds} s of the same load, where a long poll is {polls} late.",
        frames=each("ws"),
        seconds=listed([f"{one.seconds:g}" for one in by["ws"]]),
        polls=each("longpoll"),
    )


def _ahead(document: Document) -> str:
    ours = [one for one in settled(document) if one.server == "ours"]
    if not ours:
        return ""
    most = ours[-1]
    told = [
        f"{group.any.transport} {time(group.middle('p99'))}"
        for group in pushed(document)
        if (group.any.param("clients"), group.any.offered) == (most.clients, most.load)
    ]
    if not told:
        return ""
    return say(
        "What writes once for several messages does neither: the p99 of {late}, with {clients} clients at {load}"
        " deliveries/s.",
        late=listed(told),
        clients=f"{most.clients:,.0f}",
        load=rate(most.load),
    )


def _answers(group: Group) -> dict[int, float]:
    """The server's time for an answer, by round, in s."""
    cost, each = group.rounds("cpu_per_delivery"), group.rounds("messages_per_answer")
    return {at: cost[at] * each[at] for at in cost.keys() & each.keys()}


def _lasting(group: Group) -> bool:
    """Whether this is one of those that last longer and longer."""
    return (group.any.param("clients"), group.any.param("rate")) == (FULL, FASTEST)
