// @ts-check
// Verdicts: what was learnt about each rung, kept for the next visit, per server and network.

import { timeOfDay } from "./clock.js";

const NETWORKS = 8; // remembered of one server
const BASES = 16; // servers remembered, links among them

/**
 * What is kept of one server; what lies in a storage may be anything.
 * @typedef {{last: string|null, networks: Record<string, Record<string, any>>}} Kept
 */

/** A verdict by another clock: the same, its times moved by so many ms. @param {any} verdict @param {number} ms */
function moved(verdict, ms) {
  if (typeof verdict !== "object" || verdict === null) return verdict;
  /** @param {unknown} at */
  const move = (at) => (typeof at === "number" && at !== 0 ? at + ms : at);
  const { works, fails, resting } = verdict;
  return { ...verdict, works: move(works), fails: Array.isArray(fails) ? fails.map(move) : fails, resting: move(resting) };
}

/**
 * Kept in localStorage: {base: {last, networks: {name: {rung: verdict}}}}. What cannot be read was never kept. The
 * clocks of two tabs differ, so what is kept has the time of day, and whoever takes it up gives it its own.
 */
export class Verdicts {
  #key = "transport-fallback verdicts";

  /** @param {{base: string, clock: import("./types.js").Clock, storage: Pick<Storage, "getItem"|"setItem">|null}} given */
  constructor({ base, clock, storage }) {
    this.base = base;
    this.clock = clock;
    this.storage = storage;
  }

  get last() {
    return this.#mine().last;
  }

  /** @param {string} network @returns {Record<string, any>} */
  of(network) {
    const kept = this.#mine().networks[network];
    return typeof kept === "object" && kept !== null ? this.#moved(kept, -this.#ahead) : {};
  }

  /** @param {string} network @param {Record<string, object>} verdicts by rung */
  keep(network, verdicts) {
    const mine = this.#mine();
    delete mine.networks[network];
    mine.networks[network] = this.#moved(verdicts, this.#ahead);
    for (const old of Object.keys(mine.networks).slice(0, -NETWORKS)) delete mine.networks[old];
    this.#write({ ...mine, last: network });
  }

  /** Ms the time of day is ahead of this tab's clock, now. */
  get #ahead() {
    return timeOfDay(this.clock, 0);
  }

  /** @param {Record<string, any>} verdicts @param {number} ms */
  #moved(verdicts, ms) {
    return Object.fromEntries(Object.entries(verdicts).map(([rung, verdict]) => [rung, moved(verdict, ms)]));
  }

  forget() {
    this.#write(null);
  }

  /** @returns {Record<string, any>} */
  #all() {
    try {
      const all = JSON.parse(this.storage?.getItem(this.#key) ?? "{}");
      return typeof all === "object" && all !== null ? all : {};
    } catch {
      return {};
    }
  }

  /** @returns {Kept} */
  #mine() {
    const mine = this.#all()[this.base];
    if (typeof mine?.networks !== "object" || mine.networks === null) return { last: null, networks: {} };
    return { last: typeof mine.last === "string" ? mine.last : null, networks: mine.networks };
  }

  /** @param {Kept|null} mine */
  #write(mine) {
    const all = this.#all();
    delete all[this.base];
    if (mine) all[this.base] = mine; // the newest at the end
    for (const old of Object.keys(all).slice(0, -BASES)) delete all[old];
    try {
      this.storage?.setItem(this.#key, JSON.stringify(all));
    } catch {
      // full or forbidden: it will be learnt again
    }
  }
}
