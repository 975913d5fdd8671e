"""The load comparison.

    python -m bench                          all experiments, about an hour: a run beside those before, and their report
    python -m bench --quick                  a smoke test: two minutes, one round, no browser, no other libraries
    python -m bench --only E2,E4 --rounds 7  some of them, as often as you like
    python -m bench --transport ws,longpoll --clients 100 --rate 10 --rtt 0.05 --seconds 5
                                             a comparison of your own; --url: on a server of your own
    python -m bench choose                   which transport for whom, of what was measured: it has its own --help

Each run has a fresh server and a generator, each on a core of its own. The rounds are interleaved: every round plays
all experiments, in an order that is drawn anew. What was measured is kept when Ctrl-C ends it. Leave the machine alone
meanwhile: what something else disturbs is void. Some of such runs are played once more in the end.
"""

from __future__ import annotations

import asyncio
import os
import sys
from urllib.parse import urlsplit

from bench.choose.command import main as choose
from bench.plan import options, planned
from bench.playing import minutes, needed, say, until_told, without_the_unfit
from bench.record import VERSION, Record, commit, machine, now
from bench.report.document import parse, read
from bench.report.files import tables, write
from bench.report.runs import keep, kept, kind_of, together


def main(arguments: list[str]) -> int:
    if arguments[:1] == ["choose"]:
        return choose(arguments[1:])
    chosen = options(arguments, __doc__)
    runs, left_out = without_the_unfit(planned(chosen))
    for sentence in left_out:
        say(sentence)
    settings = {name: value for name, value in vars(chosen).items() if name not in ("out", "json", "own")}
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
    say(f"{len(runs)} runs, about {minutes(sum(run.lasts for run in runs))}. Ctrl-C keeps what was measured.")
    record.document["interrupted"] = asyncio.run(until_told(chosen, runs, record))
    try:
        record.keep()
        this = parse(record.document)
        keep(this, chosen.out)
        print(tables(record.document))
        write(together([read(one) for one in kept(chosen.out, kind_of(record.document))]), chosen.out)
    except OSError as error:
        say(f"The result could not be written: {error}")
        return 1
    void = sum(cell["void"] is not None for cell in record.document["cells"])
    said = "Ended early. " if record.document["interrupted"] else ""
    say(f"{said}{len(record.document['cells'])} cells, {void} of them void. The raw result is {record.path}.")
    return 0 if record.document["cells"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
