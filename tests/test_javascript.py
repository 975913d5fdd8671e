"""The JavaScript client in Node, under fake time: each file of `tests/js` as `node --test`."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = sorted((ROOT / "tests" / "js").glob("*.test.mjs"))


def required(tool: str) -> bool:
    return bool({"all", tool} & set(os.environ.get("LAB_REQUIRE", "").replace(",", " ").split()))


@pytest.fixture(scope="session")
def node() -> str:
    """Node, 20.19 or later: that takes a file with `import` in it for a module without being told."""
    found = shutil.which("node")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20).stdout if found else ""
    if [int(part) for part in version.strip().lstrip("v").split(".") if part] >= [20, 19]:
        return str(found)
    lacking = f"Node.js 20.19 or later is needed, here is {version.strip() or 'none'}"
    if required("node"):
        pytest.fail(lacking)
    pytest.skip(lacking)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.removesuffix(".test.mjs"))
def test_the_javascript_client_does_what_its_tests_say(node: str, file: Path) -> None:
    done = subprocess.run([node, "--test", str(file)], cwd=ROOT, capture_output=True, text=True, timeout=50)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr


def test_there_are_such_files() -> None:
    assert len(FILES) >= 3
