"""The state of a hub as plain data: two that applied the same items must be equal in all of it.

What only one process has is left out: readers and their bells, where a newcomer starts, how far emitting ran ahead.
"""

from __future__ import annotations

from typing import Any

from transport_fallback.hub import Hub, Member
from transport_fallback.log.audience import Audience, Highest, Room
from transport_fallback.log.claims import Claims


def state_of(hub: Hub) -> dict[str, Any]:
    store = hub.store
    return {
        "place": hub.place,
        "end": hub.end,
        "epoch": hub.epoch,
        "lineage": hub.lineage,
        "members": [member(one) for one in hub.members.values()],
        "here": hub.here.ids(),
        "marks": {client: list(mark) for client, mark in hub.marks},
        "results": hub.results.bytes,
        "everyone": audience(store.everyone),
        "rooms": {name: audience(room) for name, room in store.rooms.items()},
        "empty": list(store._empty),
        "bytes": store.bytes,
        "trimmed": store.trimmed,
    }


def member(one: Member) -> dict[str, Any]:
    return {
        "id": one.id,
        "born": one.born,
        "since": one.since,
        "secret": one.secret.hex(),
        "touched": one.touched,
        "held": list(one.held),
        "custodian": one.custodian,
        "stay": one.stay,
        "judged": one.judged,
        "refused": one.refused,
        "data": one.data,
        "claims": one.claims and claims(one.claims),
        "apart": one.apart,
        "started": one.started,
        "unreplied": list(one.unreplied),
        "joined": list(one.joined),
        "stays": [(stay.joined, stay.last, audience(stay.audience)) for stay in one.stays],
        "doubt": one.doubt,
        "left_last": one.left_last,
        "own": None if one.own is None else audience(one.own),
    }


def claims(one: Claims) -> dict[str, Any]:
    return {
        "expected": one.expected,
        "open": {n: list(claim) for n, claim in one.open.items()},
        "results": dict(one.results),
        "bytes": one.bytes,
    }


def audience(one: Audience) -> dict[str, Any]:
    kept = {
        "messages": [tuple(message) for message in one.newest(2**53, "")],
        "last": highest(one.last),
        "trimmed": highest(one.trimmed),
        "lost": one.lost,
        "bytes": one.bytes,
    }
    if isinstance(one, Room):
        kept |= {"name": one.name, "members": dict(one.members), "here": one.here.ids()}
    return kept


def highest(one: Highest) -> tuple[int, str | None, int]:
    return one.seq, one.but, one.other
