"""A faulty network in front of a server, as a program: see lab/network/gateway.py."""

import sys

from transport_fallback.lab.network.gateway import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
