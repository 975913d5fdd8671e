"""Copying: a state as it was at one place, though items are applied while it is looked through bit by bit.

The lists of what there is are copied at once, which is cheap. What stands in them is copied when its turn comes or,
where an item is about to change it, just before that: so nothing waits for the copy, and the copy for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from ..audience import Audience, Message, Room, Stay
from ..claims import Claim, Claims
from ..record import Record
from .forms import FORMAT, Head, High, terms

if TYPE_CHECKING:
    from ..state import State

OF_ONE = frozenset("bcduysrt")  # kinds of items that change one client, and nothing that others share
OF_ITS_ROOMS = frozenset("jlfhakg")  # that change its rooms, too

fields_of = attrgetter(
    *("id", "born", "since", "secret", "touched", "apart", "joined", "doubt", "left_last"),
    *("held", "custodian", "stay", "judged", "refused", "started", "led", "unreplied"),
)
high = attrgetter("seq", "but", "other")

K = TypeVar("K")
V = TypeVar("V")


class Kept(NamedTuple):
    """An audience."""

    last: High
    trimmed: High
    lost: int
    messages: list[Message]

    @classmethod
    def of(cls, audience: Audience) -> Kept:
        return cls(high(audience.last), high(audience.trimmed), audience.lost, audience.kept())


class RoomKept(NamedTuple):
    """A room: its audience, and who is in it."""

    name: str
    kept: Kept
    members: dict[str, int]
    came: int
    numbers: dict[str, int]

    @classmethod
    def of(cls, room: Room) -> RoomKept:
        return cls(room.name, Kept.of(room), room.members.copy(), *room.here.numbered())


class ClaimsKept(NamedTuple):
    """The emits of a client."""

    expected: int
    open: dict[int, Claim]
    results: dict[int, bytes]

    @classmethod
    def of(cls, claims: Claims) -> ClaimsKept:
        return cls(claims.expected, claims.open.copy(), claims.results.copy())


class MemberKept(NamedTuple):
    """A client: its record, with all that is its alone."""

    fields: tuple[Any, ...]
    stays: tuple[Stay, ...]
    own: tuple[Audience, Kept] | None
    claims: tuple[Claims, ClaimsKept] | None
    data: dict[str, bytes] | None


class Spared(Generic[K, V]):
    """Copies of some things: of each one, taken when its turn comes or when it is spared before."""

    def __init__(self, take: Callable[[K], V]) -> None:
        self._take = take
        self._taken: dict[K, V | None] = {}  # None: its turn was

    def spare(self, thing: K) -> None:
        """It is about to change."""
        if thing not in self._taken:
            self._taken[thing] = self._take(thing)

    def turn(self, thing: K) -> V:
        taken = self._taken.get(thing)
        self._taken[thing] = None
        return self._take(thing) if taken is None else taken


class Copying:
    """One copy, from its beginning until `end`. RuntimeError: another of the same state has not ended."""

    def __init__(self, state: State[Any]) -> None:
        if state.copying is not None:
            raise RuntimeError("a snapshot of this state is being made: one at a time")
        self.state, store = state, state.store
        lineage, place = dict(state.lineage), state.place
        self.head = Head(FORMAT, terms(state.limits), state.epoch, lineage, place, state.end, store.trimmed)
        self.everyone = Kept.of(store.everyone)
        self.came, self.numbers = state.here.numbered()
        self.marks, self.empty = dict(state.marks), store.empty()
        self.largest, self.heaviest, self.old = store.classes(), state.results.classes(), store.old.entries()
        self._rooms, self._room = [*store.rooms.values()], Spared(RoomKept.of)
        self._members, self._member = [*state.members.values()], Spared(self._of_member)
        self._own, self._claims = Spared(Kept.of), Spared(ClaimsKept.of)
        state.copying, store.on_trim, state.results.on_trim = self, self.spare, self._claims.spare

    def end(self) -> None:
        """Look no longer at what is about to change."""
        self.state.copying = self.state.store.on_trim = self.state.results.on_trim = None

    # ---- each thing in its turn

    def rooms(self) -> Iterator[tuple[Room, RoomKept]]:
        for room in self._rooms:
            yield room, self._room.turn(room)

    def members(self) -> Iterator[MemberKept]:
        for member in self._members:
            yield self._member.turn(member)

    def _of_member(self, member: Record) -> MemberKept:
        own, claims = member.own, member.claims
        return MemberKept(
            fields_of(member),
            member.stays,
            None if own is None else (own, self._own.turn(own)),
            None if claims is None else (claims, self._claims.turn(claims)),
            None if member.shared is None else member.shared.copy(),
        )

    # ---- or before it changes

    def spare(self, audience: Audience) -> None:
        """Something of it is about to go."""
        if isinstance(audience, Room):
            self._room.spare(audience)
        elif audience is not self.state.store.everyone:  # which was copied at once
            self._own.spare(audience)

    def spare_what(self, kind: str, fields: tuple[Any, ...]) -> None:
        """An item is about to be applied."""
        state, rooms = self.state, self.state.store.rooms
        if kind == "m":
            room, client = fields[:2]
            if client in state.members:
                member = state.members[client]
                self._member.spare(member)
            elif room in rooms:
                self._room.spare(rooms[room])
        elif kind in OF_ONE or kind in OF_ITS_ROOMS:
            member = state.members.get(fields[0])
            if member is not None:
                self._member.spare(member)
                if kind in OF_ITS_ROOMS:
                    for name in member.joined:
                        self._room.spare(rooms[name])
            if kind == "j" and fields[1] in rooms:
                self._room.spare(rooms[fields[1]])
        else:  # it may change anything
            for one in self._rooms:
                self._room.spare(one)
            for member in self._members:
                self._member.spare(member)
