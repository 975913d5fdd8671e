"""The limits: each has a least and a most, and what is taken can be lived with on all four transports."""

from __future__ import annotations

import math
import subprocess
import sys
from dataclasses import fields
from typing import Any

import pytest

from tests.root import ROOT
from tests.serving import serving
from tests.stranger.http import emit, http
from tests.stranger.readers import TRANSPORTS
from transport_fallback.app import build
from transport_fallback.hub import Hub
from transport_fallback.protocol.limits import DEFAULTS, FIELDS, Limits, parse
from transport_fallback.serving.flags import options

pytestmark = pytest.mark.anyio

NAMES = [one.name for one in fields(Limits)]
STRANGE: list[Any] = [0, -1, 0.5, math.nan, math.inf, -math.inf, 10**6, 10**9, 10**30, "7", "text", None, True, [3]]
FLAGS = [
    ("--allow-host lab.example.org:8080", "--allow-host", "lab.example.org"),
    ("--allow-host http://lab.example.org", "--allow-host", "lab.example.org"),
    ("--allow-host *.example.org", "--allow-host", "lab.example.org"),
    ("--allow-host 127.1", "--allow-host", "lab.example.org"),
    ("--host http://127.0.0.1", "--host", "lab.example.org"),
    ("--allow-origin app.example.org", "--allow-origin", "https://app.example.org"),
    ("--allow-origin https://app.example.org/chat", "--allow-origin", "https://app.example.org"),
    ("--allow-origin *", "--allow-origin", "https://app.example.org"),
    ("--port 99999", "--port", "65535"),
    ("--batch-messages 0", "--batch-messages", "from 1 "),
    ("--emit-rate 0", "--emit-rate", "from 0.001 "),
    ("--emit-rate nan", "--emit-rate", "from 0.001 "),
    ("--grace inf", "--grace", "from 0 to 86,400"),
    ("--sid-rate -1", "--sid-rate", "from 0.001 "),
    ("--body 64k", "--body", "a whole number"),
    ("--per-sid perhaps", "--per-sid", "0 or 1"),
    ("--data 70000", "data", "body"),
    ("--emit-rat 5", "--emit-rat", ""),
    ("--class --host 192.0.2.7", "--host", "--class"),
    ("LAB_EMIT_RAT=5", "LAB_EMIT_RAT ", "LAB_EMIT_RATE"),
    ("LAB_EMIT_RATE=0", "LAB_EMIT_RATE", "from 0.001 "),
    ("LAB_PORT=http", "LAB_PORT", "65535"),
    ("LAB_BODY=", "LAB_BODY", "a whole number"),
    ("LAB_HOST=[::1]:3000", "LAB_HOST", "lab.example.org"),
]


async def session(lab: Any, transport: Any) -> None:
    """A client comes, hears what is said to it, and says something itself."""
    reader = await lab.reader(transport, every=100).open()
    await reader.next()
    await lab.hub.emit("news", "x" * 50)
    assert [message["data"] for message in await reader.messages(1)] == ["x" * 50]
    ack = await emit(lab.url, reader.sid, 1, "said", "y")
    assert ack == {"n": 1, "data": "y", "cursor": ack["cursor"]}
    await reader.close()


@pytest.mark.parametrize("name", NAMES)
async def test_a_limit_is_refused_or_can_be_lived_with(name: str) -> None:
    for value in STRANGE:
        try:
            Limits(**{name: value})
        except ValueError as refused:
            assert name in str(refused)
            continue
        async with serving(**{name: value}) as lab:
            lab.hub.on("said")(lambda client, data: data)
            for transport in TRANSPORTS.values():
                await session(lab, transport)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_as_text_is_bounded_alike(name: str) -> None:
    for text in ("nan", "inf", "-1", "", "text", "1e400", "0x10", "9" * 30):
        with pytest.raises(ValueError, match=name):
            print(parse(name, text))
    assert parse(name, str(getattr(DEFAULTS, name))) == getattr(DEFAULTS, name)


def test_the_least_and_the_most_are_allowed() -> None:
    for name, one in FIELDS.items():
        for value in (one.metadata["least"], one.metadata["most"]):
            if one.type != "bool" and name not in ("data", "ack", "body", "keep_bytes"):
                Limits(**{name: value})


def test_limits_that_contradict_each_other_are_refused() -> None:
    contradictions: list[dict[str, Any]] = [{"data": 70_000}, {"body": 4096}, {"ack": 2**20}, {"keep_bytes": 2000}]
    for numbers in contradictions:
        with pytest.raises(ValueError, match="may not be more than"):
            Limits(**numbers)
    assert Limits(body=4096, data=4096, ack=512).body == 4096


def test_limits_beside_a_hub_that_has_its_own_are_not_swallowed() -> None:
    with pytest.raises(ValueError, match="Hub"):
        build(Hub(), limits=Limits(window=8))
    assert build(Hub(Limits(window=8)), limits=Limits(window=8)).state.hub.limits.window == 8


def test_a_hub_is_built_into_one_application() -> None:
    hub = Hub()
    build(hub)
    handlers = {event: list(ones) for event, ones in hub.handlers.items()}
    with pytest.raises(ValueError, match="another application"):
        build(hub)
    assert hub.handlers == handlers


@pytest.mark.parametrize(("flags", "name", "right"), FLAGS)
def test_a_flag_that_could_never_hold_is_refused_at_the_start_by_name(
    flags: str, name: str, right: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if flags.startswith("LAB_"):
        monkeypatch.setenv(*flags.split("=", 1))
    with pytest.raises(SystemExit) as end:
        options([] if flags.startswith("LAB_") else flags.split())
    said = capsys.readouterr().err
    assert end.value.code == 2
    assert name in said and right in said


def test_the_program_itself_starts_with_none_of_them() -> None:
    command = [sys.executable, "app.py", "--port", "0", "--sid-rate", "nan"]
    ended = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "--sid-rate" in ended.stderr and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ("Lab.Example.ORG", "lab.example.org:8080"),
        ("lab.example.org.", "LAB.example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("[2001:db8::1]", "[2001:DB8:0::1]:3000"),
        ("2001:db8:0::1", "[2001:db8::1]"),
    ],
)
async def test_a_name_that_can_be_meant_is_taken_as_it_is_sent(given: str, asked: str) -> None:
    async with serving(build_with={"allow_hosts": [given]}) as lab:
        assert (await http(lab.url, "GET", "/hello", host=asked)).status == 200


@pytest.mark.parametrize(
    "bad", ["lab.example.org:8080", "http://lab.example.org", "", "a b", "*", "a/b", "1.2.3", "[::1"]
)
def test_a_name_that_could_never_match_is_refused_in_python_too(bad: str) -> None:
    with pytest.raises(ValueError, match=r"lab\.example\.org"):
        build(allow_hosts=[bad])
    with pytest.raises(ValueError, match=r"https://app\.example\.org"):
        build(allow_origins=[bad.removeprefix("http://") + "/x"])
