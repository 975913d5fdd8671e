"""The forms of a snapshot: what stands in its chunks, in which order, and by what it is known to be whole.

The first chunk is a `Head`, the last a `Foot`; those between are lists of parts, all in MessagePack. A part that says
of whom it is stands before those that go on with it: a room before its messages, a client before its claims. Audiences
and clients are meant by their numbers, which count them as they come, from 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from ...protocol.limits import Limits
from ..audience import Message

FORMAT = 1  # of what a snapshot says; whoever changes that counts on
SIZE = 64 << 10  # bytes of a chunk, about: what is made of the state, sent and stored in one go

High = tuple[int, str | None, int]  # seq, but, other: see log/audience.py

TERMS = ("keep_messages", "keep_seconds", "keep_bytes", "window", "rooms_per_client", "rooms", "forget_after")


class Unsound(Exception):
    """These chunks are no snapshot that this process can go on from, and why."""


class Head(msgspec.Struct, array_like=True):
    """What a snapshot is of."""

    format: int
    terms: str  # the limits on which it depends what an item does
    epoch: str
    lineage: dict[str, int]
    place: int
    end: int
    trimmed: int  # the highest seq trimmed of any audience


class Foot(msgspec.Struct, array_like=True):
    """What is before it is whole."""

    count: int  # of the chunks before it
    digest: bytes  # SHA-256 of them


class Part(msgspec.Struct, array_like=True, gc=False):
    """A part of a chunk."""


class Everyone(Part, tag="E"):
    """The audience of everyone. The first."""

    last: High
    trimmed: High
    lost: int


class RoomIs(Part, tag="R"):
    """A room. Rooms come in the order in which they were made."""

    name: str
    last: High
    trimmed: High
    lost: int
    came: int  # the last number on the roll of those who are here


class RoomWas(Part, tag="W"):
    """A room that is none any more, of which somebody who was in it may still ask what was lost."""

    name: str
    last: High
    trimmed: High
    lost: int


class Own(Part, tag="O"):
    """What was said to one client alone, the last that came."""

    last: High
    trimmed: High
    lost: int


class Messages(Part, tag="M"):
    """Messages of the last audience that came."""

    messages: list[Message]


class Members(Part, tag="J"):
    """Members of the last room, in the order of joining, each with the seq of its join."""

    members: dict[str, int]


class Here(Part, tag="H"):
    """Those of the last roll, of a room or of all, in the order of coming, each with its number."""

    numbers: dict[str, int]


class Person(Part, tag="P"):
    """A client. Clients come in the order of birth, when all rooms have come."""

    id: str
    born: int
    since: int
    secret: bytes
    touched: int
    apart: bool
    joined: tuple[str, ...]
    doubt: int
    left_last: int
    held: tuple[str, ...]
    custodian: str
    stay: int
    judged: int
    refused: str | None
    started: bool
    led: tuple[int, ...]
    unreplied: tuple[int, ...]
    stays: tuple[tuple[int, int, int], ...]  # audience, joined, last


class Data(Part, tag="D"):
    """What the application put into the data of the last client, as JSON."""

    data: dict[str, bytes]


class Claimed(Part, tag="C"):
    """The emits of the last client."""

    expected: int
    open: dict[int, tuple[str, int]]


class Results(Part, tag="A"):
    """What emits of the last client were answered, in the order of the answers."""

    results: dict[int, bytes]


class Present(Part, tag="N"):
    """The roll of all who are here: what comes next of those is of it."""

    came: int


class Marked(Part, tag="G"):
    """Who is refused for a while, in the order of the marks: code, message, until."""

    marks: dict[str, tuple[str, str, float]]


class Empty(Part, tag="V"):
    """The rooms that nobody is in, the one that was left first before the others."""

    rooms: list[str]


class Largest(Part, tag="L"):
    """The audiences in the order in which those of one size give way."""

    audiences: list[int]


class Heaviest(Part, tag="K"):
    """The clients whose results are kept, in the order in which those of one size give way."""

    clients: list[int]


class Old(Part, tag="T"):
    """Audiences, and of each the time of the next look at what in it is too old, in the order in which it was noted."""

    audiences: list[int]
    times: list[float]


Parts = (
    Everyone | RoomIs | RoomWas | Own | Messages | Members | Here | Person | Data | Claimed | Results
    | Present | Marked | Empty | Largest | Heaviest | Old
)  # fmt: skip

encode = msgspec.msgpack.Encoder().encode
decode_parts = msgspec.msgpack.Decoder(list[Parts]).decode
_first = msgspec.msgpack.Decoder(list[Any]).decode
_head = msgspec.msgpack.Decoder(Head).decode
_foot = msgspec.msgpack.Decoder(Foot).decode


def terms(limits: Limits) -> str:
    """The limits on which it depends what an item does to a state: all processes of one log share them."""
    return " ".join(f"{name}={getattr(limits, name):g}" for name in TERMS)


def digest(chunks: Iterable[bytes]) -> bytes:
    summed = hashlib.sha256()
    for chunk in chunks:
        summed.update(chunk)
    return summed.digest()


def whole(chunks: Sequence[bytes]) -> Head:
    """What this is a snapshot of. Unsound: it is none of this format, or a part of it is missing or damaged."""
    try:
        form = _first(chunks[0])[0]
        if form != FORMAT:
            raise Unsound(f"this snapshot is of format {form}, and not of {FORMAT}")
        head, foot = _head(chunks[0]), _foot(chunks[-1])
    except (IndexError, msgspec.MsgspecError) as error:
        raise Unsound(f"this is no snapshot, or its end is missing: {error}") from None
    if foot.count != len(chunks) - 1 or foot.digest != digest(chunks[:-1]):
        raise Unsound(f"this snapshot of place {head.place} is damaged, or a part of it is missing")
    return head
