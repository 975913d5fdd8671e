"""`make new`: a chat that is the reader's own, started from another folder, heard on all four transports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from bench.load.servers import free_port
from tests.docs.programs import heard_by_all, started
from tests.docs.written import ROOT
from transport_fallback import io
from transport_fallback.client.socket import EmitError

pytestmark = pytest.mark.anyio


def new(folder: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ROOT / "scripts" / "new", folder],
        capture_output=True,
        text=True,
        timeout=10,
        env={**os.environ, "PYTHON": sys.executable, **environment},
    )


async def test_a_new_chat_is_served_and_heard(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "my chat", tmp_path / "elsewhere"
    elsewhere.mkdir()
    made = new(str(folder))
    assert made.returncode == 0, made.stderr
    assert sorted(path.name for path in folder.iterdir()) == ["app.py", "index.html"]
    async with started(folder / "app.py", elsewhere, PORT=str(free_port())) as url:
        async with httpx2.AsyncClient(base_url=url) as http:
            page = await http.get("/")
            assert page.text == (folder / "index.html").read_text("utf-8")
            assert 'io("/live"' in page.text
            assert (await http.get("/live/client/socket.js")).status_code == 200
        heard = await heard_by_all(f"{url}/live", "say", " hello ", "said")
        assert [one["words"] for one in heard] == ["hello"] * 16
        assert len({one["who"] for one in heard}) == 4
        async with io(f"{url}/live") as socket:
            for nothing in ("", "  ", None, 7):
                with pytest.raises(EmitError) as refused:
                    await socket.emit("say", nothing)
                assert refused.value.code == "refused"


def test_the_two_commands_that_it_prints_are_those_that_start_it(tmp_path: Path) -> None:
    folder = tmp_path / "my chat"
    _said, *commands = new(str(folder)).stdout.splitlines()
    assert [command.strip() for command in commands] == [f"cd '{folder}'", f"'{sys.executable}' app.py"]


def test_a_folder_that_has_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("mine")
    refused = new(str(tmp_path))
    assert refused.returncode == 1 and "another folder" in refused.stderr and refused.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["app.py"]
    assert (tmp_path / "app.py").read_text() == "mine"
    refused = new(str(tmp_path / "app.py"))
    assert refused.returncode == 1 and "is a file" in refused.stderr


def test_an_empty_folder_is_taken_and_none_is_asked_for(tmp_path: Path) -> None:
    assert new(str(tmp_path)).returncode == 0
    asked = new("")
    assert asked.returncode == 2 and "APP=" in asked.stderr


def test_make_says_the_same(tmp_path: Path) -> None:
    """Without its set-up, which `make run` has."""
    made = subprocess.run(
        ["make", "-n", "new", f"APP={tmp_path}/my chat"], cwd=ROOT, capture_output=True, text=True, timeout=20
    )
    assert f"scripts/new '{tmp_path}/my chat'" in made.stdout


def test_the_chat_is_short() -> None:
    """About twenty lines that say something."""
    lines = (ROOT / "scripts" / "chat" / "app.py").read_text("utf-8").splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 28
