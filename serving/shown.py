"""Shown: a connection's transport, whose writes somebody is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Shown:
    """It writes as the transport does, and says what."""

    def __init__(self, transport: Any, look: Callable[[bytes], None]) -> None:
        self.transport, self.look = transport, look

    def write(self, data: bytes) -> None:
        self.look(data)
        self.transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.transport, name)
