// Lesson 7: its situations, and ticks beside what was heard.
import { test } from "node:test";
import { compared, drawn, FIRST, FORMS, PEOPLE, ticked, written } from "../../web/lessons/audience/situation.js";
import { equal } from "./fake.mjs";

/** Chance that is the same again (mulberry32). @param {number} seed */
function luck(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

test("each situation has every form once, and a room that somebody leaves before it is spoken to", () => {
  const kinds = new Set();
  for (let seed = 0; seed < 300; seed += 1) {
    const { rooms, leaves, emits } = drawn(luck(seed));
    equal(emits.map(({ form }) => form).sort(), [...FORMS].sort());
    equal(Object.keys(rooms).sort(), [...PEOPLE].sort());
    for (const room of ["red", "blue"]) equal(PEOPLE.filter((person) => rooms[person].includes(room)).length, 2);
    if (!leaves) throw new Error("nobody leaves");
    equal(rooms[leaves.who].includes(leaves.room), true);
    equal(emits.slice(leaves.before).some(({ room }) => room === leaves.room), true);
    for (const { who, form, room, to } of emits) {
      equal(form === "one", to !== undefined);
      equal(form.startsWith("room"), room !== undefined);
      equal(to === who, false);
    }
    kinds.add(JSON.stringify(emits));
  }
  equal(kinds.size > 250, true);
});

test("an emit is written as the article writes it", () => {
  equal(FIRST.emits.map((emit, i) => written(emit, i + 1)), [
    "io.sockets.emit('news', 1)",
    "socket.broadcast.emit('news', 2)",
    "socket.emit('news', 3)",
    "io.sockets.in('red').emit('news', 4)",
    "socket.broadcast.to('red').emit('news', 5)",
    "io.sockets.socket(bo.id).emit('news', 6)",
  ]);
});

test("what was ticked beside what was heard", () => {
  const values = { "1.ada": "on", "1.bo": "on", "1.cy": "", "2.di": "on" };
  equal([1, 2, 3].map((n) => ticked(values, n)), [["ada", "bo"], ["di"], []]);
  equal(compared([["ada", "bo"], ["di"], []], [["bo", "ada"], ["cy"], ["di"]]), [
    { missed: [], extra: [] },
    { missed: ["cy"], extra: ["di"] },
    { missed: ["di"], extra: [] },
  ]);
});
