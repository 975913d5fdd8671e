// The outbox: numbers, the window, holes and replies.
import { test } from "node:test";
import { Outbox } from "../../web/client/outbox.js";
import { ok, same } from "./says.mjs";

const emitOf = (event) => ({ event, text: "null", done: () => {} });

test("emits are numbered when they go up, at most 64 without an ack", () => {
  const outbox = new Outbox();
  for (let i = 0; i < 100; i += 1) outbox.add(emitOf(`e${i}`));
  const numbers = outbox.take(1, 0).map((emit) => emit.n);
  same([numbers[0], numbers.at(-1), numbers.length], [1, 64, 64]);
  outbox.answer([{ n: 2, data: null }], () => 0);
  same(outbox.take(1, 0).length, 0, "the window is counted from the lowest");
  outbox.answer([{ n: 1, data: null }], () => 0);
  same(
    outbox.take(1, 0).map((emit) => emit.n),
    [65, 66],
  );
  same(JSON.parse(outbox.frame([])), { acked: 2 });
});

test("on the next way all unacked go again, in order, before new ones", () => {
  const outbox = new Outbox();
  for (const name of ["a", "b", "c"]) outbox.add(emitOf(name));
  outbox.take(1, 0);
  outbox.add(emitOf("d"));
  outbox.answer([{ n: 2, data: null }], () => 0);
  same(
    outbox.take(2, 0).map(({ n, event }) => [n, event]),
    [
      [1, "a"],
      [3, "c"],
      [4, "d"],
    ],
  );
});

test("a frame stays below 64 KiB", () => {
  const outbox = new Outbox();
  for (let i = 0; i < 10; i += 1) outbox.add({ event: "e", text: JSON.stringify("x".repeat(16_000)), done: null });
  let frames = 0;
  for (let emits = outbox.take(1, 0); emits.length; emits = outbox.take(1, 0)) {
    ok(outbox.frame(emits).length <= 65_536, "small enough");
    frames += 1;
  }
  same(frames, 4);
});

test("a hole is filled from what is expected", () => {
  const outbox = new Outbox();
  for (const name of ["a", "b", "c"]) outbox.add(emitOf(name));
  outbox.take(1, 0);
  const hole = { n: 3, error: { code: "out_of_order", message: "", expected: 2 } };
  const { hole: found, forgotten } = outbox.answer([{ n: 1, data: 1 }, hole], () => 0);
  same([found, forgotten], [true, false]);
  same(
    outbox.take(1, 0).map((emit) => emit.n),
    [2, 3],
  );
});

test("a hub that expects what it has acked has forgotten the client; a late hole is none", () => {
  const outbox = new Outbox();
  for (const name of ["a", "b", "c"]) outbox.add(emitOf(name));
  outbox.take(1, 0);
  outbox.answer([{ n: 1 }, { n: 2 }], () => 0);
  const hole = [{ n: 3, error: { code: "out_of_order", message: "", expected: 1 } }];
  same(outbox.answer(hole, () => 0).forgotten, false, "sent before n = 1 was acked");
  same(outbox.answer(hole, () => 2).forgotten, true);
  outbox.add(emitOf("d"));
  same(
    outbox.forget().map((emit) => emit.event),
    ["c"],
  );
  same(
    outbox.take(9, 0).map(({ n, event }) => [n, event]),
    [[1, "d"]],
  );
});

test("an emit refused alone uses its number up", () => {
  const outbox = new Outbox();
  outbox.add(emitOf("a"));
  outbox.take(1, 0);
  outbox.empties(1);
  const [nothing] = outbox.take(1, 0);
  same(JSON.parse(outbox.frame([nothing])).emits, [{ n: 1, event: "$void" }]);
  same(outbox.answer([{ n: 1, error: { code: "reserved" } }], () => 0).done, []);
  ok(outbox.empty, "done with");
});

test("a reply goes up until it is acked, and only the first counts", () => {
  const outbox = new Outbox();
  outbox.reply(17, "1");
  outbox.reply(17, "2");
  same(outbox.takeReplies(1, 0), ['{"seq":17,"data":1}']);
  same(outbox.takeReplies(1, 0), []);
  same(outbox.takeReplies(2, 0), ['{"seq":17,"data":1}']);
  outbox.answer([{ seq: 17 }], () => 0);
  ok(outbox.empty, "done with");
});
