// The way up, on two pipes that only note what is sent.
import { test } from "node:test";
import { WayUp } from "../../web/client/wayup.js";
import { Outbox } from "../../web/client/outbox.js";
import { Failure } from "../../web/client/closings.js";
import { equal, FakeClock } from "./fake.mjs";

/** A way up on two pipes that only note what is sent. */
function wayUp() {
  const clock = new FakeClock();
  const outbox = new Outbox();
  /** @type {{ ws: any[], posts: any[], done: any[], accused: string[], forgotten: number, hello: boolean }} */
  const noted = { ws: [], posts: [], done: [], accused: [], forgotten: 0, hello: true };
  const post = (/** @type {string} */ text, /** @type {AbortSignal} */ signal) =>
    new Promise((resolve, reject) => {
      noted.posts.push({ ...JSON.parse(text), resolve, reject });
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  const hello = () => (noted.hello ? Promise.resolve({}) : new Promise(() => {}));
  const on = {
    done: (/** @type {any} */ emit, /** @type {any} */ _data, /** @type {any} */ error) => noted.done.push([emit.event, error?.code ?? "ok"]),
    forgotten: () => (noted.forgotten += 1),
    refused: () => {},
    say: () => {},
    doubt: () => noted.accused.push("doubt"),
    alive: () => noted.accused.push("alive"),
    deaf: () => noted.accused.push("deaf"),
  };
  const way = new WayUp({ outbox, clock, rtt: () => 10, post, hello, on });
  const socket = /** @type {any} */ ({ readyState: 1, send: (/** @type {string} */ text) => noted.ws.push(JSON.parse(text)) });
  const emit = (/** @type {string[]} */ ...events) => {
    for (const event of events) outbox.add({ event, text: "null", done: null });
    way.flush();
  };
  return { clock, outbox, way, socket, emit, noted };
}

/** @param {any} frame */
const numbers = (frame) => (frame.emits ?? []).map((/** @type {{ n: number }} */ { n }) => n);
const acksOf = (/** @type {number[]} */ ...list) => ({ acks: list.map((n) => ({ n, data: null, cursor: "e.0" })) });
const refusal = (/** @type {string} */ code, /** @type {number | null} */ retry = null) => new Failure(retry ? "wait" : "refused", code, /** @type {any} */ ({ code, retry }));

test("emits wait until something reads", async () => {
  const { way, socket, emit, noted } = wayUp();
  emit("a");
  equal([noted.ws.length, noted.posts.length], [0, 0]);
  way.use(true, socket);
  equal(noted.ws.map(numbers), [[1]]);
});

test("on ws each emit goes at once; without it one POST at a time takes all that came", async () => {
  const { way, socket, emit, noted, clock } = wayUp();
  way.use(true, socket);
  emit("a");
  emit("b");
  equal(noted.ws.map(numbers), [[1], [2]]);
  way.heard(socket, acksOf(1, 2));
  way.use(true, null);
  for (const event of ["c", "d", "e"]) emit(event);
  equal(noted.posts.map(numbers), [[3]]);
  noted.posts[0].resolve(acksOf(3));
  await clock.pass(1);
  equal(noted.posts.map(numbers), [[3], [4, 5]]);
  equal(noted.posts[1].acked, 3);
});

test("given up on ws: all unacked go by POST, in order, with new ones; late acks count", async () => {
  const { way, socket, emit, noted, clock } = wayUp();
  way.use(true, socket);
  emit("a", "b");
  await clock.pass(1499);
  equal(noted.posts.length, 0);
  emit("c");
  await clock.pass(2);
  equal(numbers(noted.posts[0]), [1, 2, 3]);
  way.heard(socket, acksOf(1, 2, 3));
  noted.posts[0].resolve(acksOf(1, 2, 3));
  await clock.pass(1);
  equal(noted.done, [
    ["a", "ok"],
    ["b", "ok"],
    ["c", "ok"],
  ]);
  equal("ping" in noted.ws.at(-1), true, "the old way is pinged");
});

test("a pong shows that only a handler is slow: ws is the way again", async () => {
  const { way, socket, emit, noted, clock } = wayUp();
  way.use(true, socket);
  emit("a");
  await clock.pass(1501);
  way.heard(socket, { pong: noted.ws.at(-1).ping });
  noted.posts[0].resolve(acksOf(1));
  await clock.pass(1);
  emit("b");
  equal(numbers(noted.ws.at(-1)), [2]);
});

test("without a pong POST stays the way", async () => {
  const { way, socket, emit, noted, clock } = wayUp();
  way.use(true, socket);
  emit("a");
  await clock.pass(5000);
  noted.posts[0].resolve(acksOf(1));
  await clock.pass(1);
  emit("b");
  equal(numbers(noted.posts.at(-1)), [2]);
});

test("a slow handler by POST: the server answers hello, nothing is sent twice", async () => {
  const { way, emit, noted, clock } = wayUp();
  way.use(true, null);
  emit("a");
  await clock.pass(9000);
  equal(noted.posts.length, 1);
});

test("a POST nobody answers goes again when hello is silent too", async () => {
  const { way, emit, noted, clock } = wayUp();
  noted.hello = false;
  way.use(true, null);
  emit("a");
  await clock.pass(3100);
  equal(noted.posts.map(numbers), [[1], [1]]);
});

test("a POST nobody answers is given up after 30 s, though hello is answered, and posted again with its n", async () => {
  const { way, emit, noted, clock } = wayUp();
  way.use(true, null);
  emit("a");
  emit("b");
  await clock.pass(29_999);
  equal(noted.posts.map(numbers), [[1]]);
  await clock.pass(2000);
  equal(noted.posts.map(numbers), [[1], [1, 2]]);
  noted.posts[1].resolve(acksOf(1, 2));
  await clock.pass(1);
  equal(noted.done, [
    ["a", "ok"],
    ["b", "ok"],
  ]);
});

test("a POST that was answered is not given up later", async () => {
  const { way, emit, noted, clock } = wayUp();
  way.use(true, null);
  emit("a");
  noted.posts[0].resolve(acksOf(1));
  await clock.pass(1);
  equal(clock.pending, 0);
});

test("while nothing reads what was sent waits, then goes again", async () => {
  const { way, socket, emit, noted, clock } = wayUp();
  way.use(true, socket);
  emit("a");
  way.use(false);
  emit("b");
  await clock.pass(60_000);
  equal([noted.ws.length, noted.posts.length], [1, 0]);
  way.use(true, null);
  equal(noted.posts.map(numbers), [[1, 2]]);
});

test("an error that asks to wait is waited for, then all go again in order", async () => {
  const { way, emit, noted, clock } = wayUp();
  way.use(true, null);
  emit("a", "b");
  noted.posts[0].reject(refusal("rate", 700));
  await clock.pass(699);
  emit("c");
  equal(noted.posts.length, 1);
  await clock.pass(2);
  equal(numbers(noted.posts[1]), [1, 2, 3]);
});

test("refused for its form: one by one; the one refused alone fails and its n goes up with nothing", async () => {
  const { way, emit, noted, clock } = wayUp();
  way.use(true, null);
  emit("a", "b", "c");
  noted.posts[0].reject(refusal("bad_json"));
  await clock.pass(1);
  equal(numbers(noted.posts[1]), [1]);
  noted.posts[1].resolve(acksOf(1));
  await clock.pass(1);
  equal(numbers(noted.posts[2]), [2]);
  noted.posts[2].reject(refusal("bad_json"));
  await clock.pass(1);
  equal(noted.posts[3].emits, [{ n: 2, event: "$void" }]);
  noted.posts[3].resolve({ acks: [{ n: 2, error: { code: "reserved", message: "" } }] });
  await clock.pass(1);
  equal(numbers(noted.posts[4]), [3]);
  noted.posts[4].resolve(acksOf(3));
  await clock.pass(1);
  equal(noted.done, [
    ["a", "ok"],
    ["b", "bad_json"],
    ["c", "ok"],
  ]);
});

test("refused on ws: one by one by POST", async () => {
  const { way, socket, emit, noted } = wayUp();
  way.use(true, socket);
  emit("a", "b");
  way.heard(socket, { error: { code: "too_large", message: "" } });
  equal(noted.posts.map(numbers), [[1]]);
});

test("a reply never waits behind an emit", async () => {
  const { way, emit, noted, outbox } = wayUp();
  way.use(true, null);
  emit("a");
  outbox.reply(7, "true");
  way.flush();
  equal(noted.posts[1].replies, [{ seq: 7, data: true }]);
});

test("forgotten: what was sent is unknown, what was not goes under the new sid from n = 1", async () => {
  const { way, socket, emit, noted } = wayUp();
  way.use(true, socket);
  emit("a");
  way.heard(socket, acksOf(1));
  emit("b");
  way.heard(socket, { acks: [{ n: 2, error: { code: "out_of_order", message: "", expected: 1 } }] });
  equal(noted.forgotten, 1);
  way.forget();
  emit("c");
  equal(noted.done, [
    ["a", "ok"],
    ["b", "unknown"],
  ]);
  way.use(true, null);
  equal(
    noted.posts[0].emits.map((/** @type {any} */ { n, event }) => [n, event]),
    [[1, "c"]],
  );
});

test("a ws that was given up is a way again as soon as acks come by it", async () => {
  const { clock, way, socket, emit, noted } = wayUp();
  noted.hello = false;
  way.use(true, socket);
  emit("a");
  await clock.pass(1600);
  equal([noted.accused, noted.posts.map(numbers)], [["doubt"], [[1]]]);
  way.heard(socket, acksOf(1));
  noted.posts[0].resolve(acksOf(1));
  await clock.pass(1);
  emit("b");
  equal(
    noted.ws.filter(({ emits }) => emits).map(numbers),
    [[1], [2]],
  );
});

test("where no POST is answered, what was said long ago fails", async () => {
  const { clock, way, emit, noted } = wayUp();
  noted.hello = false;
  way.use(true, null);
  emit("a");
  await clock.pass(290_000);
  equal(noted.done, []);
  await clock.pass(20_000);
  equal(noted.done, [["a", "unknown"]]);
});
