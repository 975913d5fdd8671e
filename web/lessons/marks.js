// The marks: one for each message: it is here, it is lost, it is here twice, or nobody knows yet.

import { dot, line, put, rem, shape } from "./sketch.js";

/** @typedef {"here" | "lost" | "twice" | "waits"} Fate */

const ACROSS = [50, 25, 20, 10]; // marks in a line, by how many fit

/** Draw what became of each message. @param {HTMLElement} element @param {Fate[]} fates */
export function marks(element, fates) {
  const em = rem();
  const width = element.clientWidth;
  const across = Math.min(fates.length, ACROSS.find((n) => width / n >= 0.875 * em) ?? 10);
  const step = Math.min(1.125 * em, width / across);
  const shapes = fates.flatMap((fate, n) => mark(fate, ((n % across) + 0.5) * step, (Math.floor(n / across) + 0.5) * step, 0.3 * em));
  put(element, Math.ceil(fates.length / across) * step, shapes);
}

/** One of them, for the key. @param {HTMLElement} element */
export function sign(element) {
  const em = rem();
  put(element, em, mark(/** @type {Fate} */ (element.dataset.sign), element.clientWidth / 2, em / 2, 0.3 * em));
}

/** @param {Fate} fate @param {number} x @param {number} y @param {number} r */
function mark(fate, x, y, r) {
  if (fate === "waits") return [dot(x, y, r / 4, "empty")];
  if (fate === "here") return [dot(x, y, r, "full")];
  if (fate === "lost") return [shape("path", { d: `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`, class: "cross" })];
  return [dot(x, y, r, "full"), line(x - r, y + 1.4 * r, x + r, y + 1.4 * r, "mean")];
}
