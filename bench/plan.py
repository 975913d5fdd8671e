"""The plan: which runs the command line asks for, round by round."""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

from bench.experiments import PEERS, Run, everything
from bench.own import ASKS, add_flags, check, own_runs


def options(arguments: list[str], description: str | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--only", metavar="E1,E2", help="these experiments")
    add("--quick", action="store_true", help="shorter, one round, without a browser and other libraries")
    add("--rounds", type=int, metavar="N", help="how often each is played")
    add("--seed", type=int, default=1, help="of the order and of the feeds")
    add("--no-peers", action="store_true", help="leave the other libraries out")
    add("--out", type=Path, default=Path("bench-report"), metavar="DIR", help="where the report goes (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="where the raw result goes (DIR/bench.json)")
    add_flags(parser)
    chosen = parser.parse_args(arguments)
    known = everything()
    names = [name.strip().upper() for name in (chosen.only or "").split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no experiment {unknown[0]}; there are {', '.join(known)}")
    if chosen.rounds is not None and chosen.rounds <= 0:
        parser.error("--rounds must be more than nought")
    check(parser, chosen)
    chosen.own = any(getattr(chosen, name) is not None for name in ASKS)
    if chosen.own and names:
        parser.error("--only plays experiments as they are: leave it out for a comparison of your own")
    chosen.names = names or list(known)
    return chosen


def planned(chosen: argparse.Namespace) -> list[Run]:
    """All runs, round by round, each round in an order of its own."""
    luck = random.Random(chosen.seed)
    rounds: dict[int, list[Run]] = {}
    if chosen.own:
        for number in range(chosen.rounds or 1):
            rounds[number] = [replace(run, round=number) for run in own_runs(chosen)]
    else:
        known = everything()
        for one in (known[name] for name in chosen.names):
            count = chosen.rounds or (one.quick_rounds if chosen.quick else one.rounds)
            for number in range(count):
                runs = one.planned(number, chosen.quick)
                if chosen.quick or chosen.no_peers:
                    runs = [run for run in runs if run.server not in PEERS]
                rounds.setdefault(number, []).extend(runs)
    for number, runs in rounds.items():
        luck.shuffle(runs)
        # The same plan for the twin as for its double, another one in each round.
        rounds[number] = [replace(run, seed=run.seed + 1000 * (chosen.seed + number)) for run in runs]
    return [run for number in sorted(rounds) for run in rounds[number]]
