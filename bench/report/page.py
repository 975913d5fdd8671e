"""The report of a run: one HTML file that needs nothing else, its JSON and CSV, and the answer of E4 as a slide.

python -m bench.report RESULT.json.gz --out DIR      makes the report of a run again, from its JSON
python -m bench.report RESULT.json.gz                the tables in the terminal only
python -m bench.report RESULT.json.gz --docs         the answer and the verdicts into docs/comparison.md
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from bench import docs
from bench.claims import findings
from bench.load.gates import disturbed
from bench.report import beside, figures
from bench.report.answer import Answer, band
from bench.report.document import EXPERIMENTS, BadDocument, Document, parse, read
from bench.report.drawing import COLOURS, DARK
from bench.report.drawing import STYLE as DRAWN
from bench.report.figures import Figure
from bench.report.saying import digits, escaped, listed, percent, several
from bench.report.tables import Table, experiment, kaazing, plain, promised, voids
from bench.theory.stats import ENOUGH, Verdict

ROOT = Path(__file__).resolve().parents[2]
VOIDS = 0.10  # of the cells: more, and the run should be made again
STEAL = 1.0  # percent of the time that other machines took
BUSY = 0.6  # of the generator's core: near the gate
SAFE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"  # the file asks nobody for anything

STYLE = """
* { box-sizing: border-box; margin: 0; min-width: 0 }
html { background: var(--paper); color: var(--ink); -webkit-text-size-adjust: 100% }
body { max-width: 58rem; margin: 0 auto; padding: 2rem 1.5rem 4rem; overflow-wrap: break-word;
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif;
  font-variant-numeric: tabular-nums }
h1, h2 { font-size: 1.375rem; font-weight: 600; line-height: 1.25; letter-spacing: -.01em; text-wrap: balance }
h2 { border-top: 1px solid var(--line); margin-top: 3rem; padding-top: 1.5rem }
h3 { font-size: 1rem; font-weight: 600; text-wrap: balance; margin-top: 1.5rem }
p, dl, ul { max-width: 44rem; margin-top: .5rem }
ul { padding-left: 1.125rem }
li { margin-top: .5rem }
.small, figure > p, summary, th, .note { font-size: .8125rem; color: var(--soft) }
.answer { font-size: 1.125rem; margin-top: 1rem }
a { color: inherit; text-underline-offset: .2em }
code { font: .875em ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere }
figure { margin: 1rem 0 2.5rem }
figure svg { display: block; max-width: 100%; height: auto; margin-top: .75rem }
.narrow { display: none }
summary { cursor: pointer; min-height: 2.75rem; line-height: 2.75rem }
summary:focus-visible, .wide-table:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px }
.folded { border-top: 1px solid var(--line) } .folded b { color: var(--ink); font-size: 1rem; font-weight: 600 }
.wide-table { overflow-x: auto; margin-top: .5rem } .folded :is(th, td) { white-space: nowrap }
table { border-collapse: collapse; font-size: .8125rem; line-height: 1.4 }
th, td { text-align: left; vertical-align: top; padding: .375rem .75rem .375rem 0; font-weight: 400 }
tbody th { color: var(--ink) }
thead th { border-bottom: 1px solid var(--edge); vertical-align: bottom }
tbody tr + tr > * { border-top: 1px solid var(--line) }
.figure { text-align: right } td.figure { white-space: nowrap }
.claims { width: 100%; table-layout: fixed }
.claims th, .claims td { overflow-wrap: break-word }
.claims th:first-child { width: 30% } .claims .verdict { width: 11% } .claims .model { width: 25% }
.claims b { display: block; font-weight: 600 }
.claims .who { color: var(--soft); display: block }
.claims td.verdict { font-weight: 600; color: var(--ink) }
.claims [data-verdict=untold], .claims [data-verdict="not shown"] { font-weight: 400; color: var(--soft) }
dl { display: grid; grid-template-columns: minmax(8rem, auto) 1fr; gap: .25rem 1.5rem; font-size: .8125rem }
dt { color: var(--soft) }
dd { overflow-wrap: anywhere }
@media (max-width: 40rem) {
  body { padding: 1rem 1rem 3rem }
  .wide { display: none } .narrow { display: block }
  .claims, .claims tbody, .claims tr, .claims th, .claims td { display: block; width: auto !important }
  .claims thead { display: none }
  .claims tr { padding: .75rem 0; border-top: 1px solid var(--line) }
  .claims tr > * { border: 0 !important; padding: .125rem 0 }
  .claims td::before { content: attr(data-name) ": "; color: var(--soft); font-weight: 400 }
  dl { grid-template-columns: 1fr } dd { margin-bottom: .5rem }
}
@media print { details > *, details::details-content { display: block; content-visibility: visible } }
"""


def write(document: object, out_dir: Path) -> Path:
    """Make report.html, report.json.gz, cells.csv and e4.svg; the path of the first is returned.

    BadDocument: this is no result of a run.
    """
    told = document if isinstance(document, Document) else parse(document)
    out_dir.mkdir(parents=True, exist_ok=True)
    raw = json.dumps(told.raw, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")
    (out_dir / "report.json.gz").write_bytes(gzip.compress(raw, mtime=0))  # no time in it: the same run, the same file
    (out_dir / "cells.csv").write_text(cells_csv(told), encoding="utf-8", errors="replace", newline="")
    slide = figures.slide(told)
    if slide is not None:
        (out_dir / "e4.svg").write_text(slide + "\n", encoding="utf-8")
    else:
        (out_dir / "e4.svg").unlink(missing_ok=True)  # of an earlier run: it would be taken for this one's
    page = out_dir / "report.html"
    page.write_text(html(told), encoding="utf-8", errors="replace")
    return page


def tables(document: object) -> str:
    """The same for a terminal."""
    told = document if isinstance(document, Document) else parse(document)
    parts = [plain(told_of(told)), *(f"! {plain(warning)}" for warning in warnings(told))]
    if "E4" in told.experiments:
        parts.append(plain(" ".join(["E4:", Answer(told).sentence, beside.sentence(told) or ""]).rstrip()))
    parts += [table.text() for name in told.experiments if (table := experiment(told, name)) is not None]
    parts += [table.text() for table in (kaazing(told), voids(told)) if table is not None]
    for claim, found in findings(told):
        who = f"{claim.number} ({claim.who}) {claim.says}"
        parts.append(plain(who) + "\n    " + plain(f"{found.verdict.value}: {found.measured}"))
        parts[-1] += f"\n    {claim.repeat}"
    return "\n\n".join(parts) + "\n"


def markdown(document: Document) -> str:
    """The answer of E4 and the verdicts, for docs/comparison.md."""
    rows = ["| claim | who says so | verdict here |", "|---|---|---|"]
    for claim, found in findings(document):
        rows.append(f"| {claim.number} {claim.says} | {claim.who} | {found.verdict.value} |")
    kept, others = promised(document), beside.sentence(document)
    parts = [
        f"{told_of(document)}.",
        f"**Does long polling beat WebSocket when the server is full?** {Answer(document).sentence}",
        *([others] if others else []),
        *([f"As near to the models as promised, in E2 and E3: {kept}."] if kept else []),
        "\n".join(rows),
    ]
    return "\n\n".join(parts)


# ---- what is said of the run


def told_of(document: Document) -> str:
    """When, how long, how often, on what."""
    void = sum(cell.void is not None for cell in document.cells)
    most = "up to " if len(set(document.rounds_of.values())) > 1 else ""
    return (
        f"{when(document)}, {lasted(document)}; {most}{several(document.rounds, 'round')},"
        f" {several(len(document.cells), 'cell')}, {void} void; seed {document.text('seed')};"
        f" {document.text('machine', 'cpu')}, {document.text('machine', 'cores')} cores"
    )


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
    steal = document.section("machine").get("steal_percent")
    if isinstance(steal, int | float) and steal > STEAL:
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


# ---- HTML


def html(document: Document) -> str:
    """The page."""
    drawn = figures.all_figures(document)
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{SAFE}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        "<title>Four transports, measured</title>",
        f"<style>:root {{ color-scheme: light dark;{COLOURS} }}",
        f"@media (prefers-color-scheme: dark) {{ :root {{{DARK} }} }}",
        f"{DRAWN}{STYLE}</style></head><body>",
        *_head(document, [figure for figure in drawn if figure.name == "e4"]),
        *_claims(document),
        *_figures([figure for figure in drawn if figure.name != "e4"]),
        *_experiments(document),
        *_void(document),
        *_machine(document),
        "</body></html>",
        "",
    ]
    return "\n".join(parts)


def _head(document: Document, drawn: list[Figure]) -> list[str]:
    warned, others = warnings(document), beside.sentence(document)
    parts = [
        "<header><h1>Four transports, measured</h1>",
        f'<p class="small">{escaped(told_of(document))}</p>',
        f'<p class="small">{escaped(made_with(document))}</p></header>',
        "<main>",
    ]
    if "E4" in document.experiments:
        parts += [
            "<section><h2>Does long polling beat WebSocket when the server is full?</h2>",
            f'<p class="answer">{escaped(Answer(document).sentence)}</p>',
            *(_figure(figure) for figure in drawn),
            *([f"<p>{escaped(others)}</p>"] if others else []),
            "</section>",
        ]
    if warned:
        parts += [
            "<section><h2>What weakens this run</h2><ul>",
            *(f"<li>{_coded(one)}</li>" for one in warned),
            "</ul>",
        ]
        parts.append("</section>")
    return parts


def _coded(said: str) -> str:
    """Escaped; what stands between back quotes as code."""
    pieces = escaped(said).split("`")
    return "".join(f"<code>{piece}</code>" if at % 2 else piece for at, piece in enumerate(pieces))


def _claims(document: Document) -> list[str]:
    found = findings(document)
    if not found:
        return []
    count = Counter(finding.verdict for _, finding in found)
    said = listed([f"{count[verdict]} {_plural(verdict, count[verdict])}" for verdict in Verdict if count[verdict]])
    rows = []
    for claim, finding in found:
        verdict = finding.verdict.value
        rows.append(
            f'<tr><th scope="row"><b>{escaped(claim.number)}</b>{escaped(claim.says)}'
            f'<span class="who">{escaped(claim.who)}</span></th>'
            f'<td data-name="models">{escaped(claim.predicts)}</td>'
            f'<td data-name="measured">{escaped(finding.measured)} <span class="who">{_again(claim.repeat)}</span></td>'
            f'<td data-name="verdict" class="verdict" data-verdict="{escaped(verdict)}">{escaped(verdict)}</td></tr>'
        )
    return [
        "<section><h2>What the literature claims, and what holds here</h2>",
        f'<p class="small">{escaped(said)}. “Holds” and “does not” only where the interval over rounds says so or'
        " something was counted; “not shown” where the interval lies on both sides or there are too few rounds;"
        " “untold” where this run has no cells.</p>",
        '<table class="claims"><thead><tr><th scope="col">claim</th><th scope="col" class="model">the models</th>'
        '<th scope="col">measured</th><th scope="col" class="verdict">verdict</th></tr></thead><tbody>',
        *rows,
        "</tbody></table></section>",
    ]


def _plural(verdict: Verdict, count: int) -> str:
    if count == 1 or verdict in (Verdict.OPEN, Verdict.UNTOLD):
        return verdict.value
    return "hold" if verdict is Verdict.HOLDS else "do not"


def _again(command: str) -> str:
    return f"<code>{escaped(command)}</code>" if command.startswith("python") else escaped(command)


def _figures(drawn: list[Figure]) -> list[str]:
    return ["<section><h2>Figures</h2>", *(_figure(figure) for figure in drawn), "</section>"]


def _figure(figure: Figure) -> str:
    """Drawn twice, for a desk and for a phone: shrunk, the words of one could not be read on the other."""
    return "\n".join(
        [
            f'<figure id="{escaped(figure.name)}"><figcaption><h3>{escaped(figure.title)}</h3></figcaption>',
            f'<div class="wide">{figure.draw(figures.WIDE)}</div>',
            f'<div class="narrow">{figure.draw(figures.NARROW)}</div>',
            f"<p>{escaped(figure.said)}</p>",
            f"<details><summary>The numbers</summary>{figure.table.html()}</details></figure>",
        ]
    )


def _experiments(document: Document) -> list[str]:
    parts = ["<section><h2>All that was measured</h2>"]
    kept = promised(document)
    if kept:
        parts.append(f'<p class="small">As near to the models as promised, in E2 and E3: {escaped(kept)}.</p>')
    parts.append(
        '<p class="small">Each figure is the median over rounds with its 95 % bootstrap interval; “off” is how far all'
        " rounds together are from their model, “far” farther than promised. A twin is the same scenario once more:"
        " what differs is noise.</p>"
    )
    for name in document.experiments:
        table = experiment(document, name)
        if table is None:
            title = f"{name} {EXPERIMENTS[name]}" if name in EXPERIMENTS else escaped(name)
            parts.append(f'<p class="small"><b>{title}</b>: not measured in this run.')
            parts.append(f"<code>python -m bench --only {name}</code> measures it.</p>")
        else:
            parts.append(_folded(table))
        ratios = kaazing(document) if name == "E1" else None
        if ratios is not None:
            parts.append(_folded(ratios))
    return [*parts, "</section>"]


def _folded(table: Table) -> str:
    rows = several(len(table.rows), "row")
    return f'<details class="folded"><summary><b>{escaped(table.title)}</b> {rows}</summary>{table.html()}</details>'


def _void(document: Document) -> list[str]:
    table = voids(document)
    if table is None:
        return ['<section><h2>Void cells</h2><p class="small">None: every cell passed the gates.</p></section>']
    return [f"<section><h2>{escaped(table.title)}</h2>", table.html(), "</section>"]


def _machine(document: Document) -> list[str]:
    rows: list[tuple[str, str]] = [(name, document.text(name)) for name in ("began", "ended", "seed")]
    rows += [("rounds", f"{document.rounds}"), ("quick", _yes(document.raw.get("quick")))]
    rows += [("interrupted", _yes(document.raw.get("interrupted")))]
    for section in ("machine", "settings"):
        rows += [(name.replace("_", " "), _value(value)) for name, value in document.section(section).items()]
    listing = "".join(f"<dt>{escaped(name)}</dt><dd>{escaped(value)}</dd>" for name, value in rows)
    return [
        "<section><h2>Machine, settings, and how to repeat</h2>",
        f"<p><code>{escaped(again(document))}</code></p>",
        '<p class="small">Beside this file: report.json.gz has everything, with raw histograms; cells.csv a row for'
        " each cell; e4.svg the answer as a slide. <code>python -m bench.report report.json.gz --out DIR</code> makes"
        " this page again from the first.</p>",
        f"<dl>{listing}</dl></section></main>",
    ]


def _yes(value: object) -> str:
    return "yes" if value is True else "no"


def _value(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {found}" for name, found in value.items())
    return "-" if value is None else str(value)


# ---- CSV


def cells_csv(document: Document) -> str:
    """A row for each cell: what it was, its parameters, its figures. Lists stay in the JSON."""
    params = sorted({name for cell in document.cells for name in cell.params})
    names = sorted(
        {n for cell in document.cells for n, value in cell.figures.items() if not isinstance(value, list | dict)}
    )
    out = io.StringIO()
    writer = csv.writer(out)
    head = ["experiment", "name", "transport", "variant", "twin", "round", "void"]
    writer.writerow([*head, *(f"param {name}" for name in params), *names])
    for cell in document.cells:
        row: list[Any] = [
            cell.experiment,
            cell.name,
            cell.transport,
            cell.variant,
            int(cell.twin),
            cell.round,
            cell.void,
        ]
        row += [cell.params.get(name) for name in params] + [cell.figures.get(name) for name in names]
        writer.writerow([_kept(value) for value in row])
    return out.getvalue()


def _kept(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is kept a text."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the report of a run again, from its JSON.")
    parser.add_argument("result", type=Path, help="the JSON of a run, plain or as gzip")
    parser.add_argument("--out", type=Path, help="where to write the report; without it, the tables are printed")
    parser.add_argument("--docs", action="store_true", help="write the answer and the verdicts into docs/comparison.md")
    told = parser.parse_args()
    try:
        document = read(told.result)
        if told.docs:
            print(docs.put("comparison", markdown(document), docs.DOCS / "comparison.md"))
        elif told.out is None:
            print(tables(document), end="")
        else:
            print(write(document, told.out))
    except (BadDocument, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
