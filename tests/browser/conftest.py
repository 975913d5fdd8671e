"""What the browser tests share: the program as a person starts it, and Chromium. Run in a process of their own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.page import DEADLINE, Seat
from tests.browser.program import Born, Program


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(180))


@pytest.fixture(scope="session")
def launched() -> Iterator[list[Program]]:
    """The program of the next test, which starts while this one runs."""
    programs: list[Program] = [Born()]
    yield programs
    programs.pop().stop()


@pytest.fixture(scope="session")
def ending() -> Iterator[list[Program]]:
    """The program of the last test, which ends while the next one runs."""
    programs: list[Program] = []
    yield programs
    for program in programs:
        program.gone()


@pytest.fixture
def lab(launched: list[Program], ending: list[Program]) -> Iterator[Program]:
    """A program of its own for each test: a hub remembers."""
    running = launched.pop()
    launched.append(Born())
    try:
        yield running.ready()
    finally:
        running.end()
        ending.append(running)
        if len(ending) > 1:
            ending.pop(0).gone()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as `scripts/get-chromium` found it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["LAB_CHROMIUM"])
        yield browser
        browser.close()


@pytest.fixture
def motion() -> bool:
    """Whether pictures move. Where they do not, they are drawn when something happens, and a test has the processor."""
    return False


@pytest.fixture
def context(browser: Browser, motion: bool) -> Iterator[BrowserContext]:
    context = browser.new_context(
        locale="en-US",
        viewport={"width": 1440, "height": 900},
        reduced_motion="no-preference" if motion else "reduce",
    )
    context.set_default_timeout(DEADLINE)
    yield context
    context.close()


@pytest.fixture
def faults() -> list[str]:
    """What a page reported as an error of its own. A test that expects one empties it."""
    return []


@pytest.fixture
def quiet() -> bool:
    """Whether the server says nothing of its own in a page whose address does not ask for it."""
    return True


@pytest.fixture
def tab(context: BrowserContext, lab: Program, faults: list[str], quiet: bool) -> Iterator[Callable[..., Page]]:
    """Open the page, as a person does: `tab("?left=ws")`. No page may report an error."""

    def open_tab(query: str = "", url: str | None = None) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        if quiet and "talk=" not in query and "/" not in query:
            query = f"{query}&talk=0" if query else "?talk=0"
        page.goto((url or lab.url) + "/" + query)
        return page

    yield open_tab
    assert not faults, faults


@pytest.fixture
def seats(tab: Callable[..., Page]) -> Callable[..., tuple[Seat, Seat]]:
    def sit(query: str = "") -> tuple[Seat, Seat]:
        page = tab(query)
        return Seat(page, "left"), Seat(page, "right")

    return sit
