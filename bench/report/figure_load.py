"""The figure of E4: latency over load, to saturation and past it. Also as a slide."""

from __future__ import annotations

from bench.report import saying
from bench.report.answer import Answer, Series, all_series, band
from bench.report.document import Document
from bench.report.drawing import COLOURS, DARK, STYLE, Axis, Drawing, around, wrapped
from bench.report.figure import Figure, axis_time, name_of, narrow
from bench.report.saying import percent, spread, spread_time
from bench.report.tables import Table
from bench.report.words import say
from bench.theory import models
from bench.theory.predict import costs

GENERATOR = 0.8  # of its core: more voids a cell
FAINT = 0.3  # of an A/A band: wider ones are drawn around what had a twin only, or one would see nothing else
HOW = (
    "Latency over offered deliveries per second, both on scales of powers of ten. Shaded: the A/A noise. Triangles:"
    " where the costs found at low load fill the server's core, if each message goes alone; a full server bends later,"
    " for it does more in each turn of its loop."
)


def hockey(document: Document) -> Figure | None:
    answer = Answer(document)
    if not answer.series:
        return None
    title = answer.title

    def draw(width: float) -> str:
        return _hockey(answer, width, 0.0).svg()

    return Figure("e4", title, how(document), draw, _hockey_table(answer), of="E4")


def slide(document: Document) -> str | None:
    """The figure of E4 alone, 16:9, as a file of its own: light and dark, with its title in it."""
    answer = Answer(document)
    if not answer.series:
        return None
    variables = f".drawn {{{COLOURS} }} @media (prefers-color-scheme: dark) {{ .drawn {{{DARK} }} }}"
    return _hockey(answer, 1280.0, 20.0).svg(f"{variables}\n{STYLE}")


def _hockey(answer: Answer, width: float, big: float) -> Drawing:
    """Two panels, p50 and p99: side by side, or one above the other where it is narrow."""
    small = narrow(width)
    height = 640.0 if small else 720.0 if big else 420.0
    drawing = Drawing(
        name_of("slide" if big else "e4", width), width, height, answer.title, answer.sentence, big or 13.0
    )
    size, top = drawing.type, 0.0
    if big:
        for line in wrapped(answer.title, 72):
            top += 44
            drawing.add(f'<g font-size="30"><text class="strong" x="32" y="{top:g}">{saying.escaped(line)}</text></g>')
        top += 14
    room = 7.4 * size
    loads = [x for series in answer.series for x in series.points]
    lates = [value for s in answer.series for f in ("p50", "p99") for _, value in s.middle(f)]
    across, (low, high) = around(loads, log=True, room=1.15), around(lates, log=True, room=1.6)
    up = low / 3, high  # below the lines there is room for the knees
    left = 4.4 * size
    if small:
        places = [(left, width - room, 48.0, 268.0), (left, width - room, 368.0, 588.0)]
    else:
        half = (width - 2 * left - 2 * room) / 2
        foot = height - 3.4 * size
        first, second = left, left * 2 + half + room
        places = [(first, first + half, top + 2.6 * size, foot), (second, second + half, top + 2.6 * size, foot)]
    for figure, (x0, x1, y0, y1) in zip(("p50", "p99"), places, strict=True):
        x, y = Axis(*across, x0, x1, log=True), Axis(*up, y1, y0, log=True)
        _panel(drawing, answer, figure, x, y)
    return drawing


def _panel(drawing: Drawing, answer: Answer, figure: str, x: Axis, y: Axis) -> None:
    limit = generator_limit(answer.document)
    if limit and limit < x.high:
        at = x.at(limit)
        corners = [(at, y.start), (at, y.end), (x.end, y.end), (x.end, y.start)]
        drawing.area(corners, "beyond")
    most = 3 if x.end - x.start < 330 else 6
    across, up = say("deliveries offered, per second"), say("{figure} latency", figure=figure)
    drawing.axes(x, y, across, up, saying.rate, axis_time, most)
    if limit and limit < x.high:
        drawing.text(x.end - 4, y.end + drawing.type * 1.1, say("generator's limit"), "end")
    noise = band(answer.document, figure)
    twins = {kind for twin in all_series(answer.document, twin=True) for kind in (twin.transport, twin.variant)}
    ends = []
    for series in answer.series:
        points = [(x.at(at), y.at(value)) for at, value in series.middle(figure)]
        if not points:
            continue
        if noise and (noise <= FAINT or series.variant in twins and series.transport in twins):
            _noise(drawing, x, y, series, figure, noise)
        drawing.curve(points, series.transport, pieces=series.variant == "per-message")
        _whiskers(drawing, x, y, series, figure)
        ends.append((points[-1][1], _short(series, answer), series.transport))
    drawing.beside(x.end + 9, ends, y.end - 8, y.start + 8)
    if figure == "p99":
        _knees(drawing, answer, x, y)


def _short(series: Series, answer: Answer) -> str:
    """A label that fits beside a panel."""
    kinds = [other.variant for other in answer.series if other.transport == series.transport]
    variant = "coalesced" if series.variant == "ours" and series.transport == "ws" else series.variant
    return series.transport if len(kinds) == 1 and variant == "ours" else f"{series.transport}\n{_plain(variant)}"


def _plain(variant: str) -> str:
    return say({"per-message": "by message", "ours": "in batches"}.get(variant, variant))


def _noise(drawing: Drawing, x: Axis, y: Axis, series: Series, figure: str, noise: float) -> None:
    points = series.middle(figure)
    above = [(x.at(at), y.at(value * (1 + noise))) for at, value in points]
    below = [(x.at(at), y.at(value / (1 + noise))) for at, value in reversed(points)]
    drawing.area(above + below, "noise", series.transport)


def _whiskers(drawing: Drawing, x: Axis, y: Axis, series: Series, figure: str) -> None:
    for at, group in series.points.items():
        found = group.estimate(figure)
        if found and found.low and found.high:
            drawing.whisker(x.at(at), y.at(found.low), y.at(found.high), series.transport)


def _knees(drawing: Drawing, answer: Answer, x: Axis, y: Axis) -> None:
    """A triangle on the axis for each knee that the costs predict."""
    found = costs(answer.document)
    if found is None:
        return
    knees = models.knees(found, 0)
    places = [("ws", knees.ws), ("sse", knees.sse), ("longpoll", knees.longpoll)]
    named = {series.transport for series in answer.series}
    told: dict[float, list[str]] = {}  # by where they stand: ws and sse may bend at one place
    for way, knee in sorted(places, key=lambda place: place[1] or 0):
        if knee is not None and x.holds(knee) and way in named:
            near_by = next((at for at in told if abs(x.at(at) - x.at(knee)) < 8), knee)
            told.setdefault(near_by, []).append(way)
    size, drawn = drawing.type, 0
    for knee, ways in told.items():
        at, way = x.at(knee), ways[0]
        drawing.add(
            f'<g class="{way}"><path class="bar" style="fill:var(--way)" d="M{at:g} {y.start - 8:g}l-5 8h10z"/></g>'
        )
        left = at + 8 + drawing.room(f"{', '.join(ways)}: {saying.rate(knee)}") > x.end
        said = f"{', '.join(ways)}: {saying.rate(knee)}"
        drawing.label(
            at + (-8 if left else 8), y.start - 12 - 1.2 * size * drawn, said, way, "plain end" if left else "plain"
        )
        drawn += 1


def generator_limit(document: Document) -> float | None:
    """The first load at which the generator's own core was too busy, whatever became of the cell. None: at no load."""
    busy = [
        cell.offered
        for cell in document.cells
        if cell.experiment == "E4" and cell.ours and cell.offered and (cell.figure("generator_cpu") or 0) > GENERATOR
    ]
    return min(busy, default=None)


def how(document: Document) -> str:
    """What is drawn, and how much the generator had to do for it."""
    shares = [cell.figure("generator_cpu") or 0.0 for cell in document.cells if cell.experiment == "E4" and cell.ours]
    most = max(shares, default=0.0)
    if not 0 < most <= GENERATOR:
        return say(HOW)
    return say("{how} The generator used {share} of its core at most.", how=HOW, share=percent(most))


def _hockey_table(answer: Answer) -> Table:
    head = ["transport", "deliveries/s offered", "p50", "p99", "CPU a delivery", "messages an answer", "cores", "past"]
    rows = []
    for series in answer.series:
        knee = series.knee
        for at, group in series.points.items():
            rows.append(
                [
                    series.name,
                    f"{at:,.0f}",
                    spread_time(group.estimate("p50")),
                    spread_time(group.estimate("p99")),
                    spread(group.estimate("cpu_per_delivery"), 1e-6, "µs"),
                    spread(group.estimate("messages_per_answer")),
                    spread(group.estimate("cores")),
                    "its knee" if knee is not None and at >= knee else "",
                ]
            )
    return Table("Load", head, rows)
