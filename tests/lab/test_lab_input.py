"""Whatever is asked of the lab's own endpoints: it is answered, or refused in the protocol's form, and nobody fails."""

from __future__ import annotations

import json
from itertools import product

import pytest

from tests.serving import Lab
from tests.stranger.http import http
from transport_fallback.protocol.errors import CODES

pytestmark = pytest.mark.anyio

LINK = "a-link-of-this-file_22"
STAGE = f"/lab/stage/~{LINK}/forms"
TARGETS = (
    *("/via", f"/via/~{LINK}", "/via/~x", "/via/~%00%ff", "/stats", "/metrics", "/lab/class", "/lab/class/qr"),
    *(
        "/lab/museum",
        "/lab/museum/jsonp",
        "/lab/museum/iframe",
        "/lab/stage/~x/forms/poll",
        f"{STAGE}/poll",
        f"{STAGE}/emit",
    ),
)
QUERIES = ("", "?url", "?url=&url=", "?url=http://[", "?url=%00", "?url=" + "/" * 700, "?client=%ff", "?%", "?=&=")
VALUES = (
    "",
    "null",
    "[]",
    "7",
    "1e999",
    "NaN",
    '"x"',
    "[" * 2000,
    '{"network":' * 500,
    "{}",
    '{"network":null}',
    '{"network":7}',
    '{"network":"kill:1e5"}',
    '{"network":"kill:' + "9" * 5000 + '"}',
    '{"network":"kill:\\u0661"}',
    '{"network":"direct","seed":1e999}',
    '{"network":"direct","seed":-1}',
    '{"network":"direct","seed":1.5}',
    '{"network":"direct","seed":' + "9" * 400 + "}",
    '{"network":"direct","seed":true}',
    '{"network":"direct","close":1}',
    '{"network":"\\ud800"}',
    "\x00\x01",
)


def refused_well(answer: object) -> bool:
    status, body = answer.status, answer.body  # type: ignore[attr-defined]
    error = json.loads(body)["error"]
    return bool(CODES[error["code"]][0] == status and error["message"])


@pytest.mark.parametrize("target", TARGETS)
async def test_nonsense_in_a_query_is_answered_or_refused(lab: Lab, target: str) -> None:
    for query, method in product(QUERIES, ("GET", "HEAD", "POST", "PUT", "DELETE")):
        answer = await http(lab.url, method, target + query, body=b"{}" if method in ("POST", "PUT") else None)
        assert answer.status == 200 or method == "HEAD" or refused_well(answer), (method, target, query)
        assert answer.status < 500


@pytest.mark.parametrize("value", VALUES)
async def test_nonsense_put_to_a_link_is_refused_and_changes_nothing(lab: Lab, value: str) -> None:
    await http(lab.url, "PUT", f"/via/~{LINK}", body=b'{"network":"mute","seed":3}')
    answer = await http(lab.url, "PUT", f"/via/~{LINK}", body=value.encode())
    assert answer.status in (400, 413) and refused_well(answer)
    told = (await http(lab.url, "GET", f"/via/~{LINK}")).accepted()
    assert (told["network"], told["seed"], told["close"]) == ("mute", 3, False)


@pytest.mark.parametrize(
    "host", ["localhost:99999", "localhost:x", "[::1", "localhost#", "127.0.0.1/..", "a@localhost"]
)
async def test_a_host_that_is_none_asks_for_no_code(lab: Lab, host: str) -> None:
    for target in ("/lab/class", "/lab/class/qr?url=http://localhost/"):
        assert refused_well(await http(lab.url, "GET", target, host=host))
