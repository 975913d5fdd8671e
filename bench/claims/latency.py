"""C1 to C5, C14: how late the news is, and why."""

from __future__ import annotations

import math

from bench.claims.finding import MARGIN, Finding, counting, enough, from_to, off_by_round, same_load, untold
from bench.report.document import Document, Group
from bench.report.saying import digits, listed, noted, noted_time, percent, several, time
from bench.theory.predict import law, load, predicted
from bench.theory.stats import Estimate, Verdict, equivalent, estimate, judged, ratios, together

SLOPE = 0.15  # either side of 0.5 and 1.0, so that the two cannot be taken for one another
SHARE = 0.02  # of polls: as near as the share of empty ones must be


def poll_slope(document: Document) -> Finding:
    parts, verdicts = [], []
    for mode, slope in (("rate", 0.5), ("delay", 1.0)):
        groups = [g for g in document.of("E2", transport="poll") if g.any.params.get("mode") == mode and law(g.any)]
        found = estimate(_slopes(groups))
        if found is None:
            continue
        verdicts.append(judged(found, slope - SLOPE, slope + SLOPE))
        parts.append(f"fixed {mode}: T/2 + {noted(found)} × RTT (model {slope:g})")
    if not parts:
        return untold("E2 with poll at two round trips or more.")
    if len(parts) == 1:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts), together(verdicts))


def _slopes(groups: list[Group]) -> list[float]:
    """For each round, by how much the mean rises with the round trip: a least squares line within each interval."""
    found = []
    for at in sorted({cell.round for group in groups for cell in group.cells}):
        points: dict[float, list[tuple[float, float]]] = {}
        for group in groups:
            mean, rtt, interval = group.rounds("mean").get(at), group.any.param("rtt"), group.any.param("interval")
            if mean is not None and rtt is not None and interval is not None:
                points.setdefault(interval, []).append((rtt, mean))
        # Long intervals scatter more, by chance alone: weigh them less.
        above = below = 0.0
        for interval, line in points.items():
            x, y = (math.fsum(part) / len(line) for part in zip(*line, strict=True))
            above += math.fsum((a - x) * (b - y) for a, b in line) / interval**2
            below += math.fsum((a - x) ** 2 for a, _ in line) / interval**2
        if below:
            found.append(above / below)
    return found


def empty_polls(document: Document) -> Finding:
    groups = [
        g
        for g in counting(document.of("E2", "E7", transport="poll"), "empty_share")
        if predicted(g.any, "empty_share") is not None
    ]
    if not groups:
        return untold("E2 or E7 with poll.")
    # By round over all scenarios: within a few seconds one of them has the luck of few messages.
    off = estimate(off_by_round(groups, "empty_share", lambda share, expected: share - expected))
    shown = max(groups, key=lambda g: g.middle("empty_share") or 0)
    emptiest = noted(shown.estimate("empty_share"), 0.01, "%")
    text = (
        f"{several(len(groups), 'scenario')}; the emptiest: {emptiest} of polls, model"
        f" {percent(predicted(shown.any, 'empty_share'))}; all, by round, off by {noted(off, 0.01, '%')}"
    )
    return Finding(text, judged(off, -SHARE, SHARE))


def longpoll_transit(document: Document) -> Finding:
    # A transit long enough that what the machine adds does not count.
    groups = [g for g in _poisson(document, "ours") if (g.any.param("rtt") or 0) >= 0.05]
    groups.sort(key=lambda g: load(g.any) or 0)
    if not groups:
        return untold("E3 with longpoll at a round trip above 0.")
    parts, verdicts = [], []
    for group in (groups[0], groups[-1]) if len(groups) > 1 else (groups[0],):
        found = _transits(group, "mean")
        assert found
        verdicts.append(judged(found, 0.75, 1.25))
        parts.append(f"{noted(found)} transits at a = {digits(load(group.any) or 0)}")
    longest = [found for group in groups if (found := _transits(group, "max")) is not None]
    tail = max((found.middle for found in longest), default=math.nan)
    text = f"Mean {listed(parts)}" + (f"; the longest {digits(tail)} transits" if longest else "")
    if verdicts[-1] is Verdict.FAILS and verdicts[0] is Verdict.HOLDS:
        text += ". True of rare messages only"
    if len(groups) == 1:
        verdicts.append(Verdict.OPEN)
    return Finding(text, together(verdicts))


def _transits(group: Group, figure: str) -> Estimate | None:
    rtt = group.any.param("rtt") or 0
    return estimate(value / (rtt / 2) for value in group.rounds(figure).values()) if rtt else None


def _poisson(document: Document, variant: str) -> list[Group]:
    """The scenarios of the long-poll law."""
    return [
        group
        for group in counting(document.of("E3", transport="longpoll", variant=variant), "mean")
        if group.any.params.get("shape") == "poisson" and (load(group.any) or 0) > 0
    ]


def collapse(document: Document) -> Finding:
    groups = _poisson(document, "unbatched")
    below = [g for g in groups if (load(g.any) or 0) <= 0.8]
    beyond = [g for g in groups if (load(g.any) or 0) > 1.05]
    verdicts, parts = [], []
    near_by = estimate(off_by_round(below, "mean", lambda mean, expected: mean / expected))
    if near_by:
        verdicts.append(judged(near_by, 0.85, 1.15))
    if below:
        last = max(below, key=lambda g: load(g.any) or 0)
        parts.append(
            f"at a = {digits(load(last.any) or 0)}: mean {noted_time(last.estimate('mean'))}, M/D/1 says"
            f" {time(predicted(last.any, 'mean'))} (below the limit all are {noted(near_by)} times what it says)"
        )
    for group in beyond:
        found, gap = group.estimate("mean"), group.any.param("rtt") or 0
        # Batched, no message ever waits for more than one gap; a queue that grows is beyond that by far.
        verdicts.append(judged(found, 3 * gap, math.inf))
        parts.append(f"at a = {digits(load(group.any) or 0)}: {noted_time(found)}, and growing with the run")
    if not groups:
        return untold("E3 with longpoll, one message an answer.")
    if not below or not beyond:
        verdicts.append(Verdict.OPEN)
    return Finding("; ".join(parts[:1] + parts[1:][-1:]), together(verdicts))


def kink(document: Document) -> Finding:
    points = kink_points(document)
    if not points:
        return untold("E3 with longpoll and a message each 250 ms.")
    verdicts = []
    for way, period, found in points:
        if abs(2 * way - period) >= 0.05 * period:
            short = 2 * way < period
            verdicts.append(judged(found, 0.0 if short else 1.5, 1.15 if short else math.inf))
    sides = {2 * way < period for way, period, _ in points}
    if len(sides) < 2:
        verdicts.append(Verdict.OPEN)
    shown = [f"{noted(found)} × one way at {time(way)}" for way, _, found in points]
    return Finding(f"mean {'; '.join(shown)} (half the period: {time(points[0][1] / 2)})", together(verdicts))


def kink_points(document: Document) -> list[tuple[float, float, Estimate]]:
    """Periodic long polling: one way, the period, and the mean latency in ways."""
    found = []
    for group in counting(document.of("E3", transport="longpoll", variant="ours"), "mean"):
        speed, rtt = group.any.param("rate"), group.any.param("rtt")
        if group.any.params.get("shape") == "periodic" and speed and rtt:
            ways = estimate(value / (rtt / 2) for value in group.rounds("mean").values())
            assert ways
            found.append((rtt / 2, 1 / speed, ways))
    return sorted(found, key=lambda point: point[0])


def raw_tcp(document: Document) -> Finding:
    """Judged where there is a round trip: without one only the machine's noise would be compared."""
    floor = {same_load(g): g for g in counting(document.of("E2", transport="tcp"), "mean")}
    pairs = {
        group.any.param("rtt") or 0.0: (group, floor[same_load(group)])
        for group in document.of("E2", transport="ws")
        if same_load(group) in floor
    }
    over = [ratios(group.rounds("mean"), bare.rounds("mean")) for rtt, (group, bare) in pairs.items() if rtt]
    found = [equivalent(each, MARGIN) for each in enough(over)]
    middles = [ratio.middle for ratio, _ in found if ratio]
    if not middles:
        return untold("E2 with ws and bare TCP at a round trip above 0.")
    text = f"mean latency {from_to(min(middles), max(middles))} times that of bare TCP"
    if 0.0 in pairs:
        group, bare = pairs[0.0]
        text += (
            f"; without a round trip {noted_time(group.estimate('mean'))} against {noted_time(bare.estimate('mean'))}"
        )
    return Finding(text, together(verdict for _, verdict in found))
