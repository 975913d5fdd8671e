"""The fallback table: on every network, where a client ends, how soon, how long nothing comes, and what is lost.

    python -m bench.fallback --quick                                  three rows of everybody, tuned: two minutes
    python -m bench.fallback --who ours --tuning tuned --rows 'mute*'              some rows: half a minute
    python -m bench.fallback --docs                                   everything: 50 minutes for each seed

A feed speaks 20 times a second, straight to the server: a number and the time planned for it. A client comes through
a network (lab/network/gateway.py, by its port) or a real proxy (lab/network/proxies.py) and listens until it has
settled: it hears the feed, and its transport has not changed for --settle s. It has --most s for that. Measured at the
client:

    ends on        the transport in use at the end
    first message  ms from "go" to the first message it hands on
    settled        ms from "go" to the last change of transport
    silence        ms, the longest distance between the arrivals of two new messages, or to the end of the run,
                   without the 50 ms that are the feed's own
    lost           numbers between its first and its last one that never came
    repeated       messages the application was given twice

Struck: the same for a client that lives on `direct`, and after 8 s the network is what the row says; settled counts
from then, and only silence after it. `portal` and `silent` let nothing through and become `direct` 6 s later: there
all times count from that heal, and of a silence only the part after it (promised is what follows the first request
after it). In a row that speaks, the client also emits each second.

The same for everybody: a client is a process that has loaded its code and made one connection to the server with
nothing between, and is told to go; the seeds; two runs at a time, where one that still waits after 15 s for what takes
seconds gives its place to the next. Twice: as each library comes, and with all that can
be tuned noticing silence after about 2.5 s, on the networks where that can be seen.

Over seeds: the median of times, the worst of silence, lost and repeated. Promised for ours: a first message two round
trips and 50 ms after the first request that the network lets through; of silence 0 where a transport on probation
fails, one round trip and 100 ms where something tells that a living one died, 2.5 heartbeats where nothing does, or
2 s if the person speaks; nothing lost or repeated. Each may be late by 60 ms, or by 20 ms more than a reader with no
network between: the machine is shared.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from pathlib import Path

from bench import docs
from bench.fallback.board import Board
from bench.fallback.rows import rows
from bench.fallback.table import as_json, facts, markdown, of, text_table
from bench.fallback.who import OURS, TUNED, TUNINGS, WHO

# Two cores: one for the client that is timed, one for its server and the network. Twelve at once took 143 ms to a first
# message where one alone took 48.
AT_ONCE = 2
SETTLE = 6.0  # s, longer than the probation of ours
MOST = 90.0  # s: the slowest default notices a silence after 77
QUICK = ["direct", "no-upgrade", "no-upgrade, struck"]


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fallback", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--who", type=listed, default=list(WHO), help=f"some of {','.join(WHO)}; without it all")
    parser.add_argument("--tuning", type=listed, default=list(TUNINGS), help="one of defaults,tuned; without it both")
    parser.add_argument("--rows", type=listed, default=[], help="patterns of names: 'kill,mute*,*struck'")
    parser.add_argument("--quick", action="store_true", help="only see that everything works: two minutes")
    parser.add_argument("--list", action="store_true", help="only name the rows")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row, with the seeds 1, 2, …")
    parser.add_argument("--settle", type=float, default=SETTLE, help="s without a change of transport that end a run")
    parser.add_argument("--most", type=float, default=MOST, help="s that end a run which does not settle")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="runs that are timed to the ms side by side")
    parser.add_argument("--json", type=Path, help="write everything there")
    parser.add_argument("--strict", action="store_true", help="end with 1 where ours misses a promise")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/fallback.md")
    chosen = parser.parse_args(arguments)
    for name, known in (("who", WHO), ("tuning", TUNINGS)):
        if unknown := [one for one in getattr(chosen, name) if one not in known]:
            parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    if chosen.quick:
        chosen.tuning, chosen.rows, chosen.settle, chosen.most = [TUNED], chosen.rows or QUICK, 2.0, 10.0
    if not rows(1.0, chosen.rows):
        parser.error("no row has such a name: --list names them")
    if chosen.docs and (chosen.rows or OURS not in chosen.who or chosen.tuning != list(TUNINGS)):
        parser.error("docs/fallback.md has every row and both tunings, ours among them: --docs goes with none of these")
    return chosen


def listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def main(arguments: list[str]) -> int:
    chosen = parsed(arguments)
    if chosen.list:
        print("\n".join(row.name for row in rows(1.0, chosen.rows)))
        return 0
    board = Board(chosen)
    about = facts(chosen, arguments)
    with contextlib.suppress(KeyboardInterrupt):  # what was measured is kept
        asyncio.run(board.measure())
    for tuning in chosen.tuning:
        for who, table in of(board, tuning):
            print(f"\n{WHO[who]}, {tuning} (times in ms)\n{text_table(table)}", flush=True)
    if chosen.json:
        chosen.json.write_text(as_json(board, about), "utf-8")
    if chosen.docs:
        print(docs.put("fallback", markdown(board, about), docs.DOCS / "fallback.md"), file=sys.stderr)
    for failure in board.failures:
        print(f"failed: {failure}", file=sys.stderr)
    broken = chosen.strict and any(result.missed for result in board.results)
    return 1 if board.failures or broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
