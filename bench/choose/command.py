"""Choose a transport: a ranked table from the committed run and the models, and what would change the answer.

    python -m bench choose                                     asks, one thing after the other
    python -m bench choose --clients 5000 --rate 2 --age 3     what is not said is as usual
    python -m bench choose --proxies foreign --up 0.5 --json   the same for a program

Of each transport it says what 1,000 clients cost: cores, Mbit/s, memory, requests; how old their news is on average
and in one case of a hundred; and of each number the measurement or the model behind it. What lies beyond all that was
measured is named. Costs are those of this server (bench/results); --run takes those of a run of your own.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from bench.choose.facts import of_file
from bench.choose.flips import flips
from bench.choose.question import KNOBS, USUAL, BadAnswer, Question, asked, question
from bench.choose.ranking import ranked
from bench.choose.shown import as_json, text
from bench.docs import DOCS
from bench.report.document import BadDocument

RUN = DOCS.parent / "bench" / "results"
WRONG = 2  # the exit code of a question that cannot be


class Parser(argparse.ArgumentParser):
    """One that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG, f"{message[:1].upper()}{message[1:].rstrip('.')}.\n")


def options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = Parser(
        prog="python -m bench choose", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, knob in KNOBS.items():
        usual = getattr(USUAL, name)
        said = "as long as the age allows" if usual is None else f"usual: {usual}"
        if isinstance(usual, bool):
            said = f"usual: {'yes' if usual else 'no'}"
        unit = f" ({knob.unit}; {said})" if knob.unit else f" ({said})"
        more = {"nargs": "?", "const": "yes"} if isinstance(usual, bool) else {}
        parser.add_argument(
            f"--{name}",
            metavar="|".join(knob.choices) or "N",
            help=f"{knob.asks}{unit}",
            **more,  # type: ignore[arg-type]
        )
    parser.add_argument(
        "--run", type=Path, default=RUN, metavar="FILE", help="the result of a run of your own, or a folder of runs"
    )
    parser.add_argument("--json", action="store_true", help="the answer for a program")
    return parser.parse_args(arguments)


def put(chosen: argparse.Namespace, terminal: bool) -> Question:
    """The question of the flags; of somebody at a terminal who gave none, the answers."""
    texts = {name: getattr(chosen, name) for name in KNOBS}
    if terminal and not any(text is not None for text in texts.values()):
        return asked(input, print)
    return question(texts)


def main(arguments: Sequence[str]) -> int:
    chosen = options(arguments)
    try:
        found = put(chosen, sys.stdin.isatty() and not chosen.json)
        facts = of_file(chosen.run, DOCS / "fallback.md")
    except (BadAnswer, BadDocument, OSError, ValueError) as error:
        print(f"{error}.", file=sys.stderr)
        return WRONG
    except (EOFError, KeyboardInterrupt):
        print("\nNothing was chosen.", file=sys.stderr)
        return WRONG
    places, changes = ranked(found, facts), flips(found, facts)
    if chosen.json:
        print(json.dumps(as_json(found, facts, places, changes), indent=1))
    else:
        print(text(found, facts, places, changes))
    return 0
