"""What a teacher prints and opens: a worksheet is one page of A4, each link of the guide opens the step it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import barred
from tests.browser.lesson import STEPS
from tests.browser.program import Program, program
from tests.lab.test_lessons import LESSONS
from tests.lab.test_teacher import links, text

PAGE = re.compile(rb"/Type\s*/Page\b")  # of a PDF, one for each page
MOST = 30  # pages of the whole guide


@pytest.fixture
def lab() -> Iterator[Program]:
    """A lab open to a class."""
    with program("--class") as running:
        yield running


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_worksheet_is_one_page_and_the_guide_a_booklet(
    browser: Browser, tab: Callable[..., Page], language: str
) -> None:
    page = tab(f"lessons/teacher/worksheets?lang={language}")
    assert page.locator(".sheet").count() == len(LESSONS)
    printed = page.pdf(format="A4", prefer_css_page_size=True)
    assert len(PAGE.findall(printed)) == len(LESSONS)
    page.goto(page.url.replace("/worksheets", ""))
    assert len(LESSONS) < len(PAGE.findall(page.pdf(prefer_css_page_size=True))) <= MOST
    for path in ("/worksheets", ""):
        page.goto(re.sub(r"/teacher(/worksheets)?", "/teacher" + path, page.url))
        page.set_viewport_size({"width": 320, "height": 640})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not barred(page)


def test_each_link_of_the_guide_opens_what_it_names(tab: Callable[..., Page], lab: Program) -> None:
    page = tab("?talk=0")
    opened = set()
    for href in links(text("guide", "en")):
        knobs = {name: value for name, (value,) in parse_qs(urlsplit(href).query).items()}
        if "lesson" not in knobs:
            continue
        page.goto(f"{lab.url}{href}&talk=0")
        if knobs["panel"] == "lessons":
            name = LESSONS[int(knobs["lesson"]) - 1]
            step = STEPS[int(knobs["step"]) - 1]
            page.locator(f"[data-panel=lessons] article#{name} [data-step={step}]").wait_for()
            page.locator(".guesses:visible [data-role=guesses-count]").wait_for()
        else:
            page.locator("[data-role=class-link]", has_text=f"lesson={knobs['lesson']}&step={knobs['step']}").wait_for()
        opened.add((knobs["panel"], knobs["lesson"]))
    assert opened == {(panel, str(n)) for panel in ("lessons", "class") for n in range(1, len(LESSONS) + 1)}
