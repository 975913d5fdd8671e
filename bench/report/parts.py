"""An idle client in parts: whose the memory is that the server keeps for it, by transport."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bench.report.document import TRANSPORTS, Document, Group
from bench.report.saying import digits
from bench.report.tables import Table
from bench.report.words import reason

KIB = 1024.0
LEAST = 20.0  # bytes: parts that are smaller for every transport are not named
REST = "the rest: libraries in C, and what is lost between blocks"


def parts(document: Document) -> Table | None:
    """KiB a client. None: nobody counted. The rest is what the process grew by beyond what Python holds."""
    counted = {g.any.transport: g for g in document.of("E5", variant="traced") if _of(g)}
    ways = [way for way in TRANSPORTS if way in counted]
    if not ways:
        return None
    held = {way: _of(counted[way]) for way in ways}
    names = {name for several in held.values() for name, size in several.items() if size >= LEAST}
    ordered = sorted(names, key=lambda name: -max(several.get(name, 0.0) for several in held.values()))
    rows = [[reason(name), *(_kib(held[way].get(name, 0.0)) for way in ways)] for name in ordered]
    sums = {way: math.fsum(held[way].values()) for way in ways}
    rows.append(["all that Python holds", *(_kib(sums[way]) for way in ways)])
    whole = {way: _grown(document, counted[way]) for way in ways}
    if all(whole.values()):
        rows.append([REST, *(_kib((whole[way] or 0.0) - sums[way]) for way in ways)])
        rows.append(["what the process grew by", *(_kib(whole[way] or 0.0) for way in ways)])
    return Table("An idle client in parts, KiB", ["whose", *ways], rows)


def _of(group: Group) -> dict[str, float]:
    """Bytes a client, by part, as the last round counted them."""
    found = [told for cell in group.cells if isinstance(told := cell.figures.get("parts"), Mapping)]
    return {str(name): float(size) for name, size in found[-1].items()} if found else {}


def _grown(document: Document, group: Group) -> float | None:
    """Bytes a client that a server without tracing grew by, with as many."""
    for other in document.of("E5", transport=group.any.transport, variant="ours"):
        if other.any.param("clients") == group.any.param("clients"):
            return other.middle("memory_per_client")
    return None


def _kib(size: float) -> str:
    return digits(size / KIB, 2) if abs(size) >= LEAST else "0"
