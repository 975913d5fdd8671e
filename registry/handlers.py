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

    __slots__ = ("_tasks", "ended")

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] | None = None  # None while there are none: each WebSocket has its own
        self.ended = False

    def __len__(self) -> int:
        return len(self._tasks or ())

    def start(self, job: Job, then: Callable[[], None] | None = None) -> None:
        """Run a job, and call `then` when it is over, however it ended."""
        if self.ended:
            return job.close()
        task = asyncio.get_running_loop().create_task(job)
        tasks = self._tasks = self._tasks or set()
        tasks.add(task)

        def over(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            self._tasks = tasks or None
            failure = None if task.cancelled() else task.exception()
            if isinstance(failure, Exception):
                log.error("a job failed", exc_info=failure)
            if then is not None:
                then()

        task.add_done_callback(over)

    def cancel(self) -> None:
        """Cancel those that run; others may begin."""
        for task in self._tasks or ():
            task.cancel()

    async def wait(self, seconds: float) -> None:
        """Wait for all of them, but not longer than this."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks and (left := deadline - asyncio.get_running_loop().time()) > 0:
            await asyncio.wait(self._tasks, timeout=left)

    async def end(self) -> None:
        """Cancel those that still run; no other begins."""
        self.ended = True
        self.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)


class Queues:
    """The jobs of each client: one begins when the one before it is over.

    One task runs them, so that those which wait for nothing are over in one turn, and their acks go down together. A
    job that ends its task, or has it cancelled, does so for itself alone: those behind it run in another.
    """

    def __init__(self, tasks: Tasks) -> None:
        self._tasks = tasks
        self._jobs: dict[Member, deque[Job]] = {}  # that wait; of clients for whom one runs, and of no others

    @property
    def ended(self) -> bool:
        """Whether the server has stopped, and what still ran with it."""
        return self._tasks.ended

    def busy(self, client: Member) -> bool:
        return client in self._jobs

    def add(self, client: Member, job: Job) -> None:
        if client in self._jobs:
            return self._jobs[client].append(job)
        self._jobs[client] = deque([job])
        self._next(client)

    def drop(self) -> None:
        """Another process runs what runs or waits here, or nobody does."""
        for jobs in self._jobs.values():
            while jobs:
                jobs.popleft().close()
        self._tasks.cancel()

    def _next(self, client: Member) -> None:
        jobs = self._jobs[client]
        if jobs and not self._tasks.ended:
            return self._tasks.start(self._work(jobs), lambda: self._next(client))
        del self._jobs[client]
        for job in jobs:  # that may not begin any more
            job.close()

    async def _work(self, jobs: deque[Job]) -> None:
        task = asyncio.current_task()
        while jobs and not (task and task.cancelling()):
            await jobs.popleft()
