"""A connection: what HTTP and WebSocket have in common, whoever is at the other end."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any

from lab.meter import Meter, Wire
from limits import DEFAULTS, Limits

USER_TIMEOUT = 30_000  # ms sent bytes may stay unacknowledged before TCP gives up (RFC 5482)


class Stall:
    """Cut the line of a client that takes no bytes: `close` would wait for it to take the rest, for ever."""

    limits: Limits = DEFAULTS
    meter: Meter
    transport: Any
    app_state: dict[str, Any]
    client: tuple[str, int] | None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        if not isinstance(transport, Wire):
            transport = Wire(transport, self.meter.exchange("other", ""))
        super().connection_made(transport)  # type: ignore[misc]
        self.client = self.app_state.get("lab.client", self.client)  # who is at the other end of a link
        connection = transport.get_extra_info("socket")
        if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT)

    def pause_writing(self) -> None:
        super().pause_writing()  # type: ignore[misc]
        loop = asyncio.get_running_loop()
        self._stalled = self._stalled or loop.call_later(self.limits.stall_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()  # type: ignore[misc]
        self._moving()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)  # type: ignore[misc]
        self._moving()

    def _moving(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
