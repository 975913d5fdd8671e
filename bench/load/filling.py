"""What fills the messages of a feed: the same letter, prose as people write it, or noise that nothing compresses."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"


def filled(filling: str, size: int, seed: int) -> Iterator[str]:
    """A text for each message, the same for the same seed. Noise is in base64, of which a quarter can be saved."""
    luck = random.Random(seed)
    while True:
        if filling == "prose":
            text = prose()
            at = luck.randrange(len(text) - size)
            yield text[at : at + size]
        elif filling == "noise":
            yield base64.b64encode(luck.randbytes(size)).decode()[:size]
        else:
            yield "x" * size


@cache
def prose() -> str:
    """The documentation of this project, without tables and programs."""
    lines = "\n".join(file.read_text(encoding="utf-8") for file in sorted(DOCS.glob("*.md"))).splitlines()
    told = " ".join(line for line in lines if line[:1].isalpha())
    return "".join(letter for letter in told if " " <= letter <= "~" and letter not in '"\\')
