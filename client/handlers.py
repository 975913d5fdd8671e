"""Handlers: who hears which event."""

from __future__ import annotations

import asyncio
import inspect
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakSet

from .messages import Messages
from .wire import LIFE, ClosedError, Message

Reply = Callable[[Any], None]


class Handler(NamedTuple):
    function: Callable[..., Any]
    places: float  # how many arguments it takes by position


class Handlers:
    """Names to functions. User code runs in turns of its own, in the order of what was told, never inside a step of
    the client. A handler that fails disturbs neither the others nor the reading.
    """

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()  # the coroutine functions that run
        self._named: dict[str, list[Handler]] = {}
        self._waits: dict[str, list[asyncio.Future[Any]]] = {}
        self._listeners: WeakSet[Messages] = WeakSet()
        self._calls: deque[Callable[[], None]] = deque()
        self._running = False

    # ---- who hears

    def add(self, event: str, function: Callable[..., Any]) -> None:
        self._named.setdefault(event, []).append(Handler(function, places(function)))

    def remove(self, event: str, function: Callable[..., Any] | None) -> None:
        """Forget one handler of `event`, or all of them. What `once` waits for is waited for."""
        kept = [one for one in self._named.get(event, []) if function is not None and one.function != function]
        if kept:
            self._named[event] = kept
        else:
            self._named.pop(event, None)

    def wait(self, event: str) -> asyncio.Future[Any]:
        """The data of the next `event`. Whoever waits no longer leaves nothing behind."""
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waits.setdefault(event, []).append(future)
        future.add_done_callback(partial(self._waited, event))
        return future

    def _waited(self, event: str, future: asyncio.Future[Any]) -> None:
        waiting = self._waits.get(event, [])
        if future in waiting:
            waiting.remove(future)
        if not waiting:
            self._waits.pop(event, None)

    def listen(self) -> Messages:
        messages = Messages()
        self._listeners.add(messages)
        return messages

    # ---- what is told

    def tell(self, event: str, detail: Any) -> None:
        """An event of the life cycle."""
        self._later(lambda: self._hear(event, detail, (detail, None, None), None))

    def hand_on(self, message: Message, reply: Reply) -> None:
        self._later(lambda: self._take(message, reply))

    def end(self, why: ClosedError, still: Callable[[], bool]) -> None:
        """Whoever waits hears why nothing comes any more, if that is `still` so when all that was told is heard."""
        self._later(lambda: self._end(why) if still() else None)

    def run(self) -> None:
        """Run what was told until now. What it leads to has a turn of its own."""
        if self._running:
            return
        self._running = True
        try:
            for _ in range(len(self._calls)):
                self._calls.popleft()()
        finally:
            self._running = False
            if self._calls:
                asyncio.get_running_loop().call_soon(self.run)

    def _later(self, call: Callable[[], None]) -> None:
        self._calls.append(call)
        if len(self._calls) == 1 and not self._running:
            asyncio.get_running_loop().call_soon(self.run)

    # ---- user code

    def _take(self, message: Message, reply: Reply) -> None:
        for listener in list(self._listeners):
            listener.put(message)
        if message.event in LIFE:
            return  # no server may emit it: it would look like our own
        self._hear(message.event, message.data, (message.data, reply, message), reply if message.ack else None)
        for handler in list(self._named.get("*", [])):
            self._call(handler, (message.event, message.data, message), None)

    def _hear(self, event: str, data: Any, given: tuple[Any, ...], reply: Reply | None) -> None:
        for future in self._waits.pop(event, []):
            if not future.done():
                future.set_result(data)
        for handler in list(self._named.get(event, [])):  # a copy: a handler may remove itself
            self._call(handler, given, reply)

    def _end(self, why: ClosedError) -> None:
        waits, self._waits = self._waits, {}
        for future in [future for futures in waits.values() for future in futures if not future.done()]:
            future.set_exception(why.again())
            future.exception()  # nobody has to await it
        listeners, self._listeners = list(self._listeners), WeakSet()
        for listener in listeners:
            listener.end(why)

    def _call(self, handler: Handler, given: tuple[Any, ...], reply: Reply | None) -> None:
        try:
            value = handler.function(*given[: int(min(handler.places, len(given)))])
            if inspect.isawaitable(value):
                task = asyncio.get_running_loop().create_task(self._finish(handler, value, reply))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            else:
                self._answer(handler, value, reply)
        except (KeyboardInterrupt, SystemExit):  # the program is to end
            raise
        except BaseException as error:  # CancelledError too: it awaited, or was given, what somebody had cancelled
            self._failed(handler, error)

    async def _finish(self, handler: Handler, value: Awaitable[Any], reply: Reply | None) -> None:
        try:
            self._answer(handler, await value, reply)
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task and task.cancelling():
                raise  # this task itself is to end
            self._failed(handler, error)

    def _answer(self, handler: Handler, value: Any, reply: Reply | None) -> None:
        # A handler that takes `reply` may use it later; what another one returns is its answer, None included.
        if reply and (value is not None or handler.places < 2):
            reply(value)

    def _failed(self, handler: Handler, error: BaseException) -> None:
        name = getattr(handler.function, "__qualname__", "a handler")
        logging.getLogger("client").error("%s failed", name, exc_info=error)
        if not any(handler.function is own.function for own in self._named.get("error", [])):
            self.tell("error", {"code": "handler_failed", "message": f"{name}: {str(error) or type(error).__name__}"})


def places(function: Callable[..., Any]) -> float:
    """How many arguments a handler takes by position. A default is the handler's own, but for `reply` and `message`."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # some builtins do not say
        return 1
    kinds = [parameter.kind for parameter in parameters]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return math.inf
    return sum(
        parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        and (parameter.default is inspect.Parameter.empty or parameter.name in ("data", "reply", "message"))
        for parameter in parameters
    )
