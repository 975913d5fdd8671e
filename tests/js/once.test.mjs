// Lesson 6: the exercise's cases by a right program and by what a server may answer, and what each typical program is shown.
import { test } from "node:test";
import { FAULTS } from "../../web/lessons/handed.js";
import { CASES, COUNT, judged, WINDOW } from "../../web/lessons/once/exercise.js";
import { equal, sure } from "./fake.mjs";
import { PROGRAMS, RIGHT } from "./nexts.mjs";
import { ran } from "./ran.mjs";

/** What the sandbox tells of a program. @param {string} program */
const told = (program) => judged(ran(program, "next", CASES));

test("a right program is right", () => {
  for (const program of RIGHT) equal(told(program), { right: true, kind: null, why: "", shown: null });
});

for (const [name, { program, kind, lost = [], twice = [], other = [] }] of Object.entries(PROGRAMS)) {
  test(`a program that ${name} is shown its case`, () => {
    const { right, kind: found, shown } = told(program);
    equal([right, found], [false, kind]);
    equal([shown?.lost ?? [], shown?.twice ?? [], shown?.other ?? []], [lost, twice, other].map((numbers) => numbers.map(String)));
  });
}

test("each case goes wrong for some program here, and no fault has its name", () => {
  const shown = new Set(Object.values(PROGRAMS).map(({ kind }) => kind));
  equal(CASES.map(({ name }) => name).filter((name) => !shown.has(name)), []);
  equal(FAULTS.some((kind) => CASES.some(({ name }) => name === kind)), false);
});

for (const { name, inputs, wanted } of CASES) {
  test(`${name}: an answer speaks of what went up before, and all comes to its end`, () => {
    equal(inputs.length, wanted.length);
    equal(wanted.at(-1), []);
    const sent = new Set();
    for (const [call, answer] of inputs.entries()) {
      for (const { n } of answer && "acks" in answer ? answer.acks : []) sure(sent.has(n), `${n} went up`);
      wanted[call].forEach((n) => sent.add(n));
      sure(wanted[call].length <= WINDOW && wanted[call].every((n, i) => n > (wanted[call][i - 1] ?? 0) && n <= COUNT), "in order, and not too many");
    }
  });
}

test("what is no list of numbers has not the form", () => {
  for (const send of [undefined, 1, "1", [1, "2"], [1.5], [null]]) {
    equal(judged({ runs: [[{ state: 0, send }]], fault: null }).kind, "form");
  }
  equal(judged({ runs: [], fault: { kind: "late", why: "2", at: 0, call: 0 } }).kind, "late");
});
