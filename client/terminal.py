"""The chat in a terminal: what you type is said, what is said is shown."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable
from typing import Any, TextIO

from .ladder import RUNGS
from .socket import ClosedError, EmitError, Socket, io

# What happens to a client, as a sentence for whoever sits at the terminal.
TOLD: dict[str, Callable[[dict[str, Any]], str]] = {
    "disconnect": lambda told: f"disconnected: {told['reason']}",
    "reconnecting": lambda told: f"trying again in {told['waitMs']} ms, for the {nth(told['attempt'])} time",
    "connect_failed": lambda told: f"no transport came through: {told['message']}",
    "switch": lambda told: f"{told['to']} carries on for {told['from']}: {told['why']}; silence {told['gapMs']} ms",
    "gap": lambda told: f"{missed(told['missed'])} ({told['reason']})",
    "error": lambda told: f"{told['code']}: {told['message']}",
}


async def chat(options: argparse.Namespace) -> None:
    """Until the server does not want this client (ClosedError), or nobody reads what is shown (BrokenPipeError)."""
    async with io(options.url, use=options.use, every=options.every, history=options.history) as socket:

        @socket.on("connect")
        def connected(detail: Any) -> None:
            tell(f"connected by {detail['transport']}")
            socket.emit("name", {"name": options.name})

        for event, sentence in TOLD.items():
            socket.on(event, lambda detail, sentence=sentence: tell(sentence(detail)))

        messages = socket.messages
        saying = asyncio.create_task(say(socket, options.name))
        try:
            async for message in messages:
                if message.event == "s2c" and isinstance(message.data, dict):
                    print(shown(f"{message.data.get('user')} says {message.data.get('content')}"), flush=True)
        finally:
            saying.cancel()


async def say(socket: Socket, name: str) -> None:
    """Say each line that is typed. The end of what is typed is not the end of listening."""
    typed: asyncio.Queue[str] = asyncio.Queue()
    threading.Thread(target=listen, args=(asyncio.get_running_loop(), typed), daemon=True).start()
    while True:
        if line := await typed.get():
            try:
                await socket.emit("c2s", {"user": name, "content": line})
            except EmitError as error:
                tell(f"not said: {error}")


def nth(count: int) -> str:
    """1st, 2nd, 3rd, 4th, …"""
    ending = "th" if count % 100 // 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def missed(count: int | None) -> str:
    """What a gap is news of: messages that may be lost to this reader."""
    if count is None:
        return "messages may be lost, nobody knows how many"
    return f"{count} message{'' if count == 1 else 's'} may be lost"


def listen(loop: asyncio.AbstractEventLoop, typed: asyncio.Queue[str]) -> None:
    """What is typed, by a thread: reading a terminal cannot be cancelled, and must not make it non-blocking."""
    with contextlib.suppress(RuntimeError, OSError, ValueError):  # the program ends
        for line in sys.stdin or ():  # None: the program was started without one
            loop.call_soon_threadsafe(typed.put_nowait, line.strip())


def tell(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):  # that nobody reads this is no reason to end
        print(f"* {shown(text)}", file=sys.stderr, flush=True)


def shown(text: str) -> str:
    """A text for the terminal, without what would steer it."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def lenient(stream: TextIO | None, errors: str) -> None:
    """No byte that is typed and no character that is said may end the chat: what has no form here is replaced."""
    if stream is not None and hasattr(stream, "reconfigure"):
        stream.reconfigure(errors=errors)


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m transport_fallback.client",
        description="A chat in a terminal: what you type is said, what is said is shown. It goes on listening when its"
        " input ends; Ctrl-C ends it.",
    )
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:3000")
    parser.add_argument("--use", default="auto", choices=["auto", *RUNGS], help="the transport to read by")
    parser.add_argument("--name", default="somebody")
    parser.add_argument("--every", type=float, default=1.0, help="s between polls")
    parser.add_argument("--history", type=int, default=0, help="messages of the past to show first")
    lenient(sys.stdin, "replace")
    lenient(sys.stdout, "backslashreplace")
    lenient(sys.stderr, "backslashreplace")
    options = parser.parse_args()
    try:
        asyncio.run(chat(options))
    except KeyboardInterrupt:
        pass
    except ValueError as error:
        parser.error(str(error))
    except BrokenPipeError:
        # The interpreter would flush once more as it ends, and fail (docs.python.org, signal, "Note on SIGPIPE").
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except ClosedError as why:
        sys.exit(f"* {shown(str(why))}")
