"""What the docs state as a fact is one: limits, codes, proxies, networks, figures, the unit of systemd."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
from functools import cache

import pytest

from bench.report.answer import NAMES, all_series
from bench.report.document import Document, read
from bench.report.files import markdown
from tests.docs.written import READMES, ROOT, section, snippets, text
from transport_fallback.client.closings import TURNED_AWAY, UNHEARD
from transport_fallback.lab.network.proxies import ROWS
from transport_fallback.lab.network.table import TABLE
from transport_fallback.protocol.errors import CODES
from transport_fallback.protocol.limits import FIELDS
from transport_fallback.serving.flags import options

LIMITS = "docs/limits.md"


def rows(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"][2:]


def test_every_limit_is_in_the_table() -> None:
    flags = set(re.findall(r"`--([a-z-]+)(?: \d+)?`", text(LIMITS).partition("| limit |")[2]))
    assert flags == {name.replace("_", "-") for name in FIELDS}


def test_every_code_is_in_the_table_with_its_numbers() -> None:
    told = {
        code.strip("`"): (int(http), int(ws)) for code, http, ws, _meaning in rows(section("docs/protocol.md", "Rules"))
    }
    assert told == CODES


def test_every_network_is_in_the_table() -> None:
    told = [
        name
        for cell, _does in rows(section("docs/networks.md", "The switches"))
        for name in re.findall(r"`([a-z-]+)", cell)
    ]
    assert told == [row.name for row in TABLE]


@pytest.mark.parametrize(("row", "folder"), [("nginx-right", "/var/log/nginx"), ("haproxy-right", ".")])
def test_the_proxies_that_are_shown_are_those_that_are_tested(row: str, folder: str) -> None:
    assert ROWS[row].text("127.0.0.1:8080", "127.0.0.1", 3000, folder).strip() in text("docs/deploy.md")


def test_the_unit_of_systemd_starts_the_program_with_flags_that_it_takes() -> None:
    (written,) = snippets("docs/deploy.md", "ini")
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(written)
    service = unit["Service"]
    _python, program, *flags = shlex.split(service["ExecStart"])
    assert program.rpartition("/")[2] == "app.py"
    chosen = options(flags)
    assert chosen.allow_host == ["live.example.org"] and chosen.limits.per_sid
    assert int(service["TimeoutStopSec"]) > chosen.limits.drain_seconds


@cache
def committed() -> Document:
    """The result that the comparison is made of."""
    return read(ROOT / "bench" / "results" / "report.json.gz")


def test_the_comparison_is_what_the_committed_report_says() -> None:
    assert markdown(committed()) in text("docs/comparison.md")


# Who chooses by the README chooses by what is measured.
@pytest.mark.parametrize("page", READMES)
def test_the_advice_for_a_full_server_is_what_the_report_says(page: str) -> None:
    (row,) = [line for line in text(page).splitlines() if line[:1] == "|" and "p99" in line]
    measured = all_series(committed())
    late = {series.name: dict(series.middle("p99"))[300_000] for series in measured}
    best, sse, longpoll, naive = (
        late[name] for name in ("coalesced ws", "sse", "longpoll", NAMES["ws", "per-message"])
    )
    assert best < sse < longpoll < naive
    told = re.findall(r"[\d.]+(?= m?s\b)", row)
    assert [float(one) for one in told] == [pytest.approx(s, rel=0.01) for s in (best * 1e3, longpoll * 1e3, naive)]
    times = re.search(r"([\d.]+)(?: times| 倍)", row)
    assert times and times[1] in markdown(committed())


def test_both_clients_give_up_an_emit_after_the_same_time() -> None:
    assert (TURNED_AWAY, UNHEARD) == (60, 5 * 60)
    (told,) = re.findall(r"^An outage ends no wait: .*?\n\n", text("docs/javascript.md"), re.MULTILINE | re.DOTALL)
    assert "for a minute;" in told and "for five minutes." in told
    assert told.partition("`unsent`.")[0] in text("docs/python.md")


@pytest.mark.parametrize("name", ["fallback", "storm"])
def test_what_was_measured_stands_between_its_marks(name: str) -> None:
    _head, _, rest = text("docs/fallback.md").partition(f"<!-- {name}:begin -->\n")
    table, ended, _tail = rest.partition(f"\n<!-- {name}:end -->")
    assert ended
    assert re.search(r"^\| ours|^\| direct", table, re.MULTILINE)


def test_no_committed_file_names_a_package_registry() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "requirements"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    for name in tracked or ["requirements/run.txt", "requirements/test.txt"]:
        assert "://" not in (ROOT / name).read_text("utf-8")
