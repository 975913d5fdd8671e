// Acks: an ack runs its callback when the client has read what the handler said, so one's own broadcast comes first.
import { Alarm } from "./clock.js";

const READ_ON = 1000; // ms an ack waits for the reading to come so far

/** The acks that came before their messages. */
export class Acks {
  #waiting = [];

  /** `late` gives the ms a transport may be late besides: on poll the interval. */
  constructor({ position, clock, late = () => 0 }) {
    Object.assign(this, { position, clock, late });
    this.alarm = new Alarm(clock, () => this.read());
  }

  /** Run when the client has read as far as `cursor`, or when that took too long. */
  add(cursor, run) {
    this.#waiting.push({ cursor, run, until: this.clock.now() + READ_ON + this.late() });
    this.read();
  }

  /** The position moved, or time is up: those that are due run, in order. */
  read() {
    const now = this.clock.now();
    const due = this.#waiting.filter(({ cursor, until }) => until <= now || this.position.reached(cursor));
    this.#waiting = this.#waiting.filter((ack) => !due.includes(ack));
    this.alarm.set(Math.min(...this.#waiting.map(({ until }) => until)));
    for (const { run } of due) run();
  }
}
