"""A script: what the load generator must know of a server that is not this lab. A Python file with a few names.

    PATHS = {"longpoll": "/news?after={after}", "sse": "/events?who={client}", "ws": "/socket"}

    def publish(text, number, planned):              # what says a message to all who listen
        return "POST", "/say", {"Content-Type": "text/plain"}, text

PATHS says what is asked for on each transport there is; `{client}` is a random word of each client's own, `{after}`
what `after` found in the last answer. `publish` gives the method, the path, the headers and the body of one request.
The text is to come down as it is: in it are its number and the time it was planned for, in letters that neither JSON
nor HTML escapes. Messages are published on time, on one connection, in their order.

What else a file may have:

    HEADERS = {"Authorization": "…"}                 # in every request that reads
    def after(body): return json.loads(body)["id"]   # of an answer, for the next long poll or poll
    def subscribe(client): return '{"join": "news"}' # the first frame of a WebSocket
    def read(message): return [(number, planned)]    # numbers and planned times (s since 1970) in an answer, an event
                                                     # or a frame, where the text does not come down as it is

A file with `read` and without `publish` is for a server that speaks by itself: it numbers its messages, one by one, and
says in each when it was due, by a clock that is this machine's.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRANSPORTS = ("poll", "longpoll", "sse", "ws")
OPTIONAL = ("after", "subscribe", "read", "publish")

Said = tuple[str, str, dict[str, str], bytes]  # method, path, headers and body of a request


class BadScript(ValueError):
    """This file is no script; the sentence says what it lacks."""


@dataclass(frozen=True)
class Script:
    """A script, checked."""

    path: str
    paths: dict[str, str]
    headers: bytes = b""
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def speaks(self) -> bool:
        """Whether the server speaks by itself."""
        return "publish" not in self.calls

    def where(self, transport: str, client: str, after: str) -> str:
        return self.paths[transport].replace("{client}", client).replace("{after}", after)

    def after(self, body: bytes, before: str) -> str:
        return str(self._call("after", body)) if "after" in self.calls else before

    def first(self, client: str) -> bytes | None:
        """The first frame of a WebSocket. None: nothing is said."""
        return _bytes(self._call("subscribe", client)) if "subscribe" in self.calls else None

    @property
    def reads(self) -> bool:
        return "read" in self.calls

    def read(self, message: bytes) -> list[tuple[int, float]]:
        found = self._call("read", message)
        try:
            return [(int(number), float(planned)) for number, planned in found or ()]
        except (TypeError, ValueError):
            raise ValueError(f"read in {self.path} gave {found!r:.60}, not numbers and planned times") from None

    def publish(self, text: str, number: int, planned: float) -> Said:
        found = self._call("publish", text, number, planned)
        try:
            method, path, headers, body = found
            return str(method), str(path), {str(name): str(value) for name, value in headers.items()}, _bytes(body)
        except (TypeError, ValueError, AttributeError):
            raise ValueError(f"publish in {self.path} gave {found!r:.60}, not (method, path, headers, body)") from None

    def _call(self, name: str, *given: Any) -> Any:
        try:
            return self.calls[name](*given)
        except Exception as error:  # whatever it is that somebody's script does wrong
            raise ValueError(f"{name} in {self.path} failed: {type(error).__name__}: {error}") from error


def load(path: str | Path) -> Script:
    """The script in this file. BadScript: it cannot be read, or lacks what it needs."""
    name = Path(path).name
    spec = importlib.util.spec_from_file_location("bench_script", path)
    if spec is None or spec.loader is None:
        raise BadScript(f"{name} is no Python file")
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # as above
        raise BadScript(f"{name} cannot be run: {type(error).__name__}: {error}") from error
    paths, headers = getattr(module, "PATHS", None), getattr(module, "HEADERS", {})
    if not isinstance(paths, dict) or not paths:
        raise BadScript(f"{name} has no PATHS, a dict of transports and what is asked for on each")
    if wrong := [one for one in paths if one not in TRANSPORTS]:
        raise BadScript(f"PATHS in {name} names {wrong[0]!r}; there are {', '.join(TRANSPORTS)}")
    if wrong := [one for one, where in paths.items() if not str(where).startswith("/")]:
        raise BadScript(f"the path of {wrong[0]} in {name} does not begin with /")
    calls = {one: getattr(module, one) for one in OPTIONAL if callable(getattr(module, one, None))}
    if not calls.keys() & {"publish", "read"}:
        raise BadScript(f"{name} has neither publish, which says a message, nor read, which finds one")
    return Script(name, dict(paths), _lines(headers.items()), calls)


def _lines(headers: Iterable[tuple[Any, Any]]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in headers)


def _bytes(found: Any) -> bytes:
    return found if isinstance(found, bytes) else str(found).encode()
