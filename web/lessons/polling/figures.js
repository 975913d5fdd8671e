// The figures of lesson 1: how old the messages were, and what stands around one.

import { dot, line, put, rem, shape, words } from "../sketch.js";

/**
 * Each message a dot, by its age; a stroke at their mean, a dashed one at what theory says. Ages in ms.
 * @param {HTMLElement} element @param {number[]} ages @param {number} every
 */
export function agesFigure(element, ages, every) {
  const em = rem();
  const [left, right, y] = [0.5 * em, element.clientWidth - 0.5 * em, 2.5 * em];
  /** @param {number} age */
  const x = (age) => left + ((right - left) * Math.min(age, 1.1 * every)) / (1.1 * every);
  const shapes = [line(left, y, right, y, "rail")];
  const quarters = right - left > 17 * em; // else their words would not stand beside each other
  for (const part of quarters ? [0, 0.25, 0.5, 0.75, 1] : [0, 0.5, 1]) {
    const anchor = part ? "middle" : "start";
    const at = x(part * every);
    shapes.push(line(at, y, at, y + 0.375 * em, "rail"), words(at, y + 1.5 * em, `${part * every} ms`, "word", anchor));
  }
  shapes.push(line(x(every / 2), 0.5 * em, x(every / 2), y, "guide"));
  for (const age of ages) shapes.push(dot(x(age), y, 0.3 * em, "full some"));
  const mean = x(ages.reduce((sum, age) => sum + age, 0) / ages.length);
  if (ages.length) shapes.push(line(mean, 1 * em, mean, y + 0.5 * em, "mean"));
  put(element, 4.5 * em, shapes);
}

/**
 * How long news waits, by when it falls between two questions: a saw. The dots are messages that waited so long (ms).
 * @param {HTMLElement} element @param {number[]} ages @param {number} every
 */
export function waitsFigure(element, ages, every) {
  const em = rem();
  const [left, right, top, bottom, teeth] = [4.25 * em, element.clientWidth - 0.5 * em, 1 * em, 5.5 * em, 3];
  /** @param {number} turns */
  const x = (turns) => left + ((right - left) * turns) / teeth;
  /** @param {number} age */
  const y = (age) => bottom - ((bottom - top) * Math.min(age, every)) / every;
  const saw = Array.from({ length: teeth }, (_, n) => `L${x(n)} ${top}L${x(n + 1)} ${bottom}`).join("");
  const shapes = [line(left, bottom, right, bottom, "rail"), shape("path", { d: `M${left} ${bottom}${saw}`, class: "saw" })];
  for (const age of [0, every / 2, every]) shapes.push(words(left - 0.625 * em, y(age) + 0.3 * em, `${age} ms`, "word", "end"));
  shapes.push(line(left, y(every / 2), right, y(every / 2), "guide"));
  for (let n = 0; n <= teeth; n += 1) shapes.push(dot(x(n), bottom, 0.3 * em, "empty"));
  for (const [n, age] of ages.entries()) shapes.push(dot(x((n % teeth) + 1 - Math.min(age, every) / every), y(age), 0.3 * em, "full"));
  put(element, 6.25 * em, shapes);
}

/**
 * A bar as long as so many bytes are, beside the most there are.
 * @param {HTMLElement} element @param {number} bytes @param {number} most
 */
export function bytesFigure(element, bytes, most) {
  const em = rem();
  const width = Math.max(2, ((element.clientWidth - 5 * em) * bytes) / most);
  put(element, 1.5 * em, [line(0, 0.75 * em, width, 0.75 * em, "bar"), words(width + 0.5 * em, 1.05 * em, `${bytes} B`, "word strong")]);
}
