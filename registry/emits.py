"""Emits: claimed by an item, run one at a time, answered once, however often and wherever they are repeated."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Self

import msgspec

from ..hub import Member
from ..log.claims import error, up_to
from ..protocol.codec import SAFE_INTEGER, decode, packed, printable, reserved
from ..protocol.errors import Refuse, Refused
from ..protocol.limits import Limits
from .handlers import Job, handle, log

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
    """What this process does for the emits of one client: it runs those that it has claimed, and answers who waits."""

    __slots__ = ("_answered", "_first", "_turn", "client", "waiting")

    def __init__(self, client: Member) -> None:
        self.client = client
        self.waiting: dict[int, asyncio.Future[bytes]] = {}  # of those that are not answered yet, who asked here
        self._answered: dict[int, bytes] = {}  # the acks that are logged, and not applied yet
        self._turn: asyncio.Future[None] | None = None  # while one waits until it comes
        self._first: Callable[[], Job] | None = None  # what is to be done before the next of them

    def ack(self, n: int, answer: bytes | None) -> Ack:
        """What an n is answered, or the promise of it. Refused: its client was turned away."""
        claims = self.client.claims
        if answer is None and claims is not None and n not in claims.open:  # something has happened since it was asked
            if self.client.refused is not None:
                raise Refused("refused", self.client.refused)
            answer = claims.answer(n)
        if answer is not None:
            return answer
        waits = self.waiting.get(n)
        if waits is None:
            waits = self.waiting[n] = asyncio.get_running_loop().create_future()
        return waits

    def settled(self, n: int, ack: bytes) -> None:
        """It is answered: whoever waits here is told."""
        if self._answered:
            self._answered.pop(n, None)
        waits = self.waiting.pop(n, None)
        if waits is not None and not waits.done():
            waits.set_result(ack)
        if self._turn is not None:
            self.look()

    def fail(self, failure: Refused) -> None:
        """Answer so whoever waits."""
        for waits in self.waiting.values():
            if not waits.done():
                waits.set_exception(failure)
                waits.exception()  # perhaps nobody waits for it any more
        self.waiting.clear()

    def forgotten(self) -> None:
        """Its client is: no ack of it is applied any more. For what runs elsewhere nobody waits here."""
        claims, process = self.client.claims, self.client.hub.process
        assert claims is not None
        for n, (by, _stay) in list(claims.open.items()):
            if n in self._answered:
                del claims.open[n]
                self.settled(n, self._answered[n])
            elif by != process:
                del claims.open[n]
                waits = self.waiting.pop(n, None)
                if waits is not None and not waits.done():
                    waits.set_exception(Refused("gone", "this client has left"))
                    waits.exception()
        self.look()

    def look(self) -> None:
        """Perhaps it is the turn of the one that waits."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    @property
    def wait_here(self) -> bool:
        """Whether some are claimed by this process that wait until their client is let in."""
        claims, process = self.client.claims, self.client.hub.process
        return claims is not None and any(
            by == process and stay > self.client.judged for by, stay in claims.open.values()
        )

    def precede(self, job: Callable[[], Job]) -> None:
        """Do this in the place of those that wait here, before the first of them: they wait for it."""
        self._first = job
        self.look()

    async def run(self, emit: Emit) -> None:
        """Run its handler, when all before it are answered, wherever they ran, and its client is let in."""
        claims, n, process = self.client.claims, emit.n, self.client.hub.process
        assert claims is not None
        ack = b""
        try:
            while n in claims.open and (next(iter(claims.open)) != n or self.client.judged < claims.open[n][1]):
                if self._first is not None:
                    first, self._first = self._first, None
                    await first()
                else:
                    self._turn = asyncio.get_running_loop().create_future()
                    await self._turn
            if n in claims.open:  # else it was answered already: the client was turned away
                ack = await self._outcome(emit)
        finally:  # whatever the handler did to this task: a claimed emit is answered
            if n in claims.open and process == self.client.hub.process:  # else its heir answers it
                self.answer(n, ack or error(n, "handler_failed", "the handler failed"))

    def answer(self, n: int, ack: bytes) -> None:
        """Answer an n that runs here."""
        hub, claims = self.client.hub, self.client.claims
        # What the handler emitted is logged by now: an ack means logged, and says up to where.
        ack = up_to(ack, hub.last_seen_by(self.client))
        if hub.members.get(self.client.id) is self.client:
            hub.log.note("d", self.client.id, n, tail=ack)
            if claims is not None and n in claims.open:
                self._answered[n] = ack
        elif claims is not None:  # it is forgotten: nobody but who waits here will ever ask
            claims.open.pop(n, None)
            self.settled(n, ack)

    async def _outcome(self, emit: Emit) -> bytes:
        limits = self.client.hub.limits
        if reserved(emit.event):
            return error(emit.n, "reserved", f"{emit.event!r} is the library's own")
        try:
            async with asyncio.timeout(limits.handler_seconds) as limit:
                value = await handle(self.client.hub, self.client, emit.event, emit.data)
            return b'{"n":%d,"data":%b}' % (emit.n, packed(value, limits.ack, limits.depth))
        except Refuse as refusal:
            return error(emit.n, "refused", str(refusal) or "refused")
        except Refused as refused:
            return error(emit.n, "too_large" if refused.code == "too_large" else "handler_failed", refused.message)
        except Exception as failure:
            if isinstance(failure, TimeoutError) and limit.expired():
                return error(emit.n, "timeout", f"no answer within {limits.handler_seconds:g} s")
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
