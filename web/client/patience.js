// @ts-check
// Patience: how long a way up may leave things unanswered; and the ping, for perhaps only a handler is slow.
import { newSid } from "./codec.js";
/** @import {Clock} from "./types.js" */

const ANSWER = 1500; // ms until a way is given up, or 4 round trips
const PATIENT = 16; // times as long, where a ping was answered

export class Patience {
  #clock;
  #rtt;
  #hello;
  #factor = 1;
  #calmAt = 0; // when something was given up last: the next way has its time from then on
  /** @type {Map<string, (answered: boolean) => void>} */
  #pings = new Map(); // that wait for their answer, by token

  /**
   * `rtt`: ms, null: none is known; `hello`: the ping of a way that is no ws.
   * @param {{clock: Clock, rtt: () => number|null, hello: (signal: AbortSignal) => Promise<any>}} of
   */
  constructor({ clock, rtt, hello }) {
    this.#clock = clock;
    this.#rtt = rtt;
    this.#hello = hello;
  }

  get #limit() {
    return Math.max(ANSWER, 4 * (this.#rtt() ?? 0));
  }

  /** When a way is given up where something went up at this time. @param {number} sent */
  endsAt(sent) {
    return Math.max(sent, this.#calmAt) + this.#limit * this.#factor;
  }

  /** A way was given up, now. */
  startAnew() {
    this.#calmAt = this.#clock.now();
  }

  /** Only a handler is slow. */
  grow() {
    this.#factor = Math.min(PATIENT, this.#factor * 2);
  }

  shrink() {
    this.#factor = 1;
  }

  /** Ping: whether this way answers in time. @param {WebSocket|null} ws null: POST @returns {Promise<boolean>} */
  async ping(ws) {
    const token = newSid();
    const controller = new AbortController();
    /** @type {any} */
    let timer = null;
    /** @type {Promise<boolean>} */
    const outcome = new Promise((resolve) => {
      timer = this.#clock.setTimeout(() => resolve(false), this.#limit);
      this.#pings.set(token, resolve);
      if (!ws) this.#hello(controller.signal).then(() => resolve(true), () => {});
      else if (ws.readyState === 1) ws.send(JSON.stringify({ ping: token }));
    });
    const answered = await outcome;
    this.#clock.clearTimeout(timer);
    this.#pings.delete(token);
    if (!answered) controller.abort();
    return answered;
  }

  /** A pong came. @param {string} token */
  heard(token) {
    this.#pings.get(token)?.(true);
  }

  /** No ping is waited for any more. */
  end() {
    for (const resolve of this.#pings.values()) resolve(false);
  }
}
