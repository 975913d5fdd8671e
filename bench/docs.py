"""Figures in the docs: between two marks, put there by the command that measured them."""

from __future__ import annotations

from pathlib import Path

DOCS = Path(__file__).resolve().parent.parent / "docs"


def put(name: str, text: str, page: Path) -> str:
    """Put the text between the marks of this name. Returns a sentence that says where it is now."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, begun, rest = page.read_text("utf-8").partition(begin)
    _old, ended, tail = rest.partition(end)
    if not (begun and ended):
        return f"{page.name} has no {begin} and {end}: nothing written"
    page.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
    return f"{name} is in {page.name}"
