"""The report of a run, made again from its document.

python -m bench.report RESULT.json.gz --out DIR      makes the report of a run again, from its JSON
python -m bench.report RESULT.json.gz                the tables in the terminal only
python -m bench.report RESULT.json.gz --docs         the answer and the verdicts into docs/comparison.md, the
                                                     advice into the READMEs and the page
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bench import docs
from bench.report.choose import advise
from bench.report.document import BadDocument, read
from bench.report.files import markdown, tables, write


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.report", description="Make the report of a run again, from its JSON."
    )
    parser.add_argument("result", type=Path, help="the JSON of a run, plain or as gzip")
    parser.add_argument("--out", type=Path, help="where to write the report; without it, the tables are printed")
    parser.add_argument("--docs", action="store_true", help="write answer, verdicts and advice into the docs")
    told = parser.parse_args()
    try:
        document = read(told.result)
        if told.docs:
            print(docs.put("comparison", markdown(document), docs.DOCS / "comparison.md"))
            print(*advise(document), sep="\n")
        elif told.out is None:
            print(tables(document), end="")
        else:
            print(write(document, told.out))
    except (BadDocument, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
