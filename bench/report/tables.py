"""The tables of a run, once as data: the report makes HTML of them, the terminal gets text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from bench.claims import findings
from bench.claims.connections import bins_of, crowd
from bench.claims.size import kaazing_ratios
from bench.report.document import EXPERIMENTS, Cell, Document, Group
from bench.report.saying import NO_BOUND, NOT_MEASURED, digits, escaped, number, spread, spread_time, time
from bench.report.words import reason, say, several
from bench.theory.predict import load, near, predicted
from bench.theory.stats import Estimate, estimate

Column = tuple[str, Callable[[Group], str]]
UNKNOWN = (NOT_MEASURED, NO_BOUND)


@dataclass(frozen=True)
class Table:
    """A head and its rows, all of them text; what of it has a Chinese is said in Chinese where it is shown."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self) -> str:
        """Scrolls sideways where it is wider than the page."""
        head = "".join(
            f'<th scope="col"{self._side(at)}>{escaped(say(name))}</th>' for at, name in enumerate(self.head)
        )
        rows = "\n".join(f"<tr>{''.join(_cell(at, cell) for at, cell in enumerate(row))}</tr>" for row in self.rows)
        return (
            f'<div class="wide-table" role="region" tabindex="0" aria-label="{escaped(say(self.title))}"><table>'
            f"<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
        )

    def _side(self, at: int) -> str:
        """A head stands over its figures: to the right."""
        return ' class="figure"' if at and self.rows and all(_figure(row[at]) for row in self.rows) else ""

    def text(self) -> str:
        """Columns as wide as what is in them; the first to the left, figures to the right."""
        rows = [[plain(say(cell)) for cell in row] for row in [self.head, *self.rows]]
        wide = [max(_columns(row[at]) for row in rows) for at in range(len(self.head))]
        lines = ["  ".join(_padded(cell, wide[at], at) for at, cell in enumerate(row)) for row in rows]
        return "\n".join([say(self.title), "", *(line.rstrip() for line in lines)])


def plain(said: str) -> str:
    """Without control characters: a terminal would obey them."""
    return "".join(letter if letter.isprintable() else " " for letter in str(said))


def _columns(said: str) -> int:
    """How wide a terminal shows it: a Chinese character is as wide as two others."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in said)


def _padded(cell: str, wide: int, at: int) -> str:
    room = " " * (wide - _columns(cell))
    return room + cell if at and _figure(cell) else cell + room


def _figure(said: str) -> bool:
    return said[:1].isdigit() or said[:1] in "+−-<" or said in [*UNKNOWN, *map(say, UNKNOWN)]


def _cell(at: int, said: str) -> str:
    if at == 0:
        return f'<th scope="row">{escaped(say(said))}</th>'
    kind = ' class="figure"' if _figure(said) else ""
    return f"<td{kind}>{escaped(say(said))}</td>"


# ---- columns


def _what(group: Group) -> str:
    return group.any.name


def _kind(group: Group) -> str:
    return _twin(group.any)


def _twin(cell: Cell) -> str:
    return say("{transport} (twin)", transport=cell.label) if cell.twin else cell.label


def _offered(group: Group) -> str:
    return NOT_MEASURED if group.any.offered is None else f"{group.any.offered:,.0f}"


def _rate(group: Group) -> str:
    return number(group.any.param("rate"), "/s")


def _load(group: Group) -> str:
    return number(load(group.any))


def _published(group: Group) -> str:
    rate = group.any.param("rate")
    return time(1 / rate) if rate else NOT_MEASURED


def _timed(figure: str) -> Callable[[Group], str]:
    return lambda group: spread_time(group.estimate(figure))


def _model(figure: str) -> Callable[[Group], str]:
    def column(group: Group) -> str:
        found = predicted(group.any, figure)
        return "" if found is None else time(found)

    return column


def _off(figure: str) -> Callable[[Group], str]:
    """How far all rounds together are from their model, and whether that is farther than the bench promises."""

    def column(group: Group) -> str:
        found, expected = group.overall(figure), predicted(group.any, figure)
        if found is None or expected is None:
            return ""
        sign = "+" if found >= expected else "−"
        away = time(abs(found - expected))
        share = f" ({sign}{digits(100 * abs(found - expected) / expected, 2)} %)" if expected > 0 else ""
        off = f"{sign}{away}{share}"
        return off if near(figure, found, expected) else say("{off} far", off=off)

    return column


def _counted(figure: str, unit: float = 1.0, name: str = "") -> Callable[[Group], str]:
    return lambda group: spread(group.estimate(figure), unit, name)


def _said(figure: str) -> Callable[[Group], str]:
    def column(group: Group) -> str:
        found = predicted(group.any, figure)
        return "" if found is None else number(found)

    return column


def _rounds(group: Group) -> str:
    count, void = len(group.cells), len(group.void)
    return say("{count} (+{void} void)", count=count, void=void) if void else f"{count}"


def _beside(group: Group) -> str:
    return "none within 3 s" if group.estimate("beside") is None else spread_time(group.estimate("beside"))


def _front(group: Group) -> str:
    return str(group.any.params.get("front", ""))


def _crowding(group: Group) -> str:
    return spread(crowd(group), 0.01, "%")


def _fullest(group: Group) -> str:
    found: Estimate | None = estimate(
        {cell.round: max(bins) for cell in group.cells if (bins := bins_of(cell.figures))}
    )
    return spread(found)


LATENCY: list[Column] = [
    ("mean", _timed("mean")),
    ("model", _model("mean")),
    ("off", _off("mean")),
    ("p50", _timed("p50")),
    ("p95", _timed("p95")),
    ("p99", _timed("p99")),
    ("model", _model("p99")),
    ("off", _off("p99")),
    ("max", _timed("max")),
]
ASKED: list[Column] = [
    ("requests/s, client", _counted("request_rate")),
    ("model", _said("request_rate")),
    ("empty", _counted("empty_share", 0.01, "%")),
    ("model", lambda group: _percent(predicted(group.any, "empty_share"))),
]
COST: list[Column] = [
    ("CPU a delivery", _counted("cpu_per_delivery", 1e-6, "µs")),
    ("cores", _counted("cores")),
]
MANY: list[Column] = [
    ("messages an answer", _counted("messages_per_answer")),
    ("model", _said("messages_per_answer")),
]
FIRST: Column = ("first batch", _timed("first_batch_p50"))
OWN: list[Column] = [("λ", _rate), *LATENCY, FIRST, *ASKED, *COST]
COLUMNS: dict[str, list[Column]] = {
    "E1": [
        ("around, up", _counted("overhead_up", 1, "B")),
        ("size", lambda group: number(group.any.param("size"), "B")),
        ("payload", _counted("payload_each", 1, "B")),
        ("framing", _counted("framing_each", 1, "B")),
        ("heads", _counted("heads_each", 1, "B")),
        ("application", _counted("application_each", 1, "B")),
        ("wire", _counted("wire_each", 1, "B")),
        MANY[0],
    ],
    "E2": [*LATENCY, FIRST, *ASKED],
    "E3": [("λ", _rate), ("a", _load), *LATENCY, *ASKED[:2], *MANY],
    "E4": [
        ("deliveries/s offered", _offered),
        ("p50", _timed("p50")),
        ("p95", _timed("p95")),
        ("p99", _timed("p99")),
        ("max", _timed("max")),
        *COST,
        MANY[0],
        ("generator", _counted("generator_cpu", 0.01, "%")),
    ],
    "E14": [
        ("clients", lambda group: number(group.any.param("clients"))),
        ("deliveries/s offered", _offered),
        ("for", lambda group: number(group.any.param("seconds"), "s")),
        ("p50", _timed("p50")),
        ("p99", _timed("p99")),
        ("max", _timed("max")),
        *COST,
        MANY[0],
        ("generator", _counted("generator_cpu", 0.01, "%")),
    ],
    "E5": [
        ("clients", lambda group: number(group.any.param("clients"))),
        ("memory a client", _counted("memory_per_client", 1024, "KiB")),
        ("cores", _counted("cores")),
    ],
    "E6": [
        ("cursor", lambda group: "no" if group.any.params.get("cursor") is False else "yes"),
        ("lost", _counted("lost_share", 0.01, "%")),
        ("repeated", _counted("repeated")),
        ("p99", _timed("p99")),
        ("max", _timed("max")),
    ],
    "E7": [
        ("published each", _published),
        ("mean", _timed("mean")),
        ("model", _model("mean")),
        ("empty", _counted("empty_share", 0.01, "%")),
        ("model", lambda group: _percent(predicted(group.any, "empty_share"))),
        ("lost", _counted("lost_share", 0.01, "%")),
        *COST,
    ],
    "E8": [
        ("requests", _counted("requests")),
        ("fullest 0.1 s", _fullest),
        ("of all clients", _crowding),
        ("back, p50", _timed("back_p50")),
        ("back, p99", _timed("back_p99")),
    ],
    "E9": [
        ("clients", lambda group: number(group.any.param("clients"))),
        ("held by the server", _counted("held")),
        ("a request beside, after", _beside),
        ("heard the message", _counted("heard_by")),
    ],
    "E10": [
        ("through", _front),
        ("size", lambda group: number(group.any.param("size"), "B")),
        ("λ", _rate),
        ("heads up", _counted("heads_up", 1, "B")),
        ("heads down", _counted("heads_down", 1, "B")),
        ("first heads", _counted("first_heads", 1, "B")),
        ("payload", _counted("payload_each", 1, "B")),
        ("framing", _counted("framing_each", 1, "B")),
        ("application", _counted("application_each", 1, "B")),
        ("with TLS", _counted("line_each", 1, "B")),
        ("an answer, with TLS", _counted("line_answer", 1, "B")),
        ("wire", _counted("wire_each", 1, "B")),
        ("until the first batch", _counted("opening", 1, "B")),
    ],
    "E11": [
        ("through", _front),
        ("clients", lambda group: number(group.any.param("clients"))),
        ("held by the server", _counted("held")),
        ("a request beside, after", _beside),
        ("heard the message", _counted("heard_by")),
        ("TCP connections", _counted("lines")),
    ],
    "E12": [
        ("filled with", lambda group: str(group.any.params.get("filling", ""))),
        ("size", lambda group: number(group.any.param("size"), "B")),
        ("application", _counted("application_each", 1, "B")),
        ("with TLS", _counted("line_each", 1, "B")),
        ("CPU a delivery, server", _counted("cpu_per_delivery", 1e-6, "µs")),
        ("proxy", _counted("front_cpu_per_delivery", 1e-6, "µs")),
        ("memory a client, server", _counted("memory_per_client", 1024, "KiB")),
        ("proxy", _counted("front_memory_per_client", 1024, "KiB")),
    ],
    "E13": [
        ("through", _front),
        ("p50", _timed("p50")),
        ("p99", _timed("p99")),
        ("CPU a delivery, server", _counted("cpu_per_delivery", 1e-6, "µs")),
        ("proxy", _counted("front_cpu_per_delivery", 1e-6, "µs")),
        ("with TLS", _counted("line_each", 1, "B")),
        ("memory a client, server", _counted("memory_per_client", 1024, "KiB")),
        ("proxy", _counted("front_memory_per_client", 1024, "KiB")),
    ],
}


def _percent(share: float | None) -> str:
    return "" if share is None else f"{digits(100 * share)} %"


def experiment(document: Document, name: str) -> Table | None:
    """All scenarios of an experiment that have a cell that counts."""
    groups = [group for group in document.groups if group.any.experiment == name and group.cells]
    if not groups:
        return None
    columns: list[Column] = [
        ("scenario", _what),
        ("transport", _kind),
        *COLUMNS.get(name, OWN),
        ("rounds", _rounds),
    ]
    rows = [[said if (said := made(group)) != NOT_MEASURED else "" for _, made in columns] for group in groups]
    kept = [at for at in range(len(columns)) if any(row[at] for row in rows)]
    return Table(
        f"{name} {say(EXPERIMENTS[name])}" if name in EXPERIMENTS else "A comparison of one's own",
        [columns[at][0] for at in kept],
        [[row[at] for at in kept] for row in rows],
    )


def claims(document: Document) -> Table:
    head = ["claim", "who", "the models", "measured", "verdict", "again"]
    rows = [
        [
            f"{claim.number} {say(claim.says)}",
            say("{who}: {place}", who=claim.who, place=claim.place),
            claim.predicts,
            found.measured,
            found.said,
            claim.repeat,
        ]
        for claim, found in findings(document)
    ]
    return Table("The claims", head, rows)


def kaazing(document: Document) -> Table | None:
    """All the ratios, from the famous one down to the wire."""
    found = kaazing_ratios(document)
    if not any(counted for _, counted in found):
        return None
    rows = [
        [
            ratio.counts,
            f"{ratio.poll:,.0f} : {ratio.ws:,.0f}",
            f"{digits(ratio.times)} : 1",
            "not on any wire here" if counted is None else f"{digits(counted)} : 1",
        ]
        for ratio, counted in found
    ]
    return Table("One table of 2010, five ratios", ["what is counted", "bytes", "by arithmetic", "counted here"], rows)


def voids(document: Document) -> Table | None:
    """The cells that do not count, and why."""
    rows = [
        [cell.name, cell.experiment, _twin(cell), f"{cell.round}", reason(cell.void)]
        for cell in document.cells
        if cell.void is not None
    ]
    title = say("{void} of {cells} void", void=len(rows), cells=several(len(document.cells), "cell"))
    return Table(title, ["scenario", "experiment", "transport", "round", "why"], rows) if rows else None


def promised(document: Document) -> str:
    """How many scenarios of E2 and E3 are as near to their models as the bench promises."""
    parts = []
    for figure, said in (("mean", "means within 5 % or 1 ms"), ("p99", "p99 within 10 % or 2 ms")):
        near_by = [
            near(figure, found, expected)
            for group in document.of("E2", "E3")
            if (expected := predicted(group.any, figure)) is not None
            and (found := group.overall(figure)) is not None
            and 0.02 <= (group.any.param("rtt") or 0) <= 0.2
        ]
        if near_by:
            parts.append(say("{what}: {near} of {all}", what=said, near=sum(near_by), all=len(near_by)))
    return say("; ").join(parts)
