// Lesson 9: what a transport must promise, a fifth one beside the four, and both halves of one's own.

import { lasting } from "../waiting.js";
import { Program, shownCase } from "../program.js";
import { CASES, judged, NAME } from "./exercise.js";
import { tried, WAYS } from "./promises.js";
import { Five, LANES, NETWORK } from "./race.js";
import { HINTS, judged as judgedBySuite, KINDS } from "./suite.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Shown } from "./exercise.js" */

const SECONDS = { least: 3, most: 60, usual: 8 }; // in which the hub speaks; `?seconds=` in the address
const TICK = 200; // ms between two looks at what is here

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Own(stage);
  return {
    live: { case: (element) => shownCase(element, course.program, asCame) },
    forms: {
      guess: (values) => course.guess(values),
      program: (values) => course.check(values),
      suite: (values) => course.look(values),
    },
    acts: { run: () => course.press() },
    close: () => course.stop(),
  };
}

class Own {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.running = /** @type {AbortController | null} */ (null);
    this.program = /** @type {Program<Shown>} */ (new Program(stage, { name: NAME, cases: CASES, judged }));
    stage.tell({ network: NETWORK, count: new Five({ length: this.seconds * 1000, offset: () => 0 }).count, ways: Object.keys(WAYS).length });
  }

  /** What each way leaves a reader with, beside what was guessed of it. @param {Record<string, string>} values */
  guess(values) {
    let hits = 0;
    for (const [name, way] of Object.entries(WAYS)) {
      const { lost, twice, other, hung, breaks } = tried(way);
      const right = values[name] === (breaks ? "breaks" : "harmless");
      hits += Number(right);
      const facts = {
        right, wrong: !right, breaks, lost: lost.join(", "), loses: lost.length > 0, twice: twice.join(", "), repeats: twice.length > 0,
        other: other.join(", "), tells: other.length > 0, hung, hangs: hung > 0,
      };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`${name}.${fact}`, value])));
      this.stage.tell({ [`truth.${name}`]: breaks ? "breaks" : "harmless" });
    }
    this.stage.tell({ guessed: true, hits });
    this.stage.go("run");
  }

  // ---- run

  press() {
    if (this.running) return this.stop();
    return this.follow();
  }

  /** Let the five run, while it is told what they have. */
  async follow() {
    const mine = (this.running = new AbortController());
    const { trace } = this.stage.page.seats[0].tape;
    const five = new Five({ length: this.seconds * 1000, offset: () => trace.offset });
    this.stage.tell({ running: true, failed: false, ran: false });
    const looking = setInterval(() => this.told(five), TICK);
    this.told(five);
    try {
      await five.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    this.told(five);
    this.stage.tell({ running: false, ran: five.over });
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** What has come on each lane. @param {Five} five */
  told({ lanes, said, count }) {
    this.stage.tell({ said, "run.begins": !said, "run.goes": said > 0 });
    for (const name of LANES) {
      const { here, twice, age } = lanes[name];
      const facts = { here, twice, lost: count - here, age: here ? `${age < 10 ? age.toFixed(1) : Math.round(age)} ms` : "–" };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`${name}.${fact}`, value])));
    }
    const { cut, answers, here, twice } = lanes.ndjson;
    this.stage.tell({ cut, answers, broke: cut > 0, whole: here === count && !twice });
  }

  // ---- exercise

  /** @param {{program: string}} values */
  async check(values) {
    this.stage.tell({ place: false });
    await this.program.check(values);
    const { shown } = this.program;
    const place = shown?.place;
    this.stage.tell({ place: Boolean(place), "place.call": place?.call, "place.is": place?.is, "place.due": place?.due });
    this.done({ "half.js": Boolean(this.stage.facts["read.right"]) });
  }

  /** What the suite printed of the other half. @param {{file?: string, printed?: string}} values */
  look({ file = "", printed = "" }) {
    const { kind, rules, hints } = judgedBySuite(file, printed);
    this.stage.tell({ "suite.given": true, rules, hinted: hints.length > 0, "suite.unhinted": kind === "broken" && !hints.length });
    this.stage.tell(Object.fromEntries(KINDS.map((one) => [`suite.${one}`, one === kind])));
    this.stage.tell(Object.fromEntries(HINTS.map((one) => [`hint.${one}`, hints.includes(one)])));
    this.done({ "half.py": kind === "right" });
  }

  /** @param {Record<string, boolean>} half */
  done(half) {
    this.stage.tell(half);
    const { facts } = this.stage;
    this.stage.tell({ "both.halves": Boolean(facts["half.js"] && facts["half.py"]), "half.left": Boolean(facts["half.js"]) !== Boolean(facts["half.py"]) });
  }
}

/** A piece as text; of a character that was cut the bytes. @param {Uint8Array | null} piece */
function asCame(piece) {
  if (!piece) return "null";
  let text = "";
  for (let at = 0; at < piece.length; ) {
    const size = [1, 2, 3, 4].find((n) => isCharacter(piece.slice(at, at + n))) ?? 0;
    const bytes = piece.slice(at, at + (size || 1));
    text += size ? new TextDecoder().decode(bytes).replace("\n", "\\n").replace("\r", "\\r") : `<${bytes[0].toString(16)}>`;
    at += size || 1;
  }
  return text;
}

/** @param {Uint8Array} bytes */
function isCharacter(bytes) {
  try {
    return [...new TextDecoder("utf-8", { fatal: true }).decode(bytes)].length === 1;
  } catch {
    return false;
  }
}
