// What the ladder learns of a rung and of a network, and how it says so.
import { test } from "node:test";
import { all, Course, HANGS, REFUSES, WORKS } from "./course.mjs";
import { ok, same } from "./says.mjs";

test("the log of a network that kills says what the network does", () => {
  const world = { ...all, longpoll: { pass: 20, beat: 50 }, ws: { pass: 20, opens: 10, dies: 193 }, sse: REFUSES };
  const said = new Course(world).pass(590_000).log.map((line) => line.replace(/^[0-9]+ /, ""));
  const third = said.find((line) => line.includes("third"));
  same(
    third?.replace(/ \(.*\)/, ""),
    "the way was open: ws opened and died after 203 ms, the third time while longpoll was delivering: resting it for 1 min; " +
      "longpoll carries on; silence 0 ms",
  );
});

test("in a quiet room a rung that fails is judged all the same: the one that reads is asked once more", () => {
  const quiet = { longpoll: { pass: 20, beat: 20_000 }, ws: { pass: 20, dies: 200 } };
  const course = new Course(quiet, { order: ["ws", "longpoll"] }).pass(300_000);
  ok(course.log.some((line) => line.includes("resting it for 1 min")), course.log.join("; "));
  ok(course.tries("ws") < 10, `${course.tries("ws")} tries in 5 min`);
  same(course.names.filter((name) => name === "disconnect").length, 0);
});

test("a line that dies of silence is asked to beat twice as often", () => {
  const idle = { ...all, ws: { pass: 20, beat: null, dies: 10_000 } };
  const course = new Course(idle).pass(10_100);
  const before = course.opened.length;
  course.pass(10_000);
  same(course.beats[course.opened.findIndex(([, transport], i) => i >= before && transport === "ws")], 5);
  ok(course.log.some((line) => line.includes("from now on it beats every 5 s")), "it says so");
});

test("a slow network is no broken one: what is late is waited for while the next is tried", () => {
  const slow = { pass: 3000, opens: 3000 };
  const course = new Course({ ws: { ...slow, pass: 4500 }, sse: slow, longpoll: slow, poll: slow }).pass(2990);
  same(course.opened, [[0, "longpoll"], [2500, "ws"]]);
  course.pass(20);
  same(course.ladder.transport, "longpoll");
  course.step({ type: "rtt", ms: 3000 });
  course.pass(20_000);
  same(course.ladder.transport, "ws");
  same(course.names.filter((name) => name === "disconnect" || name === "connect_failed"), []);
});

test("a line that died half open before it began is not waited for long", () => {
  const course = new Course({ ws: HANGS, sse: HANGS, longpoll: HANGS, poll: HANGS }).pass(6100);
  course.world = all;
  course.pass(1500);
  ok(course.ladder.transport, course.log.join("; "));
});

test("what was learnt holds again on the same network, and says nothing on another", () => {
  const killed = { ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES };
  const course = new Course(killed);
  course.step({ type: "network", name: "hotel", verdicts: {} });
  course.pass(20_000);
  const verdicts = JSON.parse(JSON.stringify(course.ladder.verdicts));
  ok(verdicts.ws.resting > 20_000, "it rests");
  const again = new Course(killed, { network: "hotel", verdicts, now: 20_000 }).pass(10_000);
  same(again.tries("ws"), 0);
  again.step({ type: "network", name: "home", verdicts: {} });
  same(again.tries("ws"), 1);
  const other = new Course(killed, { network: "home", verdicts: {} });
  other.step({ type: "network", name: "hotel", verdicts });
  other.pass(5000);
  same(other.tries("ws"), 0);
});

test("two rungs that pass and go mute do not take turns for ever above one that works", () => {
  const mute = { pass: 20, beat: null };
  const course = new Course(all, { chance: 0.05, pace: { every: 1000, hold: 20, heartbeat: 1 } }).pass(10_000);
  course.world = { ...all, ws: mute, sse: mute };
  course.step({ type: "cut" });
  course.pass(300_000);
  same([course.ladder.transport, ...course.ladder.rungs.all.map(({ rests }) => rests > 0)], ["longpoll", true, true, false, false]);
});

test("while nothing answers a round tries one rung", () => {
  const course = new Course({}).pass(40).pass(600_000);
  const begun = course.opened.filter(([time]) => time > 40).map(([time]) => time); // the first round is whole
  const pauses = begun.slice(1).map((time, i) => time - begun[i]);
  ok(pauses.every((pause, i) => pause >= Math.min(15_000, 250 * 2 ** i)), pauses);
  same(new Set(course.opened.slice(-4).map(([, name]) => name)).size, 4);
});

test("a verdict that was tampered with says nothing", () => {
  for (const ws of [7, "x", null, [], { works: "now", fails: 3, rests: -1, resting: 1e300, beat: 0, evidence: 1 }]) {
    const course = new Course(all, { network: "n", verdicts: { ws } }).pass(100);
    same(course.ladder.transport, "ws");
    same(course.opened[0], [0, "longpoll"]);
  }
});

test("where ws worked it is served first, and longpoll follows after 150 ms", () => {
  const verdicts = { ws: { works: 0, fails: [], rests: 0, resting: 0, beat: null, evidence: null } };
  const known = { network: "home", verdicts };
  same(new Course(all, known).pass(1000).opened, [[0, "ws"]]);
  const hanging = new Course({ ...all, ws: HANGS }, known).pass(1000);
  same(hanging.opened.slice(0, 2), [[0, "ws"], [150, "longpoll"]]);
  same([hanging.ladder.transport, hanging.told.find(([name]) => name === "connect")?.[2]], ["longpoll", 170]);
  const dead = new Course({ ...all, ws: REFUSES }, known).pass(100);
  same(dead.opened.slice(0, 2), [[0, "ws"], [10, "longpoll"]]);
  ok(dead.ladder.transport, "somebody reads at once");
});

test("what went up by ws is unanswered: another rung reads beside it, and takes over when ws is found dumb", () => {
  const course = new Course({ ...all, sse: REFUSES }).pass(10_000);
  const [id] = course.live.keys();
  course.silent = new Set(["ws"]);
  course.step({ type: "doubt", id });
  course.pass(900);
  same([...course.live.values()], ["ws", "longpoll"]);
  same(course.ladder.transport, "ws");
  course.step({ type: "deaf", id });
  same([course.ladder.transport, course.last.gapMs], ["longpoll", 0]);
  ok(course.log.some((line) => line.includes("ws was silent for")), course.log.join("; "));
});

test("a ws that only had a slow handler is not blamed", () => {
  const course = new Course(all).pass(10_000);
  const [id] = course.live.keys();
  course.step({ type: "doubt", id });
  course.pass(10);
  course.step({ type: "alive", id });
  course.pass(10_000);
  same([...course.live.values()], ["ws"]);
  same(course.ladder.rungs.all[0].strikes.length, 0);
});

test("without a lease a client reads by poll and tries ws, and nothing is judged", () => {
  /** @type {import("./course.mjs").Behaviour} */
  const none = { fail: 0, kind: "lease" };
  const course = new Course({ ws: REFUSES, sse: none, longpoll: { ...none }, poll: WORKS }).pass(60_000);
  same(course.ladder.transport, "poll");
  same(course.ladder.rungs.all.map((rung) => rung.strikes.length).slice(1), [0, 0, 0]);
  same(course.log.filter((line) => line.includes("this browser holds four")).length, 2);
  course.world = { ...course.world, sse: WORKS };
  course.pass(2100);
  same(course.ladder.transport, "sse");
});

test("cut by hand: everything dies, nothing is judged, and the next reads at once", () => {
  const course = new Course(all).pass(10_000);
  course.step({ type: "cut" });
  course.pass(100);
  ok(course.ladder.transport, "reads again");
  same(course.ladder.rungs.all.map((rung) => rung.strikes.length), [0, 0, 0, 0]);
});

test("try again now ends a rest; forget leaves nothing behind", () => {
  const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES }).pass(20_000);
  same(course.ladder.view(course.now)[0].state, "resting");
  const before = course.tries("ws");
  course.step({ type: "retry" });
  same(course.tries("ws"), before + 1);
  course.pass(30_000);
  course.step({ type: "forget" });
  same(course.ladder.rungs.all[0].strikes.length, 0);
});

test("offline and hidden pages judge nothing", () => {
  for (const quiet of /** @type {const} */ (["offline", "hidden"])) {
    const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES });
    course.step({ type: quiet });
    course.pass(60_000);
    same(course.ladder.rungs.all[0].strikes.length, 0, quiet);
    ok(course.log.some((line) => line.includes("which does not count")), quiet);
  }
});
