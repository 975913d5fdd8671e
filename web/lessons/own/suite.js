// The suite's word: what `make contract` printed of a transport, which of its findings have a hint here, and its code.

import { sha1 } from "../sha1.js";

/** What the suite says, by the hint that is given for it; tests/contract/words.py and own.py say so. */
const FINDINGS = {
  unfit: /is no file: say|cannot be loaded:|has no function `transport|it may be stream/,
  refused: /the question was refused/,
  json: /what came is no JSON|what came is no batch/,
  ended: /the answer (ended|was cut) before the batch/,
  silent: /no batch came within|what was due had not come|come to an end in time/,
  lost: /\) (was|were) lost|\d more were lost/,
  twice: /\) (was|were) given twice|more were given twice/,
  other: /\) (was|were) given and not due|more were given and not due/,
  order: /in another order than they were said/,
  cursor: /the cursor is\b/,
  gap: /a gap was told|no gap was told/,
};
export const HINTS = Object.keys(FINDINGS);
export const KINDS = ["nothing", "some", "without", "lab", "another", "right", "broken"];
const RULES = 50; // that hold at least, where all of them were asked

/**
 * What is to be said of a file and of what the suite printed of it. `hints`: of HINTS, in the order of looking them up.
 *   nothing  no word of the suite    some     only some of the rules were asked    without  it holds, and the file is not here
 *   lab      the file is the lab's   another  the code is of another file          right    it holds    broken  it does not
 * @param {string} file @param {string} printed
 */
export function judged(file, printed) {
  const said = printed.split(/\s+/).join(" ");
  const hints = HINTS.filter((name) => FINDINGS[/** @type {keyof typeof FINDINGS} */ (name)].test(said));
  const rules = Number(/It holds: (\d{1,4}) rules/.exec(said)?.[1] ?? 0);
  return { kind: kindOf(file, said, rules, hints), rules, hints: rules ? [] : hints };
}

/** @param {string} file @param {string} said @param {number} rules @param {string[]} hints */
function kindOf(file, said, rules, hints) {
  if (!rules) return hints.length || /\d promises are broken/.test(said) ? "broken" : "nothing";
  const code = /The code of this file: ([0-9a-f]{8})/.exec(said)?.[1];
  if (!code || rules < RULES) return "some";
  if (!file.trim()) return "without";
  if (/\blab(\.|\s+import\s+)ndjson\b/.test(file)) return "lab";
  return code === codeOf(file, rules) ? "right" : "another";
}

/** The twin of `code_of` in tests/contract/own.py. @param {string} text @param {number} rules */
export function codeOf(text, rules) {
  const digest = sha1(new TextEncoder().encode(`${rules} ${text.trim().split(/\s+/).join(" ")}`));
  return [...digest.slice(0, 4)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
