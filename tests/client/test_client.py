"""The Python client on a real server."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bench.load.servers import free_port
from tests.listening import listening
from tests.serving import GENEROUS, Lab, eventually
from tests.stranger.http import DEADLINE, hello
from tests.stranger.proxy import Proxy
from transport_fallback.app import build
from transport_fallback.client.ladder import RUNGS
from transport_fallback.client.socket import EmitError, Socket, io
from transport_fallback.hub import Hub
from transport_fallback.lab.network.gateway import Gateway
from transport_fallback.protocol.limits import Limits
from transport_fallback.serving.run import running

# ---- on a real server

TRANSPORT = pytest.mark.parametrize("use", RUNGS)
LADDER_TOO = pytest.mark.parametrize("use", [*RUNGS, "auto"])
QUICK: dict[str, Any] = {"every": 0.05, "heartbeat": 1.0, "hold": 2.0, "chance": lambda: 0.1}


def heard(socket: Socket, event: str = "s2c") -> list[Any]:
    """What the application is handed on, as it comes."""
    got: list[Any] = []
    socket.on(event, got.append)
    return got


def life(socket: Socket) -> list[str]:
    events: list[str] = []
    for event in ("connecting", "connect", "disconnect", "reconnecting", "reconnect", "connect_failed", "error", "gap"):
        socket.on(event, lambda detail, event=event: events.append(event))
    return events


def gaps(socket: Socket) -> list[Any]:
    return heard(socket, "gap")


@asynccontextmanager
async def on_port(port: int, prepare: Callable[[Hub], Any]) -> AsyncIterator[Hub]:
    """A server where the last one was, prepared before anybody can come. It stops without waiting for handlers."""
    limits = Limits(**GENEROUS, drain_seconds=0.1)
    hub = Hub(limits)
    prepare(hub)
    async with running(build(hub, limits=limits, chat=False), port=port):
        yield hub


def port_of(lab: Lab) -> int:
    return int(lab.url.rpartition(":")[2])


def echoing(hub: Hub) -> None:
    @hub.on("c2s")
    async def speak(client: Any, message: Any) -> Any:
        await hub.emit("s2c", message)
        return {"taken": message}


@pytest.mark.anyio
@LADDER_TOO
async def test_every_message_is_handed_on_once_and_in_order(lab: Lab, use: str) -> None:
    async with io(lab.url, use=use, **QUICK) as socket:
        got, lost = heard(socket), gaps(socket)
        await socket.ready()
        for i in range(700):
            await lab.say("s2c", i)
            if i % 50 == 0:
                await asyncio.sleep(0.01)
        await eventually(lambda: len(got) >= 700)
        assert got == list(range(700)) and use in (socket.transport, "auto") and not lost


@pytest.mark.anyio
@LADDER_TOO
async def test_an_emit_is_acked_after_ones_own_broadcast(lab: Lab, use: str) -> None:
    echoing(lab.hub)
    async with io(lab.url, use=use, **QUICK) as socket:
        got = heard(socket)
        for i in range(5):
            assert await socket.emit("c2s", i) == {"taken": i}
            assert got == list(range(i + 1))


@pytest.mark.anyio
@LADDER_TOO
async def test_a_message_that_asks_is_answered(lab: Lab, use: str) -> None:
    async with io(lab.url, use=use, **QUICK) as socket:
        socket.on("sum", lambda data: sum(data))

        @socket.on("later")
        async def later(data: Any, reply: Callable[..., None]) -> None:
            await asyncio.sleep(0.01)
            reply({"late": data})

        await socket.ready()
        client = lab.people[socket.id]
        assert await client.ask("sum", [1, 2, 3]) == 6
        assert await client.ask("later", 7) == {"late": 7}
        await eventually(lambda: not socket.session.way.outbox.replies)


@pytest.mark.anyio
async def test_from_a_first_round_trip_to_ws(lab: Lab) -> None:
    async with io(lab.url) as socket:
        told = heard(socket, "switch")
        events = life(socket)
        await socket.ready()
        assert socket.transport == "longpoll" and lab.people[socket.id].id == socket.id
        await eventually(lambda: socket.transport == "ws" and told)  # handlers are told in tasks of their own
        assert events == ["connecting", "connect"]
        assert [(one["from"], one["to"]) for one in told] == [("longpoll", "ws")]
        assert socket.decisions and socket.id not in str(socket.decisions)


@pytest.mark.anyio
@pytest.mark.parametrize("strict", [False, True])
async def test_switching_while_500_messages_go_both_ways_loses_nothing(lab: Lab, strict: bool) -> None:
    echoing(lab.hub)
    async with io(lab.url, **QUICK) as socket:
        got, lost = heard(socket), gaps(socket)
        await socket.ready()
        acks = []
        for i in range(500):
            acks.append(socket.emit("c2s", i))
            if i % 25 == 0:
                socket.use((*RUNGS, "auto")[i // 25 % 5], strict=strict)
            await asyncio.sleep(0.004)
        answers = await asyncio.gather(*acks)
        await eventually(lambda: len(got) >= 500)
        assert got == list(range(500)) and answers == [{"taken": i} for i in range(500)] and not lost


@pytest.mark.anyio
@pytest.mark.parametrize("seed", range(20))
async def test_cuts_lose_nothing_and_repeat_nothing(lab: Lab, proxy: Proxy, seed: int) -> None:
    chance, runs = random.Random(seed), list[int]()

    @lab.hub.on("c2s")
    async def speak(client: Any, i: int) -> int:
        runs.append(i)
        await lab.hub.emit("s2c", i)
        return i

    async with io(proxy.url, use=(*RUNGS, "auto")[seed % 5], **QUICK) as socket:
        got, lost, acks = heard(socket), gaps(socket), list[Any]()
        await socket.ready()
        while len(acks) < 60 or proxy.cuts < 3:  # where nothing was cut nothing was shown
            assert len(acks) < 3000, "void: three cuts did not happen"
            acks.append(socket.emit("c2s", len(acks)))
            fate = chance.random()
            if fate < 0.04 and socket.transport:  # a line that is always cut before a first batch is no line
                proxy.abort()
            elif fate < 0.2 and proxy.cut_after is None:
                proxy.cut_after = chance.randrange(700)
            await asyncio.sleep(chance.random() * 0.01)
        proxy.cut_after = None
        every = list(range(len(acks)))
        assert await asyncio.wait_for(asyncio.gather(*acks), DEADLINE) == every
        await eventually(lambda: len(got) >= len(every))
        assert got == every and runs == every and not lost


@pytest.mark.anyio
@TRANSPORT
async def test_answers_that_are_repeated_or_lost_change_nothing(lab: Lab, proxy: Proxy, use: str) -> None:
    async with io(proxy.url, use=use, **QUICK) as socket:
        got, lost = heard(socket), gaps(socket)
        await socket.ready()
        for i in range(60):
            await lab.say("s2c", i)
            proxy.repeat = proxy.repeat or i % 5 == 0
            proxy.lose = proxy.lose or i % 7 == 0
            await asyncio.sleep(0.02)
        proxy.repeat = proxy.lose = False
        await eventually(lambda: len(got) >= 60)
        assert got == list(range(60)) and not lost and proxy.repeats and proxy.lost


@pytest.mark.anyio
@pytest.mark.parametrize("use", [*RUNGS, "auto"])
async def test_a_server_restarted_in_the_middle(use: str) -> None:
    first: list[Any] = []
    port = free_port()
    async with io(f"http://127.0.0.1:{port}", use=use, **QUICK) as socket:
        got, lost, events = heard(socket), gaps(socket), life(socket)
        async with on_port(port, echoing):
            await socket.ready()
            old = socket.id
            assert await socket.emit("c2s", "before") == {"taken": "before"}
            first = list(got)
        await eventually(lambda: socket.transport is None)
        waiting = socket.emit("c2s", "between")
        async with on_port(port, echoing) as hub:
            await hub.emit("s2c", "new life")
            assert await asyncio.wait_for(waiting, DEADLINE) == {"taken": "between"}
            await eventually(lambda: "new life" in got)
            assert await socket.emit("c2s", "after") == {"taken": "after"}
            assert first == ["before"] and got == ["before", "new life", "between", "after"]
            assert [gap["reason"] for gap in lost] == ["epoch"]  # told once, though the new sid is told `away`
            assert socket.id != old and [client.id for client in hub.clients()] == [socket.id]
        assert "error" not in events


@pytest.mark.anyio
@pytest.mark.parametrize("use", ["ws", "longpoll", "auto"])
async def test_when_the_server_dies_what_was_sent_is_unknown_and_the_rest_goes_up(use: str) -> None:
    port, runs = free_port(), list[tuple[str, int]]()

    def first(hub: Hub) -> None:
        @hub.on("slow")
        async def slow(client: Any, i: int) -> None:
            runs.append(("first", i))
            await asyncio.sleep(60)

    def second(hub: Hub) -> None:
        @hub.on("slow")
        async def slow(client: Any, i: int) -> None:
            runs.append(("second", i))

    async with io(f"http://127.0.0.1:{port}", use=use, **{**QUICK, "chance": lambda: 0.03}) as socket:
        events, lost = life(socket), gaps(socket)
        async with on_port(port, first):
            await socket.ready()
            emits = [socket.emit("slow", i) for i in range(70)]
            await eventually(lambda: socket.session.way.outbox.count == 64 and runs)  # the window is full
        await eventually(lambda: "disconnect" in events)
        emits.append(socket.emit("slow", 70))
        await eventually(lambda: events.count("reconnecting") >= 2)
        async with on_port(port, second):
            outcomes = await asyncio.wait_for(asyncio.gather(*emits, return_exceptions=True), DEADLINE)
        assert [outcome.code for outcome in outcomes[:64] if isinstance(outcome, EmitError)] == ["unknown"] * 64
        assert outcomes[64:] == [None] * 7
        assert runs == [("first", 0), *(("second", i) for i in range(64, 71))]
        assert [gap["reason"] for gap in lost] == ["epoch"]
        told = [event for event, before in zip(events, [None, *events], strict=False) if event != before]
        after = ["disconnect", "reconnecting", "connecting", "reconnect", "connect", "gap"]
        assert told[:8] == ["connecting", "connect", *after]


@pytest.mark.anyio
@TRANSPORT
async def test_a_client_the_hub_has_forgotten_goes_on_as_a_new_one(lab: Lab, use: str) -> None:
    echoing(lab.hub)
    async with io(lab.url, use=use, **QUICK) as socket:
        got, lost = heard(socket), gaps(socket)
        await socket.emit("c2s", 1)
        old = socket.id
        await lab.hub.forget(lab.people[old])
        for reader in list(lab.people[old].readers):
            reader.end("crowded")
        await eventually(lambda: socket.id != old)
        assert await asyncio.wait_for(socket.emit("c2s", 2), DEADLINE) == {"taken": 2}
        assert got == [1, 2] and [gap["reason"] for gap in lost] == ["away"] and socket.id != old


class Outage(Proxy):
    """A network that can be out: lines are reset, and no new one comes through."""

    out = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.out:
            writer.transport.abort()
        else:
            await super()._serve(reader, writer)


@pytest.mark.anyio
@pytest.mark.limits(grace=0.5, forget_after=1.0)
@LADDER_TOO
async def test_who_was_away_too_long_is_told_once_and_runs_nothing_twice(lab: Lab, use: str) -> None:
    runs: list[str] = []

    @lab.hub.on("run")
    async def run(client: Any, name: str) -> None:
        runs.append(name)
        if name == "unacked":
            network.out = True  # its ack does not arrive
            network.abort()

    async with Outage(lab.url) as network, io(network.url, use=use, **QUICK) as socket:
        got, lost, old = heard(socket), gaps(socket), socket.id
        await socket.ready()
        await lab.say("s2c", 0)
        await eventually(lambda: got == [0])
        await socket.emit("run", "acked")
        unacked = socket.emit("run", "unacked")
        await eventually(lambda: not socket.connected)
        unsent = socket.emit("run", "never sent")
        await eventually(lambda: old not in lab.hub.members)
        await lab.say("s2c", 1)
        network.out = False
        with pytest.raises(EmitError, match="unknown"):
            await asyncio.wait_for(unacked, DEADLINE)
        await asyncio.wait_for(unsent, DEADLINE)
        await eventually(lambda: got == [0, 1])
        assert runs == ["acked", "unacked", "never sent"]
        assert [gap["reason"] for gap in lost] == ["away"]
        assert socket.id != old and lab.here() == {socket.id}


@pytest.mark.anyio
@TRANSPORT
async def test_an_error_ack_fails_and_the_next_emit_goes_on(lab: Lab, use: str) -> None:
    from transport_fallback.hub import Refuse

    @lab.hub.on("no")
    async def no(client: Any, data: Any) -> None:
        raise Refuse("because")

    async with io(lab.url, use=use, **QUICK) as socket:
        with pytest.raises(EmitError) as error:
            await socket.emit("no")
        assert error.value.code == "refused" and "because" in str(error.value)
        assert await socket.emit("nobody hears this") is None


@pytest.mark.anyio
@pytest.mark.limits(data=2000)
@LADDER_TOO
async def test_what_a_server_does_not_take_fails_alone(lab: Lab, use: str) -> None:
    echoing(lab.hub)
    async with io(lab.url, use=use, **QUICK) as socket:
        got, uploads = heard(socket), uploaded(socket)
        await socket.ready()
        emits = [socket.emit("c2s", "x" * 3000 if i in (0, 3) else i) for i in range(8)]
        outcomes = await asyncio.wait_for(asyncio.gather(*emits, return_exceptions=True), DEADLINE)
        assert [outcome.code for outcome in outcomes if isinstance(outcome, EmitError)] == ["too_large"] * 2
        assert isinstance(outcomes[0], EmitError) and isinstance(outcomes[3], EmitError)
        assert [outcome for i, outcome in enumerate(outcomes) if i not in (0, 3)] == [{"taken": i} for i in got]
        assert got == [1, 2, 4, 5, 6, 7]
        assert await socket.emit("c2s", "next") == {"taken": "next"}
        # Their numbers were used up by nothing, which went up alone.
        assert [[emit["n"] for emit in emits] for emits in uploads if emits[0]["event"] == "$void"] == [[1], [4]]
        assert lab.people[socket.id].claims.expected == 10


def uploaded(socket: Socket) -> list[list[dict[str, Any]]]:
    """The emits of each upload, as they go up."""
    found: list[list[dict[str, Any]]] = []
    upload = socket.session.way.outbox.upload

    def seen(emits: Any, replies: Any = ()) -> bytes:
        body = upload(emits, replies)
        found.append(json.loads(body).get("emits", []))
        return body

    socket.session.way.outbox.upload = seen  # type: ignore[method-assign]
    return found


@pytest.mark.anyio
@pytest.mark.limits(emit_rate=100, emit_burst=64)
@TRANSPORT
async def test_a_rate_is_waited_for(lab: Lab, use: str) -> None:
    echoing(lab.hub)
    async with io(lab.url, use=use, **QUICK) as socket:
        got, uploads = heard(socket), uploaded(socket)
        await socket.ready()
        began = socket.session.clock()
        await asyncio.wait_for(asyncio.gather(*(socket.emit("c2s", i) for i in range(160))), DEADLINE)
        assert got == list(range(160))
        assert socket.session.clock() - began > 0.9  # (160 - 64) / 100 s
        refused = [note for note in socket.decisions if "rate" in note.text]
        assert refused and len(uploads) <= 10  # sent again when it was told to, and not before


@pytest.mark.anyio
@TRANSPORT
async def test_no_more_than_64_emits_are_under_way(lab: Lab, use: str) -> None:
    go, runs = asyncio.Event(), list[int]()

    @lab.hub.on("slow")
    async def slow(client: Any, i: int) -> int:
        await go.wait()
        runs.append(i)
        return i

    async with io(lab.url, use=use, **QUICK) as socket:
        await socket.ready()
        emits = [socket.emit("slow", i) for i in range(200)]
        client = lab.people[socket.id]
        await eventually(lambda: client.claims and client.claims.expected == 65)
        for _ in range(3):
            await hello(lab.url)
        assert client.claims.expected == 65 and len(client.claims.open) == 64
        go.set()
        assert await asyncio.wait_for(asyncio.gather(*emits), DEADLINE) == runs == list(range(200))
        assert not [note for note in socket.decisions if "window" in note.text]


@pytest.mark.anyio
@pytest.mark.parametrize("use", ["ws", "longpoll"])
async def test_a_slow_handler_is_no_failure(lab: Lab, use: str) -> None:
    runs = []

    @lab.hub.on("slow")
    async def slow(client: Any, data: Any) -> str:
        runs.append(data)
        await asyncio.sleep(3.5)
        return "at last"

    async with io(lab.url, use=use, **QUICK) as socket:
        events = life(socket)
        assert await socket.emit("slow", 1) == "at last"
        assert runs == [1] and events == ["connecting", "connect"]


class Deaf(Proxy):
    """A network in which, once it is so, nothing goes up a ws any more; what comes down still does."""

    deaf = False

    async def _up(self, reader: Any, writer: Any, far: Any, asked: list[str]) -> None:
        while part := await reader.read(65536):
            if part.startswith((b"GET ", b"POST ")):
                asked[0] = part.split(b" ", 2)[1].split(b"?")[0].decode()
            elif self.deaf and asked[0] == "/ws":
                continue
            far.write(part)


@pytest.mark.anyio
async def test_a_line_that_goes_deaf_is_left_for_one_that_is_not(lab: Lab) -> None:
    echoing(lab.hub)
    async with Deaf(lab.url) as network, io(network.url, **QUICK) as socket:
        got = heard(socket)
        await eventually(lambda: socket.transport == "ws")
        network.deaf = True
        assert await asyncio.wait_for(socket.emit("c2s", 1), DEADLINE) == {"taken": 1}
        await eventually(lambda: socket.transport == "sse")
        assert await socket.emit("c2s", 2) == {"taken": 2} and got == [1, 2]
        assert socket.session.ladder.rungs["ws"].once is not None


@pytest.mark.anyio
async def test_a_line_that_falls_mute_costs_2_s_if_somebody_speaks(lab: Lab) -> None:
    echoing(lab.hub)
    kept = {"ws": {"works": time.time() - 60}}
    gate = Gateway("direct", to=lab.url, seed=1)
    async with gate as url, io(url, **{**QUICK, "heartbeat": 15.0}, verdicts=kept) as socket:
        got = heard(socket)
        await socket.ready()
        assert socket.transport == "ws"
        await eventually(lambda: len(socket.session.ladder.attempts) == 1)
        gate.change("mute")
        began = time.monotonic()
        assert await socket.emit("c2s", 1) == {"taken": 1} and got == [1]
        assert 1.4 < time.monotonic() - began < 10  # not after its heartbeats of 15 s
        await eventually(lambda: socket.transport == "sse")
        assert socket.session.ladder.rungs["ws"].once is None  # nobody read beside it: its next attempt is judged
        assert any("ws was silent" in note.text and "silence 0 ms" in note.text for note in socket.decisions)


@pytest.mark.anyio
async def test_what_was_learnt_is_kept_by_network(lab: Lab) -> None:
    async with io(lab.url, **QUICK) as socket:
        await eventually(lambda: socket.transport == "ws" and socket.network)
        home = socket.network
        await eventually(lambda: socket.verdicts.get("ws"))
        kept = json.loads(json.dumps(socket.verdicts))
        assert kept["ws"]["works"] == pytest.approx(time.time(), abs=10)
        socket.session.ladder.network = "train"  # as if the client had been elsewhere
        await socket.session.greet()
        assert socket.network == home and not socket.verdicts
        socket.session.ladder.network = "elsewhere"
        socket.session.networks._left[home or ""] = kept
        await socket.session.greet()
        assert "train" not in socket.verdicts and socket.verdicts.keys() == kept.keys()
        assert socket.verdicts["ws"]["works"] == pytest.approx(kept["ws"]["works"])
        socket.forget()
        assert not socket.verdicts and not socket.session.networks._left
    async with io(lab.url, **QUICK, network=home, verdicts=kept) as socket:
        await socket.ready()
        assert socket.transport == "ws" and socket.verdicts["ws"]["works"] == pytest.approx(kept["ws"]["works"])


@pytest.mark.anyio
async def test_a_cut_by_hand_loses_nothing_and_counts_against_nobody(lab: Lab) -> None:
    echoing(lab.hub)
    async with io(lab.url, **QUICK) as socket:
        got = heard(socket)
        for n in range(5):
            await eventually(lambda: socket.transport == "ws")
            emits = [socket.emit("c2s", [n, one]) for one in range(3)]
            socket.cut()
            assert socket.transport is None and readers(lab, socket) >= 1
            await asyncio.wait_for(asyncio.gather(*emits), DEADLINE)
            socket.retry()
        assert got == [[n, one] for n in range(5) for one in range(3)]
        assert not any(record.strikes for record in socket.session.ladder.rungs)


def readers(lab: Lab, socket: Socket) -> int:
    member: Any = lab.hub.members[socket.id]
    return len(member.readers)


@pytest.mark.anyio
async def test_a_line_let_go_of_while_its_batch_is_taken_asks_no_more(lab: Lab) -> None:
    async with io(lab.url, use="longpoll", **QUICK) as socket:
        got = heard(socket)
        socket.on("s2c", lambda data: socket.use("sse", strict=True))
        await socket.ready()
        await lab.hub.emit("s2c", 1)
        await eventually(lambda: socket.transport == "sse" and got == [1])
        await asyncio.sleep(0.1)
        assert readers(lab, socket) == 1


@pytest.mark.anyio
async def test_where_every_websocket_dies_sse_reads_and_one_line_says_why(lab: Lab) -> None:
    async with Gateway("kill:50", to=lab.url, seed=1) as url, io(url, **QUICK) as socket:
        await eventually(lambda: any("resting" in note.text for note in socket.decisions))
        await eventually(lambda: socket.transport == "sse")
        await asyncio.sleep(1)  # and so it stays
        assert socket.transport == "sse" and readers(lab, socket) <= 2
        assert {rung.name for rung in socket.session.ladder.rungs if rung.strikes} == {"ws"}
        told = next(note.text for note in socket.decisions if "resting" in note.text)
        for words in ("ws opened and died after", "closed with 1006", "the third time while", "was delivering",
                      "resting it for 1 min", "carries on; silence 0 ms"):  # fmt: skip
            assert words in told


@pytest.mark.anyio
@TRANSPORT
async def test_history_is_the_past_before_the_present(lab: Lab, use: str) -> None:
    for i in range(5):
        await lab.say("s2c", i)
    async with io(lab.url, use=use, history=3, **QUICK) as socket:
        got = heard(socket)
        await socket.ready()
        await lab.say("s2c", 5)
        await eventually(lambda: len(got) >= 4)
        assert got == [2, 3, 4, 5]


@pytest.mark.anyio
@TRANSPORT
async def test_who_closes_is_gone_at_once_and_leaves_nothing_running(lab: Lab, use: str) -> None:
    echoing(lab.hub)
    socket = io(lab.url, use=use, **QUICK).connect()
    await socket.ready()
    assert socket.id in lab.here()
    last = socket.emit("c2s", "last words")
    await socket.close()
    assert not socket.connected and socket.transport is None
    await eventually(lambda: ("disconnect", socket.id, "client left") in lab.life)
    await eventually(lambda: [message["data"] for message in lab.hub.history(None, 9)] == ["last words"])
    with pytest.raises(EmitError):
        await last
    with pytest.raises(EmitError):
        await socket.emit("c2s")


@pytest.mark.anyio
@LADDER_TOO
async def test_closing_waits_for_no_answer_that_does_not_come(nothing_left: None, use: str) -> None:
    lines: list[asyncio.StreamWriter] = []

    async def silence(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(writer)

    async with listening(silence) as url:
        socket = io(url, use=use, **QUICK).connect()
        never = socket.emit("c2s", 1)
        await eventually(lambda: lines)
        async with asyncio.timeout(1.4):  # less than the first try of any rung is given
            await socket.close()
        with pytest.raises(EmitError, match="gone"):
            await never


@pytest.mark.anyio
@pytest.mark.parametrize("event", ["connect", "s2c"])
async def test_a_handler_may_close_its_own_socket(lab: Lab, event: str) -> None:
    socket = io(lab.url, **QUICK)
    closed = asyncio.Event()

    @socket.on(event)
    async def enough(data: Any) -> None:
        await socket.close()
        closed.set()

    socket.connect()
    await eventually(lambda: lab.people)
    await lab.say("s2c", 1)
    await asyncio.wait_for(closed.wait(), DEADLINE)
    await eventually(lambda: not lab.here())
    assert socket.transport is None


@pytest.mark.anyio
async def test_who_closed_may_come_back_as_another_client(lab: Lab) -> None:
    async with io(lab.url, use="longpoll", **QUICK) as socket:
        got, lost = heard(socket), gaps(socket)
        await socket.ready()
        old = socket.id
        await lab.say("s2c", 1)
        await eventually(lambda: got == [1])
        await socket.close()
        await lab.say("s2c", 2)
        await socket.connect().ready()
        await eventually(lambda: got == [1, 2])
        assert socket.id != old and lab.here() == {socket.id} and [gap["reason"] for gap in lost] == ["away"]
        assert await socket.emit("c2s") is None


@pytest.mark.anyio
@TRANSPORT
async def test_who_is_turned_out_does_not_come_back(lab: Lab, use: str) -> None:
    async with io(lab.url, use=use, **QUICK) as socket:
        events, errors = life(socket), heard(socket, "error")
        await socket.ready()
        lab.people[socket.id].close("enough")
        await eventually(lambda: "disconnect" in events)
        assert events == ["connecting", "connect", "error", "disconnect"] and errors[0]["code"] == "kicked"
        await asyncio.sleep(0.3)
        assert lab.here() == set() and socket.transport is None


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("x" * 17_000, "too_large"),
        ([[[[[[[[[1]]]]]]]]], "bad_json"),
        (float("nan"), "bad_json"),
        (2**53 + 1, "bad_json"),
        ("\ud800", "bad_json"),
        ({"a": "\udfff"}, "bad_json"),
        ({1: 2}, "bad_json"),
        (b"bytes", "bad_json"),
    ],
)
async def test_what_no_server_takes_is_refused_before_it_has_a_number(lab: Lab, data: Any, code: str) -> None:
    async with io(lab.url, use="longpoll", **QUICK) as socket:
        with pytest.raises(EmitError) as error:
            await socket.emit("c2s", data)
        assert error.value.code == code
        for event in ("connect", "gap", "$void", "", "x" * 65, "a\nb"):
            with pytest.raises(EmitError):
                await socket.emit(event)
        assert socket.session.way.outbox.count == 0 and not socket.session.way.outbox.unsent
        assert await socket.emit("c2s", [2**53, [[[[[[["deep"]]]]]]], "\u2028"]) is None


@pytest.mark.anyio
@LADDER_TOO
async def test_a_handler_that_fails_stops_nothing(lab: Lab, caplog: pytest.LogCaptureFixture, use: str) -> None:
    async with io(lab.url, use=use, **QUICK) as socket:

        def broken(*_: Any) -> None:
            raise RuntimeError("broken")

        async def broken_later(*_: Any) -> None:
            await asyncio.sleep(0)
            raise RuntimeError("broken later")

        for event in ("s2c", "*", "connect", "connecting", "switch"):
            socket.on(event, broken)
            socket.on(event, broken_later)
        socket.on("error", lambda _: 1 / 0)  # not even one of errors
        got, errors = heard(socket), heard(socket, "error")
        await socket.ready()
        await lab.say("s2c", 1)
        await lab.say("s2c", 2)
        await eventually(lambda: got == [1, 2])
        assert await socket.emit("c2s") is None
        assert socket.connected and {error["code"] for error in errors} == {"handler_failed"}
    assert "broken later" in caplog.text
    caplog.clear()


@pytest.mark.anyio
async def test_messages_can_be_iterated(lab: Lab) -> None:
    async with io(lab.url, use="sse", **QUICK) as socket:
        messages = socket.messages
        await socket.ready()
        await lab.say("s2c", "one")
        await lab.say("other", "two")
        found = [await anext(messages), await anext(messages)]
        assert [(message.event, message.data) for message in found] == [("s2c", "one"), ("other", "two")]
    assert [message async for message in messages] == []


@pytest.mark.anyio
@LADDER_TOO
async def test_the_sid_is_in_no_url_and_no_log(lab: Lab, caplog: pytest.LogCaptureFixture, use: str) -> None:
    caplog.set_level(0)
    errors: list[Any] = []
    async with Outage(lab.url) as network, io(network.url, use=use, **QUICK) as socket:
        socket.on("error", errors.append)
        socket.on("s2c", lambda data: 1 / 0)
        await socket.emit("c2s", 1)
        await lab.say("s2c", 1)
        await eventually(lambda: errors)
        sid = socket.session.requests.sid.value
        assert len(sid) == 22 and sid not in socket.session.requests.target(use, socket.cursor)
        network.out = True
        network.abort()
        unacked = socket.emit("c2s", 2)
        await eventually(lambda: not socket.transport and len(socket.decisions) > 5)
        await socket.close()
        with pytest.raises(EmitError) as failed:
            await unacked
        public = [repr(socket), str(socket.decisions), str(errors), repr(failed.value), repr(socket.messages)]
        assert not [text for text in [*public, caplog.text] if sid in text]
    assert "failed" in caplog.text
    caplog.clear()


@pytest.mark.anyio
async def test_a_base_url_keeps_its_path(lab: Lab) -> None:
    async with io("http://127.0.0.1:1/via/~abcdefgh/") as socket:
        assert socket.session.requests.target("poll", None).startswith("/via/~abcdefgh/poll?")
        failed = socket.once("connect_failed")
        await asyncio.wait_for(failed, DEADLINE)
