"""The teacher's guide and worksheets: one book in two languages, with all a lesson needs, and links that lead there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.lab.test_lessons import LANGUAGES, LESSONS, STEPS, WEB, Reader
from tests.serving import Lab
from tests.stranger.http import http

TEACHER = WEB / "lessons" / "teacher"
PAGES = {"guide": "{}.html", "worksheets": "worksheets-{}.html"}
EACH = [pytest.param(page, language, id=f"{page}-{language}") for page in PAGES for language in LANGUAGES]
PARTS = 8  # of a lesson in the guide: misconception, minutes, links, question, trouble, discussion, solution, homework
SPOKEN = {"lang", "title"}
NAMES = {"panel", "lesson", "step", "view", "size", "lang"}  # the knobs that a link of the guide turns


def text(page: str, language: str) -> str:
    return (TEACHER / PAGES[page].format(language)).read_text("utf-8")


def sections(page: str, language: str) -> dict[str, str]:
    """What stands in each section, by its id."""
    return dict(re.findall(r'<section id="(\w+)".*?>(.*?)</section>', text(page, language), re.DOTALL))


def links(html: str) -> Iterator[str]:
    for href in re.findall(r'href="(.*?)"', html):
        yield unescape(href)


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_elements(page: str) -> None:
    def elements(language: str) -> list[tuple[str, dict[str, str]]]:
        found = Reader(text(page, language).partition("<html")[2].partition(">")[2].removesuffix("</html>\n"))
        return [
            (path, {name: re.sub(r"\blang=\w\w", "lang", value) for name, value in about.items() if name not in SPOKEN})
            for path, about, _texts in found.elements
        ]

    assert len(elements("en")) > 300
    for one, other in zip(elements("en"), elements("zh"), strict=True):
        assert one == other


@pytest.mark.parametrize(("page", "language"), EACH)
def test_each_lesson_has_its_place_by_its_number_and_title(page: str, language: str) -> None:
    found = sections(page, language)
    assert [name for name in found if name in LESSONS] == LESSONS
    for number, name in enumerate(LESSONS, 1):
        lesson = (WEB / "lessons" / name / f"{language}.html").read_text("utf-8")
        (title,) = re.findall(r"<h2>(.*?)</h2>", lesson)
        assert f"<h2>{number}. {title}</h2>" in found[name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_has_each_part_of_each_lesson(language: str) -> None:
    for name in LESSONS:
        section = sections("guide", language)[name]
        assert section.count("<dt>") == section.count("</dd>") == PARTS, name
        assert '<p class="purpose">' in section
        discussion = re.findall(r"<dd><ol>\n(.*?)</ol></dd>", section, re.DOTALL)[0]
        questions = re.findall(r"<li>(.*?)</li>", discussion)
        assert len(questions) == 3 and all(re.search(r"[?？].+", one) for one in questions)  # and an answer behind it
        points = [int(one) for one in re.findall(r"<tr><td>(\d)</td>", section)]
        assert sum(points) == 4 and len(points) >= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_solutions_stand_in_no_page_of_a_student(language: str) -> None:
    for name, section in sections("guide", language).items():
        for solution in re.findall(r'<pre class="program">(.*?)</pre>', section, re.DOTALL):
            core = unescape(solution).splitlines()[3].strip()
            lesson = "".join(path.read_text("utf-8") for path in (WEB / "lessons" / name).iterdir())
            assert core not in lesson


@pytest.mark.parametrize(("page", "language"), EACH)
def test_every_link_leads_to_something_there_is(page: str, language: str) -> None:
    own = {"/lessons/teacher", "/lessons/teacher/worksheets"}
    assert len(list(links(text(page, language)))) >= 3
    for href in links(text(page, language)):
        parts = urlsplit(href)
        assert not parts.netloc
        if parts.path.endswith(".css"):
            assert (WEB / parts.path.lstrip("/")).exists()
            continue
        knobs = {name: value for name, (value,) in parse_qs(parts.query).items()}
        assert parts.path in own | {"/"} and set(knobs) <= NAMES and knobs["lang"] in LANGUAGES
        if "lesson" in knobs:
            assert 1 <= int(knobs["lesson"]) <= len(LESSONS) and 1 <= int(knobs["step"]) <= len(STEPS)
    for name, section in sections(page, language).items():
        for href in links(section):
            found = parse_qs(urlsplit(href).query)
            assert found["lesson"] == [str(LESSONS.index(name) + 1)], href
            assert found["lang"] == [language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_interval_that_solves_lesson_1_is_the_lessons_own(language: str) -> None:
    lesson = (WEB / "lessons" / "polling" / "lesson.js").read_text("utf-8")
    age, asks = (int(found) for found in re.findall(r"WANTED = \{ age: (\d+), asks: (\d+) \}", lesson)[0])
    told = dict(re.findall(r'data-fact="(least|most)">(\d+)<', text("guide", language)))
    assert told == {"least": str(60_000 // asks), "most": str(2 * age)}


@pytest.mark.anyio
@pytest.mark.parametrize("page", PAGES)
async def test_they_are_served_in_the_language_that_is_asked_for(lab: Lab, page: str) -> None:
    path = "/lessons/teacher" + ("" if page == "guide" else "/worksheets")
    for query, spoken, language in (
        ("", "", "en"), ("?lang=zh", "", "zh"), ("?lang=en", "zh-CN,zh;q=0.9", "en"), ("", "zh-CN,zh,en;q=0.8", "zh"),
        ("", "fr, en;q=0.5, zh;q=0.1", "en"), ("?lang=tlh", "zh", "en"), ("?lang=../../app", "", "en"),
    ):  # fmt: skip
        headers = [("Accept-Language", spoken)] if spoken else []
        answer = await http(lab.url, "GET", path + query, headers=headers)
        assert answer.status == 200 and answer.body.decode() == text(page, language)
        assert "style-src 'self'" in answer.headers["content-security-policy"]
        assert "accept-language" in answer.headers["vary"].lower()
    sheet = await http(lab.url, "GET", "/lessons/teacher/print.css")
    assert sheet.status == 200 and sheet.headers["content-type"].startswith("text/css")
