// Phrases: the parts of the client's sentences as texts of the page, so that both languages have them.

import { span } from "/client/sentences.js";

/** @import { Values } from "./words.js" */
/** @typedef {{key: string, text?: string, [value: string]: any}} Part   of one of the client's sentences */

const NAMED = new Set(["rung", "old", "other", "witness"]);

/** Parts as texts: `[{ text: key, …values }, …]`. @param {Part | Part[]} parts */
export function phrase(parts) {
  return [parts].flat().map(({ key, text, ...values }) => {
    const phrased = /** @type {Values} */ ({ words: text });
    for (const [name, value] of Object.entries(values)) phrased[name] = valueOf(name, value);
    return { ...phrased, text: `said.${key}` };
  });
}

/** @param {string} name @param {any} value */
function valueOf(name, value) {
  if (value !== null && typeof value === "object") return phrase(value);
  if (name === "time") return span(value);
  if (name === "nth") return { text: value < 4 ? `nth.${value}` : "nth.more", n: value };
  return NAMED.has(name) ? { text: value } : value;
}
