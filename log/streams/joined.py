"""Joined: a hub on the log that several processes share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from ...protocol.limits import Limits
from .streams import LEASE, PATIENCE, Streams

FORMAT = 1  # of the items, and of what applying them does: goes up when two releases must not share a log

# What applying an item depends on: processes that differ in one of these would differ in what they know.
SHARED = (
    "keep_messages",
    "keep_seconds",
    "keep_bytes",
    "window",
    "rooms_per_client",
    "rooms",
    "forget_after",
)


class Hub(Protocol):
    """A hub, as far as its log must know."""

    limits: Limits

    def apply(self, place: int, by: str, kind: str, fields: tuple[Any, ...], tail: bytes, at: int) -> Any: ...

    def on_renamed(self) -> None: ...

    def on_emptied(self) -> None: ...


def fingerprint(limits: Limits) -> str:
    """What all processes of a log must have in common."""
    return " ".join((f"format={FORMAT}", *(f"{name}={getattr(limits, name):g}" for name in SHARED)))


def on_redis(
    url: str, *, name: str = "lab", lease: float = LEASE, patience: float = PATIENCE, called: str = ""
) -> Callable[[Hub], Streams]:
    """What `Hub(log=…)` takes for a log in the Redis at `url`: redis://HOST:PORT/DB, or rediss:// for TLS.

    `name`: of the log there; `called`: how its own name begins; `lease`: s after which one that says nothing
    is gone, the same for all; `patience`: s without Redis after which nobody is let wait here. ValueError: `url` is
    none of Redis.
    """

    def joined(hub: Hub) -> Streams:
        return Streams(
            url,
            hub.apply,
            name=name,
            limits=fingerprint(hub.limits),
            lease=lease,
            patience=patience,
            called=called,
            on_renamed=hub.on_renamed,
            on_emptied=hub.on_emptied,
        )

    return joined
