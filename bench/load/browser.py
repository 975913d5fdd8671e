"""Clients in a real Chromium instead of the load generator: what only a browser does to its connections.

    echo RUN | python -m bench.load.browser URL PID (what `python -m bench` does)

It plays a run and tells its cells as `bench.load` does. Nothing here is timed finely: what counts is how many
connections of one page are let through at once.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from urllib.parse import urlsplit

from playwright.async_api import Browser, Error, async_playwright

from bench.experiments import Group, Run, run_of
from bench.load.ask import http
from bench.load.cells import cell_of
from bench.load.fronts import settled
from bench.load.wire import Way, new_sid
from bench.peers import chromium

SETTLED = 2.0  # s until all that may come has come
PATIENCE = 3.0  # s for a request beside the others
HEARD = 1.0  # s

# What the page does. `open` starts a client for each sid; `heard` counts the feed's messages of each.
OPEN = """({ kind, sids, hold }) => {
  globalThis.heard = sids.map(() => 0);
  globalThis.kept = [];
  const take = (n, text) => { if (text.includes('"feed":"')) globalThis.heard[n] += 1; };
  const ways = {
    async longpoll(sid, n) {
      for (let cursor = ""; ; ) {
        const text = await (await fetch(`/longpoll?sid=${sid}&hold=${hold}${cursor}`)).text();
        take(n, text);
        cursor = `&cursor=${encodeURIComponent(JSON.parse(text).cursor)}`;
      }
    },
    sse(sid, n) {
      const stream = new EventSource(`/sse?sid=${sid}`);
      stream.onmessage = (event) => take(n, event.data);
      globalThis.kept.push(stream);
    },
    ws(sid, n) {
      const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws?sid=${sid}`);
      socket.onmessage = (event) => take(n, event.data);
      globalThis.kept.push(socket);
    },
  };
  sids.forEach((sid, n) => void ways[kind](sid, n));
}"""
BESIDE = """async (patience) => {
  const began = performance.now();
  try {
    await (await fetch("/hello", { signal: AbortSignal.timeout(patience * 1000), cache: "no-store" })).text();
  } catch {
    return null;
  }
  return (performance.now() - began) / 1000;
}"""


async def held(way: Way, kind: str) -> int:
    """How many clients of this kind the server has a connection of now, as its meter says."""
    status, told = await http(way, "GET", "/stats")
    if status != 200:
        raise OSError(f"/stats was answered {status}")
    counts = told["transports"][kind]
    return int(counts["requests"] - (counts["batches"] if kind == "longpoll" else 0))


async def watched(browser: Browser, way: Way, front: str, run: Run, group: Group) -> dict[str, float | None]:
    """One page with clients of one kind. `front`: where it comes to; what is asked of the server is asked of it."""
    context = await browser.new_context(ignore_https_errors=True)
    try:
        before = await held(way, group.transport)  # of the page before, that the server has not seen leave
        page = await context.new_page()
        await page.goto(f"{front}/hello")
        sids = [new_sid() for _ in range(group.clients)]
        await page.evaluate(OPEN, {"kind": group.transport, "sids": sids, "hold": group.hold})
        await asyncio.sleep(SETTLED)
        through = await held(way, group.transport) - before
        lines = await settled(urlsplit(front).port or 80)
        beside = await page.evaluate(BESIDE, PATIENCE)
        step = run.steps[0]
        order = {"rate": step.rate, "seconds": step.seconds, "size": step.size}
        status, _feed = await http(way, "POST", "/lab/feed", order)
        if status != 201:
            raise OSError(f"the server gives no feed: {status}")
        await asyncio.sleep(HEARD)
        heard = await page.evaluate("() => globalThis.heard.filter(Boolean).length")
        return {"held": through, "beside": beside, "heard_by": heard, "lines": lines}
    finally:
        await context.close()


async def play(run: Run, url: str, front: str) -> None:
    parts = urlsplit(url)
    way = Way(parts.hostname or "127.0.0.1", parts.port or 80, "")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium.path())
        for group in run.groups:  # one after the other: a message is said to everybody
            figures = await watched(browser, way, front, run, group)
            cell = cell_of(run, group, run.steps[0], figures, None, None)
            print(json.dumps({"cell": cell}, separators=(",", ":")), flush=True)
        await browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("pid", nargs="?", type=int)
    parser.add_argument("--front", nargs=2, metavar=("URL", "PID"), help="to which the page comes instead")
    chosen = parser.parse_args()
    run = run_of(json.loads(sys.stdin.readline()))
    try:
        asyncio.run(play(run, chosen.url, chosen.front[0] if chosen.front else chosen.url))
    except (OSError, Error, KeyError) as error:
        print(json.dumps({"failed": f"the browser did not play along: {error}"}), flush=True)


if __name__ == "__main__":
    main()
