// @ts-check
// A rung: what the client learnt about one transport, when it may be tried again, and how long pauses are.

const PAUSE = 500; // ms, doubled after each failure
const PAUSE_MOST = 30_000; // ms
const STRIKES = 3; // rest a rung, if they came within
const STRIKES_WITHIN = 600_000; // ms
const REST = 60_000; // ms, doubled after each rest
const REST_MOST = 600_000; // ms
export const PROBATION = 5000; // ms
export const LONG_LIFE = 30_000; // ms
const WORKS_FOR = 86_400_000; // ms
const BEAT_LEAST = 2; // s
const BEAT_MOST = 30; // s

/** @typedef {import("./types.js").Part} Part */

/** Ms to wait. Full jitter after the cap: a crowd that fell together comes back spread. @param {number} tries @param {number} chance */
export function pauseBefore(tries, chance) {
  return chance * Math.min(PAUSE_MOST, PAUSE * 2 ** Math.max(0, tries - 1));
}

/** New sids: servers of two epochs behind one address would have a client be born again with every answer. */
export class Renewals {
  #tries = 0;
  #last = -Infinity;

  /** @param {number} now @param {number} chance */
  wait(now, chance) {
    this.#tries = now - this.#last < 2 * PAUSE_MOST ? this.#tries + 1 : 0;
    const wait = this.#tries ? pauseBefore(this.#tries, chance) : 0;
    this.#last = now + wait;
    return wait;
  }
}

/** What was learnt about one transport. `rank` 0 is the best. */
export class Rung {
  refused = false; // by the server's word
  atOnce = -Infinity; // when it last came back at once
  leaseTold = false;
  /** @type {number|null} */ beat = null; // s: the heartbeat or hold that keeps its line alive, where learnt
  /** @type {number|null} */ works = null; // when it last lived through its probation
  /** @type {Part[]|null} */ evidence = null; // the last failure that counted
  paused = 0; // until
  resting = 0; // until
  rests = 0;
  tries = 0; // failures since it last lived
  failedAt = -Infinity; // when it failed last, since it last lived
  late = 0; // failures by time alone: each doubles its patience
  /** @type {number[]} */ strikes = []; // failures that count
  /** @type {number|null} */ once = null; // the first since it last lived
  short = false; // it died before a long life: its next probation lasts as long

  /** @param {import("./types.js").Transport} name @param {number} rank */
  constructor(name, rank) {
    this.name = name;
    this.rank = rank;
  }

  get readyAt() {
    return Math.max(this.paused, this.resting);
  }

  /** @param {number} now @param {number} chance */
  pause(now, chance) {
    this.wait(now + pauseBefore(this.tries, chance));
  }

  /** @param {number} now */
  fail(now) {
    this.tries += 1;
    this.failedAt = now;
  }

  /** How often it failed before says nothing any more. */
  live() {
    this.tries = 0;
    this.failedAt = -Infinity;
  }

  /** @param {number} until */
  wait(until) {
    this.paused = Math.max(this.paused, until);
  }

  get probation() {
    return this.short ? LONG_LIFE : PROBATION;
  }

  /**
   * It failed while the way was open. Once may be chance; with a second time, and no life between the two, both count.
   * @param {number} now @returns {number} ms it must rest, 0 = none
   */
  strike(now) {
    const first = this.once;
    this.once = now;
    if (first === null) return 0;
    const earlier = this.strikes.includes(first) ? this.strikes : [...this.strikes, first];
    this.strikes = [...earlier.filter((at) => at > now - STRIKES_WITHIN), now];
    if (this.strikes.length < STRIKES && !this.rests) return 0; // who rested before gets one chance
    const rest = Math.min(REST_MOST, REST * 2 ** this.rests);
    this.resting = now + rest;
    this.rests += 1;
    return rest;
  }

  /**
   * A line that died of silence is kept alive by talking twice as often.
   * @param {number} silence ms @param {number} asked s @returns {number|null} the new beat in s
   */
  learn(silence, asked) {
    const s = silence / 1000;
    if (s < 1.25 * BEAT_LEAST || s > 1.2 * asked) return null; // less than that, no beat can feed
    this.beat = Math.max(BEAT_LEAST, Math.floor(s * 5) / 10);
    return this.beat;
  }

  /** It may be tried now. What it did is not forgotten. */
  wake() {
    this.paused = this.resting = 0;
    this.live();
  }

  /** @param {number} now */
  lived(now) {
    this.works = now;
    this.once = null;
  }

  clear() {
    this.live();
    this.late = this.rests = this.resting = 0;
    this.evidence = this.once = null;
    this.short = false;
    this.strikes = [];
  }

  /** Whether it worked here a short while ago, and nothing has counted against it since. @param {number} now */
  proven(now) {
    return this.works !== null && now - this.works < WORKS_FOR && !this.strikes.length && this.readyAt <= now;
  }

  // ---- the verdict: what of this is worth keeping for the next visit

  get verdict() {
    const { works, strikes: fails, rests, resting, beat, evidence } = this;
    const nothing = works === null && !fails.length && !rests && beat === null;
    return nothing ? null : { works, fails, rests, resting, beat, evidence };
  }

  /**
   * As if it had never been tried, but for what still stands of a verdict. What is malformed says nothing.
   * @param {any} verdict @param {number} now
   */
  load(verdict, now) {
    this.clear();
    this.beat = this.works = null;
    this.paused = 0;
    if (typeof verdict !== "object" || verdict === null) return;
    const { works, fails, rests, resting, beat, evidence } = verdict;
    /** @param {unknown} at @param {number} ms */
    const within = (at, ms) => typeof at === "number" && at <= now && at > now - ms;
    if (within(works, WORKS_FOR)) this.works = works;
    if (Array.isArray(fails)) this.strikes = fails.filter((at) => within(at, STRIKES_WITHIN));
    if (typeof resting === "number" && resting > now && resting <= now + REST_MOST) this.resting = resting;
    if (typeof beat === "number" && beat >= BEAT_LEAST && beat <= BEAT_MOST) this.beat = beat;
    if (!this.resting && !this.strikes.length) return;
    this.once = this.strikes.at(-1) ?? now;
    if (Number.isInteger(rests) && rests > 0) this.rests = Math.min(rests, 10);
    if (Array.isArray(evidence)) this.evidence = evidence;
  }
}
