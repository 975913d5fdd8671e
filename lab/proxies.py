"""A real proxy in front of a server, as a program: see lab/network/proxies.py."""

import sys

from transport_fallback.lab.network.proxies import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
