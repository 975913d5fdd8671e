"""For a class: others find the lab by its addresses, scan a code that leads there and nowhere else, and one address
may stand for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
import segno

from tests.serving import Lab, serving
from tests.stranger.http import DEADLINE, JSON, Answer, Refused, http, new_sid, post, target
from tests.stranger.readers import Sse
from transport_fallback.lab import addresses, classroom
from transport_fallback.lab.addresses import outside, own_addresses, own_names, url_of
from transport_fallback.lab.classroom import CODE_BURST, LONGEST, Classroom, announce, more_files
from transport_fallback.protocol.errors import Refused as Refusal

ROOT = Path(__file__).resolve().parents[2]
OWN = ["192.168.7.20", "fd12::20"]  # addresses this machine has in these tests

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("nothing_left")]


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The machine's addresses, as a test wants them."""
    known = list(OWN)
    monkeypatch.setattr(classroom, "own_addresses", lambda: list(known))
    monkeypatch.setattr(classroom, "FRESH", 0)
    return known


@pytest.fixture
async def room(own: list[str], nothing_left: None) -> AsyncIterator[Lab]:
    """A lab open to a class."""
    async with serving(build_with={"everywhere": True, "allow_hosts": ["lab.test"]}, per_sid=True) as lab:
        yield lab


def port(lab: Lab) -> int:
    found = urlsplit(lab.url).port
    assert found
    return found


async def get(lab: Lab, path: str, name: str = "", **headers: str) -> Answer:
    """A GET of somebody who calls this server `name`."""
    host = url_of(name, port(lab)).removeprefix("http://") if name else ""
    return await http(lab.url, "GET", path, host=host, headers=list(headers.items()))


def refused(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer
    assert answer.error["code"] == code and answer.error["message"]


# ---- addresses


def in_proc() -> set[str]:
    """The addresses of this machine as another part of the kernel tells them."""
    found, last = set(), ""
    for line in Path("/proc/net/fib_trie").read_text().splitlines():
        if "host LOCAL" in line:
            found.add(last)
        last = line.split()[-1]
    for line in Path("/proc/net/if_inet6").read_text().splitlines():
        address, _index, _prefix, scope, _flags, _name = line.split()
        if int(scope, 16) == 0:
            found.add(socket.inet_ntop(socket.AF_INET6, bytes.fromhex(address)))
    return {address for address in found if not address.startswith("127.")}


@pytest.mark.skipif(not Path("/proc/net/if_inet6").exists(), reason="no second witness of the addresses: no /proc/net")
def test_every_address_of_the_machine_but_loopback_is_found() -> None:
    assert set(own_addresses()) == in_proc()


def test_they_are_found_where_no_route_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with_routes = own_addresses()
    monkeypatch.setattr(addresses, "source", lambda family: None)
    assert sorted(own_addresses()) == sorted(with_routes)


def test_that_of_the_default_route_comes_first_and_useless_ones_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    known = ["127.0.0.1", "::1", "fe80::1", "fd00::9", "169.254.3.3", "172.17.0.1", "10.9.9.9"]
    monkeypatch.setattr(addresses, "listed", lambda: known)
    routes = {socket.AF_INET: "10.9.9.9", socket.AF_INET6: "fd00::9"}
    monkeypatch.setattr(addresses, "source", routes.get)
    assert own_addresses() == ["10.9.9.9", "172.17.0.1", "169.254.3.3", "fd00::9"]
    del routes[socket.AF_INET]  # a network of IPv6 alone, and a bridge that leads nowhere
    assert own_addresses()[0] == "fd00::9"


def test_where_the_system_tells_no_list_the_route_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "listed", list)
    monkeypatch.setattr(addresses, "source", {socket.AF_INET: "10.9.9.9"}.get)
    monkeypatch.setattr(addresses, "by_name", lambda: ["127.0.1.1", "10.9.9.9"])
    assert own_addresses() == ["10.9.9.9"]


def test_a_system_that_fails_to_list_them_is_as_one_that_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise OSError

    monkeypatch.setattr("ifaddr.get_adapters", refused)
    assert addresses.listed() == []


def test_only_what_others_can_use_is_told() -> None:
    assert outside(["localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "fe80::1", ""]) == []
    assert outside(["lab.test", "10.0.0.1", "fd00::1"]) == ["lab.test", "10.0.0.1", "fd00::1"]
    assert url_of("fd00::1", 3000) == "http://[fd00::1]:3000"
    assert url_of("10.0.0.1", 80) == url_of("10.0.0.1", None) == "http://10.0.0.1"


async def test_the_page_is_told_where_others_find_it(room: Lab) -> None:
    wanted = {"open": True, "addresses": [url_of(name, port(room)) for name in ("lab.test", *OWN)]}
    for name in ("", "lab.test", *OWN):
        assert (await get(room, "/lab/class", name)).accepted() == wanted


async def test_a_name_that_is_announced_stands_behind_the_best_address(
    own: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classroom, "announced", lambda: ["teacher.local"])
    urls = Classroom(everywhere=True).addresses(3000)
    assert urls == ["http://192.168.7.20:3000", "http://teacher.local:3000", "http://[fd12::20]:3000"]


# ---- hosts and origins


async def test_its_own_addresses_and_names_are_known_as_hosts(room: Lab) -> None:
    for name in (*OWN, *own_names(), "lab.test", "localhost"):
        assert (await get(room, "/hello", name)).status == 200, name
    for name in ("192.168.7.21", "fd12::21", "evil.test", "evil.lab.test", "192.168.7.20.evil.test"):
        refused(await get(room, "/hello", name), 400, "bad_host")


async def test_they_are_known_as_origins_with_this_port_and_no_other(room: Lab) -> None:
    for name in (*OWN, "lab.test", "127.0.0.1"):
        origin = url_of(name, port(room))
        answer = await get(room, "/hello", OWN[0], Origin=origin)
        assert answer.accepted() and answer.headers["access-control-allow-origin"] == origin
        refused(await get(room, "/hello", OWN[0], Origin=url_of(name, port(room) + 1)), 403, "bad_origin")
    refused(await get(room, "/hello", OWN[0], Origin=url_of("192.168.7.21", port(room))), 403, "bad_origin")


@pytest.mark.parametrize(("name", "status"), [(OWN[0], 101), (OWN[1], 101), ("192.168.7.21", 403)])
async def test_a_websocket_opens_from_a_page_at_such_an_address(room: Lab, name: str, status: int) -> None:
    host = url_of(OWN[0], port(room)).removeprefix("http://")
    head = f"GET {target('ws', sid=new_sid())} HTTP/1.1\r\nHost: {host}\r\nOrigin: {url_of(name, port(room))}\r\n"
    head += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    head += "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port(room))
    writer.write(head.encode())
    async with asyncio.timeout(DEADLINE):
        assert (await reader.readline()).startswith(f"HTTP/1.1 {status} ".encode())
    writer.close()


async def test_a_laptop_that_changes_its_network_serves_on(room: Lab, own: list[str]) -> None:
    refused(await get(room, "/hello", "10.20.30.40"), 400, "bad_host")
    own[:] = ["10.20.30.40"]
    assert (await get(room, "/hello", "10.20.30.40", Origin=url_of("10.20.30.40", port(room)))).status == 200
    assert url_of("10.20.30.40", port(room)) in (await get(room, "/lab/class")).json["addresses"]


def test_the_addresses_are_not_looked_up_for_every_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    now, asked = [100.0], list[float]()

    def own() -> list[str]:
        asked.append(now[0])
        return ["10.0.0.1"]

    monkeypatch.setattr(classroom, "own_addresses", own)
    room = Classroom(everywhere=True, clock=lambda: now[0])
    for _ in range(1000):
        assert not room.knows("evil.test")
    now[0] += 2
    assert room.knows("10.0.0.1") and asked == [100.0, 102.0]


async def test_without_a_class_nothing_is_opened(lab: Lab, own: list[str]) -> None:
    assert (await get(lab, "/lab/class")).accepted() == {"open": False, "addresses": []}
    for name in (*OWN, *own_names()):
        refused(await get(lab, "/hello", name), 400, "bad_host")
        refused(await get(lab, "/hello", "", Origin=url_of(name, port(lab))), 403, "bad_origin")
        refused(await get(lab, qr(url_of(name, port(lab)) + "/")), 400, "bad_parameter")


# ---- the code


def qr(url: str) -> str:
    return "/lab/class/qr?url=" + quote(url, safe="")


def modules(svg: str) -> list[list[int]]:
    """The dark modules that an SVG's lines draw, its quiet zone included."""
    size = int(re.findall(r'viewBox="0 0 (\d+) \1"', svg)[0])
    path = re.findall(r'stroke="#000" d="([^"]+)"', svg)[0]
    rows, x, y = [[0] * size for _ in range(size)], 0.0, 0.0
    for move, dx, dy, width in re.findall(r"([Mm])(-?[\d.]+) (-?[\d.]+)h(\d+)", path):
        x, y = (float(dx), float(dy)) if move == "M" else (x + float(dx), y + float(dy))
        for column in range(int(x), int(x) + int(width)):
            rows[int(y)][column] = 1
        x += int(width)
    return rows


def expected(url: str) -> list[list[int]]:
    return [list(row) for row in segno.make(url, error="l", micro=False).matrix_iter(border=4)]


LINKS = ["/", "/?left=ws&right=sse", "/?name=%E5%B0%8F%E6%98%8E&network2=kill%3A300&every=500", "/?panel=race"]


@pytest.mark.parametrize("link", LINKS)
async def test_the_code_says_the_link_that_was_asked_for(room: Lab, link: str) -> None:
    addresses = (await get(room, "/lab/class")).json["addresses"]
    assert addresses
    for address in addresses:
        answer = await get(room, qr(address + link))
        assert answer.status == 200 and answer.headers["content-type"] == "image/svg+xml"
        drawn = modules(answer.body.decode())
        assert drawn == expected(address + link)
        assert drawn != expected(address + link + "x")


async def test_behind_tls_it_says_so(room: Lab) -> None:
    url = f"https://lab.test:{port(room)}/?left=ws"
    assert modules((await get(room, qr(url))).body.decode()) == expected(url)


HOSTILE = {
    "another host": "http://evil.test:{port}/",
    "another port": "http://192.168.7.20:1/",
    "no port": "http://192.168.7.20/",
    "a longer port": "http://192.168.7.20:{port}1/",
    "a longer host": "http://192.168.7.20.evil.test:{port}/",
    "a user": "http://192.168.7.20:{port}@evil.test/",
    "a user before": "http://evil.test@192.168.7.20:{port}/",
    "a backslash": "http://192.168.7.20:{port}\\@evil.test/",
    "a backslash in the path": "http://192.168.7.20:{port}/\\evil.test/",
    "two slashes": "http://192.168.7.20:{port}//evil.test/",
    "another path": "http://192.168.7.20:{port}/via/~12345678/poll",
    "up a path": "http://192.168.7.20:{port}/../",
    "no path": "http://192.168.7.20:{port}",
    "a fragment": "http://192.168.7.20:{port}/#evil",
    "a fragment behind": "http://192.168.7.20:{port}/?left=ws#evil",
    "a script": "javascript:alert(1)//http://192.168.7.20:{port}/",
    "no scheme": "//192.168.7.20:{port}/",
    "another scheme": "ftp://192.168.7.20:{port}/",
    "httpsx": "httpsx://192.168.7.20:{port}/",
    "a space": "http://192.168.7.20:{port}/?a=b c",
    "a new line": "http://192.168.7.20:{port}/?a=b\n",
    "a null": "http://192.168.7.20:{port}/?a=\0",
    "markup": "http://192.168.7.20:{port}/?a=<svg>",
    "a quote": 'http://192.168.7.20:{port}/?a="',
    "other letters": "http://192.168.7.20:{port}/?name=小明",
    "other digits": "http://192.168.7.20:{port}/?every=٣",
    "this computer": "http://127.0.0.1:{port}/",
    "nothing": "",
}


@pytest.mark.parametrize("url", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_code_for_anything_else_is_refused(room: Lab, url: str) -> None:
    refused(await get(room, qr(url.replace("{port}", str(port(room))))), 400, "bad_parameter")


async def test_a_code_is_asked_for_by_one_url_and_by_get_alone(room: Lab) -> None:
    url = url_of(OWN[0], port(room)) + "/"
    refused(await get(room, "/lab/class/qr"), 400, "bad_parameter")
    refused(await get(room, f"{qr(url)}&url={quote(url)}"), 400, "bad_parameter")
    for path in ("/lab/class", qr(url)):
        answer = await http(room.url, "POST", path, headers=JSON, body=b"{}")
        refused(answer, 405, "bad_method")
        assert answer.headers["allow"]


async def test_a_link_may_be_so_long_and_no_longer(room: Lab) -> None:
    start = url_of(OWN[0], port(room)) + "/?name="
    longest = start + "x" * (LONGEST - len(start))
    assert modules((await get(room, qr(longest))).body.decode()) == expected(longest)
    refused(await get(room, qr(longest + "x")), 400, "bad_parameter")
    await get(room, qr(longest + "x" * 9000))  # whatever it says, the server stands
    assert (await get(room, "/hello")).status == 200


async def test_new_codes_are_paced_and_a_class_that_asks_for_one_is_not(own: list[str]) -> None:
    room = Classroom(everywhere=True, clock=lambda: 0.0)
    for n in range(CODE_BURST):
        await room.code(f"http://192.168.7.20/?every={n}")
    with pytest.raises(Refusal) as refusal:
        await room.code("http://192.168.7.20/?left=ws")
    assert refusal.value.code == "rate"
    for _ in range(200):
        await room.code("http://192.168.7.20/?every=0")


# ---- the terminal


def in_blocks(text: str) -> list[list[int]]:
    """The dark modules of a code made of half blocks: black is what is not printed."""
    halves = {" ": (1, 1), "▀": (0, 1), "▄": (1, 0), "█": (0, 0)}
    rows = []
    for line in text.splitlines():
        upper, lower = zip(*(halves[character] for character in line), strict=True)
        rows += [list(upper), list(lower)]
    return rows


@pytest.mark.parametrize("terminal", [False, True], ids=["file", "terminal"])
def test_the_terminal_shows_addresses_and_the_code_of_the_best(terminal: bool) -> None:
    out = io.StringIO()
    out.isatty = lambda: terminal  # type: ignore[method-assign]
    announce(["http://192.168.7.20:3000", "http://[fd12::20]:3000"], 3000, out)
    said = out.getvalue()
    assert "  http://192.168.7.20:3000\n  http://[fd12::20]:3000\n" in said
    assert ("\x1b[" in said) is terminal  # black on white, whatever the terminal's own colours are
    plain = re.sub(r"\x1b\[[\d;]*m", "", said)
    block = "\n".join(line for line in plain.splitlines() if re.search("[█▀▄]", line))
    wanted = expected("http://192.168.7.20:3000")
    assert in_blocks(block)[: len(wanted)] == wanted


def test_without_an_address_it_says_so() -> None:
    out = io.StringIO()
    announce([], 3000, out)
    assert "is it on a network?" in out.getvalue() and "连上网络" in out.getvalue() and "█" not in out.getvalue()


def test_the_terminal_says_in_both_languages_what_to_do_when_phones_get_nothing() -> None:
    out = io.StringIO()
    announce(["http://192.168.7.20:3111"], 3111, out)
    english, _, chinese = out.getvalue().partition("打不开")
    for part, words in (
        (english, ("same network", "firewall", "hotspot")),
        (chinese, ("同一个网络", "防火墙", "热点")),
    ):
        assert all(word in part for word in words) and "3111" in part and "/lessons/teacher" in part


def test_a_terminal_without_chinese_shows_the_addresses_and_the_english_all_the_same() -> None:
    kept = io.BytesIO()
    out = io.TextIOWrapper(kept, encoding="ascii")
    announce(["http://192.168.7.20:3111"], 3111, out)
    out.flush()
    said = kept.getvalue().decode("ascii")
    assert "  http://192.168.7.20:3111\n" in said and "hotspot" in said and "For everybody on your network" in said


# ---- the program


@asynccontextmanager
async def program(*flags: str, files: int = 512) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python app.py` as a person starts it, with few open files: the process and its URL on this computer."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", f'ulimit -Sn {files}; exec "$@"', "sh", sys.executable, "app.py", "--port", "0", *flags),
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("LAB_")},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), DEADLINE)).decode()
        url = re.search(r"http://127\.0\.0\.1:\d+", line)
        assert url, line
        yield process, url[0]
    finally:
        process.terminate()
        await asyncio.wait_for(process.communicate(), DEADLINE)


def listening(at: int) -> Iterator[str]:
    """The addresses on which somebody listens at this port, in the kernel's own spelling."""
    for name in ("tcp", "tcp6"):
        with contextlib.suppress(FileNotFoundError):
            for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]:
                address, _, number = line.split()[1].partition(":")
                if int(number, 16) == at and line.split()[3] == "0A":
                    yield address


PROC = pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc/net")


@PROC
async def test_the_program_listens_everywhere_for_a_class_and_else_here_alone() -> None:
    async with program("--class") as (_process, url):
        doors = set(listening(urlsplit(url).port or 0))
        assert doors and {int(door, 16) for door in doors} == {0}
        with socket.socket(socket.AF_INET) as four:
            four.connect(("127.0.0.1", urlsplit(url).port))
        if Path("/proc/net/if_inet6").exists() and "0" * 32 in doors:
            with socket.socket(socket.AF_INET6) as six:
                six.connect(("::1", urlsplit(url).port))
    async with program() as (_process, url):
        assert set(listening(urlsplit(url).port or 0)) == {"0100007F"}


@PROC
async def test_a_class_may_open_more_files() -> None:
    async with program("--class") as (process, _url):
        found = re.search(r"Max open files\s+(\d+)", Path(f"/proc/{process.pid}/limits").read_text())
        assert found and int(found[1]) > 512
    async with program() as (process, _url):
        found = re.search(r"Max open files\s+(\d+)", Path(f"/proc/{process.pid}/limits").read_text())
        assert found and int(found[1]) == 512


def test_more_files_never_means_fewer(monkeypatch: pytest.MonkeyPatch) -> None:
    import resource

    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _what, limits: asked.append(limits))
    infinity = resource.RLIM_INFINITY
    for limits in [(1024, 4096), (1024, 1 << 20), (1024, infinity), (1 << 20, 1 << 20), (infinity, infinity), (9, 9)]:
        monkeypatch.setattr(resource, "getrlimit", lambda _what, limits=limits: limits)
        more_files()
    assert asked == [(4096, 4096), (65_536, 1 << 20), (65_536, infinity)]


FEW = ("--sid-rate", "0.01", "--sid-burst", "3", "--anonymous-per-address", "2")


async def statuses(url: str) -> list[int]:
    """What nine newcomers at one address are answered, by a read or by a first emit."""
    reads = [(await http(url, "GET", target("poll", sid=new_sid()))).status for _ in range(5)]
    return reads + [(await post(url, new_sid(), emits=[{"n": 1, "event": "c2s"}])).status for _ in range(4)]


async def test_new_sids_of_one_address_are_counted_but_for_a_class() -> None:
    async with program(*FEW) as (_process, url):
        assert await statuses(url) == [200] * 3 + [429] * 6
    async with program("--class", *FEW) as (_process, url):
        assert await statuses(url) == [200] * 9


async def test_what_a_client_may_do_is_counted_for_a_class_too() -> None:
    async with program("--class", "--emit-rate", "0.01", "--emit-burst", "2") as (_process, url):
        sid = new_sid()
        said = [(await post(url, sid, emits=[{"n": n, "event": "c2s"}])).status for n in (1, 2, 3)]
        assert said == [200, 200, 429]
        assert (await post(url, new_sid(), emits=[{"n": 1, "event": "c2s"}])).status == 200


@pytest.mark.limits(per_sid=True, anonymous_per_address=2, clients=6)
async def test_readers_without_a_sid_share_the_room_the_clients_leave(lab: Lab) -> None:
    for _ in range(2):
        await lab.join(Sse)
    for _ in range(4):
        await (await lab.track(Sse(lab.url)).open()).next()
    with pytest.raises(Refused) as refusal:
        await (await lab.track(Sse(lab.url)).open()).next()
    assert refusal.value.status == 429 and refusal.value.code == "readers"
    await lab.join(Sse)  # who has a sid has room still


async def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "app.py", "--class", "--port", str(taken.getsockname()[1])),
            cwd=ROOT,
            stderr=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        said, troubled = await asyncio.wait_for(process.communicate(), DEADLINE)
    assert process.returncode == 1 and not said
    assert b"cannot listen on" in troubled and b"Traceback" not in troubled
