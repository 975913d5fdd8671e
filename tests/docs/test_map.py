"""The map: its tree is that of the code, in the words of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.tree import ROOMS, WHOLE, first, rows, tree
from tests.docs.written import ROOT, text

HIDDEN = {"__pycache__", "node_modules"}


def test_the_tree_is_that_of_the_code() -> None:
    assert tree() in text("docs/map.md"), "the code has another tree than docs/map.md: make map"


def test_every_folder_with_code_is_a_room() -> None:
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for top in ROOMS
        if "/" not in top and top
        for path in (ROOT / top).rglob("*.*")
        if path.suffix in (".py", ".js", ".mjs", ".json") and not HIDDEN.intersection(path.parts)
    }
    assert not {folder for folder in folders if folder not in ROOMS and not folder.startswith(WHOLE)}
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= set(ROOMS)
    assert all((ROOT / room).is_dir() for room in ROOMS)


def test_everything_says_what_it_is() -> None:
    assert not [name for name, said in rows() if not said]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("a.py", '"""One thing: HTTP/1.1, in\n2 lines. And more."""\n'),
        ("a.py", '"""One thing: HTTP/1.1, in\n2 lines.\n\nAnd more.\n"""\n'),
        ("a.js", "// One thing: HTTP/1.1, in\n// 2 lines. And more.\n\ncode\n"),
        ("a.js", "// @ts-check\n// One thing: HTTP/1.1, in 2 lines\ncode\n"),
        ("a.lua", "#!lua flags=a\n-- One thing: HTTP/1.1, in\n-- 2 lines. And more.\n\ncode\n"),
    ],
)
def test_the_first_sentence_is_what_a_file_is(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / name).write_text(said)
    assert first(tmp_path / name) == "One thing: HTTP/1.1, in 2 lines"
