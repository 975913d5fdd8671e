"""`python -m client`: the chat in a terminal, see client/terminal.py."""

from transport_fallback.client.terminal import main

if __name__ == "__main__":
    main()
