// What a reading takes, and the acks that wait for it.
import { test } from "node:test";
import { Acks } from "../../web/client/acks.js";
import { Position, soundBatch } from "../../web/client/reading.js";
import { ok, same } from "./says.mjs";

function batch(after, cursor, seqs = [], gap = null) {
  const messages = seqs.map((seq) => ({ seq, event: "s2c", data: seq, from: null, room: null, at: 0 }));
  return { after, cursor, gap, more: false, messages };
}

function taken(position, reading, given) {
  const { verdict, messages } = position.take(reading, given);
  return verdict === "taken" ? messages.map((message) => message.seq) : verdict;
}

function at(cursor) {
  const position = new Position();
  position.take(position.begin(), batch(cursor, cursor));
  return position;
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

test("an ack waits for the reading, or 1 s", () => {
  let now = 0;
  let alarm = null;
  const clock = {
    now: () => now,
    setTimeout: (run, ms) => ((alarm = { run, at: now + ms }), 1),
    clearTimeout: () => (alarm = null),
  };
  const position = at("a.4");
  const acks = new Acks({ position, clock });
  const ran = [];
  acks.add("a.4", () => ran.push(4));
  acks.add("a.6", () => ran.push(6));
  acks.add("a.9", () => ran.push(9));
  same(ran, [4]);
  taken(position, position.begin(), batch("a.4", "a.7", [6]));
  acks.read();
  same(ran, [4, 6]);
  now = 1000;
  alarm.run();
  same(ran, [4, 6, 9]);
  acks.add("Z.1", () => ran.push("foreign"));
  same(ran.at(-1), "foreign");
});
