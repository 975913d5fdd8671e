"""The tests of JavaScript as pytest's own: each `test` of a file `*.test.mjs` is an item; Node runs the file once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
SECONDS = 200  # for all tests of one file, on a busy machine


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    return File.from_parent(parent, path=file_path) if file_path.name.endswith(".test.mjs") else None


@cache
def lacking() -> str:
    """What is missing; empty: nothing. Node 20.19 takes a file with `import` in it for a module without being told."""
    found = shutil.which("node")
    done = found and subprocess.run([found, "--version"], capture_output=True, text=True, timeout=20)
    version = done.stdout.strip() if done else "none"
    good = [int(part) for part in version.lstrip("v").split(".") if part.isdigit()] >= [20, 19]
    return "" if good else f"Node.js 20.19 or later is needed, here is {version}"


def node(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *arguments], capture_output=True, text=True, timeout=SECONDS)


@cache
def names(folder: Path) -> subprocess.CompletedProcess[str]:
    """The names of the tests in all files of a folder, by one process."""
    return node(HERE / "names.mjs", *sorted(folder.glob("*.test.mjs")))


class File(pytest.File):
    """A file of tests. Its names are known before any of them runs, so that each can be asked for."""

    _faults: dict[str, str] | None = None

    def collect(self) -> Iterator[pytest.Item]:
        if lacking():
            yield Item.from_parent(self, name="node")
            return
        listed = names(self.path.parent)
        if listed.returncode:
            raise self.CollectError(listed.stderr)
        for line in listed.stdout.splitlines():
            file, name = json.loads(line)
            if file == str(self.path):
                yield Item.from_parent(self, name=name)

    def faults(self) -> dict[str, str]:
        """What is wrong with each test that ran, by its name; empty: nothing."""
        if self._faults is None:
            done = node(f"--test-reporter={HERE / 'outcomes.mjs'}", self.path)
            came = [json.loads(line) for line in done.stdout.splitlines() if line.startswith('{"name":')]
            self._faults = {one["name"]: one["fault"] for one in came}
            if done.returncode and not any(self._faults.values()):  # what a test began broke after its end
                self._faults = dict.fromkeys(self._faults, done.stdout + done.stderr)
        return self._faults


class Failed(Exception):
    """A test of JavaScript failed, and said why."""


class Item(pytest.Item):
    def __init__(self, **more: object) -> None:
        super().__init__(**more)  # type: ignore[arg-type]
        self.add_marker(pytest.mark.timeout(SECONDS + 10))

    def runtest(self) -> None:
        if lacking():
            needed = {"all", "node"} & set(os.environ.get("LAB_REQUIRE", "").replace(",", " ").split())
            (pytest.fail if needed else pytest.skip)(lacking())
        assert isinstance(self.parent, File)
        if fault := self.parent.faults().get(self.name, "it did not run"):
            raise Failed(fault)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if excinfo.errisinstance(Failed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.name
