"""Joined: a hub on the log that several processes share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..snapshot.forms import terms
from ..snapshot.loading import load
from ..snapshot.writing import chunks
from .streams import LEASE, PATIENCE, Streams

FORMAT = 1  # of the items, and of what applying them does: goes up when two releases must not share a log


def on_redis(
    url: str, *, name: str = "lab", lease: float = LEASE, patience: float = PATIENCE, called: str = ""
) -> Callable[[Any], Streams]:
    """What `Hub(log=…)` takes for a log in the Redis at `url`: redis://HOST:PORT/DB, or rediss:// for TLS.

    `name`: of the log there; `called`: how its own name begins; `lease`: s after which one that says nothing
    is gone, the same for all; `patience`: s without Redis after which nobody is let wait here. ValueError: `url` is
    none of Redis.
    """

    def joined(hub: Any) -> Streams:
        return Streams(
            url,
            hub.apply,
            name=name,
            limits=f"format={FORMAT} {terms(hub.limits)}",
            lease=lease,
            patience=patience,
            called=called,
            on_renamed=hub.on_renamed,
            on_emptied=hub.on_emptied,
            make=lambda: chunks(hub),
            load=lambda made: load(hub, made),
        )

    return joined
