"""The page by what a person sees and does: its seats, its panels, its words."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any, Literal

from playwright.sync_api import Page

Scheme = Literal["light", "dark"]

DEADLINE = 30_000  # ms until something a person would see must be there, on a busy machine too


SETTINGS = {
    "name", "every", "network", "parameter", "does", "here-panel", "here-count", "here-more", "who", "room-panel",
    "rooms", "room", "join", "room-news", "decision-panel", "decisions", "rungs", "cut", "retry", "forget", "life",
}  # fmt: skip


class Seat:
    """One of the two seats of the page, by what a person sees and does."""

    def __init__(self, page: Page, side: str) -> None:
        self.page = page
        self.root = page.locator(f'[data-seat="{side}"]')

    def part(self, role: str) -> Any:
        """One of its parts; what stands in its settings is in sight from then on."""
        found = self.root.locator(f"[data-role={role}]")
        if role in SETTINGS:
            self.root.locator("[data-role=settings]").evaluate("settings => { settings.open = true; }")
        return found

    def say(self, text: str, *, enter: bool = False) -> None:
        self.part("text").fill(text)
        if enter:
            self.part("text").press("Enter")
        else:
            self.part("send").click()

    def choose(self, transport: str) -> None:
        self.root.locator(f"input[type=radio][value={transport}]").check()

    def reads_by(self, transport: str) -> None:
        """Wait until this transport is in use."""
        self.root.locator(f'[data-role=transport][data-transport="{transport}"]').wait_for()

    def hears(self, text: str) -> None:
        """Wait until a message with this text is in the list."""
        self.part("messages").locator("li", has_text=text).first.wait_for()

    def heard(self) -> list[str]:
        return [text for text in self.part("messages").locator("li[data-seq]").all_inner_texts()]

    def life(self) -> list[str]:
        """The life-cycle events shown, oldest first as they stand in the page."""
        events = self.part("life").locator("li[data-event]")
        events.first.wait_for()  # how they are told is loaded once the settings are opened
        return [item.get_attribute("data-event") for item in events.all()]


def more(page: Page) -> None:
    """Open what stands below the picture: how to read it, and the table."""
    page.locator("[data-role=reading]").evaluate("more => { more.open = true; }")


class Panel:
    """A panel of the page, by what a person sees; its parts' roles may begin alike."""

    def __init__(self, page: Page, name: str, prefix: str = "") -> None:
        self.page = page
        self.prefix = prefix
        self.root = page.locator(f"details[data-panel={name}]")

    def part(self, role: str) -> Any:
        return self.root.locator(f"[data-role={self.prefix}{role}]")


def texts_of(page: Page, name: str) -> list[dict[str, list[str]]]:
    """A panel's texts in English and in Chinese: each key, and the places to fill in its words."""
    texts = page.evaluate(
        """async (name) => Promise.all(["en", "zh"].map(
            async (lang) => Object.entries((await import(`/page/${name}/${lang}.js`)).default).sort()))""",
        name,
    )
    return [{key: sorted(re.findall(r"\{\w+\}", words)) for key, words in one} for one in texts]


def until(holds: Callable[[], Any], seconds: float = DEADLINE / 1000) -> Any:
    """Wait until something outside the page is so."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found
