"""The program as a person starts it, and clients without a page."""

from __future__ import annotations

import json
import os
import re
import secrets
import select
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bench.load.servers import free_port
from tests.browser.mother import Mother
from tests.root import ROOT

# One browser stands for a class: what is counted per client must not get in its way.
GENEROUS = [f"--{name}={value}" for name, value in {"emit-rate": 1e6, "emit-burst": 10**6, "sid-rate": 1e6}.items()]


class Program:
    """`python app.py`, as the README says."""

    def __init__(self, *flags: str) -> None:
        self.flags = flags
        self.port = free_port()  # which is still its own when it is started again
        self.launch()

    def start(self) -> None:
        self.launch()
        self.ready()

    def launch(self) -> None:
        """Begin to start it; meanwhile something else may be done."""
        self.process = subprocess.Popen(
            [sys.executable, "app.py", "--port", str(self.port), *GENEROUS, *self.flags],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = self.process.stdout

    def ready(self) -> Program:
        """Wait until it serves, at its address."""
        found = re.search(r"http://\S+:(\d+)", self.said.readline())
        assert found, "the program did not print its address"
        self.url, self.port = found[0], int(found[1])
        return self

    def stop(self) -> None:
        self.end()
        self.gone()

    def kill(self) -> None:
        self.end(signal.SIGKILL)
        self.gone()

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Begin to end it."""
        self.process.send_signal(how)

    def gone(self) -> None:
        """Wait until it has ended."""
        self.process.wait(20)
        self.said.close()


class Born(Program):
    """The same in a process that has imported already: of this kind each test has one."""

    mother = Mother()

    def launch(self) -> None:
        self.pid, heard = self.mother.bear(["--port", str(self.port), *GENEROUS, *self.flags])
        self.said = os.fdopen(heard)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if not self.said.closed:  # else it has ended, and another process may have its number
            os.kill(self.pid, how)

    def gone(self) -> None:
        """It is no child of ours, but what it prints ends with it."""
        deadline = time.monotonic() + 20
        while not self.said.closed and select.select([self.said], [], [], max(0, deadline - time.monotonic()))[0]:
            if not os.read(self.said.fileno(), 65536):
                self.said.close()
        if not self.said.closed:
            raise TimeoutError("the program did not end within 20 s")


@contextmanager
def program(*flags: str) -> Iterator[Program]:
    running = Program(*flags)
    try:
        yield running.ready()
    finally:
        running.stop()


def ask(lab: Program, path: str) -> Any:
    """The JSON that the hub answers."""
    with urllib.request.urlopen(lab.url + path) as answer:
        return json.load(answer)


class Asking:
    """A client without a page: it asks the chat room and listens to nobody."""

    def __init__(self, url: str) -> None:
        self.url, self.n, self.sid = url, 0, secrets.token_urlsafe(16)

    def ask(self, event: str, data: Any = None) -> Any:
        self.n += 1
        body = json.dumps({"emits": [{"n": self.n, "event": event, "data": data}]}).encode()
        url = f"{self.url}/emit?sid={self.sid}"
        with urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})) as answer:
            return json.load(answer)["acks"][0]["data"]

    def others(self) -> list[str]:
        """The ids of all who are here but this one."""
        listed = self.ask("who")["who"]
        with urllib.request.urlopen(f"{self.url}/hello?sid={self.sid}") as answer:
            own = json.load(answer)["you"]["id"]
        return [one["id"] for one in listed if one["id"] != own]


class Crowd:
    """Clients that come, say their names, and go; the others of them go when it is over."""

    def __init__(self, lab: Program, names: str = "Person {}") -> None:
        self.url, self.names = lab.url, names
        self.here: list[Asking] = []

    def __enter__(self) -> Crowd:
        return self

    def __exit__(self, *_failure: object) -> None:
        self.go(len(self.here))

    def come(self, count: int) -> None:
        for _ in range(count):
            one = Asking(self.url)
            urllib.request.urlopen(f"{self.url}/poll?sid={one.sid}&every=60000").close()  # so it is here for minutes
            one.ask("name", {"name": self.names.format(len(self.here) + 1)})
            self.here.append(one)

    def go(self, count: int) -> None:
        for _ in range(count):
            urllib.request.urlopen(f"{self.url}/bye?sid={self.here.pop(0).sid}", b"").close()
