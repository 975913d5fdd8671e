// @ts-check
// Leases: how many readers of this browser may hold a connection to one server, over all its tabs.
// A browser opens six to a host; with all of them held, nothing else would get through, not even what is emitted.
/** @import {Clock, Store} from "./types.js" */

const MOST = 4; // held readers, so that two connections stay free for the way up and for polls
const RENEW = 2000; // ms
const LOOKS = 3; // in which a lease has not changed, each of them a renewal apart: then its tab has gone

/** A lease unchanged since `at`, in so many looks. @typedef {{mark: number, at: number, looks: number}} Look */

/**
 * Kept in localStorage and not in Web Locks, which need a secure context: a class on a local network has none.
 * {name of a lease: a number that each renewal changes}. No time stands in it, for the clocks of two tabs may be a day
 * apart (High Resolution Time, 6): each tab judges by its own how often it saw no change; one that slept has looked once.
 */
export class Leases {
  key;
  clock;
  #store;
  #name;
  /** @type {Map<object, string>} */
  #held = new Map(); // the name of each holder's lease
  /** @type {Map<string, Look>} */
  #seen = new Map(); // by the name of a lease
  #count = 0;
  #armed = false;

  /**
   * `storage`: null: none, as in a program, where nobody counts connections; `name`: of this tab.
   * @param {{base: string, clock: Clock, storage: Store|null, name: string}} of
   */
  constructor({ base, clock, storage, name }) {
    this.clock = clock;
    this.#store = storage;
    this.#name = name;
    this.key = `transport-fallback leases ${new URL(base).origin}`;
  }

  /** Take one, if there is one left: only with it may this holder hold a connection. @param {object} holder @returns {boolean} */
  take(holder) {
    if (!this.#store || this.#held.has(holder)) return true;
    const all = this.#read();
    if (Object.keys(all).length >= MOST) return false;
    this.#count += 1;
    this.#held.set(holder, `${this.#name}-${this.#count}`);
    this.#write(all);
    this.#arm();
    return true;
  }

  /** @param {object} holder */
  give(holder) {
    const lease = this.#held.get(holder);
    if (!lease) return;
    this.#held.delete(holder);
    const all = this.#read();
    delete all[lease];
    this.#write(all);
  }

  #arm() {
    if (this.#armed) return;
    this.#armed = true;
    this.clock.setTimeout(() => {
      this.#armed = false;
      if (!this.#held.size) return;
      this.#write(this.#read());
      this.#arm();
    }, RENEW);
  }

  /** Those that stand. @returns {Record<string, number>} */
  #read() {
    const all = Object.entries(this.#stored());
    this.#seen = new Map(all.map(([lease, mark]) => [lease, this.#looked(this.#seen.get(lease), mark)]));
    return Object.fromEntries(all.filter(([lease]) => (this.#seen.get(lease)?.looks ?? 0) < LOOKS));
  }

  /** What is known of a lease after one look more. @param {Look|undefined} before @param {number} mark @returns {Look} */
  #looked(before, mark) {
    const now = this.clock.now();
    if (before?.mark !== mark) return { mark, at: now, looks: 0 };
    // Timers may come a little early; a look that follows another at once is none.
    return now - before.at >= 0.9 * RENEW ? { mark, at: now, looks: before.looks + 1 } : before;
  }

  /** @returns {Record<string, number>} */
  #stored() {
    try {
      const all = JSON.parse(this.#store?.getItem(this.key) ?? "{}");
      const sound = typeof all === "object" && all !== null && !Array.isArray(all);
      return sound ? Object.fromEntries(Object.entries(all).filter(([, mark]) => typeof mark === "number")) : {};
    } catch {
      return {};
    }
  }

  /** @param {Record<string, number>} all */
  #write(all) {
    this.#count += 1;
    for (const lease of this.#held.values()) all[lease] = this.#count;
    try {
      this.#store?.setItem(this.key, JSON.stringify(all));
    } catch {
      // full or forbidden: then nobody counts
    }
  }
}
