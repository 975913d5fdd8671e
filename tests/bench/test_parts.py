"""Whose the memory of an idle client is: counted in a server, and told in a table whose parts come to the whole."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import msgspec
import pytest
import starlette

from bench.load import parts as traced
from bench.report.document import parse
from bench.report.files import tables
from bench.report.page import html
from bench.report.parts import REST, parts
from tests.bench.test_bench_report import Run, framed


def test_memory_is_told_by_the_code_that_asked_for_it() -> None:
    root = traced.ROOT
    assert traced.part_of(str(root / "log" / "store.py")) == "our log"
    assert traced.part_of(str(root / "hub.py")) == "our hub"
    assert traced.part_of(str(Path(starlette.__file__).parent / "routing.py")) == "starlette"
    assert traced.part_of(msgspec.__file__) == "msgspec"
    assert traced.part_of("<string>") == traced.part_of("<frozen os>") == traced.part_of(tracemalloc.__file__)


def test_what_is_held_is_counted() -> None:
    tracemalloc.start()
    try:
        before = traced.parts().get("our tests", 0)
        kept = [bytes(1000) for _ in range(1000)]
        assert traced.parts()["our tests"] - before == pytest.approx(1000 * len(kept), rel=0.1)
    finally:
        tracemalloc.stop()


def test_the_parts_come_to_the_whole() -> None:
    run = Run()
    for way, whole in (("sse", 10_240.0), ("ws", 12_288.0)):
        held = {"our serving": 4096.0, "uvicorn": 2048.0, "websockets": 1024.0 if way == "ws" else 0.0, "tiny": 3.0}
        run.add("E5", way, way, lambda: {"memory_per_client": whole}, clients=1000)
        run.add("E5", f"traced {way}", way, lambda: {"parts": held}, "traced", clients=1000)
    told = parse(framed(run))
    table = parts(told)
    assert table is not None and table.head == ["whose", "sse", "ws"]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["our serving"] == ["4", "4"] and rows["websockets"] == ["0", "1"] and "tiny" not in rows
    assert rows["all that Python holds"] == ["6", "7"] and rows[REST] == ["4", "5"]
    assert rows["what the process grew by"] == ["10", "12"]
    assert table.title in html(told) and table.title in tables(told)


def test_a_run_in_which_nobody_counted_has_no_such_table() -> None:
    run = Run()
    run.add("E5", "ws", "ws", lambda: {"memory_per_client": 1.0}, clients=1000)
    assert parts(parse(framed(run))) is None
