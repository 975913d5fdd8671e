// The teacher's guide: its solutions are right ones, by the judges of the lessons themselves.
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { judged as judgedStream, TASKS } from "../../web/lessons/stream/exercise.js";
import { hex, written } from "../../web/lessons/upgrade/frame.js";
import { equal } from "./fake.mjs";

const LESSONS = new URL("../../web/lessons/", import.meta.url);
const ENTITIES = /** @type {Record<string, string>} */ ({ "&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"' });
const INPUTS = ["inputs", "batches", "answers"]; // what a case of an exercise calls what it gives

/** The part of the guide on a lesson. @param {string} language @param {string} lesson */
function part(language, lesson) {
  const guide = readFileSync(new URL(`teacher/${language}.html`, LESSONS), "utf8");
  return guide.match(new RegExp(`<section id="${lesson}".*?</section>`, "s"))?.[0] ?? "";
}

/** All texts of an element in a part. @param {string} html @param {RegExp} pattern */
function texts(html, pattern) {
  return [...html.matchAll(pattern)].map(([, text]) => text.replace(/&\w+;/g, (entity) => ENTITIES[entity]));
}

/**
 * What a program makes of each case, as the sandbox tells it.
 * @param {string} program @param {string} name @param {any[]} cases
 */
function told(program, name, cases) {
  const runs = cases.map((one) => {
    const run = new Function(`"use strict";\n${program}\nreturn ${name};`)();
    let state = /** @type {any} */ (null);
    const inputs = one[INPUTS.find((key) => one[key]) ?? ""];
    return inputs.map((/** @type {any} */ input) => {
      const out = structuredClone(run(structuredClone(state), structuredClone(input)));
      state = out.state;
      return out;
    });
  });
  return { runs, fault: null };
}

for (const language of ["en", "zh"]) {
  for (const lesson of ["lost", "once", "own", "kill"].filter((name) => existsSync(new URL(`${name}/exercise.js`, LESSONS)))) {
    test(`${language}: the program that solves ${lesson}`, async () => {
      const { NAME, CASES, judged } = await import(new URL(`${lesson}/exercise.js`, LESSONS).href);
      const programs = texts(part(language, lesson), /<pre class="program">(.*?)<\/pre>/gs);
      equal(programs.length, 1);
      equal(judged(told(programs[0], NAME, CASES)).right, true);
    });
  }

  test(`${language}: the streams of lesson 3`, () => {
    const [list] = texts(part(language, "stream"), /<ol class="streams">(.*?)<\/ol>/gs);
    const streams = texts(list, /<pre>(.*?)<\/pre>/gs);
    equal(streams.map((stream, i) => judgedStream(stream, TASKS[i]).right), TASKS.map(() => true));
  });

  test(`${language}: the frames of lesson 2`, () => {
    const key = Uint8Array.from([0x37, 0xfa, 0x21, 0x3d]);
    const found = Object.fromEntries([...part(language, "upgrade").matchAll(/data-fact="(\w+)">(.*?)</g)].map(([, name, bytes]) => [name, bytes]));
    equal(found, { hello: hex(written(new TextEncoder().encode("hello"), key)), longer: hex(written(new Uint8Array(), key, 5000)) });
  });
}
