"""Items as they stand in the stream: the seq, the head, the tail and the time, under their one letter each."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from ...protocol.codec import compact

head_of = msgspec.json.Decoder(list[Any]).decode


class Found(NamedTuple):
    """One item, as it was read."""

    place: int
    head: bytes  # as it stands there: no other item has the same
    by: str
    k: int  # which of its process's own; 0: a script has said it
    kind: str
    fields: tuple[Any, ...]
    tail: bytes
    at: int  # ms since 1970


def head(process: str, k: int, kind: str, fields: tuple[Any, ...]) -> bytes:
    """Who appends it, which of his it is, and what it says. TypeError: fields that are no plain data."""
    return compact([process, k, kind, *fields])


def found(entry: list[Any]) -> Found:
    """An item as XREAD gives it: its id, and names and values by turns, as append.lua writes them."""
    (_, place), (_, _seq, _, text, _, tail, _, at) = entry[0].split(b"-"), entry[1]
    by, k, kind, *fields = head_of(text)
    return Found(int(place), text, by, k, kind, tuple(fields), tail, int(at))
