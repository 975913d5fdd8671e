// The whole client under fake time, on a fake server whose answers get lost: each check is a sentence and may be async.
import { newSid } from "/client/codec.js";
import { WayUp } from "/client/emit.js";
import { Outbox } from "/client/outbox.js";
import { Socket } from "/client/socket.js";
import { Failure } from "/client/wire.js";

function equal(actual, expected, about = "") {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${about} expected ${right}, got ${left}`);
}

function sure(fact, about) {
  if (!fact) throw new Error(`not so: ${about}`);
}

/** Time that passes only when told to, and dice that fall the same each time. */
class FakeClock {
  #timers = new Map();
  #count = 0;
  #time = 1_700_000_000_000;

  constructor(seed = 1) {
    this.seed = seed;
    this.now = () => this.#time;
    this.random = () => (this.seed = (this.seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    this.setTimeout = (run, ms) => {
      this.#count += 1;
      this.#timers.set(this.#count, { run, at: this.#time + Math.max(0, ms) });
      return this.#count;
    };
    this.clearTimeout = (timer) => this.#timers.delete(timer);
  }

  async pass(ms) {
    const end = this.#time + ms;
    for (;;) {
      for (let turn = 0; turn < 40; turn += 1) await null; // let every promise that can, run
      const [next] = [...this.#timers].sort(([, a], [, b]) => a.at - b.at);
      if (!next || next[1].at > end) break;
      this.#timers.delete(next[0]);
      this.#time = Math.max(this.#time, next[1].at);
      next[1].run();
    }
    this.#time = end;
  }
}

/** A server of poll, longpoll, emit and hello. `lost`: the chance that a request or its answer gets lost. */
class FakeServer {
  constructor(clock, { lost = 0, epoch = "e1" } = {}) {
    Object.assign(this, { clock, lost, epoch, log: [], ran: [], clients: new Map(), requests: [], down: false });
    this.fetch = (url, options = {}) => this.answer(new URL(url), options);
  }

  async answer(url, { signal, body }) {
    const name = url.pathname.slice(1);
    this.requests.push(name);
    await this.wait(5 + this.clock.random() * 40, signal);
    if (this.down || this.clock.random() < this.lost / 2) throw new TypeError("the request is lost");
    const [status, result] = await this[name](url.searchParams, body && JSON.parse(body), signal);
    if (this.down || this.clock.random() < this.lost / 2) throw new TypeError("the answer is lost");
    return { status, headers: new Map(), text: async () => JSON.stringify(result) };
  }

  wait(ms, signal) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal.reason);
      const done = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      this.clock.setTimeout(done, ms);
      signal?.addEventListener("abort", stop);
    });
  }

  client(sid) {
    if (!this.clients.has(sid)) this.clients.set(sid, { expected: 1, results: new Map() });
    return this.clients.get(sid);
  }

  read(cursor) {
    const [epoch, seq] = cursor ? cursor.split(".") : [this.epoch, this.log.length];
    const other = epoch !== this.epoch;
    const after = other ? 0 : Number(seq);
    const gap = other ? { reason: "epoch", missed: null } : null;
    const batch = {
      after: `${this.epoch}.${after}`,
      cursor: `${this.epoch}.${this.log.length}`,
      gap,
      more: false,
      messages: this.log.slice(after),
    };
    return [200, batch];
  }

  async poll(query) {
    this.client(query.get("sid"));
    return this.read(query.get("cursor"));
  }

  async longpoll(query, _body, signal) {
    this.client(query.get("sid"));
    const until = this.clock.now() + Number(query.get("hold")) * 1000;
    for (;;) {
      const [status, batch] = this.read(query.get("cursor"));
      if (!query.has("cursor") || batch.messages.length || batch.gap || this.clock.now() >= until)
        return [status, batch];
      await this.wait(20, signal);
    }
  }

  async emit(query, { emits = [] }) {
    const client = this.client(query.get("sid"));
    return [200, { acks: emits.map((emit) => this.claim(client, emit)) }];
  }

  claim(client, { n, event, data }) {
    if (n > client.expected) return { n, error: { code: "out_of_order", message: "", expected: client.expected } };
    if (n === client.expected) {
      client.expected += 1;
      this.ran.push(data);
      this.say(event, data);
      client.results.set(n, { n, data, cursor: `${this.epoch}.${this.log.length}` });
    }
    return client.results.get(n);
  }

  async hello() {
    return [200, { you: { id: "0123456789" } }];
  }

  async bye() {
    return [200, {}];
  }

  say(event, data) {
    this.log.push({ seq: this.log.length + 1, event, data, from: null, room: null, at: 0 });
  }
}

function client(server, options = {}) {
  const world = { fetch: server.fetch, beacon: undefined, WebSocket: undefined, EventSource: undefined };
  const socket = new Socket("http://lab.example", { clock: server.clock, world, every: 300, hold: 3, ...options });
  socket.got = [];
  socket.lived = [];
  socket.on("said", (data) => socket.got.push(data));
  socket.onLife((event) => socket.lived.push(event));
  return socket;
}

/** A way up on two pipes that only note what is sent. */
function wayUp() {
  const clock = new FakeClock();
  const outbox = new Outbox();
  const noted = { ws: [], posts: [], done: [], accused: [], forgotten: 0, hello: true };
  const post = (text) => new Promise((resolve, reject) => noted.posts.push({ ...JSON.parse(text), resolve, reject }));
  const hello = () => (noted.hello ? Promise.resolve({}) : new Promise(() => {}));
  const on = {
    done: (emit, data, error) => noted.done.push([emit.event, error?.code ?? "ok"]),
    forgotten: () => (noted.forgotten += 1),
    refused: () => {},
    say: () => {},
    doubt: () => noted.accused.push("doubt"),
    alive: () => noted.accused.push("alive"),
    deaf: () => noted.accused.push("deaf"),
  };
  const way = new WayUp({ outbox, clock, rtt: () => 10, post, hello, on });
  const socket = { readyState: 1, send: (text) => noted.ws.push(JSON.parse(text)) };
  const emit = (...events) => {
    for (const event of events) outbox.add({ event, text: "null", done: null });
    way.flush();
  };
  return { clock, outbox, way, socket, emit, noted };
}

const numbers = (frame) => (frame.emits ?? []).map(({ n }) => n);
const acksOf = (...list) => ({ acks: list.map((n) => ({ n, data: null, cursor: "e.0" })) });
const refusal = (code, retry) => new Failure(retry ? "wait" : "stop", code, { code, retry });

export const checks = {
  "emits wait until something reads": async () => {
    const { way, socket, emit, noted } = wayUp();
    emit("a");
    equal([noted.ws.length, noted.posts.length], [0, 0]);
    way.use(true, socket);
    equal(noted.ws.map(numbers), [[1]]);
  },
  "on ws each emit goes at once; without it one POST at a time takes all that came": async () => {
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
  },
  "given up on ws: all unacked go by POST, in order, with new ones; late acks count": async () => {
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
  },
  "a pong shows that only a handler is slow: ws is the way again": async () => {
    const { way, socket, emit, noted, clock } = wayUp();
    way.use(true, socket);
    emit("a");
    await clock.pass(1501);
    way.heard(socket, { pong: noted.ws.at(-1).ping });
    noted.posts[0].resolve(acksOf(1));
    await clock.pass(1);
    emit("b");
    equal(numbers(noted.ws.at(-1)), [2]);
  },
  "without a pong POST stays the way": async () => {
    const { way, socket, emit, noted, clock } = wayUp();
    way.use(true, socket);
    emit("a");
    await clock.pass(5000);
    noted.posts[0].resolve(acksOf(1));
    await clock.pass(1);
    emit("b");
    equal(numbers(noted.posts.at(-1)), [2]);
  },
  "a slow handler by POST: the server answers hello, nothing is sent twice": async () => {
    const { way, emit, noted, clock } = wayUp();
    way.use(true, null);
    emit("a");
    await clock.pass(9000);
    equal(noted.posts.length, 1);
  },
  "a POST nobody answers goes again when hello is silent too": async () => {
    const { way, emit, noted, clock } = wayUp();
    noted.hello = false;
    way.use(true, null);
    emit("a");
    await clock.pass(3100);
    equal(noted.posts.map(numbers), [[1], [1]]);
  },
  "while nothing reads what was sent waits, then goes again": async () => {
    const { way, socket, emit, noted, clock } = wayUp();
    way.use(true, socket);
    emit("a");
    way.use(false);
    emit("b");
    await clock.pass(60_000);
    equal([noted.ws.length, noted.posts.length], [1, 0]);
    way.use(true, null);
    equal(noted.posts.map(numbers), [[1, 2]]);
  },
  "an error that asks to wait is waited for, then all go again in order": async () => {
    const { way, emit, noted, clock } = wayUp();
    way.use(true, null);
    emit("a", "b");
    noted.posts[0].reject(refusal("rate", 700));
    await clock.pass(699);
    emit("c");
    equal(noted.posts.length, 1);
    await clock.pass(2);
    equal(numbers(noted.posts[1]), [1, 2, 3]);
  },
  "refused for its form: one by one; the one refused alone fails and its n goes up with nothing": async () => {
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
  },
  "refused on ws: one by one by POST": async () => {
    const { way, socket, emit, noted } = wayUp();
    way.use(true, socket);
    emit("a", "b");
    way.heard(socket, { error: { code: "too_large", message: "" } });
    equal(noted.posts.map(numbers), [[1]]);
  },
  "a reply never waits behind an emit": async () => {
    const { way, emit, noted, outbox } = wayUp();
    way.use(true, null);
    emit("a");
    outbox.reply(7, "true");
    way.flush();
    equal(noted.posts[1].replies, [{ seq: 7, data: true }]);
  },
  "forgotten: what was sent is unknown, what was not goes under the new sid from n = 1": async () => {
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
      noted.posts[0].emits.map(({ n, event }) => [n, event]),
      [[1, "c"]],
    );
  },
  "nobody hears connect before the first batch, and messages come after it": async () => {
    const server = new FakeServer(new FakeClock());
    const socket = client(server);
    socket.emit("said", 1);
    equal(socket.lived, []);
    await server.clock.pass(500);
    equal(socket.lived, ["connecting", "connect"]);
    equal([socket.got, socket.transport, socket.id], [[1], "longpoll", "0123456789"]);
    socket.close();
  },
  "whatever gets lost, each emit runs once, each message is heard once, in order": async () => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const clock = new FakeClock(seed * 7919);
      const server = new FakeServer(clock, { lost: 0.4 });
      const [one, two] = [client(server), client(server, { use: "poll" })];
      const acked = [];
      await clock.pass(1000);
      for (let i = 0; i < 120; i += 1) {
        one.emit("said", i, (data) => acked.push(data));
        if (clock.random() < 0.1) one.use(["poll", "longpoll", "auto"][i % 3], { strict: i % 2 === 0 });
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
  },
  "another life of the log is told once, and the client goes on with a new sid": async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    const socket = client(server);
    const gaps = [];
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
  },
  "a handler that throws stops nothing, and is told as error": async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    const socket = client(server);
    const errors = [];
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
  },
  "a network that answers with pages of its own is a failure, not a crash": async () => {
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
    const socket = client({ clock, fetch });
    await clock.pass(60_000);
    equal([socket.connected, socket.lived.includes("connect_failed")], [false, true]);
    socket.close();
    sure(server, "");
  },
  "close says goodbye, and connect comes back as another client from the same cursor": async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock);
    const socket = client(server);
    await clock.pass(1000);
    socket.close();
    equal([socket.connected, socket.lived.at(-1)], [false, "disconnect"]);
    server.say("said", "meanwhile");
    await clock.pass(20_000);
    equal(socket.got, []);
    socket.connect();
    await clock.pass(1500);
    equal([socket.got, server.clients.size], [["meanwhile"], 2]);
    socket.close();
  },
  "no sid is ever shown": async () => {
    const clock = new FakeClock();
    const server = new FakeServer(clock, { lost: 0.5 });
    const socket = client(server);
    await clock.pass(30_000);
    const shown = JSON.stringify([socket, socket.decisions]);
    for (const sid of server.clients.keys()) sure(!shown.includes(sid), "the sid is in what the client shows");
    sure(newSid() !== newSid(), "two sids differ");
    socket.close();
  },
};
