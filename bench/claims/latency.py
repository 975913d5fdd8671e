"""C1 to C5, C14: how late the news is, and why."""

from __future__ import annotations

import math

from bench.claims.finding import MARGIN, Finding, counting, off_by_round, same_load, untold
from bench.report.document import Document, Group
from bench.report.saying import digits, noted, noted_time, percent, time
from bench.report.words import say, several
from bench.theory.predict import law, load, predicted
from bench.theory.stats import (
    Estimate,
    Verdict,
    equivalent,
    estimate,
    judged,
    ratios,
    share,
    split,
    together,
    up_to,
)

SLOPE = 0.15  # either side of 0.5 and 1.0, so that the two cannot be taken for one another
HALF = (0.45, 0.55)  # of the interval: half of it
SHARE = 0.02  # of polls: as near as the share of empty ones must be
REDUNDANT = (0.95, 0.97)  # of polls: the 96 % of 2009, which are given in whole percent
POLLS = 50.0  # for each message there: one a second, and a message every 50 s
SOON = (0.75, 1.25)  # transits: close to one
SLIGHTLY = 1.5  # times as late, at most


def poll_slope(document: Document) -> Finding:
    parts, verdicts = [], []
    for mode, called, slope in (("rate", "fixed rate", 0.5), ("delay", "fixed delay", 1.0)):
        groups = [g for g in document.of("E2", transport="poll") if g.any.params.get("mode") == mode and law(g.any)]
        found = estimate(_slopes(groups))
        if found is None:
            continue
        waits = estimate(_waits(groups, found.middle))
        verdicts += [judged(found, slope - SLOPE, slope + SLOPE), judged(waits, *HALF)]
        parts.append(
            say(
                "{mode}: {wait} × T + {slope} × RTT (model 0.5 and {model})",
                mode=called,
                wait=noted(waits),
                slope=noted(found),
                model=f"{slope:g}",
            )
        )
    if not parts:
        return untold("E2 with poll at two round trips or more.")
    if len(parts) == 1:
        verdicts.append(Verdict.OPEN)
    return Finding(say("; ").join(parts), together(verdicts))


def _slopes(groups: list[Group]) -> dict[int, float]:
    """For each round, by how much the mean rises with the round trip: a least squares line within each interval."""
    found = {}
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
            found[at] = above / below
    return found


def _waits(groups: list[Group], slope: float) -> dict[int, float]:
    """For each round, what is left of the mean without the round trip, in intervals."""
    found: dict[int, list[float]] = {}
    for group in groups:
        rtt, interval = group.any.param("rtt"), group.any.param("interval")
        if rtt is not None and interval:
            for at, mean in group.rounds("mean").items():
                found.setdefault(at, []).append((mean - slope * rtt) / interval)
    return {at: math.fsum(values) / len(values) for at, values in found.items()}


def empty_polls(document: Document) -> Finding:
    """Judged by the cell that the claim is about. Where this is as empty as the formula says, and the formula is right
    elsewhere too, it tells at which distance of polls the claim's share is right."""
    groups = [
        g
        for g in counting(document.of("E2", "E7", transport="poll"), "empty_share")
        if predicted(g.any, "empty_share") is not None
    ]
    if not groups:
        return untold("E2 or E7 with poll.")
    # By round over all scenarios: within a few seconds one of them has the luck of few messages.
    off = estimate(off_by_round(groups, "empty_share", lambda share, expected: share - expected))
    formula = say(
        "in {scenarios} off from the formula by {off}, by round",
        scenarios=several(len(groups), "scenario"),
        off=noted(off, 0.01, "%"),
    )
    times = f"{POLLS:g}"
    source = [group for group in groups if _as_told(group)]
    if not source:
        text = say("No poll {times} times for each message in this run; {formula}", times=times, formula=formula)
        return Finding(text, Verdict.OPEN)
    cells = [cell for group in source for cell in group.cells]
    asked = math.fsum(cell.figure("answers") or 0.0 for cell in cells)
    found = share(math.fsum(cell.figure("empty") or 0.0 for cell in cells), asked)
    expected = predicted(source[0].any, "empty_share") or 0.0
    text = say(
        "polled {times} times for each message: {empty} of {polls} polls, formula {expected}; {formula}",
        times=times,
        empty=noted(found, 0.01, "%"),
        polls=f"{asked:,.0f}",
        expected=percent(expected),
        formula=formula,
    )
    verdict = judged(found, *REDUNDANT)
    right = together([judged(off, -SHARE, SHARE), judged(found, expected - 0.01, expected + 0.01)])
    if verdict is Verdict.FAILS and right is not Verdict.FAILS and found:
        return Finding(
            text,
            split(right, verdict),
            say(
                "polls are {seconds} s apart: of those each second {empty} find nothing",
                seconds=f"{0.04 * POLLS:g}",
                empty=percent(found.middle),
            ),
        )
    return Finding(text, verdict)


def _as_told(group: Group) -> bool:
    """Whether it polls as often for each message as the claim says."""
    speed, interval = group.any.param("rate"), group.any.param("interval")
    periodic = group.any.params.get("shape") == "periodic"
    return periodic and bool(speed and interval and abs(POLLS * speed * interval - 1) < 0.05)


def longpoll_transit(document: Document) -> Finding:
    """At all loads: the mean, close to one transit, and the longest, over three."""
    groups = sorted((g for g in _poisson(document, "ours")), key=lambda g: load(g.any) or 0)
    if not groups:
        return untold("E3 with longpoll at a round trip above 0.")
    means = [(load(group.any) or 0.0, found) for group in groups if (found := _transits(group, "mean"))]
    mean, limit = up_to((at, judged(found, *SOON)) for at, found in means)
    longest: dict[int, float] = {}
    for group in groups:
        for at, value in group.rounds("max").items():
            longest[at] = max(longest.get(at, 0.0), value / ((group.any.param("rtt") or 0) / 2))
    most = estimate(longest)
    (low, rare), (high, dense) = means[0], means[-1]
    text = say(
        "Mean {rare} transits at a = {low} and {dense} transits at a = {high}; the longest {longest} transits",
        rare=noted(rare),
        low=digits(low),
        dense=noted(dense),
        high=digits(high),
        longest=noted(most),
    )
    verdict = together([mean, judged(most, 3.0, math.inf) if most else Verdict.OPEN])
    if len({at for at, _ in means}) == 1 and verdict is not Verdict.FAILS:
        verdict = Verdict.OPEN
    return Finding(
        text,
        verdict,
        say(
            "messages are rare: up to a = λ·RTT = {limit}; it is {mean} transits at a = {load}",
            limit=digits(limit),
            mean=digits(dense.middle),
            load=digits(high),
        ),
    )


def _transits(group: Group, figure: str) -> Estimate | None:
    rtt = group.any.param("rtt") or 0
    return estimate({at: value / (rtt / 2) for at, value in group.rounds(figure).items()}) if rtt else None


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
            say(
                "at a = {load}: mean {mean}, M/D/1 says {model} (below the limit all are {times} times what it says)",
                load=digits(load(last.any) or 0),
                mean=noted_time(last.estimate("mean")),
                model=time(predicted(last.any, "mean")),
                times=noted(near_by),
            )
        )
    for group in beyond:
        found, gap = group.estimate("mean"), group.any.param("rtt") or 0
        # Batched, no message ever waits for more than one gap; a queue that grows is beyond that by far.
        verdicts.append(judged(found, 3 * gap, math.inf))
        parts.append(
            say(
                "at a = {load}: {mean}, and growing with the run",
                load=digits(load(group.any) or 0),
                mean=noted_time(found),
            )
        )
    if not groups:
        return untold("E3 with longpoll, one message an answer.")
    if not below or not beyond:
        verdicts.append(Verdict.OPEN)
    return Finding(say("; ").join(parts[:1] + parts[1:][-1:]), together(verdicts))


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
    shown = [say("{times} × one way at {way}", times=noted(found), way=time(way)) for way, _, found in points]
    text = say("mean {ways} (half the period: {half})", ways=say("; ").join(shown), half=time(points[0][1] / 2))
    return Finding(text, together(verdicts))


def kink_points(document: Document) -> list[tuple[float, float, Estimate]]:
    """Periodic long polling: one way, the period, and the mean latency in ways."""
    found = []
    for group in counting(document.of("E3", transport="longpoll", variant="ours"), "mean"):
        speed, rtt = group.any.param("rate"), group.any.param("rtt")
        if group.any.params.get("shape") == "periodic" and speed and rtt:
            ways = estimate({at: value / (rtt / 2) for at, value in group.rounds("mean").items()})
            assert ways
            found.append((rtt / 2, 1 / speed, ways))
    return sorted(found, key=lambda point: point[0])


def raw_tcp(document: Document) -> Finding:
    """Without a round trip, where a small difference shows, and with one."""
    floor = {same_load(g): g for g in counting(document.of("E2", transport="tcp"), "mean")}
    over = {
        group.any.param("rtt") or 0.0: (group, ratios(group.rounds("mean"), floor[same_load(group)].rounds("mean")))
        for group in document.of("E2", transport="ws")
        if same_load(group) in floor
    }
    bare = over.pop(0.0, None)
    if not bare and not over:
        return untold("E2 with ws and bare TCP.")
    parts, near = [], Verdict.OPEN
    if bare:
        group, found = bare[0], estimate(bare[1])
        near = judged(found, 1.0, SLIGHTLY)
        parts.append(
            say(
                "without a round trip {times} times as late as bare TCP ({mean})",
                times=noted(found),
                mean=noted_time(group.estimate("mean")),
            )
        )
    level = {rtt: equivalent(each, MARGIN) for rtt, (_, each) in sorted(over.items())}
    slower = together(judged(estimate(each), 1.0, SLIGHTLY) for _, each in over.values())
    if level:
        said = [
            say("{times} at {rtt}", times=digits(ratio.middle), rtt=time(rtt))
            for rtt, (ratio, _) in level.items()
            if ratio
        ]
        parts.append(say("with one {trips}", trips=say(", ").join(said)))
    same = together(verdict for _, verdict in level.values())
    far = Verdict.FAILS if same is Verdict.HOLDS else Verdict.HOLDS if slower is Verdict.HOLDS else Verdict.OPEN
    verdict = split(near, far)
    if far is Verdict.OPEN and any(found.outside(1 / (1 + MARGIN), SLIGHTLY) for found, _ in level.values() if found):
        verdict = Verdict.FAILS
    when = say(
        "no round trip hides it: from {least} on the two are level within {margin}",
        least=time(min(level, default=0.0)),
        margin=f"{MARGIN:.0%}",
    )
    return Finding(say("; ").join(parts), verdict, when)
