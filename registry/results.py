"""The results: the answers to each client's emits, kept for repeats; of all clients so many bytes."""

from __future__ import annotations

import asyncio

from ..log.largest import Largest

MOST = 32 << 20  # bytes of all clients; one that says which acks it has, as ours do, has next to none here


class Kept:
    """The results of all clients. Where they are too much, whoever has most keeps fewer."""

    def __init__(self, most: int = MOST) -> None:
        self.most = most
        self.bytes = 0
        self._largest: Largest[Results] = Largest()

    def weigh(self, results: Results, size: int) -> None:
        """One client's are so many bytes more, or fewer."""
        results.bytes += size
        self.bytes += size
        self._largest.weigh(results)
        while size > 0 and self.bytes > self.most:
            largest = self._largest.first()
            largest.shrink(largest.bytes // 2)  # by so much that it does not happen at every emit


class Results:
    """The results of one client, by n."""

    __slots__ = ("_kept", "_promised", "bytes", "size", "size_bounds")

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._promised: dict[int, asyncio.Future[bytes]] = {}  # in order of n
        self.bytes = 0  # of those that are there
        self.size = -1  # class of its bytes, and its bounds; see log/largest.py
        self.size_bounds: tuple[float, float] = (0, 1)

    def get(self, n: int) -> asyncio.Future[bytes] | None:
        return self._promised.get(n)

    def promise(self, n: int) -> asyncio.Future[bytes]:
        """There will be one of this n."""
        result = self._promised[n] = asyncio.get_running_loop().create_future()
        return result

    def settle(self, n: int, result: asyncio.Future[bytes], ack: bytes) -> None:
        """Keep a promise, if nobody has broken it."""
        if result.done():
            return
        result.set_result(ack)
        if self._promised.get(n) is result:
            self._kept.weigh(self, len(ack))

    def fail(self, error: Exception) -> None:
        """Break every promise that is not kept yet."""
        for result in self._promised.values():
            if not result.done():
                result.set_exception(error)
                result.exception()  # perhaps nobody waits for it any more

    def drop(self, n: int) -> None:
        """Keep that of this n no longer, if there is one."""
        result = self._promised.pop(n, None)
        if result is not None:
            self._kept.weigh(self, -weight(result))

    def drop_until(self, acked: int) -> None:
        """Keep none up to this n but what is still promised."""
        for n in [n for n, result in self._promised.items() if n <= acked and result.done()]:
            self.drop(n)

    def shrink(self, size: int) -> None:
        """Keep no more than so many bytes, the newest."""
        for n in [n for n, result in self._promised.items() if result.done()]:
            if self.bytes <= size:
                return
            self.drop(n)

    def clear(self) -> None:
        """Keep none, also of what is still to come."""
        for n in list(self._promised):
            self.drop(n)


def weight(result: asyncio.Future[bytes]) -> int:
    return len(result.result()) if result.done() and not result.cancelled() and not result.exception() else 0
