// A rung: what the client learnt about one transport, and when it may be tried again.

const FIRST_PAUSE = 500; // ms, doubled after each failure
const LONGEST_PAUSE = 30_000; // ms
const FAILURES_TO_REST = 3; // that count, within
const FAILURE_MEMORY = 600_000; // ms
const FIRST_REST = 60_000; // ms, doubled after each rest
const LONGEST_REST = 600_000; // ms
export const PROBATION = 5000; // ms the old rung goes on reading beside the new one
export const LONG_LIFE = 30_000; // ms of life that clear a rung's failures
const WORKS_FOR = 86_400_000; // ms: so long it is believed that what worked still works
const BEAT_LEAST = 2; // s: what a heartbeat may be learnt down to

/** Ms to wait before try number `tries`. Full jitter after the cap: a crowd that fell together comes back spread. */
export function pauseBefore(tries, chance) {
  return chance * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, tries - 1));
}

/**
 * New sids of one client: the first is taken at once, each more within a minute of the last after a longer pause.
 * Servers of different epochs behind one address would have a client be born again with every answer.
 */
export class Renewals {
  #tries = 0;
  #last = -Infinity;

  /** Ms to wait before this one. */
  wait(now, chance) {
    this.#tries = now - this.#last < 2 * LONGEST_PAUSE ? this.#tries + 1 : 0;
    const wait = this.#tries ? pauseBefore(this.#tries, chance) : 0;
    this.#last = now + wait;
    return wait;
  }
}

/** One transport in the ladder. `rank` 0 is the best. Pure: time and chance are given. */
export class Rung {
  constructor(name, rank) {
    this.name = name;
    this.rank = rank;
    this.stopped = null; // why the server does not want this transport from this client at all
    this.againAt = -Infinity; // when it last came back at once
    this.forget();
  }

  /** As if it had never been tried. */
  forget() {
    this.until = 0; // not to be tried before
    this.tries = 0; // failures in a row, for the pauses
    this.late = 0; // failures by time alone: each doubles its patience
    this.fails = []; // when it failed while the way was open
    this.once = null; // when it failed first since it last lived, while the way was open
    this.short = false; // it died between its probation and a long life: the next probation lasts as long
    this.rests = 0;
    this.resting = 0; // until when: a rest, not only a pause
    this.works = null; // when it last lived through its probation
    this.beat = null; // s: the heartbeat (of longpoll: the hold) that keeps its line alive, where that was learnt
    this.evidence = null; // parts: the last failure that counted
    this.leaseTold = false; // that it waits for a lease was said
  }

  /** A short pause after any failure, so that nothing is tried in a circle. */
  pause(now, chance) {
    this.tries += 1;
    this.until = Math.max(this.until, now + pauseBefore(this.tries, chance));
  }

  /** Ms it has to live before the old rung is let go. */
  get probation() {
    return this.short ? LONG_LIFE : PROBATION;
  }

  /**
   * It failed while the way was open. @returns {number} ms it must rest, 0 = none
   * Once may be chance: an outage of a moment can hit one line alone. With a second time, and no life between the two,
   * both count.
   */
  count(now) {
    const first = this.once;
    this.once = now;
    if (first === null) return 0;
    if (!this.fails.includes(first)) this.fails.push(first);
    this.fails = [...this.fails, now].filter((at) => now - at < FAILURE_MEMORY);
    if (this.fails.length < FAILURES_TO_REST && !this.rests) return 0; // who rested before gets one chance
    const rest = Math.min(LONGEST_REST, FIRST_REST * 2 ** this.rests);
    this.rests += 1;
    this.until = this.resting = Math.max(this.until, now + rest);
    return rest;
  }

  /** A line that died of silence is kept alive by talking twice as often. @returns {number|null} the new beat in s */
  learn(silence, asked) {
    const s = silence / 1000;
    if (s < 1.25 * BEAT_LEAST || s > 1.2 * asked) return null; // less than that, no beat can feed
    this.beat = Math.max(BEAT_LEAST, Math.floor(s * 5) / 10);
    return this.beat;
  }

  /** It may be tried now: by hand, or because the network is another. What it did is not forgotten. */
  wake(now) {
    this.until = Math.min(this.until, now);
    this.resting = Math.min(this.resting, now);
    this.tries = 0;
  }

  /** It lived through its probation. */
  lived(now) {
    this.works = now;
    this.once = null;
  }

  /** It lived long: what was before says nothing any more. */
  clear() {
    this.once = null;
    this.short = false;
    this.tries = this.late = this.rests = this.resting = 0;
    this.fails = [];
    this.evidence = null;
  }

  /** Whether it worked on this network a short while ago, and nothing has counted against it since. */
  proven(now) {
    return this.works !== null && now - this.works < WORKS_FOR && !this.fails.length && this.until <= now;
  }

  // ---- the verdict: what of this is worth keeping for the next visit

  /** @returns {object|null} plain data, null where there is nothing to say */
  get verdict() {
    const { works, fails, rests, resting, beat, evidence } = this;
    const nothing = works === null && !fails.length && !rests && beat === null;
    return nothing ? null : { works, fails, rests, resting, beat, evidence };
  }

  /** Take up a verdict again, as far as it still stands. What is malformed says nothing. */
  load(verdict, now) {
    this.forget();
    if (typeof verdict !== "object" || verdict === null) return;
    const past = (at) => typeof at === "number" && at <= now;
    const { works, fails, rests, resting, beat, evidence } = verdict;
    if (past(works) && now - works < WORKS_FOR) this.works = works;
    if (Array.isArray(fails)) this.fails = fails.filter((at) => past(at) && now - at < FAILURE_MEMORY);
    if (typeof resting === "number" && resting > now && resting <= now + LONGEST_REST) {
      this.until = this.resting = resting;
    }
    if (Number.isInteger(rests) && rests > 0 && (this.resting || this.fails.length)) this.rests = Math.min(rests, 10);
    if (typeof beat === "number" && beat >= BEAT_LEAST && beat <= 30) this.beat = beat;
    if (this.resting || this.fails.length) this.once = now;
    if (Array.isArray(evidence) && (this.resting || this.fails.length)) this.evidence = evidence;
  }
}
