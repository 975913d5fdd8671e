// What counts against a rung: its own failures, and never an outage of everything, however long, however it fails.
import { test } from "node:test";
import { Course, HANGS, REFUSES, WORKS } from "./course.mjs";
import { ok, same } from "./says.mjs";

/**
 * @typedef {import("./course.mjs").Transport} Transport
 * @typedef {import("./course.mjs").Due} Due
 * @typedef {"refused"|"gateway"|"hole"|"thaw"} How
 */

/** @type {Transport[]} */
const EVERYTHING = ["ws", "sse", "longpoll", "poll"];
/** @type {Transport[][]} */
const LADDERS = [EVERYTHING, ["ws", "longpoll"], ["ws", "poll"], ["sse", "longpoll", "poll"], ["ws", "sse"]];
/** @type {How[]} */
const HOWS = ["refused", "gateway", "hole", "thaw"];

/** @param {number} id @returns {import("./course.mjs").Happening} */
const lost = (id) => ({ type: "ended", id, kind: "lost", why: { key: "text", text: "reset" } });

/** Numbers in [0, 1), the same for the same seed. @param {number} seed */
function dice(seed) {
  let state = seed + 1;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

/**
 * A network that is well, but for outages of everything: nothing passes from `fall` until `rise`.
 * refused: every line is reset, no new one opens. gateway: what stands stands, no new one opens. hole: no byte passes,
 * and what was open in it is dead for ever. thaw: no byte passes, and what was sent comes when it is over, a new line
 * when TCP tries again, 1, 3, 7 … s after its first attempt (RFC 6298).
 */
class Outages extends Course {
  out = /** @type {How|null} */ (null);
  dead = /** @type {Set<number>} */ (new Set());
  held = /** @type {Due[]} */ ([]);
  knocking = /** @type {{began: number, id: number}[]} */ ([]);
  resets = /** @type {Set<Due["event"]>} */ (new Set()); // that pass, whatever else does not

  /** @param {How} how */
  fall(how, random = () => 0.5) {
    this.out = how;
    for (const id of this.live.keys()) {
      if (how === "refused") this.reset(id, 3 * random());
      if (how === "hole") this.dead.add(id);
    }
  }

  /** @param {number} id @param {number} ms */
  reset(id, ms) {
    const event = lost(id);
    this.resets.add(event);
    this.at(this.now + ms, id, event);
  }

  rise() {
    this.out = null;
    for (const { id, event, beat } of this.held.splice(0)) this.at(this.now + 1, id, event, beat);
    for (const { began, id } of this.knocking.splice(0)) {
      let again = 1000;
      while (began + again <= this.now) again = 2 * again + 1000;
      this.at(began + again, id, { type: "begin" });
    }
  }

  /** @param {number} id @param {Transport} transport */
  begin(id, transport) {
    if (!this.out) super.begin(id, transport);
    else if (this.out === "hole") this.dead.add(id);
    else if (this.out === "thaw") this.knocking.push({ began: this.now, id });
    else this.reset(id, 20);
  }

  /** @param {Due} due */
  happen(due) {
    const { time, id, event } = due;
    this.now = time;
    if (this.dead.has(id) || !this.live.has(id)) return;
    if (event.type === "begin") super.happen(due);
    else if (this.out === "thaw") this.held.push(due);
    else if (!this.out || this.out === "gateway" || this.resets.has(event)) super.happen(due);
  }
}

/** @param {Course} course */
const judged = (course) => course.ladder.rungs.all.filter((rung) => rung.strikes.length || rung.rests).map((rung) => rung.name);

/** The lowest rung reads and ws is tried beside it; `step` counts as one event. @param {Transport[]} order */
function beside(order = ["ws", "longpoll"]) {
  const course = new Course({ ...Object.fromEntries(order.map((name) => [name, WORKS])), ws: HANGS }, { order });
  return course.pass(20);
}

/** @param {Course} course @param {Transport} name @returns {number} */
const idOf = (course, name) => [...course.live].filter(([, transport]) => transport === name)[0][0];
const once = (/** @type {Course} */ course) => course.ladder.rungs.all[0].once !== null;

test("no outage of everything counts against any rung", () => {
  for (let seed = 0; seed < 1500; seed += 1) {
    const random = dice(seed * 7919);
    /** @template T @param {T[]} list */
    const pick = (list) => list[Math.floor(random() * list.length)];
    const order = pick(LADDERS);
    const beat = random() < 0.5 ? 1000 : 1_000_000;
    const world = Object.fromEntries(EVERYTHING.map((name) => [name, { pass: 40, opens: 20, beat }]));
    const course = new Outages(world, { order, chance: random() });
    const span = () => pick([100, 3000, 60_000]) * random();
    for (let outage = 0; outage < 3; outage += 1) {
      course.pass(span());
      const how = pick(HOWS);
      course.fall(how, random);
      course.pass(span());
      course.rise();
      course.pass(100_000);
      same(judged(course), [], `seed ${seed}, ${order}, ${how}: ${course.log.slice(-40).join("\n")}`);
    }
    same(course.ladder.transport, order[0], `seed ${seed}`);
  }
});

test("what broke beside a reading that stands is proven by a witness asked at once", () => {
  const course = beside();
  course.step(lost(idOf(course, "ws")));
  ok(!once(course), "not before");
  course.pass(25);
  ok(once(course), course.log.join("; "));
});

test("an answer after the spanning reading broke proves nothing", () => {
  const course = beside(["ws", "longpoll", "poll"]);
  course.step(lost(idOf(course, "ws")));
  course.step(lost(idOf(course, "longpoll")));
  course.pass(25);
  ok(!once(course), course.log.join("; "));
  same(course.ladder.transport, "poll");
});

test("a reading that began later spans nothing", () => {
  const verdicts = { ws: { works: 0, fails: [], rests: 0, resting: 0, beat: null, evidence: null } };
  const course = new Course({ ws: HANGS, longpoll: WORKS }, { order: ["ws", "longpoll"], network: "n", verdicts }).pass(190);
  course.step(lost(idOf(course, "ws")));
  same([course.live.size, once(course)], [1, false]);
});

test("a ws that dies alone is not judged, and the next beside its heir is", () => {
  const course = new Course(Object.fromEntries(["ws", "longpoll"].map((name) => [name, WORKS])), { order: ["ws", "longpoll"] });
  course.pass(10_000);
  course.step(lost(idOf(course, "ws")));
  course.world = { ...course.world, ws: REFUSES };
  course.pass(200);
  ok(!once(course), "alone");
  course.pass(1000);
  ok(once(course), course.log.join("; "));
});

test("what came not in time is judged by the later half of it", () => {
  for (const at of [200, 700, 800, 1400]) {
    const world = { ws: HANGS, longpoll: { pass: 20, beat: null } };
    const course = new Course(world, { order: ["ws", "longpoll"], pace: { every: 1000, hold: 0.5, heartbeat: 15 } }).pass(20);
    const id = idOf(course, "longpoll");
    course.pass(at - 20);
    course.step({ type: "heard", id });
    course.pass(1540 - at);
    same(once(course), at > 750, at);
  }
});

test("a witness that fails is held against nobody and hinders nothing", () => {
  const course = new Course({ ws: REFUSES, sse: WORKS, longpoll: WORKS, poll: REFUSES }).pass(31);
  same([...course.live.values()].sort(), ["longpoll", "poll", "sse"]);
  course.pass(300);
  same([course.ladder.transport, course.ladder.rungs.all[3].tries, once(course)], ["sse", 0, false]);
});

test("a rung that fails by itself rests after a few tries", () => {
  /** @type {Record<string, import("./course.mjs").Behaviour>} */
  const faults = {
    refused: REFUSES,
    hang: HANGS,
    kill: { pass: 20, dies: 200 },
    "kill after 6 s": { pass: 20, dies: 6500 },
    "kill after 25 s": { pass: 20, dies: 25_000 },
    mute: { pass: 20, beat: null },
  };
  for (const [fault, ws] of Object.entries(faults)) {
    for (const beat of [1000, 1_000_000]) {
      for (const order of LADDERS.filter(([best]) => best === "ws")) {
        const well = { pass: 20, beat };
        const course = new Course({ sse: well, longpoll: well, poll: well, ws }, { order });
        let seconds = 0;
        while (!course.ladder.rungs.all[0].rests && seconds < 300) {
          course.pass(1000);
          seconds += 1;
        }
        const about = `${fault}, ${order}, beat ${beat}: ${course.log.join("\n")}`;
        ok(course.ladder.rungs.all[0].rests === 1 && course.tries("ws") <= 5, about);
      }
    }
  }
});
