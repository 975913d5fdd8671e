"""The attacks, each for a moment: the server goes on answering, newcomers get in, it keeps little, and it stops.

What a neighbour waits is measured by `make attacks`; here nothing is timed but by patience.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import pytest

from tests.attacks.attackers import ATTACKS
from tests.attacks.neighbour import Felt, newcomer
from tests.root import ROOT

pytestmark = pytest.mark.anyio

NEWCOMERS, PAUSE = 5, 0.1  # s between two of them
FILES = 400  # that the server may open
MOST_FILES = FILES * 7 // 10  # with half of the connections to one address, and its share of links, each of three files
MEGABYTES = 100  # more than before; what some of these attacks hoarded in a second where nothing bounds them
DRAIN = 20  # s that a stopping server may take, on a busy machine too: one that used them up says so
HURRIED = b"timeout graceful shutdown exceeded"  # uvicorn's word, where it has not had a core for a second
STOPPED = 2 * DRAIN  # s of patience with it


async def started() -> tuple[asyncio.subprocess.Process, int]:
    server = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'ulimit -n {FILES}; exec "$0" app.py --port 0 --drain-seconds {DRAIN}', sys.executable),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert server.stdout is not None
    return server, int((await server.stdout.readline()).split()[4].rpartition(b":")[2])


def megabytes(process: int) -> float:
    with open(f"/proc/{process}/status") as status:
        return int(status.read().split("VmHWM:")[1].split()[0]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="addresses of 127.0.0.0/8, and /proc")
@pytest.mark.parametrize("name", ATTACKS)
async def test_under_attack_newcomers_get_in_and_it_stops_when_told(name: str) -> None:
    server, port = await started()
    attacking = None
    try:
        before = megabytes(server.pid)
        attacking = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attacks", "--attack", name, str(port), "60"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert attacking.stdout is not None
        await attacking.stdout.readline()  # it begins
        felt = Felt()
        for _ in range(NEWCOMERS):
            await newcomer(port, felt)
            await asyncio.sleep(PAUSE)
        assert felt.inside == NEWCOMERS
        assert len(os.listdir(f"/proc/{server.pid}/fd")) <= MOST_FILES
        assert megabytes(server.pid) - before < MEGABYTES
        server.send_signal(signal.SIGTERM)  # and the attack goes on
        _out, reported = await asyncio.wait_for(server.communicate(), STOPPED)
        assert not [line for line in reported.splitlines() if HURRIED not in line]
        assert server.returncode == -signal.SIGTERM
    finally:
        for process in filter(None, (server, attacking)):
            if process.returncode is None:
                process.kill()
            await process.communicate()
