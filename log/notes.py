"""The notes: what every process must know and nobody reads, as who is here, who runs what, and what was answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..protocol.codec import compact
from ..protocol.limits import Limits
from .claims import Claims, Kept, error, up_to
from .items import Unfit
from .marks import Marks
from .reading import R, Reading
from .roll import Roll
from .watcher import Watcher

LINEAGE = 64  # epochs that are remembered: who comes with an older one is told that something may be lost


class Notes(Reading[R]):
    """What the notes say, applied in order; see log/state.py."""

    process: str  # of this state: what is to be done once is done where the item says so

    def __init__(self, limits: Limits, *, epoch: str | None, clock: Callable[[], float]) -> None:
        super().__init__(limits, epoch=epoch, clock=clock)
        self.watcher: Watcher[Any] = Watcher()

    def clear(self, epoch: str) -> None:
        super().clear(epoch)
        self.place = 0  # of the last item
        self.here = Roll()  # of all rooms and none
        self.marks = Marks(self.limits.forget_after)
        self.results = Kept()

    def rolls(self, member: R) -> Iterator[Roll]:
        """The rolls that a client is on while it is here."""
        yield self.here
        for name in member.joined:
            yield self.store.rooms[name].here

    def _held(self, by: str, tail: bytes, at: int, client: str) -> None:
        """This process reads for it. The first runs its `connect`."""
        member = self.members.get(client)
        if member is None or member.refused is not None or by in member.held:
            return
        first, member.held, member.touched = not member.held, (*member.held, by), self.place
        if first:
            member.stay, member.custodian = self.place, by
            for roll in self.rolls(member):
                roll.add(client)
        self.watcher.on_held(member, first=first, mine=by == self.process)

    def _let_go(self, by: str, tail: bytes, at: int, client: str, reason: str) -> None:
        """This process reads for it no more. The last runs its `disconnect`, and forgets it when it is time."""
        member = self.members.get(client)
        if member is not None and by in member.held:
            member.held = tuple(one for one in member.held if one != by)
            if not member.held:
                self._goes(member, by, reason)

    def _goes(self, member: R, by: str, reason: str) -> None:
        self._absent(member)
        member.custodian = by
        self.watcher.on_away(member, reason, mine=by == self.process)

    def _absent(self, member: R) -> None:
        member.held = ()
        for roll in self.rolls(member):
            roll.discard(member.id)

    def _judged(self, by: str, tail: bytes, at: int, client: str, stay: int, refusal: str | None) -> None:
        """The `connect` of this stay has let it in, or not; that of one before its last is no word on it any more."""
        member = self.members.get(client)
        if member is None or member.refused is not None or stay < member.judged:
            return
        if refusal is not None:
            if stay == member.judged:  # its reads were answered: whichever it comes with next must hear of this
                self.marks.add(client, "refused", refusal, at)
            member.refused = refusal
            self._absent(member)
            if member.claims is not None:
                member.claims.open.clear()
        member.judged = stay
        self.watcher.on_judged(member)

    def _claimed(
        self, by: str, tail: bytes, at: int, client: str, ns: list[int], acked: int
    ) -> list[bytes | None] | None:
        """What each n is answered; None: none is claimed, for it is not known, or turned away."""
        member = self.members.get(client)
        answers: list[bytes | None] | None = None
        first = 0
        if member is not None and member.refused is None:
            claims = member.claims = member.claims or Claims(self.results, self.limits.window)
            member.touched, first = self.place, claims.expected
            answers = claims.claim(ns, acked, (by, member.stay))
        if by == self.process:
            self.watcher.on_claimed(member, first)
        elif member is not None:
            taken = 0 if member.claims is None or not first else member.claims.expected - first
            self.watcher.on_touched(member, taken, len(ns) - taken)
        return answers

    def _settled(self, by: str, tail: bytes, at: int, client: str, n: int) -> None:
        """The ack of an n that this process ran."""
        member = self.members.get(client)
        if member is not None and member.claims is not None and member.claims.settle(n, by, tail):
            self.watcher.on_settled(member, n, tail)

    def _marked(self, by: str, tail: bytes, at: int, client: str, code: str, message: str) -> None:
        """It leaves everywhere, by its own word (`gone`) or by ours (`kicked`)."""
        self.marks.add(client, code, message, at)
        member = self.members.get(client)
        if member is not None:
            if member.held:
                self._goes(member, by, "client left" if code == "gone" else "kicked")
            self.watcher.on_marked(member, code, mine=by == self.process)

    def _replied(self, by: str, tail: bytes, at: int, client: str, seq: int, data: Any) -> None:
        member = self.members.get(client)
        if member is not None and seq in member.unreplied:
            member.unreplied = tuple(one for one in member.unreplied if one != seq)
            self.watcher.on_replied(member, seq, data)

    def _put(self, by: str, tail: bytes, at: int, client: str, key: str, value: Any) -> None:
        member = self.members.get(client)
        if member is not None:
            member.data[key] = value
            member.shared = member.shared or {}
            member.shared[key] = compact(value)  # what is in `data` may be changed here, and only here

    def _started(self, by: str, tail: bytes, at: int, client: str) -> None:
        """It has heard of its first batch, so it is no newcomer any more, wherever it reads next."""
        member = self.members.get(client)
        if member is not None and not member.started:
            member.started = True
            if by != self.process:
                member.start = None

    def _led(self, by: str, tail: bytes, at: int, client: str, seq: int) -> None:
        """A batch that was cut short has led it there."""
        member = self.members.get(client)
        if member is not None:
            member.lead(seq)

    def _lives(self, by: str, tail: bytes, at: int, client: str) -> None:
        """It is not to be forgotten yet."""
        member = self.members.get(client)
        if member is not None:
            member.touched = self.place
            self.watcher.on_touched(member)

    def _gone(self, by: str, tail: bytes, at: int, process: str, heir: str) -> None:
        """A process is gone. Its clients are its heir's; what it had claimed is answered, for nobody will run it."""
        for member in list(self.members.values()):
            self._abandon(member, process)
            custody, held = member.custodian == process, process in member.held
            if custody:
                member.custodian = heir
            if held:
                member.held = (*(one for one in member.held if one not in (process, heir)), heir)
            if (custody or held) and heir == self.process:
                self.watcher.on_inherited(member, connect=custody and member.here and member.judged < member.stay)

    def _began(self, by: str, tail: bytes, at: int, epoch: str, before: str, fork: int) -> None:
        """Another life of the log begins. What is applied stays: the log itself has it. Unfit: it does not."""
        if before != (self.epoch if self.place > 1 else ""):
            raise Unfit(f"epoch {epoch} goes on from {before or 'nothing'}, and {self.epoch} was before it")
        if fork != self.end:
            raise Unfit(f"epoch {epoch} goes on from seq {fork}, and {self.end} was before it")
        if before:
            self.lineage[before] = fork
            for oldest in list(self.lineage)[:-LINEAGE]:
                del self.lineage[oldest]
        self.epoch = epoch
        self._shared.clear()
        self._ring_all()  # whoever reads is told: a cursor of the epoch before is another's from now on

    def _abandon(self, member: R, process: str) -> None:
        claims = member.claims
        if claims is None:
            return
        for n in [n for n, (by, _stay) in claims.open.items() if by == process]:
            gone = error(n, "handler_failed", "the process that ran it is gone; what it had emitted stays")
            ack = up_to(gone, self.last_seen_by(member))
            claims.settle(n, process, ack)
            self.watcher.on_settled(member, n, ack)
