// The trial: one real client on one transport, in a room of its own, in which the hub speaks at chosen moments.

import { io } from "/client/socket.js";
import { parted } from "/page/alone.js";
import { heads } from "/page/heads.js";
import { now } from "/page/hubclock.js";
import { begin } from "/page/speaking.js";
import { tapped } from "/page/tap.js";
import { orAbort, sleep } from "./waiting.js";

/** @import { Socket, Transport } from "/client/socket.js" */
/** @import { Heads } from "/page/heads.js" */
/** @import { Side } from "/page/knobs.js" */
/** @import { Counts } from "/page/meter.js" */
/** @typedef {{asked: number, answered: number | null, messages: number, hold: string | null}} Question */
/** @typedef {{said: number, came: number}} News */

const LEAD = 52; // ms from asking the hub to speak until it does: its own 50, and the way there
const READY = 100; // ms until a line that is open, or a question that waits, has come to rest
const PATIENCE = 10_000; // ms for the hub to answer at all
const QUIET = { began() {}, answered() {}, failed() {}, heard() {}, said() {}, end() {} };

/**
 * What there is to see while it runs and after: `questions`, each {asked, answered, messages}; `news`, each
 * {said, came}; times in ms of this page's clock, null for what has not happened. When it is over also `counts`: what
 * the hub's meter says these seconds cost, `before`: what the line had cost until then, and `heads` of one exchange.
 */
export class Trial {
  #socket = /** @type {Socket | null} */ (null);
  #sid = /** @type {string | null} */ (null);
  #room = `lesson-${Math.random().toString(36).slice(2, 10)}`;

  /**
   * `length`: ms; `moments`: when the hub speaks, ms; `offset()`: ms from the hub's clock to this page's.
   * @param {{transport: Transport, every?: number, length: number, moments: number[], offset: () => number}} settings
   */
  constructor({ transport, every = 1000, length, moments, offset }) {
    this.transport = transport;
    this.every = every;
    this.length = length;
    this.moments = moments;
    this.offset = offset;
    this.began = /** @type {number | null} */ (null);
    this.over = false;
    this.questions = /** @type {Question[]} */ ([]);
    this.news = /** @type {News[]} */ ([]);
    this.counts = /** @type {Counts} */ ({});
    this.before = /** @type {Counts} */ ({});
    this.heads = /** @type {Heads | null} */ (null);
  }

  /** ms since it began, at most its length; 0 before. */
  get at() {
    return this.began === null ? 0 : Math.min(this.length, now() - this.began);
  }

  /** Run to the end. Throws where the hub does not answer, or the signal aborts. @param {AbortSignal} signal */
  async run(signal) {
    try {
      await this.#join(signal);
      await this.#rest(signal);
      if (this.transport === "poll") await this.#answer(signal); // the first question is a newcomer's: it has no cursor
      this.heads = await heads(this.#sid, this.transport);
      this.before = await this.#stats(signal);
      await this.#start(signal);
      const speaking = Promise.all(this.moments.map((moment) => this.#speak(moment, signal)));
      const silent = new Promise((_resolve, reject) => speaking.catch(reject));
      await Promise.race([sleep(Number(this.began) + this.length - now(), signal), silent]);
      this.counts = since(this.before, await this.#stats(signal));
      await speaking;
      this.over = true;
    } finally {
      this.#socket?.close();
    }
  }

  /** A client, and the hub has taken it into the room. @param {AbortSignal} signal */
  async #join(signal) {
    const { transport, every } = this;
    const options = { transports: [transport], use: transport, every, autoConnect: false };
    const socket = io({ ...options, world: tapped(this, transport) });
    this.#socket = socket;
    socket.on("feed", (data, _reply, message) => message.room === this.#room && this.#heard(data));
    const known = new Promise((resolve) => socket.onHello(resolve));
    socket.emit("name", { name: `lesson: ${transport}` });
    socket.connect();
    await orAbort(Promise.all([parted(socket, this.#room, { timeout: PATIENCE }), known]), signal);
  }

  /** Wait until the line is as it stays: the first long poll is a short one. @param {AbortSignal} signal */
  async #rest(signal) {
    await sleep(READY, signal);
    while (this.transport === "longpoll" && this.questions.at(-1)?.hold === "1") await sleep(READY, signal);
  }

  /** Wait for the next answer. @param {AbortSignal} signal */
  async #answer(signal) {
    const asked = this.questions.length;
    while (!this.questions[asked]?.answered) await sleep(5, signal);
  }

  /**
   * Begin; with polling in the middle between two questions, so that it is clear which belong to these seconds.
   * @param {AbortSignal} signal
   */
  async #start(signal) {
    if (this.transport === "poll") await sleep((this.questions.at(-1)?.asked ?? 0) + this.every / 2 - now(), signal);
    this.questions = this.questions.filter(({ answered }) => answered === null);
    this.began = now();
  }

  /** Have the hub say something at a moment. @param {number} moment @param {AbortSignal} signal */
  async #speak(moment, signal) {
    await sleep(Number(this.began) + moment - LEAD - now(), signal);
    const wish = { rate: 0.01, seconds: 1, size: 0, room: this.#room }; // one message, then it is over
    for (;;) {
      try {
        return await begin(this.#sid, wish, signal);
      } catch (/** @type {any} */ error) {
        if (error.code !== "full") throw error;
      }
      await sleep(LEAD, signal); // so many others let the hub speak
    }
  }

  /** @param {{at: number}} data */
  #heard({ at }) {
    this.news.push({ said: at + this.offset(), came: now() });
  }

  /** @param {AbortSignal} signal */
  async #stats(signal) {
    const answer = await fetch(`/stats?client=${encodeURIComponent(this.#socket?.id ?? "")}`, { signal });
    return (await answer.json()).transports[this.transport] ?? {};
  }

  /**
   * The tap's: what this client asks, and what comes back.
   * @param {Side} _side @param {string} _method @param {string} address
   */
  ask(_side, _method, address) {
    const { pathname, searchParams } = new URL(address);
    if (pathname.split("/").at(-1) !== this.transport) return QUIET;
    this.#sid = searchParams.get("sid");
    const question = { asked: now(), answered: null, messages: 0, hold: searchParams.get("hold") };
    this.questions.push(question);
    /** @param {string} text */
    const answered = (text) => Object.assign(question, { answered: now(), messages: JSON.parse(text).messages?.length ?? 0 });
    return { ...QUIET, answered };
  }
}

/** @param {Counts} before @param {Counts} after */
function since(before, after) {
  return Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - (before[name] ?? 0)]));
}
