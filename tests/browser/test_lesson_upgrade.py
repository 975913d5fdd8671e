"""Lesson 2, the upgrade, as a person goes through it: each byte it shows is held against what was on the line."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, WebSocketRoute

from tests.browser.lesson import Keys, Lesson, nobody_is_barred
from tests.browser.page import until

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
PLACES = {"no-upgrade": "refused", "hang": "unanswered", "kill": "open"}
LETTERS = ("A", "B", "C")
GUESSES = {  # up, down, what ends: what is said to each of the three
    (5, 5, "tcp"): ("text alone; a frame also says", "even the shortest frame", "it went over TCP already"),
    (7, 11, "port"): ("a key of 4 bytes goes with each frame", "only browsers must mask", "got no other address"),
    (300, 400, "secret"): ("would be the heads of HTTP", "would be the heads of HTTP", "stands in the frame"),
    (6, 6, "http"): ("2 bytes of head and 4 of key", "Around the text are 2 bytes", "turn-taking"),
    (11, 7, "http"): ("Exactly: 2 of head, 4 of key", "Exactly: 2 of head, 5 of text", "turn-taking"),
}
WRONG = {  # what would have been seen instead, by the network and the place somebody thinks of
    ("no-upgrade", "unanswered"): "somebody did answer",
    ("no-upgrade", "open"): "would have said “open” first",
    ("hang", "refused"): "Here nothing ended",
    ("hang", "open"): "would have said “open” first",
    ("kill", "refused"): "only after a 101",
    ("kill", "unanswered"): "so there was an answer",
}


class Upgrade(Lesson):
    """Lesson 2, by what a person sees and does."""

    def guess(self, up: int, down: int, ends: str) -> None:
        self.root.locator("input[name=up]").fill(str(up))
        self.root.locator("input[name=down]").fill(str(down))
        self.root.locator(f"input[name=ends][value={ends}]").check()
        self.root.locator("[data-form=guess] button").click()
        self.step("run")

    def open(self) -> None:
        self.do("open")
        self.root.locator("[data-live='frame.down'] li").first.wait_for()

    def fields(self, way: str) -> dict[str, str]:
        """The fields of the last frame up or down, as they are shown."""
        items = self.root.locator(f"[data-live='frame.{way}'] li").all()
        return {str(item.get_attribute("data-field")): item.locator("code").inner_text() for item in items}

    def said(self, size: int, up: int, down: int) -> None:
        """Wait until a text of this size is said to have been so many bytes up and down."""
        wanted = [f"{number:,}" for number in (size, up, down)]
        until(lambda: [self.value(name) for name in ("text.size", "up.size", "down.size")] == wanted)

    def cross(self) -> dict[str, str]:
        """A line through each of the three networks, to its end: which is behind which letter, by what is shown."""
        self.do("cross")
        self.root.locator("[data-step=run] [data-when=crossed] [data-go=see]").wait_for()
        found = {}
        for letter in LETTERS:
            opened, gave_up = (
                self.root.locator(f'[data-step=run] [data-when="{letter}.{name}"]').is_visible()
                for name in ("opened", "gaveup")
            )
            found[letter] = "kill" if opened else "hang" if gave_up else "no-upgrade"
        assert set(found.values()) == set(PLACES)
        return found

    def place(self, letter: str, place: str) -> None:
        self.root.locator(f"input[name={letter}][value={place}]").check()

    def check(self, form: str = "where") -> None:
        self.root.locator(f"[data-form={form}] button").click()

    def write(self, form: str, typed: bytes | str) -> None:
        self.root.locator(f"[data-form={form}] input").fill(typed if isinstance(typed, str) else typed.hex(" "))
        self.check(form)


@pytest.fixture
def open_lesson(tab: Callable[..., Page]) -> Callable[..., Upgrade]:
    def open_it(query: str = "step=1") -> Upgrade:
        return Upgrade(tab(f"?panel=lessons&lesson=2&{query}"))

    return open_it


def masked(text: bytes, key: bytes) -> bytes:
    """RFC 6455, section 5.3."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(text))


def test_a_person_walks_through_lesson_2(open_lesson: Callable[..., Upgrade]) -> None:
    lesson = open_lesson()
    lesson.step("ask").get_by_text("What has been switched, and to what?").wait_for()
    lesson.next()
    lesson.step("predict")
    lesson.go("run")  # without a guess there is nothing to open
    assert lesson.root.locator("[data-do=open]").is_disabled()
    lesson.go("predict")
    lesson.guess(7, 5, "tcp")
    lesson.open()
    the_handshake(lesson)
    the_frames(lesson)

    behind = lesson.cross()
    lesson.root.locator("[data-step=run] [data-when=crossed] [data-go=see]").click()
    lesson.step("see")
    where_it_died(lesson, behind)
    in_another_language(lesson)
    lesson.next()
    explain = lesson.step("explain")
    host = lesson.page.url.split("/")[2]
    assert [lesson.value("host"), lesson.value("here")] == [host, host]
    explain.get_by_role("heading", name="A mask is no secret").wait_for()
    lesson.next()
    marked = [mark.inner_text() for mark in lesson.step("code").locator("mark").all()]
    assert len(marked) == 4 and "key + GUID" in marked[1]
    lesson.next()
    exercise(lesson)
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("你现在知道了")
    lesson.page.emulate_media(color_scheme="dark")
    nobody_is_barred(lesson)


def the_handshake(lesson: Upgrade) -> None:
    """The heads are those of a handshake, and the proof is what Python makes of the key in them."""
    lesson.says("knows WebSocket, and it has read this very key")
    up, down = (lesson.root.locator(f"[data-live='head.{way}']").inner_text() for way in ("up", "down"))
    key, told = lesson.value("key"), lesson.value("told")
    assert f"sec-websocket-key: {key}" in up and f"Sec-WebSocket-Accept: {told}" in down
    assert "sid=…" in up  # and nobody who looks over a shoulder has it
    digest = hashlib.sha1((key + GUID).encode()).digest()
    assert lesson.value("sha") == digest.hex(" ")
    assert lesson.value("accept") == told == base64.b64encode(digest).decode()
    assert len(lesson.root.locator("[data-live='head.up'] mark").all()) == 3


def the_frames(lesson: Upgrade) -> None:
    lesson.said(5, 11, 7)
    up, down = lesson.fields("up"), lesson.fields("down")
    key = bytes.fromhex(up["key"])
    assert masked(bytes.fromhex(up["payload"]), key) == b"hello" == bytes.fromhex(down["payload"])
    assert [up[name] for name in ("fin", "rsv", "opcode", "mask", "length")] == ["1", "000", "0001", "1", "0000101"]
    assert [down[name] for name in ("mask", "length")] == ["0", "0000101"] and "key" not in down

    field = lesson.root.locator("#upgrade-words")
    field.press_sequentially("hé你")
    lesson.said(6, 12, 8)
    up = lesson.fields("up")
    assert masked(bytes.fromhex(up["payload"]), bytes.fromhex(up["key"])).decode() == "hé你"
    field.press("Enter")
    lesson.says("each frame has a new key")
    assert lesson.fields("up")["key"] != up["key"] and lesson.fields("down")["payload"] == "hé你".encode().hex(" ")
    for size, more, says in (
        (125, 0, "fits into 7 bits"),
        (126, 2, "The 7 bits say 126"),
        (65_535, 2, "The 7 bits say 126"),
        (65_536, 8, "The 7 bits say 127"),
    ):
        lesson.do(f"say{size}")
        lesson.said(size, size + more + 6, size + more + 2)
        lesson.says(says)
        shown = lesson.fields("up")
        assert shown["length"] == f"{127 if more == 8 else 126 if more else size:07b}"
        assert shown.get("extended", "") == (size.to_bytes(more, "big").hex(" ") if more else "")


def where_it_died(lesson: Upgrade, behind: dict[str, str]) -> None:
    """Each wrong place is answered with what it would have shown, then all three are right."""
    for letter in LETTERS:
        lesson.place(letter, PLACES[behind[letter]])
    for letter in LETTERS:
        for place in PLACES.values():
            if place == PLACES[behind[letter]]:
                continue
            lesson.place(letter, place)
            lesson.check()
            lesson.says(f"look at {letter} again")
            lesson.says(WRONG[behind[letter], place])
            lesson.silent("Right, all three")
        lesson.place(letter, PLACES[behind[letter]])
    lesson.check()
    lesson.says("Right, all three")
    for letter in LETTERS:
        assert lesson.value(f"{letter}.name") == behind[letter]
        crosses = lesson.root.locator(f"[data-live='picture.{letter}'] .cross")
        until(lambda crosses=crosses: crosses.count() == 1)  # type: ignore[misc]
        seen = lesson.root.locator(f'[data-when="{letter}.{"seen" if behind[letter] == "kill" else "unseen"}"]')
        seen.wait_for()


def in_another_language(lesson: Upgrade) -> None:
    """It is the same lesson: guess and figures stay."""
    names = ("guess.up", "first.up", "A.name")
    before = [lesson.value(name) for name in names]
    lesson.page.locator("[data-role=lang]").click()
    lesson.says("三个都对")
    assert [lesson.value(name) for name in names] == before
    lesson.go("run")
    until(lambda: lesson.fields("down").get("payload"))
    lesson.page.locator("[data-role=lang]").click()
    lesson.go("see")
    lesson.says("Right, all three")


def wrong_frames(text: bytes, key: bytes) -> Iterator[tuple[bytes | str, str]]:
    right = b"\x81" + bytes([0x80 | len(text)]) + key + masked(text, key)
    yield right.hex(" ").replace("8", "z", 1), "“z” is no hex digit"
    yield right.hex(" ") + " 1", "One digit is left over"
    yield b"\x01" + right[1:], "FIN is 0"
    yield b"\xc1" + right[1:], "RSV must be 0"
    yield b"\x82" + right[1:], "the opcode is 2"
    yield right[:1] + bytes([len(text)]) + text, "the mask bit is 0"
    yield right[:1] + bytes([0x80 | len(right)]) + right[2:], f"says {len(right)}, and there are {len(text)} bytes"
    yield right[:2] + masked(key, b"\xff" * 4) + right[6:], "stands as it is"
    yield right[:6] + text, f"“{chr(text[0])}” itself, unmasked"
    yield right[:6] + masked(text, key[1:] + key[:1]), "you took byte 2 of the key"
    yield right[:10] + masked(text[4:], bytes([key[3]] * 4)), "It is the turn of byte 1"
    other = next(n for n in range(256) if n not in {text[0], *(text[0] ^ one for one in key)})
    yield right[:6] + bytes([other]) + right[7:], "in which bits do they differ"
    yield right[:-2], "2 bytes are missing"
    yield right + b"\0", "1 bytes are too many"


def exercise(lesson: Upgrade) -> None:
    """Wrong in each way, with the bit or byte that is wrong; then right."""
    lesson.step("exercise")
    text, key = lesson.value("whole.text").encode(), bytes.fromhex(lesson.value("whole.key"))
    for typed, why in wrong_frames(text, key):
        lesson.write("whole", typed)
        lesson.says(why)
        lesson.says("Not yet")
        assert not lesson.root.locator("[data-form=longer]").is_visible()
    lesson.write("whole", "0x81, " + (bytes([0x80 | len(text)]) + key + masked(text, key)).hex().upper())
    lesson.says(f"Right. A server reads “{text.decode()}”")

    size, key = int(lesson.value("longer.size").replace(",", "")), bytes.fromhex(lesson.value("longer.key"))
    for head, why in (
        (bytes([0x80 | size & 0x7F]) if size & 0x7F < 126 else b"\xfd", "Seven bits hold 125 at most"),
        (b"\xff" + size.to_bytes(8, "big"), "The shortest form must be used"),
        (b"\xfe" + size.to_bytes(2, "little"), "The greater part comes first"),
        (b"\xfe" + (size + 8).to_bytes(2, "big"), "It counts the payload alone"),
        (b"\x7e" + size.to_bytes(2, "big"), "the mask bit is 0"),
    ):
        lesson.write("longer", b"\x81" + head + key)
        lesson.says(why)
        lesson.silent("What you know now")
    lesson.write("longer", b"\x81\xfe" + size.to_bytes(2, "big") + key)
    lesson.says("Right. After these 8 bytes")
    lesson.says("What you know now")


def test_each_guess_is_answered(open_lesson: Callable[..., Upgrade]) -> None:
    for (up, down, ends), answers in GUESSES.items():
        lesson = open_lesson("step=2")
        lesson.guess(up, down, ends)
        lesson.open()
        lesson.go("see")
        assert [lesson.value("first.up"), lesson.value("first.down")] == ["11", "7"]
        said = lesson.step("see").inner_text().split("Where did each die")[0]
        for answer in answers:
            assert answer in said
        assert len(re.findall("That is|So much|Around|Exactly", said)) == 2, said  # and nothing else
        lesson.in_both_languages()
        lesson.page.close()


def test_with_the_keyboard_alone_and_in_chinese(open_lesson: Callable[..., Upgrade]) -> None:
    lesson = open_lesson("step=2&lang=zh")
    lesson.page.set_viewport_size({"width": 390, "height": 844})
    lesson.step("predict")
    keys = Keys(lesson.page)
    keys.write("up", "11")
    keys.write("down", "7")
    keys.choose("ends", 3)
    keys.act("记下我的猜测")
    lesson.step("run")
    keys.act("打开一条线路")
    lesson.said(5, 11, 7)
    keys.write("words", "hi")
    lesson.said(2, 8, 4)
    keys.act("126 字节")
    lesson.said(126, 134, 130)
    keys.act("三个都试")
    lesson.root.locator("[data-step=run] [data-when=crossed] [data-go=see]").wait_for()
    keys.act("它们各断在哪里")
    lesson.step("see")
    lesson.says("正好：头 2，掩码密钥 4，正文 5")
    lesson.says("结束的是 HTTP 的一问一答")
    order = {"unanswered": 0, "refused": 1, "open": 2}
    opened = [lesson.root.locator(f'[data-step=see] [data-when="{one}.opened"]').is_visible() for one in LETTERS]
    gave_up = [lesson.root.locator(f'[data-step=see] [data-when="{one}.gaveup"]').is_visible() for one in LETTERS]
    for letter, is_open, waited in zip(LETTERS, opened, gave_up, strict=True):
        keys.choose(letter, order["open" if is_open else "unanswered" if waited else "refused"])
    keys.act("检查")
    lesson.says("三个都对")
    lesson.go("exercise")
    text, key = lesson.value("whole.text").encode(), bytes.fromhex(lesson.value("whole.key"))
    lesson.root.locator("[data-step=exercise] h3").focus()
    keys.write("bytes", (b"\x81" + bytes([0x80 | len(text)]) + key + masked(text, key)).hex())
    lesson.page.keyboard.press("Enter")
    lesson.says("对。服务器读出")
    size, key = int(lesson.value("longer.size").replace(",", "")), bytes.fromhex(lesson.value("longer.key"))
    keys.write("bytes", (b"\x81\xfe" + size.to_bytes(2, "big") + key).hex())
    lesson.page.keyboard.press("Enter")
    lesson.says("你现在知道了")
    assert lesson.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_hub_that_is_asked_by_too_many_is_asked_again(open_lesson: Callable[..., Upgrade]) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(11, 7, "http")
    refused: list[WebSocketRoute] = []

    def often(line: WebSocketRoute) -> None:
        """The first two who ask are refused, as where a class asks at once."""
        if len(refused) < 2:
            refused.append(line)
            line.close(code=4153, reason="full")
        else:
            line.connect_to_server()

    lesson.page.route_web_socket("**/lab/trace", often)
    lesson.open()
    lesson.says("it has read this very key")
    assert len(refused) == 2


def test_a_line_that_does_not_open_or_ends_is_told(open_lesson: Callable[..., Upgrade]) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(1, 1, "tcp")
    lesson.page.route_web_socket("**/lab/mirror?*", lambda line: line.close(code=4153, reason="full"))
    lesson.do("open")
    lesson.says("The line has ended|The line did not open")
    assert lesson.root.locator("[data-do=cross]").is_disabled()


def test_a_network_that_the_lab_does_not_give_is_told(open_lesson: Callable[..., Upgrade]) -> None:
    lesson = open_lesson("step=2")
    lesson.guess(1, 1, "tcp")
    lesson.open()
    refused = '{"error":{"message":"no links today"}}'
    lesson.page.route("**/via/~*", lambda route: route.fulfill(status=503, body=refused))
    lesson.do("cross")
    lesson.says("did not take part: no links today")
    lesson.page.unroute("**/via/~*")
    lesson.cross()
