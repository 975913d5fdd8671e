"""The proof: the server broken on purpose, one way after another. A checker that finds nothing then proves nothing."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tests.mutants import PACKAGE, broken_copy
from tests.mutations import Mutation

SECONDS = 12


class Breakage(NamedTuple):
    """One way to break the server, and the kinds of fault of which one must be found."""

    mutation: Mutation
    kinds: tuple[str, ...]


def breakage(name: str, file: str, old: str, new: str, *kinds: str) -> Breakage:
    return Breakage(Mutation(name, "", file, old, new, ""), kinds)


BREAKAGES = [
    breakage(
        "a queue instead of a log",
        "log/reading.py",
        "        reason, start = self._begin(client, cursor)\n",
        "        reason, start = self._begin(client, cursor)\n"
        "        sent = self.__dict__.setdefault('sent', {})\n"
        "        start = max(start, sent.get(client.id, 0))\n"
        "        sent[client.id] = self.end\n",
        "lost",
    ),
    breakage(
        "the message at the cursor again",
        "log/audience.py",
        "index = bisect_right(self._messages, after, lo",
        "index = bisect_right(self._messages, after - 1, lo",
        "disorder",
        "doubled",
        "leaked",
    ),
    breakage(
        "the gap of what was trimmed untold",
        "log/reading.py",
        '            reason = "trimmed"\n',
        "            reason = None\n",
        "lost",
    ),
    breakage(
        "a broadcast heard by its sender",
        "log/audience.py",
        "if message.but is None or message.but != client:\n                yield message\n            index",
        "if True:\n                yield message\n            index",
        "leaked",
    ),
    breakage(
        "a room heard after leaving it",
        "log/sight.py",
        "        yield room, max(after, room.members[client.id]), math.inf\n",
        "        yield room, after, math.inf\n",
        "leaked",
    ),
    breakage(
        "a loss told with each batch",
        "log/reading.py",
        "if cursor.seq < client.born and not client.was_led(cursor.seq):",
        "if cursor.seq < client.born:",
        "false gap",
    ),
    breakage(
        "an emit run twice",
        "registry/emits.py",
        "                ack = await self._outcome(emit)\n",
        "                ack = await self._outcome(emit)\n                ack = await self._outcome(emit)\n",
        "repeated",
    ),
]


def prove() -> int:
    """Torture each broken server for a while. Returns 1 where a breakage was not found."""
    missed = 0
    for mutation, kinds in BREAKAGES:
        with tempfile.TemporaryDirectory(prefix="broken-") as scratch:
            tree = Path(scratch) / PACKAGE
            broken_copy(mutation, tree)
            call = [
                sys.executable,
                "-m",
                "tests.torture",
                "--tree",
                str(tree),
                "--seconds",
                str(SECONDS),
                "--seed",
                "1",
            ]
            done = subprocess.run(call, capture_output=True, text=True, timeout=180)
        found = [kind for kind in kinds if f" {kind}:" in done.stdout]
        missed += not found
        print(f"{mutation.name:40} {'found as ' + found[0] if found else 'NOT FOUND'}", flush=True)
        if not found:
            print(done.stdout[-2000:], done.stderr[-2000:])
    print(f"{len(BREAKAGES) - missed} passed, {missed} failed")
    return 1 if missed else 0
