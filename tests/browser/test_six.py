"""What the bench counts in a browser: six connections to a host, and WebSockets apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from bench.claims import findings
from bench.report.document import read
from bench.theory.stats import Verdict

ROOT = Path(__file__).resolve().parents[2]


def test_the_bench_counts_the_connections_of_a_tab(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--only", "E9", "--rounds", "1", "--out", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=80, capture_output=True)
    document = read(tmp_path / "bench.json")
    assert {cell.transport: cell.void for cell in document.cells} == {"longpoll": None, "sse": None, "ws": None}
    figures = {cell.transport: cell.figures for cell in document.cells}
    assert {name: told["held"] for name, told in figures.items()} == {"longpoll": 6, "sse": 6, "ws": 8}
    assert {name: told["heard_by"] for name, told in figures.items()} == {"longpoll": 8, "sse": 6, "ws": 8}
    assert figures["sse"]["beside"] is None and figures["ws"]["beside"] < 1
    verdicts = {claim.number: finding.verdict for claim, finding in findings(document)}
    assert verdicts["C17"] is Verdict.HOLDS
    assert "heard by" in json.dumps((tmp_path / "report.html").read_text())
