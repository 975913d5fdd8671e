"""The JavaScript client's pure parts under Node: the checks that the browser tests run, without a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bundle import bundle
from conftest import ROOT

RUN = """
const { checks } = await import(`./${process.argv[2]}.js`);
const failed = [];
for (const [name, check] of Object.entries(checks))
  try { await check(); } catch (error) { failed.push(`${name}: ${error.message}`); }
console.log(failed.join("\\n"));
process.exit(failed.length ? 1 : 0);
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
@pytest.mark.parametrize("name", ["ladder_checks", "evidence_checks"])
def test_the_rules_of_the_pure_parts_hold(tmp_path: Path, name: str) -> None:
    shutil.copytree(ROOT / "web" / "client", tmp_path / "client")
    for checks in (ROOT / "tests" / "browser").glob("*_checks.js"):
        text = checks.read_text("utf-8").replace('"/client/', '"./client/')
        (tmp_path / checks.name).write_text(text, "utf-8")
    (tmp_path / "package.json").write_text('{"type":"module"}')
    (tmp_path / "run.mjs").write_text(RUN)
    ran = subprocess.run(["node", "run.mjs", name], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_bundle_is_one_script_and_gives_io(tmp_path: Path) -> None:
    """In it all modules share one scope: two that give something the same name would leave a page without a client."""
    script = tmp_path / "socket.io.cjs"
    script.write_text(bundle(ROOT / "web" / "client" / "socket.js") + "console.log(typeof io)\n", "utf-8")
    ran = subprocess.run(["node", script.name], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ran.stdout == "function\n", ran.stderr
