"""A comparison of one's own: what its flags say, and the runs that they describe."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.experiments import Group, Run, Step
from bench.limits import BadLimit, limit
from bench.load.script import BadScript, load
from bench.load.servers import ADDRESS

TRANSPORTS = ("poll", "longpoll", "sse", "ws")
SHAPES = ("periodic", "poisson", "burst")
ASKS = ("transport", "clients", "rate", "interval", "rtt", "seconds", "size", "shape", "url", "script", "most", "limit")
SIZE_MOST = 64_000  # bytes


def add_flags(parser: argparse.ArgumentParser) -> None:
    own = parser.add_argument_group("a comparison of your own")
    own.add_argument("--transport", metavar="T,T", help="of poll, longpoll, sse, ws")
    own.add_argument("--clients", metavar="N,N", help="how many of each kind; several: one after the other")
    own.add_argument("--rate", metavar="R,R", help="messages a second for each client; several: a sweep")
    own.add_argument("--size", metavar="B,B", help="bytes of text in a message (100)")
    own.add_argument("--shape", choices=SHAPES, help="how messages come (periodic)")
    own.add_argument("--interval", type=float, metavar="S", help="s between two polls")
    own.add_argument("--rtt", type=float, metavar="S", help="s of a round trip, put in by the clients")
    own.add_argument("--seconds", type=float, metavar="S", help="measured")
    own.add_argument("--url", metavar="URL", help="a server that runs already, instead of ours: this lab, or any one")
    own.add_argument("--script", type=Path, metavar="FILE", help="how any other server is asked, published to and read;"
                     " bench/load/script.py says what is in it, bench/load/scripts has one")  # fmt: skip
    own.add_argument("--limit", action="append", metavar="F<N", help="like p99<0.1 or lost=0, in s; as often as you"
                     " like. The exit code is 3 where one is broken, or a cell is void")  # fmt: skip
    own.add_argument("--most", metavar="F<N", help="search for the most clients that keep this, beginning at --clients")
    own.add_argument("--over", choices=("clients", "rate"), default="clients", help="what --most turns (%(default)s)")


def check(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    """Turn the texts into what they say. What cannot be ends the program with a sentence."""
    wrong = [name for name in (chosen.transport or "").split(",") if name and name not in TRANSPORTS]
    if wrong:
        parser.error(f"there is no transport {wrong[0]}; there are {', '.join(TRANSPORTS)}")
    chosen.clients = _numbers(parser, "clients", chosen.clients, int)
    chosen.rate = _numbers(parser, "rate", chosen.rate, float)
    chosen.size = _numbers(parser, "size", chosen.size, int, least=0, most=SIZE_MOST)
    for name in ("interval", "seconds"):
        value = getattr(chosen, name)
        if value is not None and not 0 < value < float("inf"):
            parser.error(f"--{name} must be more than nought")
    if chosen.rtt is not None and not 0 <= chosen.rtt <= 10:
        parser.error("--rtt is s, from 0 to 10")
    if chosen.url is not None and not ADDRESS.fullmatch(chosen.url):
        parser.error(f"{chosen.url} is no address like http://127.0.0.1:3000")
    try:
        chosen.limit = [limit(text) for text in chosen.limit] if chosen.limit else None
        chosen.most = None if chosen.most is None else limit(chosen.most)
    except BadLimit as error:
        parser.error(str(error))
    if chosen.most is not None and any(len(getattr(chosen, name) or ()) > 1 for name in ("clients", "rate", "size")):
        parser.error("--most turns one number by itself: give one each of --clients, --rate and --size")
    _check_script(parser, chosen)


def _check_script(parser: argparse.ArgumentParser, chosen: argparse.Namespace) -> None:
    if chosen.script is None:
        return
    if chosen.url is None:
        parser.error("--script is for a server at --url")
    try:
        script = load(chosen.script)
    except BadScript as error:
        parser.error(str(error))
    asked = [name for name in (chosen.transport or "").split(",") if name]
    if lacking := [name for name in asked if name not in script.paths]:
        parser.error(f"{script.path} has no path for {lacking[0]}; it has {', '.join(script.paths)}")
    chosen.transport = ",".join(asked or script.paths)


def _numbers(
    parser: argparse.ArgumentParser,
    name: str,
    text: str | None,
    kind: Callable[[str], Any],
    least: float | None = None,
    most: float = 1e6,
) -> list[Any] | None:
    if text is None:
        return None
    try:
        found = [kind(one) for one in text.split(",") if one.strip()]
    except ValueError:
        parser.error(f"--{name} is a number, or several with commas between, not {text}")
    if not found or not all((0 < one if least is None else least <= one) and one <= most for one in found):
        parser.error(f"--{name} must be {'more than nought' if least is None else f'{least:g} at least'}"
                     f"{'' if most == 1e6 else f', and {most:,.0f} at most'}")  # fmt: skip
    return found


def own_runs(chosen: argparse.Namespace) -> list[Run]:
    """One run for each transport and number of clients; in it a step for each rate and size."""
    steps = tuple(
        Step(rate=rate, size=size, shape=chosen.shape or "periodic", seconds=chosen.seconds or 5.0)
        for size in chosen.size or [100]
        for rate in chosen.rate or [5.0]
    )
    return [
        Run(
            "own",
            (_group(chosen, transport, clients),),
            steps,
            server="url" if chosen.url else "ours",
            script=str(chosen.script.resolve()) if chosen.script else None,
        )
        for transport in (chosen.transport or ",".join(TRANSPORTS)).split(",")
        for clients in chosen.clients or [20]
    ]


def _group(chosen: argparse.Namespace, transport: str, clients: int) -> Group:
    polls = transport == "poll"
    return Group(
        transport,
        transport,
        clients=clients,
        probes=0 if chosen.script else min(50, clients),  # of a strange server every client looks at each message
        interval=(chosen.interval or 1.0) if polls else None,
        mode="rate" if polls else None,
        rtt=chosen.rtt or 0.0,
    )
