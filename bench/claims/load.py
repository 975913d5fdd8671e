"""C8 to C11: what it costs, and what many messages do to it."""

from __future__ import annotations

import math

from bench.claims.finding import MARGIN, Finding, counting, enough, from_to, looked_at, same_load, untold
from bench.experiments import PEERS
from bench.report.answer import Answer, against
from bench.report.document import Cell, Document, Group
from bench.report.saying import digits, noted, number, percent, rate, time
from bench.report.words import listed, say, several
from bench.theory import models
from bench.theory.stats import Estimate, Verdict, equivalent, estimate, judged, ratios, split, together

BY_ITSELF = "each message is written by itself"
SEVEN = (5.0, 9.0)  # times
PULLS = (0.1, 0.5, 1.5, 5.0)  # s: those of 2007, a tenth of them
LOSS = 0.05  # of the messages that the latest value loses, of which a run has ten


def push_cost(document: Document) -> Finding:
    """Each push beside each pull of E7 at the same load. Both halves of the claim name one number for all of them."""
    pulls: dict[tuple[object, ...], list[Group]] = {}
    for group in counting(document.of("E7", transport="poll"), "server_cpu"):
        pulls.setdefault(same_load(group), []).append(group)
    seen: list[tuple[Estimate, str, float]] = []  # times the CPU of pull, what this says, λT
    parts = []
    for transport in ("longpoll", "sse", "ws"):
        found = []
        for group in counting(document.of("E7", transport=transport), "server_cpu"):
            for pull in pulls.get(same_load(group), []):
                ratio, same = equivalent(ratios(group.rounds("server_cpu"), pull.rounds("server_cpu")), MARGIN)
                if ratio:
                    found.append((ratio, _cost(ratio, same), (pull.any.param("rate") or 0) * _apart(pull.any)))
        seen += found
        if found:
            least, most = (end(found, key=lambda one: one[0].middle)[0].middle for end in (min, max))
            times = from_to(least, most)
            parts.append(say("{transport} takes {times} times the CPU of poll", transport=transport, times=times))
    if not seen:
        return untold("E7 with server CPU, push beside poll at the same load.")
    kinds = {kind for _, kind, _ in seen}
    shown = kinds - {"open"}
    if len(shown) > 1:
        verdict = Verdict.ONLY
    elif "open" in kinds:
        verdict = Verdict.OPEN
    else:
        verdict = Verdict.HOLDS if shown <= {"seven", "level"} else Verdict.FAILS
    cheap, dear = (end(seen, key=lambda one: one[0].middle) for end in (min, max))
    when = say(
        "λT, the messages between two pulls, makes it so:"
        " push takes {least} times the CPU of pull at {cheap}, {most} times at {dear}",
        least=digits(cheap[0].middle),
        cheap=digits(cheap[2]),
        most=digits(dear[0].middle),
        dear=digits(dear[2]),
    )
    text = say(
        "{parts}, in {pairs} of λT = {spans}",
        parts=say("; ").join(parts),
        pairs=several(len(seen), "pair"),
        spans=listed([digits(at) for at in sorted({at for _, _, at in seen})]),
    )
    asked = {_apart(pull.any) for same in pulls.values() for pull in same}
    lacking = [f"{10 * pull:g} s" for pull in PULLS if pull not in asked]
    if lacking:
        text = say("{found}; not measured alone: a pull of {lacking}", found=text, lacking=listed(lacking))
    return Finding(text, verdict, when)


def _cost(ratio: Estimate, same: Verdict) -> str:
    """What one pair says: seven times, level, less, more, or nothing."""
    if same is Verdict.HOLDS:
        return "level"
    if judged(ratio, *SEVEN) is Verdict.HOLDS:
        return "seven"
    if same is Verdict.FAILS and ratio.outside(*SEVEN):
        return "less" if ratio.middle < 1 else "more"
    return "open"


def _apart(cell: Cell) -> float:
    """s between two pulls."""
    return cell.param("interval") or 0.0


def sse_as_ws(document: Document) -> Finding:
    """The latency that a round trip makes, and what the server itself adds: time below its knee, and CPU."""
    parts, verdicts = [], []
    answer = Answer(document)
    knee = min((s.knee for s in answer.series if s.transport in ("sse", "ws") and s.knee), default=math.inf)
    for said, experiment, figure in (
        ("mean latency", "E2", "mean"),
        ("p50 below the knee", "E4", "p50"),
        ("CPU a delivery below the knee", "E4", "cpu_per_delivery"),
    ):
        pairs = _sse_ws(document, experiment, figure, knee)
        if not pairs:
            continue
        found = [equivalent(pair, MARGIN) for pair in pairs]
        middles = [one.middle for one, _ in found if one]
        verdicts.append(together(verdict for _, verdict in found))
        parts.append(
            say(
                "{figure} {times} times that of ws ({verdict})",
                figure=said,
                times=from_to(min(middles), max(middles)),
                verdict=verdicts[-1].value,
            )
        )
    if not parts:
        return untold("E2 or E4 with sse and ws.")
    measured = say("sse has {parts}", parts=listed(parts)) + _elsewhere(document)
    verdict = together(verdicts)
    if verdict is Verdict.FAILS and verdicts[0] is Verdict.HOLDS and len(verdicts) > 1:
        return Finding(measured, Verdict.ONLY, "the way is longer than what the server itself takes")
    return Finding(measured, verdict)


def _elsewhere(document: Document) -> str:
    """The same of another server, told and not judged: its knee is not looked for."""
    sockets = {(same_load(g), g.any.variant): g for g in document.of("E4", transport="ws")}
    pairs = [
        middle.middle
        for group in document.of("E4", transport="sse")
        if not group.any.ours and (other := sockets.get((same_load(group), group.any.variant)))
        if (middle := estimate(ratios(group.rounds("cpu_per_delivery"), other.rounds("cpu_per_delivery"))))
    ]
    return say("; with nchan CPU {times} times", times=from_to(min(pairs), max(pairs))) if pairs else ""


def _sse_ws(document: Document, experiment: str, figure: str, knee: float) -> list[dict[int, float]]:
    """Ratios by round, sse over ws, of scenarios alike. The same way of writing is compared: batch or message."""
    found = []
    sockets = {(same_load(g), g.any.variant): g for g in document.of(experiment, transport="ws")}
    for group in document.of(experiment, transport="sse"):
        variants = (group.any.variant, *(("coalesced", "ours") if group.any.variant in ("coalesced", "ours") else ()))
        other = next((sockets[same_load(group), v] for v in variants if (same_load(group), v) in sockets), None)
        if other is None or (experiment == "E4" and (group.any.offered or 0) >= knee):
            continue
        if experiment == "E2" and not group.any.param("rtt"):
            continue  # no round trip: only the machine's own noise would be compared
        pairs = ratios(group.rounds(figure), other.rounds(figure))
        if pairs:
            found.append(pairs)
    return enough(found)


def graceful(document: Document) -> Finding:
    """The claim is of all that push: of a frame for each message, and of what writes once for several."""
    answer = Answer(document)
    if answer.first is Verdict.UNTOLD:
        return untold("E4 with longpoll and ws, a frame for each message.")
    measured = answer.sentence + _on_others(document)
    if answer.first is not Verdict.HOLDS or answer.longpoll is None or answer.band is None:
        return Finding(measured, answer.first)
    others = {
        series.name: pairs[-1]
        for series in answer.series
        if series.transport in ("sse", "ws")
        and series is not answer.naive
        and (pairs := against(answer.longpoll, series))
    }
    kept = [say(name) for name, last in others.items() if last.behind(answer.band)]
    if kept:
        text = say("{kept} stayed ahead of long polling. {measured}", kept=listed(kept), measured=measured)
        return Finding(text, Verdict.ONLY, BY_ITSELF)
    bent = all(last.ahead(answer.band) for last in others.values())
    return Finding(measured, Verdict.HOLDS if bent else Verdict.OPEN)


def _on_others(document: Document) -> str:
    """The same of other servers, at the highest load that both their long polls and their ws were measured at."""
    said = []
    for server in PEERS:
        kinds = {way: _points(document, way, server) for way in ("longpoll", "ws", "sse")}
        shared = sorted(kinds["longpoll"].keys() & kinds["ws"].keys())
        if shared:
            late = [f"{way} {time(points[shared[-1]])}" for way, points in kinds.items() if shared[-1] in points]
            said.append(say("{server}, at {load}: {late}", server=server, load=rate(shared[-1]), late=listed(late)))
    return say(" Other servers' p99: {servers}.", servers=say("; ").join(said)) if said else ""


def _points(document: Document, transport: str, server: str) -> dict[float, float]:
    """p99 by deliveries offered a second."""
    groups = document.of("E4", transport=transport, variant=server)
    return {g.any.offered: late for g in groups if g.any.offered and (late := g.middle("p99")) is not None}


def misses(document: Document) -> Finding:
    """What the latest value loses, and what a cursor does: the void cells too, for a loss makes them void."""
    groups = document.of("E7", transport="poll")
    latest = [g for g in counting(groups, "lost_share") if g.any.variant == "latest"]
    cursor = [c for c in document.cells if (c.experiment, c.transport, c.variant) == ("E7", "poll", "ours")]
    cursor = [cell for cell in cursor if cell.figure("lost_share") is not None]
    if not latest and not cursor:
        return untold("E7 with poll, by cursor and by latest value.")
    parts, loses, keeps = [], Verdict.UNTOLD, Verdict.UNTOLD
    if latest:
        worst = max(latest, key=lambda g: g.middle("lost_share") or 0)
        off = [
            share - expected
            for group in latest
            if (expected := _latest_loss(group.any)) is not None
            for share in group.rounds("lost_share").values()
        ]
        loses = together(
            [judged(estimate(off), -LOSS, LOSS), Verdict.HOLDS if worst.middle("lost_share") else Verdict.FAILS]
        )
        parts.append(
            say(
                "latest value loses up to {lost}, model {model}",
                lost=noted(worst.estimate("lost_share"), 0.01, "%"),
                model=percent(_latest_loss(worst.any)),
            )
        )
    total = math.fsum(cell.figure("lost") or 0.0 for cell in cursor)
    of = f"{total + math.fsum(map(looked_at, cursor)):,.0f}"
    if cursor:
        # Near the formula it loses as the latest value does; some few would be a fault of this server's.
        like = [(c.figure("lost_share") or 0.0) - (_latest_loss(c) or 0.0) for c in cursor]
        keeps = Verdict.FAILS if not total else judged(estimate(like), -LOSS, LOSS)
        keeps = Verdict.OPEN if total and keeps is Verdict.FAILS else keeps
        parts.append(say("a cursor lost {lost} of {of}", lost=number(total), of=of))
    return Finding(
        say("; ").join(parts),
        split(loses, keeps),
        say("the endpoint tells the latest value alone: with a cursor none of {of} was lost", of=of),
    )


def _latest_loss(cell: Cell) -> float | None:
    speed, interval, rtt = cell.param("rate"), cell.param("interval"), cell.param("rtt") or 0.0
    if not speed or not interval:
        return None
    apart = models.spacing(interval, rtt, mode="delay" if cell.params.get("mode") == "delay" else "rate")
    if cell.params.get("shape") == "periodic":
        return models.lost_periodic(1 / speed, apart)
    return models.lost(speed, apart) if cell.params.get("shape") == "poisson" else None
