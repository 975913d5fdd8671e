"""What the browser tests share: the program as a person starts it, and Chromium. Run in a process of their own."""

from __future__ import annotations

import json
import os
import re
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
DEADLINE = 10_000  # ms until something a person would see must be there

# One browser stands for a class: what is counted per client must not get in its way.
GENEROUS = [f"--{name}={value}" for name, value in {"emit-rate": 1e6, "emit-burst": 10**6, "sid-rate": 1e6}.items()]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(90))


class Program:
    """`python app.py`, as the README says."""

    def __init__(self, *flags: str, port: int = 0) -> None:
        self.flags = flags
        self.port = port
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(self.port), *GENEROUS, *self.flags],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        found = re.search(r"http://\S+:(\d+)", self.process.stdout.readline())
        assert found, "the program did not print its address"
        self.url, self.port = found[0], int(found[1])

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)
        self.process.stdout.close()


@contextmanager
def program(*flags: str) -> Iterator[Program]:
    running = Program(*flags)
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def lab() -> Iterator[Program]:
    """A program of its own for each test: a hub remembers."""
    with program() as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium as `scripts/get-chromium` found it."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["LAB_CHROMIUM"])
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-US", viewport={"width": 1440, "height": 900})
    context.set_default_timeout(DEADLINE)
    yield context
    context.close()


@pytest.fixture
def faults() -> list[str]:
    """What a page reported as an error of its own. A test that expects one empties it."""
    return []


@pytest.fixture
def tab(context: BrowserContext, lab: Program, faults: list[str]) -> Iterator[Callable[..., Page]]:
    """Open the page, as a person does: `tab("?left=ws")`. No page may report an error."""

    def open_tab(query: str = "", url: str | None = None) -> Page:
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto((url or lab.url) + "/" + query)
        return page

    yield open_tab
    assert not faults, faults


class Seat:
    """One of the two seats of the page, by what a person sees and does."""

    def __init__(self, page: Page, side: str) -> None:
        self.page = page
        self.root = page.locator(f'[data-seat="{side}"]')

    def part(self, role: str) -> Any:
        return self.root.locator(f"[data-role={role}]")

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
        return [item.get_attribute("data-event") for item in self.part("life").locator("li[data-event]").all()]


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


def ask(lab: Program, path: str) -> Any:
    """The JSON that the hub answers."""
    with urllib.request.urlopen(lab.url + path) as answer:
        return json.load(answer)


class Asking:
    """A client without a page: it asks the chat room and listens to nobody."""

    def __init__(self, url: str) -> None:
        self.url, self.n, self.sid = url, 0, secrets.token_urlsafe(16)

    def ask(self, event: str, data: Any = None) -> Any:
        self.n += 1
        body = json.dumps({"emits": [{"n": self.n, "event": event, "data": data}]}).encode()
        url = f"{self.url}/emit?sid={self.sid}"
        with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
            return json.load(answer)["acks"][0]["data"]

    def others(self) -> list[str]:
        """The ids of all who are here but this one."""
        listed = self.ask("who")["who"]
        with urllib.request.urlopen(f"{self.url}/hello?sid={self.sid}") as answer:
            own = json.load(answer)["you"]["id"]
        return [one["id"] for one in listed if one["id"] != own]


class Crowd:
    """Clients that come, say their names, and go; the others of them go when it is over."""

    def __init__(self, lab: Program, names: str = "Person {}") -> None:
        self.url, self.names = lab.url, names
        self.here: list[Asking] = []

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.go(len(self.here))

    def come(self, count: int) -> None:
        for _ in range(count):
            one = Asking(self.url)
            urllib.request.urlopen(f"{self.url}/poll?sid={one.sid}&every=60000").close()  # so it is here for minutes
            one.ask("name", {"name": self.names.format(len(self.here) + 1)})
            self.here.append(one)

    def go(self, count: int) -> None:
        for _ in range(count):
            urllib.request.urlopen(f"{self.url}/bye?sid={self.here.pop(0).sid}", b"").close()


@pytest.fixture
def seats(tab: Callable[..., Page]) -> Callable[..., tuple[Seat, Seat]]:
    def sit(query: str = "") -> tuple[Seat, Seat]:
        page = tab(query)
        return Seat(page, "left"), Seat(page, "right")

    return sit


def until(holds: Callable[[], Any], seconds: float = 10) -> Any:
    """Wait until something outside the page is so."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return found
