// @ts-check
// The clock: time and chance, so that tests can bring their own.
/** @import {Clock} from "./types.js" */

export const LONGEST_TIMER = 2 ** 31 - 1; // ms: a timer set for longer rings at once (WHATWG HTML 8.6)

/**
 * Ms since 1970 that never jump, as Date.now() does when somebody sets the clock. They say what time went by in this tab;
 * in another one, opened before or after, they are others.
 * @type {Clock}
 */
export const realClock = {
  now: () => performance.timeOrigin + performance.now(),
  wall: () => Date.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

/** A time of this clock as the time of day it is now: for people, and for what others read. @param {Clock} clock @param {number} at */
export function timeOfDay(clock, at) {
  return clock.wall ? at + clock.wall() - clock.now() : at;
}

/**
 * Resolves after so many ms; rejects when the signal aborts.
 * @param {Clock} clock @param {number} ms @param {AbortSignal} signal @returns {Promise<void>}
 */
export function sleepOn(clock, ms, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clock.clearTimeout(timer);
      reject(signal.reason);
    };
    const done = () => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const timer = clock.setTimeout(done, Math.max(0, ms));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}

/** One timer that can be set anew. */
export class Alarm {
  #clock;
  #ring;
  /** @type {any} */
  #timer = null;

  /** @param {Clock} clock @param {() => void} ring */
  constructor(clock, ring) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Ring at this time; null: not at all. @param {number|null} at */
  set(at) {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (at === null || at === Infinity) return;
    const run = () => {
      this.#timer = null;
      this.#ring();
    };
    const ms = Math.max(0, Math.ceil(at - this.#clock.now()));
    this.#timer = this.#clock.setTimeout(run, Math.min(ms, LONGEST_TIMER));
  }
}
