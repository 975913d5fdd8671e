"""`python -m bench.report`: see bench/report/page.py."""

import sys

from bench.report.page import main

if __name__ == "__main__":
    sys.exit(main())
