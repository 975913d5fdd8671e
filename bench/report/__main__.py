"""The report of runs, made again from their documents.

python -m bench.report DIR --out DIR      makes the report of all whole runs in DIR again
python -m bench.report DIR                the tables in the terminal only; in Chinese with --lang zh
python -m bench.report DIR --docs         the answer and the verdicts into docs/comparison.md, the advice into the
                                          READMEs and the page
python -m bench.report RUN.json.gz        the same of a single run
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import docs
from bench.report.choose import advise
from bench.report.document import BadDocument
from bench.report.files import markdown, tables, write
from bench.report.runs import read_all
from bench.report.words import LANGUAGES


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.report", description="Make the report of runs again, from their documents."
    )
    parser.add_argument("result", type=Path, help="a folder of runs, or the JSON of one, plain or as gzip")
    parser.add_argument("--out", type=Path, help="where to write the report; without it, the tables are printed")
    parser.add_argument("--docs", action="store_true", help="write answer, verdicts and advice into the docs")
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="the language of the tables (%(default)s)")
    told = parser.parse_args()
    try:
        document = read_all(told.result)
        if told.docs:
            print(docs.put("comparison", markdown(document), docs.DOCS / "comparison.md"))
            print(*advise(document), sep="\n")
        elif told.out is None:
            print(tables(document, told.lang), end="")
        else:
            print(write(document, told.out))
    except (BadDocument, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
