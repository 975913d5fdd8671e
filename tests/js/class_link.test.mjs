// The link of a class: what it opens, and that it takes nothing along that is of the teacher's screen.
import { test } from "node:test";
import { isSet, queryOf } from "../../web/page/class/link.js";
import { equal } from "./fake.mjs";

/** @import { Wish } from "../../web/page/class/link.js" */

const HERE = "?panel=lessons&lesson=4&step=3&view=class&size=large&lang=en&name=Teacher&name2=Aide&left=sse&seconds=3&class=own";
/** @param {Partial<Wish>} wish */
const query = (wish, search = HERE, language = "zh") => queryOf(search, { opens: "experiment", lesson: 4, step: 3, group: "together", ...wish }, language);

test("an experiment is as it is set here, but for what is this screen's own", () => {
  equal(query({}), "left=sse&seconds=3&class=together&lang=zh");
  equal(query({ group: "own" }), "left=sse&seconds=3&class=own&lang=zh");
  equal(query({}, "", "en"), "class=together&lang=en");
});

test("the start is as it is at first", () => {
  equal(query({ opens: "start" }), "class=together&lang=zh");
});

test("a lesson has its number and its step, and nobody is asked for a name", () => {
  equal(query({ opens: "lesson" }), "panel=lessons&lesson=4&step=3&seconds=3&lang=zh");
  equal(query({ opens: "lesson", lesson: 1, step: 1 }, "?left=ws", "en"), "panel=lessons&lesson=1&step=1&lang=en");
});

test("a page is set if any knob is that others would have, too", () => {
  equal([isSet(HERE), isSet("?panel=class&lang=zh&size=large&view=class&name=Ada"), isSet("?every=500"), isSet("")], [true, false, true, false]);
});
