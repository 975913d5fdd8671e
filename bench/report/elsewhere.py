"""What other machines say: the verdicts of their runs beside those of this report."""

from __future__ import annotations

from bench.claims import findings
from bench.report.about import told_of
from bench.report.document import Document
from bench.report.words import say
from bench.theory.stats import Verdict


def sentences(document: Document) -> list[str]:
    """One for each other machine: its runs, and where its verdict is another. What it did not measure is left out."""
    return [_sentence(document, other) for other in document.elsewhere]


def _sentence(document: Document, other: Document) -> str:
    here = {claim.number: found for claim, found in findings(document) if found.verdict is not Verdict.UNTOLD}
    both = [
        (claim.number, found)
        for claim, found in findings(other)
        if found.verdict is not Verdict.UNTOLD and claim.number in here
    ]
    told = [
        say("{claim} there: {verdict}", claim=number, verdict=found.said)
        for number, found in both
        if found.verdict is not here[number].verdict
    ]
    if not told:
        return say(
            "On another machine ({runs}) all of {all} claims come to the same verdict.",
            runs=told_of(other),
            all=len(both),
        )
    return say(
        "On another machine ({runs}) {same} of {all} claims come to the same verdict. {others}.",
        runs=told_of(other),
        same=len(both) - len(told),
        all=len(both),
        others=say("; ").join(told),
    )
