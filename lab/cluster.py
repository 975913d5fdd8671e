"""A cluster as one program, `make cluster`: it starts all members, says what is where, and ends them together."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterable

from transport_fallback.lab.members import Cluster
from transport_fallback.lab.network.proxies import find

PORT = 3000


async def pressed() -> AsyncIterator[None]:
    """Each Enter, where somebody can press it: a program in the background may not read its terminal."""
    source, loop, news = sys.stdin.fileno(), asyncio.get_running_loop(), asyncio.Event()
    if os.isatty(source) and os.tcgetpgrp(source) != os.getpgrp():
        return

    def read() -> None:
        if os.read(source, 1024):
            news.set()
        else:
            loop.remove_reader(source)

    try:
        loop.add_reader(source, read)
    except OSError:  # a file, or nothing
        return
    try:
        while await news.wait():
            news.clear()
            yield
    finally:
        loop.remove_reader(source)


async def run(port: int, redis: str, flags: list[str]) -> None:
    """Until it is told to end. OSError: it cannot be, or not any more, and why."""
    task = asyncio.current_task()
    assert task is not None
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked:  # it is ending already
            asked = True
            task.cancel()

    made = Cluster(port, redis, flags)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    print("Redis, three servers and HAProxy start …", flush=True)
    with contextlib.suppress(asyncio.CancelledError):
        async with made as cluster:
            print(cluster.told(), flush=True)
            again = asyncio.create_task(_again(cluster))
            try:
                what = await cluster.broken()
                raise OSError(f"{what} has ended, so all of it ends")
            finally:
                again.cancel()
                await asyncio.gather(again, return_exceptions=True)


async def _again(cluster: Cluster) -> None:
    async for _ in pressed():
        await cluster.start_again()


def missing(program: str) -> str | None:
    """What is needed and not here, in a sentence; None: all of it is here."""
    if shutil.which(program) is None:
        return "redis-server is not installed: run scripts/get-redis as root, or install it yourself"
    if any(importlib.util.find_spec(name) is None for name in ("redis", "hiredis")):
        return "the packages of the log are missing: pip install -r requirements/redis.txt"
    try:
        find("haproxy")
    except FileNotFoundError as error:
        return str(error)
    return None


def main(arguments: Iterable[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m transport_fallback.lab.cluster",
        description="Several servers that share a log, behind HAProxy. What it does not know is for the servers.",
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=int, default=PORT, help="of HAProxy; 0 = any free one")
    parser.add_argument("--redis", default="redis-server", metavar="PROGRAM", help="the program of Redis, or of Valkey")
    chosen, flags = parser.parse_known_args(list(arguments))
    if lacks := missing(chosen.redis):
        print(lacks, file=sys.stderr)
        return 1
    try:
        asyncio.run(run(chosen.port, chosen.redis, flags))
    except OSError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
