"""Shares: of what is there for all, whoever has most gives way, so that a newcomer always gets some."""

from __future__ import annotations

from collections.abc import Mapping, Sized


def who_gives_way(had: Mapping[str, Sized], newcomer: str) -> str | None:
    """Whose share is the largest, if it is larger than the newcomer's would be; else None: nobody has too much."""
    greedy = max(had, key=lambda owner: len(had[owner]), default=newcomer)
    own = len(had[newcomer]) if newcomer in had else 0
    return greedy if greedy in had and len(had[greedy]) > own + 1 else None
