"""Who cannot see, or cannot point: axe finds nothing in any panel, in both languages, day and night, at 320 px."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.axe import barred
from tests.browser.page import Scheme, Seat
from tests.browser.program import Program

PANELS = {
    "": "[data-role=transport]",
    "race": "button",
    "choose": "li",
    "calculator": "table",
    "lessons": "button, a",
    "class": "p",
}

SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")


def open_everything(page: Page) -> None:
    """All that can be opened in the seats and the picture, and an exchange."""
    page.evaluate("for (const one of document.querySelectorAll('main details')) one.open = true")
    page.locator("[data-role=table] tbody tr").first.wait_for()
    page.locator("[data-role=wire]").focus()
    page.keyboard.press("ArrowUp")
    page.locator("[data-role=exchange] code").wait_for()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_finds_nothing(browser: Browser, lab: Program, lang: str, subtests: pytest.Subtests) -> None:
    page = browser.new_page(viewport={"width": 320, "height": 800}, reduced_motion="reduce")
    try:
        for panel, ready in PANELS.items():
            page.goto(f"{lab.url}/?lang={lang}&left=poll&right=ws" + (f"&panel={panel}" if panel else ""))
            Seat(page, "left").reads_by("poll")
            if panel:
                page.locator(f"[data-panel={panel}] section").locator(ready).first.wait_for()
            else:
                open_everything(page)
            for scheme in SCHEMES:
                with subtests.test(panel or "page", scheme=scheme):
                    page.emulate_media(color_scheme=scheme)
                    # All of the page with each panel; by night what is beside a panel is as it was without it.
                    looked_at(page, f"[data-panel={panel}]" if panel and scheme == "dark" else "")
    finally:
        page.close()


def looked_at(page: Page, within: str) -> None:
    assert not barred(page, within)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
