"""The figure of E14: what is late at a full server, over the number of clients and over time, with its models."""

from __future__ import annotations

from bench.report.document import Document
from bench.report.drawing import Axis, Drawing, around
from bench.report.figure import Figure, axis_time, name_of, narrow
from bench.report.growth import Lasting, Settled, joined, lasting, pushed, sentences, settled
from bench.report.saying import digits, spread, spread_time, time
from bench.report.tables import Table
from bench.report.words import say

TITLE = "A full server: long polling is late by the number of its clients, a frame for each message by the second"
HOW = (
    "p99 at a full server, both scales of powers of ten. Left: over the number of clients; broken: that number times"
    " the cost of an answer. Right: over the length of the load; broken: a queue that gets more than it can serve."
)


def growth(document: Document) -> Figure | None:
    crowds, times = settled(document), lasting(document)
    if len([one for one in crowds if one.server == "ours"]) < 2 or not times:
        return None
    title, said = say(TITLE), joined(sentences(document))

    def draw(width: float) -> str:
        small = narrow(width)
        drawing = Drawing(name_of("growth", width), width, 640 if small else 380, title, said)
        low, high = around(
            [*(one.p99.middle for one in crowds), *(one.p99.middle for one in times)], log=True, room=1.6
        )
        left, room = 58.0, 96.0
        if small:
            places = [(left, width - room, 36.0, 260.0), (left, width - room, 360.0, 584.0)]
        else:
            half = (width - 2 * left - 2 * room) / 2
            places = [(left, left + half, 36.0, 326.0), (2 * left + half + room, width - room, 36.0, 326.0)]
        (x0, x1, y0, y1), (u0, u1, v0, v1) = places
        numbers = around([one.clients for one in crowds], log=True, room=1.15)
        lengths = around([one.seconds for one in times], log=True, room=1.15)
        _crowds(drawing, document, crowds, Axis(*numbers, x0, x1, log=True), Axis(low, high, y1, y0, log=True))
        _times(drawing, times, Axis(*lengths, u0, u1, log=True), Axis(low, high, v1, v0, log=True))
        return drawing.svg()

    return Figure("growth", title, say(HOW), draw, _table(crowds, times), of="E14")


def _crowds(drawing: Drawing, document: Document, crowds: list[Settled], x: Axis, y: Axis) -> None:
    numbers = sorted({one.clients for one in crowds})
    drawing.axes(x, y, say("clients"), say("{figure} latency", figure="p99"), digits, axis_time, numbers)
    ends = []
    for server in dict.fromkeys(one.server for one in crowds):
        several = [one for one in crowds if one.server == server]
        drawing.curve([(x.at(one.clients), y.at(one.p99.middle)) for one in several], "longpoll")
        drawing.line([(x.at(one.clients), y.at(one.model)) for one in several])
        for one in several:
            _whisker(drawing, x.at(one.clients), y, one)
        label = "longpoll" if server == "ours" else f"longpoll\n{server}"
        ends.append((y.at(several[-1].p99.middle), label, "longpoll"))
    full = {(one.clients, one.load) for one in crowds if one.server == "ours"}
    for transport in ("sse", "ws"):
        groups = [g for g in pushed(document) if g.any.transport == transport]
        groups = [g for g in groups if (g.any.param("clients"), g.any.offered) in full]
        groups.sort(key=lambda g: g.any.param("clients") or 0)  # the fewer they are, the faster their feed
        line = [(x.at(g.any.param("clients") or 1), y.at(g.middle("p99") or y.low)) for g in groups]
        drawing.curve(line, transport)
        if line:
            label = f"ws\n{say('coalesced')}" if transport == "ws" else transport
            ends.append((line[-1][1], label, transport))
    drawing.beside(x.end + 9, ends, y.end - 8, y.start + 8)


def _times(drawing: Drawing, times: list[Lasting], x: Axis, y: Axis) -> None:
    drawing.axes(x, y, say("s of the same load"), "", digits, axis_time, sorted({one.seconds for one in times}))
    ends = []
    for kind in ("longpoll", "ws"):
        several = [one for one in times if one.kind == kind]
        drawing.curve([(x.at(one.seconds), y.at(one.p99.middle)) for one in several], kind, pieces=kind == "ws")
        drawing.line([(x.at(one.seconds), y.at(one.model)) for one in several if one.model])
        for one in several:
            _whisker(drawing, x.at(one.seconds), y, one)
        if several:
            label = f"ws\n{say('by message')}" if kind == "ws" else kind
            ends.append((y.at(several[-1].p99.middle), label, kind))
    drawing.beside(x.end + 9, ends, y.end - 8, y.start + 8)


def _whisker(drawing: Drawing, at: float, y: Axis, one: Settled | Lasting) -> None:
    if one.p99.low and one.p99.high:
        way = "longpoll" if isinstance(one, Settled) else one.kind
        drawing.whisker(at, y.at(one.p99.low), y.at(one.p99.high), way)


def _table(crowds: list[Settled], times: list[Lasting]) -> Table:
    head = ["what", "clients", "for", "p99", "an answer", "model"]
    rows = [
        [
            "longpoll" if one.server == "ours" else f"longpoll {one.server}",
            f"{one.clients:,.0f}",
            "",
            spread_time(one.p99),
            spread(one.answer, 1e-6, "µs"),
            time(one.model),
        ]
        for one in crowds
    ]
    rows += [
        [
            one.kind if one.kind == "longpoll" else "ws, a frame for each message",
            "300",
            f"{one.seconds:g} s",
            spread_time(one.p99),
            "",
            "" if one.model is None else time(one.model),
        ]
        for one in times
    ]
    return Table("A full server", head, rows)
