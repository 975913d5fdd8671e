"""The scripts: how they are put together, and called by their names."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent / "lua"
FENCED = ("append", "beat", "leave", "draft", "trim")  # they begin with what stands in fence.lua

Word = str | bytes | int
Command = tuple[Word, ...]


class Keys(NamedTuple):
    """The keys of one log, in the order the scripts know. One hash tag: they lie together, in a Redis Cluster, too."""

    log: str  # the stream
    meta: str  # epoch, run, lineage, seq, limits, beat, keeper, snap, before
    procs: str  # process → its last k
    live: str  # process → end of its lease, in ms

    @classmethod
    def of(cls, name: str) -> Keys:
        return cls(*(f"{{{name}}}:{key}" for key in ("log", "meta", "procs", "live")))

    def snapshot(self, place: int) -> str:
        """The key of the snapshot of this place, as trim.lua knows it."""
        return f"{self.log.removesuffix('log')}snap:{place}"


class Terms(NamedTuple):
    """What all processes of a log must have in common."""

    keys: Keys
    limits: str
    lease: float  # s after which a process that says nothing is gone


@cache
def text(name: str) -> bytes:
    """A script as Redis is given it: its flags, the fence, and what it does."""
    own = (FOLDER / f"{name}.lua").read_bytes()
    if name not in FENCED:
        return own
    flags, end = b"", own
    if own.startswith(b"#!"):  # they are flags in the first line only
        flags, _, end = own.partition(b"\n")
        flags += b"\n"
    return flags + (FOLDER / "fence.lua").read_bytes() + end


@cache
def sha(name: str) -> str:
    """The name by which Redis knows a script that was loaded."""
    return hashlib.sha1(text(name), usedforsecurity=False).hexdigest()


def call(name: str, keys: Keys, *arguments: Word) -> Command:
    """The command that runs a script."""
    return ("EVALSHA", sha(name), len(keys), *keys, *arguments)
