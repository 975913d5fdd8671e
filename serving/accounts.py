"""The accounts: the figures of each client, of a bounded number of them; those who are here stay first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from ..log.carried import Figures
from .trace import Shelf, Trace

CLIENTS = 2000  # clients that have been here
STRANGERS = 200  # clients that have only said a sid, which anybody can make up
CHANCES = 8  # how many who are here are passed over, to find one who is not


@dataclass(slots=True)
class Counts:
    """The figures of one client, or of everybody, on one transport. Bytes but for the last nine."""

    name: str = ""  # of the transport
    up: int = 0
    down: int = 0
    head_up: int = 0  # request lines and headers
    head_down: int = 0  # status lines and headers, the 101 included
    payload_up: int = 0  # bodies of requests, texts of frames
    payload_down: int = 0  # texts of batches and of other answers
    connections: int = 0
    requests: int = 0
    news: int = 0  # answers and heartbeats that held at least one message, or a gap
    empty: int = 0  # those that held nothing
    batches: int = 0
    messages: int = 0
    frames_up: int = 0
    frames_down: int = 0

    def given(self, figures: Figures, readers: int, *, frames: bool) -> None:
        """So many readers were given this, on a line that carries them."""
        self.down += readers * figures.sent
        self.payload_down += readers * figures.text
        self.batches += readers * figures.batches
        self.news += readers * figures.news
        self.empty += readers * (figures.batches - figures.news)
        self.messages += readers * figures.messages
        if frames:
            self.frames_down += readers * figures.batches

    def as_json(self) -> dict[str, int]:
        figures = {name: getattr(self, name) for name in self.__slots__[1:]}
        # The rest: WebSocket's two bytes and more, an event's `id:` and `data:`, the sizes of chunks.
        figures["framing_up"] = self.up - self.head_up - self.payload_up
        figures["framing_down"] = self.down - self.head_down - self.payload_down
        return figures


class Settled(Protocol):
    """A line that counts for itself until somebody looks."""

    def settle(self) -> None:
        """Count what it has not counted yet."""

    def look(self) -> None:
        """Somebody looks at the trace."""


class Account:
    """The figures and the trace of one client."""

    __slots__ = ("_carried", "counts", "trace")

    def __init__(self, shelf: Shelf) -> None:
        self.counts: tuple[Counts, ...] = ()  # of the one or two transports that a client uses
        self._carried: dict[Settled, None] | None = None
        self.trace = Trace(shelf)

    def on(self, name: str) -> Counts:
        """The figures on this transport."""
        for counts in self.counts:
            if counts.name == name:
                return counts
        self.counts = (*self.counts, Counts(name))
        return self.counts[-1]

    @property
    def carried(self) -> dict[Settled, None]:
        """The lines whose figures come when they are asked for; most clients never have any."""
        if self._carried is None:
            self._carried = {}
        return self._carried

    @property
    def lines(self) -> Iterable[Settled]:
        """The same, to be told something."""
        return self._carried or ()


class Accounts:
    """By client. Strangers share a small part, in which only they push each other out."""

    def __init__(self, here: Callable[[str], bool] = lambda client: False) -> None:
        self.here = here  # whether the hub has a client of this id that is here
        self.shelf = Shelf()
        self._clients: OrderedDict[str, Account] = OrderedDict()  # the one heard of last at the end
        self._strangers: OrderedDict[str, Account] = OrderedDict()

    def find(self, client: str) -> Account | None:
        return self._clients.get(client) or self._strangers.get(client)

    def open(self, client: str) -> Account:
        """The account of this client, which was heard of just now."""
        known = self._clients.get(client)
        if known is not None:
            self._clients.move_to_end(client)
            return known
        known = self._strangers.pop(client, None)
        if known is not None and self.here(client):
            self._settle(client, known)
            return known
        known = self._strangers[client] = known or Account(self.shelf)
        if len(self._strangers) > STRANGERS:
            first, account = self._strangers.popitem(last=False)
            if self.here(first):
                self._settle(first, account)
            else:
                account.trace.end()
        return known

    def _settle(self, client: str, account: Account) -> None:
        """It is no stranger any more. Who is here is forgotten last."""
        self._clients[client] = account
        if len(self._clients) <= CLIENTS:
            return
        for _ in range(CHANCES):
            if not self.here(next(iter(self._clients))):
                break
            self._clients.move_to_end(next(iter(self._clients)))
        _forgotten, account = self._clients.popitem(last=False)
        account.trace.end()

    def sweep(self) -> None:
        self.shelf.sweep()

    def __len__(self) -> int:
        return len(self._clients) + len(self._strangers)
