"""What the bench counts in a browser: six connections to a host, and WebSockets apart."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

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


PAST = """
import asyncio, json
from bench.experiments import Group, Run, Step
from bench.playing import play
kept = []
groups = tuple(Group(kind, kind, clients=8, hold=20, http=2) for kind in ("sse", "ws"))
asyncio.run(play(Run("E11", groups, (Step(rate=1),), browser=True, front="haproxy-tls"), None, kept.append))
print(json.dumps(kept))
"""


def test_past_six_over_http2_streams_and_websockets_share_one_connection() -> None:
    """HAProxy offers WebSocket over HTTP/2 (RFC 8441), and Chromium takes it."""
    looked = subprocess.run([ROOT / "scripts/get-proxies", "look"], capture_output=True, text=True, timeout=20)
    if looked.returncode == 77:
        pytest.skip(looked.stderr.strip())
    assert looked.returncode == 0, looked.stderr
    done = subprocess.run(
        [sys.executable, "-c", PAST], cwd=ROOT, check=True, timeout=80, capture_output=True, text=True
    )
    figures = {cell["transport"]: cell["figures"] for cell in json.loads(done.stdout)}
    assert {kind: told["held"] for kind, told in figures.items()} == {"sse": 8, "ws": 8}
    assert {kind: told["heard_by"] for kind, told in figures.items()} == {"sse": 8, "ws": 8}
    assert {kind: told["lines"] for kind, told in figures.items()} == {"sse": 1, "ws": 1}
    assert all(told["beside"] < 1 for told in figures.values())
