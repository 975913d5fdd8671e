"""The networks: what was learnt on one says nothing on another, and is remembered for when the client comes back."""

from __future__ import annotations

from typing import Any

from .ladder import Ladder

NETWORKS = 8  # remembered while this client lives


class Networks:
    def __init__(self, ladder: Ladder) -> None:
        self._ladder = ladder
        self._left: dict[str, dict[str, Any]] = {}  # the verdicts by network; left last: at the end

    def enter(self, name: str, now: float) -> bool:
        """The server gave this name to the network. Returns whether it is another one than before."""
        here = self._ladder.network
        if not name or name == here:
            return False
        if here:
            self._left[here] = self._ladder.verdicts
            for oldest in list(self._left)[:-NETWORKS]:
                del self._left[oldest]
        self._ladder.on_network(name, self._left.pop(name, {}), now)
        return True

    def forget(self) -> None:
        self._left.clear()
