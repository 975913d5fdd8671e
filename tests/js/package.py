"""The JavaScript client as npm installs it: packed, and put into an empty folder beside what it is given in Node."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.root import ROOT

GIVEN = ("ws", "eventsource", "eventsource-parser")
NPM = ["--offline", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]


def printed(script: str, *arguments: object) -> Path:
    """The path that one of `scripts/` prints; skipped where it says that something is missing."""
    command = [str(ROOT / "scripts" / script), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    if done.returncode == 77:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="session")
def js_tools() -> Path:
    """The folder of the packages that `scripts/get-js-tools` finds or gets."""
    return printed("get-js-tools")


@pytest.fixture(scope="session")
def installed(js_tools: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `npm install` put the packed client, without a network, beside `ws` and `eventsource`."""
    folder = tmp_path_factory.mktemp("npm")
    packed = printed("pack-client", folder)
    (folder / "package.json").write_text('{"private": true, "type": "module"}\n')
    npm = shutil.which("npm")
    assert npm is not None, "get-js-tools found one"
    done = subprocess.run([npm, "install", *NPM, packed], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    for name in GIVEN:
        shutil.copytree(js_tools / name, folder / "node_modules" / name)
    return folder
