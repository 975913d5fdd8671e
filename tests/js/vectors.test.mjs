// The scenarios of tests/ladder: the same events, the same commands. Python runs them, too, but for page.json.
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { same } from "./says.mjs";
import { courseOf } from "./scenario.mjs";

const FOLDER = new URL("../ladder/", import.meta.url);

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith(".json")).sort()) {
  for (const scenario of JSON.parse(readFileSync(new URL(file, FOLDER), "utf-8")).scenarios) {
    test(scenario.name, () => {
      const { commands } = courseOf(scenario);
      same(
        scenario.steps.map((/** @type {[number, string]} */ [now, event], /** @type {number} */ i) => [now, event, ...commands[i]]),
        scenario.steps,
      );
    });
  }
}
