"""The contract, held against a transport of one's own: python -m tests.contract path/to/file.py [WORDS]

It is the same suite that holds for the four: each of its rules is a sentence of docs/protocol.md. What breaks one is
told in words: which promise, and which message was lost, given twice or not due. What the file must hold is said in
tests/contract/own.py. WORDS: only the rules whose names hold these, such as "gap or silence". The end is 0 if all rules
hold, 1 if one is broken, 2 if the file holds no transport.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.contract.own import Unfit, load
from tests.root import ROOT

MOST = "12"  # broken rules, after which nobody reads on
SUITE = "tests/server/test_contract.py"
QUIET = ["-qq", "--no-header", "--no-summary", "--tb=no", "-p", "no:cacheprovider", "-p", "no:xdist"]


def main(arguments: list[str]) -> int:
    if len(arguments) not in (1, 2) or not arguments[0]:
        print("say which: make contract TRANSPORT=path/to/file.py", file=sys.stderr)
        return 2
    path = Path(arguments[0]).resolve()
    try:
        load(path)
    except Unfit as unfit:
        print(unfit, file=sys.stderr)
        return 2
    only = ["-k", arguments[1]] if arguments[1:] and arguments[1] else []
    command = [sys.executable, "-m", "pytest", *QUIET, "--maxfail", MOST, "-p", "tests.contract.plugin", *only, SUITE]
    # What somebody always asks of pytest (PYTEST_ADDOPTS) would stand among what is said of the file.
    environment = {**os.environ, "OWN_TRANSPORT": str(path), "PYTEST_ADDOPTS": ""}
    return int(subprocess.run(command, cwd=ROOT, env=environment).returncode != 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
