"""C12, C13, C15, C17, C18: connections: what is lost with one, what an idle one holds, how many there may be, and how
they come back."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bench.claims.finding import Finding, counting, from_to, pooled, untold
from bench.report.document import Cell, Document, Group
from bench.report.saying import listed, noted, number, percent, time
from bench.theory.stats import Estimate, Verdict, estimate, judged, median, share, together

KIB = 1024.0
BROWSER_CONNECTIONS = 6
STEP = 0.25  # of all clients in a tenth of a second: in step


def drops(document: Document) -> Finding:
    """All streams of the run, the void cells too: a loss makes a cell void, so that only they could show one."""
    lost = delivered = 0.0
    for cell in document.cells:
        counted = cell.figure("delivered")
        if cell.ours and cell.transport in ("sse", "ws") and cell.experiment != "E6" and counted:
            delivered += counted
            lost += cell.figure("lost") or 0.0
    if not delivered:
        return untold("any experiment with sse or ws.")
    text = f"sse and ws lost {number(lost)} of {delivered:,.0f} messages (void cells counted too)"
    # None in n: with 95 % fewer than 3 in n.
    return Finding(text, Verdict.FAILS if lost == 0 and delivered >= 3000 else Verdict.OPEN)


def memory(document: Document) -> Finding:
    groups: dict[str, list[Group]] = {}
    for group in counting(document.of("E5"), "memory_per_client"):
        groups.setdefault(group.any.label, []).append(group)
    parts, verdicts = [], []
    for label, same in groups.items():
        # The same slope whatever the number of clients: each is a measurement of it.
        found, cell = estimate(pooled(document, same, "memory_per_client")), same[0].any
        assert found
        parts.append(f"{label} {noted(found, KIB, 'KiB')}")
        if cell.transport == "ws" and cell.variant == "ours":
            expected = (70 if cell.params.get("deflate") is True else 19) * KIB
            verdicts.append(judged(found, expected * 0.75, expected * 1.25))
    if not parts:
        return untold("E5.")
    return Finding(listed(parts), together(verdicts or [Verdict.OPEN]))


def replay(document: Document) -> Finding:
    """With a cursor nothing may be lost in any round, without one something must be in each: both are counted."""
    groups = counting(document.of("E6"), "lost_share")
    if not groups:
        return untold("E6.")
    verdicts: list[Verdict] = []
    parts: dict[bool, list[str]] = {True: [], False: []}
    for group in groups:
        values = pooled(document, [group], "lost_share")
        cursor = _resumes(group.any)
        if cursor:
            verdicts.append(Verdict.HOLDS if max(values) == 0 else Verdict.FAILS)
        elif group.any.ours:
            verdicts.append(Verdict.HOLDS if min(values) > 0 else Verdict.OPEN)
        parts[cursor].append(f"{group.any.label} {percent(median(values))}")
    kinds = {_resumes(group.any) for group in groups if group.any.ours}
    if len(kinds) < 2:
        verdicts.append(Verdict.OPEN)
    said = [
        f"{name} {listed(parts[kind])}" for kind, name in ((True, "with a cursor"), (False, "without")) if parts[kind]
    ]
    return Finding(f"lost {'; '.join(said)}", together(verdicts))


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
        verdicts.append(Verdict.HOLDS if six_only else Verdict.FAILS)
        parts.append(
            f"{transport} {from_to(min(through.values()), max(through.values()))} open, heard by"
            f" {from_to(min(heard.values()), max(heard.values()))}, one more request answered"
            f" {'not within 3 s' if beside is None else 'after ' + time(beside)}"
        )
    if not {"sse", "longpoll", "ws"} <= groups.keys():
        verdicts.append(Verdict.OPEN)
    return Finding(f"of eight each in one tab: {'; '.join(parts)}", together(verdicts))


def herd(document: Document) -> Finding:
    """How many of the clients knock in the fullest tenth of a second after the restart."""
    parts, verdicts = [], []
    for group in document.of("E8"):
        found = crowd(group)
        if found is None:
            continue
        chance = jittered(group.any)
        verdicts.append(judged(found, 0.0, STEP) if chance else judged(found, STEP, math.inf))
        parts.append(f"{group.any.transport} {'with' if chance else 'without'} jitter {noted(found, 0.01, '%')}")
    if not parts:
        return untold("E8, which restarts the server.")
    return Finding(f"of all clients, in the fullest 100 ms: {listed(parts)}", together(verdicts))


def jittered(cell: Cell) -> bool:
    return cell.params.get("retry") == "jitter" or cell.params.get("jitter") is True


def crowd(group: Group) -> Estimate | None:
    """Over rounds; with too few of them, over the clients of all, each of which drew its pause by itself."""
    shares = [value for cell in group.cells if (value := crowding(cell)) is not None]
    found = estimate(shares)
    clients = (group.any.param("clients") or 0) * len(shares)
    return share(median(shares) * clients, clients) if found and not found.known else found


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
