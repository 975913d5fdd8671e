"""JSON as the wire takes it: strict, bounded, compact."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, TypeVar

import msgspec

from .errors import Refused

T = TypeVar("T")

SAFE_INTEGER = 2**53  # beyond it a JavaScript number is no longer that integer (ECMA-262, Number.MAX_SAFE_INTEGER)
RESERVED = frozenset(
    "connect connection disconnect connecting connect_failed reconnect reconnecting reconnect_failed error switch gap"
    .split()
)  # fmt: skip
NAME = 64  # characters of a name at most

# Line ends to some readers of lines, though not to JSON: NEL and U+2028, U+2029 (Unicode Standard Annex 14).
LINE_ENDS = ((b"\xc2\x85", b"\\u0085"), (b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))

compact = msgspec.json.Encoder().encode  # by its length data is measured, at every door and in every client


def encode(data: Any) -> bytes:
    """The JSON of `data` as it is sent: UTF-8, in one line whatever reads it."""
    return in_one_line(compact(data))


@lru_cache(1024)
def encoded(name: str | None) -> bytes:
    """The same, of a name: of an event, a room or a client. It is said again and again."""
    return encode(name)


def in_one_line(text: bytes) -> bytes:
    """JSON whose strings hold no character that ends a line for anybody."""
    if b"\xe2\x80" in text or b"\xc2\x85" in text:
        for raw, escaped in LINE_ENDS:
            text = text.replace(raw, escaped)
    return text


def decode(body: bytes | str, kind: type[T]) -> T:
    """Parse one JSON text into `kind`; unknown keys are ignored. Refused: anything RFC 8259 does not allow."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise Refused("bad_json", f"not what the protocol expects: {reason}") from None


def printable(name: str) -> bool:
    """Whether this is a name an event or a room may have: 1-64 printable characters."""
    return 0 < len(name) <= NAME and name.isprintable()


def reserved(event: str) -> bool:
    """Whether only the library itself may emit this event: a client could not tell news from life cycle."""
    return event in RESERVED or event.startswith("$")


def packed(data: Any, size: int, depth: int) -> bytes:
    """The JSON of `data`. Refused: more than `size` of compact UTF-8, too deep, or not the same in every parser."""
    fault = unsound(data, depth)
    if fault:
        raise Refused("bad_json", fault)
    try:
        text = compact(data)
    except (TypeError, ValueError, UnicodeEncodeError, OverflowError, msgspec.MsgspecError) as error:
        raise Refused("bad_json", f"data is not JSON: {error}") from None
    if len(text) > size:
        raise Refused("too_large", f"data is {len(text)} bytes of JSON, the limit is {size}")
    return in_one_line(text)


def unsound(data: Any, depth: int) -> str | None:
    """The reason why `data` would not arrive as it was sent, or None."""
    if data is None or isinstance(data, (str, bool)):  # most values; `str | bool` is made anew at each look
        return None
    if isinstance(data, (dict, list, tuple)):
        if depth == 0:
            return "data is nested too deep"
        if isinstance(data, dict):
            for key in data:
                if not isinstance(key, str):
                    return "keys must be strings"
            data = data.values()
        for item in data:
            fault = unsound(item, depth - 1)
            if fault:
                return fault
        return None
    if isinstance(data, int):
        return "an integer beyond 2^53 does not survive JavaScript" if abs(data) > SAFE_INTEGER else None
    if isinstance(data, float):
        return None if math.isfinite(data) else "NaN and infinity are not JSON"
    return f"{type(data).__name__} is not JSON"  # the encoder would make something else of it
