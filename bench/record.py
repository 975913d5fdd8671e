"""The record of a run: its document as it grows, and the machine it was measured on."""

from __future__ import annotations

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.load.servers import GENERATOR_CORE, ROOT, SERVER_CORE, SETTINGS, version_of

VERSION = 1
PACKAGES = (
    "starlette",
    "uvicorn",
    "websockets",
    "sse-starlette",
    "httptools",
    "uvloop",
    "msgspec",
    "hdrhistogram",
    "h2",
)


@dataclass
class Record:
    """The document as it grows, kept on disk from run to run."""

    path: Path
    document: dict[str, Any]
    began: tuple[int, int] = field(default_factory=lambda: stolen())

    def keep(self) -> None:
        steal, ticks = (end - begin for end, begin in zip(stolen(), self.began, strict=True))
        self.document["ended"] = now()
        self.document["machine"]["steal_percent"] = round(100 * steal / ticks, 2) if ticks else None
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(self.document, separators=(",", ":")) + "\n", encoding="utf-8")
        fresh.replace(self.path)


def machine(others: Iterable[str] = ()) -> dict[str, Any]:
    """What it was measured on, and which `others` beside ours. Nothing that names the machine or its owner."""
    cpu = read_line("/proc/cpuinfo", "model name") or platform.machine()
    memory = read_line("/proc/meminfo", "MemTotal")
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    beside = []
    for name in others:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            beside.append(version_of(name))
    congestion = Path("/proc/sys/net/ipv4/tcp_congestion_control")
    own = congestion.read_text().strip() if congestion.exists() else "unknown"
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "memory_mib": int(memory.split()[0]) // 1024 if memory else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "versions": versions,
        "others": "; ".join(beside) or None,
        "server": SETTINGS,
        "loop": "uvloop, server and generator",
        "congestion": f"cubic on our connections (the machine's own is {own})",
        "pinned": f"server on core {SERVER_CORE}, generator on core {GENERATOR_CORE}"
        if (os.cpu_count() or 1) > 1
        else "nothing: there is one core",
        "steal_percent": None,
    }


def commit() -> str | None:
    """The state of this code, as git names it. None: nobody can tell."""
    with contextlib.suppress(OSError):
        asked = ["git", "describe", "--always", "--dirty"]
        return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip() or None
    return None


def read_line(path: str, name: str) -> str:
    """What a file of the kernel says after this name; "" if it does not."""
    with contextlib.suppress(OSError):
        for line in Path(path).read_text().splitlines():
            if line.startswith(name):
                return line.partition(":")[2].strip()
    return ""


def stolen() -> tuple[int, int]:
    """Ticks that the host took from us, and all ticks."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        ticks = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return ticks[7], sum(ticks)
    return 0, 0


def now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
