// Everything that can be awaited ends: with its value, or with an error that says why. And leaves nothing behind.
import assert from "node:assert/strict";
import { test } from "node:test";
import { client, equal, FakeClock, FakeServer, reply, sure } from "./fake.mjs";

/** A client whose server is reached, and the codes its acks end with. */
async function connected(options = {}) {
  const server = new FakeServer(new FakeClock());
  const socket = client(server, options);
  socket.ends = [];
  socket.errors = [];
  socket.on("error", (error) => socket.errors.push(error.message));
  socket.ask = (/** @type {unknown} */ data) => socket.emit("said", data, (_ack, error) => socket.ends.push(error?.code ?? "ok"));
  await server.clock.pass(1000);
  return { server, socket, clock: server.clock };
}

/**
 * Its way up is answered by `answer(url, options)`; the rest by the server.
 * @param {FakeServer} server @param {(url: URL, options: any, there: FakeServer["fetch"]) => any} answer
 */
function between(server, answer) {
  const there = server.fetch;
  /** @type {FakeServer["fetch"]} */
  const fetch = (url, options = {}) => answer(new URL(url), options, there);
  server.fetch = fetch;
  return { fetch, beacon: undefined, WebSocket: undefined, EventSource: undefined };
}

/** @param {number} status */
const page = (status) => reply(status, "<h1>a page of somebody else's</h1>");

// From 500 on it is a gateway that finds no server behind it, which passes sooner.
for (const [status, limit] of [[200, 60], [301, 60], [401, 60], [403, 60], [404, 60], [405, 60], [407, 60], [429, 300], [503, 300], [0, 300]]) {
  test(`an emit that only ever gets ${status || "no answer"}, while this client reads, ends after ${limit} s and says so`, async () => {
    const server = new FakeServer(new FakeClock());
    const world = between(server, async (url, options, there) => {
      if (options.method !== "POST" || url.pathname === "/bye") return there(url, options);
      if (!status) throw new TypeError("reset");
      return page(status);
    });
    const socket = client(server, { world, use: "poll", every: 2000 });
    const ends = /** @type {any[]} */ ([]);
    socket.emit("said", 1, (_ack, error) => ends.push([error?.code, error?.message.includes(String(status || "no answer"))]));
    await server.clock.pass(limit * 1000 - 10_000);
    equal([socket.connected, ends], [true, []], "it may pass");
    await server.clock.pass(70_000);
    equal([ends, server.ran], [[["unknown", true]], []]);
    socket.close();
  });
}

test("what was never sent ends as unsent, and an emit without ack as error", async () => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server, { world: between(server, async () => page(401)) });
  const [ends, errors] = [/** @type {any[]} */ ([]), /** @type {any[]} */ ([])];
  socket.on("error", (error) => errors.push(error.code));
  socket.emit("said", 1, (_ack, error) => ends.push(error?.code));
  socket.emit("said", 2);
  await server.clock.pass(180_000);
  equal([ends, errors, socket.connected], [["unsent"], ["unsent"], false]);
  socket.close();
});

test("an emit that failed never runs afterwards, and the next ones do", async () => {
  const server = new FakeServer(new FakeClock());
  let shut = true;
  const world = between(server, (url, options, there) => (shut && options.method === "POST" ? page(403) : there(url, options)));
  const socket = client(server, { world, use: "poll", every: 2000 });
  const ends = /** @type {any[]} */ ([]);
  socket.emit("said", "old", (_ack, error) => ends.push(error?.code));
  await server.clock.pass(130_000);
  socket.emit("said", "new", (_ack, error) => ends.push(error?.code ?? "ok"));
  await server.clock.pass(5000);
  equal(ends, ["unknown"], "what was said just now is tried on");
  shut = false;
  await server.clock.pass(40_000);
  equal([ends, server.ran.filter((data) => data !== undefined)], [["unknown", "ok"], ["new"]]);
  socket.close();
});

test("an outage ends no wait: what was said goes up when it is over", async () => {
  const { server, socket, clock } = await connected();
  server.down = true;
  socket.ask(1);
  await clock.pass(600_000);
  equal(socket.ends, []);
  server.down = false;
  await clock.pass(60_000);
  equal([socket.ends, server.ran], [["ok"], [1]]);
  socket.close();
});

for (const status of [301, 302]) {
  test(`a POST that a ${status} made a GET of goes to where that led, once the way is known at once`, async () => {
    const server = new FakeServer(new FakeClock());
    const asked = /** @type {any[]} */ ([]);
    const world = between(server, async (url, options, there) => {
      const { method = "GET" } = options;
      asked.push(`${method} ${url.host}${url.pathname}`);
      if (url.host === "real.example" && method === "GET") return reply(405, { error: { code: "bad_method", message: "" } });
      if (url.host === "real.example" || method === "GET") return there(url, options);
      const moved = { redirected: true, url: String(url).replace("lab.example", "real.example") }; // as a browser follows it
      return reply(405, { error: { code: "bad_method", message: "" } }, moved);
    });
    const socket = client(server, { world });
    const ends = /** @type {any[]} */ ([]);
    for (const data of [1, 2]) {
      socket.emit("said", data, (_ack, error) => ends.push(error?.code ?? "ok"));
      await server.clock.pass(1500);
    }
    socket.close();
    await server.clock.pass(100);
    const posts = asked.filter((line) => line.startsWith("POST"));
    equal(posts, ["POST lab.example/emit", "POST real.example/emit", "POST real.example/emit", "POST real.example/bye"]);
    equal([ends, server.ran], [["ok", "ok"], [1, 2]]);
    sure(socket.decisions.some(({ text }) => text.includes("a redirect led to http://real.example")), "it is said");
  });
}

test("where a redirect led no longer answers: it is asked for again where the address says", async () => {
  const server = new FakeServer(new FakeClock());
  let real = "one.example";
  const world = between(server, async (url, options, there) => {
    if (options.method !== "POST" || url.host === real) return there(url, options);
    if (url.host !== "lab.example") throw new TypeError("nobody there");
    return reply(405, { error: { code: "bad_method", message: "" } }, { redirected: true, url: String(url).replace("lab.example", real) });
  });
  const socket = client(server, { world });
  const ends = /** @type {any[]} */ ([]);
  const ask = (/** @type {unknown} */ data) => socket.emit("said", data, (_ack, error) => ends.push(error?.code ?? "ok"));
  ask(1);
  await server.clock.pass(2000);
  real = "two.example";
  ask(2);
  await server.clock.pass(10_000);
  equal([ends, server.ran], [["ok", "ok"], [1, 2]]);
  socket.close();
});

/** @type {Record<string, (there: { server: FakeServer, socket: any, leave: () => void }) => unknown>} */
const LEAVINGS = {
  "close()": ({ socket }) => socket.close(),
  "a kick": ({ server }) => (server.turnsOut = () => true),
  "a page that leaves": ({ leave }) => leave(),
};
for (const [name, leaving] of Object.entries(LEAVINGS)) {
  test(`after ${name} every wait has ended once, and no timer is left`, async (t) => {
    const listeners = /** @type {Record<string, any>} */ ({});
    const page = /** @type {any} */ (globalThis);
    page.document = { hidden: false, addEventListener: () => {} };
    page.addEventListener = (/** @type {string} */ event, /** @type {unknown} */ run) => (listeners[event] = run);
    t.after(() => (delete page.document, delete page.addEventListener));
    const { server, socket, clock } = await connected();
    server.emit = () => new Promise(() => {}); // a handler without an end
    for (let i = 0; i < 200; i += 1) socket.ask("x".repeat(1000));
    const late = socket.emitWithAck("said", 1, { timeout: 60_000 }).catch(({ code }) => socket.ends.push(code));
    await clock.pass(200);
    leaving({ server, socket, leave: () => listeners.pagehide({ persisted: false }) });
    await clock.pass(8000);
    await late;
    equal(socket.ends.length, 201);
    equal([...new Set(socket.ends)], ["unknown", "gone"]);
    equal([socket.connected, clock.pending], [false, 0]);
  });
}

test("a client that was closed takes no emit, and one never begun lets its waits go", async () => {
  const { socket, clock, server } = await connected();
  socket.close();
  socket.ask(1);
  socket.emit("said", 2);
  await assert.rejects(socket.emitWithAck("said", 3), { code: "gone" });
  await clock.pass(10);
  equal([socket.ends, socket.errors], [["gone"], ["this socket is closed: this was never sent"]]);
  const other = client(server, { autoConnect: false });
  const waits = [other.emitWithAck("said", 4)];
  other.close();
  await assert.rejects(waits[0], { code: "gone" });
});

test("a wait that timed out, was refused or was answered leaves no timer behind", async () => {
  const { socket, clock, server } = await connected({ use: "poll", every: 20_000 });
  await clock.pass(5000);
  const before = clock.pending;
  await assert.rejects(socket.emitWithAck("said", () => 1, { timeout: 50_000 }), { code: "bad_json" });
  await assert.rejects(socket.emitWithAck("$said", 1, { timeout: 50_000 }), { code: "reserved" });
  equal(clock.pending, before);
  const answered = socket.emitWithAck("said", "yes", { timeout: 50_000 });
  const late = socket.emitWithAck("said", "late", { timeout: 1 });
  late.catch(() => {});
  await clock.pass(65_000);
  equal([await answered, server.ran], ["yes", ["yes", "late"]]);
  await assert.rejects(late, { code: "timeout", message: "no ack within 1 ms" });
  equal(clock.pending, before);
  socket.close();
});

test("a client that never learns its name asks ever more seldom", async () => {
  const server = new FakeServer(new FakeClock());
  let asked = 0;
  const world = between(server, (url, options, there) => (url.pathname === "/hello" ? ((asked += 1), page(401)) : there(url, options)));
  const socket = client(server, { world, use: "poll", every: 2000 });
  await server.clock.pass(300_000);
  sure(asked > 4 && asked < 15, `asked ${asked} times in 5 minutes`);
  socket.close();
});
