"""Whose memory it is: what a server's Python code allocated and still holds, by the code that asked for it.

What libraries in C take for themselves, and what is lost between blocks, is not in it.
"""

from __future__ import annotations

import gc
import sysconfig
import tracemalloc
from collections import Counter
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = [Path(sysconfig.get_paths()[name]) for name in ("purelib", "platlib")]
PYTHON = "Python's own library"


def begin() -> Route:
    """Trace from now on; the route tells the bytes of each part."""
    tracemalloc.start()
    return Route("/lab/parts", tell)


async def tell(_request: Request) -> JSONResponse:
    gc.collect()
    return JSONResponse(parts())


def parts() -> dict[str, int]:
    """Bytes held, by part: rooms of ours, and packages of others."""
    found: Counter[str] = Counter()
    for one in tracemalloc.take_snapshot().statistics("filename"):
        found[part_of(one.traceback[0].filename)] += one.size
    return dict(found.most_common())


def part_of(filename: str) -> str:
    """The room of ours or the package that this file belongs to."""
    if filename.startswith("<"):  # made by what it holds up: a named tuple's methods
        return PYTHON
    path = Path(filename).resolve()
    for folder in PACKAGES:
        if path.is_relative_to(folder):
            name = path.relative_to(folder).parts[0].removesuffix(".py")
            if name != "transport_fallback":  # where this project is installed by a link
                return name
    if path.is_relative_to(ROOT):
        return f"our {path.relative_to(ROOT).parts[0].removesuffix('.py')}"
    return PYTHON
