"""The document of a run, read leniently: whatever is missing is not measured, whatever is strange is left out."""

from __future__ import annotations

import gzip
import json
import math
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bench.experiments import PEERS
from bench.theory.stats import Estimate, Spectrum, estimate, merged

VERSION = 1
TRANSPORTS = ("poll", "longpoll", "sse", "ws")
EXPERIMENTS = {
    "E1": "Bytes for each message",
    "E2": "Latency against round trip and interval",
    "E3": "The law of long polling",
    "E4": "Load, to saturation and past it",
    "E5": "What an idle client costs",
    "E6": "Disconnects",
    "E7": "Bozdag's factorial, scaled 1:10",
    "E8": "The herd",
    "E9": "Six connections",
    "E10": "Heads, as a browser sends them",
    "E11": "Past six connections",
    "E12": "Compressed",
    "E13": "Behind a proxy with TLS",
    "E14": "A full server, over clients and over time",
}


class BadDocument(ValueError):
    """This is no document of a run."""


@dataclass(frozen=True)
class Cell:
    """One measurement: one scenario in one round."""

    experiment: str
    name: str
    transport: str
    variant: str
    twin: bool
    round: int
    params: Mapping[str, Any]
    void: str | None
    figures: Mapping[str, Any]
    histogram: str | None
    references: tuple[float, ...] = ()  # s that the reference work took before it and after it, where it was measured

    def figure(self, name: str) -> float | None:
        """A figure, or one made of others. None: not measured."""
        made = MADE.get(name)
        return _number(self.figures.get(name)) if made is None else made(self)

    def param(self, name: str) -> float | None:
        return _number(self.params.get(name))

    @property
    def offered(self) -> float | None:
        """Deliveries per second that were asked for."""
        clients, rate = self.param("clients"), self.param("rate")
        return None if clients is None or rate is None else clients * rate

    @property
    def ours(self) -> bool:
        return self.variant not in PEERS

    @property
    def label(self) -> str:
        """The transport, and the variant where it is not the usual one."""
        return self.transport if self.variant == "ours" else f"{self.transport} {self.variant}"

    @property
    def key(self) -> tuple[str, str, str, str, bool, str]:
        """The same in all rounds."""
        params = json.dumps(self.params, sort_keys=True, default=str)
        return self.experiment, self.name, self.transport, self.variant, self.twin, params

    @property
    def place(self) -> tuple[Any, ...]:
        """Where it stands among others in a table: runs are played in an order drawn by lot."""
        load = [self.param(name) or 0.0 for name in ("size", "rate", "rtt", "clients")]
        rank = TRANSPORTS.index(self.transport) if self.transport in TRANSPORTS else len(TRANSPORTS)
        kind = (rank, self.transport, self.variant != "ours", self.variant, self.param("interval") or 0.0, self.name)
        return self.experiment, self.params.get("shape") == "periodic", *load, *kind, self.twin


@dataclass(frozen=True)
class Group:
    """A scenario: its cells over the rounds, the void ones apart."""

    cells: tuple[Cell, ...]  # one at least
    void: tuple[Cell, ...]

    @property
    def any(self) -> Cell:
        return (self.cells or self.void)[0]

    def rounds(self, figure: str) -> dict[int, float]:
        """A figure by its round."""
        return {cell.round: value for cell in self.cells if (value := cell.figure(figure)) is not None}

    def estimate(self, figure: str) -> Estimate | None:
        return estimate(self.rounds(figure))

    def middle(self, figure: str) -> float | None:
        found = self.estimate(figure)
        return None if found is None else found.middle

    def overall(self, figure: str) -> float | None:
        """The mean or the 99th percentile of all rounds together: what a model speaks of. The median over rounds, each
        too short for what is rare, would leave that out."""
        if figure == "mean":
            means = list(self.rounds(figure).values())
            return math.fsum(means) / len(means) if means else None
        return self.spectrum.quantile(0.99) if figure == "p99" and self.spectrum is not None else self.middle(figure)

    @cached_property
    def spectrum(self) -> Spectrum | None:
        """The latencies of all rounds."""
        return merged(cell.histogram for cell in self.cells if cell.histogram)


@dataclass(frozen=True)
class Document:
    """A run, or several of one machine. `elsewhere`: what other machines measured, a document of each."""

    raw: Mapping[str, Any]
    cells: tuple[Cell, ...]
    elsewhere: tuple[Document, ...] = ()

    @cached_property
    def groups(self) -> list[Group]:
        """The scenarios: by experiment and load, and at the same load from poll to ws, others' beside ours."""
        found: dict[tuple[Any, ...], list[Cell]] = {}
        for cell in self.cells:
            found.setdefault(cell.key, []).append(cell)
        return [
            Group(tuple(c for c in cells if c.void is None), tuple(c for c in cells if c.void is not None))
            for cells in sorted(found.values(), key=lambda cells: cells[0].place)
        ]

    def of(
        self, *experiments: str, transport: str | None = None, variant: str | None = None, twin: bool | None = False
    ) -> list[Group]:
        """Scenarios with at least one cell that counts."""
        return [
            group
            for group in self.groups
            if group.cells
            and group.any.experiment in experiments
            and transport in (None, group.any.transport)
            and variant in (None, group.any.variant)
            and twin in (None, group.any.twin)
        ]

    def text(self, *path: str) -> str:
        """Something said of the run, as text; "not recorded" where it is not."""
        found: Any = self.raw
        for name in path:
            found = found.get(name) if isinstance(found, Mapping) else None
        return "not recorded" if found is None or isinstance(found, Mapping | list) else str(found)

    def section(self, name: str) -> dict[str, Any]:
        found = self.raw.get(name)
        return dict(found) if isinstance(found, Mapping) else {}

    @property
    def machine(self) -> str:
        """What it ran on, as a person names it: costs and latencies of two of them are not of one kind."""
        return f"{self.text('machine', 'cpu')}, {self.text('machine', 'cores')} cores"

    @property
    def experiments(self) -> list[str]:
        """All known ones, and what else this run has: a comparison of one's own, by whatever name. A run of such only
        has no others."""
        own = list(dict.fromkeys(cell.experiment for cell in self.cells if cell.experiment not in EXPERIMENTS))
        known = [] if own and not any(cell.experiment in EXPERIMENTS for cell in self.cells) else list(EXPERIMENTS)
        return known + own

    @property
    def rounds(self) -> int:
        """Of the experiment that has most."""
        return max(self.rounds_of.values(), default=0)

    @property
    def rounds_of(self) -> dict[str, int]:
        """By experiment."""
        found: dict[str, set[int]] = {}
        for cell in self.cells:
            found.setdefault(cell.experiment, set()).add(cell.round)
        return {experiment: len(rounds) for experiment, rounds in found.items()}


def parse(raw: object) -> Document:
    """BadDocument: another version, or nothing of the kind. A cell without experiment or transport is left out."""
    if not isinstance(raw, Mapping) or not isinstance(raw.get("cells"), list):
        raise BadDocument("this is not the result of a run: it has no cells")
    if raw.get("version") != VERSION:
        raise BadDocument(f"this result has version {raw.get('version')!r}, this program reads version {VERSION}")
    return Document(raw, tuple(cell for item in raw["cells"] if (cell := _cell(item)) is not None))


def read(path: Path) -> Document:
    """The result of a run, from its JSON, plain or as gzip. OSError: no such file. BadDocument: it is none."""
    raw = path.read_bytes()
    try:
        return parse(json.loads(gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw))
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise BadDocument(f"{path.name} is a damaged gzip file: {error}") from None
    except ValueError as error:
        raise BadDocument(f"{path.name} is not JSON: {error}") from None


def _cell(item: object) -> Cell | None:
    if not isinstance(item, Mapping) or not item.get("experiment") or not item.get("transport"):
        return None
    void, histogram = item.get("void"), item.get("histogram")
    count = _number(item.get("round"))
    return Cell(
        experiment=str(item["experiment"]),
        name=str(item.get("name") or item["experiment"]),
        transport=str(item["transport"]),
        variant=str(item.get("variant") or "ours"),
        twin=item.get("twin") is True,
        round=0 if count is None else int(count),
        params=_mapping(item.get("params")),
        void=None if void is None or void is False else str(void),
        figures=_mapping(item.get("figures")),
        histogram=histogram if isinstance(histogram, str) else None,
        references=_times(item.get("references")),
    )


def _times(found: object) -> tuple[float, ...]:
    several = map(_number, found) if isinstance(found, list) else ()
    return tuple(one for one in several if one is not None and one > 0)


def _mapping(found: object) -> dict[str, Any]:
    return {str(name): value for name, value in found.items()} if isinstance(found, Mapping) else {}


def _number(found: object) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e300 or math.isnan(found):
        return None
    return float(found)


# ---- figures made of others


def _over(above: str | tuple[str, ...], below: str) -> Callable[[Cell], float | None]:
    """A sum of figures over another one."""

    def made(cell: Cell) -> float | None:
        names = (above,) if isinstance(above, str) else above
        parts = [_number(cell.figures.get(name)) for name in names]
        under = _number(cell.figures.get(below))
        known = [part for part in parts if part is not None]
        return sum(known) / under if len(known) == len(parts) and under else None

    return made


def _given(name: str, made: Callable[[Cell], float | None]) -> Callable[[Cell], float | None]:
    """What the run says itself, else what can be made."""

    def either(cell: Cell) -> float | None:
        found = _number(cell.figures.get(name))
        return made(cell) if found is None else found

    return either


def _request_rate(cell: Cell) -> float | None:
    requests, clients, seconds = cell.figure("requests"), cell.param("clients"), cell.param("seconds")
    return requests / clients / seconds if requests is not None and clients and seconds else None


def _cores(cell: Cell) -> float | None:
    cpu, seconds = cell.figure("server_cpu"), cell.param("seconds")
    return cpu / seconds if cpu is not None and seconds else None


def _tcp(cell: Cell) -> float | None:
    """Heads of TCP/IP, ACKs included: the kernel counts them among the segments."""
    segments = [_number(cell.figures.get(name)) for name in ("segments_up", "segments_down")]
    delivered = cell.figure("delivered")
    if None in segments or not delivered:
        return None
    return 52 * sum(part for part in segments if part is not None) / delivered


def _heads(cell: Cell) -> float | None:
    return _over(("head_up", "head_down"), "delivered")(cell)


def _wire(cell: Cell) -> float | None:
    """All that the socket carried, with TLS if there was any, and TCP's heads. An older run counted no sockets."""
    lines = _over(("line_up", "line_down"), "delivered")(cell) if cell.params.get("front") else None
    application, tcp = lines or _over(("up", "down"), "delivered")(cell), _tcp(cell)
    return None if application is None or tcp is None else application + tcp


def _tls_share(cell: Cell) -> float | None:
    """What TLS adds to the bytes of the application."""
    lines, application = (cell.figure(name) for name in ("line_each", "application_each"))
    return None if lines is None or not application else lines / application - 1


def _cpu_both(cell: Cell) -> float | None:
    """Of the server and of what stands before it."""
    parts = [cell.figure(name) for name in ("cpu_per_delivery", "front_cpu_per_delivery")]
    known = [part for part in parts if part is not None]
    return sum(known) if len(known) == 2 else None


def _lost_share(cell: Cell) -> float | None:
    """Of what was said. Where lines were cut, a run tells the share that was heard."""
    retained = cell.figure("retained")
    if retained is not None:
        return max(0.0, 1 - retained)
    lost, delivered = cell.figure("lost"), cell.figure("delivered")
    return None if lost is None or delivered is None or lost + delivered <= 0 else lost / (lost + delivered)


MADE: dict[str, Callable[[Cell], float | None]] = {
    "cpu_per_delivery": _given("cpu_per_delivery", _over("server_cpu", "delivered")),
    "messages_per_answer": _given("messages_per_answer", _over("delivered", "answers")),
    "request_rate": _request_rate,
    "empty_share": _over("empty", "answers"),
    "lost_share": _lost_share,
    "cores": _cores,
    "payload_each": _over("payload_down", "delivered"),
    "framing_each": _over("framing_down", "delivered"),
    "heads_each": _heads,
    "heads_exchange": _over(("head_up", "head_down"), "requests"),
    "tcp_each": _tcp,
    "application_each": _over(("up", "down"), "delivered"),
    "wire_each": _wire,
    "heads_up": _over("head_up", "requests"),
    "heads_down": _over("head_down", "requests"),
    "line_each": _over(("line_up", "line_down"), "delivered"),
    "line_answer": _over(("line_up", "line_down"), "answers"),
    "tls_share": _tls_share,
    "cpu_both": _cpu_both,
}


def first(groups: Iterable[Group]) -> Group | None:
    return next(iter(groups), None)
