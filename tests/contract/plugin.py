"""For pytest: the suite of the contract, held against the transport of one file; see tests/contract/__main__.py.

It is loaded before the suite's own conftest.py, and puts that transport in the place of the four.
"""

from __future__ import annotations

import os
import textwrap
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import tests.serving
from tests.contract.own import code_of, load, reader_of, route_of
from tests.contract.words import compared, named, of_error, rule_of
from tests.stranger import readers
from transport_fallback.app import build

FILE = Path(os.environ["OWN_TRANSPORT"])
MODULE = load(FILE)
readers.TRANSPORTS.clear()
readers.TRANSPORTS["own"] = reader_of(MODULE)
WIDTH = 100

said: list[str] = []  # of the test that runs: what its comparisons found
failed: dict[tuple[str, str], list[str]] = {}  # the name of a rule, and its sentence → what was found
passed = 0


@pytest.fixture(autouse=True, scope="session")
def served() -> Iterator[None]:
    """Every server of the suite has this transport, too."""

    def with_it(*given: Any, **named: Any) -> Any:
        app = build(*given, **named)
        app.router.routes.insert(0, route_of(MODULE, app.state.clients))
        return app

    with patch.object(tests.serving, "build", with_it):
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Only the rules for every transport, and each once: what is not ours has no fast way, and one log."""
    of_each = [item for item in items if "transport" in getattr(item, "fixturenames", ())]
    kept = [item for item in of_each if "plain" not in item.name and "cluster" not in item.name]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def pytest_runtest_setup(item: pytest.Item) -> None:
    said.clear()


def pytest_assertrepr_compare(op: str, left: object, right: object) -> None:
    if op in ("==", "is"):
        said.append(compared(left, right))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    global passed
    report = yield
    if call.excinfo is not None and report.outcome == "failed":
        error = call.excinfo.value
        why = said[-1:] or [of_error(error) or str(error).strip().partition("\n")[0] or type(error).__name__]
        function: Any = getattr(item, "function", None)
        failed.setdefault((named(function), rule_of(function)), []).extend(why)
    elif report.when == "call":
        passed += 1
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """A dot for each rule, and nothing more until all are told."""
    return (report.outcome, "." if report.passed else "F", "") if report.when == "call" else None


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    write = terminalreporter.write_line
    for (name, rule), found in failed.items():
        write("")
        write(name)
        for text in (rule, "But " + "; ".join(dict.fromkeys(found)) + "."):
            for line in textwrap.wrap(text, WIDTH - 4):
                write(f"    {line}")
    write("")
    if failed:
        write(f"{len(failed)} promises are broken, {passed} rules hold.")
    else:
        write(f"It holds: {passed} rules, each on a server of its own.")
    if not failed and not config.option.keyword:  # else it was some of the rules
        write(f"The code of this file: {code_of(FILE.read_text('utf-8-sig'), passed)}")
