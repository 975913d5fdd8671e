// The hub's clock: how far it is from this page's.

import { realClock } from "/client/clock.js";

export const { now } = realClock;

/**
 * What the hub has answered to who asked for its time. An answer was made between question and arrival: taken as the
 * middle of the two it is wrong by half the round trip at most. The quickest of the last `kept` is believed.
 */
export class HubClock {
  #answers = /** @type {{ trip: number, offset: number }[]} */ ([]);

  /** @param {number} kept */
  constructor(kept) {
    this.kept = kept;
  }

  /**
   * The hub's time has come, to a question of this time of the page's.
   * @param {number} question @param {number} hub
   */
  take(question, hub) {
    const trip = now() - question;
    this.#answers.push({ trip, offset: question + trip / 2 - hub });
    if (this.#answers.length > this.kept) this.#answers.shift();
  }

  forget() {
    this.#answers = [];
  }

  get known() {
    return this.#answers.length > 0;
  }

  get #best() {
    return this.#answers.reduce((best, one) => (one.trip < best.trip ? one : best));
  }

  /** ms to add to the hub's clock to have this page's; 0 until it is known. */
  get offset() {
    return this.known ? this.#best.offset : 0;
  }

  /** ms by which that may be wrong: half the round trip it was learnt from. */
  get doubt() {
    return this.known ? this.#best.trip / 2 : null;
  }

  get asked() {
    return this.#answers.length;
  }
}
