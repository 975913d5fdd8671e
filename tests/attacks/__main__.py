"""Attack the lab, one way after another, and measure what an honest neighbour and the server's memory feel.

    python -m tests.attacks                          every attack for 10 s
    python -m tests.attacks --seconds 600            for ten minutes each
    python -m tests.attacks --only "unasked pongs"   one of them

The server has a core of its own where there are two, the neighbour the other, which it shares with attackers that yield
to it. Quiet times and attacks alternate, so that a machine with other work shows in both; of each the median of the
rounds counts. `p99` is that of GET /hello every 20 ms, in ms; goal: at most 3 times quiet, or 20 ms. `void`: waits in
which the neighbour itself was late, which are left out. `robbed`: of the server's time, the part in % in which it was
ready and something else ran on its core. `in`: newcomers that got their first batch within 5 s. Memory in MB: before,
after the first round, the most, and when `settle` seconds or less have passed; goal: at most a fifth more than before.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import statistics
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
ROUNDS = 4  # of quiet and attack
CALM = 1.5  # s after an attack until it is quiet
SHORT = ["--forget-after", "5", "--grace", "2"]  # so that what is remembered for minutes is forgotten in seconds
FORGOTTEN = 8.0  # s until it is


class Server:
    """The lab as a process of its own."""

    def __init__(self, flags: list[str]) -> None:
        call = [sys.executable, "app.py", "--port", "0", *SHORT, *flags]
        self.process = subprocess.Popen(call, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[4].rpartition(":")[2])
        favour(self.process.pid, 0)

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) / 1024

    def waited(self) -> float:
        """How many seconds it was ready to run and did not, so far."""
        return int(Path(f"/proc/{self.process.pid}/schedstat").read_text().split()[1]) / 1e9

    def end(self) -> str:
        """Stop it. Returns what it had to report."""
        self.process.terminate()
        try:
            return self.process.communicate(timeout=10)[1]
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            return "it did not stop within 10 s"


def favour(process: int, core: int) -> None:
    """Run this process on a core of its own, before others, as far as that may be."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process, {core})
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, process, -20)


async def most(server: Server, stop: asyncio.Event) -> float:
    """The most memory it had until then."""
    peak = 0.0
    while not stop.is_set():
        peak = max(peak, server.megabytes())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)
    return peak


async def attacked(server: Server, name: str, seconds: float) -> tuple[int, Felt]:
    """How many rounds the attackers came to in so long, and what the neighbour felt of it."""
    call = [sys.executable, "-m", "tests.attacks", "--attack", name, str(server.port), str(seconds)]
    attacking = await asyncio.create_subprocess_exec(*call, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert attacking.stdout is not None
    await attacking.stdout.readline()  # it begins
    felt = await feel(server.port, seconds)
    return int((await attacking.communicate())[0] or 0), felt


async def tried(server: Server, name: str, seconds: float, settle: float) -> tuple[bool, str]:
    """One attack: whether it stayed within the goals, and a row of the table."""
    before, stop = server.megabytes(), asyncio.Event()
    peak = asyncio.create_task(most(server, stop))
    quiet, felt, steps, rounds, memory, robbed = [], [], [], 0, [before], 0.0
    for _ in range(ROUNDS):
        quiet.append(await feel(server.port, min(seconds / ROUNDS, 3.0)))
        waited, began = server.waited(), time.monotonic()
        came, one = await attacked(server, name, seconds / ROUNDS)
        robbed = max(robbed, (server.waited() - waited) / (time.monotonic() - began))
        steps.append(server.megabytes())
        felt.append(one)
        rounds += came
        await asyncio.sleep(CALM)
    stop.set()
    after, end = server.megabytes(), time.monotonic() + settle
    while after > before * GOAL_BACK and time.monotonic() < end:
        await asyncio.sleep(0.5)
        after = server.megabytes()
    memory += [steps[0], max(await peak, *steps), after]
    return row(name, quiet, felt, (rounds, robbed), memory)


def row(
    name: str, quiet: list[Felt], felt: list[Felt], about: tuple[int, float], memory: list[float]
) -> tuple[bool, str]:
    calm, p99 = (statistics.median(one.percentile(0.99) for one in times) for times in (quiet, felt))
    inside, came, errors, void = (
        sum(getattr(one, what) for one in felt) for what in ("inside", "came", "errors", "void")
    )
    faults = []
    if p99 > max(GOAL_TIMES * calm, GOAL_MS):
        faults.append("p99")
    if inside < came:
        faults.append("in")
    if memory[-1] > memory[0] * GOAL_BACK:
        faults.append("memory")
    figures = f"{calm:7.1f}{p99:7.1f}{void:6}{about[1] * 100:7.0f}{inside:6}/{came:<4}{errors:4}"
    room = "".join(f"{one:7.0f}" for one in memory)
    return not faults, f"{name:26}{about[0]:7}{figures}{room}   {' '.join(faults) or 'holds'}"


async def all_of_them(names: list[str], seconds: float, settle: float, flags: list[str]) -> int:
    print(f"{'':26}{'rounds':>7}{'quiet':>7}{'p99':>7}{'void':>6}{'robbed':>7}{'in':>8}{'lost':>7}", end="")
    print(f"{'before':>7}{'first':>7}{'most':>7}{'after':>7}")
    failed = 0
    for name in names:
        server = Server(flags)
        try:
            await warm(server.port)
            await asyncio.sleep(FORGOTTEN)
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
    parser = argparse.ArgumentParser(
        prog="python -m tests.attacks",
        description=__doc__.splitlines()[0] if __doc__ else None,
        epilog="\n".join(["attacks:", *(f"  {name}" for name in ATTACKS)]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--settle", type=float, default=30.0, help="s the server may take to give memory back")
    parser.add_argument(
        "--only", nargs="+", choices=list(ATTACKS), metavar="NAME", default=list(ATTACKS), help="some of those below"
    )
    parser.add_argument("--flags", default="", help="of app.py")
    parser.add_argument("--attack", nargs=3, metavar=("NAME", "PORT", "SECONDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attack:
        os.setpriority(os.PRIO_PROCESS, 0, 19)
        name, port, seconds = options.attack
        print(flush=True)
        print(asyncio.run(go_on(name, int(port), float(seconds), AT_ONCE)))
        return 0
    gc.disable()
    favour(0, 1)
    return asyncio.run(all_of_them(options.only, options.seconds, options.settle, options.flags.split()))


if __name__ == "__main__":
    sys.exit(main())
