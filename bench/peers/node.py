"""Socket.IO on Node as a server to be loaded: got by name, or left out where there is no Node."""

from __future__ import annotations

from bench.peers import packages
from bench.peers.packages import CACHE, FOLDER

PACKAGES = ("socket.io@4.8.3",)


def lacking() -> str:
    """Why it cannot be measured here; "" if it can."""
    return packages.lacking("Socket.IO on Node")


def install() -> None:
    """Get it by name, once for each version."""
    packages.npm(PACKAGES, CACHE)


def version() -> str:
    return f"{', '.join(PACKAGES)} on Node {packages.node_version()}"


def server(port: int) -> list[str]:
    """The command that starts it."""
    return ["node", str(FOLDER / "node_server.mjs"), str(CACHE), str(port)]
