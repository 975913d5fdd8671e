// The lanes: for each client a row for each server; what it asks and hears is drawn in the row of the server that answers.

import { dot, line, put, rem, shape, words } from "../sketch.js";

/** @import { Line, Use } from "./line.js" */
/** @typedef {{from: number, to: number, servers: string[], killed: string | null, at: number, now: number}} Seen   ms of this page's clock, from where to where is drawn */

/** A server as people call it: the name in the log goes on with letters of its own. @param {string | null} name */
export const called = (name) => (name ?? "?").split("-")[0].slice(0, 6);

/** @param {HTMLElement} element @param {Line | null} drawn @param {Seen} seen */
export function lane(element, drawn, { from, to, servers, killed, at, now }) {
  const em = rem();
  const [left, right] = [2.5 * em, element.clientWidth - 0.5 * em];
  /** @param {number} time */
  const x = (time) => left + ((right - left) * Math.min(to - from, Math.max(0, time - from))) / (to - from);
  const heights = new Map(servers.map((server, i) => [server, (i + 0.75) * 1.25 * em]));
  const end = (Math.max(1, servers.length) + 0.25) * 1.25 * em;
  const shapes = [...heights].flatMap(([server, y]) => [
    line(left, y, server === killed ? x(at) : right, y, "rail"), words(left - 0.5 * em, y + 0.3 * em, called(server), "word", "end"),
  ]);
  if (killed && at > from) shapes.push(line(x(at), 0, x(at), end, "guide"));
  const moves = [];
  let before = /** @type {Use | null} */ (null);
  for (const use of drawn?.uses ?? []) {
    const [y, last] = [heights.get(use.server ?? ""), heights.get(before?.server ?? "")];
    if (y === undefined) {
      if (use.to !== null && !use.own && use.to > from && killed) moves.push(cross(x(use.to), heights.get(killed) ?? 0, 0.3 * em));
      continue; // not known yet, or nobody's
    }
    const ends = use.to ?? Math.min(to, now);
    if (ends > from) {
      if (drawn?.way !== "poll" && last !== undefined && last !== y && use.from > from) moves.push(line(x(use.from), last, x(use.from), y, "asks"));
      moves.push(line(x(use.from), y, x(ends), y, drawn?.way === "poll" ? "asks" : "held"));
      moves.push(...use.heard.filter((time) => time > from).map((time) => dot(x(time), y, 0.3 * em, "full")));
      if (drawn?.way === "poll" && !use.heard.length && use.to !== null && use.own) moves.push(dot(x(use.to), y, 0.25 * em, "empty"));
      if (use.to !== null && !use.own) moves.push(cross(x(use.to), y, 0.3 * em));
    }
    before = use;
  }
  put(element, end, [...shapes, shape("g", { "data-transport": drawn?.way ?? "" }, ...moves)]);
}

/** @param {number} x @param {number} y @param {number} r */
function cross(x, y, r) {
  return shape("path", { d: `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`, class: "cross" });
}

/** What the signs of a lane look like, for their key. @param {HTMLElement} element */
export function sign(element) {
  const em = rem();
  const [middle, y] = [element.clientWidth / 2, em / 2];
  const all = {
    held: [line(middle - em, y, middle + em, y, "held")],
    heard: [dot(middle, y, 0.3 * em, "full")],
    empty: [dot(middle, y, 0.25 * em, "empty")],
    broke: [cross(middle, y, 0.3 * em)],
    killed: [line(middle, 0, middle, em, "guide")],
  };
  put(element, em, all[/** @type {keyof typeof all} */ (element.dataset.sign)]);
}
