"""Emits: claimed before anything can wait, run one at a time, answered once, however often they are repeated."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import msgspec

from ..hub import Member
from ..protocol.codec import SAFE_INTEGER, decode, encode, packed, printable, reserved
from ..protocol.errors import Refuse, Refused
from ..protocol.limits import Limits
from .handlers import Queues, handle, log
from .results import Kept, Results

REPLIES = 1000  # in one upload: they cost no rate
Ack = bytes | asyncio.Future[bytes]  # one element of `acks`, or the promise of it


class Emit(msgspec.Struct):
    n: int
    event: str
    data: Any = None


class Reply(msgspec.Struct):
    seq: int
    data: Any = None


class Upload(msgspec.Struct):
    """The emits and replies that a client sends up, on any transport."""

    emits: list[Emit] = []
    replies: list[Reply] = []
    acked: int = 0  # "I have all acks up to this n"

    @classmethod
    def parse(cls, body: bytes | str, limits: Limits) -> Self:
        """Refused, whole: what no hub would take from anybody."""
        upload = decode(body, cls)
        if len(upload.replies) > REPLIES:
            raise Refused("too_large", f"an upload holds {REPLIES} replies at most")
        if not 0 <= upload.acked < SAFE_INTEGER:
            raise Refused("bad_n", "acked is an n")
        for emit in upload.emits[: limits.window]:  # more are refused whatever they say, when the replies are taken
            if not 1 <= emit.n < SAFE_INTEGER:
                raise Refused("bad_n", "n counts a client's emits 1, 2, 3 …")
            if not printable(emit.event):
                raise Refused("bad_event", "an event is 1-64 printable characters")
            packed(emit.data, limits.data, limits.depth)
        for reply in upload.replies:
            if not 1 <= reply.seq < SAFE_INTEGER:
                raise Refused("bad_n", "a reply names the seq of the message that asked")
            packed(reply.data, limits.data, limits.depth)
        return upload


class Emits:
    """The emits of one client: which n comes next, and what each of the last was answered with."""

    __slots__ = ("_queues", "_unfinished", "client", "expected", "limits", "results")

    def __init__(self, client: Member, queues: Queues, kept: Kept) -> None:
        self.client = client
        self.limits = client.hub.limits
        self.expected = 1
        self._queues = queues
        self.results = Results(kept)
        self._unfinished = 0

    @property
    def unfinished(self) -> int:
        """The number of those claimed and not answered yet."""
        return self._unfinished

    def claim(self, emit: Emit) -> Ack:
        """Take this n, or say why not. Never waits: between the look at n and its claim nobody else may come."""
        if emit.n > self.expected:
            return hole(emit.n, self.expected)
        if emit.n < self.expected:  # a repeat shares the one result, even while the handler still runs
            return self.results.get(emit.n) or error(emit.n, "stale", "its result is not kept any more")
        self.expected += 1
        self._unfinished += 1
        result = self.results.promise(emit.n)
        self.results.drop(emit.n - self.limits.window)
        self._queues.add(self.client, self._run(emit, result))
        return result

    async def _run(self, emit: Emit, result: asyncio.Future[bytes]) -> None:
        ack = error(emit.n, "handler_failed", "the handler failed")
        try:
            if not result.done():  # else it has failed: the client was turned away
                ack = await self._outcome(emit)
        finally:  # whatever the handler did to this task: a claimed emit is answered
            self._unfinished -= 1
            # What the handler emitted is logged by now: an ack means logged, and says up to where.
            cursor = str(self.client.hub.last_seen_by(self.client)).encode()
            self.results.settle(emit.n, result, b'%b,"cursor":"%b"}' % (ack[:-1], cursor))

    async def _outcome(self, emit: Emit) -> bytes:
        if reserved(emit.event):
            return error(emit.n, "reserved", f"{emit.event!r} is the library's own")
        try:
            async with asyncio.timeout(self.limits.handler_seconds) as limit:
                value = await handle(self.client.hub, self.client, emit.event, emit.data)
            return b'{"n":%d,"data":%b}' % (emit.n, packed(value, self.limits.ack, self.limits.depth))
        except Refuse as refusal:
            return error(emit.n, "refused", str(refusal) or "refused")
        except Refused as refused:
            return error(emit.n, "too_large" if refused.code == "too_large" else "handler_failed", refused.message)
        except Exception as failure:
            if isinstance(failure, TimeoutError) and limit.expired():
                return error(emit.n, "timeout", f"no answer within {self.limits.handler_seconds:g} s")
            log.exception("the handler of %r failed", emit.event)
            return error(emit.n, "handler_failed", "the handler failed")


def fresh(emits: list[Emit], expected: int) -> int:
    """The number of these that would be claimed: not the repeats, not those after a hole."""
    first = expected
    for emit in emits:
        expected += emit.n == expected
    return expected - first


def holes(emits: list[Emit], beyond: int) -> int:
    """The number of these that come after a hole."""
    return sum(emit.n > beyond for emit in emits)


def error(n: int, code: str, message: str, **more: int) -> bytes:
    """An error ack: it consumes its n and is repeated as it was."""
    return encode({"n": n, "error": {"code": code, "message": message, **more}})


def hole(n: int, expected: int) -> bytes:
    """A hole consumes nothing: the client sends again from what is expected."""
    return error(n, "out_of_order", f"{expected} comes first", expected=expected)
