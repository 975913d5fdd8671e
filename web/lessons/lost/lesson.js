// Lesson 4: what gets lost on a line that cuts answers, from a queue and from a log, and a program that takes each message once.

import { Program, shownCase } from "../program.js";
import { CASES, judged, NAME } from "./exercise.js";
import { COUNT, Heard, Losing, NETWORK } from "./losing.js";
import { marks, sign } from "../marks.js";
import { lasting } from "../waiting.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Batch } from "/client/types.js" */
/** @import { Shown } from "./exercise.js" */
/** @typedef {"queue" | "log"} Way */

const WAYS = /** @type {Way[]} */ (["queue", "log"]);
const SECONDS = { least: 3, most: 60, usual: 8 }; // in which the hub speaks; `?seconds=` in the address
const TICK = 200; // ms between two looks at what is here
const NEAR = 10; // messages by which a guess may be off and still be called near
const EXPECTED = COUNT - Number(NETWORK.split(":")[1]) * COUNT; // were each message an answer of its own

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Lost(stage);
  return {
    live: {
      "marks.queue": (element) => course.marks(element, "queue"),
      "marks.log": (element) => course.marks(element, "log"),
      case: (element) => shownCase(element, course.program, asCame),
      sign,
    },
    forms: { guess: (values) => course.guess(values), program: (values) => course.program.check(values) },
    acts: { run: () => course.press() },
    close: () => course.stop(),
  };
}

class Lost {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.losing = /** @type {Losing | null} */ (null);
    this.running = /** @type {AbortController | null} */ (null);
    this.program = /** @type {Program<Shown>} */ (new Program(stage, { name: NAME, cases: CASES, judged }));
    stage.tell({ count: COUNT, network: NETWORK, expected: EXPECTED });
  }

  /** @param {{queue: string, log: string}} values */
  guess({ queue, log }) {
    this.stage.tell({ guessed: true, "guess.queue": queue, "guess.log": log });
    this.stage.go("run");
  }

  // ---- run

  press() {
    if (this.running) return this.stop();
    return this.follow();
  }

  /** Let both run while their marks change. */
  async follow() {
    const mine = (this.running = new AbortController());
    const losing = (this.losing = new Losing({ length: this.seconds * 1000 }));
    this.stage.tell({ running: true, failed: false, ran: false });
    const looking = setInterval(() => this.look(losing), TICK);
    this.look(losing);
    try {
      await losing.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    if (!losing.over && this.losing === losing) this.losing = null;
    this.stage.tell({ running: false });
    if (losing.over) this.told(losing);
    this.look(losing);
  }

  /** How far it is. @param {Losing} losing */
  look(losing) {
    const { said } = losing;
    this.stage.tell({ said, "run.begins": !said, "run.goes": said > 0 });
    for (const way of WAYS) {
      this.stage.tell({ [`${way}.here`]: losing[way].here });
      this.stage.draw(`marks.${way}`);
    }
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** @param {HTMLElement} element @param {Way} way */
  marks(element, way) {
    const heard = this.losing?.[way] ?? new Heard();
    marks(element, heard.fates(this.losing?.over ?? false));
  }

  // ---- see

  /** What the run has shown, beside the guesses. @param {Losing} losing */
  told(losing) {
    for (const way of WAYS) {
      const { here, twice, answers, cut } = losing[way];
      const facts = { here, lost: COUNT - here, twice, answers, cut };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${way}.${name}`, value])));
    }
    const { queue, log, sent } = losing;
    const guess = Number(this.stage.facts["guess.queue"]);
    const near = Math.abs(guess - queue.here) <= NEAR;
    const all = Number(this.stage.facts["guess.log"]) === COUNT;
    this.stage.tell({
      ran: true, sent, again: Math.max(0, sent - COUNT), resent: sent > COUNT, "log.whole": log.here === COUNT,
      "off.near": near, "off.all": !near && guess === COUNT, "off.high": !near && guess > queue.here && guess < COUNT,
      "off.low": !near && guess < queue.here, "log.right": all, "log.fewer": !all,
      "truth.queue": queue.here, "truth.log": log.here,
    });
  }
}

/** A batch in short: its messages by their seq. @param {Batch | null} batch */
function asCame(batch) {
  if (!batch) return "null";
  const { after, cursor, gap, messages } = batch;
  return JSON.stringify({ after, cursor, gap, messages: messages.map(({ seq }) => ({ seq })) });
}
