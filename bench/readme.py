"""What was measured, in the README: between two marks, put there by the command that measured it."""

from __future__ import annotations

from pathlib import Path


def put(name: str, text: str, readme: Path) -> str:
    """Put it between the marks of this name. What became of it, in a sentence."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    head, begun, rest = readme.read_text("utf-8").partition(begin)
    _old, ended, tail = rest.partition(end)
    if not (begun and ended):
        return f"{readme.name} has no {begin} and {end}: nothing written"
    readme.write_text(f"{head}{begin}\n{text}\n{end}{tail}", "utf-8")
    return f"{name} is in {readme.name}"
