// Choosing: the page's calculator says what tests/vectors/choose.json says, and so does `python -m bench choose`.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, ranked, row } from "../../web/page/calculator/choice.js";
import { equal, sure } from "./fake.mjs";

const { facts, empty, message, heads, cases } = JSON.parse(readFileSync(new URL("../vectors/choose.json", import.meta.url), "utf8"));
const ways = Object.fromEntries(Object.entries(heads).map(([name, [up, down]]) => [name, { up, down }]));

for (const { knobs, order, rows } of cases) {
  test(`the choice for ${JSON.stringify(knobs)}`, () => {
    const bytes = { empty, message: message + knobs.size, heads: ways };
    const found = Object.fromEntries(facts.plain.map((/** @type {string} */ name) => [name, row(name, knobs, bytes, facts)]));
    for (const [name, expected] of Object.entries(rows)) {
      for (const [figure, value] of Object.entries(expected)) {
        const told = found[name][figure];
        if (typeof value === "boolean") equal(told, value, `${name}: ${figure}`);
        else sure(Math.abs(told - value) <= 1e-6 * Math.max(1e-6, Math.abs(value)), `${name}: ${figure} is ${value}: ${told}`);
      }
    }
    equal(ranked(found, facts), order);
  });
}

test("a curve is read between its points, and says when it is read beyond them", () => {
  /** @type {[number, number][]} */
  const curve = [[1, 1], [100, 16]];
  sure(Math.abs(at(curve, 10).value - 4) < 1e-12, "halfway on logarithmic scales");
  equal([at(curve, 0.5), at(curve, 500)], [{ value: 1, below: true, above: false }, { value: 16, below: false, above: true }]);
});
