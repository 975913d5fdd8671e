"""The types in a script's comments: for editors and `make check`, and not for a browser, which would load them."""

from __future__ import annotations

import re

BLOCK = re.compile(r"/\*\*.*?\*/( ?)", re.DOTALL)
TAGS = re.compile(r"[\s*]*(?<=\s)@(?:import|param|returns|template|type|typedef)\b.*", re.DOTALL)  # from the first on
LONE = re.compile(r"^/\*\*\s*\* (?=.*$)")  # one line of words, which needs no lines around it


def untyped(script: str) -> str:
    """The script without them. What it says in words stays, and each line stays where it is: errors name lines."""
    script = script.removeprefix("// @ts-check")
    return BLOCK.sub(words, script)


def words(block: re.Match[str]) -> str:
    kept, tags = TAGS.subn("", block[0])
    if not tags:
        return block[0]
    kept = LONE.sub("/** ", kept)
    gone = "\n" * (block[0].count("\n") - kept.count("\n"))
    return (f"{kept} */{block[1]}" if kept != "/" else "") + gone
