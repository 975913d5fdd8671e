// Lesson 4: the exercise's cases by the project's own client, and what each typical program is shown.
import { test } from "node:test";
import { Position, soundBatch } from "../../web/client/reading.js";
import { FAULTS } from "../../web/lessons/handed.js";
import { CASES, judged } from "../../web/lessons/lost/exercise.js";
import { PROGRAMS, RIGHT } from "./takes.mjs";
import { equal } from "./fake.mjs";
import { ran } from "./ran.mjs";

/** @import { Case } from "../../web/lessons/lost/exercise.js" */

/**
 * What the sandbox tells of a program that comes to its end.
 * @param {string} program @param {readonly Case[]} cases
 */
const told = (program, cases = CASES) => judged(ran(program, "take", cases));

for (const { name, inputs, wanted } of CASES) {
  test(`${name}: what is wanted is what this client hands on`, () => {
    const position = new Position();
    const handed = inputs.flatMap((batch) => {
      if (batch === null) return [];
      equal(soundBatch(batch), true);
      return position.take(position.begin(), structuredClone(batch)).messages.map(({ data }) => data);
    });
    equal(handed, wanted);
  });
}

test("a right program is right", () => {
  for (const program of RIGHT) equal(told(program), { right: true, kind: null, why: "", shown: null });
});

for (const [name, { program, kind, lost = [], twice = [], other = [] }] of Object.entries(PROGRAMS)) {
  test(`a program that ${name} is shown its case`, () => {
    const { right, kind: found, shown } = told(program);
    equal([right, found, shown?.lost, shown?.twice, shown?.other], [false, kind, lost, twice, other]);
  });
}

test("of two things that go wrong the first is shown", () => {
  const outs = [{ messages: CASES[0].inputs[0]?.messages ?? [] }, { messages: [] }];
  const fault = { kind: "threw", why: "oh", at: 1, call: 0 };
  equal(judged({ runs: [outs], fault }).kind, "plain");
  equal(judged({ runs: [], fault }), { right: false, kind: "threw", why: "oh", shown: null });
  equal(judged({ runs: [[{ messages: "k7.4" }]], fault: null }).kind, "form");
  equal(FAULTS.some((kind) => CASES.some(({ name }) => name === kind)), false);
});

test("each case goes wrong for some program here", () => {
  const shown = new Set(Object.values(PROGRAMS).map(({ kind }) => kind));
  equal(CASES.map(({ name }) => name).filter((name) => !shown.has(name)), []);
});
