// The reports: what three servers in trouble tell of their load, each made by one cause, and what speaks against the others.

import { dice } from "./herd.js";

/**
 * `requests`, `told`: a second; `empty`: % of the answers; `carries`, `capacity`: Mbit/s; `busy`: % of the one core; `late`:
 * ms by which the event loop is late at worst; `worst`, `usual`: requests in a tenth of a second, the most and in the mean.
 * @typedef {{readers: number, requests: number, empty: number, told: number, carries: number, capacity: number, busy: number,
 *   late: number, worst: number, usual: number}} Report
 */
/** @typedef {"requests" | "told" | "line" | "blocked" | "herd"} Cause */

export const CAUSES = /** @type {Cause[]} */ (["requests", "told", "line", "blocked", "herd"]);
export const ASKED = 0.1; // ms of a core that a request takes
export const SAID = 0.02; // ms that telling one reader takes on an open line
const HEADS = 700; // bytes of a question and its answer
const FRAMED = 150; // bytes of a short message with what is around it

/** A report of a cause. `some(least, most)`: a number by chance. @type {Record<Cause, (some: (least: number, most: number) => number) => Report>} */
const MADE = {
  requests: (some) => {
    const readers = some(8000, 9400); // each asks once a second
    const rate = some(20, 60) / 1000; // messages a second for each
    return made({ readers, requests: readers, told: 0, empty: Math.exp(-rate), bytes: readers * (HEADS + rate * FRAMED), capacity: 1000 });
  },
  told: (some) => {
    const readers = some(2600, 3100);
    const told = readers * 15;
    return made({ readers, requests: some(3, 9), told, bytes: told * FRAMED, capacity: 1000 });
  },
  line: (some) => {
    const readers = some(1500, 2500);
    const told = readers * 5;
    return made({ readers, requests: some(3, 9), told, bytes: (some(965, 995) / 1000) * 25e6, capacity: 200 });
  },
  blocked: (some) => {
    const readers = some(300, 700);
    const told = readers * 2;
    return made({ readers, requests: some(3, 9), told, bytes: told * FRAMED, capacity: 1000, late: some(350, 600) });
  },
  herd: (some) => {
    const readers = some(1800, 2400);
    const told = Math.round(readers / 10);
    return made({ readers, requests: readers / 5, told, bytes: told * FRAMED + (readers / 5) * HEADS, capacity: 1000, worst: readers });
  },
};

/** @param {{readers: number, requests: number, told: number, empty?: number, bytes: number, capacity: number, late?: number, worst?: number}} of @returns {Report} */
function made({ readers, requests, told, empty = 0, bytes, capacity, late, worst }) {
  const busy = (requests * ASKED + told * SAID) / 1000;
  const peak = worst ?? Math.ceil((requests / 10) * 1.2) + 1;
  return {
    readers, requests: Math.round(requests), told: Math.round(told), empty: Math.round(100 * empty),
    carries: Math.round((bytes * 8) / 1e6), capacity, busy: Math.round(100 * busy),
    late: Math.round(late ?? (worst ? worst * ASKED : Math.min(20, 1 / (1 - Math.min(0.95, busy))))), worst: peak, usual: Math.round(requests / 10),
  };
}

/** Three reports of three causes. The same seed gives the same. @param {number} seed @returns {{cause: Cause, report: Report}[]} */
export function three(seed) {
  const chance = dice(seed);
  /** @param {number} least @param {number} most */
  const some = (least, most) => least + Math.floor(chance() * (most - least + 1));
  const left = [...CAUSES];
  return [0, 1, 2].map(() => {
    const [cause] = left.splice(some(0, left.length - 1), 1);
    return { cause, report: MADE[cause](some) };
  });
}

/** % of the core that a report's requests take, and its telling: what speaks for or against either. @param {Report} report */
export function shares({ requests, told }) {
  return { asking: Math.round((requests * ASKED) / 10), telling: Math.round((told * SAID) / 10) };
}
