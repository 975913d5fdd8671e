// Lesson 3: the interpretation of an event stream by the standard's own examples, and the exercise's tasks.
import { test } from "node:test";
import { judged, KINDS, streamOf, TASKS } from "../../web/lessons/stream/exercise.js";
import { interpret } from "../../web/lessons/stream/interpret.js";
import { equal } from "./fake.mjs";

/** @param {string} text @returns {string[][]} type, data and last id of each event */
const events = (text) => interpret(text).events.map(({ type, data, lastEventId }) => [type, data, lastEventId]);

/** @param {string} data @param {string} [id] */
const message = (data, id = "") => ["message", data, id];

test("the examples of the standard (WHATWG HTML 9.2.6)", () => {
  equal(events("data: YHOO\ndata: +2\ndata: 10\n\n"), [message("YHOO\n+2\n10")]);
  const ids = ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n";
  equal(events(ids), [message("first event", "1"), message("second event")]);
  equal(events(`${ids}\n`).at(-1), message(" third event"));
  equal(events("data\n\ndata\ndata\n\ndata:"), [message(""), message("\n")]);
  equal(events("data:test\n\ndata: test\n\n"), [message("test"), message("test")]);
});

const CASES = /** @type {[string, string, string[][]][]} */ ([
  ["two data lines", "data: one\ndata: two\n\n", [message("one\ntwo")]],
  ["a comment alone", ": here\n\n", []],
  ["a comment amid an event", "data: a\n: here\ndata: b\n\n", [message("a\nb")]],
  ["an id without data", "id: 7\n\ndata: x\n\n", [message("x", "7")]],
  ["an id taken back", "id: 7\ndata: x\n\nid:\ndata: y\n\n", [message("x", "7"), message("y")]],
  ["an id with a NUL", "id: 7\u00007\ndata: x\n\n", [message("x")]],
  ["an id of a block without an end", "data: x\n\nid: 7\n", [message("x")]],
  ["CR LF is one end of a line", "data: x\r\ndata: y\r\n\r\n", [message("x\ny")]],
  ["CR alone", "data: x\rdata: y\r\r", [message("x\ny")]],
  ["LF CR are two", "data: x\n\rdata: y\n\r", [message("x"), message("y")]],
  ["all mixed", "data: x\r\ndata: y\n\rdata: z\r\n\n", [message("x\ny"), message("z")]],
  ["no blank line", "data: x\n", []],
  ["no end of line", "data: x", []],
  ["a type holds for its block", "event: a\ndata: x\n\ndata: y\n\n", [["a", "x", ""], message("y")]],
  ["a type without data", "event: a\n\ndata: y\n\n", [message("y")]],
  ["a field in capitals", "Data: x\n\n", []],
  ["a space before the colon", "data : x\n\n", []],
  ["a colon in the value", "data: a: b\n\n", [message("a: b")]],
  ["a tab after the colon", "data:\tx\n\n", [message("\tx")]],
  ["a BOM, and another", "\ufeffdata: x\n\n\ufeffdata: y\n\n", [message("x")]],
  ["other ends of lines are none", "data: a\u2028b\u0085c\vd\fe\n\n", [message("a\u2028b\u0085c\vd\fe")]],
]);

for (const [name, text, expected] of CASES) test(name, () => equal(events(text), expected));

test("the time to wait is digits alone", () => {
  equal(["retry: 10\n", "retry:10\n", "retry: 10 \n", "retry: -1\n", "retry: 1.5\n", "retry:\n"].map((text) => interpret(text).retry), [
    10, 10, null, null, null, null,
  ]);
});

test("the last id that a page may see changes with a blank line", () => {
  equal([interpret("id: 7\n").lastEventId, interpret("id: 7\n\n").lastEventId], ["", "7"]);
});

/** For each task what is right, and what is wrong and why. @type {[right: string[], wrong: Record<string, string[]>][]} */
const ANSWERS = [
  [
    ["data: Ada: hello\ndata: Bo: hi\n\n", "data:Ada: hello\ndata:Bo: hi\n\n", ":x\ndata: Ada: hello\ndata: Bo: hi\n\n\n"],
    {
      split: ["data: Ada: hello\n\ndata: Bo: hi\n\n"], left: ["data: Ada: hello\ndata: Bo: hi\n", "data: Ada: hello\ndata: Bo: hi", "x"],
      unknown: ["data: Ada: hello\nBo: hi\n\n", "Data: Ada: hello\nData: Bo: hi\n\n"], space: ["data:  Ada: hello\ndata: Bo: hi\n\n"],
      text: ["data: Ada: hello\\nBo: hi\n\n", "data: Ada hello\ndata: Bo: hi\n\n"], nothing: ["", "\n\n", "event: Ada\n\n"],
    },
  ],
  [
    [":\n\ndata: still here\n\n", ": beat\ndata: still here\n\n"],
    { comment: ["data: still here\n\n"], empty: ["data:\n\ndata: still here\n\n"], unknown: ["# x\n\ndata: here\n\n"], left: [": x\n\ndata: still here\n"] },
  ],
  [
    ["id: 7\n\ndata: go\n\n", "id:7\n\nid:7\ndata:go\n\n"],
    {
      apart: ["id: 7\ndata: go\n\n"], nothing: ["id: 7\n\n"], noid: ["data: go\n\nid: 7\n\n"], empty: ["id: 7\ndata:\n\ndata: go\n\n"],
    },
  ],
  [
    ["event: score\\r\\ndata: 3:2\\r\\n\\r\\n", "event: score\\r\\n\ndata: 3:2\\r\\n\n\\r\\n"],
    {
      ends: ["event: score\\ndata: 3:2\\n\\n", "event: score\\n\\rdata: 3:2\\n\\r", "event: score\\r\\ndata: 3:2\\r\\n\\n"],
      left: ["event: score\\r\\ndata: 3:2\\r\\n", "event: score\ndata: 3:2\n\n"], type: ["data: 3:2\\r\\n\\r\\n", "event: score\\r\\n\\r\\ndata: 3:2\\r\\n\\r\\n"],
    },
  ],
  [
    ["data: one\n\ndata: two\n\n"],
    { joined: ["data: one\ndata: two\n\n"], left: ["data: one\n\ndata: two\n", "data: one\ndata: two\n"], split: ["data: one\n\ndata: two\n\ndata: x\n\n"] },
  ],
];

for (const [i, [right, wrong]] of ANSWERS.entries()) {
  test(`task ${i + 1}: what is right, and what each wrong answer is told`, () => {
    for (const typed of right) equal(judged(typed, TASKS[i]).right, true, typed);
    for (const [kind, all] of Object.entries(wrong)) {
      for (const typed of all) {
        const facts = judged(typed, TASKS[i]);
        equal(KINDS.filter((one) => facts[one]), [kind], typed);
        equal(facts.events, interpret(streamOf(typed, TASKS[i])).events, typed);
      }
    }
  });
}
