"""Loading: a state as it was at the place of a snapshot, made in one that nothing was applied to yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from ..audience import Audience, Room, Stay
from ..claims import Claims
from ..record import Record
from ..roll import Roll
from . import forms
from .forms import Part, Unsound


def load(state: Any, chunks: Sequence[bytes]) -> None:
    """Bring a new state to where another was: what follows is the item after that place.

    Unsound: these are no snapshot, not all of one, or one with other limits; and the state is as it was.
    """
    if state.place or state.members:
        raise ValueError("a snapshot is loaded into a state that nothing was applied to")
    head = forms.whole(chunks)
    if head.terms != (own := forms.terms(state.limits)):
        raise Unsound(f"this snapshot is one with the limits {head.terms}; here they are {own}")
    Loading(state).load(head, chunks[1:-1])


class Loading:
    """What was made last, and goes on to be filled."""

    def __init__(self, state: Any) -> None:
        self.state, self.store = state, state.store
        self.audiences: list[Audience] = []
        self.members: list[Record] = []
        self.largest: list[Audience] = []
        self.empty: list[str] = []
        self.old: list[tuple[Audience, float]] = []
        self.audience: Audience = self.store.everyone
        self.roll: Roll = state.here
        self._acts: dict[type[Part], Callable[[Any], None]] = {
            forms.Everyone: self._everyone,
            forms.RoomIs: self._room_is,
            forms.RoomWas: self._room_was,
            forms.Own: self._own,
            forms.Messages: self._messages,
            forms.Members: self._in_room,
            forms.Here: self._here,
            forms.Person: self._person,
            forms.Data: self._data,
            forms.Claimed: self._claimed,
            forms.Results: self._results,
            forms.Present: self._present,
            forms.Marked: self._marked,
            forms.Empty: self._empty,
            forms.Largest: self._largest,
            forms.Heaviest: self._heaviest,
            forms.Old: self._old,
        }

    def load(self, head: forms.Head, chunks: Sequence[bytes]) -> None:
        state = self.state
        for chunk in chunks:
            for part in forms.decode_parts(chunk):
                self._acts[type(part)](part)
        self.store.trimmed = head.trimmed
        self.store.restore_order(self.empty, self.largest, self.old)
        state.epoch, state.lineage = head.epoch, head.lineage
        state.place, state.end = head.place, head.end
        for member in self.members:
            state.watcher.on_loaded(member)

    # ---- audiences

    def _audience(self, audience: Audience, part: forms.Everyone | forms.RoomIs | forms.RoomWas | forms.Own) -> None:
        audience.last.restore(*part.last)
        audience.trimmed.restore(*part.trimmed)
        audience.lost = part.lost
        self.audience = audience
        self.audiences.append(audience)

    def _everyone(self, part: forms.Everyone) -> None:
        self._audience(self.store.everyone, part)

    def _room_is(self, part: forms.RoomIs) -> None:
        room = self.store.rooms[part.name] = Room(part.name)
        self._audience(room, part)
        self.roll = room.here
        self.roll.restore({}, part.came)

    def _room_was(self, part: forms.RoomWas) -> None:
        self._audience(Room(part.name), part)

    def _own(self, part: forms.Own) -> None:
        own = self.members[-1].own = Audience()
        self._audience(own, part)

    def _messages(self, part: forms.Messages) -> None:
        self.store.restore(self.audience, part.messages)

    def _in_room(self, part: forms.Members) -> None:
        assert isinstance(self.audience, Room)
        self.audience.members |= part.members

    def _here(self, part: forms.Here) -> None:
        self.roll.restore(part.numbers)

    def _present(self, part: forms.Present) -> None:
        self.roll = self.state.here
        self.roll.restore({}, part.came)

    # ---- clients

    def _person(self, part: forms.Person) -> None:
        member = self.state.members[part.id] = self.state.new_record(part.id)
        member.born, member.started = part.born, part.started
        member.start = None if part.started else part.born
        member.led, member.unreplied = part.led, part.unreplied
        member.since, member.secret, member.touched = part.since, part.secret, part.touched
        member.apart, member.joined = part.apart, part.joined
        member.stays = tuple(Stay(self.audiences[number], joined, last) for number, joined, last in part.stays)
        member.doubt, member.left_last = part.doubt, part.left_last
        member.held, member.custodian = part.held, part.custodian
        member.stay, member.judged, member.refused = part.stay, part.judged, part.refused
        self.members.append(member)

    def _data(self, part: forms.Data) -> None:
        member = self.members[-1]
        member.shared = (member.shared or {}) | part.data
        member.data |= {key: msgspec.json.decode(value) for key, value in part.data.items()}

    def _claimed(self, part: forms.Claimed) -> None:
        claims = self.members[-1].claims = Claims(self.state.results, self.state.limits.window)
        claims.expected, claims.open = part.expected, part.open

    def _results(self, part: forms.Results) -> None:
        claims = self.members[-1].claims
        assert claims is not None
        claims.restore(part.results)

    def _marked(self, part: forms.Marked) -> None:
        for client, (code, message, until) in part.marks.items():
            self.state.marks.restore(client, code, message, until)

    # ---- in which order they give way

    def _empty(self, part: forms.Empty) -> None:
        self.empty += part.rooms

    def _largest(self, part: forms.Largest) -> None:
        self.largest += [self.audiences[number] for number in part.audiences]

    def _heaviest(self, part: forms.Heaviest) -> None:
        for number in part.clients:
            claims = self.members[number].claims
            assert claims is not None
            self.state.results.restore(claims)

    def _old(self, part: forms.Old) -> None:
        self.old += [(self.audiences[number], at) for number, at in zip(part.audiences, part.times, strict=True)]
