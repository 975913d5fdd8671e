"""Single: what an instrument keeps in one server is refused where several share a log: the next may be another."""

from __future__ import annotations

from ..hub import Hub
from ..protocol.errors import Refused


def single(hub: Hub, what: str) -> None:
    """Refused: `what` would be of one of the servers alone."""
    if not hub.log.alone:
        raise Refused("refused", f"{what} is of one server, and several share a log here: make run starts one alone")
