"""The map: its tree names every file of the code, and none that is not there."""

from __future__ import annotations

import pytest

from tests.docs.written import ROOT, section, snippets

ROOMS = (
    *("log", "protocol", "registry", "transports", "serving", "client", "lab", "lab/network"),
    *("bench", "bench/load", "bench/theory", "bench/report", "web/client", "web/page"),
)
TESTS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "tests").iterdir() if path.name != "__pycache__")


def tree() -> set[str]:
    """The files and folders the tree names."""
    folder, named = "", set()
    for line in section("docs/map.md", "The tree").split("```")[1].splitlines():
        name = line.split()[0] if line.strip() else ""
        if line.startswith("  "):
            named.add(folder + name)
        elif name:
            folder = name if name.endswith("/") else ""
            named.add(name)
    return named


@pytest.mark.parametrize("room", [".", *ROOMS])
def test_the_tree_names_every_file_of_the_code(room: str) -> None:
    code = [path for path in (ROOT / room).iterdir() if path.suffix in (".py", ".js")]
    files = {str(path.relative_to(ROOT)) for path in code if path.read_text("utf-8").count("\n") > 1}
    assert files
    assert files <= tree(), files - tree()


def test_the_tree_names_every_room_of_the_tests() -> None:
    assert {name for name in TESTS if (ROOT / name).is_dir()} <= {name.rstrip("/") for name in tree()}


def test_the_tree_names_nothing_that_is_not_there() -> None:
    gone = {name for name in tree() if not (ROOT / name).exists()}
    assert not gone


def test_the_rooms_that_are_drawn_are_those_of_the_package() -> None:
    (drawn,) = snippets("docs/map.md", "rooms")
    arrows = {room: below.split() for room, _, below in (line.partition(":") for line in drawn.splitlines())}
    assert {name for below in arrows.values() for name in below} <= set(arrows)
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"bench", "tests"}
    files = {path.stem for path in ROOT.glob("*.py")}
    assert set(arrows) == folders | files
    order = list(arrows)
    for room, below in arrows.items():  # only downwards; the client stands beside
        assert room == "client" or all(order.index(room) < order.index(name) for name in below)
