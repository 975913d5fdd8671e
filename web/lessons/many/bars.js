// The bars: how many of a herd come, by time from left to right; while the server is away none of them is let in.

import { text } from "/page/words.js";
import { line, put, rem, words } from "../sketch.js";
import { BIN, CLIENTS, OUTAGE } from "./herd.js";

/** @import { Herd } from "./herd.js" */

const SECONDS = 60; // that are shown
const STEP = 10; // s between two marks

/** Draw the tries of a herd; null: only the time. @param {HTMLElement} element @param {Herd | null} herd */
export function bars(element, herd) {
  const em = rem();
  const [left, right, base, high] = [0.5 * em, element.clientWidth - 1.5 * em, 4 * em, 2.5 * em];
  /** @param {number} s */
  const x = (s) => left + ((right - left) * s) / SECONDS;
  const shapes = [line(left, base, right, base, "rail"), line(x(OUTAGE), base - high, x(OUTAGE), base + 0.25 * em, "guide")];
  shapes.push(words(x(OUTAGE) + 0.25 * em, base - high - 0.375 * em, text("lessons.back"), "word"));
  for (let s = 0; s <= SECONDS; s += STEP) shapes.push(words(x(s), base + 1.25 * em, `${s} s`, "word", s ? "middle" : "start"));
  for (const [bin, tries] of (herd?.bins ?? []).slice(0, SECONDS / BIN).entries()) {
    if (!tries) continue;
    const at = x((bin + 0.5) * BIN);
    shapes.push(line(at, base, at, base - Math.max(1, (high * tries) / CLIENTS), "asks"));
  }
  put(element, base + 1.75 * em, shapes);
}
