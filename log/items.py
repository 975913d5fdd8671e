"""The items: all that a log holds, the kinds there are, and what is asked of a log, wherever it is kept.

The state of a hub is what the items of its log, applied in order, say, and nothing else: `apply` (log/state.py) is the
one door. Whatever another process would have to know to answer a client's next request is an item. Each has a *place*,
which counts them all: 1, 2, 3 … Those that change what somebody may read are *entries* and have a seq beside it; the
others, *notes*, have none, so no cursor moves for what nobody reads.

    m  entry  room, client, but, ack; tail   a message: the tail is its JSON without what applying it adds
    b  entry  client, secret                 it is born, unless it is known
    j  entry  client, room                   it enters a room, where it fits
    l  entry  client, room | None            it leaves a room, or everyone
    f  entry  client, place                  it is forgotten, unless it was touched after that place
    h  note   client                         `by` holds it, for somebody reads there; the first runs its `connect`
    a  note   client, reason                 `by` holds it no more; the last runs its `disconnect`
    k  note   client, stay, refusal | null   its `connect` in the stay that began at that place has let it in, or not
    c  note   client, [n, …], acked          emits: each is claimed by `by`, a repeat, or beyond a hole
    d  note   client, n; tail                one of them is answered, by who claimed it: the tail is the ack
    g  note   client, code, message          it has left or was turned out, everywhere, and is refused for a while
    y  note   client, seq, data              its reply to the message that asked
    u  note   client, key, value             what the application keeps of it: `client.data[key]`
    s  note   client                         it has read with a cursor: without one it begins at the end from now on
    r  note   client, seq                    it reads on from there, before its birth: of that it was told
    t  note   client                         a request of it came, though nobody reads for it: it lives
    x  note   process, heir                  that process is gone: its clients are the heir's, its claims are settled
    e  note   epoch, from, fork              another life of the log; it goes on from that one, up to that seq
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

ENTRIES = frozenset("mbjlf")


class Item(NamedTuple):
    """One item, as it is applied."""

    place: int
    by: str  # the process that appended it
    kind: str
    fields: tuple[Any, ...]  # plain data: text, numbers, true, false, null, lists and objects of these
    tail: bytes  # bytes that are kept as they are
    at: int  # when it was logged, in ms since 1970 by the log's one clock


class NoLog(Exception):
    """A log cannot be had, or not any more, and to go on would be to lose it."""


class Unfit(Exception):
    """An item that cannot be applied here: of a kind nobody knows, or not the next. What follows it cannot, either."""


class Log(Protocol):
    """Where items are kept in order. Each that is appended is applied, once, at its place, by every process.

    A log in memory is always ready, never stale, and has no news of its own; see log/streams for one that is shared.
    """

    @property
    def process(self) -> str:
        """Who appends: the `by` of its items."""

    @property
    def processes(self) -> int:
        """How many processes apply it, as far as is known here."""

    @property
    def alone(self) -> bool:
        """Whether it ends with this process, and nobody will ever go on for it."""

    @property
    def ready(self) -> bool:
        """Whether items are taken, and nothing is missing here that was logged a moment ago."""

    @property
    def stale(self) -> bool:
        """Whether nothing has been heard of it for so long that a reader here may wait at a dead end."""

    @property
    def failed(self) -> bool:
        """Whether nothing can be applied here any more: this process must end."""

    def now(self) -> int:
        """The time in ms since 1970 by the clock that items have theirs from, as near as it is known here."""

    async def open(self) -> None:
        """Apply all that is logged. An exception says why this log cannot be had."""

    async def append(self, kind: str, *fields: Any, tail: bytes = b"", within: float | None = None) -> Any:
        """Log an item, and wait until it is applied here. Returns what applying it gave.

        Refused `unready`: it is not known whether it will be, perhaps only not `within` so many seconds.
        """

    def note(self, kind: str, *fields: Any, tail: bytes = b"") -> None:
        """Log an item that nobody waits for. It is logged after those before it, whatever becomes of who says it."""

    async def tip(self, within: float | None = None) -> None:
        """Wait until all that was logged when this was called is applied here. Refused `unready`: as for append."""

    async def look(self, epoch: str, within: float) -> None:
        """Look whether the log is elsewhere by now, as somebody knows an epoch of it that is not known here.

        Refused `unready`: that cannot be seen from here.
        """

    async def leave(self) -> str | None:
        """Let another process go on for this one, and append nothing more. Returns its name; None: there is none."""

    async def close(self) -> None:
        """End, without a word."""
