"""The contract, held against transports of one's own: a right one passes, a typical wrong one is told why not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.own import Silent, code_of
from tests.contract.words import compared, named, of_error, rule_of
from tests.root import ROOT
from tests.stranger.readers import Ended

GIVEN = ROOT / "tests/contract/given"
SAID = ROOT / "tests/contract/said.json"

# What is wrong: the rules it is held against here (all of them take a while), and what is said of it.
WRONG, SENTENCES, CODE = json.loads(SAID.read_text("utf-8")).values()


def held(file: Path, only: str = "") -> tuple[int, str]:
    """What the command says of a file, in one line, and how it ends."""
    command = [sys.executable, "-m", "tests.contract", str(file), only]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=110)
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_a_right_one_keeps_every_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--durations=3 --durations-min=0")  # of whoever runs it, and not for this
    code, said = held(GIVEN / "right.py")
    assert code == 0 and "It holds: " in said, said
    rules = int(said.partition("It holds: ")[2].split()[0])
    assert rules > 50
    assert said.endswith(f"The code of this file: {code_of((GIVEN / 'right.py').read_text('utf-8'), rules)}")


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_one_is_told_which_promise_broke_and_how(name: str) -> None:
    wrong = WRONG[name]
    code, said = held(GIVEN / f"{name}.py", wrong["only"])
    assert code == 1 and wrong["rule"] in said and wrong["finding"] in said and "The code" not in said, said


def test_every_wrong_one_is_tried() -> None:
    assert {file.stem for file in GIVEN.glob("*.py")} == {*WRONG, "right"} - {"../skeleton"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "is no file: say TRANSPORT=path/to/file.py"),
        ("def transport(clients", "cannot be loaded: SyntaxError"),
        ("import nothing_of_that_name", "cannot be loaded: ModuleNotFoundError"),
        ("transport = 3", "has no function `transport(clients)`"),
        ("KIND = 'pigeon'\ndef transport(clients): ...", "it may be stream, longpoll, poll"),
    ],
)
def test_a_file_that_holds_no_transport_is_told_what_it_lacks(tmp_path: Path, text: str | None, why: str) -> None:
    file = tmp_path / "mine.py"
    if text is not None:
        file.write_text(text, "utf-8")
    code, said = held(file)
    assert code == 2 and why in said, said


def test_which_must_be_said() -> None:
    done = subprocess.run([sys.executable, "-m", "tests.contract", "", ""], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "make contract TRANSPORT=path/to/file.py" in done.stderr


# The sentence that stands above this test, and none of its marks.
@pytest.mark.parametrize("one", [1])
def test_a_rule_has_a_name_and_a_sentence(one: int) -> None:
    assert (
        rule_of(test_a_rule_has_a_name_and_a_sentence)
        == "The sentence that stands above this test, and none of its marks."
    )
    assert named(test_a_rule_has_a_name_and_a_sentence) == "A rule has a name and a sentence."
    assert rule_of(test_which_must_be_said) == ""


def message(seq: int, event: str = "m", room: str | None = None) -> dict[str, object]:
    return {"seq": seq, "event": event, "data": None, "from": None, "room": room}


@pytest.mark.parametrize(
    ("given", "due", "said"),
    [
        ([message(1)], [message(1), message(2)], "message 2 (m null) was lost"),
        ([message(1), message(1)], [message(1)], "message 1 (m null) was given twice"),
        ([message(1, room="den")], [], "message 1 (m null of room den) was given and not due"),
        ([message(2), message(1)], [message(1), message(2)], "in another order than they were said: 2 1"),
        (
            [],
            [message(n) for n in range(1, 6)],
            "message 1 (m null), message 2 (m null), message 3 (m null) and 2 more were lost",
        ),
        (([], "e.1"), ([], "e.2"), "the cursor is e.1, and e.2 was due"),
        ({"reason": "away", "missed": 2}, None, "a gap was told (away, 2 missed), and nothing was lost"),
        (None, {"reason": "epoch", "missed": 0}, "no gap was told, and one was due (epoch)"),
        (1, 2, "1 came, and 2 was due"),
    ],
)
def test_what_came_and_what_was_due_are_told_apart(given: object, due: object, said: str) -> None:
    assert said in compared(given, due)


def test_the_lesson_knows_each_kind_of_finding() -> None:
    """tests/js/own.test.mjs holds the page's hints to the same sentences."""
    assert SENTENCES == {
        "json": of_error(json.JSONDecodeError("no", "half {", 0)),
        "ended": of_error(Ended(clean=False)),
        "silent": of_error(Silent("no batch came within 3 s")),
        "lost": compared([message(1)], [message(1), message(2)]),
        "twice": compared([message(1), message(1)], [message(1)]),
        "other": compared([message(1, room="den")], []),
        "order": compared([message(2), message(1)], [message(1), message(2)]),
        "cursor": compared("e.1", "e.2"),
        "gap": compared(None, {"reason": "epoch", "missed": 0}),
    }


def test_the_lesson_makes_the_same_code() -> None:
    assert code_of(CODE["text"], CODE["rules"]) == CODE["code"]
