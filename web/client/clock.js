// The clock: time and chance, so that tests can bring their own.

/** @typedef {{now: () => number, setTimeout: Function, clearTimeout: Function, random: () => number}} Clock */

/** Ms since 1970 that never jump back, as Date.now() does when somebody sets the clock. @type {Clock} */
export const realClock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (run, ms) => setTimeout(run, ms),
  clearTimeout: (timer) => clearTimeout(timer),
  random: () => Math.random(),
};

/** Resolves after so many ms; rejects when the signal aborts. */
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
  #timer = null;

  constructor(clock, ring) {
    this.clock = clock;
    this.ring = ring;
  }

  /** Ring at this time; null: not at all. */
  set(at) {
    if (this.#timer !== null) this.clock.clearTimeout(this.#timer);
    this.#timer = null;
    if (at === null || at === Infinity) return;
    const run = () => {
      this.#timer = null;
      this.ring();
    };
    this.#timer = this.clock.setTimeout(run, Math.max(0, Math.ceil(at - this.clock.now())));
  }
}
