"""The JavaScript client's types: made of its JSDoc, and enough for an application in strict TypeScript."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = {
    "target": "es2022",
    "module": "es2022",
    "moduleResolution": "bundler",
    "lib": ["es2023", "dom", "dom.iterable"],
}


@pytest.fixture(scope="session")
def compiler() -> list[str]:
    """TypeScript's compiler, as `scripts/get-js-tools` finds or gets it."""
    found = subprocess.run([ROOT / "scripts" / "get-js-tools"], capture_output=True, text=True, timeout=80)
    if found.returncode == 77:
        pytest.skip(found.stderr.strip().splitlines()[-1])
    assert found.returncode == 0, found.stderr
    return ["node", f"{found.stdout.strip()}/typescript/bin/tsc"]


def compile_(compiler: list[str], folder: Path, options: dict[str, object], *files: Path) -> str:
    """What the compiler says of these files; empty: nothing is wrong."""
    config = {"compilerOptions": {**TARGET, **options, "types": []}, "files": [str(file) for file in files]}
    (folder / "tsconfig.json").write_text(json.dumps(config))
    done = subprocess.run([*compiler, "-p", str(folder)], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


@pytest.fixture(scope="session")
def declarations(compiler: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("types")
    made = {
        "allowJs": True,
        "declaration": True,
        "emitDeclarationOnly": True,
        "strictNullChecks": True,
        "rootDir": str(ROOT / "web" / "client"),
        "outDir": "client",
    }
    said = compile_(compiler, folder, made, ROOT / "web" / "client" / "socket.js")
    assert (folder / "client" / "socket.d.ts").exists(), said
    return folder / "client"


def check(compiler: list[str], folder: Path, declarations: Path, text: str) -> str:
    file = folder / "application.ts"
    file.write_text(text, "utf-8")
    strict = {"strict": True, "noEmit": True, "paths": {"/client/*": [f"{declarations}/*"]}}
    return compile_(compiler, folder, strict, file)


def test_an_application_compiles_and_is_stopped_where_it_is_wrong(
    compiler: list[str], tmp_path: Path, declarations: Path
) -> None:
    text = (ROOT / "tests" / "js" / "application.ts").read_text("utf-8")
    assert check(compiler, tmp_path, declarations, text) == ""


@pytest.mark.parametrize("page", ["README.md", "README.zh.md", "docs/javascript.md"])
def test_the_javascript_of_the_docs_compiles_as_it_stands(
    compiler: list[str], tmp_path: Path, declarations: Path, page: str
) -> None:
    blocks = re.findall(r"^```js\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.DOTALL | re.MULTILINE)
    text = "\n".join(blocks)
    assert "emitWithAck" in text
    assert check(compiler, tmp_path, declarations, text) == ""
