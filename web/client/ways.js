// @ts-check
// The ways up: a ws that reads, or POST, which is always there.
import { Failure } from "./closings.js";
/** @import {Emit, Outbox} from "./outbox.js" */
/** @import {Clock, WireAck} from "./types.js" */

const ANSWERED_WITHIN = 30_000; // ms after which nobody waits for a POST any more

/** The ws that reads, as a way up. */
export class WsWay {
  deaf = false; // given up, until it is heard again
  silent = false; // it did not even answer a ping
  /** @type {Map<number, number[]>} */
  #bests = new Map(); // by n, of each time it went up: the highest n that had an ack then

  /** @param {WebSocket} ws */
  constructor(ws) {
    this.ws = ws;
  }

  /** Send all that may go. @param {Outbox} outbox @param {number} now */
  send(outbox, now) {
    for (;;) {
      const replies = outbox.takeReplies(now);
      const emits = outbox.take(now);
      if (!emits.length && !replies.length) return;
      for (const { n } of emits) this.#bests.set(n, [...(this.#bests.get(n) ?? []), outbox.best]);
      if (replies.length) this.ws.send(outbox.upload([], replies));
      if (emits.length) this.ws.send(outbox.upload(emits));
    }
  }

  /** The highest n that had an ack when n went up here. Its answers come in the order it was sent. @param {number} n */
  best(n) {
    const bests = this.#bests.get(n) ?? [];
    if (bests.length < 2) this.#bests.delete(n);
    return bests.shift() ?? 0;
  }
}

/**
 * One POST under way; `best`: the highest n that had an ack when it went.
 * @typedef {{emits: Emit[], best: number, abort: AbortController}} Flight
 */

/** POST. */
export class PostWay {
  #clock;
  #post;
  #landed;
  /** @type {Set<Flight>} */
  #flights = new Set();
  /** @type {Flight|null} the one with emits, while nothing else goes up because of it */
  current = null;

  /**
   * @param {Clock} clock
   * @param {(text: string, signal: AbortSignal) => Promise<any>} post
   * @param {(flight: Flight, acks: WireAck[], failure: Failure|null) => void} landed
   */
  constructor(clock, post, landed) {
    this.#clock = clock;
    this.#post = post;
    this.#landed = landed;
  }

  /** Send what may go. @param {Outbox} outbox @param {number} now @param {number} [most] emits */
  send(outbox, now, most) {
    // A reply never waits behind an emit: the handler of that emit may be waiting for it.
    const replies = outbox.takeReplies(now);
    if (replies.length) this.#fly({ emits: [], best: outbox.best, abort: new AbortController() }, outbox.upload([], replies));
    if (this.current) return;
    const emits = outbox.take(now, most);
    if (!emits.length) return;
    this.current = { emits, best: outbox.best, abort: new AbortController() };
    this.#fly(this.current, outbox.upload(emits));
  }

  /** Post, and take the acks: some may come with a refusal. @param {Flight} flight @param {string} text */
  async #fly(flight, text) {
    this.#flights.add(flight);
    const { signal } = flight.abort;
    const timer = this.#clock.setTimeout(() => flight.abort.abort(), ANSWERED_WITHIN);
    signal.addEventListener("abort", () => this.#clock.clearTimeout(timer));
    const answer = await this.#post(text, signal).then(acksOf).catch(failureBy);
    this.#clock.clearTimeout(timer);
    if (!this.#flights.delete(flight)) return;
    if (answer instanceof Failure) this.#landed(flight, answer.acks, answer);
    else this.#landed(flight, answer, null);
  }

  /** A POST nobody answers holds one of the six connections a browser has for a host. */
  hangUp() {
    for (const { abort } of this.#flights) abort.abort();
  }

  /** Hang up, and hear of none of them again. */
  forget() {
    this.hangUp();
    this.#flights.clear();
    this.current = null;
  }
}

/** @param {any} body @returns {WireAck[]} */
function acksOf(body) {
  if (Array.isArray(body?.acks)) return body.acks;
  throw new Failure("lost", "an answer without acks", { because: { key: "garbled" } });
}

/** @param {unknown} error @returns {Failure} */
function failureBy(error) {
  return error instanceof Failure ? error : new Failure("lost", String(error), { because: { key: "answer" } });
}
