"""The tools that check the JavaScript: what they find, and what is said where they are missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.root import ROOT

CHECK = "scripts/check-js"
PIECES = ["requirements/js", "web/tsconfig.json", "tests/tsconfig.json", "eslint.config.mjs", "bench/peers"]
FAULTY = """// @ts-check
/** @param {string} word */
export function shout(word) {
  if (word) throw new Error(word); else return;
  return word.toUppercase();
}
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the scripts, without the packages."""
    shutil.copytree(ROOT / "scripts", tmp_path / "scripts")
    return tmp_path


def run(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if name != "LAB_REQUIRE"} | environment
    return subprocess.run([folder / CHECK], env=environ, capture_output=True, text=True, timeout=200)


@pytest.fixture
def tooled(copy: Path) -> Path:
    """The same with the packages and what they are told, and with no JavaScript but the little of one folder.

    `make check` looks through all of it anyway.
    """
    found = subprocess.run([ROOT / "scripts" / "get-js-tools"], capture_output=True, text=True, timeout=80)
    if found.returncode == 77:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    assert found.returncode == 0, found.stderr
    for piece in PIECES:
        target = copy / piece
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / piece, target) if (ROOT / piece).is_dir() else shutil.copy(ROOT / piece, target)
    (copy / ".cache").mkdir()
    (copy / ".cache" / "js").symlink_to(Path(found.stdout.strip()).parent)
    return copy


@pytest.mark.timeout(300)  # s of all the JavaScript there is, on a busy machine
def test_both_tools_tell_of_a_fault(tooled: Path) -> None:
    places = ("web/page", "tests/js")
    for place in places:
        (tooled / place).mkdir(parents=True)
        (tooled / place / "added.js").write_text(FAULTY)
    done = run(tooled)
    assert done.returncode == 1
    assert done.stdout.count("no-unreachable") == len(places)
    assert all(f"{place}/added.js(5,15): error TS2551" in done.stdout for place in places)


@pytest.mark.parametrize(("required", "code"), [("", 0), ("chromium", 0), ("js-tools", 1), ("all", 1)])
def test_without_node_it_says_so_and_goes_on_unless_it_is_required(copy: Path, required: str, code: int) -> None:
    programs = copy / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "tr", "cmp"):
        (programs / name).symlink_to(str(shutil.which(name)))
    done = run(copy, PATH=str(programs), LAB_REQUIRE=required)
    assert done.returncode == code
    assert "no Node.js with its npm" in done.stderr
    assert ("the JavaScript was not checked" in done.stdout) == (code == 0)


def test_the_lock_pins_what_is_asked_for_by_hash_and_names_no_host() -> None:
    folder = ROOT / "requirements" / "js"
    text = (folder / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    lock = json.loads(text)["packages"]
    asked = json.loads((folder / "package.json").read_text("utf-8"))["devDependencies"]
    assert lock.pop("")["devDependencies"] == asked
    assert {f"node_modules/{name}" for name in asked} <= lock.keys()
    assert all(package["integrity"].startswith("sha512-") for package in lock.values())
