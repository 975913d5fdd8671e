"""What ends a line for some readers of lines, though not for JSON, goes out escaped, and is measured as it is meant."""

from __future__ import annotations

import json

import pytest

from tests.serving import Lab
from tests.stranger.http import JSON, Refused, emit, http, new_sid, raw, target
from tests.stranger.readers import Reader
from tests.stranger.ways import PostWay
from transport_fallback.hub import Hub
from transport_fallback.protocol.codec import encode, packed
from transport_fallback.protocol.limits import DEFAULTS

pytestmark = pytest.mark.anyio

ENDS = "\x85\u2028\u2029"
TEXT = f"a{ENDS}b\\{ENDS}é漢😀"


def test_they_are_escaped_and_mean_the_same() -> None:
    for text in (encode({"data": TEXT, ENDS: [TEXT]}), packed({"data": TEXT, ENDS: [TEXT]}, 1000, 8)):
        assert not set(ENDS) & set(text.decode())
        assert json.loads(text) == {"data": TEXT, ENDS: [TEXT]}
        assert text.decode().splitlines() == [text.decode()]


async def test_no_transport_writes_them(lab: Lab, transport: type[Reader]) -> None:
    reader = await lab.join(transport)
    await lab.say("news", TEXT)
    assert [message["data"] for message in await reader.messages(1)] == [TEXT]
    path = target("poll", sid=new_sid(), history=5)
    host = lab.url.removeprefix("http://")
    answer = await raw(lab.url, f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    assert b"\\u2028" in answer and not any(end.encode() in answer for end in ENDS)


FITS = "\u2028" * ((DEFAULTS.data - 2) // 3)  # three bytes each, and two for the quotes


# Sizes are of the compact UTF-8 of the data, whatever it was sent as, and the same at every door.
async def test_a_size_is_that_of_what_is_meant(lab: Lab, way: type[PostWay]) -> None:
    lab.hub.on("said")(lambda client, data: len(data))
    opened = await lab.way(way)
    assert (await opened.emit(1, "said", FITS))["data"] == len(FITS)
    with pytest.raises(Refused) as refused:
        await opened.emit(2, "said", FITS + "\u2028")
    assert refused.value.code == "too_large"


@pytest.mark.parametrize("escaped", [False, True])
async def test_a_size_is_the_same_however_it_is_written(lab: Lab, escaped: bool) -> None:
    for text, status in ((FITS, 200), (FITS + "\u2028", 413)):
        body = json.dumps({"emits": [{"n": 1, "event": "said", "data": text}]}, ensure_ascii=escaped).encode()
        assert (await http(lab.url, "POST", target("emit", sid=new_sid()), headers=JSON, body=body)).status == status


async def test_the_hub_measures_the_same() -> None:
    hub = Hub()
    await hub.emit("news", FITS)
    with pytest.raises(ValueError, match="the limit is"):
        await hub.emit("news", FITS + "\u2028")


async def test_an_ack_may_hold_them(lab: Lab) -> None:
    lab.hub.on("said")(lambda client, data: data)
    assert (await emit(lab.url, new_sid(), 1, "said", TEXT))["data"] == TEXT
