"""C12, C13, C15, C17, C18: connections: what is lost with one, what an idle one holds, how many there may be, and how
they come back."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bench.claims.finding import Finding, counting, from_to, looked_at, pooled, untold
from bench.report.document import Cell, Document, Group
from bench.report.saying import noted, number, percent, time
from bench.report.words import listed, say, several
from bench.theory.stats import Estimate, Verdict, estimate, judged, median, share, split, together

KIB = 1024.0
BROWSER_CONNECTIONS = 6
STEP = 0.25  # of all clients in a tenth of a second: in step
ENOUGH_LOOKED_AT = 3000  # messages: none lost of n means, with 95 %, fewer than 3 in n
WITHOUT, COMPRESSED = 14 * KIB, 64 * KIB  # B for an idle connection, as websockets documents its server
NEAR = 0.25  # of these
MANNERS = {"fixed": "without jitter", "jitter": "with jitter", "phase": "on their own ticks"}


def drops(document: Document) -> Finding:
    """All of the run, the void cells too: a loss makes a cell void, so that only they could show one. A message counts
    as looked at where a probe knows its number; of the others only the bytes and the last message are known."""
    seen, delivered = {False: [0.0, 0.0], True: [0.0, 0.0]}, 0.0  # lost, looked at
    for cell in document.cells:
        if cell.ours and cell.transport in ("longpoll", "sse", "ws") and cell.experiment != "E6":
            streams, lost = cell.transport != "longpoll", cell.figure("lost") or 0.0
            seen[streams][0] += lost
            seen[streams][1] += lost + looked_at(cell)
            delivered += streams * (cell.figure("delivered") or 0.0)
    (held_lost, held), (lost, looked) = seen[False], seen[True]
    if not looked:
        return untold("any experiment with sse or ws.")
    text = say(
        "sse and ws lost {lost} of {looked} messages that were looked at one by one (of {delivered}"
        " delivered), long polling {held_lost} of {held}; void cells counted too",
        lost=number(lost),
        looked=f"{looked:,.0f}",
        delivered=f"{delivered:,.0f}",
        held_lost=number(held_lost),
        held=f"{held:,.0f}",
    )
    pushed, polled = share(lost, looked), share(held_lost, held)
    if not pushed or not polled:
        return Finding(text, Verdict.OPEN)
    if not lost or pushed.middle <= polled.middle:
        return Finding(text, Verdict.FAILS if looked >= ENOUGH_LOOKED_AT else Verdict.OPEN)
    return Finding(text, Verdict.HOLDS if (pushed.low or 0.0) > (polled.high or 0.0) else Verdict.OPEN)


def memory(document: Document) -> Finding:
    """Both halves of the claim are judged, each by the cells of its own."""
    groups: dict[str, list[Group]] = {}
    for group in counting(document.of("E5"), "memory_per_client"):
        if group.any.variant != "traced":  # to trace takes memory
            groups.setdefault(group.any.label, []).append(group)
    parts, halves = [], {False: Verdict.UNTOLD, True: Verdict.UNTOLD}
    for label, same in groups.items():
        # The same slope whatever the number of clients: each is a measurement of it.
        found, cell = estimate(pooled(document, same, "memory_per_client")), same[0].any
        assert found
        parts.append(f"{label} {noted(found, KIB, 'KiB')}")
        if cell.transport == "ws" and cell.variant in ("ours", "deflate"):
            packed = cell.params.get("deflate") is True
            told = COMPRESSED if packed else WITHOUT
            halves[packed] = judged(found, told * (1 - NEAR), told * (1 + NEAR))
    if not parts:
        return untold("E5.")
    plain, packed_half = halves[False], halves[True]
    if plain is Verdict.FAILS and packed_half is Verdict.HOLDS:
        return Finding(listed(parts), Verdict.ONLY, say("frames are compressed"))
    return Finding(listed(parts), split(plain, packed_half), say("nothing is compressed"))


def replay(document: Document) -> Finding:
    """With a cursor nothing may be lost in any round, void or not, for a loss makes it void; without one something must
    be in each: both are counted."""
    groups = counting(document.of("E6"), "lost_share")
    broken = [c for c in document.cells if c.experiment == "E6" and _resumes(c) and (c.figure("lost_share") or 0) > 0]
    if not groups and not broken:
        return untold("E6.")
    verdicts: list[Verdict] = []
    parts: dict[bool, list[str]] = {True: [], False: []}
    for group in groups:
        values = list(pooled(document, [group], "lost_share").values())
        cursor = _resumes(group.any)
        if cursor:
            verdicts.append(Verdict.HOLDS if max(values) == 0 else Verdict.FAILS)
        elif group.any.ours:
            verdicts.append(Verdict.HOLDS if min(values) > 0 else Verdict.OPEN if max(values) else Verdict.FAILS)
        parts[cursor].append(f"{group.any.label} {percent(median(values))}")
    kinds = {_resumes(group.any) for group in groups if group.any.ours}
    if len(kinds) < 2:
        verdicts.append(Verdict.OPEN)
    said: list[str] = []
    if parts[True]:
        said.append(say("with a cursor {shares}", shares=listed(parts[True])))
    if parts[False]:
        said.append(say("without {shares}", shares=listed(parts[False])))
    if broken:
        verdicts.append(Verdict.FAILS)
        said.append(say("{cells} with a cursor lost something", cells=several(len(broken), "cell")))
    return Finding(say("lost {parts}", parts=say("; ").join(said)), together(verdicts))


def _resumes(cell: Cell) -> bool:
    return cell.ours and cell.params.get("cursor") is not False and cell.variant != "latest"


def six(document: Document) -> Finding:
    """Counted, the same in each round: who is let through, and whether anything else is."""
    groups = {group.any.transport: group for group in counting(document.of("E9"), "held", "heard_by")}
    if not groups:
        return untold("E9, which takes a Chromium.")
    parts, verdicts = [], []
    for transport, group in groups.items():
        wanted = group.any.param("clients") or 0
        through, heard = group.rounds("held"), group.rounds("heard_by")
        beside = group.middle("beside")
        few = transport != "ws"
        six_only = set(through.values()) == {BROWSER_CONNECTIONS if few else wanted} and (beside is None) == few
        if transport != "longpoll":  # an answered long poll makes room for one that waited
            six_only = six_only and heard == through
        verdicts.append(Verdict.HOLDS if six_only else Verdict.FAILS)
        said = say(
            "{transport} {held} open, heard by {heard}",
            transport=transport,
            held=from_to(min(through.values()), max(through.values())),
            heard=from_to(min(heard.values()), max(heard.values())),
        )
        if beside is None:
            parts.append(say("{said}, one more request answered not within 3 s", said=said))
        else:
            parts.append(say("{said}, one more request answered after {beside}", said=said, beside=time(beside)))
    if not {"sse", "longpoll", "ws"} <= groups.keys():
        verdicts.append(Verdict.OPEN)
    return Finding(say("of eight each in one tab: {parts}", parts=say("; ").join(parts)), together(verdicts))


def herd(document: Document) -> Finding:
    """How many of the clients knock in the fullest tenth of a second after the restart, by how they come back."""
    parts: list[str] = []
    verdicts: dict[str, list[Verdict]] = {manner: [] for manner in MANNERS}
    most = dict.fromkeys(MANNERS, 0.0)
    for group in document.of("E8"):
        found = crowd(group)
        if found is None:
            continue
        manner = returning(group.any)
        verdicts[manner].append(judged(found, STEP, math.inf))
        most[manner] = max(most[manner], found.middle)
        parts.append(f"{group.any.transport} {say(MANNERS[manner])} {noted(found, 0.01, '%')}")
    if not parts:
        return untold("E8, which restarts the server.")
    fixed, jitter, phase = (together(verdicts[manner]) for manner in ("fixed", "jitter", "phase"))
    seen = {one: _crowded(MANNERS[one], most[one] if verdicts[one] else None) for one in ("jitter", "phase")}
    if phase is Verdict.HOLDS:
        verdict, under = split(fixed, jitter), "nothing is left to chance"
    else:
        elsewhere = {jitter, phase} - {Verdict.UNTOLD}
        verdict = split(fixed, elsewhere.pop() if len(elsewhere) == 1 else Verdict.OPEN)
        under = "each waits as long from the drop on"
    return Finding(
        say("of all clients, in the fullest 100 ms: {parts}", parts=listed(parts)),
        verdict,
        say("{under}: {jitter}, {phase}", under=under, **seen),
    )


def _crowded(manner: str, most: float | None) -> str:
    if most is None:
        return say("{manner} it was not measured", manner=manner)
    return say("{manner} at most {share} come at once", manner=manner, share=percent(most))


def returning(cell: Cell) -> str:
    """How its clients come back."""
    if cell.params.get("retry") == "jitter" or cell.params.get("jitter") is True:
        return "jitter"
    return "phase" if cell.params.get("retry") == "phase" else "fixed"


def crowd(group: Group) -> Estimate | None:
    """Over rounds; with too few of them, over the clients of all, each of which drew its pause by itself."""
    shares = {cell.round: value for cell in group.cells if (value := crowding(cell)) is not None}
    found = estimate(shares)
    clients = (group.any.param("clients") or 0) * len(shares)
    return share(median(shares.values()) * clients, clients) if found and not found.known else found


def crowding(cell: Cell) -> float | None:
    """The fullest tenth of a second, over all clients."""
    clients, bins = cell.param("clients"), bins_of(cell.figures)
    return max(bins) / clients if clients and bins else None


def bins_of(figures: Mapping[str, object]) -> list[float]:
    """Requests in each tenth of a second."""
    found = figures.get("requests_by_100ms")
    if not isinstance(found, list):
        return []
    return [float(value) for value in found if isinstance(value, int | float) and value >= 0 and math.isfinite(value)]
