// A visit: a client in a room of its own in which the server speaks, and a ticket for the exhibits (lab/museum.py).

import { newSid } from "/client/codec.js";
import { begin } from "/page/speaking.js";
import { asked, posted } from "../asking.js";

/** @import { Batch } from "/client/types.js" */

const RATE = 1; // messages a second

export class Visit {
  heard = /** @type {number[]} */ ([]); // the numbers of the messages
  cursor = "";
  batches = 0;
  #sid = newSid();
  #room = `museum-${newSid()}`;
  #ticket = "";
  #last = 0; // the number of the last message in the log: a page that is loaded again reads again

  /** Come in; from now on the server speaks for so many seconds. Throws where it does not take part. @param {number} seconds @param {AbortSignal} signal */
  async begin(seconds, signal) {
    this.cursor = (await asked(`/poll?sid=${this.#sid}`, { signal })).cursor;
    const { acks } = await posted(`/emit?sid=${this.#sid}`, { emits: [{ n: 1, event: "join", data: { room: this.#room } }] }, signal);
    if (acks[0].error) throw new Error(acks[0].error.message);
    this.#ticket = (await posted(`/lab/museum?sid=${this.#sid}`, {}, signal)).ticket;
    await begin(this.#sid, { rate: RATE, seconds, size: 0, room: this.#room }, signal);
  }

  /** The address of an exhibit, from where one is. @param {string} name @param {Record<string, string>} [more] */
  address(name, more = {}) {
    return `/lab/museum/${name}?${new URLSearchParams({ ticket: this.#ticket, cursor: this.cursor, ...more })}`;
  }

  /** A batch has come: by whatever way, it is the same. @param {Batch} batch */
  take({ cursor, messages }) {
    this.batches += 1;
    this.cursor = cursor;
    for (const { seq, event, room, data } of messages) {
      if (seq > this.#last && event === "feed" && room === this.#room) this.heard.push(data.n + 1);
      this.#last = Math.max(this.#last, seq);
    }
  }

  end() {
    fetch(`/bye?sid=${this.#sid}`, { method: "POST", keepalive: true }).catch(() => {});
  }
}
