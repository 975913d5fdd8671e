"""A transport in a file of one's own, as the contract's suite serves it and reads it.

The file says `transport(clients)`, which returns an endpoint as those of `transports/` are made: an `async` function of
a Starlette request that returns a response. The suite serves it as GET /own, asks with the parameters of the protocol
(sid, cursor, history, heartbeat, hold), and takes each line of the answer for a batch. The file may say besides:

    KIND = "stream"                   "longpoll" if it holds a question that has no news, "poll" if it never waits
    def batches(data): …              where batches are not lines: the texts that are whole in these bytes, and the rest
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import math
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

from starlette.routing import Route

from tests.stranger.readers import Batch, Ended, HttpReader
from transport_fallback.registry.clients import Clients
from transport_fallback.transports.request import headed

KINDS = ("stream", "longpoll", "poll")
PATIENCE = 3.0  # s: what is to come at once has come by then, on a busy machine, too
LONGEST = 8.0  # s that one reader reads; every rule of the suite is over in two
PAUSE = 0.03  # s between two questions that had nothing for an answer

Cut = Callable[[bytes], tuple[list[bytes], bytes]]


class Unfit(Exception):
    """This file holds no transport. The sentence says what it lacks."""


class Silent(Exception):
    """No batch came in time."""


def lines(data: bytes) -> tuple[list[bytes], bytes]:
    """A batch is a line; an empty one says nothing."""
    *whole, rest = data.split(b"\n")
    return [line for line in whole if line.strip()], rest


class Own(HttpReader):
    """A reader of it. Where batches are asked for, it asks again from where it is when an answer is over."""

    name = "own"
    cut_up: ClassVar[Cut] = staticmethod(lines)

    began = math.inf

    async def next(self, deadline: float = PATIENCE) -> Batch:
        now = asyncio.get_running_loop().time()
        self.began = min(self.began, now)
        if now > self.began + LONGEST:
            raise Silent(f"batches came and came, and what was due had not come within {LONGEST:g} s")
        if self.inbox.empty() and self.pump is not None and self.pump.done():
            self._start()
        try:
            return await super().next(min(deadline, PATIENCE))
        except TimeoutError:
            raise Silent(f"no batch came within {PATIENCE:g} s") from None

    async def _run(self) -> None:
        if self.kind == "poll" and self.batches and not self.batches[-1].messages:
            await asyncio.sleep(PAUSE)
        data, came = b"", 0
        async with self.http.stream("GET", self.url()) as answer:
            if answer.status_code != 200:
                self.refuse(answer.status_code, answer.headers, await answer.aread())
            async for part in answer.aiter_raw():
                texts, data = type(self).cut_up(data + part)
                came += self._take(texts)
        if data.strip():
            came += self._take([data])  # the last line of an answer that is over need not end
        if not came or not self.pulls:
            raise Ended(clean=True)

    def _take(self, texts: list[bytes]) -> int:
        for text in texts:
            self.inbox.put_nowait(Batch.parse(text.decode()))
        return len(texts)


def load(path: Path) -> ModuleType:
    """Unfit: there is no such file, or it holds no transport."""
    if not path.is_file():
        raise Unfit(f"{path} is no file: say TRANSPORT=path/to/file.py")
    spec = importlib.util.spec_from_file_location("own_transport", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise Unfit(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
    if not callable(getattr(module, "transport", None)):
        raise Unfit(f"{path} has no function `transport(clients)` that returns an endpoint, as transports/poll.py has")
    if getattr(module, "KIND", KINDS[0]) not in KINDS:
        raise Unfit(f"KIND of {path} is {module.KIND!r}; it may be {', '.join(KINDS)}")
    return module


def code_of(text: str, rules: int) -> str:
    """What the lesson asks for: it is of this very text, however it is spaced, and of so many rules that hold."""
    return hashlib.sha1(f"{rules} {' '.join(text.split())}".encode()).hexdigest()[:8]


def reader_of(module: ModuleType) -> type[Own]:
    kind = getattr(module, "KIND", KINDS[0])
    told: dict[str, Any] = {"kind": kind, "pulls": kind != "stream"}
    if hasattr(module, "batches"):
        told["cut_up"] = staticmethod(module.batches)
    return type("Own", (Own,), told)


def route_of(module: ModuleType, clients: Clients) -> Route:
    return Route("/own", headed(clients, module.transport(clients)))
