"""The figures of cost: against freshness, in bytes, and in the memory of idle clients."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.claims.connections import KIB
from bench.claims.size import upward
from bench.report.document import TRANSPORTS, Document, Group
from bench.report.drawing import Axis, Drawing, around
from bench.report.figure import Figure, Point, axis_time, name_of, narrow
from bench.report.saying import digits, number, spread, spread_time, time
from bench.report.tables import Table
from bench.report.words import say


def freshness(document: Document) -> Figure | None:
    figure, unit, said_y = "cpu_per_delivery", 1e-6, "server CPU, µs a delivery"
    groups = _fresh(document, "E7", figure) or _fresh(document, "E2", figure)
    if not groups:
        figure, unit, said_y = "wire_each", 1.0, "bytes on the wire, a delivery"
        groups = _fresh(document, "E2", figure)
    if not groups:
        return None
    points = [(group, group.middle("mean") or 0.0, (group.middle(figure) or 0.0) / unit) for group in groups]
    cheap, fresh = min(points, key=lambda p: p[2]), min(points, key=lambda p: p[1])
    rate, rtt = digits(groups[0].any.param("rate") or 0), groups[0].any.param("rtt") or 0.0
    trip = say("a round trip of {rtt}", rtt=time(rtt)) if rtt else "no delay but the machine's"
    if cheap[0] is fresh[0]:
        title = say(
            "{fresh} is the freshest and the cheapest, at {rate} messages/s and {trip}",
            fresh=_way(fresh[0]),
            rate=rate,
            trip=trip,
        )
    else:
        title = say(
            "{fresh} is the freshest, {cheap} the cheapest, at {rate} messages/s and {trip}",
            fresh=_way(fresh[0]),
            cheap=_way(cheap[0]),
            rate=rate,
            trip=trip,
        )
    said = say(
        "Age of news when it arrives, against what it costs: below and left is better. poll is a line, by its interval."
    )

    def draw(width: float) -> str:
        drawing = Drawing(name_of("pareto", width), width, 330 if narrow(width) else 380, title, said)
        x = Axis(*around([p[1] for p in points], log=True, room=1.5), 52, width - 20, log=True)
        y = Axis(*around([p[2] for p in points], log=True, room=1.5), drawing.height - 50, 36, log=True)
        across, most = say("mean age of news when it arrives"), 3 if narrow(width) else 6
        drawing.axes(x, y, across, say(said_y), axis_time, digits, most)
        polls = sorted((p for p in points if p[0].any.transport == "poll"), key=lambda p: p[1])
        drawing.curve([(x.at(late), y.at(cost)) for _, late, cost in polls], "poll")
        taken: list[Point] = []
        for group, late, cost in points:
            at = (x.at(late), y.at(cost))
            drawing.mark(*at, group.any.transport, 5.5)
            _name_point(drawing, x, at, _pareto_label(group), group.any.transport, taken)
        return drawing.svg()

    head = ["transport", "interval", "mean age", "CPU a delivery", "bytes on the wire", "requests/s and client"]
    rows = [
        [
            group.any.label,
            time(group.any.param("interval")) if group.any.transport == "poll" else "",
            spread_time(group.estimate("mean")),
            spread(group.estimate("cpu_per_delivery"), 1e-6, "µs"),
            spread(group.estimate("wire_each"), 1, "B"),
            spread(group.estimate("request_rate")),
        ]
        for group in groups
    ]
    return Figure("pareto", title, said, draw, Table("Cost and freshness", head, rows), of=groups[0].any.experiment)


def _fresh(document: Document, experiment: str, figure: str) -> list[Group]:
    """Poll by several intervals and push, at one round trip and one rate: 100 ms, or what is nearest. The rate is the
    one with most of them (in E2 all have one). Nothing, if there is no push beside a poll."""
    groups = [
        g
        for g in document.of(experiment)
        if g.any.ours
        and g.any.transport in TRANSPORTS
        and g.any.variant != "latest"
        and g.rounds("mean")
        and g.rounds(figure)
    ]
    groups = [g for g in groups if g.any.params.get("mode") != "delay"]
    if not groups:
        return []
    rtt = min((g.any.param("rtt") or 0.0 for g in groups), key=lambda value: abs(value - 0.1))
    alike = [g for g in groups if (g.any.param("rtt") or 0.0) == rtt]

    def load_of(group: Group) -> tuple[float, float, str]:
        cell = group.any
        return cell.param("clients") or 0.0, cell.param("rate") or 0.0, str(cell.params.get("shape"))

    loads = [load_of(g) for g in alike]
    most = max(set(loads), key=lambda one: (loads.count(one), one))
    found = [g for g in alike if load_of(g) == most] if experiment == "E7" else alike
    return found if len({g.any.transport == "poll" for g in found}) == 2 else []


def _way(group: Group) -> str:
    return _pareto_label(group)


def _pareto_label(group: Group) -> str:
    interval = group.any.param("interval")
    if group.any.transport == "poll" and interval:
        return say("poll each {interval}", interval=time(interval))
    return group.any.label


def _name_point(drawing: Drawing, x: Axis, at: Point, said: str, way: str, taken: list[Point]) -> None:
    """A label right of a point, or left where there is no room, and not on another one."""
    size = drawing.type
    left = at[0] + 10 + drawing.room(said) > x.end
    y = at[1] + size * 0.35
    while any(abs(other[0] - at[0]) < 110 and abs(other[1] - y) < size * 1.15 for other in taken):
        y -= size * 1.2
    taken.append((at[0], y))
    drawing.label(at[0] + (-13 if left else 13), y, said, way, "end" if left else "")


PARTS = (("payload_each", "payload", 1.0), ("framing_each", "framing", 0.65), ("heads_each", "heads", 0.36))
TCP = ("tcp_each", "TCP/IP and ACKs", 0.1)


def stacked(document: Document) -> Figure | None:
    groups = [
        g
        for g in document.of("E1", variant="ours")
        if not upward(g.any) and g.rounds("payload_each") and (g.any.param("size") or 0) <= 1100
    ]
    sizes = sorted({size for g in groups if (size := g.any.param("size")) is not None})
    if not sizes:
        return None
    kept = [sizes[0], *([sizes[-1]] if len(sizes) > 1 else [])]
    if len(sizes) > 2:
        kept.insert(1, min(sizes[1:-1], key=lambda size: abs(size - 125)))
    shown = [
        g
        for size in kept
        for way in TRANSPORTS
        for g in groups
        if (g.any.param("size"), g.any.transport) == (size, way)
    ]
    totals = {(g.any.param("size"), g.any.transport): _total(g) for g in reversed(shown)}  # the first of each counts
    poll, socket = totals.get((kept[0], "poll")), totals.get((kept[0], "ws"))
    title = say("Bytes for each delivered message")
    if poll and socket:
        title = say(
            "A poll puts {times} times the bytes of a WebSocket message on the wire, at {size} bytes of news: not 435",
            times=digits(poll / socket),
            size=digits(kept[0]),
        )
    said = say(
        "Bytes for each delivered message, from left to right: payload, framing, heads, TCP/IP with its ACKs. Vertical"
        " lines: the famous 871 characters of heads (Kaazing 2010) and 850 bytes of a poll (Grigorik 2013)."
    )
    table = _bytes_table([g for g in document.of("E1") if g.any.variant != "kaazing" and not upward(g.any)])
    return Figure("bytes", title, said, lambda width: _bars(width, kept, shown, title, said), table, of="E1")


def _total(group: Group) -> float:
    return sum(group.middle(figure) or 0.0 for figure, _, _ in (*PARTS, TCP))


def _bars(width: float, sizes: Sequence[float], shown: Sequence[Group], title: str, said: str) -> str:
    tall, gap = 20.0, 30.0
    height = 92 + len(shown) * (tall + 7) + len(sizes) * gap
    drawing = Drawing(name_of("bytes", width), width, height, title, said)
    top = max([900.0, *(_total(group) for group in shown)]) * 1.06
    x = Axis(0, top, 92, width - (44 if narrow(width) else 60))
    y, named = 40.0, False
    foot = height - 48
    for value in x.ticks(4 if narrow(width) else 8):
        drawing.add(f'<path class="grid" d="M{x.at(value):g} {y:g}V{foot:g}"/>')
        drawing.text(x.at(value), foot + 5 + drawing.type, digits(value, 4), "mid")
    drawing.text((x.start + x.end) / 2, foot + 9 + 2.3 * drawing.type, say("bytes for each delivered message"), "mid")
    for at, name, kind, off in ((850.0, "850", "end", -3), (871.0, "871", "", 3)):
        drawing.line([(x.at(at), y - 6), (x.at(at), foot)], "level")
        drawing.text(x.at(at) + off, y - 10, name, kind)
    for size in sizes:
        y += gap
        drawing.text(0, y - 8, say("{size} bytes of data", size=digits(size, 5)), "strong")
        for group in (g for g in shown if g.any.param("size") == size):
            _bar(drawing, x, y, tall, group, named)
            named = True
            y += tall + 7
    return drawing.svg()


def _bar(drawing: Drawing, x: Axis, y: float, tall: float, group: Group, named: bool) -> None:
    way, base, middle = group.any.transport, 0.0, y + tall / 2 + drawing.type * 0.35
    drawing.label(x.start - 8, middle, _barname_of(group), way, "end")
    for figure, name, strength in (*PARTS, TCP):
        value = group.middle(figure) or 0.0
        left, right = x.at(base), x.at(base + value)
        if value > 0:
            drawing.add(
                f'<g class="{way}"><rect class="bar" fill-opacity="{strength:g}" x="{left:g}" y="{y:g}"'
                f' width="{max(1.0, right - left):g}" height="{tall:g}"/></g>'
            )
        # The parts are named once, in the bar where they are widest: the first, a poll's.
        if not named and right - left > drawing.room(say(name)) + 8:
            drawing.text((left + right) / 2, middle, say(name), "mid on" if strength > 0.5 else "mid strong")
        base += value
    drawing.text(x.at(base) + 5, middle, digits(base))


def _barname_of(group: Group) -> str:
    """A poll with the messages that come in an interval of it."""
    rate, interval = group.any.param("rate"), group.any.param("interval")
    if group.any.transport != "poll" or not rate or not interval:
        return group.any.transport
    return f"poll λT={digits(rate * interval)}"


def _bytes_table(groups: Iterable[Group]) -> Table:
    head = ["transport", "size", "payload", "framing", "heads", "application", "TCP/IP", "wire", "messages an answer"]
    rows = []
    for group in groups:
        figures = ("payload_each", "framing_each", "heads_each", "application_each", "tcp_each", "wire_each")
        sizes = [spread(group.estimate(figure)) for figure in figures]
        size, many = number(group.any.param("size"), "B"), spread(group.estimate("messages_per_answer"))
        rows.append([group.any.label, size, *sizes, many])
    return Table("Bytes for each delivered message", head, rows)


def slopes(document: Document) -> Figure | None:
    groups = [g for g in document.of("E5") if g.rounds("memory_per_client")]
    kinds = list(dict.fromkeys((g.any.label, g.any.transport) for g in groups if g.any.ours))
    if not kinds:
        return None
    found = {label: next(g for g in groups if g.any.label == label) for label, _ in kinds}
    each = {label: (group.middle("memory_per_client") or 0.0) for label, group in found.items()}
    least, most = min(each, key=lambda name: each[name]), max(each, key=lambda name: each[name])
    low, high = digits(each[least] / KIB), digits(each[most] / KIB)
    title = (
        say("An idle client takes {low} KiB by {least}", low=low, least=least)
        if most == least
        else say(
            "An idle client takes {low} KiB by {least}, {high} KiB by {most}",
            low=low,
            least=least,
            high=high,
            most=most,
        )
    )
    said = say("Memory of the server over idle clients: the slope is what one client takes.")
    clients = max((g.any.param("clients") or 0.0 for g in groups), default=0.0) or 1000.0

    def draw(width: float) -> str:
        drawing = Drawing(name_of("memory", width), width, 300, title, said)
        x = Axis(0, clients, 46, width - 8.2 * drawing.type)
        y = Axis(*around([value * clients / KIB / KIB for value in each.values()], log=False), drawing.height - 50, 36)
        drawing.axes(x, y, say("idle clients"), say("memory beside an empty server, MiB"), digits, digits, 4)
        ends = []
        for label, way in kinds:
            top = each[label] * clients / KIB / KIB
            steps = [(x.at(clients * at / 20), y.at(top * at / 20)) for at in range(21)]
            drawing.curve(steps, way, pieces=found[label].any.variant not in ("ours", "coalesced"))
            ends.append((y.at(top), f"{label}\n{digits(each[label] / KIB)} KiB", way))
        drawing.beside(x.end + 9, ends, y.end - 10, y.start + 10)
        return drawing.svg()

    # The other libraries are in the table: nine names beside the lines could not be read.
    head = ["transport", "clients", "memory a client", "CPU", "cores"]
    rows = [
        [
            g.any.label,
            number(g.any.param("clients")),
            spread(g.estimate("memory_per_client"), KIB, "KiB"),
            spread_time(g.estimate("server_cpu")),
            spread(g.estimate("cores")),
        ]
        for g in groups
    ]
    return Figure("memory", title, said, draw, Table("Idle clients", head, rows), of="E5")
