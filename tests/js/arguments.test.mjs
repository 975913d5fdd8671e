// What a newcomer writes: taken, or refused where it is said, by name, with what would have been right.
import assert from "node:assert/strict";
import { test } from "node:test";
import { io } from "../../web/client/socket.js";
import { baseOf } from "../../web/client/wire.js";
import { client, equal, FakeClock, FakeServer } from "./fake.mjs";

// What is given here is wrong on purpose, and what comes is asked for anything.
/** @type {(url?: any, options?: any) => any} */
const quiet = (url, options) => io(url, { autoConnect: false, ...options });
const URL_HERE = "http://lab.example";

const OPTIONS = {
  'transports: there is no "websocket" here; it is called "ws"': { transports: ["websocket", "polling"] },
  'transports: there is no "polling" here; it is called "longpoll" or "poll"': { transports: ["polling"] },
  'transports: there is no "tcp" here; there are ws, sse, longpoll, poll': { transports: ["ws", "tcp"] },
  'transports: "poll" stands there twice': { transports: ["poll", "ws", "poll"] },
  "transports: none is given; it is a list of names, best first, out of ws": { transports: [] },
  'transports: "ws" is not a list of names': { transports: "ws" },
  "transports: this browser has no ws": { transports: ["ws"], world: { WebSocket: undefined } },
  'use: there is no "websocket" here; it is called "ws"': { use: "websocket" },
  'use: this client has no "sse"; it has poll': { use: "sse", transports: ["poll"] },
  'io: there is no option "reconnection" here; there are transports, use': { reconnection: true },
  "every: 99 is not a number of ms from 100 to 60000": { every: 99 },
  'every: "1000" is not a number': { every: "1000" },
  "every: NaN is not a number": { every: NaN },
  "hold: 31 is not a number of s from 1 to 30": { hold: 31 },
  "heartbeat: 0 is not a number of s": { heartbeat: 0 },
  "history: -1 is not a number of messages": { history: -1 },
  "history: 1.5 is not a number of messages": { history: 1.5 },
  "autoConnect: 0 is neither true nor false": { autoConnect: 0 },
};

const KINDS = /no option|not a list|neither/; // something of another kind, not a value that does not occur
for (const [words, options] of Object.entries(OPTIONS)) {
  test(words, () => assert.throws(() => quiet(URL_HERE, options), (/** @type {any} */ error) => error.message.startsWith(words) && error.name === (KINDS.test(words) ? "TypeError" : "RangeError")));
}

test("an address is a host, a path or a URL of http or ws; whatever of it would be lost is refused", () => {
  equal(quiet(new URL("http://lab.example:9/elsewhere")).base, "http://lab.example:9/elsewhere");
  equal(quiet("localhost:3000").base, "http://localhost:3000");
  equal(quiet("wss://lab.example/x/").base, "https://lab.example/x");
  equal([io({ autoConnect: false }).base, quiet(undefined).base], ["http://localhost:3000", "http://localhost:3000"]);
  equal(baseOf(/** @type {any} */ ({ href: "https://lab.example/page" })), "https://lab.example/page", "a location");
  const wrong = { "ftp://lab.example": "no address of a server", "mailto:a@b": "no address of a server", "http://": "no address",
    "http://ada:secret@lab.example": "name or password", "http://lab.example/?room=1": '"?room=1" would be lost', "/x#y": '"#y" would be lost' };
  for (const [url, words] of Object.entries(wrong)) {
    assert.throws(() => quiet(url), (error) => error instanceof TypeError && error.message.includes(words), url);
    if (URL.canParse(url)) assert.throws(() => quiet(new URL(url)), TypeError, url);
  }
  for (const url of [null, 3000, true, () => URL_HERE]) assert.throws(() => quiet(url), TypeError, String(url));
  const anything = /** @type {any} */ (io);
  assert.throws(() => anything({}, {}), TypeError);
  assert.throws(() => anything(URL_HERE, null), TypeError);
});

test("a handler is a function, and an event has a name", () => {
  const socket = quiet(URL_HERE);
  /** @type {[method: string, ...values: any[]][]} */
  const calls = [["on", "x"], ["on", "x", {}], ["once", "x"], ["off", "x", undefined], ["onAny"], ["onAny", "x"], ["offAny", null],
    ["onLife", 1], ["offLife", undefined], ["onHello"], ["onDecision", {}], ["on", () => 1], ["on", undefined, () => 1], ["once", "", () => 1],
    ["off"], ["on", "a\nb", () => 1], ["on", "x".repeat(65), () => 1], ["once", "$void", () => 1], ["use", "websocket"], ["use"], ["use", "poll", { strickt: true }], ["use", "poll", true]];
  for (const [method, ...values] of calls) assert.throws(() => socket[method](...values), /TypeError|RangeError/, `${method}(${values.map(String)})`);
  const hear = () => 1;
  socket.on("x", hear).once("x", hear).off("x", hear).off("x").onAny(hear).offAny(hear).offAny();
});

test("an event nobody could hear is refused, and so is data no server would take", () => {
  const socket = quiet(URL_HERE);
  /** @type {Record<string, any[]>} */
  const codes = { bad_event: ["", 7, undefined, "a\nb", "x".repeat(65)], reserved: ["connect", "$x", "error"] };
  for (const [code, events] of Object.entries(codes)) for (const event of events) assert.throws(() => socket.emit(event), { code }, String(event));
  assert.throws(() => socket.emit("x", () => 1, () => 2), { code: "bad_json" });
});

test("more than one data is told as error where somebody listens, else thrown; nothing of it goes up", async () => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server);
  /** @type {[method: string, ...values: any[]][]} */
  const calls = [["emit", "said", 1, 2], ["emit", "said", 1, { ack: 1 }], ["emit", "said", 1, () => 1, () => 2], ["send", 1, 2], ["send", 1, null, 3]];
  for (const [method, ...values] of calls) assert.throws(() => socket[method](...values), TypeError);
  const errors = /** @type {any[]} */ ([]);
  socket.on("error", (error) => errors.push(error.name));
  for (const [method, ...values] of calls) equal(socket[method](...values), socket);
  await server.clock.pass(1000);
  equal([errors, server.ran], [calls.map(() => "TypeError"), []]);
  for (const wait of /** @type {any[]} */ ([{ timout: 1 }, { timeout: "1" }, { timeout: -1 }, { timeout: NaN }, () => 1, null])) {
    await assert.rejects(socket.emitWithAck("said", 1, wait), /TypeError|RangeError/);
  }
  socket.emit("said", (/** @type {any} */ ack) => ack).emit("said", 1, null).emit("said");
  await server.clock.pass(1000);
  equal(server.ran, [null, 1, null]);
  socket.close();
});
