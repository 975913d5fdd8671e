// The rows: what one client did in a run, drawn: a row for each transport, each attempt a line, each message a dot.

import { text } from "/page/words.js";
import { dot, line, put, rem, shape, words } from "../sketch.js";

/** @import { Attempt, Watched, Way } from "./watched.js" */
/** @typedef {{began: number, at: number, length: number, turns?: number | null}} Times   ms; `turns`: when the network becomes another */

/** @param {HTMLElement} element @param {Watched | null} watched @param {Way[]} ways @param {Times} times */
export function rows(element, watched, ways, { began, at, length, turns = null }) {
  const em = rem();
  const [left, right] = [5.25 * em, element.clientWidth - 0.5 * em];
  /** @param {number | null} time of this page's clock; null: now */
  const x = (time) => left + ((right - left) * Math.min(at, Math.max(0, (time ?? Infinity) - began))) / length;
  const heights = new Map(ways.map((way, i) => [way, (i + 0.75) * 1.375 * em]));
  const end = (ways.length + 0.25) * 1.375 * em;
  const shapes = [...heights].flatMap(([way, y]) => [line(left, y, right, y, "rail"), words(left - 0.5 * em, y + 0.3 * em, text(way), "word", "end")]);
  const seconds = length / 1000;
  for (let second = 0; second <= seconds; second += 1) {
    const place = left + ((right - left) * second) / seconds;
    shapes.push(line(place, end - 0.25 * em, place, end, "rail"));
    if (second % 2 === 0 || second === seconds) shapes.push(words(place, end + em, `${second} s`, "word", second < seconds ? "middle" : "end"));
  }
  if (turns !== null) shapes.push(line(left + ((right - left) * turns) / length, 0, left + ((right - left) * turns) / length, end, "guide"));
  for (const attempt of watched?.attempts ?? []) {
    const y = heights.get(attempt.way);
    if (y !== undefined && attempt.from <= began + length) shapes.push(drawn(attempt, x, y, 0.3 * em));
  }
  put(element, end + 1.5 * em, shapes);
}

/** @param {Attempt} attempt @param {(time: number | null) => number} x @param {number} y @param {number} r */
function drawn({ way, from, opened, to, own, heard }, x, y, r) {
  const pipe = way === "ws" || way === "sse";
  const shapes = [line(x(from), y, x(pipe && opened !== null ? opened : to), y, "asks")];
  if (pipe && opened !== null) shapes.push(line(x(opened), y, x(to), y, "held"));
  shapes.push(...heard.map((at) => dot(x(at), y, r, "full")));
  if (to !== null && !own) shapes.push(cross(x(to), y, r));
  return shape("g", { "data-transport": way }, ...shapes);
}

/** @param {number} x @param {number} y @param {number} r */
function cross(x, y, r) {
  return shape("path", { d: `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`, class: "cross" });
}

/** What the signs of the rows look like, for their key. @param {HTMLElement} element */
export function sign(element) {
  const em = rem();
  const [middle, y] = [element.clientWidth / 2, em / 2];
  const all = {
    asks: [line(middle - em, y, middle + em, y, "asks")],
    open: [line(middle - em, y, middle + em, y, "held")],
    heard: [dot(middle, y, 0.3 * em, "full")],
    broke: [cross(middle, y, 0.3 * em)],
    turns: [line(middle, 0, middle, em, "guide")],
  };
  put(element, em, all[/** @type {keyof typeof all} */ (element.dataset.sign)]);
}
