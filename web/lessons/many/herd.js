// The herd: many clients lose their server at the same moment, and how they come back, by four ways of waiting.

/** s to wait before a try, from the drop or the last refusal. @typedef {(attempt: number, chance: () => number) => number} Policy   `attempt`: from 0 */
/**
 * `bins`: tries by tenth of a second; `peak`: most of them in one, since the server was back; `refused`: of those that came
 * since then; `half`, `most`: s from then until half, and 99 of 100, were in, null: never; `never`: not in when it ended.
 * @typedef {{bins: number[], tries: number, peak: number, refused: number, half: number | null, most: number | null, never: number}} Herd
 */

export const CLIENTS = 2000;
export const OUTAGE = 20; // s
export const ROOM = 50; // clients that the server lets in, in a tenth of a second
export const BIN = 0.1; // s
const LONGEST = 300; // s that are played
const SLOT = 5; // s
const CAP = 30; // s

export const POLICIES = /** @type {Record<string, Policy>} */ ({
  fixed: () => SLOT,
  doubling: (attempt) => Math.min(CAP, 2 ** attempt),
  start: (attempt, chance) => (attempt ? SLOT : SLOT * chance()),
  jitter: (attempt, chance) => chance() * Math.min(CAP, 2 ** attempt),
});

/** Play it. The same seed gives the same herd. @param {Policy} policy @param {{clients?: number, outage?: number, room?: number, seed?: number}} [settings] @returns {Herd} */
export function herd(policy, { clients = CLIENTS, outage = OUTAGE, room = ROOM, seed = 1 } = {}) {
  const chance = dice(seed);
  const bins = Array.from({ length: LONGEST / BIN }, () => 0);
  const coming = /** @type {{at: number, attempt: number}[][]} */ (bins.map(() => []));
  /** @param {number} from @param {number} attempt */
  const comes = (from, attempt) => {
    const at = from + policy(attempt, chance);
    coming[binOf(at)]?.push({ at, attempt });
  };
  for (let i = 0; i < clients; i += 1) comes(0, 0);
  const back = /** @type {number[]} */ ([]); // the bins in which they were let in
  const first = binOf(outage);
  let [peak, refused] = [0, 0];
  for (const [bin, tries] of coming.entries()) {
    let places = bin < first ? 0 : room;
    for (let i = 0; i < tries.length; i += 1) {
      const { at, attempt } = tries[i];
      bins[bin] += 1;
      if (places) {
        places -= 1;
        back.push(bin);
        continue;
      }
      refused += Number(bin >= first);
      comes(at, attempt + 1); // perhaps into this very bin
    }
    if (bin >= first) peak = Math.max(peak, bins[bin]);
  }
  /** @param {number} share */
  const until = (share) => {
    const bin = back[Math.ceil(share * clients) - 1];
    return bin === undefined ? null : (bin - first + 1) * BIN;
  };
  const tries = bins.reduce((sum, n) => sum + n, 0);
  return { bins, tries, peak, refused, half: until(0.5), most: until(0.99), never: clients - back.length };
}

/** Sums of tenths fall a hair short of the whole: the hair belongs to the next bin. @param {number} at s */
function binOf(at) {
  return Math.floor(at / BIN + 1e-6);
}

/** Dice that fall the same for the same seed (Lehmer's). @param {number} seed */
export function dice(seed) {
  let state = (seed % 2_147_483_646) + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}
