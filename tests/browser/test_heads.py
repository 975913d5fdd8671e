"""The heads that the bench replays over HTTP/2 are those of this Chromium, to the byte."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_replayed_request_is_as_large_as_the_browsers_own() -> None:
    command = [sys.executable, "-m", "bench.load.catching"]
    done = subprocess.run(command, cwd=ROOT, check=True, timeout=60, capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert told["kinds"] == ["page", "poll", "poll", "poll", "sse"]
    assert told["replayed"] == told["browser"]
    page, first, second, third, stream = told["browser"]
    assert second == third < first < page and second < stream < told["http1"]["sse"]
    assert {"page", "poll", "sse", "ws"} == told["http1"].keys() and min(told["http1"].values()) > 300
