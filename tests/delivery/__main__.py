"""Random deliveries over the running server, each held against what had to be heard.

python -m tests.delivery                  600 programs
python -m tests.delivery --seeds 5000     more
python -m tests.delivery --seed 17        one, printed as a script when it fails
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections import Counter

from tests.delivery.chance import program
from tests.delivery.play import played
from tests.serving import impatient


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.delivery", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--seeds", type=int, default=600, metavar="N", help="so many programs")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="from this one on")
    parser.add_argument("--seed", type=int, help="only this one")
    options = parser.parse_args()
    first, many = (options.first, options.seeds) if options.seed is None else (options.seed, 1)
    began, figures, failed = time.monotonic(), Counter[str](), []
    for seed in range(first, first + many):
        with impatient():
            result = asyncio.run(played(program(seed)))
        figures += result.figures
        if result.faults:
            failed.append(seed)
            print(f"seed {seed}", *(f"  {fault}" for fault in result.faults[:5]), sep="\n", flush=True)
    if failed and options.seed is not None:
        print(program(options.seed).script())
    print(", ".join(f"{count:,} {name}" for name, count in figures.items()))
    print(f"{many - len(failed)} passed, {len(failed)} failed: {failed[:20]}, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
