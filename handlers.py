"""Handlers: run in tasks the hub owns, one at a time per client, in order. A lost pipe cancels nothing."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Coroutine
from typing import Any

from hub import LIFE, Hub, Member, speaking

log = logging.getLogger("lab")

Job = Coroutine[Any, Any, None]


async def handle(hub: Hub, client: Member, event: str, *data: Any) -> Any:
    """Run the handlers of an event for one client; the first value that is not None is the answer."""
    speaker = speaking.set(client.id)
    answer = None
    try:
        if event not in LIFE:
            for handler in hub.handlers.get("*", []):
                await _value(handler(client, event, *data))
        for handler in hub.handlers.get(event, []):
            value = await _value(handler(client, *data))
            answer = value if answer is None else answer
    finally:
        speaking.reset(speaker)
    return answer


async def _value(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


class Tasks:
    """The tasks of one hub: kept, so that none is lost, and finished before the server stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, job: Job) -> None:
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def finish(self, seconds: float) -> None:
        """Wait for all of them, but not longer than this; then cancel."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


class Queue:
    """The jobs of one client: each begins when the one before it is done."""

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._jobs: deque[Job] = deque()
        self.busy = False

    def add(self, job: Job) -> None:
        self._jobs.append(job)
        if not self.busy:
            self.busy = True
            self._tasks.start(self._work())

    def clear(self) -> None:
        while self._jobs:
            self._jobs.popleft().close()

    async def _work(self) -> None:
        try:
            while self._jobs:
                try:
                    await self._jobs.popleft()
                except Exception:
                    log.exception("a job failed")
        finally:
            self.busy = False
            self.clear()
