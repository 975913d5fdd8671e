"""The Chinese README: its commands, files, networks and requests are those of the English one."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EN, ZH = ((ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def test_each_leads_to_the_other() -> None:
    assert "(README.zh.md)" in EN and "(README.md)" in ZH


def test_every_command_is_one() -> None:
    targets = set(re.findall(r"\bmake ([a-z-]+)", ZH))
    assert {"run", "test", "class", "bench", "fallback", "storm", "proxies"} <= targets
    assert targets <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_links_and_files_are_there() -> None:
    links = [target for target in re.findall(r"\]\(([^)#]+)", ZH) if "://" not in target]
    files = [name for name in re.findall(r"`([a-z_/]+(?:\.py|/))`", ZH) if not name.startswith("/")]
    assert links and files
    assert not [name for name in (*links, *files) if not (ROOT / name).exists()]


def test_the_networks_and_the_requests_are_the_same() -> None:
    def networks(text: str) -> set[str]:
        table = text.partition("| `direct` |")[2].partition("\n\n")[0]
        return set(re.findall(r"`([a-z-]+)(?::[A-Z]+)?`", table))

    def requests(text: str) -> set[str]:
        return set(re.findall(r"^\| `((?:GET|POST) /[^`]+)`", text, re.MULTILINE))

    assert networks(EN) == networks(ZH) and len(networks(ZH)) >= 15
    assert requests(EN) == requests(ZH) and len(requests(ZH)) == 7
