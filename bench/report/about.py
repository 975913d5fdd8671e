"""About a run: when, how long and on what, the doubts there are, and the command that repeats it."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from bench.load.gates import disturbed
from bench.report.answer import band
from bench.report.document import Document
from bench.report.saying import digits, percent
from bench.report.words import listed, several
from bench.theory.stats import ENOUGH

VOIDS = 0.10  # of the cells: more, and the run should be made again
STEAL = 1.0  # percent of the time that other machines took
BUSY = 0.6  # of the generator's core: near the gate


def told_of(document: Document) -> str:
    """When, how long, how often, on what."""
    void = sum(cell.void is not None for cell in document.cells)
    most = "up to " if len(set(document.rounds_of.values())) > 1 else ""
    apart = [f"{when(one)}, {lasted(one)}" for one in runs_of(document)]
    runs = f"{several(len(apart), 'run')}: {'; '.join(apart)}" if len(apart) > 1 else apart[0]
    return (
        f"{runs}; {most}{several(document.rounds, 'round')},"
        f" {several(len(document.cells), 'cell')}, {void} void; seed {document.text('seed')};"
        f" {document.text('machine', 'cpu')}, {document.text('machine', 'cores')} cores"
    )


def runs_of(document: Document) -> list[Document]:
    """Each of its runs, without cells; of a single one itself."""
    told = document.raw.get("together")
    runs = [one for one in told if isinstance(one, Mapping)] if isinstance(told, list) else []
    return [Document(one, ()) for one in runs] or [document]


def made_with(document: Document) -> str:
    """The versions of what took part, and where the rest is told."""
    ran = f"Linux {document.text('machine', 'kernel')}, Python {document.text('machine', 'python')}"
    versions = document.section("machine").get("versions")
    named = [f"{name} {one}" for name, one in versions.items()] if isinstance(versions, Mapping) else []
    return f"{'; '.join([ran, *named])}. All settings are at the end."


def when(document: Document) -> str:
    """The beginning, as a person writes it."""
    try:
        began = datetime.fromisoformat(document.text("began"))
    except ValueError:
        return document.text("began")
    return f"{began.day} {began:%B %Y, %H:%M} {began.tzname() or ''}".strip()


def lasted(document: Document) -> str:
    """The length of the run."""
    try:
        began, ended = (datetime.fromisoformat(document.text(name)) for name in ("began", "ended"))
        seconds = (ended - began).total_seconds()
    except (ValueError, TypeError):
        return "duration not recorded"
    return f"{seconds / 60:,.0f} min" if seconds >= 120 else f"{seconds:,.0f} s"


def warnings(document: Document) -> list[str]:
    """What weakens this run, each with what to do about it."""
    found: list[str] = []
    if document.raw.get("interrupted") is True:
        found.append("The run was interrupted: what follows is what it had measured by then. Run it again to its end.")
    if document.raw.get("quick") is True:
        found.append("A quick run: it shows that all works, and settles nothing. Run `python -m bench` for verdicts.")
    elif document.rounds < ENOUGH:
        few = several(document.rounds, "round")
        found.append(f"Only {few}: an interval takes {ENOUGH}. Run with `--rounds {ENOUGH}` or more.")
    if document.raw.get("quick") is not True and len(runs_of(document)) == 1:
        found.append("One run: how much another hour differs is in no interval. `make bench` again adds a run to it.")
    states = sorted({one.text("commit") for one in runs_of(document)})
    if len(states) > 1:
        found.append(f"The runs are of several states of the code ({listed(states)}): costs may have changed.")
    missing = [name for name in document.experiments if not any(cell.experiment == name for cell in document.cells)]
    if missing:
        only = f"`python -m bench --only {','.join(missing)}`"
        found.append(f"Not in this run: {listed(missing)}. Their claims stay untold; {only} measures them.")
    left_out = document.raw.get("left_out")
    found += [str(sentence) for sentence in left_out] if isinstance(left_out, list) else []
    return found + _doubts(document)


def _doubts(document: Document) -> list[str]:
    found: list[str] = []
    void = [cell.void for cell in document.cells if cell.void is not None]
    if len(void) > VOIDS * max(1, len(document.cells)):
        kinds = [re.sub(r"\d[\d.,]*", "…", reason) for reason in void]  # the same reason, whatever its figures
        often = void[kinds.index(Counter(kinds).most_common(1)[0][0])]
        share = percent(len(void) / len(document.cells))
        step = "Close what else runs" if disturbed(often) else "Mend that"
        found.append(f"{share} of the cells are void, most often like this: “{often}”. {step}, and repeat.")
    steal = max((_steal(one) for one in runs_of(document)), default=0.0)
    if steal > STEAL:
        found.append(f"Other machines on this host took {digits(steal)} % of the time. Repeat in a quiet hour.")
    cores = document.section("machine").get("cores")
    if isinstance(cores, int | float) and cores < 2:
        found.append("Server and generator shared one core: their lateness is not told apart. Use two cores or more.")
    busy = [
        cell.name
        for cell in document.cells
        if cell.void is None
        and cell.experiment == "E4"
        and not cell.figure("saturated")
        and (cell.figure("generator_cpu") or 0) > BUSY
    ]
    if busy:
        named = f"{listed(list(dict.fromkeys(busy))[:3])}"
        found.append(
            f"The generator was busy for more than {BUSY:.0%} of its core in {several(len(busy), 'cell')} ({named}),"
            " while the server had time to spare. Some of the latency there is its own: use fewer probes."
        )
    if any(cell.experiment == "E4" for cell in document.cells) and band(document) is None:
        found.append("E4 has no A/A twin that counts, so its noise is unknown. Run E4 in whole.")
    return found


def _steal(document: Document) -> float:
    found = document.section("machine").get("steal_percent")
    return float(found) if isinstance(found, int | float) else 0.0


def again(document: Document) -> str:
    """The command that repeats this run."""
    words = ["python -m bench"]
    for name, value in document.section("settings").items():
        flag = f"--{name.replace('_', '-')}"
        if value is True:
            words.append(flag)
        elif isinstance(value, str | int | float) and value is not False:
            words.append(f"{flag} {shlex.quote(str(value))}")
    return " ".join(words)
