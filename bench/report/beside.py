"""Other libraries' long polls beside ours, in E4: the answer of E4 is about one server, and servers differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.experiments import PEERS
from bench.report.document import Document, Group
from bench.report.saying import number, rate, time
from bench.report.words import listed, say

ALONE = 1.05  # messages an answer, up to which each goes alone


def sentence(document: Document) -> str | None:
    """What a long poll takes of the server where each message goes alone, and how late it is at the highest load that
    all were measured at. None: there is none beside ours."""
    found: dict[str, dict[float, Group]] = {}
    for group in document.of("E4", transport="longpoll"):
        if group.any.offered and group.any.variant in ("ours", *PEERS):
            found.setdefault(group.any.variant, {})[group.any.offered] = group
    if "ours" not in found or len(found) < 2:
        return None
    shared = sorted(set.intersection(*(set(points) for points in found.values())))
    alone = [load for load in shared if all(_alone(points[load]) for points in found.values())]
    if not alone or shared[-1] == alone[-1]:
        return None
    low, high = alone[-1], shared[-1]
    return say(
        "Where they cross is a matter of the server, too: at {low} deliveries/s an answered long poll takes {costs} of"
        " its core; at {high}, in batches, its p99 is {late}.",
        low=rate(low),
        costs=_each(found, low, "cpu_per_delivery", _microseconds),
        high=rate(high),
        late=_each(found, high, "p99", time),
    )


def _alone(group: Group) -> bool:
    each = group.middle("messages_per_answer")
    return each is not None and each <= ALONE


def _microseconds(cost: float | None) -> str:
    return number(None if cost is None else cost * 1e6, "µs")


def _each(
    found: Mapping[str, Mapping[float, Group]], load: float, figure: str, said: Callable[[float | None], str]
) -> str:
    """Ours first, as the document has them."""
    return listed(
        [
            say("{figure} ({server})", figure=said(points[load].middle(figure)), server=name)
            for name, points in found.items()
        ]
    )
