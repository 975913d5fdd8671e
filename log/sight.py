"""Sight: the messages in the store that one client may see, and how many it could have seen that are not kept."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Iterator

from .audience import Audience, Message
from .record import Record
from .store import Store


def sources(store: Store, client: Record, after: int) -> Iterator[tuple[Audience, int, float]]:
    """The audiences of a client, each with the bounds (after, up to) of what in it is this client's to see."""
    if not client.apart:
        yield store.everyone, after, math.inf
    if client.own is not None:
        yield client.own, after, math.inf
    for name in client.joined:
        room = store.rooms[name]
        yield room, max(after, room.members[client.id]), math.inf
    for stay in client.stays:
        if stay.last > after:
            yield stay.audience, max(after, stay.joined), stay.last


def since(store: Store, client: Record, after: int, room: int) -> tuple[list[Message], bool]:
    """The messages after a seq, in order, as many as a batch may have and `room` bytes hold; whether there are more."""
    seen = [
        audience.between(begin, until, client.id)
        for audience, begin, until in sources(store, client, after)
        if audience.last.seq > begin
    ]
    most = store.limits.batch_messages
    taken: list[Message] = []
    for message in seen[0] if len(seen) == 1 else heapq.merge(*seen):
        room -= len(message.text) + 1
        if len(taken) == most or (taken and room < 0):
            return taken, True
        taken.append(message)
    return taken, False


def past(store: Store, client: Record, until: int, most: int, room: int) -> list[Message]:
    """The last messages to everyone and to the client's rooms, so many at most that fit, in order of seq."""
    audiences: list[Audience] = [store.rooms[name] for name in client.joined]
    if not client.apart:
        audiences.append(store.everyone)
    newest = heapq.merge(*(audience.newest(until, client.id) for audience in audiences), reverse=True)
    taken: list[Message] = []
    for message in itertools.islice(newest, max(0, most)):
        room -= len(message.text) + 1
        if room < 0:
            break
        taken.append(message)
    return taken[::-1]


def missed(store: Store, client: Record, after: int) -> int:
    """The number of messages after a seq that this client could have seen and that are not kept; never too small."""
    count = 0
    for audience, begin, until in sources(store, client, after):
        # The oldest go first: if anything past `until` was trimmed, then the message at `until` was, too.
        seq = min(audience.trimmed.seen_by(client.id), until)
        if seq > begin:
            count += min(audience.lost, int(seq) - begin)
    return count


def last_seen(store: Store, client: Record) -> int:
    """The seq of the last message this client may see."""
    rooms = (store.rooms[name] for name in client.joined)
    inside = (seq for room in rooms if (seq := room.last.seen_by(client.id)) > room.members[client.id])
    own = 0 if client.own is None else client.own.last.seq
    public = 0 if client.apart else store.everyone.last.seen_by(client.id)
    return max(public, own, client.left_last, *inside)
