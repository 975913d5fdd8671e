"""The classic script, which is all modules of the client in one."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter
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


def test_no_two_modules_give_something_the_same_name() -> None:
    """Of two functions of one name in one scope the last counts, and nobody is told."""
    text = bundle(ROOT / "web" / "client" / "socket.js")
    names = Counter(re.findall(r"^(?:async )?(?:const|let|class|function\*?) (\w+)", text, re.MULTILINE))
    assert len(names) > 60
    assert [name for name, count in names.items() if count > 1] == []
