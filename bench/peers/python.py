"""python-socketio as a server to be loaded: got by name, into an environment of its own."""

from __future__ import annotations

import subprocess
import sys

from bench.peers.socketio import CACHE, FOLDER, PYTHON_PACKAGES


def install() -> None:
    """Get it by name, once for each version."""
    stamp = CACHE / ("server " + " ".join(PYTHON_PACKAGES))
    if stamp.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    if not (CACHE / "venv/bin/python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(CACHE / "venv")], check=True)
    subprocess.run([str(CACHE / "venv/bin/pip"), "--quiet", "install", *PYTHON_PACKAGES], check=True)
    stamp.touch()


def version() -> str:
    return ", ".join(PYTHON_PACKAGES)


def server(port: int) -> list[str]:
    """The command that starts it."""
    # -P: in the script's folder a file goes by the name of the package it imports.
    return [str(CACHE / "venv/bin/python"), "-P", str(FOLDER / "python_server.py"), str(port)]
