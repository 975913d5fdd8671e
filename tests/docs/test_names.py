"""The names in the docs are those of the code: parameters, options, methods, in both languages."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.docs.written import ROOT, prose, text
from transport_fallback import Hub, build, running
from transport_fallback.client.socket import Options, Socket
from transport_fallback.registry.client import Client
from transport_fallback.registry.clients import Clients

pytestmark = pytest.mark.anyio

PYTHON = "docs/python.md"


@pytest.mark.parametrize("function", [build, running])
def test_the_parameters_of_a_function_are_those_that_are_shown(function: Callable[..., Any]) -> None:
    shown = re.search(rf"\*\*`{function.__name__}\((.*?)\)`\*\*", text(PYTHON))
    assert shown
    said = re.findall(r"(?:^|, )(\w+)(=[^,*]+(?:\(\))?)?", shown[1])
    assert [name for name, _default in said] == list(inspect.signature(function).parameters)


def options(page: str, table: str) -> set[str]:
    """The names in the first column of the table that begins so."""
    cells = re.findall(r"^\| (.*?) \|", text(page).partition(table)[2].partition("\n\n")[0], re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_the_options_of_io_are_those_that_are_shown() -> None:
    assert options(PYTHON, "| option of `io`") == set(Options.__annotations__)
    types = (ROOT / "web" / "client" / "types.js").read_text("utf-8")
    typed = re.search(r"@typedef \{\{(transports\?:.*?)\}\} Options", types, re.DOTALL)
    assert typed
    assert options("docs/javascript.md", "| option |") == set(re.findall(r"(\w+)\?:", typed[1]))


async def test_what_is_called_on_a_hub_a_client_or_a_socket_is_there() -> None:
    hub = Hub()
    of: dict[str, Any] = {"hub": hub, "client": Client(Clients(hub), hub, "a" * 10), "socket": Socket}
    named = re.findall(r"(?<![\w.])(hub|client|socket)\.(\w+)", prose(PYTHON).replace("client.socket`", ""))
    here = [(one, name) for one, name in named if f"{one}.{name}" not in OTHERS]
    assert {one for one, _name in here} == set(of) and len(set(here)) > 25
    assert not [f"{one}.{name}" for one, name in here if not hasattr(of[one], name)]


# Names of Socket.IO, and of its script.
OTHERS = {f"socket.{name}" for name in ("io", "broadcast", "join", "leave", "set", "get")}
