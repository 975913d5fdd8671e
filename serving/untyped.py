"""The types in a script's comments: for editors and `make check`, and not for a browser, which would load them."""

from __future__ import annotations

import re

BLOCK = re.compile(r"/\*\*.*?\*/", re.DOTALL)
TAGS = re.compile(
    r"(?:^/\*\*|\n\s*\*|(?<=\.))\s*@[a-z].*", re.DOTALL
)  # from the first tag after a sentence: types only


def untyped(script: str) -> str:
    """The script without them. What it says in words stays, and each line stays where it is: errors name lines."""
    return BLOCK.sub(words, script)


def words(block: re.Match[str]) -> str:
    kept, tags = TAGS.subn("", block[0])
    if not tags:
        return block[0]
    kept = kept.rstrip(" *\n")
    gone = "\n" * (block[0].count("\n") - kept.count("\n"))
    return (f"{kept} */" if kept.strip("/") else "") + gone
