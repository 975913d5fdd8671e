// A handler may call whatever the client has: none runs inside a step of the client.
import { test } from "node:test";
import { client, equal, FakeClock, FakeServer } from "./fake.mjs";

test("connect() in the handler of the disconnect that close() told comes back", async () => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server);
  await server.clock.pass(500);
  socket.once("disconnect", () => socket.connect());
  socket.close();
  await server.clock.pass(2000);
  equal([socket.connected, socket.lived], [true, ["connecting", "connect", "disconnect", "connecting", "connect"]]);
  equal(server.clients.size, 2);
  socket.close();
});

test("connect() in the handler of the error that turned the client out comes back", async () => {
  for (const event of ["error", "disconnect"]) {
    const server = new FakeServer(new FakeClock());
    const socket = client(server);
    socket.on("error", () => {});
    await server.clock.pass(500);
    socket.once(event, () => socket.connect());
    const [first] = server.clients.keys();
    server.turnsOut = (sid) => sid === first;
    await server.clock.pass(8000);
    equal([socket.connected, server.clients.size], [true, 2], event);
    socket.close();
  }
});

test("no handler, ack or watcher runs inside a call of the client", async () => {
  const server = new FakeServer(new FakeClock());
  /** @type {string | null} */
  let inside = null;
  const [socket, ran] = [client(server, { autoConnect: false }), new Set()];
  const wrong = /** @type {any[]} */ ([]);
  /** @param {string} what */
  const heard = (what) => () => (ran.add(what), inside && wrong.push(`${what} ran inside ${inside}()`));
  for (const event of ["connect", "disconnect", "switch", "error", "said"]) socket.on(event, heard(event));
  socket.onLife(heard("life")).onDecision(heard("decision")).onHello(heard("hello")).onAny(heard("any"));
  /** @param {string} name @param {...any} values */
  const call = (name, ...values) => {
    inside = name;
    socket[name](...values);
    inside = null;
  };
  for (const round of [1, 2]) {
    call("connect");
    call("emit", "said", round, heard("ack"));
    await server.clock.pass(2000);
    /** @type {[name: string, ...values: any[]][]} */
    const calls = [["use", "poll"], ["cut"], ["retry"], ["forget"], ["use", "auto"], ["emit", "said", 1, 2], ["close"]];
    for (const [name, ...values] of calls) {
      call(name, ...values);
      await server.clock.pass(name === "close" ? 0 : 700);
    }
  }
  equal(wrong, []);
  equal([...ran].sort(), ["ack", "any", "connect", "decision", "disconnect", "error", "hello", "life", "said", "switch"]);
});

test("an async handler of error that fails is told once, and not to itself", async (t) => {
  const server = new FakeServer(new FakeClock());
  const socket = client(server);
  const told = /** @type {any[]} */ ([]);
  t.mock.method(console, "error", (/** @type {any} */ error) => told.push(error.message));
  socket.on("said", async () => { throw new Error("first"); });
  socket.on("error", async (error) => { throw new Error(`after ${error.message}`); });
  await server.clock.pass(500);
  server.say("said", 1);
  await server.clock.pass(1000);
  equal(told, ["after first"]);
  socket.close();
});

// Any method from any handler, in any order: afterwards the client is what the last word makes it.
/** @typedef {(sides: number) => number} Dice */
/** @type {Record<string, (socket: any, dice: Dice) => unknown>} */
const METHODS = {
  emit: (socket, dice) => socket.emit("said", dice(9), dice(2) ? () => act(socket, dice) : null),
  ask: (socket, dice) => socket.emitWithAck("said", dice(9), { timeout: dice(400) }).finally(() => act(socket, dice)).catch(() => {}),
  use: (socket, dice) => socket.use(["poll", "longpoll", "auto"][dice(3)], { strict: dice(2) === 0 }),
  close: (socket) => ((socket.wanted = false), socket.close()),
  connect: (socket) => ((socket.wanted = true), socket.connect()),
  cut: (socket) => socket.cut(),
  retry: (socket) => socket.retry(),
  forget: (socket) => socket.forget(),
  changed: (socket) => socket.changed(),
};

/** @param {any} socket @param {Dice} dice */
function act(socket, dice) {
  if (socket.left === 0) return;
  socket.left -= 1;
  const names = Object.keys(METHODS);
  METHODS[names[dice(names.length)]](socket, dice);
}

test("whatever is called from whatever handler, each emit ends, each message comes once, and the last word holds", async (t) => {
  t.mock.method(console, "error", () => {});
  for (let seed = 1; seed <= 40; seed += 1) {
    const clock = new FakeClock(seed * 104_729);
    /** @type {Dice} */
    const dice = (sides) => Math.floor(clock.random() * sides);
    const server = new FakeServer(clock, { lost: 0.2 });
    const socket = client(server);
    const [waits, seqs] = [/** @type {{ ended: number }[]} */ ([]), /** @type {number[]} */ ([])];
    Object.assign(socket, { left: 60, wanted: true });
    const emit = socket.emit;
    socket.emit = function counted(event, data, ack) {
      const wait = { ended: 0 };
      waits.push(wait);
      return emit.call(this, event, data, (...answer) => ((wait.ended += 1), ack?.(...answer)));
    };
    for (const event of ["connecting", "connect", "disconnect", "reconnecting", "reconnect", "switch", "error", "gap", "connect_failed"]) {
      socket.on(event, () => dice(3) === 0 && act(socket, dice));
    }
    socket.on("said", (_data, _reply, { seq }) => (seqs.push(seq), dice(2) && act(socket, dice)));
    socket.onDecision(() => dice(6) === 0 && act(socket, dice));
    socket.onHello(() => {
      act(socket, dice);
      if (dice(4) === 0) throw new Error("a handler throws");
    });
    for (let round = 0; round < 40; round += 1) {
      if (dice(4) === 0) queueMicrotask(() => act(socket, dice));
      server.say("said", round);
      await clock.pass(dice(900));
    }
    server.lost = socket.left = 0;
    await clock.pass(40_000);
    const about = `seed ${seed}`;
    equal(socket.connected, socket.wanted, `${about}: the last word holds`);
    socket.connect();
    await clock.pass(40_000);
    server.say("said", "last");
    await clock.pass(2000);
    equal(socket.connected, true, about);
    equal(seqs, [...new Set(seqs)].sort((a, b) => a - b), `${about}: once, in order`);
    equal(seqs.at(-1), server.log.length, `${about}: to the end`);
    equal(waits.filter(({ ended }) => ended !== 1).length, 0, `${about}: each wait ended once`);
    socket.close();
    await clock.pass(100);
    equal([socket.connected, clock.pending], [false, 0], `${about}: nothing is left`);
  }
});
