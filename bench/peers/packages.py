"""The packages of other libraries: got by name and exact version, once, into folders of their own."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
CACHE = FOLDER.parent.parent / ".cache" / "peers"
NPM = ("npm", "--silent", "install", "--no-audit", "--no-fund", "--ignore-scripts")
PYTHON = CACHE / "venv" / "bin" / "python"


def lacking(what: str) -> str:
    """Why nothing of npm's can be had here; "" if it can."""
    names = [name for name in ("node", "npm") if shutil.which(name) is None]
    return f"{' and '.join(names)} not found: {what} is left out" if names else ""


def npm(packages: tuple[str, ...], folder: Path) -> None:
    """Packages for Node. CalledProcessError: npm could not get them."""
    with _once(folder / " ".join(packages)) as missing:
        if missing:
            subprocess.run([*NPM, *packages], cwd=folder, check=True)


def there(packages: tuple[str, ...]) -> bool:
    """Whether these are all there for Python: while somebody gets them, some are not."""
    return (CACHE / ("pip " + " ".join(packages))).exists()


def pip(packages: tuple[str, ...]) -> None:
    """Packages for an environment of Python of their own. CalledProcessError: pip could not get them."""
    with _once(CACHE / ("pip " + " ".join(packages))) as missing:
        if not missing:
            return
        if not PYTHON.exists():
            subprocess.run([sys.executable, "-m", "venv", str(CACHE / "venv")], check=True)
        subprocess.run([str(PYTHON), "-m", "pip", "--quiet", "install", *packages], check=True)


def node_version() -> str:
    return subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()


@contextlib.contextmanager
def _once(stamp: Path) -> Iterator[bool]:
    """Whether it is still to be done; one at a time, since tests ask for the same at once."""
    if stamp.exists():
        yield False
        return
    stamp.parent.mkdir(parents=True, exist_ok=True)
    with (stamp.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not stamp.exists()
        stamp.touch()
