"""What the page promises, measured in Chromium: `make goals`. Times are of this machine; they are told, not asserted.

weight      kB of all a first view loads, comments not counted (goal: 120)
news        ms from navigation to the first message of the other seat's, on loopback (goal: 300)
frames      with hundreds of events a second on the wire: ms between two frames, and the longest task
            (goals: p99 at most 34, none over 50)
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import urllib.request

from playwright.sync_api import Browser, Page, Response, sync_playwright

from tests.browser.page import Seat
from tests.browser.program import Crowd, Program, program

VIEWS = 7  # of which the median is told
ROOM = "goals"  # of few: to a crowd a feed does not say so much
RATE, SECONDS = 100, 20  # messages a second of the feed, to both seats; s of looking
BLOCK_COMMENTS = re.compile(r"/\*.*?\*/|<!--.*?-->", re.DOTALL)
LINE_COMMENTS = re.compile(r"^\s*//.*\n|(?<=[;{},)\]]) +// .*$", re.MULTILINE)
WATCH = """() => {
  const seen = { frames: [], tasks: [] };
  globalThis.seen = seen;
  new PerformanceObserver((list) => seen.tasks.push(...list.getEntries().map((task) => task.duration)))
    .observe({ type: "longtask" });
  let last = null;
  const frame = (at) => {
    if (last !== null) seen.frames.push(at - last);
    last = at;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}"""
HEARD = """() => new Promise((resolve) => {
  const heard = () => document.querySelector("[data-role=messages] li");
  const look = () => (heard() ? resolve(performance.now()) : setTimeout(look, 1));
  look();
})"""


def bare(text: str) -> str:
    """A text without its comments."""
    return LINE_COMMENTS.sub("", BLOCK_COMMENTS.sub("", text))


def weight(browser: Browser, lab: Program, lang: str = "en") -> dict[str, tuple[int, int]]:
    """Of each file a first view loads: bytes on the wire, comments and all, and bytes written, comments not counted."""
    page = browser.new_page(locale=lang)
    loaded: list[Response] = []
    page.on("response", lambda response: loaded.append(response))
    page.goto(lab.url)
    Seat(page, "right").reads_by("ws")
    page.evaluate(HEARD)  # the hub speaks: what has it do so is loaded last
    sizes = {}
    for response in list(loaded):  # what comes while these are weighed is no part of it
        if response.request.resource_type in ("document", "script", "stylesheet"):
            size = response.request.sizes()
            wire = size["responseBodySize"] + size["responseHeadersSize"]
            sizes[response.url.removeprefix(lab.url)] = (wire, len(bare(response.text()).encode()))
    page.close()
    return sizes


def news(browser: Browser, lab: Program) -> float:
    """ms from navigation until the first message is in the page."""
    page = browser.new_page()
    page.goto(lab.url, wait_until="commit")
    took: float = page.evaluate(HEARD)
    page.close()
    return took


def enter(seat: Seat, room: str) -> None:
    seat.part("room-panel").locator("summary").click()
    seat.part("room").fill(room)
    seat.part("join").click()
    seat.part("rooms").get_by_text(room).wait_for()
    seat.part("room-panel").locator("summary").click()


def frames(page: Page, lab: Program, seconds: float) -> dict[str, float]:
    """While a feed speaks to both seats: distances of frames, and tasks that block."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(lab.url + "/?left=sse&right=ws&talk=0")
    Seat(page, "right").reads_by("ws")
    for side in ("left", "right"):
        enter(Seat(page, side), ROOM)
    owner = Crowd(lab)
    owner.come(1)
    owner.here[0].ask("join", {"room": ROOM})
    feed = json.dumps({"rate": RATE, "seconds": seconds + 5, "size": 40, "room": ROOM}).encode()
    url = f"{lab.url}/lab/feed?sid={owner.here[0].sid}"
    urllib.request.urlopen(urllib.request.Request(url, feed, {"Content-Type": "application/json"})).close()
    page.wait_for_timeout(2000)
    page.evaluate(WATCH)
    page.wait_for_timeout(seconds * 1000)
    seen = page.evaluate("seen")
    distances = sorted(seen["frames"])
    return {
        "events a second": RATE * 4,  # two seats, each flight seen from both ends
        "frames": len(distances),
        "p50": distances[len(distances) // 2],
        "p99": distances[int(len(distances) * 0.99)],
        "longest": distances[-1],
        "tasks over 50 ms": len(seen["tasks"]),
        "longest task": max(seen["tasks"], default=0),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of looking at frames")
    seconds = parser.parse_args().seconds
    with program() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["LAB_CHROMIUM"])
        for lang in ("en", "zh"):
            sizes = weight(browser, lab, lang)
            wire, written = (sum(size[i] for size in sizes.values()) / 1000 for i in (0, 1))
            print(f"weight, {lang}: {wire:.1f} kB loaded in {len(sizes)} files (goal: 120), {written:.1f} kB of text")
        page = browser.new_page()
        page.goto(lab.url)
        left = Seat(page, "left")
        left.say("something to find")
        left.hears("something to find")
        page.close()
        took = [news(browser, lab) for _ in range(VIEWS)]
        print(f"news: {statistics.median(took):.0f} ms, {min(took):.0f} to {max(took):.0f} (goal: 300)")
        for name, value in frames(browser.new_page(), lab, seconds).items():
            print(f"frames: {name}: {value:.1f}")
        browser.close()


if __name__ == "__main__":
    main()
