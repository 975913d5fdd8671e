"""The facts: what a run measured of this server, as costs of one request, one delivery, one heartbeat, one client.

The process itself costs a little while nobody speaks (E5, held long polls): that is taken off before anything is
divided by what was done, so that it is not charged twice. A core that was full tells no cost, and is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.choose.curve import Curve, Point, curve
from bench.report.document import Document, Group, first
from bench.theory.predict import costs
from transport_fallback.protocol.limits import DEFAULTS

FULL = 0.9  # cores: from here on the server is saturated
STREAMS = ("sse", "ws")


class Told(NamedTuple):
    """A figure and the scenario it is from."""

    value: float
    cell: str


class Way(NamedTuple):
    """Bytes of an emit of no text, up and down, its ack and all heads included."""

    up: float
    down: float
    cell: str


class Heads(NamedTuple):
    """Bytes of the heads of a request of the least, and of its answer."""

    up: float
    down: float
    cell: str


@dataclass(frozen=True)
class Facts:
    """Of one server. CPU in s for one, over how many a second; bytes for one, over how many or how large."""

    base: Point | None = None  # cores of the process itself
    request: Curve = Curve(())  # a poll, whatever it finds
    answer: Curve = Curve(())  # a long poll with a message
    delivery: dict[str, Curve] = field(default_factory=dict)  # sse, ws: a message alone in its event or frame
    beat: dict[str, Curve] = field(default_factory=dict)  # sse, ws: a heartbeat
    message: float | None = None  # one more message in an answer
    memory: dict[str, Curve] = field(default_factory=dict)  # bytes of a client that waits
    payload: Curve = Curve(())  # bytes of a batch with one message, over its text
    around: dict[str, Curve] = field(default_factory=dict)  # sse, ws: bytes around that
    beating: dict[str, Told] = field(default_factory=dict)  # sse, ws: bytes of a heartbeat
    empty: Told | None = None  # bytes of a batch without a message
    heads: dict[str, Heads] = field(default_factory=dict)  # poll, longpoll
    emit: dict[str, Way] = field(default_factory=dict)  # post, ws
    streams: Told | None = None  # connections to one host that a browser lets through over HTTP/1.1
    walls: tuple[int, int] | None = None  # networks that were tried, and those on which no WebSocket stayed
    hold: float = float(DEFAULTS.hold)  # s
    heartbeat: float = float(DEFAULTS.heartbeat)  # s
    least: float = 1 / DEFAULTS.poll_rate  # s: the server lets a client poll no faster
    of: str = ""  # when, and on what


def facts(document: Document, walls: tuple[int, int] | None = None) -> Facts:
    """What this run says. What it does not have stays empty: nothing is put in its place."""
    base = _base(document)
    off = base.y if base else 0.0
    machine = document.section("machine")
    return Facts(
        base=base,
        request=curve([*_polls(document, "E5", off), *_polls(document, "E7", off)]),
        answer=curve([*_pushes(document, "longpoll", off)]),
        delivery={name: curve(_pushes(document, name, off)) for name in STREAMS},
        beat={name: curve(_beats(document, name, off)) for name in STREAMS},
        message=getattr(costs(document), "message", None),
        memory={name: curve(_memory(document, name)) for name in ("poll", "longpoll", *STREAMS)},
        payload=curve(_sizes(document, "ws", "payload_each"), straight=True),
        around={name: curve(_sizes(document, name, "framing_each"), straight=True) for name in STREAMS},
        beating={name: one for name in STREAMS if (one := _each(_idle(document, name), "down", "answers"))},
        empty=_each(_idle(document, "poll"), "payload_down", "answers"),
        heads={name: heads for name in ("poll", "longpoll") if (heads := _heads(document, name))},
        emit={said: way for said, name in (("post", "poll"), ("ws", "ws")) if (way := _emit(document, name))},
        streams=_streams(document),
        walls=walls,
        of=f"{str(document.raw.get('began', 'at some time'))[:10]}, {machine.get('cpu') or 'an unknown processor'}",
    )


def of_file(path: Path, fallback: Path) -> Facts:
    """The facts of a run on disk or of a folder of runs, with the walls of the fallback table. OSError, BadDocument:
    there is no such run."""
    from bench.report.choose import walls
    from bench.report.runs import read_all

    networks, without, _lost = walls(fallback.read_text("utf-8"))
    return facts(read_all(path), (networks, without))


# ---- one figure each


def _called(group: Group) -> str:
    """A scenario by its experiment, its name and what it was played with."""
    said = f"{group.any.experiment} {group.any.name}"
    rate = group.any.param("rate")
    return f"{said} at {rate:g}/s" if rate else said


def _alone(document: Document, *experiments: str, transport: str) -> Iterator[Group]:
    """Scenarios of ours whose processor time is that of one transport."""
    for group in document.of(*experiments, transport=transport, variant="ours"):
        if group.middle("cores") is not None and not group.any.params.get("deflate"):
            yield group


def _base(document: Document) -> Point | None:
    """Cores while many are held and nobody speaks."""
    held = list(_alone(document, "E5", transport="longpoll"))
    found = first(sorted(held, key=lambda group: -(group.any.param("clients") or 0)))
    cores = found.middle("cores") if found else None
    return None if found is None or cores is None else Point(0.0, cores, _called(found))


def _done(group: Group, what: str) -> float:
    """So many a second, of all clients together."""
    return (group.middle(what) or 0.0) / (group.any.param("seconds") or 1.0)


def _cost(group: Group, what: str, off: float) -> Point | None:
    """s of processor time for one, over so many a second. None: nothing was done, or there was no time left."""
    count, cores = _done(group, what), group.middle("cores") or 0.0
    return Point(count, (cores - off) / count, _called(group)) if count and off < cores < FULL else None


def _polls(document: Document, experiment: str, off: float) -> Iterator[Point]:
    for group in _alone(document, experiment, transport="poll"):
        if (point := _cost(group, "answers", off)) is not None:
            yield point


def _pushes(document: Document, transport: str, off: float) -> Iterator[Point]:
    """Of those in whose answers, events or frames there was one message each."""
    for group in _alone(document, "E4", "E7", transport=transport):
        several = group.middle("messages_per_answer")
        if several is not None and several < 1.05 and (point := _cost(group, "delivered", off)) is not None:
            yield point


def _beats(document: Document, transport: str, off: float) -> Iterator[Point]:
    for group in _alone(document, "E5", transport=transport):
        if (point := _cost(group, "answers", off)) is not None:
            yield point


def _memory(document: Document, transport: str) -> Iterator[Point]:
    for group in document.of("E5", transport=transport, variant="ours"):
        clients, each = group.any.param("clients"), group.middle("memory_per_client")
        if clients and each is not None:
            yield Point(clients, each, _called(group))


def _sizes(document: Document, transport: str, figure: str) -> Iterator[Point]:
    """Bytes of a message that came alone, over the bytes of its text."""
    for group in document.of("E1", transport=transport, variant="ours"):
        size, each = group.any.param("size"), group.middle(figure)
        if size is not None and each is not None and group.any.params.get("direction") in (None, "down"):
            yield Point(size, each, f"E1 {group.any.name}, {size:g} B")


def _idle(document: Document, transport: str) -> Group | None:
    groups = document.of("E5", transport=transport, variant="ours")
    return first(sorted(groups, key=lambda group: -(group.any.param("clients") or 0)))


def _each(group: Group | None, above: str, below: str) -> Told | None:
    if group is None:
        return None
    over, under = group.middle(above), group.middle(below)
    return Told(over / under, _called(group)) if over is not None and under else None


def _heads(document: Document, transport: str) -> Heads | None:
    for group in document.of("E1", transport=transport, variant="ours"):
        up, down = _each(group, "head_up", "requests"), _each(group, "head_down", "answers")
        if up and down and group.any.params.get("direction") in (None, "down"):
            return Heads(up.value, down.value, f"{up.cell}, {group.any.param('size'):g} B")
    return None


def _emit(document: Document, transport: str) -> Way | None:
    for group in document.of("E1", transport=transport, variant="ours"):
        up, down, size = _each(group, "up", "sent"), _each(group, "down", "answers"), group.any.param("size")
        if group.any.params.get("direction") == "up" and up and down and size is not None:
            return Way(up.value - size, down.value, _called(group))
    return None


def _streams(document: Document) -> Told | None:
    """How many of more streams than that a browser let through."""
    for group in document.of("E9", transport="sse"):
        through = group.middle("held")
        if through is not None and through < (group.any.param("clients") or 0):
            return Told(through, _called(group))
    return None
