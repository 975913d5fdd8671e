// The vectors of `tests/vectors`: the Python client runs the same ones.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as courses from "./courses.mjs";
import { equal } from "./fake.mjs";

for (const kind of /** @type {const} */ (["reading", "outbox", "acks", "closings"])) {
  const cases = JSON.parse(readFileSync(new URL(`../vectors/${kind}.json`, import.meta.url), "utf8"));
  for (const { name, steps } of cases) {
    test(`${kind}: ${name}`, async () => equal(await courses[kind](steps), courses.wanted(steps)));
  }
}
