"""The classic script, which is all modules of the client in one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.root import ROOT
from transport_fallback.serving.bundle import bundle


@pytest.mark.skipif(shutil.which("node") is None, reason="no node here")
def test_the_bundle_is_one_script_and_gives_io(tmp_path: Path) -> None:
    """In it all modules share one scope: two that give something the same name would leave a page without a client."""
    script = tmp_path / "socket.io.cjs"
    script.write_text(bundle(ROOT / "web" / "client" / "socket.js") + "console.log(typeof io)\n", "utf-8")
    ran = subprocess.run(["node", script.name], cwd=tmp_path, capture_output=True, text=True, timeout=30)
    assert ran.stdout == "function\n", ran.stderr
