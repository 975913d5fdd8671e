// Lesson 3: one answer that never ends, what a proxy that waits for its end makes of it, and how it is written.

import { make } from "/page/dom.js";
import { text } from "/page/words.js";
import { lane, sign } from "../lane.js";
import { soon, still } from "../sketch.js";
import { judged, TASKS } from "./exercise.js";
import { COUNT, Reading } from "./reading.js";
import { lasting } from "../waiting.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Dispatched } from "./interpret.js" */
/** @typedef {"direct" | "buffer" | "cut"} Way */

const WAYS = /** @type {Way[]} */ (["direct", "buffer", "cut"]);
const SECONDS = { least: 3, most: 60, usual: 10 }; // of a run; `?seconds=` in the address
const SPEAKING = 0.6; // of a run in which the hub speaks; then it is silent
const LAST = 0.8; // of a run after which the answer is ended
const CUT = { length: 8000, every: 500, last: 7400, cut: 1300 }; // ms: a browser waits about 3 s before it asks again
const TICK = 200; // ms between two looks at how much of a run is left

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Stream(stage);
  const tasks = TASKS.map((_, i) => `task${i + 1}`);
  return {
    live: {
      ...Object.fromEntries(WAYS.map((way) => [`lane.${way}`, (element) => course.lane(element, way)])),
      /** @param {HTMLElement} element */
      dispatched: (element) => listed(element, course.events),
      sign,
    },
    forms: {
      guess: (values) => course.guess(values),
      ...Object.fromEntries(tasks.map((name, i) => [name, ({ stream = "" }) => course.check(i, stream)])),
    },
    typed: Object.fromEntries(tasks.map((name, i) => [name, ({ stream = "" }) => course.read(i, stream)])),
    acts: { run: () => course.press(), next: () => course.task(course.at + 1), before: () => course.task(course.at - 1) },
    close: () => course.stop(),
  };
}

class Stream {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.readings = /** @type {Partial<Record<Way, Reading>>} */ ({});
    this.running = /** @type {AbortController | null} */ (null);
    this.events = /** @type {Dispatched[] | null} */ (null);
    this.at = 0; // the task that is shown
    const [page] = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("navigation"));
    const spoken = page?.nextHopProtocol ?? "";
    stage.tell({ count: COUNT, "next.direct": true, spoken: spoken || "?", old: spoken === "http/1.1" });
    this.task(0);
  }

  /** @param {{requests: string, first: string}} values */
  guess({ requests, first }) {
    const asks = Number(requests);
    this.stage.tell({
      guessed: true, "guess.requests": requests, "asks.right": asks === 1, "asks.none": asks === 0,
      "asks.each": asks >= COUNT, "asks.some": asks > 1 && asks < COUNT,
    });
    for (const one of ["now", "next", "tenth", "end"]) this.stage.tell({ [`first.${one}`]: one === first });
    this.stage.go("run");
  }

  // ---- run

  /** The button: the next of the three, or stop. After the last of them all begins anew. */
  press() {
    if (this.running) return this.stop();
    const way = WAYS.find((name) => !this.readings[name]) ?? WAYS[0];
    if (way === WAYS[0]) this.readings = {};
    return this.follow(way);
  }

  /** @param {Way} way */
  reading(way) {
    const { trace } = this.stage.page.seats[0].tape;
    const ms = this.seconds * 1000;
    const times = way === "cut" ? CUT : { length: ms, every: (SPEAKING * ms) / COUNT, last: LAST * ms };
    return new Reading({ network: way === "buffer" ? "buffer" : "direct", ...times, offset: () => trace.offset });
  }

  /** Let one run while its picture moves. @param {Way} way */
  async follow(way) {
    const mine = (this.running = new AbortController());
    const reading = (this.readings[way] = this.reading(way));
    this.stage.tell({ running: true, failed: false, [`${way}.ran`]: false, ran: false });
    const looking = setInterval(() => this.left(way, reading), TICK);
    this.move(way, reading);
    try {
      await reading.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    if (!reading.over && this.readings[way] === reading) delete this.readings[way];
    this.left(way, reading);
    if (reading.over) this.told(way, reading);
    const next = WAYS.find((name) => !this.readings[name]);
    this.stage.tell({ running: false, ran: !next, "next.again": !next });
    this.stage.tell(Object.fromEntries(WAYS.map((name) => [`next.${name}`, name === next])));
    for (const name of WAYS) this.stage.draw(`lane.${name}`);
  }

  /** How far it is. @param {Way} way @param {Reading} reading */
  left(way, reading) {
    const began = reading.began !== null;
    const came = reading.news.filter((one) => one.came !== null).length;
    this.stage.tell({
      "run.begins": !began, "run.goes": began, left: Math.ceil((reading.length - reading.at) / 1000),
      [`${way}.said`]: reading.news.length, [`${way}.came`]: came, [`${way}.goes`]: began && !reading.over && Boolean(this.running),
    });
  }

  /** @param {Way} way @param {Reading} reading */
  move(way, reading) {
    if (!this.running || reading.over || still()) return;
    this.stage.draw(`lane.${way}`);
    soon(() => this.move(way, reading));
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** @param {HTMLElement} element @param {Way} way */
  lane(element, way) {
    const reading = this.readings[way] ?? null;
    const seconds = way === "cut" ? CUT.length / 1000 : this.seconds;
    lane(element, still() && !reading?.over ? null : reading, seconds);
  }

  // ---- see

  /** What a run has shown. @param {Way} way @param {Reading} reading */
  told(way, reading) {
    const { news, requests, early, raw, head, began } = reading;
    const ages = news.map(({ said, came }) => (came === null ? NaN : Math.max(0, came - said)));
    const field = head.split("\r\n").find((line) => line.toLowerCase().startsWith("last-event-id:"));
    const facts = {
      ran: true, requests, early, late: COUNT - early, first: age(ages[0]), last: age(ages[ages.length - 1]), all: ages.filter((ms) => ms >= 0).length,
      end: age(Number(reading.ended) - Number(began)), head, again: field ?? "", heads: Boolean(head), field: Boolean(field),
    };
    this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${way}.${name}`, value])));
    if (way === "direct") this.stage.tell({ raw, rawly: Boolean(raw), "truth.requests": requests });
    if (way === "buffer" && !early) this.stage.tell({ "truth.first": "end" });
  }

  // ---- exercise

  /** @param {number} i */
  task(i) {
    this.at = Math.min(TASKS.length - 1, Math.max(0, i));
    this.events = null;
    this.stage.tell(Object.fromEntries(TASKS.map((_, n) => [`at.${n + 1}`, n === this.at])));
    this.stage.tell({ "task.given": false, "task.right": false, "task.n": this.at + 1, "task.of": TASKS.length, "not.first": this.at > 0, shown: false });
    this.stage.draw("dispatched");
  }

  /** What a browser would dispatch of what stands there now. @param {number} i @param {string} typed */
  read(i, typed) {
    const { events, count, none } = judged(typed, TASKS[i]);
    this.events = events;
    this.stage.tell({ "task.given": false, "task.right": false, shown: true, "task.count": count, "task.none": none });
    this.stage.draw("dispatched");
  }

  /** @param {number} i @param {string} typed */
  check(i, typed) {
    this.read(i, typed);
    const facts = judged(typed, TASKS[i]);
    this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`task.${name}`, value])));
    if (facts.right) this.stage.tell({ [`done.${i + 1}`]: true });
    const done = TASKS.every((_, n) => this.stage.facts[`done.${n + 1}`]);
    this.stage.tell({ "all.done": done, "task.more": facts.right && i + 1 < TASKS.length });
  }
}

/** Events as an application would get them. @param {HTMLElement} element @param {Dispatched[] | null} events */
function listed(element, events) {
  const items = (events ?? []).map(({ type, data, lastEventId }) => {
    const parts = [make("b", {}, type), make("code", {}, data)];
    if (lastEventId) parts.push(make("small", {}, text("lessons.id", { id: lastEventId })));
    return make("li", {}, ...parts);
  });
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}

/** @param {number} ms */
function age(ms) {
  if (Number.isNaN(ms)) return "–";
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1000).toFixed(1)} s`;
}
