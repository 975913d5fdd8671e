"""A lesson by what a person sees and does, whichever it is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from playwright.sync_api import Locator, Page

from tests.browser.axe import barred
from tests.browser.page import until
from tests.root import ROOT

CHINESE = re.compile("[\u4e00-\u9fff]")
# A sentence, and neither a figure, nor a mark, nor what crossed the wire.
SHOWN = """section => [...section.querySelectorAll("[data-when]")]
  .map((one, place) => [place, one.checkVisibility() && !one.closest("pre") ? one.innerText : ""])
  .filter(([, words]) => /[a-z]{3}|[\\u4e00-\\u9fff]/i.test(words))"""
STEPS = ["ask", "predict", "run", "see", "explain", "code", "exercise"]


def number_of(name: str) -> int:
    """The place of a lesson in the list: how an address calls it."""
    return re.findall(r'"(\w+)"', (ROOT / "web/lessons/list.js").read_text("utf-8")).index(name) + 1


class Lesson:
    """A lesson that is open."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("details[data-panel=lessons] .lesson")

    def step(self, name: str) -> Locator:
        """The step that is shown now: it must be this one, and no other."""
        section = self.root.locator(f"[data-step={name}]")
        section.wait_for()
        assert self.root.locator("[data-step]:visible").count() == 1
        return section

    def value(self, name: str) -> str:
        """What stands in a place that is shown."""
        return self.root.locator(f'[data-value="{name}"]:visible').first.inner_text()

    def says(self, text: str) -> None:
        self.root.locator("[data-step]:visible").get_by_text(re.compile(text)).locator("visible=true").first.wait_for()

    def silent(self, text: str) -> None:
        """This is said nowhere that one sees."""
        said = self.root.locator("[data-step]:visible").get_by_text(re.compile(text))
        assert not said.locator("visible=true").count()

    def shown(self) -> list[tuple[int, str]]:
        """What of the step is there under a condition, and is seen: its place among its like, and its words."""
        found: list[tuple[int, str]] = self.root.locator("[data-step]:visible").evaluate(SHOWN)
        return [(place, words) for place, words in found]

    def in_both_languages(self) -> None:
        """What is said now is said in the other language, too: in the same places, and in its own words."""
        before = [place for place, _words in self.shown()]
        assert before
        self.page.locator("[data-role=lang]").click()
        until(lambda: self.shown() and all(CHINESE.search(words) for _place, words in self.shown()))
        assert [place for place, _words in self.shown()] == before
        self.page.locator("[data-role=lang]").click()
        until(lambda: self.shown() and not any(CHINESE.search(words) for _place, words in self.shown()))
        assert [place for place, _words in self.shown()] == before

    def next(self) -> None:
        self.root.locator(".ends a:visible").last.click()

    def go(self, name: str) -> Locator:
        self.root.locator("nav a").nth(STEPS.index(name)).click()
        return self.step(name)

    def do(self, name: str) -> None:
        self.root.locator(f"[data-step]:visible [data-do={name}]").first.click()


class Keys:
    """A person with a keyboard alone."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def reach(self, words: str) -> None:
        """Go on by Tab until what has the focus says this, or is a field of this name."""
        for _ in range(40):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(
                "(document.activeElement.innerText || document.activeElement.name || '').trim()"
            )
            if words in focused:
                assert self.page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"no way to {words!r} by Tab")

    def act(self, words: str) -> None:
        self.reach(words)
        self.page.keyboard.press("Enter")

    def write(self, name: str, text: str) -> None:
        self.reach(name)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def choose(self, name: str, downs: int) -> None:
        """Of the radio buttons of this name the one so many places below the first."""
        self.reach(name)
        self.page.keyboard.press("Space")
        for _ in range(downs):
            self.page.keyboard.press("ArrowDown")


def nobody_is_barred(lesson: Lesson, steps: Sequence[str] = STEPS) -> None:
    """Each step fits a small phone, in big type too, and axe finds nothing."""
    page = lesson.page
    page.set_viewport_size({"width": 320, "height": 640})
    for name in steps:
        lesson.go(name)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        assert not barred(page, "details[data-panel=lessons]")
        page.evaluate("document.documentElement.dataset.size = 'large'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} in big type"
        page.evaluate("delete document.documentElement.dataset.size")
