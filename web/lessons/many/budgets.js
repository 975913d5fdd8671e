// The budgets: three things that are built, what each may cost, and what a choice of transport and interval would.

import { bytesPerMessage, model } from "../../page/theory.js";

/** @import { Transport } from "/client/types.js" */
/**
 * `rate`: messages a second to each; `size`: bytes of its text; `rtt`: ms. What there may be at most: `age`: ms in the mean,
 * `requests`: a second, `mbit`: Mbit/s, `lines`: that wait for news at once.
 * @typedef {{name: string, clients: number, rate: number, size: number, rtt: number, most: Cost}} Budget
 */
/** @typedef {{age: number, requests: number, mbit: number, lines: number}} Cost */
/** @typedef {{way: Transport, every: number}} Choice   `every`: ms between two polls */

export const FIGURES = /** @type {(keyof Cost)[]} */ (["age", "requests", "mbit", "lines"]);

export const BUDGETS = /** @type {Budget[]} */ ([
  { name: "ticker", clients: 60_000, rate: 0.05, size: 200, rtt: 60, most: { age: 10_000, requests: 15_000, mbit: 200, lines: 20_000 } },
  { name: "dashboard", clients: 200, rate: 20, size: 60, rtt: 40, most: { age: 1000, requests: 1000, mbit: 20, lines: 5000 } },
  { name: "chat", clients: 5000, rate: 0.2, size: 80, rtt: 80, most: { age: 300, requests: 3000, mbit: 30, lines: 10_000 } },
]);

/** What a choice costs. `heads`: bytes of the heads of a question and its answer, measured. @param {Budget} budget @param {Choice} choice @param {number} heads @returns {Cost} */
export function costOf({ clients, rate, size, rtt }, { way, every }, heads) {
  const { mean, requests } = model(way, { rate, rtt, every });
  const bytes = bytesPerMessage(way, { rate, rtt, every, size, head: requests ? heads : 0 }) * rate * clients;
  return { age: mean, requests: requests * clients, mbit: (bytes * 8) / 1e6, lines: way === "poll" ? 0 : clients };
}

/** What is more than there may be; nothing: the choice can be defended. @param {Budget} budget @param {Cost} cost */
export function over({ most }, cost) {
  return FIGURES.filter((name) => cost[name] > most[name]);
}
