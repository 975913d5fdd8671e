// The exercise: what may come back to a sender, case by case, and which numbers must go up next.

import { compared } from "../handed.js";

/** @import { Handed, Judged } from "../handed.js" */
/** @import { Told } from "../sandbox.js" */
/** @typedef {{n: number, error?: {code: string, expected?: number}}} Ack */
/** @typedef {{acks: Ack[]} | {error: {code: string, retry?: number}} | null} Answer   null: nothing came back */
/** @typedef {{name: string, inputs: Answer[], wanted: number[][]}} Case   `inputs`: what came back; `wanted`: what goes up then */
/** @typedef {Handed & {name: string}} Shown   a case that went wrong; `handed`: what went up, as far as the call that did */

export const NAME = "next";
export const COUNT = 5; // things to say
export const WINDOW = 3; // numbers that go up at once, at most

/** Acks as they come: a number is an ack of that n. @param {...(number | Ack)} acks @returns {Answer} */
const acks = (...acks) => ({ acks: acks.map((ack) => (typeof ack === "number" ? { n: ack } : ack)) });
/** @param {number} n @param {string} code @param {{expected?: number}} [more] @returns {Ack} */
const failed = (n, code, more = {}) => ({ n, error: { code, ...more } });

const [FIRST, LAST] = [[1, 2, 3], [4, 5]];
const [THREE, TWO] = [acks(1, 2, 3), acks(4, 5)];

export const CASES = /** @type {Case[]} */ ([
  { name: "plain", inputs: [null, THREE, TWO], wanted: [FIRST, LAST, []] },
  { name: "lost", inputs: [null, null, THREE, null, TWO], wanted: [FIRST, FIRST, LAST, LAST, []] },
  { name: "part", inputs: [null, acks(1), acks(2, 3, 4), acks(5)], wanted: [FIRST, [2, 3, 4], [5], []] },
  { name: "order", inputs: [null, acks(3, 1, 2), acks(5, 4)], wanted: [FIRST, LAST, []] },
  { name: "hole", inputs: [null, acks(1, 3), acks(2, 4, 5)], wanted: [FIRST, [2, 4, 5], []] },
  { name: "belated", inputs: [null, THREE, THREE, TWO], wanted: [FIRST, LAST, LAST, []] },
  { name: "early", inputs: [null, acks(1, failed(3, "out_of_order", { expected: 2 })), acks(2, 3, 4), acks(5)], wanted: [FIRST, [2, 3, 4], [5], []] },
  { name: "refused", inputs: [null, acks(1, failed(2, "refused"), 3), TWO], wanted: [FIRST, LAST, []] },
  { name: "stale", inputs: [null, acks(failed(1, "stale"), failed(2, "stale"), 3), TWO], wanted: [FIRST, LAST, []] },
  { name: "rate", inputs: [null, { error: { code: "rate", retry: 2 } }, THREE, TWO], wanted: [FIRST, FIRST, LAST, []] },
  { name: "gone", inputs: [null, acks(1), { error: { code: "gone" } }, null], wanted: [FIRST, [2, 3, 4], [], []] },
]);

/** What the sandbox has told of a program. @param {Told} told @returns {Judged<Shown>} */
export function judged({ runs, fault }) {
  for (const [i, outs] of runs.entries()) {
    if (!outs.every(({ send }) => Array.isArray(send) && send.every(Number.isInteger))) return { right: false, kind: "form", why: "", shown: null };
    const shown = wrong(CASES[i], outs.map(({ send }) => send.map(String)));
    if (shown) return { right: false, kind: shown.name, why: "", shown };
  }
  return fault ? { right: false, kind: fault.kind, why: fault.why, shown: null } : { right: true, kind: null, why: "", shown: null };
}

/** A case up to the first call that went wrong; null: none did. @param {Case} asked @param {string[][]} sent @returns {Shown | null} */
function wrong({ name, wanted }, sent) {
  for (const [at, send] of sent.entries()) {
    const other = compared(wanted[at].map(String), [send]);
    if (other) return { name, ...other, handed: sent.slice(0, at + 1) };
  }
  return null;
}
