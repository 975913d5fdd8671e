// Lesson 9: what each way leaves a reader with, the exercise's cases, and what the suite of the contract has printed.
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CASES, judged } from "../../web/lessons/own/exercise.js";
import { ndjson } from "../../web/lessons/own/ndjson.js";
import { tried, WAYS } from "../../web/lessons/own/promises.js";
import { codeOf, HINTS, judged as judgedBySuite } from "../../web/lessons/own/suite.js";
import { equal, sure } from "./fake.mjs";
import { PROGRAMS, RIGHT } from "./reads.mjs";

const ROOT = new URL("../../", import.meta.url);

// ---- the eight ways

const LEFT = /** @type {Record<string, Partial<import("../../web/lessons/own/promises.js").Tried>>} */ ({
  forgets: { lost: [4, 5, 12] },
  pieces: {},
  silent: { hung: 1 },
  again: {},
  leaks: { lost: [2, 5], other: [3, 11] },
  ends: {},
  skips: { lost: [8, 9, 10] },
});

for (const [name, left] of Object.entries(LEFT)) {
  test(`what a reader has of a transport by the way "${name}"`, () => {
    const { breaks, ...found } = tried(WAYS[name]);
    equal(found, { lost: [], twice: [], other: [], hung: 0, ...left });
    equal(breaks, Object.keys(left).length > 0);
  });
}

test("a cursor that counts the messages of its answer leads nowhere after a break", () => {
  const { lost, hung } = tried(WAYS.counts);
  sure(lost.includes(4) && lost.includes(12) && !lost.includes(1), String(lost));
  sure(hung > 1, String(hung));
});

test("each way is one that is guessed, and the other way round", () => {
  const prose = readFileSync(new URL("web/lessons/own/en.html", ROOT), "utf8");
  const guessed = [...prose.matchAll(/name="(\w+)" value="breaks"/g)].map(([, name]) => name);
  equal(guessed, Object.keys(WAYS));
  equal(Object.keys(WAYS).sort(), [...Object.keys(LEFT), "counts"].sort());
});

// ---- the half in the browser

/** A body that comes in just these pieces. @param {Uint8Array[]} pieces */
function from(pieces) {
  return new ReadableStream({
    start(control) {
      for (const piece of pieces) control.enqueue(piece);
      control.close();
    },
  });
}

/** What the sandbox tells of a program that comes to its end. @param {string} program */
function told(program) {
  const runs = /** @type {any[][]} */ ([]);
  for (const [at, { inputs }] of CASES.entries()) {
    const read = new Function(`"use strict";\n${program}\nreturn read;`)();
    let state = /** @type {any} */ (null);
    const outs = /** @type {any[]} */ ([]);
    try {
      for (const piece of inputs) {
        const out = structuredClone(read(state, structuredClone(piece)));
        state = out.state;
        outs.push(out);
      }
    } catch (/** @type {any} */ error) {
      return judged({ runs, fault: { kind: "threw", why: error.message, at, call: outs.length } });
    }
    runs.push(outs);
  }
  return judged({ runs, fault: null });
}

for (const { name, inputs, wanted, cursors } of CASES) {
  test(`${name}: what is wanted is what the lesson's own reader makes of it`, async (context) => {
    const answers = inputs.reduce((all, piece) => (piece ? all.at(-1)?.push(piece) : all.push([]), all), /** @type {Uint8Array[][]} */ ([[]]));
    const heard = [];
    let cursor = /** @type {string | null} */ (null);
    for (const pieces of answers) {
      context.mock.method(globalThis, "fetch", async () => new Response(from(pieces)));
      for await (const batch of ndjson("/", new AbortController().signal)) {
        heard.push(...batch.messages.map(({ data }) => data));
        cursor = batch.cursor;
      }
    }
    equal([heard, cursor], [wanted, cursors.at(-1)]);
    equal(cursors.length, inputs.length);
  });
}

test("a right program is right", () => {
  for (const program of RIGHT) equal(told(program), { right: true, kind: null, why: "", shown: null });
});

for (const [name, { program, kind, lost = [], other = [], place = null, threw = false }] of Object.entries(PROGRAMS)) {
  test(`a program that ${name} is shown its case`, () => {
    const { right, kind: found, why, shown } = told(program);
    equal([right, found, Boolean(why)], [false, kind, threw]);
    equal([shown?.lost, shown?.twice, shown?.other, shown?.place?.call ?? null], [lost, [], other, place]);
  });
}

test("each case goes wrong for some program here", () => {
  const shown = new Set(Object.values(PROGRAMS).map(({ kind }) => kind));
  equal(CASES.map(({ name }) => name).filter((name) => !shown.has(name)), []);
});

test("what has another form than { state, messages, cursor } is told so", () => {
  for (const out of [{ state: 1, messages: "x", cursor: null }, { state: 1, messages: [] }, { state: 1, messages: [], cursor: 4 }]) {
    equal(judged({ runs: [[out]], fault: null }).kind, "form");
  }
  equal(judged({ runs: [], fault: { kind: "late", why: "2", at: 0, call: 0 } }).kind, "late");
});

// ---- the half on the server

const { wrong: WRONG, sentences: SENTENCES, code: CODE } = JSON.parse(readFileSync(new URL("tests/contract/said.json", ROOT), "utf8"));

for (const [name, { rule, finding, hint }] of Object.entries(WRONG)) {
  test(`what the suite says of the transport ${name} has its hint`, () => {
    const printed = `F\n\n${rule}\n    The sentence.\n    But ${finding}.\n\n1 promises are broken, 0 rules hold.\n`;
    const { kind, hints } = judgedBySuite("", printed);
    equal([kind, hints.includes(hint)], ["broken", true], hints.join());
  });
}

test("each kind of finding has its hint, and no other", () => {
  const unfit = { unfit: "x.py cannot be loaded: SyntaxError: no", refused: "the question was refused: bad_cursor" };
  equal([...Object.keys(unfit), ...Object.keys(SENTENCES)].sort(), HINTS.toSorted());
  for (const [hint, sentence] of Object.entries({ ...unfit, ...SENTENCES })) equal(judgedBySuite("", `But ${sentence}.`).hints, [hint], sentence);
  equal(judgedBySuite("", "hello"), { kind: "nothing", rules: 0, hints: [] });
  equal(judgedBySuite("", "3 promises are broken, 2 rules hold."), { kind: "broken", rules: 0, hints: [] });
});

test("the code is that of this file, and of all rules", () => {
  const file = "def transport(clients):\n    return None  # 字\n";
  const held = (/** @type {string} */ code) => `..\nIt holds: 57 rules, each on a server of its own.\nThe code of this file: ${code}\n`;
  const code = codeOf(file, 57);
  equal(judgedBySuite(`\r\n${file.replaceAll("\n", "\r\n")}`, held(code)), { kind: "right", rules: 57, hints: [] });
  equal(judgedBySuite(file, held(code).replaceAll(" ", "  ")).kind, "right");
  equal(judgedBySuite(file.replace("None", "clients"), held(code)).kind, "another");
  equal(judgedBySuite(" ", held(code)).kind, "without");
  equal(judgedBySuite("from transport_fallback.lab.ndjson import ndjson as transport", held(code)).kind, "lab");
  equal(judgedBySuite(file, "It holds: 3 rules, each on a server of its own.").kind, "some");
  equal(judgedBySuite(file, held(codeOf(file, 3)).replace("57", "3")).kind, "some");
});

test("the code is the one that the suite makes", () => {
  equal(codeOf(CODE.text, CODE.rules), CODE.code);
});
