"""python-socketio as a server to be loaded: got by name, into an environment of its own."""

from __future__ import annotations

from bench.peers import packages
from bench.peers.packages import FOLDER, PYTHON

PACKAGES = ("python-socketio==5.18.1", "uvicorn[standard]==0.54.0")


def install() -> None:
    """Get it by name, once for each version."""
    packages.pip(PACKAGES)


def version() -> str:
    return ", ".join(PACKAGES)


def server(port: int) -> list[str]:
    """The command that starts it."""
    # -P: what it imports is in its environment, not beside it.
    return [str(PYTHON), "-P", str(FOLDER / "python_server.py"), str(port)]
