"""What the page remembers while the race runs: its heap in Chromium, minute by minute, garbage collected before.

python -m tests.browser.heap --minutes 5        4 lanes × 50 messages/s; fails if it grew by 5 MB from minute 1 on
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright

from tests.browser.program import program

MOST = 5.0  # MB it may grow between the first minute and the last
KNOBS = "panel=race&race-rate=50&race-every=250"
MB = 1e6


@contextmanager
def racing(query: str) -> Iterator[tuple[Page, CDPSession]]:
    """A race that runs, and the line to the engine below it."""
    with program() as lab, sync_playwright() as playwright:
        executable = os.environ.get("LAB_CHROMIUM")
        browser = playwright.chromium.launch(executable_path=executable)
        try:
            page = browser.new_page()
            page.goto(f"{lab.url}/?{query}")
            page.locator("[data-role=race-go]").click()
            engine = page.context.new_cdp_session(page)
            engine.send("HeapProfiler.enable")
            yield page, engine
        finally:
            browser.close()


def used(engine: CDPSession) -> dict[str, Any]:
    """MB in use when all that nobody holds is gone; and how many nodes of the page there are."""
    for _ in range(2):  # what one collection frees may free more
        engine.send("HeapProfiler.collectGarbage")
    heap = engine.send("Runtime.getHeapUsage")
    dom = engine.send("Memory.getDOMCounters")
    return {"heap": heap["usedSize"] / MB, "nodes": dom["nodes"], "listeners": dom["jsEventListeners"]}


def heard(page: Page) -> str:
    """How late the page is by now: a race that has stopped would need no memory, either."""
    return page.locator("[data-lane=ws] [data-figure=p99]").inner_text().replace("\u00a0", " ")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0, help="how long the race runs (default 5)")
    parser.add_argument("--every", type=float, default=60.0, help="s between two looks (default 60)")
    parser.add_argument("--query", default=KNOBS, help=f"the page's address behind the ? (default {KNOBS})")
    chosen = parser.parse_args(arguments)
    figures: list[float] = []
    with racing(chosen.query) as (page, engine):
        began = time.monotonic()
        print("    s  heap MB  nodes  listeners  ws 99 % below")
        while (due := (len(figures) + 1) * chosen.every) <= chosen.minutes * 60:
            page.wait_for_timeout(max(0, began + due - time.monotonic()) * 1000)
            now = used(engine)
            figures.append(now["heap"])
            print(f"{due:5.0f}  {now['heap']:7.2f}  {now['nodes']:5}  {now['listeners']:9}  {heard(page)}", flush=True)
    grew = figures[-1] - figures[0]
    print(
        f"It grew by {grew:.2f} MB from {chosen.every:.0f} s to {len(figures) * chosen.every:.0f} s (goal: {MOST:g})."
    )
    return int(grew >= MOST)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
