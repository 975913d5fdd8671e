// The whole client under fake time, on a fake server whose answers get lost.
import { test } from "node:test";
import { newSid } from "../../web/client/codec.js";
import { client, equal, FakeClock, FakeServer, sure } from "./fake.mjs";

const WAYS = /** @type {const} */ (["poll", "longpoll", "auto"]);

test("nobody hears connect before the first batch, and messages come after it", async () => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server);
  socket.emit("said", 1);
  equal(socket.lived, []);
  await server.clock.pass(500);
  equal(socket.lived, ["connecting", "connect"]);
  equal([socket.got, socket.transport, socket.id], [[1], "longpoll", "0123456789"]);
  socket.close();
});

test("whatever gets lost, each emit runs once, each message is heard once, in order", async () => {
  for (let seed = 1; seed <= 12; seed += 1) {
    const clock = new FakeClock(seed * 7919);
    const server = new FakeServer(clock, { lost: 0.4 });
    const [one, two] = [client(server), client(server, { use: "poll" })];
    const acked = /** @type {any[]} */ ([]);
    await clock.pass(1000);
    for (let i = 0; i < 120; i += 1) {
      one.emit("said", i, (data) => acked.push(data));
      if (clock.random() < 0.1) one.use(WAYS[i % 3], { strict: i % 2 === 0 });
      await clock.pass(clock.random() * 60);
    }
    server.lost = 0;
    await clock.pass(90_000);
    const all = Array.from({ length: 120 }, (_, i) => i);
    equal(server.ran, all, `seed ${seed}: what ran`);
    equal(one.got, all, `seed ${seed}: what the sender heard`);
    sure(
      JSON.stringify(two.got) === JSON.stringify(all.slice(all.indexOf(two.got[0]))),
      `seed ${seed}: what the other heard`,
    );
    equal(acked, all, `seed ${seed}: what was acked`);
    one.close();
    two.close();
  }
});

test("another life of the log is told once, and the client goes on with a new sid", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const socket = client(server);
  const gaps = /** @type {any[]} */ ([]);
  socket.on("gap", ({ reason }) => gaps.push(reason));
  await clock.pass(1000);
  server.down = true;
  await clock.pass(10_000);
  Object.assign(server, { down: false, epoch: "e2", log: [], clients: new Map() });
  server.say("said", "new");
  await clock.pass(40_000);
  equal([gaps, socket.got], [["epoch"], ["new"]]);
  equal(server.clients.size, 2);
  socket.emit("said", "mine");
  await clock.pass(1000);
  equal(socket.got, ["new", "mine"]);
  socket.close();
});

test("what was trimmed beside the away that a new sid expects is told", async () => {
  for (const { beside, wanted } of [{ beside: {}, wanted: ["away"] }, { beside: { trimmed: 3 }, wanted: ["away", "trimmed"] }]) {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    const socket = client(server);
    const gaps = /** @type {any[]} */ ([]);
    socket.on("gap", ({ reason, missed }) => gaps.push([reason, missed]));
    await clock.pass(1000);
    const sids = [...server.clients.keys()];
    const told = new Set();
    server.gapOf = (sid) => {
      if (told.has(sid) || told.size > 1) return null;
      told.add(sid);
      server.say("said", told.size); // a birth is an entry: the batch's cursor is beyond the one asked with
      return { reason: "away", missed: 9, ...(sids.includes(sid) ? {} : beside) };
    };
    server.say("said", "new");
    await clock.pass(5000);
    equal(gaps.map(([reason]) => reason), wanted);
    equal(gaps.slice(1), wanted.slice(1).map((reason) => [reason, 3]));
    socket.close();
  }
});

test("a handler that throws stops nothing, and is told as error", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const socket = client(server);
  const errors = /** @type {any[]} */ ([]);
  socket.on("error", (error) => errors.push(error.message));
  socket.on("said", () => {
    throw new Error("oh");
  });
  await clock.pass(1000);
  server.say("said", 1);
  server.say("said", 2);
  await clock.pass(1000);
  equal(
    [socket.got, errors],
    [
      [1, 2],
      ["oh", "oh"],
    ],
  );
  socket.close();
});

test("the silence before a rung is back counts, though nothing is told of it", async () => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server, { use: "poll" });
  await server.clock.pass(7000);
  equal([socket.facts.silence, socket.facts.longest], [null, 0]);
  server.down = true;
  await server.clock.pass(350);
  server.down = false;
  await server.clock.pass(1500);
  equal(socket.lived, ["connecting", "connect"]);
  const { silence, longest } = socket.facts;
  sure(silence !== null && silence > 0 && silence < 1500 && silence === longest, `${silence} ms, at most ${longest} ms`);
  socket.use("longpoll");
  await server.clock.pass(4000); // its first answer is held
  equal([socket.facts.silence, socket.facts.longest], [0, silence]);
  socket.close();
});

test("a network that answers with pages of its own is a failure, not a crash", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const answers = [
    "<h1>hello</h1>",
    "null",
    "[]",
    '{"messages":[]}',
    '{"after":"a.1","cursor":"a.0","gap":null,"more":false,"messages":[]}',
  ];
  const fetch = async () => ({
    status: 200,
    headers: new Map(),
    text: async () => answers[Math.floor(clock.random() * answers.length)],
  });
  const socket = client(/** @type {any} */ ({ clock, fetch }));
  await clock.pass(60_000);
  equal([socket.connected, socket.lived.includes("connect_failed")], [false, true]);
  socket.close();
  sure(server, "");
});

test("close says goodbye, and connect comes back as another client from the same cursor", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const socket = client(server);
  await clock.pass(1000);
  socket.close();
  await null; // no handler runs inside the call
  equal([socket.connected, socket.lived.at(-1)], [false, "disconnect"]);
  server.say("said", "meanwhile");
  await clock.pass(20_000);
  equal(socket.got, []);
  socket.connect();
  await clock.pass(1500);
  equal([socket.got, server.clients.size], [["meanwhile"], 2]);
  socket.close();
});

test("no sid is ever shown", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock, { lost: 0.5 });
  const socket = client(server);
  await clock.pass(30_000);
  const shown = JSON.stringify([socket, socket.decisions]);
  for (const sid of server.clients.keys()) sure(!shown.includes(sid), "the sid is in what the client shows");
  sure(newSid() !== newSid(), "two sids differ");
  socket.close();
});

test("when something came last is known, and until when nothing may come", async () => {
  const clock = new FakeClock();
  const server = new FakeServer(clock);
  const socket = client(server);
  equal(socket.heard, null);
  await clock.pass(500);
  const first = socket.heard;
  sure(first && first.at < first.until, "the first batch");
  await clock.pass(1000);
  server.say("said", 1);
  await clock.pass(100);
  const next = socket.heard;
  sure(first && next && next.at >= first.at + 1000 && next.until >= first.until + 1000, "the message");
  server.down = true;
  await clock.pass(60_000);
  equal(socket.heard, null);
  socket.close();
});
