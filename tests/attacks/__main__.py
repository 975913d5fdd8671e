"""Attack the lab, one way after another, and measure what an honest neighbour and the server's memory feel.

    python -m tests.attacks                          every attack for 10 s
    python -m tests.attacks --seconds 600            for ten minutes each
    python -m tests.attacks --only "unasked pongs"   one of them

The server has a core of its own where there are two; the attackers come in a process that yields to the neighbour.
`p99` is that of GET /hello every 20 ms, in ms, quiet and while the attack goes on, the median of the rounds; goal: at
most 3 times quiet, or 20 ms. `in`: newcomers that got their first batch within 5 s. Memory in MB: before, the most,
and `settle` seconds after.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from tests.attacks.attackers import ATTACKS, go_on
from tests.attacks.neighbour import Felt, feel, warm

ROOT = Path(__file__).resolve().parents[2]
GOAL_TIMES, GOAL_MS, GOAL_BACK = 3.0, 20.0, 1.2
AT_ONCE = 4  # attackers
SHORT = ["--forget-after", "5", "--grace", "2"]  # so that what is remembered for minutes is forgotten in seconds


class Server:
    """The lab as a process of its own."""

    def __init__(self, flags: list[str]) -> None:
        call = [sys.executable, "app.py", "--port", "0", *SHORT, *flags]
        self.process = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[4].rpartition(":")[2])
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(self.process.pid, {0})

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def end(self) -> str:
        """Stop it. Returns what it had to report."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return "it did not stop within 10 s"


async def most(server: Server, stop: asyncio.Event) -> float:
    """The most memory it had until then."""
    peak = 0.0
    while not stop.is_set():
        peak = max(peak, server.megabytes())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)
    return peak


async def tried(server: Server, name: str, seconds: float, settle: float) -> tuple[bool, str]:
    """One attack: whether it stayed within the goals, and a row of the table."""
    quiet = await feel(server.port, 3.0)
    before, stop = server.megabytes(), asyncio.Event()
    peak = asyncio.create_task(most(server, stop))
    call = [sys.executable, "-m", "tests.attacks", "--attack", name, str(server.port), str(seconds + 1.0)]
    attacking = await asyncio.create_subprocess_exec(*call, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    await asyncio.sleep(0.7)
    felt = await feel(server.port, seconds)
    rounds = int((await attacking.communicate())[0] or 0)
    stop.set()
    worst, after = await peak, server.megabytes()
    end = time.monotonic() + settle
    while after > before * GOAL_BACK and time.monotonic() < end:
        await asyncio.sleep(0.5)
        after = server.megabytes()
    return row(name, quiet, felt, rounds, (before, worst, after))


def row(name: str, quiet: Felt, felt: Felt, rounds: int, memory: tuple[float, float, float]) -> tuple[bool, str]:
    calm, p99 = quiet.percentile(0.99), felt.percentile(0.99)
    faults = []
    if p99 > max(GOAL_TIMES * calm, GOAL_MS):
        faults.append("p99")
    if felt.inside < felt.came:
        faults.append("in")
    if memory[2] > memory[0] * GOAL_BACK:
        faults.append("memory")
    figures = f"{calm:7.1f}{p99:8.1f}{felt.inside:5}/{felt.came:<4}{felt.errors:4}"
    room = "".join(f"{one:7.0f}" for one in memory)
    return not faults, f"{name:28}{rounds:8}{figures}{room}   {' '.join(faults) or 'holds'}"


async def all_of_them(names: list[str], seconds: float, settle: float, flags: list[str]) -> int:
    print(f"{'':28}{'rounds':>8}{'quiet':>7}{'p99':>8}{'in':>7}{'lost':>7}{'before':>7}{'most':>7}{'after':>7}")
    failed = 0
    for name in names:
        server = Server(flags)
        try:
            await warm(server.port)
            held, text = await tried(server, name, seconds, settle)
        finally:
            report = server.end()
        failed += not held or bool(report)
        print(text, flush=True)
        if report:
            print(f"    reported: {report.strip().splitlines()[-1]}")
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--settle", type=float, default=30.0, help="s the server may take to give memory back")
    parser.add_argument("--only", nargs="+", choices=list(ATTACKS), metavar="NAME", default=list(ATTACKS))
    parser.add_argument("--flags", default="", help="of app.py")
    parser.add_argument("--attack", nargs=3, metavar=("NAME", "PORT", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        os.nice(19)
        name, port, seconds = options.attack
        print(asyncio.run(go_on(name, int(port), float(seconds), AT_ONCE)))
        return 0
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    return asyncio.run(all_of_them(options.only, options.seconds, options.settle, options.flags.split()))


if __name__ == "__main__":
    sys.exit(main())
