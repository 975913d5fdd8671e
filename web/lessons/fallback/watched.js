// The watched: what one client does on its wire: each attempt to read, when it opened, what came by it, and how it ended.

import { now } from "/page/hubclock.js";

/** @import { Ear } from "/page/tap.js" */
/** @typedef {"ws" | "sse" | "longpoll" | "poll"} Way */
/**
 * Times in ms of this page's clock, null for what has not happened. `heard`: when something of the room came by it;
 * `own`: this client ended it, or it came to its end.
 * @typedef {{way: Way, from: number, opened: number | null, to: number | null, own: boolean, heard: number[]}} Attempt
 */

export const WAYS = /** @type {Way[]} */ (["ws", "sse", "longpoll", "poll"]);
const LATE = 1000; // ms: by what brought nothing for so long, nobody reads
const NOTHING = { began() {}, answered() {}, failed() {}, heard() {}, said() {}, end() {} };

export class Watched {
  attempts = /** @type {Attempt[]} */ ([]);
  came = /** @type {Map<number, number>} */ (new Map()); // number of a message → when it was here first
  refused = 0; // POSTs that were answered with a refusal

  /** @param {string} room */
  constructor(room) {
    this.room = room;
  }

  /** A message of the room is in this client's hands. @param {number} n */
  take(n) {
    if (!this.came.has(n)) this.came.set(n, now());
  }

  /** ms for which nothing came, at the longest, in `length` ms from `began` on. @param {number} began @param {number} length */
  silence(began, length) {
    const times = [began, ...this.came.values(), began + length].filter((at) => at <= began + length);
    return Math.max(...times.map((at, i) => at - times[Math.max(0, i - 1)]));
  }

  /** By what something came last, where that was a moment ago; else null. @param {number} at now */
  reads(at) {
    const last = this.attempts.map(({ way, heard }) => ({ way, at: heard.at(-1) ?? -Infinity })).sort((a, b) => b.at - a.at)[0];
    return last && last.at > at - LATE ? last.way : null;
  }

  /** The tap's: what is asked. @param {string} _side @param {string} method @param {string} address @returns {Ear} */
  ask(_side, method, address) {
    const way = /** @type {Way} */ (new URL(address).pathname.split("/").at(-1));
    if (!WAYS.includes(way)) return { ...NOTHING, began: (status) => void (this.refused += Number(method === "POST" && status >= 400)) };
    const attempt = /** @type {Attempt} */ ({ way, from: now(), opened: null, to: null, own: false, heard: [] });
    this.attempts.push(attempt);
    /** @param {boolean} own */
    const ends = (own) => {
      if (attempt.to === null) Object.assign(attempt, { to: now(), own });
    };
    /** @param {string} text */
    const heard = (text) => this.#brings(text) && attempt.heard.push(now());
    return {
      ...NOTHING,
      began: () => void (attempt.opened ??= now()),
      answered: (text) => {
        heard(text);
        ends(true);
      },
      failed: ends,
      heard,
    };
  }

  /** Whether a text brings something that is said in the room: what comes over a network may be anything. @param {string} text */
  #brings(text) {
    try {
      return Boolean(JSON.parse(text).messages?.some((/** @type {any} */ { event, room }) => event === "feed" && room === this.room));
    } catch {
      return false;
    }
  }
}
