"""The files of a report: the page, the document, a table of cells and the answer of E4 as a slide; and its texts."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from bench.claims import findings
from bench.report import elsewhere, figures, growth
from bench.report.about import told_of, warnings
from bench.report.answer import Answer
from bench.report.document import Document, parse
from bench.report.page import PAGES, html
from bench.report.parts import parts as memory
from bench.report.runs import together
from bench.report.tables import experiment, kaazing, plain, promised, voids
from bench.report.today import today
from bench.report.words import say, spoken


def write(document: object, out_dir: Path) -> Path:
    """Make report.html, the same in Chinese, cells.csv and e4.svg; the path of the first is returned.

    BadDocument: this is no result of a run.
    """
    told = document if isinstance(document, Document) else together([parse(document)])
    out_dir.mkdir(parents=True, exist_ok=True)
    (out_dir / "cells.csv").write_text(cells_csv(told), encoding="utf-8", errors="replace", newline="")
    slide = figures.slide(told)
    if slide is not None:
        (out_dir / "e4.svg").write_text(slide + "\n", encoding="utf-8")
    else:
        (out_dir / "e4.svg").unlink(missing_ok=True)  # of an earlier run: it would be taken for this one's
    for language, page in PAGES.items():
        (out_dir / page.file).write_text(html(told, language), encoding="utf-8", errors="replace")
    return out_dir / PAGES["en"].file


def tables(document: object, language: str = "en") -> str:
    """The same for a terminal, in English or Chinese."""
    told = document if isinstance(document, Document) else together([parse(document)])
    with spoken(language):
        return _tables(told)


def _tables(told: Document) -> str:
    parts = [plain(told_of(told)), *(f"! {plain(warning)}" for warning in warnings(told))]
    if "E4" in told.experiments:
        answer = say("E4: {answer} {growth}", answer=Answer(told).sentence, growth=growth.paragraph(told))
        parts.append(plain(answer.rstrip()))
    parts += [table.text() for name in told.experiments if (table := experiment(told, name)) is not None]
    parts += [table.text() for table in (kaazing(told), today(told), memory(told), voids(told)) if table is not None]
    for claim, found in findings(told):
        source = say("{who}: {place}", who=claim.who, place=claim.place)
        who = say("{number} ({source}) {says}", number=claim.number, source=source, says=claim.says)
        verdict = say("{verdict}: {measured}", verdict=found.said, measured=found.measured)
        parts.append(plain(who) + "\n    " + plain(verdict))
        parts[-1] += f"\n    {claim.repeat}"
    parts += map(plain, elsewhere.sentences(told))
    return "\n\n".join(parts) + "\n"


def markdown(document: Document) -> str:
    """The answer of E4 and the verdicts, for docs/comparison.md."""
    rows = ["| claim | who says so | verdict here |", "|---|---|---|"]
    for claim, found in findings(document):
        rows.append(f"| {claim.number} {claim.says} | {claim.who}: {claim.place} | {found.said} |")
    kept, others = promised(document), growth.paragraph(document)
    parts = [
        f"{told_of(document)}.",
        f"**{say('Does long polling beat WebSocket when the server is full?')}** {Answer(document).sentence}",
        *([others] if others else []),
        *([say("As near to the models as promised, in E2 and E3: {shares}.", shares=kept)] if kept else []),
        "\n".join(rows),
        *elsewhere.sentences(document),
    ]
    return "\n\n".join(parts)


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
