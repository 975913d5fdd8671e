"""A storm over a cluster of programs on one log, and the verdict on it.

python -m tests.scale                          a minute of it: killed, stopped, frozen, Redis with and without data
python -m tests.scale --seconds 60 --seed 7    the same again, as far as chance goes
python -m tests.scale --only kill,kept         these strikes alone
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import sys

from tests.scale.storm import DEEDS, storm


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.scale", description=__doc__.splitlines()[0] if __doc__ else None
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--each", type=int, default=2, help="clients of each of nine kinds")
    parser.add_argument("--pace", type=float, default=2.5, help="emits a second of each")
    parser.add_argument("--only", default="", help=f"of {', '.join(DEEDS)}")
    options = parser.parse_args()
    deeds = [deed for deed in options.only.split(",") if deed]
    if not set(deeds) <= set(DEEDS):
        parser.error(f"--only takes of {', '.join(DEEDS)}")
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    outcome = asyncio.run(storm(options.seconds, seed, deeds, options.each, options.pace))
    print(outcome)
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main())
