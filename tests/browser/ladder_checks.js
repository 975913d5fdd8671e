// The policy of the client, checked under fake time: each check is a sentence and throws when it is not true.
import { Acks } from "/client/acks.js";
import { Alarm, timeOfDay } from "/client/clock.js";
import { checkEvent, newSid, packData } from "/client/codec.js";
import { Ladder } from "/client/ladder.js";
import { Leases } from "/client/leases.js";
import { Outbox } from "/client/outbox.js";
import { Position, soundBatch } from "/client/reading.js";
import { pauseBefore } from "/client/rung.js";
import { sentence } from "/client/sentences.js";
import { Verdicts } from "/client/verdicts.js";
import { baseOf, closeFailure, failureOf } from "/client/wire.js";

export function same(actual, expected, about = "") {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${about} expected ${right}, got ${left}`);
}

export function ok(fact, about) {
  if (!fact) throw new Error(`not so: ${about}`);
}

function throws(run, code) {
  try {
    run();
  } catch (error) {
    return same(error.code, code, error.message);
  }
  throw new Error(`nothing thrown, expected ${code}`);
}

export const WORKS = { pass: 20 };
export const REFUSES = { fail: 10 };
export const HANGS = {};
const OLD_CLIENT = { every: 1000, hold: 20, heartbeat: 15 };

/**
 * A ladder on a network that does what `world` says of each transport: {pass, fail, dies, kind, retry, beat} in ms from
 * its opening (`dies`: from its first batch; `beat`: the pause between batches, null = silent after the first).
 */
export class Course {
  constructor(world, { chance = 0.5, ...options } = {}) {
    this.now = 0;
    this.world = world;
    this.chance = chance;
    this.events = [];
    this.live = new Map();
    this.asked = new Map();
    this.told = [];
    this.log = [];
    this.opened = [];
    this.ended = null;
    this.ladder = new Ladder({ pace: OLD_CLIENT, ...options });
    this.step({ type: "start" });
  }

  step(event) {
    for (const command of this.ladder.step(event, this.now, this.chance)) this.obey(command);
  }

  obey(command) {
    this.obeyed?.(command);
    if (command.do === "open") this.open(command);
    else if (command.do === "close") this.live.delete(command.id);
    else if (command.do === "tell") this.told.push([command.event, command.detail, this.now]);
    else if (command.do === "say") this.log.push(`${this.now} ${sentence(command.parts)}`);
    else if (command.do === "end") this.ended = command.why;
  }

  open({ id, transport, beat: asked }) {
    this.asked.set(id, asked * 1000);
    this.opened.push([this.now, transport]);
    this.live.set(id, transport);
    this.begin(id, transport);
  }

  begin(id, transport) {
    const {
      pass = null,
      fail = null,
      kind = "line",
      retry,
      opens = 5,
      dies = null,
      beat: pause = 1000,
    } = this.world[transport] ?? REFUSES;
    if (fail !== null) return this.at(this.now + fail, id, { type: "failed", id, kind, why: { key: "text", text: "refused" }, retry });
    const beat = pause && Math.min(pause, transport === "poll" ? 1000 : this.asked.get(id));
    this.at(this.now + opens, id, { type: "opened", id });
    if (pass === null) return;
    this.at(this.now + pass, id, { type: "batch", id }, beat);
    if (dies !== null) this.at(this.now + pass + dies, id, { type: "failed", id, kind, why: { key: "text", text: "died" }, retry });
  }

  at(time, id, event, beat = null) {
    this.events.push({ time, id, event, beat });
    this.events.sort((a, b) => a.time - b.time);
  }

  /** Let so many ms pass. */
  pass(ms) {
    const end = this.now + ms;
    for (let steps = 0; ; steps += 1) {
      if (steps > 20_000) throw new Error("the ladder runs in a circle");
      const due = this.ladder.due ?? Infinity;
      const next = this.events[0]?.time ?? Infinity;
      if (Math.min(due, next) > end) break;
      if (next <= due) this.happen(this.events.shift());
      else {
        this.now = Math.max(this.now, due);
        this.step({ type: "tick" });
      }
    }
    this.now = end;
    return this;
  }

  happen({ time, id, event, beat }) {
    this.now = time;
    if (!this.live.has(id)) return;
    const transport = this.live.get(id);
    const silent = this.world[transport] === HANGS || this.silent?.has(transport);
    if (beat && !silent) this.at(time + beat, id, event, beat);
    if (!(silent && event.type === "batch")) this.step(event);
  }

  get names() {
    return this.told.map(([name]) => name);
  }

  tries(transport) {
    return this.opened.filter(([, name]) => name === transport).length;
  }
}

const DAY = 86_400_000;

/** Tabs of one browser: one storage, and each a clock of its own that can be ahead of the others'. */
function tabs() {
  const store = new Map();
  const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value) };
  const all = [];
  let now = 1e12;
  const tab = (ahead = 0) => {
    const timers = [];
    const clock = { ahead, now: () => now + clock.ahead, setTimeout: (run, ms) => timers.push({ run, at: now + ms }) };
    const leases = new Leases({ base: "http://x:1/via/~a", clock, storage, name: `tab${all.length}` });
    all.push(timers);
    return Object.assign(leases, { clock, dies: () => timers.splice(0) });
  };
  /** Let time go by; each second `asks` is asked, until it says yes. */
  const pass = (ms, asks = () => false) => {
    for (let passed = 0; passed < ms; passed += 500) {
      now += 500;
      for (const timers of all) for (const timer of timers.filter(({ at }) => at <= now)) timers.splice(timers.indexOf(timer), 1)[0].run();
      if (passed % 1000 === 0 && asks()) return true;
    }
    return false;
  };
  return { storage, tab, pass };
}

const all = { ws: WORKS, sse: WORKS, longpoll: WORKS, poll: WORKS };

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

const emitOf = (event) => ({ event, text: "null", done: () => {} });

export const checks = {
  // ---- the ladder

  "a newcomer is served by longpoll, then ws is tried from its first batch": () => {
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
  },
  "the old rung goes on reading until the new one has lived 5 s": () => {
    const course = new Course(all).pass(5000);
    same([...course.live.values()].sort(), ["longpoll", "ws"]);
    course.pass(100);
    same([...course.live.values()], ["ws"]);
  },
  "sse is tried when ws fails, and ws again later": () => {
    const course = new Course({ ...all, ws: REFUSES }).pass(10_000);
    same(course.ladder.transport, "sse");
    ok(course.tries("ws") >= 2, "ws is tried again");
  },
  "a rung that opens but brings no batch within 1.5 s fails": () => {
    const course = new Course({ ...all, ws: HANGS }).pass(1519);
    same(course.tries("sse"), 0);
    course.pass(10);
    same(course.tries("sse"), 1);
  },
  "the patience is 6 of the smallest round trips where that is longer": () => {
    const course = new Course({ ...all, ws: HANGS });
    course.step({ type: "rtt", ms: 900 });
    course.step({ type: "rtt", ms: 500 });
    course.pass(20 + 2990);
    same(course.tries("sse"), 0);
    course.pass(20);
    same(course.tries("sse"), 1);
  },
  "patience doubles after each failure by time alone, up to 15 s": () => {
    const course = new Course({ longpoll: WORKS, ws: HANGS }, { order: ["ws", "longpoll"], chance: 0 }).pass(3_600_000);
    const lives = course.log
      .filter((line) => line.includes("ws opened, but gave no first batch"))
      .map((line) => Number(/within ([\d.]+) s/.exec(line)[1]));
    same(lives.slice(0, 5), [1.5, 3, 6, 12, 15]);
  },
  "when the rung in use dies the next reads at once, and that is only a switch": () => {
    const course = new Course({ ...all, ws: { pass: 20, dies: 8000 } }).pass(8045);
    same(course.opened.at(-1), [8040, "sse"]);
    course.pass(30);
    same(course.names, ["connecting", "connect", "switch", "switch"]);
    const { from, to, gapMs } = course.told.at(-1)[1];
    same([from, to, gapMs], ["ws", "sse", 20]);
  },
  "a rung that dies on probation hands back to the one that still reads": () => {
    const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES }).pass(245);
    same(course.ladder.transport, "longpoll");
    same(course.told.at(-1)[1].gapMs, 0);
    same([course.tries("longpoll"), course.tries("poll")], [1, 1]); // the poll is the witness
  },
  "a silent stream is left after 2.5 heartbeats": () => {
    const course = new Course(all, { pace: { every: 1000, hold: 20, heartbeat: 2 } }).pass(6000);
    course.silent = new Set(["ws"]);
    course.pass(4000);
    same(course.ladder.transport, "ws");
    course.pass(1100);
    same(course.ladder.transport, "sse");
  },
  "a silent longpoll is left after hold + 2 s": () => {
    const course = new Course(
      { longpoll: { pass: 20, beat: null }, poll: WORKS },
      { order: ["longpoll", "poll"] },
    ).pass(22_010);
    same(course.ladder.transport, "longpoll");
    course.pass(50);
    same(course.ladder.transport, "poll");
  },
  "a page that slept does not blame its rung": () => {
    const course = new Course(
      { longpoll: { pass: 20, beat: null }, poll: WORKS },
      { order: ["longpoll", "poll"] },
    ).pass(100);
    course.now = 3_600_000;
    course.step({ type: "tick" });
    same(course.ladder.transport, "longpoll");
  },
  "a transport that always dies is not flapped on: it rests": () => {
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
  },
  "an outage of everything counts against no rung": () => {
    const course = new Course(all).pass(10_000);
    course.world = {};
    for (const id of [...course.live.keys()]) course.step({ type: "failed", id, kind: "line", why: { key: "text", text: "cut" } });
    course.pass(120_000);
    course.world = all;
    course.pass(31_000 + 100);
    same(course.ladder.transport, "ws");
    ok(!course.log.some((line) => line.includes("resting")), "nothing rests");
  },
  "a loss tells disconnect, reconnecting, connecting, reconnect, connect": () => {
    const course = new Course(all).pass(10_000);
    course.world = {};
    course.told.length = 0;
    for (const id of [...course.live.keys()]) course.step({ type: "failed", id, kind: "line", why: { key: "text", text: "cut" } });
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
  },
  "connect_failed comes once, and trying goes on": () => {
    const course = new Course({}).pass(60_000);
    same(course.names.filter((name) => name === "connect_failed").length, 1);
    same(course.names[0], "connect_failed");
    course.world = all;
    course.pass(31_000);
    same(course.names.filter((name) => name === "connect").length, 1);
    ok(!course.names.includes("reconnect"), "the first connect is no reconnect");
  },
  "pauses grow from 0.5 s to 30 s, the jitter after the cap": () => {
    same(
      [1, 2, 3, 4, 7, 50].map((tries) => pauseBefore(tries, 1)),
      [500, 1000, 2000, 4000, 30_000, 30_000],
    );
    same(pauseBefore(50, 0.5), 15_000);
  },
  "online is one immediate try": () => {
    const course = new Course({}, { chance: 0.99 }).pass(60_000);
    const before = course.opened.length;
    course.step({ type: "online" });
    same(course.opened.length, before + 1);
  },
  "a server that restarts is come back to within 3 s, on the rung it had, with no failure counted": () => {
    const course = new Course(all, { chance: 0.4 }).pass(10_000);
    const [id] = course.live.keys();
    course.step({ type: "failed", id, kind: "back", why: { key: "text", text: "closed with 1012" } });
    course.pass(1190);
    same(course.live.size, 0);
    course.pass(15);
    same([...course.live.values()], ["ws"]);
    ok(!course.log.some((line) => line.includes("was delivering")), "not counted");
  },
  "at once is at most every 10 s": () => {
    const course = new Course({ ws: { pass: 20, dies: 100, kind: "again" } }, { order: ["ws"], only: "ws" }).pass(
      29_000,
    );
    same(
      course.opened.map(([time]) => time),
      [0, 120, 10_120, 20_120],
    );
  },
  "a server that is full is asked again after Retry": () => {
    const course = new Course({ longpoll: { fail: 10, kind: "wait", retry: 4000 } }, { chance: 0 }).pass(4009);
    same(course.opened.length, 1);
    course.pass(2);
    same(
      course.opened.map(([, name]) => name),
      ["longpoll", "longpoll"],
    );
  },
  "a rung the server does not want is not tried again": () => {
    const course = new Course({ ...all, ws: { fail: 10, kind: "stop" } }).pass(3_600_000);
    same(course.tries("ws"), 1);
    same(course.ladder.transport, "sse");
  },
  "a client the server does not want stops": () => {
    const course = new Course(all).pass(10_000);
    const [id] = course.live.keys();
    course.step({ type: "failed", id, kind: "over", why: { key: "code", code: 4001 } });
    same([sentence(course.ended), course.names.at(-1), course.live.size, course.ladder.due], ["the server refuses ws: it is not tried again (closed with 4001)", "disconnect", 0, null]);
  },
  "use switches before it lets go, and stays": () => {
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
  },
  "strict use lets the old one go first": () => {
    const course = new Course(all).pass(10_000);
    course.step({ type: "use", transport: "sse", strict: true });
    same([...course.live.values()], ["sse"]);
    course.pass(100);
    same(course.told.at(-1)[1].gapMs, 20);
  },
  "a transport asked for that fails leaves the old one reading, and is tried again": () => {
    const course = new Course({ ...all, sse: REFUSES }).pass(10_000);
    course.step({ type: "use", transport: "sse" });
    course.pass(30_000);
    same(course.ladder.transport, "ws");
    ok(course.tries("sse") > 2, "tried again");
    course.world = all;
    course.pass(600_000);
    same(course.ladder.transport, "sse");
  },
  "a transport asked for comes back by itself": () => {
    const course = new Course({ ...all, ws: { pass: 20, dies: 7000 } }, { only: "ws" }).pass(60_000);
    same([...new Set(course.opened.map(([, name]) => name))], ["ws"]);
    ok(course.tries("ws") >= 8, "again and again");
  },
  "quick switching through all transports ends on the last, never with more than 4 readers": () => {
    const course = new Course(all).pass(100);
    for (const transport of ["poll", "ws", "sse", "longpoll", "ws", "poll", "auto", "sse"]) {
      course.step({ type: "use", transport });
      ok(course.live.size <= 4, `${course.live.size} readers`);
      course.pass(15);
      ok(course.live.size <= 4, `${course.live.size} readers`);
    }
    course.pass(6000);
    same([...course.live.values()], ["sse"]);
  },
  "a new sid ends all readers and reads on by the same transport": () => {
    const course = new Course(all).pass(10_000);
    course.step({ type: "renew" });
    same([...course.live.values()], ["ws"]);
    course.pass(1000);
    ok(!course.names.includes("disconnect"), "only a switch");
  },
  "new sids one after the other, as of servers that disown each other's, come after pauses that grow": () => {
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
  },
  "a page put away reads nothing, and reads on when it comes back": () => {
    const course = new Course(all).pass(10_000);
    course.step({ type: "suspend" });
    same(course.live.size, 0);
    course.step({ type: "resume" });
    course.pass(100);
    same(course.ladder.transport, "ws");
  },
  // ---- what was learnt, and how it is said

  "the log of a network that kills says what the network does": () => {
    const world = { ...all, longpoll: { pass: 20, beat: 50 }, ws: { pass: 20, opens: 10, dies: 193 }, sse: REFUSES };
    const said = new Course(world).pass(590_000).log.map((line) => line.replace(/^[0-9]+ /, ""));
    const third = said.find((line) => line.includes("third"));
    same(
      third.replace(/ \(.*\)/, ""),
      "the way was open: ws opened and died after 203 ms, the third time while longpoll was delivering: resting it for 1 min; " +
        "longpoll carries on; silence 0 ms",
    );
  },
  "in a quiet room a rung that fails is judged all the same: the one that reads is asked once more": () => {
    const quiet = { longpoll: { pass: 20, beat: 20_000 }, ws: { pass: 20, dies: 200 } };
    const course = new Course(quiet, { order: ["ws", "longpoll"] }).pass(300_000);
    ok(course.log.some((line) => line.includes("resting it for 1 min")), course.log.join("; "));
    ok(course.tries("ws") < 10, `${course.tries("ws")} tries in 5 min`);
    same(course.names.filter((name) => name === "disconnect").length, 0);
  },
  "a line that dies of silence is asked to beat twice as often": () => {
    const idle = { ...all, ws: { pass: 20, beat: null, dies: 10_000 } };
    const course = new Course(idle).pass(10_100);
    const beats = [];
    course.obeyed = (command) => command.do === "open" && command.transport === "ws" && beats.push(command.beat);
    course.pass(10_000);
    same(beats[0], 5);
    ok(course.log.some((line) => line.includes("from now on it beats every 5 s")), "it says so");
  },
  "a slow network is no broken one: what is late is waited for while the next is tried": () => {
    const slow = { pass: 3000, opens: 3000 };
    const course = new Course({ ws: { ...slow, pass: 4500 }, sse: slow, longpoll: slow, poll: slow }).pass(2990);
    same(course.opened, [[0, "longpoll"], [1500, "poll"]]);
    course.pass(20);
    same(course.ladder.transport, "longpoll");
    course.step({ type: "rtt", ms: 3000 });
    course.pass(20_000);
    same(course.ladder.transport, "ws");
    same(course.names.filter((name) => name === "disconnect" || name === "connect_failed"), []);
  },
  "a line that died half open before it began is not waited for long": () => {
    const course = new Course({ ws: HANGS, sse: HANGS, longpoll: HANGS, poll: HANGS }).pass(6100);
    course.world = all;
    course.pass(1500);
    ok(course.ladder.transport, course.log.join("; "));
  },
  "what was learnt holds again on the same network, and says nothing on another": () => {
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
  },
  "a verdict that was tampered with says nothing": () => {
    for (const ws of [7, "x", null, [], { works: "now", fails: 3, rests: -1, resting: 1e300, beat: 0, evidence: 1 }]) {
      const course = new Course(all, { network: "n", verdicts: { ws } }).pass(100);
      same(course.ladder.transport, "ws");
      same(course.opened[0], [0, "longpoll"]);
    }
  },
  "where ws worked it is served first, and longpoll follows after 150 ms": () => {
    const verdicts = { ws: { works: 0, fails: [], rests: 0, resting: 0, beat: null, evidence: null } };
    const known = { network: "home", verdicts };
    same(new Course(all, known).pass(1000).opened, [[0, "ws"]]);
    const hanging = new Course({ ...all, ws: HANGS }, known).pass(1000);
    same(hanging.opened.slice(0, 2), [[0, "ws"], [150, "longpoll"]]);
    same([hanging.ladder.transport, hanging.told.find(([name]) => name === "connect")[2]], ["longpoll", 170]);
    const dead = new Course({ ...all, ws: REFUSES }, known).pass(100);
    same(dead.opened.slice(0, 2), [[0, "ws"], [10, "sse"]].slice(0, 1).concat([[10, dead.opened[1][1]]]));
    ok(dead.ladder.transport, "somebody reads at once");
  },
  "what went up by ws is unanswered: another rung reads beside it, and takes over when ws is found dumb": () => {
    const course = new Course({ ...all, sse: REFUSES }).pass(10_000);
    const [id] = course.live.keys();
    course.silent = new Set(["ws"]);
    course.step({ type: "doubt", id });
    course.pass(900);
    same([...course.live.values()], ["ws", "longpoll"].slice(0, course.live.size));
    same(course.ladder.transport, "ws");
    course.step({ type: "deaf", id });
    same([course.ladder.transport, course.told.at(-1)[1].gapMs], ["longpoll", 0]);
    ok(course.log.some((line) => line.includes("ws was silent for")), course.log.join("; "));
  },
  "a ws that only had a slow handler is not blamed": () => {
    const course = new Course(all).pass(10_000);
    const [id] = course.live.keys();
    course.step({ type: "doubt", id });
    course.pass(10);
    course.step({ type: "alive", id });
    course.pass(10_000);
    same([...course.live.values()], ["ws"]);
    same(course.ladder.rungs[0].fails.length, 0);
  },
  "without a lease a client reads by poll and tries ws, and nothing is judged": () => {
    const none = { fail: 0, kind: "lease" };
    const course = new Course({ ws: REFUSES, sse: none, longpoll: { ...none }, poll: WORKS }).pass(60_000);
    same(course.ladder.transport, "poll");
    same(course.ladder.rungs.map((rung) => rung.fails.length).slice(1), [0, 0, 0]);
    same(course.log.filter((line) => line.includes("this browser holds four")).length, 2);
    course.world = { ...course.world, sse: WORKS };
    course.pass(2100);
    same(course.ladder.transport, "sse");
  },
  "cut by hand: everything dies, nothing is judged, and the next reads at once": () => {
    const course = new Course(all).pass(10_000);
    course.step({ type: "cut" });
    course.pass(100);
    ok(course.ladder.transport, "reads again");
    same(course.ladder.rungs.map((rung) => rung.fails.length), [0, 0, 0, 0]);
  },
  "try again now ends a rest; forget leaves nothing behind": () => {
    const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES }).pass(20_000);
    same(course.ladder.view(course.now)[0].state, "resting");
    const before = course.tries("ws");
    course.step({ type: "retry" });
    same(course.tries("ws"), before + 1);
    course.pass(30_000);
    course.step({ type: "forget" });
    same(course.ladder.rungs[0].fails.length, 0);
  },
  "offline and hidden pages judge nothing": () => {
    for (const quiet of ["offline", "hidden"]) {
      const course = new Course({ ...all, ws: { pass: 20, dies: 200 }, sse: REFUSES });
      course.step({ type: quiet });
      course.pass(60_000);
      same(course.ladder.rungs[0].fails.length, 0, quiet);
      ok(course.log.some((line) => line.includes("which does not count")), quiet);
    }
  },
  "leases: four over all tabs, void when their tab has not renewed them for 6 s": () => {
    const { storage, tab, pass } = tabs();
    const [one, two] = [tab(), tab()];
    const holders = [{}, {}, {}, {}];
    same(holders.map((holder, i) => (i % 2 ? one : two).take(holder)), [true, true, true, true]);
    same([one.take({}), one.take(holders[1])], [false, true]);
    one.give(holders[1]);
    same([two.take({}), two.take({})], [true, false]);
    const three = tab();
    one.dies();
    two.dies();
    same(pass(5000, () => three.take({})), false, "so long they may be alive");
    same(pass(4000, () => three.take({})), true);
    same([three.take({}), three.take({}), three.take({}), three.take({})], [true, true, true, false]);
    for (const junk of ["{", "[]", "[1,2,3,4]", "null", '{"a":"b","c":"d","e":{},"f":[]}', '{"a":1e99}']) {
      storage.setItem(three.key, junk);
      ok(tab().take({}), junk);
    }
  },
  "leases of tabs whose clocks are a day apart stand while they are renewed, and no longer": () => {
    for (const ahead of [-DAY, DAY]) {
      const { tab, pass } = tabs();
      const [one, two] = [tab(), tab(ahead)];
      for (let i = 0; i < 2; i += 1) ok(one.take({}) && two.take({}), "both have two");
      same(pass(60_000, () => one.take({}) || two.take({})), false, "for a minute nobody gets one more");
      two.dies();
      same(pass(9000, () => one.take({})), true, "but when one tab has gone");
    }
  },
  "a lease is neither void nor everlasting when the clock jumps, nor when the machine sleeps": () => {
    for (const jump of [-DAY, DAY]) {
      const { tab, pass } = tabs();
      const [one, two] = [tab(), tab()];
      for (let i = 0; i < 2; i += 1) ok(one.take({}) && two.take({}), "both have two");
      pass(3000);
      one.clock.ahead += jump; // and the other tab wakes a moment later
      same([one.take({}), pass(3000, () => one.take({}))], [false, false]);
      two.clock.ahead += jump;
      same(pass(60_000, () => one.take({}) || two.take({})), false);
      one.dies();
      same(pass(9000, () => two.take({})), true);
    }
  },
  "verdicts are kept per server and network, and whatever lies in the storage does no harm": () => {
    const store = new Map();
    const storage = { getItem: (key) => store.get(key) ?? null, setItem: (key, value) => store.set(key, value) };
    const clock = { now: () => 5 };
    const at = (base) => new Verdicts({ base, clock, storage });
    at("a").keep("home", { ws: { works: 1 } });
    at("a").keep("hotel", { ws: { fails: [1] } });
    at("b").keep("home", { sse: { works: 2 } });
    same([at("a").last, at("a").of("home"), at("b").of("home"), at("c").last], ["hotel", { ws: { works: 1 } }, { sse: { works: 2 } }, null]);
    for (let i = 0; i < 40; i += 1) at(`link${i}`).keep("kill", {});
    same(at("a").last, null);
    at("link39").forget();
    same(at("link39").last, null);
    for (const junk of ["{", "7", "null", '{"a":{"networks":7}}', '{"a":{"networks":{"home":3}}}']) {
      for (const key of store.keys()) store.set(key, junk);
      same([at("a").last, at("a").of("home")], [null, {}], junk);
      at("a").keep("home", {});
    }
  },
  "verdicts say the same in tabs whose clocks are a day apart": () => {
    const { storage } = tabs();
    const tab = (ahead) => ({ now: () => 1e12 + ahead, wall: () => 1e12 });
    const kept = (clock) => new Verdicts({ base: "a", clock, storage });
    for (const ahead of [-DAY, 0, DAY]) {
      const own = tab(ahead).now();
      kept(tab(ahead)).keep("home", { ws: { works: own - 5, fails: [own - 3], rests: 1, resting: own + 60_000 }, sse: 7 });
      const { ws } = kept(tab(0)).of("home");
      same([ws.works, ws.fails, ws.resting], [1e12 - 5, [1e12 - 3], 1e12 + 60_000]);
    }
  },
  "nothing rests for longer than it would have, whatever the time of day jumps by while its verdict is kept": () => {
    for (const jump of [-365 * DAY, -DAY, -3_600_000, -60_000, 60_000, DAY]) {
      const { storage } = tabs();
      const clock = { jump: 0, now: () => 1e12, wall: () => 1e12 + clock.jump };
      const verdicts = new Verdicts({ base: "a", clock, storage });
      verdicts.keep("home", { ws: { works: null, fails: [1e12], rests: 9, resting: 1e12 + 600_000, beat: null, evidence: null } });
      clock.jump = jump;
      const ladder = new Ladder({ pace: OLD_CLIENT, network: "home", verdicts: verdicts.of("home"), now: 1e12 });
      ok(ladder.rungs[0].resting <= 1e12 + 600_000 && ladder.rungs[0].until <= 1e12 + 600_000, jump);
    }
  },
  "what is shown has the time of day, whatever it was set to since the tab was opened": () => {
    const clock = { now: () => 1000, wall: () => 5000 };
    same([timeOfDay(clock, 1000), timeOfDay(clock, 1500), timeOfDay({ now: () => 7 }, 3)], [5000, 5500, 3]);
  },
  "a timer for later than a browser can count rings no sooner": () => {
    const set = [];
    const clock = { now: () => 0, setTimeout: (run, ms) => set.push(ms), clearTimeout: () => {} };
    new Alarm(clock, () => {}).set(1e15);
    same(set, [2 ** 31 - 1]);
  },

  "any course of failures ends with a reader, and never runs in a circle": () => {
    let seed = 7;
    const chance = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    const kinds = ["line", "back", "again", "wait"];
    for (let run = 0; run < 60; run += 1) {
      const course = new Course(all, { chance: chance() });
      for (let turn = 0; turn < 30; turn += 1) {
        const dice = chance();
        const ids = [...course.live.keys()];
        const id = ids[Math.floor(chance() * ids.length)];
        if (dice < 0.5 && id) course.step({ type: "failed", id, kind: kinds[Math.floor(chance() * 4)], why: { key: "text", text: "dice" } });
        else if (dice < 0.6) course.world = { ...all, ws: chance() < 0.5 ? HANGS : REFUSES };
        else if (dice < 0.7) course.world = {};
        else if (dice < 0.8)
          course.step({ type: "use", transport: ["auto", "ws", "sse", "longpoll", "poll"][Math.floor(chance() * 5)] });
        else if (dice < 0.9) course.step({ type: chance() < 0.5 ? "online" : "renew" });
        else course.world = all;
        ok(course.live.size <= 4, "at most 4 readers");
        course.pass(chance() * 4000);
      }
      course.world = all;
      course.step({ type: "use", transport: "auto" });
      course.pass(60_000);
      ok(course.ladder.transport, `run ${run} reads nothing`);
    }
  },

  // ---- reading

  "what is not a batch in form is the network speaking": () => {
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
  },
  "an ack waits for the reading, or 1 s": () => {
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
  },

  // ---- the way up

  "emits are numbered when they go up, at most 64 without an ack": () => {
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
  },
  "on the next way all unacked go again, in order, before new ones": () => {
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
  },
  "a frame stays below 64 KiB": () => {
    const outbox = new Outbox();
    for (let i = 0; i < 10; i += 1) outbox.add({ event: "e", text: JSON.stringify("x".repeat(16_000)), done: null });
    let frames = 0;
    for (let emits = outbox.take(1, 0); emits.length; emits = outbox.take(1, 0)) {
      ok(outbox.frame(emits).length <= 65_536, "small enough");
      frames += 1;
    }
    same(frames, 4);
  },
  "a hole is filled from what is expected": () => {
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
  },
  "a hub that expects what it has acked has forgotten the client; a late hole is none": () => {
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
  },
  "an emit refused alone uses its number up": () => {
    const outbox = new Outbox();
    outbox.add(emitOf("a"));
    outbox.take(1, 0);
    outbox.empties(1);
    const [nothing] = outbox.take(1, 0);
    same(JSON.parse(outbox.frame([nothing])).emits, [{ n: 1, event: "$void" }]);
    same(outbox.answer([{ n: 1, error: { code: "reserved" } }], () => 0).done, []);
    ok(outbox.empty, "done with");
  },
  "a reply goes up until it is acked, and only the first counts": () => {
    const outbox = new Outbox();
    outbox.reply(17, "1");
    outbox.reply(17, "2");
    same(outbox.takeReplies(1, 0), ['{"seq":17,"data":1}']);
    same(outbox.takeReplies(1, 0), []);
    same(outbox.takeReplies(2, 0), ['{"seq":17,"data":1}']);
    outbox.answer([{ seq: 17 }], () => 0);
    ok(outbox.empty, "done with");
  },

  // ---- the codec and the wire

  "data the hub would refuse is refused before it gets a number": () => {
    const nest = (depth) => (depth ? [nest(depth - 1)] : 1);
    same(packData(nest(8)), "[[[[[[[[1]]]]]]]]");
    throws(() => packData(nest(9)), "bad_json");
    throws(() => packData({ a: "\ud800" }), "bad_json");
    throws(() => packData({ "\udc00": 1 }), "bad_json");
    throws(() => packData([NaN]), "bad_json");
    throws(() => packData(-Infinity), "bad_json");
    throws(() => packData(2 ** 53 + 2), "bad_json");
    throws(() => packData("é".repeat(8192)), "too_large");
    throws(() => packData(10n), "bad_json");
    const circle = {};
    circle.circle = circle;
    throws(() => packData(circle), "bad_json");
    same(
      [packData(2 ** 53), packData(undefined), packData("😀[{")],
      ["9007199254740992", "null", '"😀[{"'],
    );
    same(packData("é".repeat(8191)).length, 8193);
  },
  "an event is 1-64 printable characters and not one of the library's": () => {
    for (const name of ["c2s", "你好", "a b", "😀".repeat(64)]) checkEvent(name);
    for (const name of ["", "x".repeat(65), "a\nb", "a\u2028b", "\u00a0", "\ud800", 7])
      throws(() => checkEvent(name), "bad_event");
    for (const name of ["connect", "disconnect", "error", "gap", "switch", "$void"])
      throws(() => checkEvent(name), "reserved");
  },
  "a sid is 22 characters of base64url, never twice the same": () => {
    const sids = new Set(Array.from({ length: 1000 }, newSid));
    same(sids.size, 1000);
    for (const sid of sids) ok(/^[A-Za-z0-9_-]{22}$/.test(sid), sid);
  },
  "a close code says what to do": () => {
    const kinds = {
      1000: "back",
      1001: "back",
      1012: "back",
      1002: "stop",
      1009: "stop",
      1006: "line",
      1011: "line",
      4000: "stop",
      4001: "over",
      4003: "over",
      4010: "over",
      4013: "stop",
      4129: "wait",
      4153: "wait",
      4200: "again",
      4208: "again",
      3000: "line",
    };
    for (const [code, kind] of Object.entries(kinds)) same(closeFailure(Number(code)).kind, kind, code);
  },
  "only an error in the protocol's form is the server's word": () => {
    same(failureOf({ error: "no" }), null);
    same(failureOf(undefined), null);
    const kind = (code, more) => failureOf({ error: { code, message: "", ...more } })?.kind;
    same(
      [kind("gone"), kind("bad_cursor"), kind("rate", { retry: 2 }), kind("draining")],
      ["over", "stop", "wait", "wait"],
    );
    same(failureOf({ error: { code: "full", message: "", retry: 2.5 } }).retry, 2500);
  },
  "the base keeps its path, and a URL may lack its scheme": () => {
    const page = { origin: "http://127.0.0.1:3000", protocol: "http:", hostname: "127.0.0.1", port: "3000" };
    const bases = {
      "": "http://127.0.0.1:3000",
      "http://localhost:3000/via/~abc/": "http://localhost:3000/via/~abc",
      "localhost:3000": "http://localhost:3000",
      "/via/~abc": "http://127.0.0.1:3000/via/~abc",
      "//lab.example/x": "http://lab.example/x",
      "https://lab.example": "https://lab.example",
      "http://localhost": "http://localhost:3000",
      "http://localhost:80": "http://localhost",
      "ws://lab.example:9": "http://lab.example:9",
      "lab.example": "http://lab.example",
    };
    for (const [url, base] of Object.entries(bases)) same(baseOf(url, page), base, url);
    same(baseOf(undefined, null), "http://localhost:3000");
  },
};
