// Guessed: the pictures of a class's guesses: bars of numbers, bars of choices, and in each what happened.

import { make, saying } from "/page/dom.js";
import { say, text } from "/page/words.js";
import { line, put, rem, shape, words } from "./sketch.js";
import { bars, quantile } from "./votes.js";

/** @import { Vote } from "./votes.js" */
/** @typedef {{value: string, label: string, count: number}} Chosen */

const HIGH = 9; // rem of the highest bar

/**
 * Choices, one under the other; what happened is marked.
 * @param {Chosen[]} list @param {string[] | null} truths
 */
export function choices(list, truths) {
  /** @param {HTMLElement} part */
  return (part) => {
    const most = Math.max(1, ...list.map(({ count }) => count));
    const rows = list.map(({ value, label, count }) => {
      const said = make("p", {}, make("span", {}, label), " ", make("b", {}, String(count)));
      if (truths?.includes(value)) said.append(" ", saying("strong", "lessons.class.is", {}, { class: "truth" }));
      const bar = make("div");
      return { row: make("li", { "data-choice": value }, said, bar), bar, share: count / most };
    });
    part.append(make("ul", { class: "choices" }, ...rows.map(({ row }) => row)));
    for (const { bar, share } of rows) put(bar, 0.5 * rem(), [rect(0, 0, share * bar.clientWidth, 0.5 * rem())]);
  };
}

/**
 * Numbers, from left to right; what happened is a line among them.
 * @param {Vote[]} votes @param {boolean} whole @param {string[] | null} truths
 */
export function figure(votes, whole, truths) {
  const happened = truths && Number.isFinite(Number(truths[0])) ? Number(truths[0]) : null;
  /** @param {HTMLElement} part */
  return (part) => {
    if (!votes.length) return;
    const picture = make("div");
    const [least, middle, most] = [votes[0].value, quantile(votes, 0.5), votes[votes.length - 1].value];
    part.append(picture, say(make("p", { class: "small" }), "lessons.class.middle", { least, middle, most }));
    if (happened !== null) part.append(saying("p", "lessons.class.happened", { what: happened }, { class: "truth" }));
    put(picture, (HIGH + 4.25) * rem(), histogram(picture.clientWidth, votes, whole, happened));
  };
}

/** @param {number} width px @param {Vote[]} votes @param {boolean} whole @param {number | null} happened */
function histogram(width, votes, whole, happened) {
  const em = rem();
  const { from, width: each, counts, below, beyond } = bars(votes, whole, happened);
  const [left, right, top] = [0.5 * em, width - 0.5 * em, 2.75 * em];
  const floor = top + HIGH * em;
  const across = Math.min((right - left) / counts.length, 4 * em);
  const tall = (HIGH * em) / Math.max(...counts);
  const single = whole && each === 1; // each bar is a number, which stands under its middle
  /** @param {number} value */
  const x = (value) => left + ((value - from) / each + (single ? 0.5 : 0)) * across;
  const shapes = [line(left, floor, left + counts.length * across, floor, "rail")];
  const every = Math.ceil((3 * em) / across); // of so many bars one has its number
  for (const [i, count] of counts.entries()) {
    const value = Number((from + i * each).toPrecision(12));
    const at = left + i * across;
    if (count) {
      shapes.push(rect(at + 1, floor - count * tall, across - 2, count * tall));
      shapes.push(words(at + across / 2, floor - count * tall - 0.3 * em, String(count), "word", "middle"));
    }
    const outer = (i === 0 && below && "≤") || (i === counts.length - 1 && beyond && "≥") || "";
    if (i % every === 0 || outer) shapes.push(words(x(value), floor + 1.1 * em, `${outer}${value}`, "word", "middle"));
  }
  if (happened !== null) {
    shapes.push(line(x(happened), 1.25 * em, x(happened), floor + 0.25 * em, "mean"));
    const anchor = x(happened) > width / 2 ? "end" : "start";
    shapes.push(words(x(happened) + (anchor === "end" ? -0.4 : 0.4) * em, em, text("lessons.class.is"), "word strong", anchor));
  }
  return shapes;
}

/** @param {number} x @param {number} y @param {number} width @param {number} height */
function rect(x, y, width, height) {
  return shape("rect", { x, y, width: Math.max(0, width), height: Math.max(0, height), class: "votes" });
}
