"""python-socketio with the real socket.io-client: got by name, started, listened to."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from bench.fallback.rows import Told

FOLDER = Path(__file__).resolve().parent
CACHE = FOLDER.parent.parent / ".cache" / "peers"
PYTHON_PACKAGES = ("python-socketio==5.18.1", "uvicorn[standard]==0.54.0")
NODE_PACKAGES = ("socket.io-client@4.8.4",)
STARTING = 30.0  # s for node to begin, on a busy machine


def lacking() -> str:
    """Why this peer cannot be measured here; "" if it can."""
    names = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(names)} not found: socket.io-client is left out" if names else ""


def install() -> None:
    """Get both ends by name, into a folder of their own, once for each version."""
    stamp = CACHE / " ".join((*PYTHON_PACKAGES, *NODE_PACKAGES))
    if stamp.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run([sys.executable, "-m", "venv", str(CACHE / "venv")], check=True)
    subprocess.run([str(CACHE / "venv/bin/pip"), "--quiet", "install", *PYTHON_PACKAGES], check=True)
    npm = ["npm", "--silent", "install", "--no-audit", "--no-fund", "--ignore-scripts", *NODE_PACKAGES]
    subprocess.run(npm, cwd=CACHE, check=True)
    stamp.touch()


def server(port: int, ping: list[str]) -> list[str]:
    """The command that starts the server; `ping`: interval and timeout in s, or nothing for its own."""
    # -P: in the script's folder this very file goes by the name of the package it imports.
    return [str(CACHE / "venv/bin/python"), "-P", str(FOLDER / "socketio_server.py"), str(port), *ping]


def versions() -> dict[str, str]:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {"node": node, "packages": ", ".join((*PYTHON_PACKAGES, *NODE_PACKAGES))}


@contextlib.asynccontextmanager
async def client(url: str, how: str, speaks: bool) -> AsyncIterator[Told]:
    """A client as a process of its own; what it tells is written down as it comes."""
    process = await asyncio.create_subprocess_exec(
        "node", str(FOLDER / "socketio_client.mjs"), url, how, *(["speaks"] if speaks else []),
        stdout=asyncio.subprocess.PIPE, start_new_session=True, env={**os.environ, "LAB_PEERS": str(CACHE)},
    )  # fmt: skip
    assert process.stdout
    listening = None
    try:
        async with asyncio.timeout(STARTING):
            line = await process.stdout.readline()
        if not line:
            raise OSError("socket.io-client did not start")
        told = Told(json.loads(line)[0])
        listening = asyncio.create_task(listen(process.stdout, told))
        yield told
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if listening:
            await listening


async def listen(lines: asyncio.StreamReader, told: Told) -> None:
    async for line in lines:
        if not line.endswith(b"\n"):
            return  # it was ended in the middle of a word
        at, what, value = json.loads(line)
        if what == "heard":
            told.heard.append((at, value))
        else:
            told.uses(value, at)
