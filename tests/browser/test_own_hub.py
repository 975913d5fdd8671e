"""The page of an application's own hub: the README's ten lines, which have no chat room."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage

from bench.load.servers import free_port
from tests.browser.page import Seat
from tests.docs.written import snippets


@pytest.fixture
def ten_lines(tmp_path: Path) -> Iterator[str]:
    """The URL of the README's program, which runs."""
    (program,) = [code for code in snippets("README.md", "python") if "chat=False" in code]
    (tmp_path / "app.py").write_text(program.replace("port=3000", f"port={free_port()}"), "utf-8")
    process = subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def test_a_hub_without_a_chat_room_is_borne(ten_lines: str, context: BrowserContext) -> None:
    """Who speaks is heard. What only the chat room knows, rooms and who is here, says nothing, and asks once."""
    page = context.new_page()
    faults: list[str] = []
    asked: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(message.text)

    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", said)
    page.on("request", lambda request: asked.append(request.post_data or ""))
    page.goto(f"{ten_lines}/?left=poll&right=poll")
    left, right = Seat(page, "left"), Seat(page, "right")
    left.say("hello")
    for seat in (left, right):
        seat.hears("hello")
    left.part("room-panel").locator("summary").click()
    left.part("room").fill("blue")
    left.part("join").click()
    left.part("rooms").get_by_text("In no room").wait_for()
    left.part("here-panel").locator("summary").click()
    page.wait_for_timeout(5000)  # longer than the list of people waits before it asks again
    left.say("still here")
    right.hears("still here")
    assert sum('"event":"who"' in body for body in asked) == 1
    assert left.part("room-news").inner_text() == ""
    for seat in (left, right):
        assert "error" not in seat.life()
    assert "Error" not in page.inner_text("body")
    assert not faults, faults
