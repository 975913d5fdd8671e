// What a reading takes for a batch.
import { test } from "node:test";
import { soundBatch } from "../../web/client/reading.js";
import { ok } from "./says.mjs";

/** @param {string} after @param {string} cursor @param {number[]} seqs */
function batch(after, cursor, seqs = [], gap = null) {
  const messages = seqs.map((seq) => ({ seq, event: "s2c", data: seq, from: null, room: null, at: 0 }));
  return { after, cursor, gap, more: false, messages };
}

test("what is not a batch in form is the network speaking", () => {
  const sound = batch("a.1", "a.3", [2, 3]);
  ok(soundBatch(sound), "sound");
  const wrong = [
    null,
    "x",
    {},
    { ...sound, cursor: "a" },
    { ...sound, cursor: "A.3" },
    { ...sound, cursor: "a.03" },
    { ...sound, cursor: "b.3" },
    batch("a.1", "a.3", [3, 2]),
    batch("a.1", "a.3", [4]),
    batch("a.1", "a.3", [1]),
    { ...sound, messages: [null] },
    { ...sound, messages: [{ seq: "2" }] },
  ];
  for (const one of wrong) ok(!soundBatch(one), JSON.stringify(one));
});
