// What the tests of the client share: time that passes when told to, and a server whose answers get lost.
import assert from "node:assert/strict";
import { Socket } from "../../web/client/socket.js";

/** @param {unknown} actual @param {unknown} expected @param {string} [about] */
export function equal(actual, expected, about) {
  assert.deepEqual(actual, expected, about);
}

/** @param {unknown} fact @param {string} about */
export function sure(fact, about) {
  assert.ok(fact, `not so: ${about}`);
}

/** Time that passes only when told to, and dice that fall the same each time. */
export class FakeClock {
  #timers = /** @type {Map<number, { run: () => void, at: number }>} */ (new Map());
  #count = 0;
  #time = 1_700_000_000_000;

  constructor(seed = 1) {
    this.seed = seed;
    this.now = () => this.#time;
    this.random = () => (this.seed = (this.seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    this.setTimeout = (/** @type {() => void} */ run, /** @type {number} */ ms) => {
      this.#count += 1;
      this.#timers.set(this.#count, { run, at: this.#time + Math.max(0, ms) });
      return this.#count;
    };
    this.clearTimeout = (/** @type {number} */ timer) => this.#timers.delete(timer);
  }

  /** Timers that are set. */
  get pending() {
    return this.#timers.size;
  }

  /** @param {number} ms */
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

/** An answer as fetch gives it. @param {number} status @param {unknown} result @param {object} more @returns {any} */
export function reply(status, result, more = {}) {
  return { status, headers: new Map(), text: async () => (typeof result === "string" ? result : JSON.stringify(result)), ...more };
}

/** @typedef {{n: number, event: string, data: unknown}} Emit */
/** @typedef {{expected: number, results: Map<number, unknown>}} Known   what the server knows of a client */

/** A server of poll, longpoll, emit and hello. `lost`: the chance that a request or its answer gets lost. */
export class FakeServer {
  /** @param {FakeClock} clock @param {{lost?: number, epoch?: string}} how */
  constructor(clock, { lost = 0, epoch = "e1" } = {}) {
    this.clock = clock;
    this.lost = lost;
    this.epoch = epoch;
    this.log = /** @type {any[]} */ ([]);
    this.ran = /** @type {any[]} */ ([]);
    this.clients = /** @type {Map<string, Known>} */ (new Map());
    this.requests = /** @type {string[]} */ ([]);
    this.down = false;
    this.turnsOut = (/** @type {string} */ _sid) => false;
    /** @type {(url: string | URL, options?: any) => any} */
    this.fetch = (url, options = {}) => this.answer(new URL(url), options);
  }

  /** @param {URL} url @param {{signal?: AbortSignal, body?: string}} options */
  async answer(url, { signal, body }) {
    const sid = url.searchParams.get("sid") ?? "";
    const name = url.pathname.slice(1);
    this.requests.push(name);
    await this.wait(5 + this.clock.random() * 40, signal);
    if (this.down || this.clock.random() < this.lost / 2) throw new TypeError("the request is lost");
    if (this.turnsOut(sid)) return reply(410, { error: { code: "kicked", message: "out" } });
    const [status, result] = await /** @type {any} */ (this)[name](url.searchParams, body && JSON.parse(body), signal);
    if (this.down || this.clock.random() < this.lost / 2) throw new TypeError("the answer is lost");
    return reply(status, result);
  }

  /** @param {number} ms @param {AbortSignal} [signal] @returns {Promise<void>} */
  wait(ms, signal) {
    return new Promise((resolve, reject) => {
      const stop = () => reject(signal?.reason);
      const done = () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      };
      this.clock.setTimeout(done, ms);
      if (signal?.aborted) stop();
      signal?.addEventListener("abort", stop);
    });
  }

  /** @param {string} sid */
  client(sid) {
    const known = this.clients.get(sid) ?? { expected: 1, results: new Map() };
    this.clients.set(sid, known);
    return known;
  }

  /** What a test has this sid be told of. @param {string} _sid @returns {any} */
  gapOf(_sid) {
    return null;
  }

  /** @param {string | null} cursor @param {string} sid @returns {[status: number, batch: any]} */
  read(cursor, sid) {
    const [epoch, seq] = cursor ? cursor.split(".") : [this.epoch, this.log.length];
    const other = epoch !== this.epoch;
    const after = other ? 0 : Number(seq);
    const gap = other ? { reason: "epoch", missed: null } : this.gapOf(sid);
    const batch = {
      after: `${this.epoch}.${after}`,
      cursor: `${this.epoch}.${this.log.length}`,
      gap,
      more: false,
      messages: this.log.slice(after),
    };
    return [200, batch];
  }

  /** @param {URLSearchParams} query */
  async poll(query) {
    const sid = query.get("sid") ?? "";
    this.client(sid);
    return this.read(query.get("cursor"), sid);
  }

  /** @param {URLSearchParams} query @param {unknown} _body @param {AbortSignal} [signal] */
  async longpoll(query, _body, signal) {
    const sid = query.get("sid") ?? "";
    this.client(sid);
    const until = this.clock.now() + Number(query.get("hold")) * 1000;
    for (;;) {
      const [status, batch] = this.read(query.get("cursor"), sid);
      if (!query.has("cursor") || batch.messages.length || batch.gap || this.clock.now() >= until)
        return [status, batch];
      await this.wait(50, signal);
    }
  }

  /** @param {URLSearchParams} query @param {{emits?: Emit[]}} body @returns {Promise<[number, any]>} */
  async emit(query, { emits = [] }) {
    const client = this.client(query.get("sid") ?? "");
    return [200, { acks: emits.map((emit) => this.claim(client, emit)) }];
  }

  /** @param {Known} client @param {Emit} emit */
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

  /** @param {string} event @param {unknown} data */
  say(event, data) {
    this.log.push({ seq: this.log.length + 1, event, data, from: null, room: null, at: 0 });
  }
}

/**
 * A client of that server, and what it got and lived through.
 * @param {FakeServer} server @param {any} options @returns {Socket & Record<string, any>}
 */
export function client(server, options = {}) {
  const world = { fetch: server.fetch, beacon: undefined, WebSocket: undefined, EventSource: undefined };
  const socket = /** @type {Socket & Record<string, any>} */ (new Socket("http://lab.example", { clock: server.clock, world, every: 300, hold: 3, ...options }));
  socket.got = [];
  socket.lived = [];
  socket.on("said", (data) => socket.got.push(data));
  socket.onLife((event) => socket.lived.push(event));
  return socket;
}
