"""The feeds of a run: drawn beforehand, one for each room, and the same when they are played again."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from transport_fallback.lab.feed import Wish, plan

DRAWS = 500  # of random feeds, until they have their rate
OFF = 0.01  # of it

Draw = tuple[int, list[float]]  # the seed of a feed, and when each of its messages is due


def drawn(wish: Wish, warm: float, seed: str, rooms: int, heard: Iterable[tuple[int, ...]]) -> list[Draw]:
    """The feeds of one step, one for each room; the same when it is played again.

    Random feeds are drawn until those rooms that one group of clients hears (`heard`) say together, after `warm` s, as
    many messages as their rate promises, to one in a hundred: the models speak of that rate, and in a few seconds
    chance alone makes it another one. Each room by itself stays as random as it was.
    """

    def draw(room: int, again: int) -> Draw:
        chosen = zlib.crc32(f"{seed} {room} {again}".encode())
        return chosen, list(plan(wish, chosen))

    def far(several: tuple[int, ...]) -> bool:
        expected = wish.rate * (wish.seconds - warm) * len(several)
        return abs(sum(due >= warm for room in several for due in feeds[room][1]) - expected) > OFF * expected

    feeds = [draw(room, 0) for room in range(rooms)]
    for again in range(1, DRAWS if wish.shape == "poisson" else 1):
        for room in {room for several in set(heard) if far(several) for room in several}:
            feeds[room] = draw(room, again)
    return feeds


class Feed:
    """What was ordered of the server, and when it is due."""

    def __init__(self, name: str, seed: int, began: float, dues: list[float]) -> None:
        self.name, self.seed, self.began, self.dues = name, seed, began, dues
