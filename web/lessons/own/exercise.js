// The exercise: pieces of answers as the wire brings them, and what a program that reads them has made of each.

import { compared } from "../handed.js";

/** @import { Gap } from "/client/types.js" */
/** @import { Handed, Judged } from "../handed.js" */
/** @import { Told } from "../sandbox.js" */
/**
 * `inputs`: bytes as they came, null: the answer broke off, and the next piece is the first of another; `wanted`: the
 * texts to hand on; `cursors`: from where to ask, after each call.
 * @typedef {{name: string, inputs: (Uint8Array | null)[], wanted: string[], cursors: (string | null)[]}} Case
 */
/** @typedef {Handed & {name: string, place: {call: number, is: string, due: string} | null}} Shown   `place`: the first cursor that is wrong */

export const NAME = "read";
const NOTHING = { lost: [], twice: [], other: [], mixed: false };
const FORGOTTEN = /** @type {Gap} */ ({ reason: "trimmed", missed: 3 });

/** A line as the server writes it. @param {number} after @param {number} cursor @param {string[]} texts @param {Gap | null} [gap] */
function line(after, cursor, texts, gap = null) {
  const messages = texts.map((data, i) => ({ seq: cursor - texts.length + i + 1, event: "said", data, from: null, room: null, at: 0 }));
  return `${JSON.stringify({ after: `k7.${after}`, cursor: `k7.${cursor}`, gap, more: false, messages })}\n`;
}

/** @param {string} text */
const bytes = (text) => new TextEncoder().encode(text);

/** The bytes of a text in two pieces, the first so many bytes long, or up to the middle of the first character that has three. @param {string} text @param {number} [length] */
function halves(text, length) {
  const all = bytes(text);
  const at = length ?? all.findIndex((byte) => byte >= 0xe0) + 1;
  return [all.slice(0, at), all.slice(at)];
}

const ONE = line(3, 4, ["one"]);
const TWO = line(4, 5, ["two"]);
const WORDS = line(4, 6, ["你好", "再见"]);
const SILENCE = line(4, 7, []);
const GAP = line(7, 9, ["eight", "nine"], FORGOTTEN);
const [BEGUN, REST] = halves(WORDS);

export const CASES = /** @type {Case[]} */ ([
  { name: "plain", inputs: [bytes(ONE), bytes(TWO)], wanted: ["one", "two"], cursors: ["k7.4", "k7.5"] },
  { name: "several", inputs: [bytes(ONE + TWO)], wanted: ["one", "two"], cursors: ["k7.5"] },
  { name: "half", inputs: [...halves(ONE, 30), bytes(TWO)], wanted: ["one", "two"], cursors: [null, "k7.4", "k7.5"] },
  { name: "character", inputs: [bytes(ONE), BEGUN, REST], wanted: ["one", "你好", "再见"], cursors: ["k7.4", "k7.4", "k7.6"] },
  { name: "blank", inputs: [bytes(`\n${ONE}`), bytes("\r\n\n"), bytes(TWO)], wanted: ["one", "two"], cursors: ["k7.4", "k7.4", "k7.5"] },
  { name: "beat", inputs: [bytes(ONE), bytes(SILENCE)], wanted: ["one"], cursors: ["k7.4", "k7.7"] },
  { name: "gap", inputs: [bytes(ONE), bytes(SILENCE), bytes(GAP)], wanted: ["one", "eight", "nine"], cursors: ["k7.4", "k7.7", "k7.9"] },
  {
    name: "broken", inputs: [bytes(ONE), BEGUN, null, bytes(WORDS)],
    wanted: ["one", "你好", "再见"], cursors: ["k7.4", "k7.4", "k7.4", "k7.6"],
  },
]);

/** What the sandbox has told of a program: a case that makes it throw is told of, too. @param {Told} told @returns {Judged<Shown>} */
export function judged({ runs, fault }) {
  for (const [i, outs] of runs.entries()) {
    if (!outs.every(sound)) return { right: false, kind: "form", why: "", shown: null };
    const { name, wanted, cursors } = CASES[i];
    const handed = outs.map(({ messages }) => messages.map((/** @type {any} */ message) => String(message?.data)));
    const call = cursors.findIndex((cursor, n) => outs[n].cursor !== cursor);
    const wrong = compared(wanted, handed);
    if (!wrong && call < 0) continue;
    const place = wrong ? null : { call: call + 1, is: String(outs[call].cursor), due: String(cursors[call]) };
    return { right: false, kind: name, why: "", shown: { name, handed, ...NOTHING, ...wrong, place } };
  }
  if (!fault) return { right: true, kind: null, why: "", shown: null };
  if (fault.kind !== "threw") return { right: false, kind: fault.kind, why: fault.why, shown: null };
  const { name } = CASES[fault.at];
  return { right: false, kind: name, why: fault.why, shown: { name, handed: [], ...NOTHING, place: null } };
}

/** @param {any} out */
function sound({ messages, cursor }) {
  return Array.isArray(messages) && (cursor === null || typeof cursor === "string");
}
