// Theory: the page's models give what tests/vectors/theory.json says, and so do the bench's in Python.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { event, frame, model, ratios } from "../../web/page/theory.js";
import { equal, sure } from "./fake.mjs";

const { laws, framing, ratios: five } = JSON.parse(readFileSync(new URL("../vectors/theory.json", import.meta.url), "utf8"));
const CURSOR = 16; // bytes, as in the vectors
const KAAZING = { up: 716, down: 193, lines: 19, body: 21, framing: 2 };

/** @param {number} found @param {number} expected @param {string} about */
function near(found, expected, about) {
  sure(Math.abs(found - expected) <= 1e-9 * Math.max(1, Math.abs(expected)), `${about} is ${expected}: ${found}`);
}

for (const { transport, is, ...knobs } of laws) {
  test(`${transport} of ${JSON.stringify(knobs)}`, () => {
    const law = /** @type {Record<string, any>} */ (model(transport, knobs));
    const { quantiles, ...figures } = is;
    for (const [name, expected] of Object.entries(figures)) near(law[name], expected, name);
    for (const [q, expected] of Object.entries(quantiles)) near(law.quantile(Number(q)), expected, `quantile ${q}`);
  });
}

test("bytes around a text", () => {
  for (const { text, ws, sse } of framing) equal([frame(text), event(text, CURSOR)], [ws, sse], `${text} bytes`);
});

test("the five ratios of a poll and a frame", () => {
  equal(ratios(KAAZING).map(({ poll, ws }) => [poll, ws]), five);
});
