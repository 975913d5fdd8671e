"""The facts as the page's calculator has them, and the cases that hold it to this code.

    python -m bench.choose.page      writes tests/vectors/choose.json anew

`bench.report --docs` writes web/page/calculator/facts.js. A case asks for short polling at a given interval, and for an
age that this interval just keeps; its heads and its bytes of JSON are given, as the page gives those of the browser
that looks at it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from bench.choose.command import RUN
from bench.choose.costs import P99, Row
from bench.choose.curve import Curve, Point
from bench.choose.facts import Facts, Heads, Told, of_file
from bench.choose.question import Question
from bench.choose.ranking import LEVEL, MACHINE, PLAIN, ranked
from bench.docs import DOCS
from bench.theory.models import sse_bytes, ws_bytes

VECTORS = DOCS.parent / "tests" / "vectors" / "choose.json"
CURSOR = 16  # bytes, as in the page
DIGITS = 6
EMPTY, MESSAGE = 101, 170  # bytes of a batch without messages, and around the text of one: round ones, for the cases
HEADS = {"poll": (520, 180), "longpoll": (540, 190)}  # bytes up and down
CASES: tuple[dict[str, Any], ...] = (
    {},
    {"clients": 100_000},
    {"clients": 300, "rate": 30.0, "rtt": 0.0},
    {"clients": 5000, "rate": 0.02, "interval": 5.0},
    {"rate": 8.0, "interval": 10.0, "rtt": 0.2},
    {"clients": 20, "rate": 0.5, "size": 16_000, "interval": 0.5},
    {"rate": 2.0, "interval": 60.0, "rtt": 0.3, "size": 0},
    {"clients": 10_000, "rate": 100.0, "size": 1000},
)


def facts_of(found: Facts) -> dict[str, Any]:
    """What the page needs of them. A curve is [[how many a second, s for one], …]."""

    def points(curve: Curve) -> list[list[float]]:
        return [[_short(point.x), _short(point.y)] for point in curve.points]

    return {
        "of": found.of,
        "base": None if found.base is None else _short(found.base.y),
        "message": None if found.message is None else _short(found.message),
        "curves": {
            "poll": points(found.request),
            "longpoll": points(found.answer),
            **{name: points(curve) for name, curve in found.delivery.items()},
        },
        "beats": {name: points(curve) for name, curve in found.beat.items()},
        "memory": {name: points(curve) for name, curve in found.memory.items()},
        "machine": {"cores": MACHINE["cores"], "memory": MACHINE["memory"], "mbit": MACHINE["down"]},
        "head": heads.up if (heads := found.heads.get("poll")) else 0,
        "level": LEVEL,
        "plain": list(PLAIN),
    }


def script(found: Facts) -> str:
    """The module of the page."""
    told = json.dumps(facts_of(found), indent=2)
    lead = "// What this server costs. Made by `python -m bench.report … --docs`, of the runs in bench/results."
    kind = '/** @type {import("./choice.js").Facts} */'
    return f"{lead}\n\n{kind}\nconst facts = {told};\n\nexport default facts;\n"


def asked(case: dict[str, Any]) -> Question:
    """The question of a case: polling is in time by just its interval."""
    question = Question(**{"interval": 1.0, "heads": 0, **case})
    assert question.interval is not None
    return question.given(age=P99 * max(question.interval, question.rtt) + question.rtt / 2)


def paged(told: dict[str, Any]) -> Facts:
    """The facts as the page has them, with the bytes of the cases."""

    def curves(of: dict[str, list[list[float]]]) -> dict[str, Curve]:
        return {name: Curve(tuple(Point(x, y, "page") for x, y in points)) for name, points in of.items()}

    costs = curves(told["curves"])
    return Facts(
        base=Point(0, told["base"], "page"),
        message=told["message"],
        request=costs.pop("poll"),
        answer=costs.pop("longpoll"),
        delivery=costs,
        beat=curves(told["beats"]),
        memory=curves(told["memory"]),
        payload=Curve(tuple(Point(size, EMPTY + MESSAGE + size, "page") for size in (0, 64_000)), straight=True),
        heads={name: Heads(up, down, "page") for name, (up, down) in HEADS.items()},
        empty=Told(EMPTY, "page"),
        beating={"ws": Told(ws_bytes(EMPTY), "page"), "sse": Told(sse_bytes(EMPTY, CURSOR), "page")},
    )


def framed(found: Facts, size: int) -> Facts:
    """With what frames a batch whose text is so long."""
    batch = EMPTY + MESSAGE + size
    around = {"ws": ws_bytes(batch) - batch, "sse": sse_bytes(batch, CURSOR) - batch}
    return replace(found, around={name: Curve((Point(0, more, "page"),)) for name, more in around.items()})


def vectors(told: dict[str, Any]) -> dict[str, Any]:
    """The cases, with what this code says of each from the facts that the page has."""
    return {"facts": told, "empty": EMPTY, "message": MESSAGE, "heads": {name: list(HEADS[name]) for name in HEADS},
            "cases": [_case(case, paged(told)) for case in CASES]}  # fmt: skip


def _case(case: dict[str, Any], found: Facts) -> dict[str, Any]:
    question = asked(case)
    assert question.interval is not None
    places = ranked(question, framed(found, question.size))
    knobs = {"clients": question.clients, "rate": question.rate, "size": question.size,
             "every": question.interval * 1000, "rtt": question.rtt * 1000}  # fmt: skip
    rows = {place.transport: _figures(place.row) | {"cost": place.cost.value} for place in places}
    return {"knobs": knobs, "order": [place.transport for place in places], "rows": rows}


def _figures(row: Row) -> dict[str, Any]:
    """Of 1,000 clients, ages in ms."""
    figures = {name: row.value(name) for name in ("cores", "memory", "requests")}
    figures |= {"down": row.value("down"), "up": row.value("up")}
    return {**figures, "mean": row.value("mean") * 1000, "p99": row.value("p99") * 1000,
            "processes": row.processes, "beyond": any(name == "cores" for name, _ in row.outside)}  # fmt: skip


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(vectors(facts_of(of_file(RUN, DOCS / "fallback.md")))) + "\n", "utf-8")
