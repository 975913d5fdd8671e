"""The museum, as a person walks through it: what each exhibit still does in a browser of today."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.axe import barred
from tests.browser.lesson import Keys, Lesson
from tests.browser.page import until

SECONDS = 4  # in which the server speaks here


class Museum(Lesson):
    """The walk, by what a person sees and does."""

    def at(self, kind: str) -> None:
        self.root.locator("nav a").nth(["iframe", "jsonp", "replace", "htmlfile"].index(kind)).click()
        self.step(kind)

    def heard(self, kind: str) -> list[int]:
        return [int(n) for n in (self.root.locator(f'[data-value="{kind}.heard"]').text_content() or "").split()]

    def over(self, kind: str) -> None:
        """It has come to its end by itself."""
        self.root.locator(f"[data-do={kind}] [data-when='!{kind}.runs']").wait_for()


@pytest.fixture
def walk(tab: Callable[..., Page]) -> Callable[..., Museum]:
    return lambda query="step=1": Museum(tab(f"?panel=lessons&lesson=museum&seconds={SECONDS}&{query}"))


def test_a_person_walks_through_the_museum(walk: Callable[..., Museum]) -> None:
    museum = walk()
    asked: list[str] = []
    museum.page.on("request", lambda request: asked.append(request.url) if "/lab/museum/" in request.url else None)
    museum.step("iframe")
    museum.do("iframe")
    frame = museum.page.frame_locator("[data-kind=iframe] iframe")
    until(lambda: museum.heard("iframe")[:2] == [1, 2])
    assert frame.locator("script").count() >= 2  # a script for each batch, and all of them stay
    museum.page.locator("[data-role=lang]").click()  # the frame moves on with the text, and is loaded anew
    museum.says("听到")
    until(lambda: len(museum.heard("iframe")) == SECONDS)
    assert museum.heard("iframe") == [1, 2, 3, 4]
    museum.over("iframe")
    museum.page.locator("[data-role=lang]").click()

    museum.at("jsonp")
    museum.do("jsonp")
    until(lambda: museum.heard("jsonp") == [1, 2, 3, 4])
    museum.over("jsonp")
    scripts = [url for url in asked if "/jsonp?" in url]
    assert len(scripts) >= SECONDS and len(set(scripts)) == len(scripts)  # each asks from another place
    assert not museum.page.locator("script[src*=museum]").count()

    museum.at("replace")
    museum.do("replace")
    picture = museum.page.locator("[data-kind=replace] img")
    museum.says("What you see, the page cannot")
    until(lambda: picture.evaluate("img => img.naturalWidth") == 320)
    first = picture.screenshot()
    until(lambda: picture.count() and picture.screenshot() != first)
    assert len([url for url in asked if "/replace?" in url]) == 1
    museum.do("replace")  # stop it
    museum.over("replace")

    museum.at("htmlfile")
    museum.says("has no ActiveXObject")
    museum.do("htmlfile")
    museum.says("These bytes come now")
    until(lambda: re.search(r'<script>parent\.heard\(.*"event":"feed".*"n":1', museum.value("htmlfile.bytes")))
    museum.over("htmlfile")
    assert museum.root.locator("mark").count() == 8


def test_in_chinese_by_keyboard_on_a_phone(walk: Callable[..., Museum]) -> None:
    museum = walk("step=2&lang=zh")
    page = museum.page
    page.set_viewport_size({"width": 390, "height": 844})
    museum.step("jsonp")
    keys = Keys(page)
    museum.root.locator("[data-step=jsonp] h3").focus()
    keys.act("让它运行")
    until(lambda: museum.heard("jsonp")[:1] == [1])
    keys.page.keyboard.press("Enter")  # the focus has stayed on the button
    museum.over("jsonp")
    page.route("**/lab/museum?*", lambda route: route.fulfill(status=503, body='{"error":{"message":"closed today"}}'))
    keys.page.keyboard.press("Enter")
    museum.says("没能运行：closed today")
    page.set_viewport_size({"width": 320, "height": 640})
    for kind in ("iframe", "jsonp", "replace", "htmlfile"):
        museum.at(kind)
        for size in ("", "large"):
            page.evaluate("size => { document.documentElement.dataset.size = size; }", size)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (kind, size)
    assert not barred(page, "details[data-panel=lessons]")
