"""The fallback table: on every network, where a client ends, how soon, how long nothing comes, and what is lost.

    python -m bench.fallback                                          ours, one seed: two minutes
    python -m bench.fallback --rows 'kill*,mute*' --seeds 3           some rows
    python -m bench.fallback --seeds 20 --who ours,socketio,socketio-ws --json all.json --docs

A feed speaks 20 times a second, straight to the server: a number and the time planned for it. A client comes through
a network (lab/network/gateway.py, by its port) or a real proxy (lab/network/proxies.py) and listens until it has
settled: it hears the feed, and its transport has not changed for --settle s. It has 60 s for that. Measured at the
client:

    ends on        the transport in use at the end
    first message  ms from its start to the first message it hands on
    settled        ms from its start to the last change of transport
    silence        ms, the longest distance between the arrivals of two new messages, or to the end of the run,
                   without the 50 ms that are the feed's own
    lost           numbers between its first and its last one that never came
    repeated       messages the application was given twice

Struck: the same for a client that lives on `direct`, and after 8 s the network is what the row says; settled counts
from then, and only silence after it. `portal` and `silent` let nothing through and become `direct` 6 s later: there
all times count from that heal, and of a silence only the part after it (promised is what follows the first request
after it). In a row that speaks, the client also emits each second.

Over seeds: the median of times, the worst of silence, lost and repeated. Promised for ours: a first message one round
trip and 50 ms after the first request that the network lets through; of silence 0 where a transport on probation fails,
one round trip and 100 ms where something tells that a living one died, 2.5 heartbeats where nothing does, or 2 s if the
person speaks; nothing lost or repeated. Each may be late by 60 ms, or by 20 ms more than a reader with no network
between: the machine is shared. Ours asks for history, so that a newcomer's first answer holds a message.
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
from bench.fallback.table import WHO, as_json, facts, markdown, table_of, text_table


def parsed(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.fallback", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--who", type=listed, default=["ours"], help=f"some of {','.join(WHO)}")
    parser.add_argument("--rows", type=listed, default=[], help="patterns of names: 'kill,mute*,*struck'")
    parser.add_argument("--list", action="store_true", help="only name the rows")
    parser.add_argument("--seeds", type=int, default=1, help="runs of each row of ours, with the seeds 1, 2, …")
    parser.add_argument("--peer-seeds", type=int, default=1, help="the same for the others")
    parser.add_argument("--settle", type=float, default=10.0, help="s without a change of transport that end a run")
    parser.add_argument("--heartbeat", type=float, default=1.0, help="s, of ours")
    parser.add_argument("--peer-ping", type=listed, default=[], help="INTERVAL,TIMEOUT in s; without it their own")
    parser.add_argument("--at-once", type=int, default=12, help="runs side by side")
    parser.add_argument("--json", type=Path, help="write everything there")
    parser.add_argument("--strict", action="store_true", help="end with 1 where ours misses a promise")
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/fallback.md")
    chosen = parser.parse_args(arguments)
    if unknown := [who for who in chosen.who if who not in WHO]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WHO)}")
    if not rows(chosen.heartbeat, chosen.rows):
        parser.error("no row has such a name: --list names them")
    if len(chosen.peer_ping) not in (0, 2):
        parser.error("--peer-ping takes two numbers: INTERVAL,TIMEOUT")
    return chosen


def listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def main(arguments: list[str]) -> int:
    chosen = parsed(arguments)
    if chosen.list:
        print("\n".join(row.name for row in rows(chosen.heartbeat, chosen.rows)))
        return 0
    board = Board(chosen)
    about = facts(chosen, arguments)
    with contextlib.suppress(KeyboardInterrupt):  # what was measured is kept
        asyncio.run(board.measure())
    for who in chosen.who:
        if results := [result for result in board.results if result.who == who]:
            print(f"\n{WHO[who]} (times in ms)\n{text_table(table_of(results, who == 'ours'))}", flush=True)
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
