// The ladder: what is tried, kept and left, and in which order.
import { test } from "node:test";
import { sentence } from "../../web/client/sentences.js";
import { all, Course, HANGS, REFUSES, WORKS } from "./course.mjs";
import { ok, same } from "./says.mjs";

test("a newcomer is served by longpoll, then ws is tried from its first batch", () => {
  const course = new Course(all).pass(30);
  same(course.opened, [
    [0, "longpoll"],
    [20, "ws"],
  ]);
  same(course.names, ["connecting", "connect"]);
  course.pass(20);
  same(course.ladder.transport, "ws");
  same(course.names, ["connecting", "connect", "switch"]);
  same(course.told[2][1].gapMs, 0);
});

test("the old rung goes on reading until the new one has lived 5 s", () => {
  const course = new Course(all).pass(5000);
  same([...course.live.values()].sort(), ["longpoll", "ws"]);
  course.pass(100);
  same([...course.live.values()], ["ws"]);
});

test("sse is tried when ws fails, and ws again later", () => {
  const course = new Course({ ...all, ws: REFUSES }).pass(10_000);
  same(course.ladder.transport, "sse");
  ok(course.tries("ws") >= 2, "ws is tried again");
});

test("a rung that opens but brings no batch within 1.5 s fails", () => {
  const course = new Course({ ...all, ws: HANGS }).pass(1519);
  same(course.tries("sse"), 0);
  course.pass(10);
  same(course.tries("sse"), 1);
});

test("the patience is 6 of the smallest round trips where that is longer", () => {
  const course = new Course({ ...all, ws: HANGS });
  course.step({ type: "rtt", ms: 900 });
  course.step({ type: "rtt", ms: 500 });
  course.pass(20 + 2990);
  same(course.tries("sse"), 0);
  course.pass(20);
  same(course.tries("sse"), 1);
});

test("patience doubles after each failure by time alone, up to 15 s", () => {
  const course = new Course({ longpoll: WORKS, ws: HANGS }, { order: ["ws", "longpoll"], chance: 0 }).pass(3_600_000);
  const lives = course.log
    .filter((line) => line.includes("ws opened, but gave no first batch"))
    .map((line) => Number(/within ([\d.]+) s/.exec(line)?.[1]));
  same(lives.slice(0, 5), [1.5, 3, 6, 12, 15]);
});

test("when the rung in use dies the next reads at once, and that is only a switch", () => {
  const course = new Course({ ...all, ws: { pass: 20, dies: 8000 } }).pass(8045);
  same(course.opened.at(-1), [8040, "sse"]);
  course.pass(30);
  same(course.names, ["connecting", "connect", "switch", "switch"]);
  const { from, to, gapMs } = course.last;
  same([from, to, gapMs], ["ws", "sse", 20]);
});

test("a rung that dies on probation hands back to the one that still reads", () => {
  const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES }).pass(245);
  same(course.ladder.transport, "longpoll");
  same(course.last.gapMs, 0);
  same([course.tries("longpoll"), course.tries("poll")], [1, 1]); // the poll is the witness
});

test("a silent stream is left after 2.5 heartbeats", () => {
  const course = new Course(all, { pace: { every: 1000, hold: 20, heartbeat: 2 } }).pass(6000);
  course.silent = new Set(["ws"]);
  course.pass(4000);
  same(course.ladder.transport, "ws");
  course.pass(1100);
  same(course.ladder.transport, "sse");
});

test("a silent longpoll is left after hold + 2 s", () => {
  const course = new Course(
    { longpoll: { pass: 20, beat: null }, poll: WORKS },
    { order: ["longpoll", "poll"] },
  ).pass(22_010);
  same(course.ladder.transport, "longpoll");
  course.pass(50);
  same(course.ladder.transport, "poll");
});

test("a page that slept does not blame its rung", () => {
  const course = new Course(
    { longpoll: { pass: 20, beat: null }, poll: WORKS },
    { order: ["longpoll", "poll"] },
  ).pass(100);
  course.now = 3_600_000;
  course.step({ type: "tick" });
  same(course.ladder.transport, "longpoll");
});

test("a transport that always dies is not flapped on: it rests", () => {
  const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES }).pass(600_000);
  same(course.ladder.transport, "longpoll");
  ok(course.tries("ws") <= 9, `${course.tries("ws")} tries in 10 min`);
  ok(
    course.log.some((line) => line.includes("resting it for 1 min")),
    "it rests 1 min",
  );
  ok(
    course.log.some((line) => line.includes("resting it for 2 min")),
    "then 2",
  );
});

test("an outage of everything counts against no rung", () => {
  const course = new Course(all).pass(10_000);
  course.world = {};
  for (const id of [...course.live.keys()]) course.step({ type: "ended", id, kind: "lost", why: { key: "text", text: "cut" } });
  course.pass(120_000);
  course.world = all;
  course.pass(31_000 + 100);
  same(course.ladder.transport, "ws");
  ok(!course.log.some((line) => line.includes("resting")), "nothing rests");
});

test("a loss tells disconnect, reconnecting, connecting, reconnect, connect", () => {
  const course = new Course(all).pass(10_000);
  course.world = {};
  course.told.length = 0;
  for (const id of [...course.live.keys()]) course.step({ type: "ended", id, kind: "lost", why: { key: "text", text: "cut" } });
  course.pass(20_000);
  course.world = all;
  course.pass(40_000);
  const order = course.names.join(" ");
  ok(/^disconnect (reconnecting )+connecting reconnect connect( switch)*$/.test(order), order);
  const attempts = course.told.filter(([name]) => name === "reconnecting").map(([, detail]) => detail.attempt);
  same(
    attempts,
    attempts.map((_, index) => index + 1),
  );
  ok(course.told[0][2] - 10_000 === 1500, "disconnect comes after 1.5 s");
});

test("connect_failed comes once, and trying goes on", () => {
  const course = new Course({}).pass(60_000);
  same(course.names.filter((name) => name === "connect_failed").length, 1);
  same(course.names[0], "connect_failed");
  course.world = all;
  course.pass(31_000);
  same(course.names.filter((name) => name === "connect").length, 1);
  ok(!course.names.includes("reconnect"), "the first connect is no reconnect");
});

test("online is one immediate try", () => {
  const course = new Course({}, { chance: 0.99 }).pass(60_000);
  const before = course.opened.length;
  course.step({ type: "online" });
  same(course.opened.length, before + 1);
});

test("a server that restarts is come back to within 3 s, on the rung it had, with no failure counted", () => {
  const course = new Course(all, { chance: 0.4 }).pass(10_000);
  const [id] = course.live.keys();
  course.step({ type: "ended", id, kind: "leave", why: { key: "text", text: "closed with 1012" } });
  course.pass(1190);
  same(course.live.size, 0);
  course.pass(15);
  same([...course.live.values()], ["ws"]);
  ok(!course.log.some((line) => line.includes("was delivering")), "not counted");
});

test("at once is at most every 10 s, and between pauses grow", () => {
  const course = new Course({ ws: { pass: 20, dies: 100, kind: "again" } }, { order: ["ws"], only: "ws" }).pass(17_000);
  const begun = course.opened.map(([time]) => time);
  same(
    begun.slice(1).map((time, i) => time - begun[i] - 120), // after each has lived
    [0, 250, 500, 1000, 2000, 4000, 8000, 0],
  );
});

test("a server that is full is asked again after Retry", () => {
  const course = new Course({ longpoll: { fail: 10, kind: "wait", retry: 4000 } }, { chance: 0 }).pass(4009);
  same(course.opened.length, 1);
  course.pass(2);
  same(
    course.opened.map(([, name]) => name),
    ["longpoll", "longpoll"],
  );
});

test("a rung the server does not want is not tried again", () => {
  const course = new Course({ ...all, ws: { fail: 10, kind: "refused" } }).pass(3_600_000);
  same(course.tries("ws"), 1);
  same(course.ladder.transport, "sse");
});

test("a client the server does not want stops", () => {
  const course = new Course(all).pass(10_000);
  const [id] = course.live.keys();
  course.step({ type: "ended", id, kind: "over", why: { key: "code", code: 4001 } });
  same([sentence(course.ended), course.names.at(-1), course.live.size, course.ladder.due], ["the server refuses ws: it is not tried again (closed with 4001)", "disconnect", 0, null]);
});

test("use switches before it lets go, and stays", () => {
  const course = new Course(all).pass(10_000);
  course.step({ type: "use", transport: "poll" });
  same([...course.live.values()], ["ws", "poll"]);
  course.pass(100);
  same(course.ladder.transport, "poll");
  course.pass(600_000);
  same([...course.live.values()], ["poll"]);
  course.step({ type: "use", transport: "auto" });
  course.pass(100);
  same(course.ladder.transport, "ws");
});

test("strict use lets the old one go first", () => {
  const course = new Course(all).pass(10_000);
  course.step({ type: "use", transport: "sse", strict: true });
  same([...course.live.values()], ["sse"]);
  course.pass(100);
  same(course.last.gapMs, 20);
});

test("a transport asked for that fails leaves the old one reading, and is tried again", () => {
  const course = new Course({ ...all, sse: REFUSES }).pass(10_000);
  course.step({ type: "use", transport: "sse" });
  course.pass(30_000);
  same(course.ladder.transport, "ws");
  ok(course.tries("sse") > 2, "tried again");
  course.world = all;
  course.pass(600_000);
  same(course.ladder.transport, "sse");
});

test("a transport asked for comes back by itself", () => {
  const course = new Course({ ...all, ws: { pass: 20, dies: 7000 } }, { only: "ws" }).pass(60_000);
  same([...new Set(course.opened.map(([, name]) => name))], ["ws"]);
  ok(course.tries("ws") >= 8, "again and again");
});

test("quick switching through all transports ends on the last, never with more than 4 readers", () => {
  const course = new Course(all).pass(100);
  for (const transport of ["poll", "ws", "sse", "longpoll", "ws", "poll", "auto", "sse"]) {
    course.step({ type: "use", transport });
    ok(course.live.size <= 4, `${course.live.size} readers`);
    course.pass(15);
    ok(course.live.size <= 4, `${course.live.size} readers`);
  }
  course.pass(6000);
  same([...course.live.values()], ["sse"]);
});

test("a new sid ends all readers and reads on by the same transport", () => {
  const course = new Course(all).pass(10_000);
  course.step({ type: "renew" });
  same([...course.live.values()], ["ws"]);
  course.pass(1000);
  ok(!course.names.includes("disconnect"), "only a switch");
});

test("new sids one after the other, as of servers that disown each other's, come after pauses that grow", () => {
  const course = new Course(all, { chance: 0.99 }).pass(10_000);
  let last = course.now;
  const waits = [];
  for (let i = 0; i < 8; i += 1) {
    course.step({ type: "renew" });
    while (course.ladder.transport === null) course.pass(5);
    waits.push(course.now - last);
    last = course.now;
  }
  ok(waits[0] < 50 && waits[2] > 900 && waits[7] > 29_000, waits.join());
  course.pass(60_000);
  course.step({ type: "renew" });
  same(course.live.size, 1, "the next after a calm minute is at once");
});

test("a page put away reads nothing, and reads on when it comes back", () => {
  const course = new Course(all).pass(10_000);
  course.step({ type: "suspend" });
  same(course.live.size, 0);
  course.step({ type: "resume" });
  course.pass(100);
  same(course.ladder.transport, "ws");
});

test("any course of failures ends with a reader, and never runs in a circle", () => {
  let seed = 7;
  const chance = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  /** @type {import("../../web/client/attempt.js").Kind[]} */
  const kinds = ["lost", "leave", "again", "wait"];
  for (let run = 0; run < 60; run += 1) {
    const course = new Course(all, { chance: chance() });
    for (let turn = 0; turn < 30; turn += 1) {
      const dice = chance();
      const ids = [...course.live.keys()];
      const id = ids[Math.floor(chance() * ids.length)];
      if (dice < 0.5 && id) course.step({ type: "ended", id, kind: kinds[Math.floor(chance() * 4)], why: { key: "text", text: "dice" } });
      else if (dice < 0.6) course.world = { ...all, ws: chance() < 0.5 ? HANGS : REFUSES };
      else if (dice < 0.7) course.world = {};
      else if (dice < 0.8)
        course.step({ type: "use", transport: ["auto", "ws", "sse", "longpoll", "poll"][Math.floor(chance() * 5)] });
      else if (dice < 0.9) course.step({ type: chance() < 0.5 ? "online" : "renew" });
      else course.world = all;
      ok(course.live.size <= 6, "one attempt of each rung, a witness, a fresh line");
      course.pass(chance() * 4000);
    }
    course.world = all;
    course.step({ type: "use", transport: "auto" });
    course.pass(60_000);
    ok(course.ladder.transport, `run ${run} reads nothing`);
  }
});
