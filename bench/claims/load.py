"""C8 to C11: what it costs, and what many messages do to it."""

from __future__ import annotations

import math

from bench.claims.finding import MARGIN, Finding, counting, enough, from_to, same_load, untold
from bench.experiments import PEERS
from bench.report.answer import Answer, against
from bench.report.document import Cell, Document, Group
from bench.report.saying import listed, noted, number, percent, rate, several, time
from bench.theory import models
from bench.theory.stats import Verdict, equivalent, estimate, judged, ratios, together

BY_ITSELF = "each message is written by itself"
LOSS = 0.05  # of the messages that the latest value loses, of which a run has ten


def push_cost(document: Document) -> Finding:
    """Pairs of push and poll in E7 with the same load."""
    pulls: dict[tuple[object, ...], list[Group]] = {}
    for group in counting(document.of("E7", transport="poll"), "server_cpu"):
        pulls.setdefault(same_load(group), []).append(group)
    seen, parts = [], []
    for transport in ("longpoll", "sse", "ws"):
        found = []
        for group in counting(document.of("E7", transport=transport), "server_cpu"):
            for pull in pulls.get(same_load(group), []):
                ratio, same = equivalent(ratios(group.rounds("server_cpu"), pull.rounds("server_cpu")), MARGIN)
                if ratio:
                    found.append((ratio, same))
        seen += found
        if found:
            least, most = min(r.middle for r, _ in found), max(r.middle for r, _ in found)
            parts.append(f"{transport} takes {from_to(least, most)} times the CPU of poll")
    if not seen:
        return untold("E7 with server CPU, push beside poll at the same load.")
    # Either half of the claim may be right: seven times, or no difference.
    halves = [together(judged(ratio, 5.0, 9.0) for ratio, _ in seen), together(same for _, same in seen)]
    verdict = Verdict.HOLDS if Verdict.HOLDS in halves else Verdict.OPEN if Verdict.OPEN in halves else Verdict.FAILS
    level = sum(same is Verdict.HOLDS for _, same in seen)
    return Finding(f"{'; '.join(parts)}; level within 10 % in {level} of {several(len(seen), 'pair')}", verdict)


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
        parts.append(f"{said} {from_to(min(middles), max(middles))} times that of ws ({verdicts[-1].value})")
    if not parts:
        return untold("E2 or E4 with sse and ws.")
    measured = "sse has " + listed(parts) + _elsewhere(document)
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
    return f"; with nchan CPU {from_to(min(pairs), max(pairs))} times" if pairs else ""


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
    kept = [name for name, last in others.items() if last.behind(answer.band)]
    if kept:
        return Finding(f"{listed(kept)} stayed ahead of long polling. {measured}", Verdict.ONLY, BY_ITSELF)
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
            said.append(f"{server}, at {rate(shared[-1])}: {listed(late)}")
    return f" Other servers' p99: {'; '.join(said)}." if said else ""


def _points(document: Document, transport: str, server: str) -> dict[float, float]:
    """p99 by deliveries offered a second."""
    groups = document.of("E4", transport=transport, variant=server)
    return {g.any.offered: late for g in groups if g.any.offered and (late := g.middle("p99")) is not None}


def misses(document: Document) -> Finding:
    groups = document.of("E7", transport="poll")
    latest = [g for g in counting(groups, "lost_share") if g.any.variant == "latest"]
    cursor = [g for g in counting(groups, "lost") if g.any.variant == "ours"]
    if not latest and not cursor:
        return untold("E7 with poll, by cursor and by latest value.")
    verdicts, parts = [], []
    if latest:
        worst = max(latest, key=lambda g: g.middle("lost_share") or 0)
        verdicts.append(judged(estimate(_loss_off(latest)), -LOSS, LOSS))
        parts.append(
            f"latest value loses up to {noted(worst.estimate('lost_share'), 0.01, '%')},"
            f" model {percent(_latest_loss(worst.any))}"
        )
    if cursor:
        total = sum(value for group in cursor for value in group.rounds("lost").values())
        verdicts.append(Verdict.FAILS if total else Verdict.HOLDS)
        parts.append(f"a cursor lost {number(total)}")
    if not latest or not cursor:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts), together(verdicts))


def _loss_off(groups: list[Group]) -> list[float]:
    """In each scenario and round, by how much the share lost is above what the formula says."""
    return [
        share - expected
        for group in groups
        if (expected := _latest_loss(group.any)) is not None
        for share in group.rounds("lost_share").values()
    ]


def _latest_loss(cell: Cell) -> float | None:
    speed, interval, rtt = cell.param("rate"), cell.param("interval"), cell.param("rtt") or 0.0
    if not speed or not interval:
        return None
    apart = models.spacing(interval, rtt, mode="delay" if cell.params.get("mode") == "delay" else "rate")
    if cell.params.get("shape") == "periodic":
        return models.lost_periodic(1 / speed, apart)
    return models.lost(speed, apart) if cell.params.get("shape") == "poisson" else None
