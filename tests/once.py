"""Once: what is measured for all tests of a module is measured by one process, however many share the tests."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable
from typing import Any

import pytest


def once(factory: pytest.TempPathFactory, name: str, measure: Callable[[], Any]) -> Any:
    """What `measure` returns, as JSON has it. The first process of a run that asks measures; the others wait for it."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        return measure()
    told = factory.getbasetemp().parent / f"{name}-{run}.json"
    with told.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            told.write_text(json.dumps(measure()), "utf-8")
    return json.loads(told.read_text("utf-8"))
