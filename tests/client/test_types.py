"""The JavaScript client's types: those of the packed client, and enough for an application in strict TypeScript."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.root import ROOT

BUNDLER = {"module": "esnext", "moduleResolution": "bundler", "lib": ["es2023", "dom", "dom.iterable"]}
NODE = {"module": "nodenext", "moduleResolution": "nodenext", "lib": ["es2023", "dom"]}


def compiled(js_tools: Path, installed: Path, text: str, options: dict[str, Any]) -> str:
    """What the compiler says of an application beside the installed client; empty: nothing is wrong."""
    served = f"{installed}/node_modules/transport-fallback/*"  # as a page imports it from the server
    strict = {"target": "es2023", "strict": True, "noEmit": True, "types": []}
    told = {**strict, "paths": {"/client/*": [served]}, **options}
    (installed / "application.ts").write_text(text, "utf-8")
    (installed / "tsconfig.json").write_text(json.dumps({"compilerOptions": told, "files": ["application.ts"]}))
    command = ["node", str(js_tools / "typescript" / "bin" / "tsc"), "-p", str(installed)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200)
    return str(done.stdout + done.stderr)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("options", [BUNDLER, NODE], ids=["bundler", "node"])
def test_an_application_compiles_and_is_stopped_where_it_is_wrong(
    js_tools: Path, installed: Path, options: dict[str, Any]
) -> None:
    text = (ROOT / "tests" / "js" / "application.ts").read_text("utf-8")
    assert compiled(js_tools, installed, text, options) == ""


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "docs/javascript.md"])
def test_the_javascript_of_the_docs_compiles_as_it_stands(js_tools: Path, installed: Path, page: str) -> None:
    blocks = re.findall(r"^```js\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    text = "\n".join(blocks)
    assert "emitWithAck" in text
    assert compiled(js_tools, installed, text, BUNDLER) == ""
