"""Mutants: the code broken on purpose, one way after another. A test that does not notice proves nothing.

    python -m tests.mutants              all of them
    python -m tests.mutants --some 5     some, others each day
    python -m tests.mutants --only NAME  one

Each is applied to a copy of the tree, and only its named test is run there: it must fail. In the unbroken tree the same
tests must pass.
"""

from __future__ import annotations

import argparse
import datetime
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.mutations import MUTATIONS, Mutation

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "transport_fallback"  # the copy has its name, and comes before the checkout that the environment knows
NOT_COPIED = shutil.ignore_patterns(".*")  # what is compiled comes along: Python sees by time and size what is broken
SECONDS = 150  # for one named test, which may have as many cases as transports


class Outcome(NamedTuple):
    mutation: Mutation
    fault: str  # why this proves nothing; empty: the mutant was caught
    seconds: float


def broken_copy(mutation: Mutation | None, folder: Path) -> None:
    """Copy the tree, and break the copy. LookupError: the text to be replaced is not there, or not once."""
    shutil.copytree(ROOT, folder, ignore=NOT_COPIED)
    if mutation is None:
        return
    path = folder / mutation.file
    text = path.read_text("utf-8")
    if text.count(mutation.old) != 1:
        raise LookupError(f"{mutation.file} has {text.count(mutation.old)} times: {mutation.old!r}")
    path.write_text(text.replace(mutation.old, mutation.new), "utf-8")


def run(tests: list[str], folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, *tests]
    environment = {**os.environ, "PYTHONPATH": str(folder.parent)}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS * len(tests) + 60, env=environment
    )


def try_out(mutation: Mutation) -> Outcome:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as scratch:
        folder = Path(scratch) / PACKAGE
        try:
            broken_copy(mutation, folder)
            done = run([mutation.test], folder, "-x", "--hypothesis-profile", "caught")
            # 1: a test failed. 4 or 5: there is no such test, so nothing was proven.
            fault = {0: "survived", 1: ""}.get(done.returncode, f"pytest ended with {done.returncode}")
        except LookupError as error:
            fault = str(error)
        except subprocess.TimeoutExpired:
            fault = f"no end within {SECONDS} s"
    return Outcome(mutation, fault, time.monotonic() - started)


def sound(mutations: list[Mutation]) -> bool:
    """Whether the named tests pass where nothing is broken. Those in a browser run apart: Playwright keeps the loop."""
    tests = sorted({mutation.test for mutation in mutations})
    apart = [[test for test in tests if test.startswith("tests/browser/") == browser] for browser in (False, True)]
    passed = True
    with tempfile.TemporaryDirectory(prefix="mutant-") as scratch:
        folder = Path(scratch) / PACKAGE
        broken_copy(None, folder)
        for several in filter(None, apart):
            done = run(several, folder)
            print("unbroken:", done.stdout.strip().splitlines()[-1], flush=True)
            if done.returncode != 0:
                print(done.stdout)
            passed = passed and done.returncode == 0
    return passed


def chosen(options: argparse.Namespace) -> list[Mutation]:
    if options.only:
        return [mutation for mutation in MUTATIONS if mutation.name in options.only]
    if options.some:
        day = datetime.date.today().toordinal()
        order = random.Random(2711).sample(MUTATIONS, len(MUTATIONS))
        return [order[(day * options.some + i) % len(order)] for i in range(min(options.some, len(order)))]
    return list(MUTATIONS)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutants", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--some", type=int, metavar="N", help="N of them, others each day")
    parser.add_argument("--only", nargs="+", metavar="NAME")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    mutations = chosen(options)
    if options.list:
        for mutation in mutations:
            print(f"{mutation.name:32} {mutation.why}")
        return 0
    if not mutations:
        return 1
    failed = 0
    with ThreadPoolExecutor(2) as pool:
        unbroken = pool.submit(sound, mutations)  # beside the first mutants: where it fails, they proved nothing
        for mutation, fault, seconds in pool.map(try_out, mutations):
            failed += bool(fault)
            verdict = "caught" if not fault else f"NOT CAUGHT: {fault}"
            print(f"{mutation.name:32} {verdict:10} {seconds:5.1f} s  {mutation.test}", flush=True)
    print(f"{len(mutations) - failed} passed, {failed} failed")
    return 1 if failed or not unbroken.result() else 0


if __name__ == "__main__":
    sys.exit(main())
