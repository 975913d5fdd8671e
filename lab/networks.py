"""`python -m lab.networks`: see lab/network/networks.py."""

import sys

from transport_fallback.lab.network.networks import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
