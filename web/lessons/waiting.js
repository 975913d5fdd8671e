// Waiting: how long a run of a lesson lasts, and how one waits in it until somebody stops it.

import { knob } from "/page/knobs.js";

/** s that a run lasts: `?seconds=` in the address, within bounds. @param {{least: number, most: number, usual: number}} bounds */
export function lasting({ least, most, usual }) {
  return Math.min(most, Math.max(least, Math.round(Number(knob("seconds"))) || usual));
}

/** Resolves after so many ms; rejects when the signal aborts. @param {number} ms @param {AbortSignal} signal */
export function sleep(ms, signal) {
  return orAbort(new Promise((resolve) => setTimeout(resolve, Math.max(0, ms))), signal);
}

/** What a promise comes to, unless the signal aborts before. @param {Promise<any>} promise @param {AbortSignal} signal */
export function orAbort(promise, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
