"""Which shall I choose? Six cases, each with the transport to take, the reason, and the measurement behind it.

The rows are the same in the report, in both READMEs and on the page, and are made here, of what a run and the table of
`make fallback` say. A figure that a run does not have is said to be missing; the advice does not follow from one run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.choose import page
from bench.choose.facts import facts as costs_of
from bench.claims.finding import BROWSER
from bench.claims.size import upward
from bench.docs import DOCS, put
from bench.report.answer import NAMES, all_series
from bench.report.cases import CASES, HEADS, LANGUAGES, LEAD, Case, Words
from bench.report.document import Document, Group, first
from bench.report.saying import NOT_MEASURED, digits, percent, time
from bench.theory.predict import load
from transport_fallback.protocol.limits import DEFAULTS

NEEDED = {"E1", "E2", "E3", "E4", "E5", "E6"}  # the experiments that the rows speak of
FULL = 300_000  # deliveries a second
FAST = 20  # messages a second that a game says and hears
TRIP = 0.1  # s


class Row(NamedTuple):
    """A case, filled."""

    case: Case
    en: Words
    zh: Words

    def words(self, language: str) -> Words:
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Facts:
    """The figures of the rows, as texts."""

    document: Document

    def cores(self, transport: str) -> str:
        """Of a thousand who wait."""
        found = self._idle(transport)
        return percent(found.middle("cores") if found else None)

    def late(self, transport: str) -> str:
        """The mean latency over a round trip of 100 ms; polls come each second."""
        found = first(
            group
            for group in self.document.of("E2", transport=transport)
            if group.any.param("rtt") == TRIP and group.any.params.get("mode") in (None, "rate")
            and group.any.param("interval") in (None, 1.0)
        )  # fmt: skip
        return time(found.middle("mean") if found else None)

    def full(self, transport: str, variant: str = "ours") -> str:
        """The p99 where the server is full."""
        name = NAMES.get((transport, variant), transport)
        series = next((one for one in all_series(self.document) if one.name == name), None)
        return time(dict(series.middle("p99")).get(FULL) if series else None)

    def around(self, transport: str) -> float | None:
        """Bytes around a message on its way up."""
        groups = (group for group in self.document.of("E1", transport=transport) if upward(group.any))
        found = first(groups)
        return found.middle("overhead_up") if found else None

    @property
    def posts(self) -> str:
        """kB a second that POSTs put around a game's messages, a browser's headers among them."""
        each = self.around("poll")
        return _said(None if each is None else FAST * (each + BROWSER) / 1000)

    @property
    def frames(self) -> str:
        each = self.around("ws")
        return _said(None if each is None else FAST * each / 1000)

    def lost(self, cursor: bool) -> str:
        """Of what was said while lines broke, on a WebSocket."""
        groups = self.document.of("E6", transport="ws", variant="ours")
        found = first(group for group in groups if group.any.params.get("cursor") is cursor)
        return percent(found.middle("lost_share") if found else None)

    @property
    def crowded(self) -> tuple[str, str]:
        """The most messages in a round trip that were tried with long polling, and its mean latency in transits."""
        groups = [
            group
            for group in self.document.of("E3", transport="longpoll", variant="ours")
            if group.any.params.get("shape") == "poisson" and load(group.any)
        ]
        if not groups:
            return NOT_MEASURED, NOT_MEASURED
        most = max(groups, key=lambda group: load(group.any) or 0)
        mean, trip = most.middle("mean"), most.any.param("rtt")
        return digits(load(most.any) or 0), _said(mean / (trip / 2) if mean and trip else None)

    def all(self, fallback: str) -> dict[str, str]:
        """By the names of their places."""
        several, transits = self.crowded
        networks, without, lost = walls(fallback)
        return {
            "sse_cores": self.cores("sse"),
            "poll_cores": self.cores("poll"),
            "sse_late": self.late("sse"),
            "poll_late": self.late("poll"),
            "ws_full": self.full("ws"),
            "sse_full": self.full("sse"),
            "longpoll_full": self.full("longpoll"),
            "naive_full": self.full("ws", "per-message"),
            "frame": _said(self.around("ws")),
            "post": _said(self.around("poll")),
            "missed": self.lost(False),
            "kept": self.lost(True),
            "fast": str(FAST),
            "posts": self.posts,
            "frames": self.frames,
            "several": several,
            "transits": transits,
            "beat": self.beat,
            "every": f"{DEFAULTS.heartbeat:g}",
            "beats": f"{3600 / DEFAULTS.heartbeat:.0f}",
            "asked": self.asked,
            "networks": str(networks),
            "without": str(without),
            "lost": str(lost),
        }

    @property
    def asked(self) -> str:
        """Bytes of a question and its empty answer, heads and all."""
        found = self._idle("poll")
        return _said(_over(found, ("up", "down"), "requests") if found else None)

    @property
    def beat(self) -> str:
        """Bytes of a heartbeat on a WebSocket."""
        found = self._idle("ws")
        return _said(_over(found, ("down",), "answers") if found else None)

    def _idle(self, transport: str) -> Group | None:
        groups = self.document.of("E5", transport=transport, variant="ours")
        return first(group for group in groups if group.any.param("clients") == 1000)


def rows(document: Document, fallback: Path = DOCS / "fallback.md") -> list[Row]:
    """The six cases. `fallback`: the page with the table of `make fallback`."""
    told = Facts(document).all(fallback.read_text("utf-8"))

    def filled(words: Words) -> Words:
        return Words(*(text.format_map(told) for text in words))

    return [Row(case, filled(case.en), filled(case.zh)) for case in CASES]


def walls(text: str) -> tuple[int, int, int]:
    """Of the table in docs/fallback.md for the Python client: how many networks, on how many it ended on something
    else than a WebSocket, and how many messages it lost. ValueError: there is no such table, or it never read."""
    table = text.partition("**Ours, the Python client**")[2].partition("\n**")[0]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    names, *lines = [cells[0], *(line for line in cells[2:] if line[1] != "–")] if cells else [[]]
    if not lines or any(line[1] == "nothing" for line in lines):
        raise ValueError("docs/fallback.md has no table of ours, or one in which the ladder ended on nothing")
    lost = [at for at, name in enumerate(names) if name == "lost"]
    ended = [line[1] for line in lines]
    return len(ended), sum(one != "ws" for one in ended), sum(_count(line[at]) for line in lines for at in lost)


def table(found: list[Row], language: str) -> str:
    """The rows for a README."""
    lines = [f"| {' | '.join(HEADS[language])} |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {' | '.join(row.words(language))} |" for row in found)])


def script(found: list[Row], language: str) -> str:
    """The rows as texts of the page."""
    lines = ["// Which shall I choose? Made by `python -m bench.report … --docs`, of the run in bench/results.", ""]
    lines += ["export default {", f'  "choose.lead": "{LEAD[language]}",']
    for row in found:
        told = {**row.words(language)._asdict(), "repeat": row.case.repeat}
        lines += [f'  "choose.{row.case.key}.{name}": "{text}",' for name, text in told.items()]
    return "\n".join([*lines, "};", ""])


def _over(group: Group, above: tuple[str, ...], below: str) -> float | None:
    parts = [group.middle(name) for name in above]
    under = group.middle(below)
    return sum(part or 0 for part in parts) / under if under and None not in parts else None


def _said(value: float | None) -> str:
    return NOT_MEASURED if value is None else digits(value)


def _count(cell: str) -> int:
    return int(cell) if re.fullmatch(r"\d+", cell) else 0


def advise(document: Document, root: Path = DOCS.parent) -> list[str]:
    """Put the rows into both READMEs and the page. Returns sentences that say where they are now."""
    found, told = rows(document), []
    for language, name in zip(LANGUAGES, ("README.md", "README.zh.md"), strict=True):
        told.append(put("choose", table(found, language), root / name))
        (root / "web" / "page" / "choose" / f"{language}.js").write_text(script(found, language), "utf-8")
    costs = root / "web" / "page" / "calculator" / "facts.js"
    costs.write_text(page.script(costs_of(document)), "utf-8")
    return [*told, "choose is in web/page/choose, what a server costs in web/page/calculator/facts.js"]
