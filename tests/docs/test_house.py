"""The house: who imports whom is drawn in docs/map.md, and nothing in the package imports what is not drawn."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.written import ROOT, snippets

PACKAGE = "transport_fallback"
OUTSIDE = {"bench", "tests"}  # they may import all of the package, and nothing in it imports them
PROGRAMS = {"app.py", "client/__main__.py", "lab/cluster.py", "lab/networks.py", "lab/proxies.py"}  # run as scripts


class Import(NamedTuple):
    """One import in the package: by which file, and of what, by its place under the root."""

    file: Path
    line: int
    names: tuple[str, ...]  # of what is imported: ("log", "batch")
    absolute: bool

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {'.'.join(self.names) or 'nothing by name'}"


def drawn() -> dict[str, set[str]]:
    """The rooms, and those that each may import."""
    (block,) = snippets("docs/map.md", "rooms")
    return {room: set(below.split()) for room, _, below in (line.partition(":") for line in block.splitlines())}


def files() -> list[Path]:
    """Every module of the package, by its path under the root."""
    rooms = [room for room in drawn() if (ROOT / room).is_dir()]
    found = [*ROOT.glob("*.py"), *(path for room in rooms for path in (ROOT / room).rglob("*.py"))]
    return sorted(path.relative_to(ROOT) for path in found)


def imports(file: Path, text: str) -> Iterator[Import]:
    """What a file imports of this repository, wherever it says so: for its types only, or in a function, too."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = file.parts[: len(file.parts) - node.level]
            places = [base + tuple(node.module.split("."))] if node.module else [(*base, a.name) for a in node.names]
            yield from (Import(file, node.lineno, place, absolute=False) for place in places)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]
            for first, *more in (name.split(".") for name in names):
                if first == PACKAGE:
                    yield Import(file, node.lineno, tuple(more), absolute=True)
                elif first in OUTSIDE or (ROOT / first).is_dir() or (ROOT / f"{first}.py").exists():
                    yield Import(file, node.lineno, (first, *more), absolute=True)


def faults(file: Path, text: str, house: dict[str, set[str]]) -> list[str]:
    """What this file imports, and must not."""
    room = file.parts[0].removesuffix(".py")
    found = []
    for one in imports(file, text):
        if one.absolute and file.as_posix() not in PROGRAMS:
            found.append(f"{one}: inside the package an import is relative, or there is a second copy of what it names")
        elif not one.names or one.names[0] not in {room, *house.get(room, ())}:
            found.append(f"{one}: docs/map.md draws no arrow from {room} to there")
    return found


def test_no_file_imports_what_the_drawing_does_not_let_it() -> None:
    house = drawn()
    modules = files()
    assert len(modules) > 60 and {path.parts[0].removesuffix(".py") for path in modules} == set(house)
    assert not [fault for file in modules for fault in faults(file, (ROOT / file).read_text("utf-8"), house)]


def test_the_drawing_has_no_circle_and_no_arrow_that_nothing_needs() -> None:
    house = drawn()
    assert set(graphlib.TopologicalSorter(house).static_order()) == set(house)
    needed: dict[str, set[str]] = {room: set() for room in house}
    for file in files():
        room = file.parts[0].removesuffix(".py")
        needed[room] |= {one.names[0] for one in imports(file, (ROOT / file).read_text("utf-8"))} - {room}
    assert needed == house


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("log/bell.py", "from ..hub import Hub", "no arrow from log"),
        ("hub.py", "from .registry.clients import Clients", "no arrow from hub"),
        ("hub.py", "from . import registry", "no arrow from hub"),
        ("hub.py", "if TYPE_CHECKING:\n    from .app import build", "no arrow from hub"),
        ("serving/life.py", "def late():\n    from ..lab.feed import Feeds", "no arrow from serving"),
        ("lab/network/line.py", "from ...app import build", "no arrow from lab"),
        ("client/socket.py", "from transport_fallback.client.acks import Acks", "relative"),
        ("client/socket.py", "import transport_fallback.client.acks", "relative"),
        ("registry/clients.py", "from hub import Hub", "relative"),
        ("app.py", "from tests.wire import Wire", "no arrow from app"),
        ("app.py", "import bench.variants", "no arrow from app"),
    ],
)
def test_an_import_upward_sideways_or_by_another_name_is_found(file: str, text: str, fault: str) -> None:
    found = faults(Path(file), text, drawn())
    assert len(found) == 1 and fault in found[0]
