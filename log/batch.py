"""A batch: the messages after a cursor, encoded once for all who may see the same."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from typing import Any, NamedTuple

from ..protocol.codec import SAFE_INTEGER, encode
from ..protocol.errors import Refused
from .audience import Message

CURSOR = re.compile(r"([a-z0-9]{1,16})\.(0|[1-9][0-9]{0,15})", re.ASCII)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


class Cursor(NamedTuple):
    """A position in the log: everything up to and with `seq` has been read."""

    epoch: str
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}.{self.seq}"

    @staticmethod
    @lru_cache(256)  # those who are told the same ask from the same
    def parse(text: str) -> Cursor:
        """Refused `bad_cursor`: anything the hub never gave. `int()` alone would take '٣', '+5' and '1_0'."""
        match = CURSOR.fullmatch(text)
        if match is None or int(match[2]) >= SAFE_INTEGER:
            raise Refused("bad_cursor", "a cursor is EPOCH.SEQ, handed back as it came")
        return Cursor(match[1], int(match[2]))


def new_epoch(now: float) -> str:
    """The name of a new life of the log: its birth (ms in base 36) for people to read, then 3 random characters."""
    ms, text = int(now * 1000), ""
    while ms:
        ms, digit = divmod(ms, 36)
        text = DIGITS[digit] + text
    return text + "".join(secrets.choice(DIGITS) for _ in range(3))


class Batch:
    """The messages after a cursor. Readers who may see the same get the same object, encoded once."""

    __slots__ = ("after", "cursor", "forms", "gap", "messages", "more", "text")

    def __init__(
        self, after: Cursor, cursor: Cursor, messages: list[Message], *, gap: dict[str, Any] | None, more: bool
    ) -> None:
        self.after = after
        self.cursor = cursor
        self.messages = messages
        self.gap = gap
        self.more = more
        self.text = b'{"after":"%b","cursor":"%b","gap":%b,"more":%b,"messages":[%b]}' % (
            str(after).encode(),
            str(cursor).encode(),
            encode(gap),
            b"true" if more else b"false",
            b",".join(message.text for message in messages),
        )
        self.forms: dict[str, bytes] = {}  # the same batch as a transport frames it, made once

    @property
    def news(self) -> bool:
        """Whether it says anything but "I am still here"."""
        return bool(self.messages) or self.gap is not None
