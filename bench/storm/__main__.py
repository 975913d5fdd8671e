"""The reconnect storm: everybody is dropped at once. How hard do they knock, and how soon are they back?

    python -m bench.storm                             10,000 clients; the server is back at once, and after 30 s
    python -m bench.storm --outage 60 --seconds 180   another outage
    python -m bench.storm --svg storm.svg --json storm.json --docs

Ours is `client.ladder.Ladder` itself under fake time, in two cases: drained (the server says goodbye with 1012) and
gone (it says nothing). The others are their own formulas. An attempt is one connection or request: ours counts each one
that is opened, also the better rung tried once a lower one reads; the others count one for each try, the least it is.

The model: all are dropped in the same instant, from a WebSocket. What knocks before the server is back is refused, what
knocks later is served, however many they are: nothing here gets worse because all come at once. So no client feels
another one, and each is played by itself. Every answer, refusals too, takes 50 ms.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
from dataclasses import asdict
from pathlib import Path

from bench import docs
from bench.storm.figure import figure
from bench.storm.ours import BIN, RTT
from bench.storm.shown import markdown, panels, table
from bench.storm.storm import EVERYBODY, storm


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=120.0, help="played after the drop")
    parser.add_argument("--outage", type=float, nargs="+", default=[0.0, 30.0], metavar="S")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--svg", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--docs", action="store_true", help="write the tables into docs/fallback.md")
    options = parser.parse_args()
    if options.clients < 1 or min(options.outage) < 0 or options.seconds <= max(options.outage):
        parser.error("at least one client, and more seconds than the outage lasts")
    began = time.perf_counter()
    storms = [
        storm(who, options.clients, outage, options.seconds, options.seed)
        for outage in options.outage
        for who in EVERYBODY
    ]
    took = time.perf_counter() - began
    print(table(storms))
    print(f"50 % and 99 % back: counted from the server's return. Played in {took:.1f} s, seed {options.seed}.")
    if options.svg:
        options.svg.write_text(figure(panels(storms), options.clients), encoding="utf-8")
    if options.json:
        how = {"clients": options.clients, "seconds": options.seconds, "seed": options.seed, "rtt": RTT, "bin": BIN}
        report = {**how, "python": platform.python_version(), "storms": [asdict(one) for one in storms]}
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if options.docs:
        print(docs.put("storm", markdown(storms, options.seed), docs.DOCS / "fallback.md"))


if __name__ == "__main__":
    main()
