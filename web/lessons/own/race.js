// The race of five: the four transports by the client of this page, the fifth by its twenty lines, over a line that is cut.

import { newSid } from "/client/codec.js";
import { io } from "/client/socket.js";
import { now } from "/page/hubclock.js";
import { linkName } from "/page/network.js";
import { begin, end } from "/page/speaking.js";
import { orAbort, sleep } from "../waiting.js";
import { ndjson } from "./ndjson.js";

/** @import { Batch } from "/client/types.js" */
/** @import { Socket, Transport } from "/client/socket.js" */

export const FOUR = /** @type {Transport[]} */ (["poll", "longpoll", "sse", "ws"]);
export const LANES = [...FOUR, "ndjson"];
export const NETWORK = "flaky:1"; // the line of the fifth is reset, after a second in the mean
const RATE = 5; // messages a second
const EVERY = 500; // ms between two polls
const LEAD = 50; // ms from asking the hub to speak until it does
const BEAT = 2; // s: after so long a silence the server says that it is there
const SILENCE = 2.5 * BEAT * 1000; // ms after which a line is held for dead
const AGAIN = 100; // ms until the fifth asks again
const PATIENCE = 10_000; // ms for the hub to answer at all
const LATE = 15_000; // ms after the last message for all of them to be here

/** What came on one lane: how often each message, and how old. */
export class Lane {
  times = /** @type {number[]} */ ([]);
  ages = /** @type {number[]} */ ([]);
  answers = 0; // of the fifth: how many it has had, and how many of them broke off
  cut = 0;

  get here() {
    return this.times.filter(Boolean).length;
  }

  get twice() {
    return this.times.filter((times) => times > 1).length;
  }

  get age() {
    return this.ages.reduce((sum, age) => sum + age, 0) / this.ages.length;
  }

  /** @param {{n: number, at: number}} data @param {number} offset ms from the hub's clock to this page's */
  heard({ n, at }, offset) {
    this.times[n] = (this.times[n] ?? 0) + 1;
    this.ages.push(Math.max(0, now() - at - offset));
  }
}

export class Five {
  lanes = /** @type {Record<string, Lane>} */ (Object.fromEntries(LANES.map((name) => [name, new Lane()])));
  said = 0;
  over = false;
  #room = `lesson-${newSid()}`;
  #sid = newSid(); // of the fifth, and the feed is this one's
  #link = `/via/~${linkName()}`;
  #cursor = /** @type {string | null} */ (null);
  #sockets = /** @type {Socket[]} */ ([]);
  #offset;

  /** `length`: ms in which the hub speaks. @param {{length: number, offset: () => number}} settings */
  constructor({ length, offset }) {
    this.length = length;
    this.count = Math.round((length * RATE) / 1000);
    this.#offset = offset;
  }

  /** Run to the end. Throws where the hub does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    const mine = new AbortController();
    const stop = () => mine.abort(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    let feed = "";
    try {
      await asked(this.#link, { method: "PUT", body: JSON.stringify({ network: NETWORK }), signal });
      const reading = this.#read(mine.signal);
      await Promise.race([this.#join(mine.signal), reading]);
      const wish = { rate: RATE, seconds: (this.count - 0.5) / RATE, size: 0, room: this.#room };
      feed = (await begin(this.#sid, wish, signal)).feed;
      await Promise.race([this.#follow(now() + LEAD, mine.signal), reading]);
      this.over = true;
    } finally {
      signal.removeEventListener("abort", stop);
      mine.abort(new Error("over"));
      for (const socket of this.#sockets) socket.close();
      if (feed && !this.over) end(this.#sid, feed);
      fetch(`/bye?sid=${this.#sid}`, { method: "POST", keepalive: true }).catch(() => {});
    }
  }

  /** All five are in the room, and read. @param {AbortSignal} signal */
  async #join(signal) {
    const joined = FOUR.map((transport) => {
      const socket = io("", { transports: [transport], use: transport, every: EVERY, autoConnect: false, world: { storage: null } });
      this.#sockets.push(socket);
      socket.on("feed", (data, _reply, message) => message.room === this.#room && this.#heard(transport, data));
      socket.emit("name", { name: `lesson: ${transport}` });
      socket.connect();
      return socket.emitWithAck("join", { room: this.#room }, { timeout: PATIENCE });
    });
    const all = Promise.all(joined);
    all.catch(() => {}); // who waits for it below is told
    const late = now() + PATIENCE;
    while (this.#cursor === null) {
      if (now() > late) throw new Error(`no line in ${PATIENCE / 1000} s`);
      await sleep(AGAIN, signal);
    }
    const body = JSON.stringify({ emits: [{ n: 1, event: "join", data: { room: this.#room } }] });
    await asked(`/emit?sid=${this.#sid}`, { method: "POST", headers: { "Content-Type": "application/json" }, body, signal });
    await orAbort(all, signal);
  }

  /** The fifth: answer after answer, each from where the last whole line ended. @param {AbortSignal} signal */
  async #read(signal) {
    for (;;) {
      const line = new AbortController();
      const stop = () => line.abort(signal.reason);
      signal.addEventListener("abort", stop, { once: true });
      let silence = setTimeout(stop, SILENCE);
      try {
        for await (const batch of ndjson(this.#address(), line.signal)) {
          clearTimeout(silence);
          silence = setTimeout(stop, SILENCE);
          this.#take(batch);
        }
      } catch (/** @type {any} */ error) {
        if (signal.aborted || error.message.startsWith("refused")) throw error;
        this.lanes.ndjson.cut += 1;
      } finally {
        clearTimeout(silence);
        signal.removeEventListener("abort", stop);
      }
      this.lanes.ndjson.answers += 1;
      await sleep(AGAIN, signal);
    }
  }

  #address() {
    const query = new URLSearchParams({ sid: this.#sid, heartbeat: String(BEAT) });
    if (this.#cursor) query.set("cursor", this.#cursor);
    return `${this.#link}/lab/ndjson?${query}`;
  }

  /** @param {Batch} batch */
  #take({ cursor, messages }) {
    this.#cursor = cursor;
    for (const { event, room, data } of messages) if (event === "feed" && room === this.#room) this.#heard("ndjson", data);
  }

  /** @param {string} lane @param {{n: number, at: number}} data */
  #heard(lane, data) {
    this.lanes[lane].heard(data, this.#offset());
  }

  /** Wait until all have all of it, or have had the time for it. @param {number} began @param {AbortSignal} signal */
  async #follow(began, signal) {
    while (LANES.some((name) => this.lanes[name].here < this.count)) {
      if (now() > began + this.length + LATE) return;
      await sleep(AGAIN, signal);
      this.said = Math.min(this.count, Math.max(0, Math.floor(((now() - began) * RATE) / 1000) + 1));
    }
    this.said = this.count;
  }
}

/** What the hub answers. Throws its reason. @param {string} address @param {RequestInit} options */
async function asked(address, options) {
  const answer = await fetch(address, { cache: "no-store", ...options });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error.message);
  return told;
}
