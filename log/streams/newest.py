"""The newest snapshot: found, read, and looked through before anybody goes on from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from ..snapshot.forms import Unsound, whole
from .here import Here
from .scripts import Keys
from .wire import Unusable, Wire

SOME = 64  # chunks in one answer, 4 MiB
TRIES = 3  # how often what was found may be another's a moment later


class Snapshot(NamedTuple):
    """A snapshot that is whole, and the item of its place, with which the log goes on."""

    place: int
    head: bytes  # of that item
    chunks: list[bytes]


async def newest(wire: Wire, keys: Keys) -> Snapshot | None:
    """The newest that is whole and that the log goes on from. None: there is none, and the log has its first item.

    Unusable: there is none, and the log has not.
    """
    why, before = "there is no snapshot", None
    for _ in range(TRIES):
        await wire.send([("HMGET", keys.meta, "snap", "before"), ("XRANGE", keys.log, "-", "+", "COUNT", 1)])
        places, first = await wire.answers(2)
        if places == before:
            break
        before = places
        for place in (int(place) for place in places if place is not None):
            try:
                return await _read(wire, keys, place)
            except Unsound as fault:
                why = f"place {place}: {fault}"
    if first and first[0][0] == b"0-1":
        return None
    raise Unusable(f"the log begins in the middle, and nothing says what was before it: {why}")


async def _read(wire: Wire, keys: Keys, place: int) -> Snapshot:
    chunks: list[bytes] = []
    while len(chunks) % SOME == 0:
        some = await wire.ask("LRANGE", keys.snapshot(place), len(chunks), len(chunks) + SOME - 1)
        chunks += some
        if not some:
            break
    if whole(chunks).place != place:
        raise Unsound("it is one of another place")
    found = await wire.ask("XRANGE", keys.log, f"0-{place}", f"0-{place}")
    if not found:
        raise Unsound("the log does not go on from there")
    return Snapshot(place, found[0][1][3], chunks)


async def begin(wire: Wire, keys: Keys, here: Here, load: Callable[[list[bytes]], None]) -> None:
    """Bring a process that has applied nothing to where the newest snapshot was made: what is read next follows it.

    `load` is given its chunks. Unusable: this log cannot be begun with.
    """
    found = await newest(wire, keys)
    if found is not None:
        load(found.chunks)
        here.place, here.head = found.place, found.head
