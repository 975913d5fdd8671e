"""A run: one attempt of the ladder as a transport carries it, and what that transport may use."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import msgspec

from .ladder import Attempt
from .reading import Reading
from .requests import Requests
from .wire import Batch, Frame, Refusal


@dataclass(eq=False)
class Run:
    attempt: Attempt
    reading: Reading
    task: asyncio.Task[None] | None = None
    up: asyncio.Queue[bytes] | None = None  # on ws: what goes up by it
    refusal: Refusal | None = None  # what the server said last against it
    pongs: dict[str, asyncio.Future[None]] = field(default_factory=dict)  # that are waited for, by token

    def ping(self) -> asyncio.Future[None]:
        """Done when the pong is here: all that went up before has been read by then."""
        assert self.up is not None
        token = secrets.token_hex(4)
        pong = self.pongs[token] = asyncio.get_running_loop().create_future()
        pong.add_done_callback(lambda _: self.pongs.pop(token, None))  # nobody waits any more
        self.up.put_nowait(msgspec.json.encode({"ping": token}))
        return pong


class Context(Protocol):
    """What a transport may use of the client; times are in s."""

    clock: Callable[[], float]
    requests: Requests

    @property
    def cursor(self) -> str | None: ...

    async def question(self, run: Run, name: str, **params: Any) -> Batch:
        """One request that one batch answers."""

    def opened(self, run: Run) -> None:
        """Its answer begins, or its line stands."""

    def round_trip(self, seconds: float) -> None:
        """An answer that nobody held back took so long."""

    def frame(self, run: Run, frame: Frame) -> None:
        """What came down beside the batches."""
