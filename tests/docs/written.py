"""The pages a reader opens: their prose, their headings, their links, their snippets."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh.md")
DOCS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").glob("*.md"))
PAGES = (*READMES, "CONTRIBUTING.md", "web/client/README.md", "web/lessons/README.md", *DOCS)

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def text(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def snippets(page: str, language: str) -> list[str]:
    """The blocks of code of this language, in their order."""
    return [code for kind, code in FENCE.findall(text(page)) if kind == language]


def prose(page: str) -> str:
    """The page without its blocks of code."""
    return FENCE.sub("", text(page))


def section(page: str, heading: str) -> str:
    """The part under this heading, up to the next of its level."""
    return text(page).partition(f"## {heading}\n")[2].partition("\n## ")[0]


def anchors(page: str) -> set[str]:
    """The names by which the page's headings are linked to, made as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    bare = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {name.replace(" ", "-") for name in bare}


def links(page: str) -> list[str]:
    """The targets of the page's relative links."""
    bare = re.sub(r"`[^`\n]*`", "", prose(page))
    return [target for target in re.findall(r"\]\(([^)\s]+)\)", bare) if "://" not in target]


def led_to(page: str, link: str) -> tuple[str, str]:
    """The file that a link leads to, seen from the root, and the anchor in it."""
    file, _, anchor = link.partition("#")
    here = ROOT / page
    return str((here.parent / file).resolve().relative_to(ROOT)) if file else page, anchor
