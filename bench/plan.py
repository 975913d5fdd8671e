"""The plan: which runs the command line asks for, round by round."""

from __future__ import annotations

import argparse
import random
from dataclasses import replace
from pathlib import Path

from bench.experiments import PEERS, Group, Run, Step, everything
from bench.load.servers import ADDRESS

TRANSPORTS = ("poll", "longpoll", "sse", "ws")
OWN = ("transport", "clients", "rate", "interval", "rtt", "seconds", "url")  # what asks for a comparison of one's own


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
    own = parser.add_argument_group("a comparison of your own")
    own.add_argument("--transport", metavar="T,T", help="of poll, longpoll, sse, ws")
    own.add_argument("--clients", type=int, metavar="N")
    own.add_argument("--rate", type=float, metavar="R", help="messages a second for each client")
    own.add_argument("--interval", type=float, metavar="S", help="s between two polls")
    own.add_argument("--rtt", type=float, metavar="S", help="s of a round trip, put in by the clients")
    own.add_argument("--seconds", type=float, metavar="S", help="measured")
    own.add_argument("--url", metavar="URL", help="a server that runs already, instead of ours")
    chosen = parser.parse_args(arguments)
    known = everything()
    names = [name.strip().upper() for name in (chosen.only or "").split(",") if name.strip()]
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"there is no experiment {unknown[0]}; there are {', '.join(known)}")
    wrong = [name for name in (chosen.transport or "").split(",") if name and name not in TRANSPORTS]
    if wrong:
        parser.error(f"there is no transport {wrong[0]}; there are {', '.join(TRANSPORTS)}")
    for name in ("rounds", "clients", "rate", "interval", "seconds"):
        value = getattr(chosen, name)
        if value is not None and value <= 0:
            parser.error(f"--{name} must be more than nought")
    if chosen.rtt is not None and not 0 <= chosen.rtt <= 10:
        parser.error("--rtt is s, from 0 to 10")
    if chosen.url is not None and not ADDRESS.fullmatch(chosen.url):
        parser.error(f"{chosen.url} is no address like http://127.0.0.1:3000")
    chosen.own = any(getattr(chosen, name) is not None for name in OWN)
    if chosen.own and names:
        parser.error("--only plays experiments as they are: leave it out for a comparison of your own")
    chosen.names = names or list(known)
    return chosen


def own_runs(chosen: argparse.Namespace) -> list[Run]:
    """The comparison that the command line describes: one run for each transport."""
    step = Step(rate=chosen.rate or 5.0, seconds=chosen.seconds or 5.0)
    runs = []
    for transport in (chosen.transport or ",".join(TRANSPORTS)).split(","):
        polls = transport == "poll"
        clients = chosen.clients or 20
        group = Group(
            transport,
            transport,
            clients=clients,
            probes=min(50, clients),
            interval=(chosen.interval or 1.0) if polls else None,
            mode="rate" if polls else None,
            rtt=chosen.rtt or 0.0,
        )
        runs.append(Run("own", (group,), (step,), server="url" if chosen.url else "ours"))
    return runs


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
