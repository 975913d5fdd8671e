"""Clients over HTTP/2, by the h2 library: each has a connection of its own, as a browser has one to a server.

What a browser does to keep its heads small is done here, too: fields that come again are taken from the table, and a
path, which does not, is kept out of it (RFC 7541, 6.2.2).
"""

from __future__ import annotations

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings
from hpack import NeverIndexedHeaderTuple

from bench.load.clients import LongPoll, Poll, Sse
from bench.load.frames import HEADERS, framed
from bench.load.wire import Client

PREFACE = 24  # bytes before a client's first frame
# As Chromium tells them.
SETTINGS = {
    SettingCodes.HEADER_TABLE_SIZE: 65_536,
    SettingCodes.ENABLE_PUSH: 0,
    SettingCodes.INITIAL_WINDOW_SIZE: 6_291_456,
    SettingCodes.MAX_HEADER_LIST_SIZE: 262_144,
}
WINDOW = 15_663_105  # bytes more for the connection


class Http2(Client):
    """Requests as streams of one connection. What a client says and when is its transport's, as over HTTP/1.1."""

    h2: H2Connection

    def begin(self) -> None:
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        self.h2.local_settings = Settings(client=True, initial_values=SETTINGS)
        self.h2.decoder.max_allowed_table_size = SETTINGS[SettingCodes.HEADER_TABLE_SIZE]
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(WINDOW)
        self._pending = b""
        self._bodies: dict[int, bytes] = {}
        self.write(self.h2.data_to_send())
        super().begin()

    def ask(self) -> None:
        stream = self.h2.get_next_available_stream_id()
        send(self.h2, stream, self.fields())
        self.counts.requests += 1
        self._flush()

    def fields(self) -> list[tuple[bytes, bytes]]:
        """The heads of one request: a browser's, or the least there can be."""
        cursor = b"&cursor=" + self.cursor if self.cursor else b""
        path = kept_out(b":path", self._before.removeprefix(b"GET ") + cursor)
        place = f"{self.way.host}:{self.way.port}"
        if self.way.heads is None:
            least = [(b":method", b"GET"), (b":authority", place.encode()), (b":scheme", b"https"), path]
            return [*least, *((b"accept", b"text/event-stream") for _ in range(self.streams))]
        heads = self.way.heads.fields(self.path, place)
        return [path if name == b":path" else (name, value) for name, value in heads]

    def _flush(self) -> None:
        """Write what there is, and count how much of it are heads."""
        data = self.h2.data_to_send()
        if data:
            self.counts.head_up += sum(size for kind, size in framed(data)[0] if kind == HEADERS)
            self.write(data)

    def take(self, data: bytes) -> None:
        self.counts.down += len(data)
        frames, self._pending = framed(self._pending + data)
        self.counts.head_down += sum(size for kind, size in frames if kind == HEADERS)
        try:
            for event in self.h2.receive_data(data):
                self._on(event)
        except (ProtocolError, ValueError, IndexError) as error:
            self.faults.append(f"was answered what is no {self.path} over HTTP/2: {error or type(error).__name__}")
            return self.cut()
        if not self.closed:
            self._flush()

    def _on(self, event: Event) -> None:
        if isinstance(event, ResponseReceived):
            told = dict(event.headers)
            self._status = int(told[b":status"])
            self._bodies[stream_of(event)] = b""
        elif isinstance(event, DataReceived):
            self.h2.acknowledge_received_data(event.flow_controlled_length or 0, stream_of(event))
            if self.streams and self._status < 300:
                self.chunked(event.data, 0, len(event.data))
            else:
                self._bodies[stream_of(event)] += event.data
        elif isinstance(event, StreamEnded):
            body = self._bodies.pop(stream_of(event), b"")
            self.counts.payload_down += len(body)
            if self._status >= 300:
                self.refused(body)
            elif self.streams:
                self.ended("was left: its stream was ended by the server")
            else:
                self.answered(body, 0, len(body))
        elif isinstance(event, StreamReset | ConnectionTerminated):
            self.ended(f"was left: {type(event).__name__} with {event.error_code!r}")


def send(h2: H2Connection, stream: int, fields: list[tuple[bytes, bytes]]) -> None:
    """The heads of a request, with the five bytes of priority that Chromium still puts before them."""
    h2.send_headers(
        stream, fields, end_stream=True, priority_weight=256, priority_depends_on=0, priority_exclusive=True
    )


def kept_out(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    """A path is another one each time: it would push out of the table what is the same."""
    return NeverIndexedHeaderTuple(name, value) if name == b":path" else (name, value)


def stream_of(event: ResponseReceived | DataReceived | StreamEnded) -> int:
    assert event.stream_id is not None
    return event.stream_id


class Http2Poll(Http2, Poll):
    """Short polling over HTTP/2."""


class Http2LongPoll(Http2, LongPoll):
    """Long polling over HTTP/2."""


class Http2Sse(Http2, Sse):
    """Server-sent events over HTTP/2: no chunks, for frames say how long they are."""


KINDS: dict[str, type[Client]] = {"poll": Http2Poll, "longpoll": Http2LongPoll, "sse": Http2Sse}
