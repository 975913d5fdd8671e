"""The bundle: the modules of web/client as one classic script, for pages that load `/socket.io/socket.io.js`."""

from __future__ import annotations

import re
from pathlib import Path

IMPORT = re.compile(r'^import \{[^}]*\} from "(\./|\.\./)([^"]+)";\s*$', re.MULTILINE)
EXPORT = re.compile(r"^export ", re.MULTILINE)


def bundle(entry: Path) -> str:
    """The module `entry` and all it imports, each once, what is imported first; `io` becomes a global."""
    seen: dict[Path, str] = {}
    collect(entry.resolve(), seen)
    body = "\n".join(seen.values())
    return f'(function () {{\n"use strict";\n{body}\nglobalThis.io = io;\n}})();\n'


def collect(module: Path, seen: dict[Path, str]) -> None:
    if module in seen:
        return
    text = module.read_text("utf-8")
    seen[module] = ""  # a place in the order for what imports in a circle
    for imported in IMPORT.finditer(text):
        collect((module.parent / f"{imported[1]}{imported[2]}").resolve(), seen)
    del seen[module]
    seen[module] = EXPORT.sub("", IMPORT.sub("", text))
