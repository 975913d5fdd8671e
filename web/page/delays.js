// Delays: how long a seat's messages took, of the last half minute.

import { now } from "./hubclock.js";
import { WINDOW } from "./meter.js";

export class Delays {
  #heard = /** @type {{ at: number, ms: number }[]} */ ([]); // when each came, and how long it had taken; oldest first

  /** A message has come that took so many ms. Where the clocks differ a little it took none. @param {number} ms */
  add(ms) {
    const at = now();
    this.#heard.push({ at, ms: Math.max(0, ms) });
    while (this.#heard[0].at < at - WINDOW) this.#heard.shift();
  }

  /**
   * Of the messages that came since `from` (ms of this page's clock), at most within the window; null: none has.
   * @param {number} from @returns {{mean: number, worst: number} | null} ms
   */
  since(from) {
    const begin = Math.max(from, now() - WINDOW);
    const taken = this.#heard.filter(({ at }) => at >= begin).map(({ ms }) => ms);
    if (!taken.length) return null;
    return { mean: taken.reduce((sum, ms) => sum + ms, 0) / taken.length, worst: Math.max(...taken) };
  }
}
