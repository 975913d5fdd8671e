"""The readings of those who ask for each answer: short polls, long polls, and Socket.IO by polling."""

from __future__ import annotations

import re

from bench.fanout.readings import Comer, Reading
from bench.fanout.wire import Answer, Broken, Heard, answer_of, serials


class Asking(Reading):
    """What is asked for again and again."""

    begins = b'{"after":"'

    def open(self, client: Comer, data: bytes) -> int:
        heard = self.parse(data)
        if heard.whole:
            client.joined = True
            client.asks = heard.asks
            if self.at_once:
                client.say(client.name.join(heard.asks))
        return heard.used

    def parse(self, data: bytes) -> Heard:
        answer = answer_of(data)
        if answer is None:
            return Heard((), 0, 0)
        if not answer.body.startswith(self.begins):
            raise Broken(f"an answer is no batch: {answer.body[:60]!r}")
        return Heard(tuple(serials(answer.body)), answer.end, 1, self.again(answer))

    def again(self, answer: Answer) -> tuple[bytes, ...]:
        cursor = re.search(rb'"cursor":"([^"]+)"', answer.body)
        if cursor is None:
            raise Broken("a batch has no cursor")
        before, after = self.path.split(b"{sid}")
        return b"GET " + before, after + b"&cursor=" + cursor[1] + self.after


class LongPoll(Asking):
    path = b"/longpoll?sid={sid}&hold=30"


class Poll(Asking):
    path = b"/poll?sid={sid}&every=1000"
    at_once = False


class SocketIoPolling(Asking):
    """Socket.IO by polling: three answers of greeting, then one for what came meanwhile."""

    path = b"/socket.io/?EIO=4&transport=polling"

    def open(self, client: Comer, data: bytes) -> int:
        answer = answer_of(data)
        if answer is None:
            return 0
        if client.stage == 0:
            sid = re.search(rb'"sid":"([^"]+)"', answer.body)
            if not answer.body.startswith(b"0{") or not sid:
                raise Broken(f"speaks no Socket.IO: {answer.body[:40]!r}")
            client.name = sid[1]
            client.say(client.name.join(self.post(b"40")))
        elif client.stage == 1 and answer.body.lower() != b"ok":
            raise Broken(f"a POST was answered {answer.body[:40]!r}")
        else:
            client.say(client.name.join(self.get()))
            if client.stage == 2 and not answer.body.startswith(b"40"):
                raise Broken(f"speaks no Socket.IO: {answer.body[:40]!r}")
            client.joined = client.stage == 2
        client.stage += 1
        return answer.end

    def parse(self, data: bytes) -> Heard:
        answer = answer_of(data)
        if answer is None:
            return Heard((), 0, 0)
        pinged = b"2" in answer.body.split(b"\x1e")
        return Heard(tuple(serials(answer.body)), answer.end, 1, self.post(b"3") if pinged else self.get())

    def get(self) -> tuple[bytes, bytes]:
        return b"GET " + self.path + b"&sid=", self.after

    def post(self, packet: bytes) -> tuple[bytes, bytes]:
        length = b"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %d\r\n\r\n" % len(packet)
        return b"POST " + self.path + b"&sid=", self.after[:-2] + length + packet
