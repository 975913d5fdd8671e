"""The truth: what the stream in Redis says was logged, in each life of the log."""

from __future__ import annotations

import json
from bisect import bisect_left, bisect_right
from typing import Any, NamedTuple

from tests.log.redis import Redis
from transport_fallback.log.streams.scripts import Keys

LOG = Keys.of("lab").log
TAKE = "local all = redis.call('XRANGE', KEYS[1], '-', '+'); redis.call('FLUSHALL'); return all"


class Life(NamedTuple):
    """One epoch: the messages to everyone that whoever reads in it can see, those of the lives before it, too."""

    epoch: str
    seqs: list[int]
    ids: list[Any]
    lineage: dict[str, int]  # epochs that it goes on from, and up to which seq

    def between(self, after: int, before: int) -> list[Any]:
        """What was said between two seqs."""
        return self.ids[bisect_right(self.seqs, after) : bisect_left(self.seqs, before)]

    def after(self, seq: int) -> list[Any]:
        return self.ids[bisect_right(self.seqs, seq) :]


class Truth:
    """The lives that were read so far. One that is about to be lost must be read first."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.lives: dict[str, Life] = {}

    async def read(self) -> None:
        """Read what is there; what is there already of these lives, and more of them."""
        self._add(await self.redis.ask("XRANGE", LOG, "-", "+"))

    async def read_last(self) -> None:
        """Read it, and let nothing more be written, so that a Redis that is killed now takes nothing along unread."""
        await self.redis.ask("CLIENT", "PAUSE", 10_000, "WRITE")
        await self.read()

    async def take(self) -> None:
        """Read all that is there as it is thrown away, and nothing comes between."""
        self._add(await self.redis.ask("EVAL", TAKE, 1, LOG))

    def _add(self, entries: list[Any]) -> None:
        epoch, seqs, ids, lineage = "", list[int](), list[Any](), dict[str, int]()
        for _place, (_, seq, _, head, _, tail, _, _at) in entries:
            _by, _k, kind, *fields = json.loads(head)
            if kind == "e":
                if epoch:
                    self.lives[epoch] = Life(epoch, seqs[:], ids[:], dict(lineage))
                    lineage[epoch] = fields[2]
                epoch = fields[0]
            elif kind == "m" and fields[:2] == [None, None]:
                seqs.append(int(seq))
                ids.append(json.loads(b"{%b}" % tail)["data"])
        self.lives[epoch] = Life(epoch, seqs, ids, dict(lineage))

    @property
    def lost(self) -> bool:
        """Whether a life has ended from which no other goes on."""
        goes_on = {epoch for life in self.lives.values() for epoch in life.lineage}
        return len(self.lives) - len(goes_on) > 1

    @property
    def last(self) -> Life:
        return list(self.lives.values())[-1]
