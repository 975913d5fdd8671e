"""A record: what the log knows of one client, since when it exists, where it is in, what is for it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .audience import Audience, Stay
from .bell import Bell
from .claims import Claims

if TYPE_CHECKING:
    from .carried import Carried

STAYS = 64  # intervals of rooms it left that are remembered per client; of older ones it is told "in doubt"
LED = 64  # cursors before its birth that a client was given since; one that catches up needs the last alone


class Record:
    """One client. Only the items of the log change it, but for what this process alone has of it, as its `bells`."""

    __slots__ = (
        "__weakref__",
        "apart",
        "bells",
        "born",
        "claims",
        "custodian",
        "data",
        "doubt",
        "held",
        "id",
        "joined",
        "judged",
        "leading",
        "led",
        "left_last",
        "own",
        "refused",
        "secret",
        "shared",
        "since",
        "start",
        "started",
        "stay",
        "stays",
        "touched",
        "unreplied",
    )

    def __init__(self, client: str) -> None:
        self.id = client
        self.born = 0  # seq of its birth
        self.since = 0  # ms since 1970: when it was born
        self.secret = b""  # SHA-256 of the sid, to tell two sids with one id apart
        self.started = False  # it has read with a cursor
        self.start: int | None = 0  # where it starts when it reads without one; None: at the end
        self.touched = 0  # place of the last item that says it lives
        self.led: tuple[int, ...] = ()  # cursors before its birth that cut batches gave it since, the last of them
        self.leading: tuple[int, ...] = ()  # more of these, of which the log has yet to say so, the last of them
        self.own: Audience | None = None  # what was said to it alone, if anything was
        self.apart = False  # it has left everyone: it hears its rooms, and what is for it alone
        self.unreplied: tuple[int, ...] = ()  # the messages that ask, and it has not replied to, the last of them
        self.joined: tuple[str, ...] = ()  # the rooms it is in, which know since when; in order of joining
        self.stays: tuple[Stay, ...] = ()  # the last of what it left, oldest first
        self.doubt = 0  # up to this seq it may have seen more than `stays` still says
        self.left_last = 0  # the highest seq it may see of rooms it left
        self.held: tuple[str, ...] = ()  # the processes in which somebody reads as this client, or has just done so
        self.custodian = ""  # the process that runs its `connect` and `disconnect`, and forgets it
        self.stay = 0  # place where it came, this time or last; at first that of its birth
        self.judged = 0  # the last stay that it was let in
        self.refused: str | None = None  # why its `connect` turned it away
        self.claims: Claims | None = None  # its emits, if it made any
        self.data: dict[str, Any] = {}  # the application's own about this client; it is forgotten with it
        self.shared: dict[str, bytes] | None = None  # what of `data` every process has, as JSON: what was put there
        self.bells: tuple[Bell | Carried, ...] = ()  # of its readers

    @property
    def here(self) -> bool:
        """Whether somebody is reading as this client."""
        return bool(self.held)

    def was_led(self, seq: int) -> bool:
        """Whether it was given this cursor, before its birth, by a batch that told of it."""
        return seq in self.led or seq in self.leading

    def lead(self, seq: int) -> None:
        """Remember that it was given this cursor, though it was born later."""
        if seq not in self.led:
            self.led = (*self.led[1 - LED :], seq)

    def hears(self, bell: Bell | Carried) -> None:
        """One more reads as this client."""
        if self.id:  # nobody's readers may be very many, and what is said to one client alone is not for them
            self.bells = (*self.bells, bell)

    def hears_no_more(self, bell: Bell | Carried) -> None:
        self.bells = tuple(one for one in self.bells if one is not bell)

    def remember(self, stay: Stay) -> None:
        """It has left a room: of that interval it may still read what was said."""
        self.left_last = max(self.left_last, stay.last)
        self.stays = (*self.stays, stay)
        if len(self.stays) > STAYS:
            self.doubt = max(self.doubt, self.stays[0].last)
            self.stays = self.stays[1:]
