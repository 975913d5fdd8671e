"""The README: its tree names what there is, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from bench.report.document import read
from bench.report.page import markdown
from transport_fallback.lab.network.proxies import ROWS

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *("log", "protocol", "registry", "transports", "serving", "client", "lab", "lab/network"),
    *("bench", "bench/load", "bench/theory", "bench/report"),
)
TESTS = ("server", "client", "ladder", "lab", "bench", "docs")
README = (ROOT / "README.md").read_text("utf-8")


def tree() -> set[str]:
    """The files the tree names, with their folders."""
    block = README.partition("## The tree")[2].partition("```")[2].partition("```")[0]
    folder, named = "", set()
    for line in block.splitlines():
        name = line.split()[0] if line.strip() else ""
        if line.startswith("  "):
            named.add(folder + name)
        elif name:
            folder = name if name.endswith("/") else ""
            named.add(name)
    return named


@pytest.mark.parametrize("room", [".", *ROOMS, "web/client", "web/page", *(f"tests/{room}" for room in TESTS)])
def test_the_tree_names_every_file_of_the_code(room: str) -> None:
    code = [path for path in (ROOT / room).iterdir() if path.suffix in (".py", ".js")]
    files = {str(path.relative_to(ROOT)) for path in code if path.read_text("utf-8").count("\n") > 1}
    assert files
    assert files <= tree(), files - tree()


def test_the_tree_names_nothing_that_is_not_there() -> None:
    gone = {name for name in tree() if not (ROOT / name).exists()}
    assert not gone


@pytest.mark.parametrize(("row", "folder"), [("nginx-right", "/var/log/nginx"), ("haproxy-right", ".")])
def test_the_proxies_of_the_readme_are_those_that_are_tested(row: str, folder: str) -> None:
    assert ROWS[row].text("127.0.0.1:8080", "127.0.0.1", 3000, folder).strip() in README


def test_the_comparison_is_what_the_committed_report_says() -> None:
    said = markdown(read(ROOT / "bench" / "results" / "report.json"))
    assert said in README


def test_relative_links_lead_to_files() -> None:
    targets = [target for target in re.findall(r"\]\(([^)#]+)", README) if "://" not in target]
    assert targets
    assert not [target for target in targets if not (ROOT / target).exists()]


def test_no_committed_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "requirements"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    for name in tracked or ["requirements/run.txt", "requirements/test.txt"]:
        assert "://" not in (ROOT / name).read_text("utf-8")
