"""What the docs state as a fact is one: limits, codes, proxies, networks, figures, the unit of systemd."""

from __future__ import annotations

import configparser
import re
import shlex
import subprocess
from functools import cache

import pytest

from bench.report import choose
from bench.report.answer import all_series
from bench.report.cases import LANGUAGES
from bench.report.document import Document
from bench.report.files import markdown
from bench.report.runs import read_all
from bench.report.saying import NOT_MEASURED
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
    """The runs that the comparison is made of."""
    return read_all(ROOT / "bench" / "results")


def test_the_comparison_is_what_the_committed_report_says() -> None:
    assert markdown(committed()) in text("docs/comparison.md")


def test_the_advice_is_what_the_committed_run_says() -> None:
    found = choose.rows(committed())
    for page, language in zip(READMES, LANGUAGES, strict=True):
        assert choose.table(found, language) in text(page)
        assert choose.script(found, language) == text(f"web/page/choose/{language}.js")
        assert NOT_MEASURED not in choose.table(found, language)


# Who chooses by the README chooses by what is measured: advice that another run refutes is not to stay.
def test_the_advice_is_borne_out_by_its_figures() -> None:
    told = choose.Facts(committed())
    late = {series.name: dict(series.middle("p99"))[choose.FULL] for series in all_series(committed())}
    assert max(late["coalesced ws"], late["sse"]) < late["longpoll"]
    assert float(told.cores("sse").split()[0]) < float(told.cores("poll").split()[0])
    assert (told.around("ws") or 0) * 10 < (told.around("poll") or 0)
    assert told.lost(True) == "0 %" != told.lost(False)
    assert 1.5 < float(told.crowded[1])
    networks, without, lost = choose.walls(text("docs/fallback.md"))
    assert 0 < without < networks and not lost


def test_a_table_in_which_the_ladder_ended_on_nothing_is_no_advice() -> None:
    page = text("docs/fallback.md")
    row = next(line for line in page.splitlines() if line.startswith("| kill | sse |"))
    with pytest.raises(ValueError, match="ended on nothing"):
        choose.walls(page.replace(row, row.replace("| kill | sse |", "| kill | nothing |"), 1))
    with pytest.raises(ValueError, match="no table"):
        choose.walls("")


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
