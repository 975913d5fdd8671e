"""The start: a program loads and makes only what it needs at once, for somebody waits until it answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

import transport_fallback
from tests.root import ROOT
from tests.serving import serving
from transport_fallback.serving.bundle import bundle

# What a server does without, at least at first, and why. Each has cost a start some milliseconds, or would.
NEEDLESS = {
    "transport_fallback.app": "it runs as __main__: under this name it would be a second one",
    "transport_fallback.client": "the Python client",
    "h11": "the HTTP of the Python client; a server parses with httptools",
    "websockets.asyncio": "the WebSocket of the Python client; a server has websockets' protocol only",
    "segno": "the codes of a class, drawn when one is asked for",
    "ifaddr": "the addresses of a class",
    "starlette.testclient": "tests talk to a server",
    "hypothesis": "of tests",
}


def loaded(code: str) -> set[str]:
    """The modules that a Python has loaded once it has run this code."""
    command = [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"]
    return set(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def test_the_program_loads_nothing_that_it_does_without() -> None:
    found = loaded("import runpy\nrunpy.run_path('app.py')")
    assert "uvicorn" in found and "transport_fallback.hub" in found
    assert {name: why for name, why in NEEDLESS.items() if name in found} == {}


def test_the_client_loads_no_server() -> None:
    found = loaded("from transport_fallback import io\nio.__name__")
    assert "transport_fallback.client.socket" in found
    assert found.isdisjoint({"uvicorn", "starlette", "transport_fallback.app", "transport_fallback.hub"})


def test_the_package_has_its_five_names_and_no_other() -> None:
    given = {name: getattr(transport_fallback, name) for name in transport_fallback.__all__}
    assert {name: one.__name__ for name, one in given.items()} == {name: name for name in given} and len(given) == 5
    with pytest.raises(AttributeError, match="has no attribute 'Socket'"):
        getattr(transport_fallback, "Socket")  # noqa: B009 - mypy knows that there is none


@pytest.mark.anyio
async def test_the_classic_script_is_made_once_when_a_page_loads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def counted(entry: Path) -> str:
        made.append(entry)
        return bundle(entry)

    monkeypatch.setattr("transport_fallback.serving.pages.bundle", counted)
    async with serving() as lab, httpx2.AsyncClient(base_url=lab.url) as http:
        assert (await http.get("/hello")).status_code == 200 and made == []
        first, again = [(await http.get("/socket.io/socket.io.js")).text for _ in range(2)]
    assert first == again and "globalThis.io = io" in first
    assert made == [ROOT / "web" / "client" / "socket.js"]


SEARCHED = """
import gc
from transport_fallback.serving.memory import settle
settle()
found = []
gc.callbacks.append(lambda phase, info: found.append(info["generation"]) if phase == "stop" else None)
class Line:
    pass
here = []
for n in range(100_000):  # as 1,000 connections have objects
    one, other = Line(), Line()
    one.other, other.other = other, one
    here.append(one)
print(max(found, default=-1), found.count(0) > 0)
"""


def test_those_who_come_are_not_searched_again_and_again_for_what_may_go() -> None:
    command = [sys.executable, "-c", SEARCHED]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout.split()
    assert told == ["1", "True"]  # the youngest are, and never all
    assert "settle()" in (ROOT / "app.py").read_text("utf-8")
