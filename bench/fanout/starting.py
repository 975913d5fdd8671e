"""Starting: how long app.py takes until it answers, and what of that its imports take."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time

from bench.fanout.targets import Target, app, environment
from bench.load.servers import ROOT, SERVER_CORE, free_port, pin

STARTING = 30.0  # s
KEPT = {"PYTHONDONTWRITEBYTECODE": ""}  # what was compiled once is not compiled again, as where people start it
IMPORTED = re.compile(r"import time:\s+(\d+) \|")


def start(target: Target, pinned: bool = True) -> float:
    """s from the start of the process until GET /hello is answered by 200. OSError: it never was."""
    port = free_port()
    began = time.perf_counter()
    process = subprocess.Popen(
        app(port, ROOT), cwd=ROOT, env=environment(target) | KEPT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, preexec_fn=(lambda: pin(SERVER_CORE)) if pinned else None,
    )  # fmt: skip
    try:
        while time.perf_counter() < began + STARTING:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
                    line.sendall(b"GET /hello HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
                    if line.recv(65536).startswith(b"HTTP/1.1 200"):
                        return time.perf_counter() - began
            except OSError:
                time.sleep(0.002)
        raise OSError(f"app.py did not answer within {STARTING:g} s")
    finally:
        process.kill()
        process.wait()


def imports() -> float:
    """s that `python -X importtime` counts, of all modules app.py imports; its counting makes it slower."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import transport_fallback.app"],
        cwd=ROOT, env=os.environ | KEPT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return sum(int(found) for found in IMPORTED.findall(told.stderr)) / 1e6
