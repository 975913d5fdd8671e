// The exercise: questions that come to several servers of one log, case by case, and what each must be answered.

import { compared } from "../handed.js";

/** @import { Handed, Judged } from "../handed.js" */
/** @import { Told } from "../sandbox.js" */
/** @typedef {{seq: number, text: string}} Entry */
/** @typedef {{server: string, cursor: number, log: Entry[]}} Question   `log`: as far as this server has applied it */
/** @typedef {{name: string, inputs: Question[], wanted: number[][], cursors: number[]}} Case   `wanted`: the messages of each answer, `cursors`: its cursor */
/** @typedef {Handed & {name: string, cursor: {is: string, should: number} | null}} Shown   a case that went wrong; `handed`: up to the call that did */

export const NAME = "answer";

/** @param {string} server @param {number} cursor @param {...number} seqs @returns {Question} */
const asks = (server, cursor, ...seqs) => ({ server, cursor, log: seqs.map((seq) => ({ seq, text: `m${seq}` })) });

export const CASES = /** @type {Case[]} */ ([
  { name: "plain", inputs: [asks("A", 0, 1, 2), asks("A", 2, 1, 2, 3)], wanted: [[1, 2], [3]], cursors: [2, 3] },
  { name: "other", inputs: [asks("A", 0, 1, 2), asks("B", 2, 1, 2, 3)], wanted: [[1, 2], [3]], cursors: [2, 3] },
  { name: "back", inputs: [asks("A", 0, 1), asks("B", 1, 1, 2, 3), asks("A", 3, 1, 2, 3, 4)], wanted: [[1], [2, 3], [4]], cursors: [1, 3, 4] },
  { name: "again", inputs: [asks("A", 0, 1, 2), asks("B", 2, 1, 2, 3), asks("C", 2, 1, 2, 3, 4)], wanted: [[1, 2], [3], [3, 4]], cursors: [2, 3, 4] },
  { name: "two", inputs: [asks("A", 0, 1, 2), asks("A", 1, 1, 2), asks("A", 2, 1, 2, 3)], wanted: [[1, 2], [2], [3]], cursors: [2, 2, 3] },
  { name: "holes", inputs: [asks("A", 0, 2, 5), asks("C", 5, 2, 5, 9)], wanted: [[2, 5], [9]], cursors: [5, 9] },
  { name: "empty", inputs: [asks("B", 0), asks("A", 0, 1), asks("C", 1, 1)], wanted: [[], [1], []], cursors: [0, 1, 1] },
  { name: "behind", inputs: [asks("A", 0, 1, 2, 3), asks("B", 3, 1, 2), asks("B", 3, 1, 2, 3, 4)], wanted: [[1, 2, 3], [], [4]], cursors: [3, 3, 4] },
]);

/** What the sandbox has told of a program. @param {Told} told @returns {Judged<Shown>} */
export function judged({ runs, fault }) {
  for (const [i, outs] of runs.entries()) {
    if (!outs.every(({ messages }) => Array.isArray(messages))) return { right: false, kind: "form", why: "", shown: null };
    const shown = wrong(CASES[i], outs);
    if (shown) return { right: false, kind: shown.name, why: "", shown };
  }
  return fault ? { right: false, kind: fault.kind, why: fault.why, shown: null } : { right: true, kind: null, why: "", shown: null };
}

/** A case up to the first answer that went wrong; null: none did. @param {Case} asked @param {{messages: any[], cursor: unknown}[]} outs @returns {Shown | null} */
function wrong({ name, wanted, cursors }, outs) {
  const given = outs.map(({ messages }) => messages.map((message) => `m${message?.seq}`));
  for (const [at, texts] of given.entries()) {
    const other = compared(wanted[at].map((seq) => `m${seq}`), [texts]);
    const is = outs[at].cursor;
    const cursor = is === cursors[at] ? null : { is: String(JSON.stringify(is)), should: cursors[at] };
    if (!other && !cursor) continue;
    const none = { handed: [], lost: [], twice: [], other: [], mixed: false };
    return { ...none, ...other, name, cursor: other ? null : cursor, handed: given.slice(0, at + 1) };
  }
  return null;
}
