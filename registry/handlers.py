"""Handlers: run in tasks the hub owns, one at a time per client, in order. A lost pipe cancels nothing."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

from ..hub import LIFE, Hub, Member, speaking

log = logging.getLogger(__name__)

Job = Coroutine[Any, Any, None]


async def handle(hub: Hub, client: Member, event: str, *data: Any) -> Any:
    """Run the handlers of an event for one client; the first value that is not None is the answer.

    However a handler ends, it ends for this client alone: what is no Exception becomes a RuntimeError.
    """
    speaker = speaking.set(client.id)
    answer = None
    try:
        if event not in LIFE:
            for handler in hub.handlers.get("*", []):
                await _value(handler(client, event, *data))
        for handler in hub.handlers.get(event, []):
            value = await _value(handler(client, *data))
            answer = value if answer is None else answer
    except (KeyboardInterrupt, GeneratorExit):
        raise  # somebody ends the program, or the loop is gone and this coroutine is thrown away
    except Exception:
        raise
    except BaseException as end:  # sys.exit(), or a task that it waited for was cancelled
        if isinstance(end, asyncio.CancelledError) and _cancelled():
            raise
        raise RuntimeError(f"the handler ended in {type(end).__name__}") from end
    finally:
        speaking.reset(speaker)
    return answer


def _cancelled() -> bool:
    """Whether this task itself was asked to stop: by its time limit, or with the server."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _value(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


class Tasks:
    """The tasks of one hub: kept, so that none is lost, and finished before the server stops."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, job: Job, then: Callable[[], None] | None = None) -> None:
        """Run a job, and call `then` when it is over, however it ended."""
        if self.ended:
            return job.close()
        task = asyncio.get_running_loop().create_task(job)
        self._tasks.add(task)

        def over(task: asyncio.Task[None]) -> None:
            self._tasks.discard(task)
            failure = None if task.cancelled() else task.exception()
            if isinstance(failure, Exception):
                log.error("a job failed", exc_info=failure)
            if then is not None:
                then()

        task.add_done_callback(over)

    async def wait(self, seconds: float) -> None:
        """Wait for all of them, but not longer than this."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)

    async def end(self) -> None:
        """Cancel those that still run; no other begins."""
        self.ended = True
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


class Queue:
    """The jobs of one client: each begins when the one before it is over.

    One task runs them, so that those which wait for nothing are over in one turn, and their acks go down together. A
    job that ends its task, or has it cancelled, does so for itself alone: those behind it run in another.
    """

    __slots__ = ("_jobs", "_tasks", "busy")

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._jobs: deque[Job] | None = None  # None while there are none: most clients wait for nothing
        self.busy = False

    def add(self, job: Job) -> None:
        if self._jobs is None:
            self._jobs = deque()
        self._jobs.append(job)
        if not self.busy:
            self._next()

    def _next(self) -> None:
        self.busy = bool(self._jobs) and not self._tasks.ended
        if self.busy:
            return self._tasks.start(self._work(), self._next)
        while self._jobs:  # no other begins
            self._jobs.popleft().close()
        self._jobs = None

    async def _work(self) -> None:
        task = asyncio.current_task()
        while self._jobs and not (task and task.cancelling()):
            await self._jobs.popleft()
