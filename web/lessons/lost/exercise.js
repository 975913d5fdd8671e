// The exercise: what a client may be given, case by case, and what a program that takes it has lost or handed on twice.

/** @import { Batch, Gap } from "/client/types.js" */
/** @import { Told } from "../sandbox.js" */
/** @typedef {{name: string, batches: (Batch | null)[], wanted: string[]}} Case   `batches`: in the order of coming, null: the answer was cut */
/** @typedef {{name: string, handed: string[][], lost: string[], twice: string[], other: string[]}} Shown   a case that went wrong; `handed`: for each batch */
/** @typedef {{right: boolean, kind: string | null, why: string, shown: Shown | null}} Judged */

export const NAME = "take";
export const FAULTS = ["syntax", "missing", "threw", "form", "promise", "outside", "network", "late"];
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
  { name: "plain", batches: [BEGAN, batch(OLD, 5, 8, [6, 8])], wanted: places(OLD, 4, 5, 6, 8) },
  { name: "repeat", batches: [BEGAN, BEGAN], wanted: places(OLD, 4, 5) },
  { name: "overlap", batches: [BEGAN, batch(OLD, 4, 7, [5, 6, 7])], wanted: places(OLD, 4, 5, 6, 7) },
  { name: "behind", batches: [BEGAN, batch(OLD, 3, 4, [4]), BEGAN], wanted: places(OLD, 4, 5) },
  { name: "cut", batches: [BEGAN, null, batch(OLD, 5, 7, [6, 7])], wanted: places(OLD, 4, 5, 6, 7) },
  { name: "empty", batches: [BEGAN, batch(OLD, 5, 7, []), batch(OLD, 7, 8, [8])], wanted: places(OLD, 4, 5, 8) },
  { name: "ten", batches: [batch(OLD, 7, 9, [8, 9]), batch(OLD, 9, 11, [10, 11])], wanted: places(OLD, 8, 9, 10, 11) },
  { name: "gap", batches: [BEGAN, TRIMMED, batch(OLD, 9, 10, [10])], wanted: places(OLD, 4, 5, 8, 9, 10) },
  { name: "ahead", batches: [BEGAN, batch(OLD, 7, 8, [8]), batch(OLD, 5, 8, [6, 7, 8])], wanted: places(OLD, 4, 5, 6, 7, 8) },
  { name: "epoch", batches: [BEGAN, ANEW, ANEW, batch(NEW, 2, 3, [3])], wanted: [...places(OLD, 4, 5), ...places(NEW, 1, 2, 3)] },
  {
    name: "old", batches: [BEGAN, ANEW, batch(OLD, 4, 6, [5, 6]), batch(NEW, 2, 3, [3])],
    wanted: [...places(OLD, 4, 5), ...places(NEW, 1, 2, 3)],
  },
]);

/** What the sandbox has told of a program. @param {Told} told @returns {Judged} */
export function judged({ runs, fault }) {
  for (const [i, outs] of runs.entries()) {
    if (!outs.every(({ messages }) => Array.isArray(messages))) return { right: false, kind: "form", why: "", shown: null };
    const shown = compared(CASES[i], outs);
    if (shown) return { right: false, kind: shown.name, why: "", shown };
  }
  return fault ? { right: false, kind: fault.kind, why: fault.why, shown: null } : { right: true, kind: null, why: "", shown: null };
}

/** A case beside what was handed on in it; null: as it should be. @param {Case} asked @param {{messages: any[]}[]} outs @returns {Shown | null} */
function compared({ name, wanted }, outs) {
  const handed = outs.map(({ messages }) => messages.map((message) => String(message?.data)));
  const all = handed.flat();
  if (JSON.stringify(all) === JSON.stringify(wanted)) return null;
  const lost = wanted.filter((place) => !all.includes(place));
  const twice = [...new Set(all.filter((place, i) => all.indexOf(place) < i))];
  const other = [...new Set(all.filter((place) => !wanted.includes(place)))];
  return { name, handed, lost, twice, other };
}
