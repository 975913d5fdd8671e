// A rung: what the client learnt about one transport, and when it may be tried again.

const FIRST_PAUSE = 500; // ms, doubled after each failure
const LONGEST_PAUSE = 30_000; // ms
const FAILURES_TO_REST = 3; // that count, within
const FAILURE_MEMORY = 600_000; // ms
const FIRST_REST = 60_000; // ms, doubled after each rest
const LONGEST_REST = 600_000; // ms

/** Ms to wait before try number `tries`. Full jitter after the cap: a crowd that fell together comes back spread. */
export function pauseBefore(tries, chance) {
  return chance * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, tries - 1));
}

/** One transport in the ladder. `rank` 0 is the best. Pure: time and chance are given. */
export class Rung {
  constructor(name, rank) {
    this.name = name;
    this.rank = rank;
    this.until = 0; // not to be tried before
    this.stopped = null; // why the server does not want this transport from this client at all
    this.tries = 0; // failures in a row, for the pauses
    this.late = 0; // failures by time alone: each doubles its patience
    this.againAt = -Infinity; // when it last came back at once
    this.fails = []; // when it failed while a lower rung delivered
    this.rests = 0;
  }

  /** A short pause after any failure, so that nothing is tried in a circle. */
  pause(now, chance) {
    this.tries += 1;
    this.until = Math.max(this.until, now + pauseBefore(this.tries, chance));
  }

  /** A failure that counts. @returns {number} ms it must rest, 0 = none */
  count(now) {
    this.fails = this.fails.filter((at) => now - at < FAILURE_MEMORY);
    this.fails.push(now);
    if (this.fails.length < FAILURES_TO_REST) return 0;
    const rest = Math.min(LONGEST_REST, FIRST_REST * 2 ** this.rests);
    this.rests += 1;
    this.until = Math.max(this.until, now + rest);
    return rest;
  }

  /** It may be tried now: by hand, or because the network is another. What it did is not forgotten. */
  wake(now) {
    this.until = Math.min(this.until, now);
    this.tries = 0;
  }

  get spotless() {
    return !this.tries && !this.late && !this.rests && !this.fails.length;
  }

  /** It lived long: what was before says nothing any more. */
  clear() {
    this.tries = this.late = this.rests = 0;
    this.fails = [];
  }
}
