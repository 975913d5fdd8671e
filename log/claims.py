"""Claims: the emits of one client, which n comes next, who runs those that are claimed, what each was answered.

Who is sent an n asks for it by an item. Of two that ask for the same the first counts, and the other shares its result.
"""

from __future__ import annotations

from collections.abc import Callable

from ..protocol.codec import encode
from .batch import Cursor
from .largest import Largest

MOST = 32 << 20  # bytes of all clients' results; one that says which acks it has, as ours do, has next to none here


Claim = tuple[str, int]  # the process that runs it; the stay of its client, which must be let in first


class Kept:
    """The results of all clients. Where they are too much, whoever has most keeps fewer."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.bytes = 0
        self._largest: Largest[Claims] = Largest()
        self.on_trim: Callable[[Claims], None] | None = None  # told before some of one client's go for others'

    def classes(self) -> list[list[Claims]]:
        """The clients' that have some, of each size in the order in which they give way."""
        return self._largest.classes()

    def restore(self, claims: Claims) -> None:
        """One client's are these, as they were."""
        self.bytes += claims.bytes
        self._largest.weigh(claims)

    def weigh(self, claims: Claims, size: int) -> None:
        """One client's are so many bytes more, or fewer."""
        claims.bytes += size
        self.bytes += size
        self._largest.weigh(claims)
        while size > 0 and self.bytes > self.most:
            largest = self._largest.first()
            if self.on_trim is not None:
                self.on_trim(largest)
            largest.shrink(largest.bytes // 2)  # by so much that it does not happen at every emit


class Claims:
    """The emits of one client, by n."""

    __slots__ = ("_kept", "_window", "bytes", "expected", "open", "results", "size", "size_bounds")

    def __init__(self, kept: Kept, window: int) -> None:
        self._kept, self._window = kept, window
        self.expected = 1
        self.open: dict[int, Claim] = {}  # that are claimed and not answered yet, in order of n
        self.results: dict[int, bytes] = {}  # the acks of those that are, the last of them, in order of n
        self.bytes = 0  # of these
        self.size = -1  # class of its bytes, and its bounds; see log/largest.py
        self.size_bounds: tuple[float, float] = (0, 1)

    def restore(self, results: dict[int, bytes]) -> None:
        """Keep these, too, which were kept before. Whoever does so tells `Kept`."""
        self.results |= results
        self.bytes += sum(map(len, results.values()))

    def claim(self, ns: list[int], acked: int, claim: Claim) -> list[bytes | None]:
        """Take these n, one after the other, or say why not. Returns what each is answered; None: it runs, or will."""
        self.drop_until(acked)
        answers: list[bytes | None] = []
        for n in ns:
            if n == self.expected and len(self.open) < self._window:
                self.expected += 1
                self.open[n] = claim
                if n - self._window in self.results:
                    self._drop(n - self._window)
                answers.append(None)
            elif n < self.expected:  # a repeat shares the one result, even while the handler still runs
                answers.append(self.answer(n))
            else:  # beyond a hole, or more than one process alone would have let pass
                answers.append(hole(n, self.expected))
        return answers

    def answer(self, n: int) -> bytes | None:
        """What an n that was claimed is answered; None: it is not known yet."""
        return None if n in self.open else self.results.get(n) or error(n, "stale", "its result is not kept any more")

    def settle(self, n: int, by: str, ack: bytes) -> bool:
        """Answer an n, if it is claimed by this process. Whether it was."""
        claim = self.open.get(n)
        if claim is None or claim[0] != by:
            return False
        del self.open[n]
        if n + self._window >= self.expected:
            self.results[n] = ack
            self._kept.weigh(self, len(ack))
        return True

    def keeps(self, acked: int) -> bool:
        """Whether something is kept up to this n."""
        return bool(self.results) and next(iter(self.results)) <= acked

    def _drop(self, n: int) -> None:
        self._kept.weigh(self, -len(self.results.pop(n)))

    def drop_until(self, acked: int) -> None:
        """Keep none up to this n."""
        results, size = self.results, 0
        while results and (n := next(iter(results))) <= acked:
            size += len(results.pop(n))
        if size:
            self._kept.weigh(self, -size)

    def shrink(self, size: int) -> None:
        """Keep no more than so many bytes, the newest."""
        for n in list(self.results):
            if self.bytes <= size:
                return
            self._drop(n)

    def clear(self) -> None:
        """Keep none."""
        for n in list(self.results):
            self._drop(n)


def error(n: int, code: str, message: str, **more: int) -> bytes:
    """An error ack: it consumes its n and is repeated as it was."""
    return encode({"n": n, "error": {"code": code, "message": message, **more}})


def hole(n: int, expected: int) -> bytes:
    """A hole consumes nothing: the client sends again from what is expected."""
    return error(n, "out_of_order", f"{expected} comes first", expected=expected)


def up_to(ack: bytes, cursor: Cursor) -> bytes:
    """An ack that says up to where the log had gone."""
    return b'%b,"cursor":"%b.%d"}' % (ack[:-1], cursor.epoch.encode(), cursor.seq)
