// Bundles: where many flights of a kind lie close together, they are drawn as one line, which says how many they are.

/**
 * What is looked at of a flight.
 * @typedef {{exchange: {side: string, way: string, spare: string | null}, kind: string, up: boolean, at: number,
 *   left: number | null, came: number | null, seqs: number[]}} Lying
 */
/** @template F @typedef {{first: F, messages: number, shown: {x1: number, y1: number, x2: number, y2: number} | null}} Bundle */

const HIGH = 36; // px of the picture that one bundle stands for
const LEAST = 5; // flights in that: fewer are told apart by the eye
const KINDS = new Set(["ask", "news", "empty", "ack"]); // what a person says stands by itself

/**
 * The bundle of each flight that is in one; `shown`: where it was drawn, once it is. A bundle has its place in time, so
 * that it stays the same while the picture moves.
 * @template {Lying} F
 * @param {F[]} flights @param {number} scale px for each ms @returns {Map<F, Bundle<F>>}
 */
export function bundled(flights, scale) {
  const piles = /** @type {Map<string, F[]>} */ (new Map());
  for (const flight of flights) {
    const { exchange, kind, up, at, left, came } = flight;
    if (!KINDS.has(kind) || left === null || came === null) continue;
    const { side, way, spare } = exchange;
    const pile = `${side} ${way} ${spare} ${kind} ${up} ${Math.floor((at * scale) / HIGH)}`;
    const others = piles.get(pile);
    if (others) others.push(flight);
    else piles.set(pile, [flight]);
  }
  const found = /** @type {Map<F, Bundle<F>>} */ (new Map());
  for (const pile of piles.values()) {
    if (pile.length < LEAST) continue;
    const messages = pile.reduce((sum, { seqs }) => sum + seqs.length, 0);
    const bundle = { first: pile[0], messages, shown: null };
    for (const flight of pile) found.set(flight, bundle);
  }
  return found;
}
