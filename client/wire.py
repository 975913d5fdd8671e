"""The wire: what comes down and goes up, and whose word an answer is.

Only JSON in the protocol's form or a 4xxx close code is the server's word; everything else is the network speaking.
"""

from __future__ import annotations

import itertools
import math
import re
from typing import Any, TypeVar

import msgspec

from .ladder import End

SIZE, DEPTH, SAFE_INTEGER = 16 << 10, 8, 2**53  # what data may be: bytes of compact JSON, levels, integers
CURSOR = re.compile(r"([a-z0-9]{1,16})\.(0|[1-9][0-9]{0,15})")
LIFE = frozenset("connecting connect disconnect reconnecting reconnect connect_failed error switch gap".split())
RESERVED = LIFE | {"connection", "reconnect_failed"}


class EmitError(Exception):
    """An emit failed: `code` is the server's word, `unknown` where nobody can say whether it was taken."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class ClosedError(ConnectionError):
    """This client is at its end and does not come back by itself: `code` is `closed`, or the server's word."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message

    def again(self) -> ClosedError:
        """The same for another who waits: an exception that is raised twice would tell of two places."""
        return ClosedError(self.code, self.message)


class Message(msgspec.Struct, frozen=True):
    seq: int
    event: str
    data: Any = None
    from_: str | None = msgspec.field(default=None, name="from")
    room: str | None = None
    at: int = 0
    ack: bool = False


class Gap(msgspec.Struct, frozen=True):
    reason: str
    missed: int | None = None
    trimmed: int = 0  # beside `away`: so many of them at most are no longer kept, whoever asks


class Batch(msgspec.Struct):
    after: str
    cursor: str
    messages: list[Message]
    gap: Gap | None = None
    more: bool = False


class Refusal(msgspec.Struct):
    """An error of the server's; `retry` is in s."""

    code: str
    message: str = ""
    retry: float | None = None
    expected: int | None = None


class Ack(msgspec.Struct):
    n: int = 0
    seq: int = 0
    data: Any = None
    error: Refusal | None = None
    cursor: str | None = None


class Acked(msgspec.Struct):
    """What an upload is answered."""

    acks: list[Ack]


class Outcome(msgspec.Struct):
    """What an upload comes to: some of it may have its ack, though the rest is refused."""

    acks: list[Ack] = []
    error: Refusal | None = None


class Greeting(msgspec.Struct):
    """What /hello tells, as far as it is used."""

    network: str = ""


class Frame(Outcome):
    """Whatever comes down a ws."""

    after: str | None = None
    cursor: str = ""
    gap: Gap | None = None
    more: bool = False
    messages: list[Message] = []
    pong: Any = None


K = TypeVar("K")


def decode(text: bytes | str, kind: type[K]) -> K:
    """End: this is not the protocol, so it is the network that speaks."""
    try:
        return msgspec.json.decode(text, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise End("lost", "an answer that is not the protocol's") from None


def read_cursor(cursor: str | None) -> tuple[str, int] | None:
    """The two things a client may read in a cursor: its epoch, and the order within it. None: it is no cursor."""
    form = CURSOR.fullmatch(cursor) if cursor is not None else None
    return (form[1], int(form[2])) if form and int(form[2]) < SAFE_INTEGER else None


def packed(data: Any) -> msgspec.Raw:
    """Compact JSON that means the same to every parser. EmitError: `data` has no such form, or is too large."""
    fault = _unsound(data, DEPTH)
    if fault:
        raise EmitError("bad_json", fault)
    try:
        text = msgspec.json.encode(data)
    except (UnicodeEncodeError, TypeError, ValueError) as error:
        raise EmitError("bad_json", str(error)) from None
    if len(text) > SIZE:
        raise EmitError("too_large", f"data is {len(text)} bytes of JSON, the limit is {SIZE}")
    return msgspec.Raw(text)


def _unsound(data: Any, depth: int) -> str | None:
    if isinstance(data, dict | list | tuple):
        if depth == 0:
            return f"data is nested deeper than {DEPTH}"
        if isinstance(data, dict) and not all(isinstance(key, str) for key in data):
            return "keys must be strings"
        items = itertools.chain(data, data.values()) if isinstance(data, dict) else data
        return next((fault for fault in (_unsound(item, depth - 1) for item in items) if fault), None)
    if data is None or isinstance(data, bool):
        return None
    if isinstance(data, str):
        alone = any("\ud800" <= char <= "\udfff" for char in data) if not data.isascii() else False
        return "a lone surrogate is no text" if alone else None
    if isinstance(data, int):
        return "an integer beyond 2^53 does not survive JavaScript" if abs(data) > SAFE_INTEGER else None
    if isinstance(data, float):
        return None if math.isfinite(data) else "NaN and infinity are not JSON"
    return f"{type(data).__name__} is not JSON"


def checked(event: str) -> str:
    """EmitError: a name nobody may emit."""
    if not (isinstance(event, str) and 1 <= len(event) <= 64 and event.isprintable()):
        raise EmitError("bad_event", "an event is 1-64 printable characters")
    if event in RESERVED or event.startswith("$"):
        raise EmitError("reserved", f"{event!r} is the library's own")
    return event
