"""The limits: every number a server promises, with its reason and its unit, and between which it may be chosen."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

DAY = 86_400.0  # s; no timer of ours is longer
MOST = 10**9  # where nothing but the machine's memory is a bound


def limit(default: Any, meaning: str, least: float = 0, most: float = MOST) -> Any:
    """A field whose meaning, unit included, is shown by `python app.py --help`; and the least and most it may be."""
    return field(default=default, metadata={"meaning": meaning, "least": least, "most": most})


def file_limit_share() -> int:
    """80 % of the open files this process may have: each client that is here may hold one."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 800_000 if soft == resource.RLIM_INFINITY else soft * 8 // 10


SPARE_FILES = 32  # which the program itself holds open: listeners, the loop, logs


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one process, in what it holds and how long it waits. Times in seconds, sizes in bytes unless said.

    ValueError: a number that no session could live with.
    """

    # The log: each audience keeps its own, so a busy room makes nobody else forget.
    keep_messages: int = limit(1000, "messages kept per audience", 1)
    keep_seconds: float = limit(3600.0, "s a message is kept", 1)
    keep_bytes: int = limit(64 << 20, "bytes kept over all audiences; the largest is trimmed first", 1 << 10, 1 << 40)
    batch_messages: int = limit(300, "messages in one batch; then `more`", 1)
    batch_bytes: int = limit(256 << 10, "bytes of messages in one batch; then `more`. One message fits always", 1)
    stream_bytes: int = limit(
        64 << 10, "bytes in one catch-up write of a stream, so that a slow reader holds little", 1
    )
    history: int = limit(300, "messages of the past a newcomer may ask for")

    # What one client may send.
    body: int = limit(64 << 10, "bytes of one request body or ws frame", 1 << 10)
    data: int = limit(16 << 10, "bytes of one message's data, as compact UTF-8 JSON", 256)
    ack: int = limit(4 << 10, "bytes of one ack's data", 64)
    depth: int = limit(8, "levels of arrays and objects in data", 1, 64)
    window: int = limit(64, "emits of one client that may be unfinished; also the results kept for repeats", 1)
    emit_rate: float = limit(20.0, "emits a second per client", 0.001)
    emit_burst: int = limit(64, "emits at once per client", 1)
    poll_rate: float = limit(4.0, "polls a second per client; the page asks once a second", 0.001)
    poll_burst: int = limit(10, "polls at once per client", 1)
    frame_rate: float = limit(200.0, "frames a second up one ws; more of them are read later", 0.001)
    frame_burst: int = limit(1000, "frames at once up one ws", 1)

    # Who may be here.
    sid_rate: float = limit(20.0, "new sids a second per address", 0.001)
    sid_burst: int = limit(100, "new sids at once per address: a class behind one NAT", 1)
    readers: int = limit(4, "open reads per sid; one more ends the oldest. Who switches reads twice for a while", 2)
    rooms_per_client: int = limit(16, "rooms one client may be in", 1)
    rooms: int = limit(10_000, "rooms in all", 1)
    clients: int = limit(0, "clients in all; 0 = 80 % of the file limit")
    anonymous_per_address: int = limit(50, "open reads without a sid per address")
    per_sid: bool = limit(False, "count what is counted per address per sid instead: a class behind one NAT")

    # Which connections may be open. A proxy is one address: half of all is then what its clients have.
    connections: int = limit(0, "open connections in all; 0 = 70 % of the file limit: a link's takes three files")
    connections_per_address: int = limit(0, "of one address; 0 = half of all, so that one address is not everybody")

    # How long.
    grace: float = limit(10.0, "s a client is still here after its last read ended", 0, DAY)
    forget_after: float = limit(300.0, "s a client is remembered after its grace; also how long `bye` leaves a mark")
    handler_seconds: float = limit(10.0, "s a handler may run before its ack is `timeout`", 0.01, DAY)
    header_seconds: float = limit(5.0, "s for the head of a request", 0.05, DAY)
    body_seconds: float = limit(10.0, "s for the body of a request", 0.05, DAY)
    stall_seconds: float = limit(10.0, "s a client may take no bytes before its line is cut", 0.05, DAY)
    drain_seconds: float = limit(3.0, "s a stopping server waits for those it is answering", 0.1, DAY)
    hold: int = limit(20, "s a long poll is held when the client does not say", 1, 30)
    heartbeat: int = limit(15, "s between the empty batches of a stream when the client does not say", 1, 30)
    every: int = limit(1000, "ms between polls when the client does not say", 100, 60_000)

    def __post_init__(self) -> None:
        for one in fields(self):
            check(one.name, getattr(self, one.name))
        for small, large, why in RELATIONS:
            if getattr(self, small) > getattr(self, large):
                raise ValueError(f"{small} may not be more than {large}, {getattr(self, large)}: {why}")

    @property
    def most_clients(self) -> int:
        """The number of client records that fit: as many as could hold a connection each."""
        return self.clients or file_limit_share()

    @property
    def most_connections(self) -> int:
        return self.connections or max(1, (file_limit_share() * 10 // 8 - SPARE_FILES) * 7 // 10)

    @property
    def most_per_address(self) -> int:
        """A class is one address, and everybody."""
        if self.per_sid:
            return self.most_connections
        return self.connections_per_address or max(1, self.most_connections // 2)


RELATIONS = (
    ("data", "body", "what may be said would not fit into a request"),
    ("ack", "body", "a reply would not fit into a request"),
    ("data", "keep_bytes", "a message would be trimmed before it is read"),
)
FIELDS = {one.name: one for one in fields(Limits)}


def check(name: str, value: object) -> None:
    """ValueError: this limit cannot have this value; the message says what it may be."""
    kind, least, most = FIELDS[name].type, FIELDS[name].metadata["least"], FIELDS[name].metadata["most"]
    if kind == "bool":
        right = isinstance(value, bool)
    else:
        number = isinstance(value, int if kind == "int" else int | float) and not isinstance(value, bool)
        right = number and least <= value <= most
    if not right:
        raise ValueError(f"{name} is {value!r}; it may be {allowed(name)}")


def allowed(name: str) -> str:
    """The values that this limit may have, in words."""
    one = FIELDS[name]
    if one.type == "bool":
        return "0 or 1"
    kind = "a whole number" if one.type == "int" else "a number"
    return f"{kind} from {one.metadata['least']:g} to {one.metadata['most']:,.0f}"


def parse(name: str, text: str) -> Any:
    """The value of this limit from the command line or the environment. ValueError: it may not have that."""
    readers: dict[str, Callable[[str], Any]] = {"int": int, "float": float, "bool": truth}
    try:
        value = readers[str(FIELDS[name].type)](text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; it may be {allowed(name)}") from None
    check(name, value)
    return value


def truth(text: str) -> bool:
    known = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
    if text.lower() not in known:
        raise ValueError("neither yes nor no")
    return known[text.lower()]


DEFAULTS = Limits()
