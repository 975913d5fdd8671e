// Lesson 10: each typical program is shown its case, and how a line of the lesson remembers what was asked where.
import { test } from "node:test";
import { FAULTS } from "../../web/lessons/handed.js";
import { CASES, judged } from "../../web/lessons/kill/exercise.js";
import { PROGRAMS, RIGHT } from "./answers.mjs";
import { equal } from "./fake.mjs";
import { ran } from "./ran.mjs";

/** What the sandbox tells of a program that comes to its end. @param {string} program */
const told = (program) => judged(ran(program, "answer", CASES));

test("a right program is right", () => {
  for (const program of RIGHT) equal(told(program), { right: true, kind: null, why: "", shown: null });
});

for (const [name, { program, kind, lost = [], twice = [], other = [], cursor }] of Object.entries(PROGRAMS)) {
  test(`a program that ${name} is shown its case`, () => {
    const { right, kind: found, shown } = told(program);
    equal([right, found, shown?.lost, shown?.twice, shown?.other, shown?.cursor?.is], [false, kind, lost, twice, other, cursor]);
  });
}

test("each case but the plain one has a program here that fails at it first, and no fault has a case's name", () => {
  const shown = new Set(Object.values(PROGRAMS).map(({ kind }) => kind));
  equal(CASES.map(({ name }) => name).filter((name) => !shown.has(name)), []);
  equal(FAULTS.some((kind) => CASES.some(({ name }) => name === kind)), false);
});

test("what is no list of messages is no answer", () => {
  equal(judged({ runs: [[{ messages: "m1" }]], fault: null }).kind, "form");
  equal(judged({ runs: [], fault: { kind: "threw", why: "oh", at: 0, call: 0 } }).kind, "threw");
});
