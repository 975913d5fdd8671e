"""Pictures of every part of the page: four widths, light and dark, Chinese and English: `make screenshots`.

They go to .cache/screenshots, named PART-WIDTH-SCHEME-LANGUAGE.png; index.html there shows them side by side.
`--part race --width 360` takes some of them.
"""

from __future__ import annotations

import argparse
import html
import os
from collections.abc import Callable, Iterator
from itertools import product

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.page import Scheme, Seat
from tests.browser.program import Program, program
from tests.root import ROOT

FOLDER = ROOT / ".cache" / "screenshots"
WIDTHS, LANGUAGES = (320, 390, 768, 1440), ("en", "zh")
SCHEMES: tuple[Scheme, Scheme] = ("light", "dark")
PROJECTOR: tuple[int, Scheme, str] = (1280, "light", "large")
TALK = {"en": ("Good morning!", "Same to you."), "zh": ("早上好！", "你也好。")}


def talk(page: Page, lang: str) -> None:
    """Two people have said something, on two transports."""
    seats = {side: Seat(page, side) for side in ("left", "right")}
    seats["right"].root.locator('[data-role=transport][data-transport="ws"]').wait_for(state="attached")
    for side, text in zip(("left", "right"), TALK[lang], strict=True):
        page.evaluate(
            """([side, text]) => {
              const field = document.querySelector(`[data-seat=${side}] [data-role=text]`);
              field.value = text;
              field.form.requestSubmit();
            }""",
            [side, text],
        )
        for seat in seats.values():
            seat.part("messages").locator("li", has_text=text).first.wait_for(state="attached")
    page.wait_for_timeout(1500)


def opened(panel: str, ready: str, wait: int = 0) -> Callable[[Page, str], None]:
    def show(page: Page, _lang: str) -> None:
        page.locator(f"[data-panel={panel}] {ready}").first.wait_for(timeout=20_000)
        page.wait_for_timeout(wait)
        page.locator(f"[data-panel={panel}]").scroll_into_view_if_needed()

    return show


def race(page: Page, lang: str) -> None:
    opened("race", "button")(page, lang)
    page.locator("[data-panel=race] button").first.click()
    page.wait_for_timeout(6000)


def exchange(page: Page, lang: str) -> None:
    """An exchange, opened."""
    talk(page, lang)
    page.locator("[data-role=wire]").focus()
    for _ in range(4):
        page.keyboard.press("ArrowUp")
    page.locator("[data-role=exchange] code").first.wait_for()


def ladder(page: Page, lang: str) -> None:
    """The ladder of a seat whose network kills WebSockets."""
    seat = Seat(page, "left" if page.evaluate("innerWidth") < 640 else "right")
    seat.part("decisions").locator("li").nth(12).wait_for(timeout=20_000, state="attached")
    seat.part("rungs").scroll_into_view_if_needed()


PARTS: dict[str, tuple[str, Callable[[Page, str], None]]] = {
    "page": ("?right=ws", talk),
    "exchange": ("?right=ws", exchange),
    "slow": ("?left=longpoll&right=ws&network=slow:300&span=3", talk),
    "ladder": ("?left=auto&right=auto&network=kill", ladder),
    "race": ("?panel=race", race),
    "choose": ("?panel=choose", opened("choose", "li", 500)),
    "calculator": ("?panel=calculator", opened("calculator", "table", 3000)),
    "lessons": ("?panel=lessons", opened("lessons", "a, button", 500)),
    "upgrade": ("?panel=lessons&lesson=2&step=3", opened("lessons", "[data-step=run]", 500)),
    "stream": ("?panel=lessons&lesson=3&step=7", opened("lessons", "[data-step=exercise]", 500)),
    "class": ("?panel=class", opened("class", "p", 500)),
}


def wanted(chosen: argparse.Namespace) -> Iterator[tuple[str, int, Scheme, str, str]]:
    """Part, width, scheme, language, size of type."""
    for part, width, scheme, lang in product(PARTS, WIDTHS, SCHEMES, LANGUAGES):
        if chosen.part in (None, part) and chosen.width in (None, width):
            yield part, width, scheme, lang, ""
    for part, lang in product(PARTS, LANGUAGES):
        if chosen.part in (None, part) and chosen.width in (None, PROJECTOR[0]):
            yield part, *PROJECTOR[:2], lang, PROJECTOR[2]


def take(browser: Browser, lab: Program, part: str, width: int, scheme: Scheme, lang: str, size: str) -> str:
    query, show = PARTS[part]
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, locale=lang)
    page.goto(f"{lab.url}/{query}&lang={lang}" + (f"&size={size}" if size else ""))
    show(page, lang)
    name = "-".join(filter(None, (part, str(width), scheme, lang, size))) + ".png"
    page.screenshot(path=FOLDER / name, full_page=True)
    page.close()
    return name


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--width", type=int)
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    names = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["LAB_CHROMIUM"])
        for picture in wanted(chosen):
            with program() as lab:  # a hub remembers
                names.append(take(browser, lab, *picture))
            print(names[-1], flush=True)
        browser.close()
    figures = "".join(
        f"<figure><img src={html.escape(name)} height=500><figcaption>{name}</figcaption></figure>" for name in names
    )
    (FOLDER / "index.html").write_text(f"<style>body{{display:flex;flex-wrap:wrap}}</style>{figures}", "utf-8")
    print(f"{len(names)} pictures in {FOLDER.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
