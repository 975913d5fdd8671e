// The clock: pauses, timers and the time of day.
import { test } from "node:test";
import { Alarm, realClock, timeOfDay } from "../../web/client/clock.js";
import { pauseBefore } from "../../web/client/rung.js";
import { same } from "./says.mjs";

test("pauses grow from 0.5 s to 30 s, the jitter after the cap", () => {
  same(
    [1, 2, 3, 4, 7, 50].map((tries) => pauseBefore(tries, 1)),
    [500, 1000, 2000, 4000, 30_000, 30_000],
  );
  same(pauseBefore(50, 0.5), 15_000);
});

test("what is shown has the time of day, whatever it was set to since the tab was opened", () => {
  const clock = { ...realClock, now: () => 1000, wall: () => 5000 };
  same([timeOfDay(clock, 1000), timeOfDay(clock, 1500), timeOfDay({ ...clock, wall: undefined }, 3)], [5000, 5500, 3]);
});

test("a timer for later than a browser can count rings no sooner", () => {
  const set = /** @type {number[]} */ ([]);
  const clock = { ...realClock, now: () => 0, setTimeout: (/** @type {() => void} */ _run, /** @type {number} */ ms) => set.push(ms) };
  new Alarm(clock, () => {}).set(1e15);
  same(set, [2 ** 31 - 1]);
});
