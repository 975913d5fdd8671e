"""Take the picture of the page that the README shows: `make picture`."""

from __future__ import annotations

import os

from playwright.sync_api import sync_playwright

from tests.browser.page import Seat
from tests.browser.program import program
from tests.root import ROOT

TALK = [("left", "Good morning! I ask once a second."), ("right", "And I just listen: the line stays open.")]


def main() -> None:
    with program() as lab, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["LAB_CHROMIUM"])
        page = browser.new_page(viewport={"width": 1280, "height": 720}, locale="en-US")
        page.goto(lab.url)
        seats = {side: Seat(page, side) for side in ("left", "right")}
        seats["right"].reads_by("ws")
        page.wait_for_timeout(7000)  # some messages of the feed
        for side, text in TALK:
            seats[side].say(text)
            for seat in seats.values():
                seat.hears(text)
        page.mouse.click(640, 30)
        page.wait_for_timeout(5000)  # some questions more, which bring nothing
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(200)
        page.screenshot(path=ROOT / "web" / "page" / "picture.png")
        browser.close()


if __name__ == "__main__":
    main()
