"""The servers of the fan-out: a fresh process for each cell, alone on its core, and what it has used of it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.fanout.targets import Target, environment
from bench.load.servers import ROOT, SERVER_CORE, free_port, pin

STARTING = 30.0  # s, on a busy machine
ENDING = 5.0  # s
PAGE = os.sysconf("SC_PAGE_SIZE")


class Unfit(Exception):
    """This server did not come up."""


@dataclass
class Server:
    """One that runs."""

    port: int
    process: subprocess.Popen[bytes]
    started: float  # s from its start until it took a connection

    def used(self) -> tuple[int, int]:
        """ns that all its threads have run, and ns that its first could have run but for others on its core."""
        ran = waited = 0
        for thread in Path(f"/proc/{self.process.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # it ended meanwhile
                here, there, _turns = (thread / "schedstat").read_text().split()
                ran += int(here)
                if thread.name == str(self.process.pid):
                    waited = int(there)
        return ran, waited

    def memory(self) -> int:
        """Bytes of it that are in memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE


@contextlib.contextmanager
def serving(target: Target, pinned: bool = True) -> Iterator[Server]:
    """A fresh server of this target. Unfit: it did not start."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="fanout-") as folder:
        os.chmod(folder, 0o755)
        began = time.perf_counter()
        process = subprocess.Popen(
            target.command(port, Path(folder)),
            cwd=ROOT,
            env=environment(target),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=(lambda: pin(SERVER_CORE)) if pinned else None,
        )
        try:
            until_it_listens(process, port, target.name)
            yield Server(port, process, time.perf_counter() - began)
        finally:
            process.kill()
            process.wait(ENDING)


def until_it_listens(process: subprocess.Popen[bytes], port: int, name: str) -> None:
    ends = time.perf_counter() + STARTING
    while time.perf_counter() < ends and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise Unfit(f"the server {name} did not start")
