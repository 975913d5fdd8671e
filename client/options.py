"""Options: what a client may be told. What cannot be meant is refused by its name, with what would have been right."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from .ladder import RUNGS
from .wire import LIFE, EmitError, checked

BEATS = (1.0, 30.0)  # s: what a server takes as hold or heartbeat
EVERY_MOST = 60.0  # s between polls
ELSEWHERE = {"websocket": "ws", "websockets": "ws", "polling": "longpoll", "long-polling": "longpoll",
             "eventsource": "sse"}  # fmt: skip
OWN = {"connection": "connect", "reconnect_failed": "connect_failed"}


class Options(TypedDict, total=False):
    """What `io` may be told, besides the address of the server."""

    use: str  # the transport to read by; "auto", the default: the best that works
    transports: Iterable[str]  # those that may be tried: "ws", "sse", "longpoll", "poll", in any order
    every: float  # s between polls: above 0 and at most 60, by default 1
    history: int  # messages of the past to begin with, as many as the server gives; by default 0
    heartbeat: float  # s of silence after which a stream has a sign of life: from 1 to 30, by default 15
    hold: float  # s that a long poll may be held: from 1 to 30, by default 20
    network: str | None  # where this client was last, as `socket.network` told
    verdicts: dict[str, Any] | None  # what it learnt there, as `socket.verdicts` told
    clock: Callable[[], float]  # s that never jump
    chance: Callable[[], float]  # a number from 0 to 1


def rung(name: str, value: object, known: Iterable[str] = RUNGS) -> str:
    """The name of a transport that there is."""
    if isinstance(value, str) and value in known:
        return value
    there = ", ".join(known)
    meant = ELSEWHERE.get(value.lower()) if isinstance(value, str) else None
    hint = f"it is called {meant!r} here; " if meant else ""
    raise ValueError(f"{name}: there is no {value!r} here; {hint}there are {there}")


def rungs(name: str, value: Any) -> tuple[str, ...]:
    """The transports of a ladder, in whatever order they were said."""
    if isinstance(value, str):
        raise TypeError(f"{name} is a list, [{value!r}], not the text {value!r}")
    try:
        said = list(value)
    except TypeError:
        raise TypeError(f"{name} is a list like {list(RUNGS)}, not {type(value).__name__}") from None
    if not said:
        raise ValueError(f"{name} is empty: it is some of {', '.join(RUNGS)}")
    return tuple(rung(name, one) for one in said)


def seconds(name: str, value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{name} is a number of seconds, not {value!r}")
    if not least <= value <= most:
        raise ValueError(f"{name} is {_range(least, most)}, in seconds, not {value!r}")
    return float(value)


def _range(least: float, most: float) -> str:
    return f"above 0 and at most {most:g}" if least < 0.01 else f"from {least:g} to {most:g}"


def count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} is a number of messages, not {value!r}")
    if value < 0:
        raise ValueError(f"{name} is 0 or more, not {value!r}")
    return value


def every(value: object) -> float:
    return seconds("every", value, math.ulp(0.0), EVERY_MOST)


def a(kind: type, name: str, value: Any) -> Any:
    """A value of this kind, or None."""
    if value is not None and not isinstance(value, kind):
        raise TypeError(f"{name} is a {kind.__name__} or None, not {value!r}")
    return value


def function(name: str, value: Any) -> Callable[..., Any]:
    if not callable(value):
        raise TypeError(f"{name} is a function, not {value!r}")
    return value  # type: ignore[no-any-return]


def heard(event: object) -> str:
    """The name of an event that may come: "*", one of the life cycle, or one that a server may emit."""
    if not isinstance(event, str):
        raise TypeError(f'an event is a name, as in on("s2c", f) or @socket.on("s2c"), not {event!r}')
    if event in LIFE or event == "*":
        return event
    if event in OWN:
        raise ValueError(f"{event!r} never comes: here it is called {OWN[event]!r}")
    try:
        return checked(event)
    except EmitError as error:
        raise ValueError(f"{event!r} never comes: {error}") from None
