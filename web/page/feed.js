// The feed: where nobody speaks, the hub does, at a pace one chooses, in a room of this page's own.

import { make } from "./dom.js";
import { begin, end } from "./speaking.js";
import { text } from "./words.js";

/** @import { Side } from "./knobs.js" */
/** @import { Seat } from "./seat.js" */

const SECONDS = 3600; // then it falls silent by itself
const PATIENCE = 10_000; // ms for the hub to take a seat into the room

export class Feed {
  #speaking = /** @type {{ sid: string | null, feed: string } | null} */ (null); // the one this page began
  #turn = 0;
  #room = `page-${Math.random().toString(36).slice(2, 11)}`;

  /**
   * @param {HTMLSelectElement} select @param {HTMLElement} fault @param {Seat[]} seats
   * @param {(side: Side) => string | null} sidOf the secret of a seat's client, which leaves this page only to the hub
   */
  constructor(select, fault, seats, sidOf) {
    this.select = select;
    this.fault = fault;
    this.seats = seats;
    this.sidOf = sidOf;
    for (const { socket } of seats) {
      socket.on("feed-ended", ({ feed, by }) => feed === this.#speaking?.feed && this.ended(by));
      socket.onLife((_event, detail) => detail?.reason === "epoch" && this.#speaking && this.ended(null));
    }
    addEventListener("pagehide", () => this.stop());
  }

  /** What the selector says holds from now on. */
  async choose() {
    const turn = (this.#turn += 1);
    const rate = Number(this.select.value);
    this.fault.replaceChildren();
    this.stop();
    if (!rate) return;
    try {
      const owner = this.seats.find(({ socket }) => socket.connected) ?? this.seats[0];
      for (const seat of this.seats) if (seat !== owner) seat.rooms.enterQuietly(this.#room, PATIENCE).catch(() => {});
      const entered = await owner.rooms.enterQuietly(this.#room, PATIENCE);
      if (!entered) throw new Error(text("talk.nowhere")); // a hub without a chat room
      if (turn !== this.#turn) return; // another pace was chosen meanwhile
      const sid = this.sidOf(owner.side);
      // At random moments: at even ones each message would meet the same part of the time between two polls.
      const { feed } = await begin(sid, { rate, shape: "poisson", seconds: SECONDS, size: 40, room: this.#room });
      if (turn === this.#turn) this.#speaking = { sid, feed };
      else end(sid, feed);
    } catch (/** @type {any} */ error) {
      if (turn !== this.#turn) return;
      this.select.value = "0";
      this.fault.replaceChildren(make("span", {}, error.message));
    }
  }

  /**
   * It ended before its time: by somebody's word, or because its client was away or the hub began anew.
   * @param {string | null} by
   */
  ended(by) {
    this.#speaking = null;
    if (by === null) return this.choose();
    this.select.value = "0";
  }

  stop() {
    if (this.#speaking) end(this.#speaking.sid, this.#speaking.feed);
    this.#speaking = null;
  }
}
