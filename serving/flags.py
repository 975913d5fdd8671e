"""The flags: what the command line and the environment may say, checked before anything starts."""

from __future__ import annotations

import argparse
import difflib
import functools
import os
import re
from collections.abc import Callable
from typing import Any

from ..protocol.limits import DEFAULTS, FIELDS, Limits, allowed, parse
from .names import checked_host, checked_origin

Reads = Callable[[str], Any]


def options(arguments: list[str]) -> argparse.Namespace:
    """The options of the program, checked. It ends with 2 and a sentence where something could never hold."""
    parser = argparse.ArgumentParser(
        usage="%(prog)s [FLAG VALUE]…   (--help tells them all)",
        description="A lab of transports: poll, longpoll, sse, ws, and the way between.",
        allow_abbrev=False,
    )
    variables = set()

    def add(to: argparse._ActionsContainer, flag: str, read: Reads, default: object, meaning: str) -> None:
        """A flag, also settable in the environment; what it says is read by the same `read`."""
        variable = "LAB_" + flag.strip("-").replace("-", "_").upper()
        variables.add(variable)
        text = os.environ.get(variable)
        if text is not None:
            try:
                default = read(text)
            except ValueError as error:
                parser.error(f"{variable}: {error}")
        to.add_argument(flag, type=explained(read), default=default, help=meaning.replace("%", "%%"))

    add(parser, "--host", checked_host, "127.0.0.1", "address to listen on")
    add(parser, "--port", port_of, 3000, "0 = any free one")
    parser.add_argument(
        "--class", action="store_true", help="open the lab to everybody on this network, on all addresses"
    )
    for flag, read, meaning in (
        ("--allow-host", checked_host, "a name this server goes by"),
        ("--allow-origin", checked_origin, "an origin whose pages may use this server"),
    ):
        parser.add_argument(flag, type=explained(read), action="append", default=[], help=meaning)
    shared = parser.add_argument_group("a log that several servers share", "each also settable in the environment")
    settings: tuple[tuple[str, Reads, object, str], ...] = (
        ("--log", log_of, None, "redis://HOST:PORT/DB, or rediss:// for TLS; LAB_LOG where it holds a password"),
        ("--log-name", named, "lab", "its name in that Redis"),
        ("--log-as", called, None, "what people call this server: its name there begins so"),
        ("--log-lease", seconds, 6.0, "s after which a server that says nothing is gone; the same for all"),
        ("--log-patience", seconds, 15.0, "s without Redis after which nobody is let wait here"),
    )
    for setting in settings:
        add(shared, *setting)
    shared.add_argument(
        "--may-be-killed", action="store_true", help="whoever may ask this server may end it: for a lesson"
    )
    group = parser.add_argument_group("limits", "each also settable in the environment, as LAB_NAME")
    for name in FIELDS:
        meaning = f"{FIELDS[name].metadata['meaning']} (default {FIELDS[name].default}; {allowed(name)})"
        add(group, f"--{name.replace('_', '-')}", functools.partial(parse, name), getattr(DEFAULTS, name), meaning)
    for variable in set(os.environ) - variables:
        if near := difflib.get_close_matches(variable, variables, 1, 0.85):
            parser.error(f"{variable} is no setting; {near[0]} is")
    chosen = parser.parse_args(arguments)
    if getattr(chosen, "class") and chosen.host != parser.get_default("host"):
        parser.error("--class listens on all addresses of this machine: leave --host out")
    try:
        chosen.limits = Limits(**{name: getattr(chosen, name) for name in FIELDS})
    except ValueError as error:
        parser.error(str(error))
    return chosen


def explained(read: Reads) -> Reads:
    """`read`, whose ValueError is shown as it is."""

    def checked(text: str) -> Any:
        try:
            return read(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def log_of(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a log is at redis://HOST:PORT/DB, or at rediss://HOST:PORT/DB")
    return text


def named(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", text):
        raise ValueError(f"{text!r} is no name of a log: 1 to 64 letters, digits, dots, dashes and underscores")
    return text


def called(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{1,16}", text):
        raise ValueError(f"{text!r} is nothing a server is called: 1 to 16 letters and digits")
    return text


def seconds(text: str) -> float:
    value = float(text) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text) else 0.0
    if not 0.5 <= value <= 3600:
        raise ValueError(f"{text!r} is no number of seconds from 0.5 to 3600")
    return value


def port_of(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise ValueError(f"{text!r} is no port: 0 to 65535")
    return int(text)
