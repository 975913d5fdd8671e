"""`make new`: two people on the page of a chat that somebody has just made."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.root import ROOT


@pytest.fixture
def chat(tmp_path: Path) -> Iterator[str]:
    """The URL of a new chat, which runs."""
    subprocess.run([ROOT / "scripts" / "new", tmp_path / "chat"], check=True, capture_output=True, timeout=10)
    process = subprocess.Popen(
        [sys.executable, tmp_path / "chat" / "app.py"],
        cwd=tmp_path, env={**os.environ, "PORT": "0"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield next(word for word in process.stdout.readline().split() if "http://" in word)
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_two_people_hear_each_other(chat: str, context: BrowserContext) -> None:
    faults: list[str] = []
    ada, bob = (opened(context, chat, faults) for _ in range(2))
    say(ada, "hello")
    for page in (ada, bob):
        page.locator("#said li", has_text="hello").wait_for()
    say(bob, "<b>hi</b>")
    for page in (ada, bob):
        page.locator("#said li", has_text="<b>hi</b>").wait_for()
    assert [line.get_attribute("class") for line in ada.locator("#said li").all()] == ["mine", ""]
    assert [line.get_attribute("class") for line in bob.locator("#said li").all()] == ["", "mine"]
    ada.locator("#transport", has_text="ws").wait_for()  # the better rung took over
    say(ada, " ")
    ada.locator("#problem", has_text="say something").wait_for()
    late = opened(context, chat, faults)  # somebody who comes later sees what was said
    late.locator("#said li").nth(1).wait_for()
    assert not faults, faults


def opened(context: BrowserContext, url: str, faults: list[str]) -> Page:
    page = context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(url)
    return page


def say(page: Page, words: str) -> None:
    page.get_by_label("What to say").fill(words)
    page.get_by_role("button", name="Say it").click()
