// The exercise: what a client may be given, case by case, and what a program that takes it has lost or handed on twice.

import { compared } from "../handed.js";

/** @import { Batch, Gap } from "/client/types.js" */
/** @import { Handed, Judged } from "../handed.js" */
/** @import { Told } from "../sandbox.js" */
/** @typedef {{name: string, inputs: (Batch | null)[], wanted: string[]}} Case   `inputs`: in the order of coming, null: the answer was cut */
/** @typedef {Handed & {name: string}} Shown   a case that went wrong */

export const NAME = "take";
const [OLD, NEW] = ["k7", "b2"]; // two lives of the log; their names have no order

/**
 * A batch as the server gives it. The text of each message is its place in the log: that says which it is.
 * @param {string} epoch @param {number} after @param {number} cursor @param {number[]} seqs @param {Gap | null} [gap] @returns {Batch}
 */
function batch(epoch, after, cursor, seqs, gap = null) {
  const messages = seqs.map((seq) => ({ seq, event: "m", data: `${epoch}.${seq}`, from: null, room: null, at: 0 }));
  return { after: `${epoch}.${after}`, cursor: `${epoch}.${cursor}`, gap, more: false, messages };
}

const BEGAN = batch(OLD, 3, 5, [4, 5]);
const ANEW = batch(NEW, 0, 2, [1, 2], { reason: "epoch", missed: null });
const TRIMMED = batch(OLD, 5, 9, [8, 9], { reason: "trimmed", missed: 2 });
/** @param {string} epoch @param {...number} seqs */
const places = (epoch, ...seqs) => seqs.map((seq) => `${epoch}.${seq}`);

export const CASES = /** @type {Case[]} */ ([
  { name: "plain", inputs: [BEGAN, batch(OLD, 5, 8, [6, 8])], wanted: places(OLD, 4, 5, 6, 8) },
  { name: "repeat", inputs: [BEGAN, BEGAN], wanted: places(OLD, 4, 5) },
  { name: "overlap", inputs: [BEGAN, batch(OLD, 4, 7, [5, 6, 7])], wanted: places(OLD, 4, 5, 6, 7) },
  { name: "behind", inputs: [BEGAN, batch(OLD, 3, 4, [4]), BEGAN], wanted: places(OLD, 4, 5) },
  { name: "cut", inputs: [BEGAN, null, batch(OLD, 5, 7, [6, 7])], wanted: places(OLD, 4, 5, 6, 7) },
  { name: "empty", inputs: [BEGAN, batch(OLD, 5, 7, []), batch(OLD, 7, 8, [8])], wanted: places(OLD, 4, 5, 8) },
  { name: "ten", inputs: [batch(OLD, 7, 9, [8, 9]), batch(OLD, 9, 11, [10, 11])], wanted: places(OLD, 8, 9, 10, 11) },
  { name: "gap", inputs: [BEGAN, TRIMMED, batch(OLD, 9, 10, [10])], wanted: places(OLD, 4, 5, 8, 9, 10) },
  { name: "ahead", inputs: [BEGAN, batch(OLD, 7, 8, [8]), batch(OLD, 5, 8, [6, 7, 8])], wanted: places(OLD, 4, 5, 6, 7, 8) },
  { name: "epoch", inputs: [BEGAN, ANEW, ANEW, batch(NEW, 2, 3, [3])], wanted: [...places(OLD, 4, 5), ...places(NEW, 1, 2, 3)] },
  {
    name: "old", inputs: [BEGAN, ANEW, batch(OLD, 4, 6, [5, 6]), batch(NEW, 2, 3, [3])],
    wanted: [...places(OLD, 4, 5), ...places(NEW, 1, 2, 3)],
  },
]);

/** What the sandbox has told of a program. @param {Told} told @returns {Judged<Shown>} */
export function judged({ runs, fault }) {
  for (const [i, outs] of runs.entries()) {
    if (!outs.every(({ messages }) => Array.isArray(messages))) return { right: false, kind: "form", why: "", shown: null };
    const { name, wanted } = CASES[i];
    const wrong = compared(wanted, outs.map(({ messages }) => messages.map((/** @type {any} */ message) => String(message?.data))));
    if (wrong) return { right: false, kind: name, why: "", shown: { name, ...wrong } };
  }
  return fault ? { right: false, kind: fault.kind, why: fault.why, shown: null } : { right: true, kind: null, why: "", shown: null };
}
