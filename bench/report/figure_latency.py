"""The figures of latency: its distribution on each transport, and what a long poll waits for."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.claims.latency import kink_points
from bench.report.document import TRANSPORTS, Document, Group
from bench.report.drawing import Axis, Drawing
from bench.report.figure import Figure, Point, ms, name_of, narrow
from bench.report.saying import digits, number, spread, spread_time, time
from bench.report.tables import Table
from bench.report.words import say
from bench.theory import models
from bench.theory.predict import law, load, predicted
from bench.theory.stats import Estimate


def _chosen(document: Document) -> list[Group]:
    """One scenario for each transport, alike but for the transport: the shortest interval at a round trip of 100 ms."""
    polls = [g for g in document.of("E2", transport="poll") if _drawn(g) and g.any.param("interval")]
    if not polls:
        return []

    def fit(group: Group) -> tuple[float, float, bool]:
        cell = group.any
        return abs((cell.param("rtt") or 0) - 0.1), cell.param("interval") or 0, cell.params.get("mode") == "delay"

    poll = min(polls, key=fit)
    rtt, found = poll.any.param("rtt"), [poll]
    for transport in TRANSPORTS[1:]:
        alike = [
            g
            for g in document.of("E2", "E3", transport=transport)
            if g.any.param("rtt") == rtt
            and _drawn(g)
            and g.any.variant in ("ours", "coalesced")
            and g.any.params.get("shape") != "periodic"
        ]
        # Of long polls the one with a message in each gap: there its ramp can be seen.
        if alike:
            found.append(min(alike, key=lambda g: abs(math.log(max(load(g.any) or 1e-9, 1e-9)))))
    return found


def _drawn(group: Group) -> bool:
    """Whether its latencies were kept, under a round trip. (Not read yet: that takes time, and most are not drawn.)"""
    return bool(group.any.param("rtt")) and any(cell.histogram for cell in group.cells)


def distribution(document: Document) -> Figure | None:
    groups = [group for group in _chosen(document) if group.spectrum]
    if len(groups) < 2 or groups[0].any.transport != "poll":
        return None
    cell = groups[0].any
    rtt, interval = cell.param("rtt") or 0.0, cell.param("interval") or 0.0
    late = groups[0].middle("p50")
    push = [g for g in groups if g.any.transport in ("sse", "ws")]
    soon = push[0].middle("p50") if push else None
    title = (
        say("A poll waits for its turn: half of the messages come later than {late}", late=time(late))
        if soon is None
        else say(
            "A poll waits for its turn: half of the messages come later than {late}, pushed ones after {soon}",
            late=time(late),
            soon=time(soon),
        )
    )
    most = max(law_max(g) for g in groups) * 1.06

    def draw(width: float) -> str:
        drawing = Drawing(name_of("cdf", width), width, 340 if narrow(width) else 380, title, said)
        x = Axis(0, most, 46, width - (14 if narrow(width) else 24))
        y = Axis(0, 1, drawing.height - 50, 66)
        drawing.text(0, 14, say("messages that came no later, %"))
        drawing.axes(x, y, say("latency, ms"), "", ms, lambda share: digits(100 * share), 4 if narrow(width) else 8)
        _verticals(drawing, x, y, rtt, interval)
        for group in sorted(groups, key=lambda g: g.any.transport != "ws"):  # sse runs inside the double line
            _distribution(drawing, x, y, group)
        return drawing.svg()

    said = say(
        "Share of messages by latency, all rounds, at a round trip of {rtt}; poll asks each {interval}. Thin broken"
        " lines: the models. poll is a straight line, longpoll a step and a ramp, push a step.",
        rtt=time(rtt),
        interval=time(interval),
    )
    head = ["transport", "messages", "p50", "p50, model", "p95", "p95, model", "p99", "p99, model", "max"]
    rows = []
    for group in groups:
        spectrum = group.spectrum
        row = [group.any.label, f"{spectrum.total:,}" if spectrum else "-"]
        for figure in ("p50", "p95", "p99"):
            row += [spread_time(group.estimate(figure)), time(predicted(group.any, figure))]
        rows.append([*row, spread_time(group.estimate("max"))])
    return Figure("cdf", title, said, draw, Table("Latency", head, rows), of="E2,E3")


def law_max(group: Group) -> float:
    found = law(group.any)
    largest = group.spectrum.quantile(0.999) if group.spectrum else 0.0
    return max(largest, found.max if found and math.isfinite(found.max) else 0.0)


def _verticals(drawing: Drawing, x: Axis, y: Axis, rtt: float, interval: float) -> None:
    marks = [(rtt / 2, "1 transit"), (1.5 * rtt, "3 transits"), (interval / 2 + rtt / 2, "T/2 + 1 transit")]
    if drawing.width < 520:
        marks = marks[:2]
    for number_, (at, said) in enumerate(marks):
        if x.holds(at) and at > 0:
            # The third stands close to the second, and where it is narrow the second to the first.
            rise = 4 + (drawing.type * 1.2 if number_ == 2 or (number_ == 1 and narrow(drawing.width)) else 0)
            drawing.line([(x.at(at), y.start), (x.at(at), y.end - rise)], "level")
            drawing.text(x.at(at) + 4, y.end - rise, say(said))


LABEL_AT = {"poll": 0.62, "longpoll": 0.84, "sse": 0.30, "ws": 0.14}


def _distribution(drawing: Drawing, x: Axis, y: Axis, group: Group) -> None:
    spectrum, way = group.spectrum, group.any.transport
    if spectrum is None:
        return
    start = [(x.low, 0.0), (spectrum.steps[0][0], 0.0)]
    points = start + [(at, share) for at, share in spectrum.steps if at <= x.high]
    kept = start + points[2 :: max(1, len(points) // 120)] + points[-1:]
    drawing.curve([(x.at(at), y.at(share)) for at, share in kept], way)
    found = law(group.any)
    if found:
        steps = [x.low + (x.high - x.low) * at / 300 for at in range(301)]
        last = next((at for at, late in enumerate(steps) if found.cdf(late) >= 1), len(steps) - 1)
        drawing.line([(x.at(at), y.at(found.cdf(at))) for at in steps[: last + 1]])
    share = LABEL_AT.get(way, 0.5)
    drawing.label(x.at(spectrum.quantile(share)) + 9, y.at(share) + drawing.type * 0.35, way, way)


def _law_points(document: Document, variant: str) -> list[tuple[float, float, Group]]:
    """a, and the mean wait in round trips, of Poisson messages by long poll."""
    found = []
    for group in document.of("E3", transport="longpoll", variant=variant):
        rtt, at, mean = group.any.param("rtt"), load(group.any), group.middle("mean")
        if group.any.params.get("shape") == "poisson" and rtt and at and mean is not None:
            found.append((at, (mean - rtt / 2) / rtt, group))
    return sorted(found, key=lambda point: point[0])


def waiting(document: Document) -> Figure | None:
    batched, single = _law_points(document, "ours"), _law_points(document, "unbatched")
    if not batched and not single:
        return None
    kinks = kink_points(document)
    title = (
        say(
            "Long polling in batches never waits longer than a round trip; one message an answer, it collapses at 1/RTT"
        )
        if any(point[0] > 1.05 and point[1] > 1 for point in single)
        else say("Long polling in batches never waits longer than a round trip")
    )
    said = say(
        "Mean wait beside one transit, in round trips, over a = λ·RTT, the messages that come in a round trip. Points:"
        " measured, with their intervals; broken lines: the models, in batches and M/D/1."
    )
    if kinks:
        said = say(
            "{said} Beside it: a message each 250 ms; past half the period long polling no longer keeps up.", said=said
        )

    def draw(width: float) -> str:
        small = narrow(width)
        height = (300 + (250 if kinks else 0)) if small else 380
        drawing = Drawing(name_of("law", width), width, height, title, said)
        right = width - 14 if small else (width * 0.62 if kinks else width - 30)
        x = Axis(0.04, 12, 46, right, log=True)
        y = Axis(0, 1.5, 300 - 50 if small else height - 50, 36)
        drawing.axes(x, y, say("a = λ·RTT, messages in a round trip"), say("mean wait, round trips"), digits, digits)
        _law_curves(drawing, x, y)
        for points, way in ((batched, "batched"), (single, "single")):
            for at, wait, group in points:
                _law_point(drawing, x, y, at, wait, group, hollow=way == "single")
            _beyond(drawing, x, y, [(at, wait) for at, wait, _ in points if wait > y.high and x.holds(at)])
        if kinks:
            top = 300 if small else 0
            left = 46 if small else width * 0.62 + 74
            _kink(drawing, Axis(0, 0.2, left, width - 14), Axis(0, 2.5, height - 50, top + 36), kinks)
        return drawing.svg()

    head = ["a", "answers", "mean", "model", "p99", "model", "requests/s", "model", "messages an answer", "model"]
    rows = [
        [digits(at), "one message" if group.any.variant == "unbatched" else "batches", *_law_row(group)]
        for at, _, group in batched + single
    ]
    return Figure("law", title, said, draw, Table("The law of long polling", head, rows), of="E3")


def _law_row(group: Group) -> list[str]:
    row = []
    for figure in ("mean", "p99"):
        row += [spread_time(group.estimate(figure)), _model(group, figure)]
    for figure in ("request_rate", "messages_per_answer"):
        row += [spread(group.estimate(figure)), number(predicted(group.any, figure))]
    return row


def _model(group: Group, figure: str) -> str:
    found = predicted(group.any, figure)
    return "no bound" if found is None and group.any.variant == "unbatched" else time(found)


def _law_curves(drawing: Drawing, x: Axis, y: Axis) -> None:
    steps = [x.low * (x.high / x.low) ** (at / 160) for at in range(161)]
    drawing.line([(x.at(a), y.at(models.longpoll(a, 1, 0).mean)) for a in steps])
    queue = [(a, models.longpoll_single(a, 1, 0).mean) for a in steps if a < 1]
    drawing.line([(x.at(a), y.at(wait)) for a, wait in queue if wait <= y.high])
    drawing.line([(x.at(1), y.start), (x.at(1), y.end)], "level")
    drawing.label(x.at(0.46), y.at(1.34), say("one message"), "longpoll", "end")
    drawing.label(x.at(0.46), y.at(1.24), say("an answer"), "longpoll", "end plain")
    drawing.label(x.at(1.6), y.at(0.25), say("in batches"), "longpoll")
    drawing.line([(x.start, y.at(0)), (x.end, y.at(0))], "level", "ws")
    drawing.label(x.end, y.at(0) - 6, say("ws, sse: no wait"), "ws", "end plain")


def _law_point(drawing: Drawing, x: Axis, y: Axis, at: float, wait: float, group: Group, *, hollow: bool) -> None:
    rtt, found = group.any.param("rtt") or 1.0, group.estimate("mean")
    if not x.holds(at) or wait > y.high:
        return
    if found and found.low is not None and found.high is not None:
        low, high = ((value - rtt / 2) / rtt for value in (found.low, found.high))
        drawing.whisker(x.at(at), y.at(low), y.at(high), "longpoll")
    if hollow:
        drawing.add(f'<g class="longpoll"><circle class="ring" cx="{x.at(at):g}" cy="{y.at(wait):g}" r="4"/></g>')
    else:
        drawing.mark(x.at(at), y.at(wait), "longpoll")


def _beyond(drawing: Drawing, x: Axis, y: Axis, points: Sequence[Point]) -> None:
    """Points above the picture: an arrow each, and how far above, where there is room to say it."""
    tip, last = y.end - 2, -100.0
    for at, wait in points:
        px = x.at(at)
        drawing.line([(px, tip + 12), (px, tip)], "thin", "longpoll")
        drawing.line([(px - 4, tip + 5), (px, tip), (px + 4, tip + 5)], "thin", "longpoll")
        if px - last > 2.4 * drawing.type:
            drawing.label(px + 7, tip + drawing.type * 0.8, digits(wait, 2), "longpoll", "plain")
            last = px


def _kink(drawing: Drawing, x: Axis, y: Axis, kinks: Sequence[tuple[float, float, Estimate]]) -> None:
    period = kinks[0][1]
    drawing.axes(x, y, say("one way, ms"), say("mean latency, in ways"), ms, digits, 5)
    drawing.line([(x.at(0), y.at(1)), (x.at(period / 2), y.at(1)), (x.at(period / 2), y.at(2)), (x.end, y.at(2))])
    for way, _, found in kinks:
        if found.low is not None and found.high is not None:
            drawing.whisker(x.at(way), y.at(found.low), y.at(found.high), "longpoll")
        drawing.mark(x.at(way), y.at(found.middle), "longpoll")
    drawing.label(x.at(period / 2) - 6, y.at(1.5), say("half the period"), "", "end plain")
