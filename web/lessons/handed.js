// Handed on: what a program gave to the application in a case, beside what it should have: lost, twice, never due.

/** How a program may end before its last case; the sandbox says which. */
export const FAULTS = ["syntax", "missing", "threw", "form", "promise", "outside", "network", "late"];

/**
 * Of a program: `kind`: the fault or the case that is told of; `shown`: the case that went wrong, and how.
 * @template Shown
 * @typedef {{right: boolean, kind: string | null, why: string, shown: Shown | null}} Judged
 */
/** @typedef {{handed: string[][], lost: string[], twice: string[], other: string[], mixed: boolean}} Handed   `handed`: by each call; `mixed`: only the order is another */

/** null: all of it, in this order, and nothing else. @param {string[]} wanted @param {string[][]} handed @returns {Handed | null} */
export function compared(wanted, handed) {
  const all = handed.flat();
  if (JSON.stringify(all) === JSON.stringify(wanted)) return null;
  const lost = wanted.filter((one) => !all.includes(one));
  const twice = [...new Set(all.filter((one, i) => all.indexOf(one) < i))];
  const other = [...new Set(all.filter((one) => !wanted.includes(one)))];
  return { handed, lost, twice, other, mixed: !lost.length && !twice.length && !other.length };
}
