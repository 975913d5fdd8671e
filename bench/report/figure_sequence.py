"""The figure that explains: the same ten messages on each transport, as the models say."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from bench.report.document import Document
from bench.report.drawing import Axis, Drawing
from bench.report.figure import Figure, Point, name_of
from bench.report.saying import time
from bench.report.tables import Table
from bench.report.words import say

TEN = 10  # messages


@dataclass(frozen=True)
class Lane:
    """What goes over one wire: requests, answers and messages as (left, arrived), and held requests at the hub."""

    transport: str
    asks: list[Point]
    empties: list[Point]
    news: list[Point]
    held: list[Point]
    ages: list[float]


def lanes(planned: Sequence[float], rtt: float, interval: float, until: float) -> list[Lane]:
    """The same messages on each transport, as the models say. Times in s from the first."""
    way = rtt / 2
    polls = Lane("poll", [], [], [], [], [])
    waiting_for, asked = list(planned), -way / 2
    while asked + rtt < until:
        here = asked + way
        ready = [at for at in waiting_for if at <= here]
        waiting_for = waiting_for[len(ready) :]
        polls.asks.append((asked, here))
        (polls.news if ready else polls.empties).append((here, here + way))
        polls.ages.extend(here + way - at for at in ready)
        asked += interval
    parked = Lane("longpoll", [(-way, 0.0)], [], [], [], [])
    waiting_for, here = list(planned), 0.0
    while waiting_for:
        leaves = max(here, waiting_for[0])
        ready = [at for at in waiting_for if at <= leaves]
        waiting_for = waiting_for[len(ready) :]
        parked.held.append((here, leaves))
        parked.news.append((leaves, leaves + way))
        parked.asks.append((leaves + way, leaves + rtt))
        parked.ages.extend(leaves + way - at for at in ready)
        here = leaves + rtt
    parked.held.append((here, until))
    pushed = [(at, at + way) for at in planned]
    return [polls, parked, *(Lane(name, [], [], pushed, [(0.0, until)], [way] * len(pushed)) for name in ("sse", "ws"))]


def sequence(document: Document) -> Figure:
    rtt, interval, until = 0.2, 0.5, 3.1
    luck = random.Random(4)
    planned = sorted(luck.uniform(0.1, 2.6) for _ in range(TEN))
    found = lanes(planned, rtt, interval, until)
    asked = len(found[0].asks)
    title = say(
        "The same ten messages: poll asks {asked} times, {empty} of them for nothing; longpoll asks {again} times; sse"
        " and ws never",
        asked=asked,
        empty=len(found[0].empties),
        again=len(found[1].asks),
    )
    said = say(
        "Drawn from the models at a round trip of {rtt}, poll each {interval}. Upper line of each lane: the hub; lower:"
        " the client. Dots: messages planned; thick: a request that waits, or an open pipe.",
        rtt=time(rtt),
        interval=time(interval),
    )
    head = ["transport", "requests", "answers with news", "mean age", "longest"]
    rows = [
        [lane.transport, f"{len(lane.asks)}", f"{len(lane.news)}", time(sum(lane.ages) / TEN), time(max(lane.ages))]
        for lane in found
    ]

    def draw(width: float) -> str:
        lane_high, top = 84.0, 30.0
        drawing = Drawing(name_of("sequence", width), width, top + len(found) * (lane_high + 30) - 10, title, said)
        x = Axis(-0.12, until, 8, width - 8)
        for number_, lane in enumerate(found):
            y = top + number_ * (lane_high + 30)
            _lane(drawing, x, y, y + lane_high - 26, lane, planned)
        foot = drawing.height - 38
        for value in (0, 1, 2, 3):
            drawing.text(x.at(value), foot + drawing.type, f"{value} s", "mid")
        return drawing.svg()

    return Figure("sequence", title, said, draw, Table("Ten messages", head, rows))


def _lane(drawing: Drawing, x: Axis, hub: float, client: float, lane: Lane, planned: Sequence[float]) -> None:
    way, mean = lane.transport, sum(lane.ages) / len(lane.ages)
    drawing.label(x.start, hub - 10, way, way)
    drawing.text(x.start + drawing.room(way) + 14, hub - 10, say("mean age {age}", age=time(mean)))
    for y in (hub, client):
        drawing.add(f'<path class="axis" d="M{x.start:g} {y:g}H{x.end:g}"/>')
    for left, right in lane.held:
        steps = [(x.at(left + (right - left) * at / 8), hub) for at in range(9)]
        if way == "longpoll":
            drawing.line(steps, "held", way)
        else:
            drawing.curve(steps, way)
    for left, right in lane.asks:
        drawing.line([(x.at(left), client), (x.at(right), hub)], "thin", way)
    for left, right in lane.empties:
        drawing.line([(x.at(left), hub), (x.at(right), client)], "none")
    for left, right in lane.news:
        drawing.line([(x.at(left), hub), (x.at(right), client)], "held", way)
        drawing.mark(x.at(right), client, way, 3.5)
    for at in planned:
        drawing.add(f'<circle cx="{x.at(at):g}" cy="{hub:g}" r="3" fill="var(--paper)" stroke="var(--ink)"/>')
