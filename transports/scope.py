"""The scope: what our own server says of a request beside what ASGI does. Another server says nothing of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.types import ASGIApp

from ..log.batch import Batch
from ..registry.reader import Reader

KEY = "transport_fallback"  # in the state that ASGI lets a server keep in a scope


class Link(Protocol):
    """A network that a connection came through, where it did not come straight."""

    once: bool  # each connection carries one answer

    @property
    def network(self) -> str:
        """Its name for the client: what a client learns of a network holds for that network only."""

    @property
    def prefix(self) -> str:
        """The part of the target that it took off on the way: the client has sent it all the same."""


class Carried(Protocol):
    """A reader that is carried by its connection: it is given batches and heartbeats without a coroutine for each."""

    def over(self) -> Awaitable[None]:
        """Wait until it is told to stop, or the line is lost."""


Show = Callable[[Callable[[bytes], None], Callable[[bytes], None]], None]


@dataclass(slots=True)  # not frozen: there is one for each request
class Served:
    """One request, or one WebSocket, as our server serves it."""

    count: Callable[[Batch], None]  # takes each batch that a reader is given, for the figures
    link: Link | None = None
    write: Callable[[Batch], Awaitable[None]] | None = None  # of a WebSocket: sends a batch in the frame all share
    show: Show | None = None  # of a WebSocket: lets see the bytes of what comes up and of what goes down, from then on
    carry: Callable[[Reader, float], AbstractAsyncContextManager[Carried]] | None = None  # with heartbeats of so many s
    rest: ASGIApp | None = None  # what goes on when the application has returned: a stream needs none of the layers
    # that let it in, and they take more memory than all else of it

    def put(self, state: dict[str, Any]) -> None:
        """Say so, in the state of a scope."""
        state[KEY] = self


def served(scope: MutableMapping[str, Any]) -> Served | None:
    """The word of our server on this request. None: another server serves it."""
    found: Served | None = scope.get("state", {}).get(KEY)
    return found
