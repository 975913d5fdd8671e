"""The status of a seat is true on each network: what carries now, why not another, and when that is tried."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.page import Seat, until

LOOKS = 12  # at the status while the network is as it is
SLACK = 3  # s a time that was told may be past: the clock is told in seconds, and the machine may be busy
LOOK = """() => {
  const part = (role) => document.querySelector(`[data-seat=right] [data-role=${role}]`);
  const last = [...document.querySelectorAll("[data-seat=right] [data-role=messages] li")].at(-1);
  return [part("transport").dataset.transport, part("why").textContent, last?.dataset.transport, last?.dataset.seq];
}"""


def times(text: str) -> list[float]:
    """The seconds until each time that it names."""
    now = datetime.now()
    told = [datetime.strptime(time, "%H:%M:%S").time() for time in re.findall(r"\d\d:\d\d:\d\d", text)]
    return [(datetime.combine(now, time) - now).total_seconds() for time in told]


def wrong(transport: str, why: str) -> str | None:
    """What of a status is not so."""
    if why.startswith("Nothing reads now"):
        if transport != "none":
            return f"it says that nothing reads, and {transport} does"
    elif transport == "none" and "first messages" not in why:
        return "it does not say that nothing reads"
    if (named := re.search(r"Until then (\w+) reads", why)) and named[1] != transport:
        return f"it says that {named[1]} reads, and {transport} does"
    if late := [seconds for seconds in times(why) if -43_200 < seconds < -SLACK]:
        return f"a time it names is over since {-late[0]:.0f} s"
    return "a text is missing" if re.search(r"\bwhy\.|\bsaid\.|\{\w+\}|undefined", why) else None


def looked(page: Page) -> tuple[str, str, str, str]:
    """The status, which holds from a moment after what it tells of."""
    for _ in range(10):
        found: Any = page.evaluate(LOOK)
        if not wrong(found[0], found[1]):
            break
        page.wait_for_timeout(150)
    return found[0], found[1], found[2], found[3]


CASES = {  # what reads in the end, and what must be said of it
    ("ws", "kill"): (None, r"(ws opened and died after|failed lately)"),
    ("ws", "no-upgrade"): ("none", r"Nothing reads now: ws did not open.*Attempt \d+"),
    ("ws", "forbidden"): ("none", r"Nothing reads now: ws did not open.*Attempt \d+"),
    ("ws", "buffer"): ("ws", "In use because you chose it"),
    ("auto", "kill"): ("sse", r"ws rests until .* \(ws opened and died after .*Until then sse reads"),
    ("auto", "no-upgrade"): ("sse", r"ws rests until .* \(ws did not open.*Until then sse reads"),
    ("auto", "mute"): (None, r"^Nothing has come for \d+ s\. That counts as a failure at \d\d:\d\d:\d\d\.$"),
    ("auto", "slow:200"): ("ws", "Chosen by auto: it works"),
    ("poll", "kill"): ("poll", "In use because you chose it"),
}


@pytest.mark.parametrize(("use", "network"), CASES, ids=["-".join(case) for case in CASES])
def test_the_status_says_what_is_so(tab: Callable[..., Page], use: str, network: str) -> None:
    page = tab(f"?left=ws&right={use}&talk=2&every=500")
    right = Seat(page, "right")
    right.reads_by("ws" if use == "auto" else use)
    name, _, value = network.partition(":")
    right.part("network").select_option(name)
    page.wait_for_url(f"**network2={name}*")
    if value:
        right.part("parameter").locator("input").fill(value)
        right.part("parameter").locator("input").press("Tab")
    reads, says = CASES[use, network]
    until(lambda: (found := looked(page)) and re.search(says, found[1]) and reads in (None, found[0]))
    for _ in range(LOOKS):
        transport, why, _via, _seq = looked(page)
        assert not (fault := wrong(transport, why)), f"{fault}: {why}"
        page.wait_for_timeout(250)
    spared = "by which this seat reads now" in right.part("does").inner_text()
    assert spared == (name == "buffer" or (use, name) == ("poll", "kill") or reads == "sse")
    if reads not in (None, "none"):  # and it is by this that messages come
        seq = looked(page)[3]
        until(lambda: (found := looked(page))[3] != seq and found[2] == found[0])
    right.part("network").select_option("direct")
    right.reads_by("ws" if use == "auto" else use)
    mended = time.monotonic()
    until(lambda: not re.search("Nothing reads|rests", looked(page)[1]))
    assert time.monotonic() - mended < 20
