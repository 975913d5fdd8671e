"""The chat in a terminal, as a program: see client/terminal.py."""

from transport_fallback.client.terminal import main

if __name__ == "__main__":
    main()
