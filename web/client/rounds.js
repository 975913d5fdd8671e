// @ts-check
// Rounds: what is tried while nothing reads, one after the other, and when the next begins.
import { pauseBefore } from "./rung.js";

const SECOND = 150; // ms after which longpoll follows a ws that starts because it worked before

/** @typedef {import("./rung.js").Rung} Rung @typedef {import("./types.js").Part} Part */

/** One round: a queue of rungs, and when it begins. A round without a queue tries the likeliest rung of all. */
export class Rounds {
  #rungs;
  #attempts;
  #life;
  #at = 0;
  #waited = 0;
  #fresh = false; // it has not begun
  #followAt = Infinity; // when longpoll follows a ws that starts
  /** @type {Rung[]} */ #queue = [];
  failed = 0; // since something last lived

  /**
   * @param {import("./rungs.js").Rungs} rungs @param {import("./attempts.js").Attempts} attempts
   * @param {import("./life.js").Life} life
   */
  constructor(rungs, attempts, life) {
    this.#rungs = rungs;
    this.#attempts = attempts;
    this.#life = life;
  }

  end(at = 0) {
    this.#queue = [];
    this.#at = this.#waited = at;
    this.#fresh = false;
    this.#followAt = Infinity;
  }

  get due() {
    return Math.min(this.#attempts.waiting ? this.#at : Infinity, this.#followAt);
  }

  /** @param {number} now */
  after(now) {
    return this.#fresh && this.#at > now ? this.#at : null;
  }

  /** @param {Rung[]} queue @param {number} now */
  plan(queue, now, wait = 0) {
    this.#queue = queue;
    this.#at = now + wait;
    this.#waited = wait;
    this.#fresh = true;
  }

  /** Every rung, at once or after a while, `last` before all others. @param {number} now @param {string|null} [last] */
  whole(now, last, wait = 0) {
    const rungs = this.#rungs.whole(now);
    this.#followAt = Infinity;
    this.plan([...rungs.filter(({ name }) => name === last), ...rungs.filter(({ name }) => name !== last)], now, wait);
  }

  /** Where ws worked a short while ago it is served first; longpoll follows: networks change. @param {number} now */
  first(now) {
    const [best] = this.#rungs.all;
    const trusted = !this.#rungs.only && best.name === "ws" && best.proven(now);
    this.whole(now, trusted ? best.name : null);
    if (trusted) this.#followAt = now + SECOND;
  }

  /** The server spoke: the same rung again, when it says so, and then what was left of the round. @param {Rung} rung @param {number} now */
  again(rung, now) {
    const wait = Math.max(0, rung.paused - now);
    if (wait) this.#attempts.say({ key: "nothing", time: wait });
    this.plan([rung, ...this.#queue.filter((other) => other !== rung)], now, wait);
  }

  /** Whether each of its rungs failed or is late. @param {number} now */
  isOver(now) {
    return !this.#queue.length && this.#attempts.waiting && this.#at <= now;
  }

  /** Everything was out, and that is no rung's fault: the next round comes after a pause. @param {Part[]} why @param {number} now @param {number} chance */
  fail(why, now, chance) {
    this.#life.fails(why);
    this.failed += 1;
    const wait = pauseBefore(this.failed, chance);
    this.#attempts.say({ key: "nothing", time: wait });
    this.plan([], now, wait);
  }

  /** @param {number} now */
  step(now) {
    if (this.#attempts.waiting && now >= this.#at) {
      const [rung, ...rest] = this.#queue.length ? this.#queue : this.#rungs.likeliest(now);
      this.#queue = rest;
      if (this.#fresh) this.#life.begins(this.#waited);
      this.#fresh = false;
      this.#attempts.open(rung, "read", now);
    }
    if (now < this.#followAt) return;
    this.#followAt = Infinity;
    const longpoll = this.#queue.find(({ name }) => name === "longpoll");
    if (!longpoll) return;
    this.#queue.splice(this.#queue.indexOf(longpoll), 1);
    this.#attempts.open(longpoll, "read", now);
  }
}
