"""The figures of the report, in its order."""

from __future__ import annotations

from bench.report.document import Document
from bench.report.figure import Figure
from bench.report.figure_cost import freshness, slopes, stacked
from bench.report.figure_growth import growth
from bench.report.figure_latency import distribution, waiting
from bench.report.figure_load import hockey, slide
from bench.report.figure_sequence import sequence

WIDE, NARROW = 880.0, 328.0  # px: a desk, and a phone of 360 without its margins

__all__ = ["NARROW", "WIDE", "Figure", "all_figures", "slide"]


def all_figures(document: Document) -> list[Figure]:
    """Those that this run has the cells for; the sequence needs none."""
    makers = (hockey, growth, distribution, waiting, freshness, stacked, sequence, slopes)
    return [figure for maker in makers if (figure := maker(document)) is not None]
