"""Socket.IO on Node as a server to be loaded: got by name, or left out where there is no Node."""

from __future__ import annotations

import shutil
import subprocess

from bench.peers.socketio import CACHE, FOLDER

PACKAGES = ("socket.io@4.8.3",)


def lacking() -> str:
    """Why it cannot be measured here; "" if it can."""
    names = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(names)} not found: Socket.IO on Node is left out" if names else ""


def install() -> None:
    """Get it by name, once for each version."""
    stamp = CACHE / ("server " + " ".join(PACKAGES))
    if stamp.exists():
        return
    CACHE.mkdir(parents=True, exist_ok=True)
    npm = ["npm", "--silent", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES]
    subprocess.run(npm, cwd=CACHE, check=True)
    stamp.touch()


def version() -> str:
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True)
    return f"{', '.join(PACKAGES)} on Node {told.stdout.strip()}"


def server(port: int) -> list[str]:
    """The command that starts it."""
    return ["node", str(FOLDER / "node_server.mjs"), str(CACHE), str(port)]
