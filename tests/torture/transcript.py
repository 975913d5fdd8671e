"""The transcripts: what each client of the torture was given, word for word, and what it handed on."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Given(NamedTuple):
    """One batch as it came down, and the reading that brought it."""

    reading: int
    began: int  # how many batches had come to this sid when this reading was asked for
    transport: str
    asked: str | None  # the cursor the reading began with
    first: bool  # of its reading
    after: str
    cursor: str
    gap: dict[str, Any] | None
    more: bool
    seqs: array[int]
    ids: array[int]


@dataclass
class Transcript:
    """One sid: every batch it was given, in order of arrival."""

    client: str  # its public id
    given: list[Given] = field(default_factory=list)
    finished: bool = False  # it read until nothing more came, after everything was calm


@dataclass
class Heard:
    """One client library: what it handed on to its application, in order. `seq` None stands for a gap it told."""

    name: str
    handed: list[tuple[str, int | None, int]] = field(default_factory=list)  # epoch, seq, id
    finished: bool = False


@dataclass
class Emitted:
    """One emit: what its client knows of it."""

    id: int
    acked: bool = False


def split(cursor: str) -> tuple[str, int]:
    epoch, _, seq = cursor.partition(".")
    return epoch, int(seq)
