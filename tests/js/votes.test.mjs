// The votes of a class: what is counted, what is ignored, and bars in which one wild guess hides nothing.
import { test } from "node:test";
import { bars, chosen, guessers, numbers, quantile } from "../../web/lessons/votes.js";
import { equal } from "./fake.mjs";

/** @import { Field, Vote } from "../../web/lessons/votes.js" */

const NUMBER = /** @type {Field} */ ({ name: "queue", question: "How many?", choices: null, several: false, least: 0, most: 100, whole: true });
const CHOICE = /** @type {Field} */ ({ ...NUMBER, choices: [{ value: "now", label: "At once" }, { value: "end", label: "At the end" }] });
/** @param {...number} values */
const votes = (...values) => numbers({ ...NUMBER, least: -Infinity, most: Infinity, whole: false }, { queue: Object.fromEntries(values.map((value) => [String(value), values.filter((one) => one === value).length])) });
/** @param {Vote[]} list */
const all = (list) => list.reduce((sum, { count }) => sum + count, 0);

test("numbers the field takes are counted, one number in whatever spelling", () => {
  const told = { 70: 3, "070": 1, "7e1": 1, 100: 2, 0: 1 };
  equal(numbers(NUMBER, { queue: told }), [{ value: 0, count: 1 }, { value: 70, count: 5 }, { value: 100, count: 2 }]);
});

test("junk is not counted", () => {
  const junk = { 101: 1, "-1": 9, 70.5: 1, "": 4, " ": 1, NaN: 2, Infinity: 1, "<b>": 5, 50: 0, 51: -3, 52: 1.5, 53: "9", 54: null };
  equal(numbers(NUMBER, { queue: junk }), []);
  equal(chosen(CHOICE, { queue: { now: 2, end: -1, never: 40, "": 1 } }), [
    { value: "now", label: "At once", count: 2 },
    { value: "end", label: "At the end", count: 0 },
  ]);
  for (const told of [null, undefined, 4, "now", [], true]) {
    equal(numbers(NUMBER, { queue: told }), []);
    equal(chosen(CHOICE, { queue: told }).map(({ count }) => count), [0, 0]);
  }
});

test("the name of something every object has is no choice", () => {
  equal(chosen({ ...CHOICE, choices: [{ value: "constructor", label: "" }] }, { queue: {} }).map(({ count }) => count), [0]);
});

test("few numbers have a bar each", () => {
  equal(bars(votes(1, 1, 1, 8, 3), true), { from: 1, width: 1, counts: [3, 0, 1, 0, 0, 0, 0, 1], below: false, beyond: false });
});

test("many are taken together, in widths one can count in", () => {
  const { from, width, counts } = bars(votes(...Array.from({ length: 101 }, (_, n) => n)), true);
  equal([from, width, counts.length, counts[0]], [0, 10, 11, 10]);
});

test("one wild guess does not push all others into one bar", () => {
  const list = votes(11, 11, 11, 11, 7, 12, 99_999);
  const { from, width, counts, beyond, below } = bars(list, true);
  equal([from, width, beyond, below], [7, 1, true, false]);
  equal(counts.reduce((sum, count) => sum + count, 0), all(list));
  equal(counts[11 - from], 4);
  equal(counts.at(-1), 1);
});

test("what happened has its place, also where nobody guessed it", () => {
  for (const also of [0, 70, 5000, 0.25]) {
    const { from, width, counts } = bars(votes(20, 30, 31), false, also);
    equal(from <= also && also < from + counts.length * width, true);
    equal(counts.length <= 21, true);
  }
});

test("one guess is a picture, too, and so are guesses that all agree", () => {
  equal(bars(votes(0), true).counts, [1]);
  equal(bars(votes(500, 500, 500), true).counts, [3]);
});

test("the middle one is the one with half of the guesses below it", () => {
  equal(quantile(votes(1, 2, 90), 0.5), 2);
  equal(quantile(votes(5), 0.5), 5);
  equal(quantile(votes(1, 1, 1, 9), 0.5), 1);
});

test("of boxes to tick it is counted who ticked which, and how many answered", () => {
  const boxes = { ...CHOICE, name: "1.ada", several: true, choices: [{ value: "1.ada", label: "Ada" }, { value: "1.bo", label: "Bo" }] };
  const told = { "1.ada": { on: 3, off: 2, "<b>": 9 }, "1.bo": { off: 5 }, "1.eve": { on: 7 } };
  equal(chosen(boxes, told).map(({ label, count }) => [label, count]), [["Ada", 3], ["Bo", 0]]);
  equal(guessers(boxes, told), 5);
  equal([guessers(NUMBER, { queue: { 70: 3, 900: 4 } }), guessers(CHOICE, { queue: { now: 2, never: 1 } })], [3, 2]);
  equal(guessers(boxes, {}), 0);
});
