"""The load generator: a process of its own, on a core of its own, that plays one run and tells its cells.

    python -m bench.load --calibrate        how many WebSocket deliveries a second its sinks can take
    echo RUN | python -m bench.load URL PID (what `python -m bench` does)

How a run is played is in player.py, what is made of it in figures.py.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any

import uvloop

from bench.experiments import Run, run_of
from bench.load.fronts import Front
from bench.load.heads import Heads
from bench.load.player import Player
from bench.load.servers import GENERATOR_CORE, pin
from bench.load.sinks import calibrate


def player_of(run: Run) -> type[Player]:
    from bench.load.scripted import Scripted  # which are Players themselves
    from bench.load.speaking import Published

    if run.script is not None:
        return Scripted
    return Published if run.server == "nchan" else Player


async def browser_heads() -> Heads:
    """OSError: no browser tells them."""
    from playwright.async_api import Error

    from bench.load.catching import caught

    try:
        return await caught()
    except Error as error:
        raise OSError(f"the browser did not play along: {error}") from None


async def played(url: str, pid: int | None, front: Front | None = None) -> None:
    """Play the run that comes as the first line of standard input; tell its cells, a line each."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 24)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    run = run_of(json.loads(await lines.readline()))

    def say(what: dict[str, Any]) -> None:
        print(json.dumps(what, separators=(",", ":")), flush=True)

    async def ask(what: str) -> int | None:
        say({"do": what})
        told = json.loads(await lines.readline())["pid"]
        return None if told is None else int(told)

    try:
        heads = await browser_heads() if run.heads else None
        await player_of(run)(run, url, pid, say, ask, front, heads).play()
    except (OSError, ValueError) as error:
        say({"failed": f"the server at {url} did not play along: {error or type(error).__name__}"})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url", nargs="?")
    parser.add_argument("pid", nargs="?", type=int)
    parser.add_argument("--front", nargs=2, metavar=("URL", "PID"), help="to which the clients come instead")
    parser.add_argument("--calibrate", action="store_true")
    parser.add_argument("--clients", type=int, default=250)
    parser.add_argument("--seconds", type=float, default=5.0)
    chosen = parser.parse_args()
    pin(GENERATOR_CORE)
    if chosen.calibrate:
        told = uvloop.run(calibrate(chosen.clients, chosen.seconds))
        each = told["cpu"] / told["deliveries"] * 1e6
        print(
            f"{chosen.clients} sinks took {told['deliveries'] / told['seconds']:,.0f} deliveries/s for "
            f"{told['seconds']:.1f} s at {told['cpu'] / told['seconds']:.0%} of a core: {each:.2f} µs each, "
            f"{1e6 / each:,.0f} a second on a whole core"
        )
    elif chosen.url is None:
        parser.error("which server?")
    else:
        front = Front(chosen.front[0], int(chosen.front[1])) if chosen.front else None
        uvloop.run(played(chosen.url, chosen.pid, front))
