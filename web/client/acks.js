// @ts-check
// Acks: an ack runs its callback when the client has read what the handler said, so one's own broadcast comes first.
import { Alarm } from "./clock.js";
/** @import {Position} from "./reading.js" */
/** @import {Clock} from "./types.js" */

const READ_ON = 1000; // ms an ack is held until the reading has come so far

/** The acks that came before their messages. */
export class Acks {
  #position;
  #clock;
  #late;
  #alarm;
  /** @type {{cursor: string|undefined, run: () => void, until: number}[]} */
  #held = [];

  /**
   * `late` gives the ms a transport may be late besides: on poll the interval.
   * @param {{position: Position, clock: Clock, late?: () => number}} of
   */
  constructor({ position, clock, late = () => 0 }) {
    this.#position = position;
    this.#clock = clock;
    this.#late = late;
    this.#alarm = new Alarm(clock, () => this.read());
  }

  /** Run when the client has read as far as `cursor`, or when that took too long. @param {string|undefined} cursor @param {() => void} run */
  add(cursor, run) {
    this.#held.push({ cursor, run, until: this.#clock.now() + READ_ON + this.#late() });
    this.read();
  }

  /** The position moved, or time is up: those that are due run. None overtakes an earlier one. */
  read() {
    const now = this.#clock.now();
    const early = this.#held.findIndex(({ cursor, until }) => until > now && !this.#position.reached(cursor));
    const due = this.#held.splice(0, early < 0 ? this.#held.length : early);
    this.#alarm.set(this.#held[0]?.until ?? null);
    for (const { run } of due) run();
  }

  /** Nothing is read any more: they all run. */
  end() {
    this.#alarm.set(null);
    for (const { run } of this.#held.splice(0)) run();
  }
}
