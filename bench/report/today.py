"""The ratio of 2010 today: a poll with a browser's heads beside a WebSocket's frame, over HTTP/1.1, HTTP/2 and TLS."""

from __future__ import annotations

from bench.claims.deployed import front_of
from bench.report.document import Document, Group
from bench.report.saying import digits
from bench.report.tables import Table
from bench.theory.models import KAAZING

SMALL = 20  # bytes of filling


def today(document: Document) -> Table | None:
    """By proxy and version, from heads to all that the wire carries; with our news, and with the paper's 21 bytes."""
    rows = []
    small = [group for group in document.of("E10") if group.any.param("size") == SMALL]
    for front in sorted({front_of(group) for group in small}):
        there = [group for group in small if front_of(group) == front]
        ws = next((group for group in there if group.any.transport == "ws"), None)
        for poll in (group for group in there if group.any.transport == "poll"):
            if ws is not None:
                rows += _rows(front, poll, ws)
    head = ["through", "poll over", "what is counted", "a poll", "a frame", "ratio", "with the news of 2010"]
    return Table("The ratio of 2010, with a browser of today", head, rows) if rows else None


def _rows(front: str, poll: Group, ws: Group) -> list[list[str]]:
    version = "HTTP/2" if poll.any.param("http") == 2 else "HTTP/1.1"
    rows = []
    for said, above, below in (
        ("heads against framing", "heads_each", "framing_each"),
        ("all bytes of the application", "application_each", "application_each"),
        ("all bytes in TLS", "line_each", "line_each"),
        ("all bytes on the wire", "wire_each", "wire_each"),
    ):
        more, less = poll.middle(above), ws.middle(below)
        news = [group.middle("payload_each") for group in (poll, ws)]
        if not more or not less or news[0] is None or news[1] is None:
            continue
        then = "" if above == "heads_each" else _times(more - news[0] + KAAZING.body, less - news[1] + KAAZING.body)
        rows.append([front, version, said, f"{more:,.0f} B", f"{less:,.0f} B", _times(more, less), then])
    return rows


def _times(more: float, less: float) -> str:
    return f"{digits(more / less)} : 1"
