"""The docs hold together: short where they promise it, found from the README, and their links and commands are real."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.docs.written import DOCS, PAGES, READMES, ROOT, anchors, led_to, links, prose, section, snippets, text

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("page", READMES)
def test_a_readme_is_short(page: str) -> None:
    assert text(page).count("\n") <= 200


def test_every_page_is_reached_from_the_readme() -> None:
    reached, waiting = set(), ["README.md"]
    while waiting:
        page = waiting.pop()
        if page in PAGES and page not in reached:
            reached.add(page)
            waiting += [led_to(page, link)[0] for link in links(page)]
    assert reached == set(PAGES)
    directly = {led_to(page, link)[0] for page in ("README.md", "docs/map.md") for link in links(page)}
    assert set(DOCS) - {"docs/map.md"} <= directly


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_to_files_and_headings(page: str) -> None:
    for link in links(page):
        file, anchor = led_to(page, link)
        assert (ROOT / file).exists(), link
        assert not anchor or anchor in anchors(file), link


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_is_one(page: str) -> None:
    named = set(re.findall(r"(?:`|^|\()make ([a-z-]+)", text(page), re.MULTILINE))
    assert named <= TARGETS, named - TARGETS
    for python, module in re.findall(r"([\w./-]*python) -m\s+([a-z_][\w.]*)", text(page)):
        assert python == f".venv{'-test' if module.partition('.')[0] in TESTED else ''}/bin/python", (python, module)
        assert runs(module), module
    for script in re.findall(r"(?<![\w/])(scripts/[\w-]+)", text(page)):
        assert (ROOT / script).exists(), script


TESTED = ("bench", "tests", "pytest")  # what needs more than the lab does


def test_the_examples_of_running_tests_run_some() -> None:
    commands = re.findall(r"^\.venv-test/bin/python -m pytest ([^#\n]+)", text("CONTRIBUTING.md"), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        call = [sys.executable, "-m", "pytest", "--collect-only", "-q", *shlex.split(command)]
        done = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, timeout=100)
        assert done.returncode == 0, done.stdout[-500:] + done.stderr


def runs(module: str) -> bool:
    """Whether `python -m` finds a program under this name."""
    found = find_spec(module)
    return found is not None and (
        found.submodule_search_locations is None or find_spec(f"{module}.__main__") is not None
    )


# A stranger finds the room of a change: the rooms that are named are there.
@pytest.mark.parametrize("page", ["CONTRIBUTING.md", *DOCS])
def test_the_files_that_are_named_are_there(page: str) -> None:
    named = re.findall(r"`((?:[\w.]+/)+[\w.]*|[a-z_]+\.(?:py|md|toml))`", prose(page))
    real = [name for name in named if not re.search(r"NAME|\beN\b", name) and name not in YOURS]
    gone = [name for name in real if not any((root / name).exists() for root in (ROOT, ROOT / "tests"))]
    assert not gone


YOURS = ("app.py", "list.js")  # files of the reader's own app, and of a lesson


def test_ten_changes_have_their_rooms() -> None:
    rows = re.findall(
        r"^\| (\d+)\. .*\| (.+) \|$", section("CONTRIBUTING.md", "Ten changes, and their rooms"), re.MULTILINE
    )
    assert [int(number) for number, _rooms in rows] == [*range(1, 11)]
    assert all("`" in rooms for _number, rooms in rows)


# ---- the two languages


def test_each_readme_leads_to_the_other() -> None:
    assert "README.zh.md" in links("README.md") and "README.md" in links("README.zh.md")


def test_the_readmes_are_one_in_two_languages() -> None:
    english, chinese = READMES
    assert links(english)[1:] == links(chinese)[1:]  # the first leads to the other
    assert snippets(english, "sh")[:2] == snippets(chinese, "sh")[:2] == ["make run\n", "make test\n"]
    for language in ("sh", "python", "js"):
        assert list(map(code, snippets(english, language))) == list(map(code, snippets(chinese, language)))
    assert shape(english) == shape(chinese)
    spoken = re.compile(r"`((?:make|LAB_|--|pip|\.venv)[^`]*)`")
    assert set(spoken.findall(prose(english))) == set(spoken.findall(prose(chinese)))


def code(snippet: str) -> str:
    """A snippet without what it says to people."""
    return re.sub(r"\s*(?:#|//) .*|\"[^\"/]*\"", "", snippet)


def shape(page: str) -> list[str]:
    """The page's headings and rows of tables, by their kind."""
    return [re.match(r"#+|\|", line)[0] for line in prose(page).splitlines() if re.match(r"#|\|", line)]  # type: ignore[index]
