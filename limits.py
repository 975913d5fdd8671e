"""The limits: every number the lab promises, with its reason and its unit."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any


def limit(default: Any, meaning: str) -> Any:
    """A field whose meaning, unit included, is shown by `python app.py --help`."""
    return field(default=default, metadata={"meaning": meaning})


def file_limit_share() -> int:
    """80 % of the open files this process may have: each client that is here may hold one."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 800_000 if soft == resource.RLIM_INFINITY else soft * 8 // 10


@dataclass(frozen=True, slots=True)
class Limits:
    """What one process of the lab may hold and how long it waits. Times in seconds, sizes in bytes unless said."""

    # The log: each audience keeps its own, so a busy room makes nobody else forget.
    keep_messages: int = limit(1000, "messages kept per audience")
    keep_seconds: float = limit(3600.0, "s a message is kept")
    keep_bytes: int = limit(64 << 20, "bytes kept over all audiences; the largest is trimmed first")
    batch_messages: int = limit(300, "messages in one batch; then `more`")
    batch_bytes: int = limit(256 << 10, "bytes of messages in one batch; then `more`")
    stream_bytes: int = limit(64 << 10, "bytes in one catch-up write of a stream, so that a slow reader holds little")
    history: int = limit(300, "messages of the past a newcomer may ask for")

    # What one client may send.
    body: int = limit(64 << 10, "bytes of one request body or ws frame")
    data: int = limit(16 << 10, "bytes of one message's data, as compact UTF-8 JSON")
    ack: int = limit(4 << 10, "bytes of one ack's data")
    depth: int = limit(8, "levels of arrays and objects in data")
    window: int = limit(64, "emits of one client that may be unfinished; also the results kept for repeats")
    emit_rate: float = limit(20.0, "emits a second per client")
    emit_burst: int = limit(64, "emits at once per client")
    poll_rate: float = limit(4.0, "polls a second per client; the page asks once a second")
    poll_burst: int = limit(10, "polls at once per client")

    # Who may be here.
    sid_rate: float = limit(20.0, "new sids a second per address")
    sid_burst: int = limit(100, "new sids at once per address: a class behind one NAT")
    readers: int = limit(4, "open reads per sid; one more ends the oldest")
    rooms_per_client: int = limit(16, "rooms one client may be in")
    rooms: int = limit(10_000, "rooms in all")
    clients: int = limit(0, "clients in all; 0 = 80 % of the file limit")
    anonymous_per_address: int = limit(50, "open reads without a sid per address")
    per_sid: bool = limit(False, "count what is counted per address per sid instead: a class behind one NAT")

    # How long.
    grace: float = limit(10.0, "s a client is still here after its last read ended")
    forget_after: float = limit(300.0, "s a client is remembered after its grace; also how long `bye` leaves a mark")
    handler_seconds: float = limit(10.0, "s a handler may run before its ack is `timeout`")
    header_seconds: float = limit(5.0, "s for the head of a request")
    body_seconds: float = limit(10.0, "s for the body of a request")
    stall_seconds: float = limit(10.0, "s a client may take no bytes before its line is cut")
    drain_seconds: float = limit(3.0, "s a stopping server waits for those it is answering")
    hold: int = limit(20, "s a long poll is held when the client does not say")
    heartbeat: int = limit(15, "s between the empty batches of a stream when the client does not say")
    every: int = limit(1000, "ms between polls when the client does not say")

    @property
    def most_clients(self) -> int:
        """How many client records fit: as many as could hold a connection each."""
        return self.clients or file_limit_share()


DEFAULTS = Limits()


def truth(text: str) -> bool:
    return text.lower() in ("1", "yes", "true", "on")


def flags() -> list[tuple[str, Callable[[str], Any], str]]:
    """(name, parser, meaning) of every limit, for the command line."""
    kinds: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": truth}
    return [(f.name, kinds[str(f.type)], f"{f.metadata['meaning']} (default {f.default})") for f in fields(Limits)]
