// The sender: it says a thing by POST until an answer comes: each try under a number of its own, or all under the number of the thing.

import { asked, posted } from "../asking.js";

/** @import { WireAck } from "/client/types.js" */

const AGAIN = 50; // ms until it tries again
const MOST = 40; // tries of one thing: over a line that loses some answers it is never so many

export class Sender {
  tries = 0;
  unanswered = 0; // of them
  #n = 0; // the last number given

  /**
   * `same`: whether a thing keeps its number. `link`: the way it goes; to join a room it goes straight.
   * @param {{link: string, sid: string, same: boolean}} of
   */
  constructor({ link, sid, same }) {
    this.link = link;
    this.sid = sid;
    this.same = same;
  }

  /** @param {string} room @param {AbortSignal} signal */
  async join(room, signal) {
    await posted(`/emit?sid=${this.sid}`, { emits: [{ n: this.next(), event: "join", data: { room } }] }, signal);
  }

  /** The number after the last one. */
  next() {
    this.#n += 1;
    return this.#n;
  }

  /** Say it until an answer comes. @param {unknown} data @param {AbortSignal} signal @returns {Promise<WireAck>} */
  async say(data, signal) {
    let n = this.next();
    for (let tries = 1; tries <= MOST; tries += 1) {
      const ack = await this.try(n, data, signal);
      if (ack) return ack;
      if (!this.same) n = this.next();
      await new Promise((resolve) => setTimeout(resolve, AGAIN));
    }
    throw new Error(`no answer to ${MOST} tries`);
  }

  /** One try; null: no answer came. Throws what the server refuses. @param {number} n @param {unknown} data @param {AbortSignal} signal @returns {Promise<WireAck | null>} */
  async try(n, data, signal) {
    this.tries += 1;
    try {
      const { acks } = await posted(`${this.link}/emit?sid=${this.sid}`, { emits: [{ n, event: "c2s", data }] }, signal);
      if (acks[0].error) throw Object.assign(new Error(acks[0].error.message), { code: acks[0].error.code });
      return acks[0];
    } catch (/** @type {any} */ error) {
      if (signal.aborted || error.code) throw error;
      this.unanswered += 1;
      return null;
    }
  }

  /** How many of its tries have come to the server, by its meter: a browser may repeat one by itself. @param {AbortSignal} signal */
  async came(signal) {
    const { you } = await asked(`/hello?sid=${this.sid}`, { signal });
    const { transports } = await asked(`/stats?client=${you.id}`, { signal });
    return transports.emit.requests - 1; // to join was another
  }

  /** Leave, also when the page is on its way out. */
  go() {
    fetch(`/bye?sid=${this.sid}`, { method: "POST", keepalive: true }).catch(() => {});
  }
}
