// The result: what the two seats' reading costs and how long their messages took, as one sentence.

import { now } from "./hubclock.js";
import { asks } from "./knobs.js";
import { WINDOW } from "./meter.js";
import { took } from "./time.js";
import { say } from "./words.js";

/** @import { Meter } from "./meter.js" */
/** @import { Seat } from "./seat.js" */
/** @import { Values } from "./words.js" */

export class Result {
  /** @param {HTMLElement} element @param {Seat[]} seats @param {Meter} meter */
  constructor(element, seats, meter) {
    this.element = element;
    this.seats = seats;
    this.meter = meter;
  }

  /** Both seats over the same time: since the later of them reads as it does now, at most the meter's window. */
  show() {
    const from = Math.max(...this.seats.map(({ since }) => since), now() - WINDOW);
    const [left, right] = this.seats.map((seat) => this.#of(seat, from));
    if (!left || !right) return say(this.element, "lead");
    return say(this.element, "result", { left, right, seconds: Math.max(1, Math.round((now() - from) / 1000)) });
  }

  /** Null: too little is known. @param {Seat} seat @param {number} from @returns {Values | null} */
  #of({ shownName: name, transport, socket, delays }, from) {
    if (transport === "none") return { text: "result.none", name };
    const figures = this.meter.figures(socket.id, transport, from);
    const delay = delays.since(from);
    if (!figures || !delay) return null;
    const values = { ...figures, name, wait: took(delay.mean) };
    if (asks(transport)) return { ...values, text: "result.asks" };
    return { ...values, text: figures.requests > 1 ? "result.reopened" : "result.open" };
  }
}
