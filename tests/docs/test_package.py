"""The package: what `pip` makes of the clone is all that a program in another folder needs."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import distribution
from pathlib import Path

import httpx2
import pytest

from tests.docs.programs import RUNGS, heard_by_all, started
from tests.docs.written import ROOT, text

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(400)]

NOT_COPIED = shutil.ignore_patterns(".*", "__pycache__", "node_modules", "build", "*.egg-info")
MOST = 1220 << 10  # bytes of the wheel: page, lessons, their guide and the report in two languages; 50 kB of shared log

PROGRAM = """
import asyncio

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

import transport_fallback
from transport_fallback import Hub, Refuse, build, io, running

hub = Hub()


@hub.on("say")
async def say(client, words):
    if not words:
        raise Refuse("say something")
    await hub.emit("said", {"who": client.id, "words": words})


async def page(request):
    return PlainTextResponse(f"my own page, over {transport_fallback.__file__}")


async def main():
    app = Starlette(routes=[Route("/", page), Mount("/live", build(hub, chat=False))])
    async with running(app) as url:
        async with io(f"{url}/live") as socket:
            await socket.ready()
        print(url, flush=True)
        await asyncio.Event().wait()


asyncio.run(main())
"""


def pip(*arguments: str | Path) -> None:
    """pip, which asks nobody: what it needs is here."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", *arguments]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, made of a copy: setuptools leaves a folder behind, and takes up what is in it."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "clone", ignore=NOT_COPIED)
    pip("wheel", folder / "clone", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", folder)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python that has this wheel and what `make run` installs, and nothing else."""
    folder = tmp_path_factory.mktemp("empty")
    venv.create(folder, symlinks=True)
    (packages,) = folder.glob("lib/python3.*/site-packages")
    for name in re.findall(r"^([\w-]+)==", text("requirements/run.txt"), re.MULTILINE):
        found = distribution(name)
        for entry in {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            (packages / entry).symlink_to(Path(str(found.locate_file(entry))))
    pip("--python", folder / "bin" / "python", "install", "--no-deps", "--no-index", wheel)
    return folder / "bin" / "python"


async def test_a_program_in_another_folder_needs_nothing_else(python: Path, tmp_path: Path) -> None:
    program = tmp_path / "app.py"  # as everybody's is called, and as one of our own modules
    program.write_text(PROGRAM, "utf-8")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with started(program, elsewhere, str(python), PYTHONPATH="") as url:
        async with httpx2.AsyncClient(base_url=url) as http:
            assert f"my own page, over {python.parents[1]}/lib" in (await http.get("/")).text
            script = await http.get("/live/client/socket.js")
            assert script.status_code == 200 and "export function io" in script.text
            assert (await http.get("/live/")).status_code == 200
        heard = await heard_by_all(f"{url}/live", "say", "hello", "said")
        assert [one["words"] for one in heard] == ["hello"] * len(RUNGS) ** 2
        assert len({one["who"] for one in heard}) == len(RUNGS)


def test_the_wheel_holds_the_package_and_all_of_the_page(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        held = {name.removeprefix("transport_fallback/") for name in packed.namelist() if ".dist-info/" not in name}
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    outside = ("bench/", "tests/", "scripts/", "docs/", "requirements/", ".ci/")
    code = {name for name in tracked if name.endswith((".py", ".lua")) and not name.startswith(outside)}
    pages = {name for name in tracked if name.startswith("web/")}
    assert {name for name in code | pages | {"py.typed"} if (ROOT / name).exists()} <= held
    shown = {f"bench/results/{name}" for name in ("report.html", "report.zh.html", "e4.svg")}  # the page leads there
    assert shown <= held and not [name for name in held - shown if name.startswith(outside)]
    assert wheel.stat().st_size < MOST


def test_the_modules_have_no_second_name() -> None:
    """By another name they would be a second copy, with state of its own: it must not be had by accident."""
    done = subprocess.run([sys.executable, "-c", "import hub"], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1 and "attempted relative import" in done.stderr
