"""The runner: does what the ladder decides, and tells it what came of that."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from websockets.exceptions import InvalidHandshake

from .address import Elsewhere
from .alarm import Alarm
from .closings import answered, broke
from .ladder import Attempt, End, Ladder, Open, Shut, Tell
from .reading import Position, Reading
from .requests import Requests
from .run import Run
from .transports import TRANSPORTS
from .wire import Batch, Frame, decode

END_SECONDS = 1.0  # s a task has to end
REDIRECTS = 8  # sentences about where this client was not led, told once each


class Client(Protocol):
    """Whom the runner tells what comes by the runs."""

    def take(self, run: Run, batch: Batch) -> None:
        """A batch came. End: it may not be taken."""

    def frame(self, run: Run, frame: Frame) -> None:
        """Something came down a ws beside the batches."""

    def tell(self, event: str, detail: dict[str, Any]) -> None:
        """One event of the life cycle."""

    def moved(self) -> None:
        """What reads may be another, or nothing; or the ladder has stopped."""

    def ended(self, end: End) -> None:
        """A run ended."""


class Runner:
    """Runs the ladder: as many transports at once as it has attempts. It is the context of each."""

    def __init__(
        self, client: Client, ladder: Ladder, position: Position, requests: Requests, clock: Callable[[], float]
    ) -> None:
        self.clock = clock
        self.requests = requests
        self.ladder = ladder
        self.runs: dict[int, Run] = {}  # by the number of their attempt
        self.tasks = set[asyncio.Task[Any]]()  # all that runs for this client
        self._client = client
        self._position = position
        self._alarm = Alarm(clock, self._tick)
        self._redirects = set[str]()  # that were not followed, and told

    def spawn(self, job: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(job)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    @property
    def current(self) -> Run | None:
        """The run in use."""
        return self.runs.get(self.ladder.current.number) if self.ladder.current else None

    # ---- obeying the ladder

    def obey(self) -> None:
        """Do what was decided, and come back when time alone decides."""
        self.follow()
        self._client.moved()

    def follow(self) -> None:
        """Do what was decided, but for what goes up: that waits until a batch is taken."""
        for decision in self.ladder.decisions():
            if isinstance(decision, Open):
                run = self.runs[decision.attempt.number] = Run(decision.attempt, Reading(self.cursor))
                run.task = self.spawn(self._carry(run))
            elif isinstance(decision, Shut):
                self._drop(decision.attempt)
            elif isinstance(decision, Tell):
                self._client.tell(decision.event, decision.detail)
        self._alarm.set(self.ladder.due)

    def _drop(self, attempt: Attempt) -> None:
        run = self.runs.pop(attempt.number, None)
        if run and run.task and run.task is not asyncio.current_task():
            run.task.cancel()

    def _tick(self) -> None:
        self.ladder.tick(self.clock())
        self.obey()

    async def _carry(self, run: Run) -> None:
        """Carry batches until the transport ends, and say why it did."""
        try:
            transport = TRANSPORTS[run.attempt.rung](run, self)
            async with contextlib.aclosing(transport) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    if run.attempt.number in self.runs:  # or else it was let go of: it comes again elsewhere
                        self._client.take(run, batch)
                    if run.attempt.number not in self.runs:
                        return  # let go of while that was handed on: a task cannot be cancelled by itself
            end = End("lost", "it ended")
        except End as why:
            end = why
        except (OSError, EOFError, ValueError, InvalidHandshake) as error:
            if isinstance(error, Elsewhere):
                self._redirected(str(error))
            end = broke(error)
        self.runs.pop(run.attempt.number, None)
        if end.kind in ("refused", "over"):
            self._client.tell("error", {"code": end.code, "message": end.why})
        self.ladder.ended(run.attempt.number, end, self.clock())
        self._client.ended(end)

    def _redirected(self, message: str) -> None:
        """Said once: a portal redirects whoever comes, until it lets them in, so it is tried on."""
        if message not in self._redirects and len(self._redirects) < REDIRECTS:
            self._redirects.add(message)
            self._client.tell("error", {"code": "redirected", "message": message})

    # ---- what a transport may use

    @property
    def cursor(self) -> str | None:
        return self._position.cursor

    async def question(self, run: Run, name: str, **params: Any) -> Batch:
        run.reading = Reading(self.cursor)
        async with self.requests.reading(name, self.cursor, **params) as answer:
            if answer.status == 200 and answer.kind == "application/json":
                self.opened(run)
            text = await answer.body()
            if answer.status == 200:
                with contextlib.suppress(End):
                    return decode(text, Batch)
            raise answered(answer.status, text, answer.retry_after)

    def opened(self, run: Run) -> None:
        self.ladder.opened(run.attempt.number, self.clock())
        self.obey()

    def round_trip(self, seconds: float) -> None:
        self.ladder.round_trip(seconds)

    def frame(self, run: Run, frame: Frame) -> None:
        self._client.frame(run, frame)


async def end_tasks(tasks: set[asyncio.Task[Any]]) -> None:
    """Cancel these, and wait until they have ended."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=END_SECONDS)  # one that will not end must not hold the others
