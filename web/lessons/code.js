// The code: lines of the very files this page runs, shown where a lesson speaks of them, so that they cannot go stale.

import { make } from "/page/dom.js";
import { file } from "./prose.js";

/**
 * `<pre data-source="/client/…" data-from="export async" data-mark="sleep|get">`: the file from the line that holds
 * the first text on, those lines marked that hold one of the others.
 * @param {HTMLElement} box
 */
export async function quote(box) {
  const { source = "", from = "", mark = "" } = box.dataset;
  try {
    const lines = (await file(source)).trimEnd().split("\n");
    const first = Math.max(0, lines.findIndex((line) => line.includes(from)));
    show(box, lines.slice(first), mark);
  } catch (/** @type {any} */ error) {
    box.textContent = error.message;
  }
}

/**
 * Lines of code as far left as they go, of which some matter. `wanted`: texts, of which such a line holds one, with | between.
 * @param {HTMLElement} box @param {string[]} quoted @param {string} wanted
 */
export function show(box, quoted, wanted) {
  const indents = quoted.filter((line) => line.trim()).map((line) => line.length - line.trimStart().length);
  const lines = quoted.map((line) => line.slice(Math.min(...indents)));
  /** @param {string} line */
  const matters = (line) => wanted.split("|").some((text) => line.includes(text));
  box.replaceChildren(make("code", {}, ...lines.flatMap((line) => [matters(line) ? marked(line) : line, "\n"])));
}

/** @param {string} line */
function marked(line) {
  const code = line.trimStart();
  const whole = document.createDocumentFragment();
  whole.append(line.slice(0, line.length - code.length), make("mark", {}, code));
  return whole;
}
