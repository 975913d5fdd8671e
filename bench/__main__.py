"""The load comparison.

    python -m bench                          all experiments, about an hour: a run beside those before, and their report
    python -m bench --quick                  a smoke test: two minutes, one round, nothing but our own server
    python -m bench --only E2,E4 --rounds 7  some of them, as often as you like
    python -m bench --transport ws,longpoll --clients 100 --rate 10 --rtt 0.05 --seconds 5
                                             a comparison of your own, on this server
    python -m bench --url http://127.0.0.1:8000 --script mine.py --clients 10,100 --rate 1,10 --limit "p99<0.1"
                                             on any server, which a script tells how to reach; 3 where a limit is broken
    python -m bench --transport ws --most "p99<0.1" --clients 100
                                             a search for the most clients, or with --over rate the most messages
    python -m bench choose                   which transport for whom, of what was measured: it has its own --help

Each run has a fresh server and a generator, each on a core of its own. The rounds are interleaved: every round plays
all experiments, in an order that is drawn anew. What was measured is kept when Ctrl-C ends it. Leave the machine alone
meanwhile: what something else disturbs is void. Some of such runs are played once more in the end.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.choose.command import main as choose
from bench.limits import Limit, judged
from bench.plan import options, planned
from bench.playing import measure, minutes, needed, say, until_told, without_the_unfit
from bench.record import VERSION, Record, commit, machine, now
from bench.report.document import parse
from bench.report.files import tables, write
from bench.report.runs import keep, kind_of, read_all
from bench.search import TRIES, search

BROKEN = 3  # the exit code where a limit is


def plain(value: Any) -> Any:
    """What a flag says, for JSON."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    return str(value) if isinstance(value, Limit | Path) else value


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["choose"]:
        return choose(arguments[1:])
    chosen = options(arguments, __doc__)
    runs, left_out = without_the_unfit(planned(chosen))
    for sentence in left_out:
        say(sentence)
    settings = {name: plain(value) for name, value in vars(chosen).items() if name not in ("out", "json", "own")}
    record = Record(
        chosen.json or chosen.out / "bench.json",
        {
            "version": VERSION,
            "began": now(),
            "ended": None,
            "seed": chosen.seed,
            "quick": chosen.quick,
            "interrupted": False,
            "machine": machine(needed(runs)),
            "settings": settings,
            "left_out": left_out,
            "commit": commit(),
            "runs": [],
            "cells": [],
        },
    )
    if (os.cpu_count() or 1) < 2:
        say("There is one core only: server and generator disturb each other, and no load figure means much.")
    if chosen.url and urlsplit(chosen.url).hostname not in ("127.0.0.1", "localhost"):
        say("That server may have another clock than this machine: its latencies are off by the difference.")
    lasts = sum(run.lasts for run in runs) * (TRIES if chosen.most else 1)
    say(f"{len(runs)} runs, {'at most' if chosen.most else 'about'} {minutes(lasts)}. Ctrl-C keeps what was measured.")
    work = search(chosen, runs, record) if chosen.most else measure(chosen, runs, record)
    record.document["interrupted"] = asyncio.run(until_told(work))
    told = judged(chosen.limit or (), parse(record.document).cells)
    record.document["limits"] = told
    try:
        record.keep()
        keep(parse(record.document), chosen.out)
        print(tables(record.document))
        write(read_all(chosen.out, kind_of(record.document)), chosen.out)
    except OSError as error:
        say(f"The result could not be written: {error}")
        return 1
    void = sum(cell["void"] is not None for cell in record.document["cells"])
    said = "Ended early. " if record.document["interrupted"] else ""
    say(f"{said}{len(record.document['cells'])} cells, {void} of them void. The raw result is {record.path}.")
    for one in told:
        for broken in one["broken"]:
            say(f"{one['limit']} is broken: {broken}.")
    if not all(one["kept"] for one in told):
        return BROKEN
    if any(one["untold"] is not None for one in record.document.get("most", ())):
        return 1
    return 0 if record.document["cells"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
