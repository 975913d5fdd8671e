"""Axe: what in a page bars somebody who cannot see it, or cannot point, from it."""

from __future__ import annotations

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# Only what is wrong comes back: to list all else in full costs as much as to look.
LOOK = """async (within) => {
    const { violations } = await axe.run(within || document, { resultTypes: ["violations"] });
    const told = ({ id, help }, { html }) => `${id}: ${help}: ${html.slice(0, 200)}`;
    return violations.flatMap((one) => one.nodes.map((node) => told(one, node)));
}"""


def barred(page: Page, within: str = "") -> list[str]:
    """What axe finds, in the whole page or in a part of it. Half a megabyte, it is given to each document once."""
    if page.evaluate("typeof axe === 'undefined'"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(LOOK, within)
    return found
