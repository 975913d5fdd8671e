// Lesson 10: a server of several is killed under four clients, who go on elsewhere; and a server's answer, written anew.

import { now } from "/page/hubclock.js";
import { text } from "/page/words.js";
import { Program, shownCase } from "../program.js";
import { still } from "../sketch.js";
import { lasting } from "../waiting.js";
import { CASES, judged, NAME } from "./exercise.js";
import { Killing, lacks, told } from "./killing.js";
import { called, lane, sign } from "./lanes.js";
import { WAYS } from "./line.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Judged } from "../handed.js" */
/** @import { Question, Shown } from "./exercise.js" */
/** @import { Way } from "./line.js" */

const SECONDS = { least: 2, most: 60, usual: 5 }; // after the end of the server; `?seconds=` in the address
const BEFORE = 3000; // ms of the picture before it
const TICK = 100; // ms between two looks
const NEAR = 0.5; // s by which a guess may be off and still be called near
const LACKS = ["alone", "spared", "last"];

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Kill(stage);
  return {
    live: {
      ...Object.fromEntries(WAYS.map((way) => [`lane.${way}`, (/** @type {HTMLElement} */ element) => course.lane(element, way)])),
      case: (element) => shownCase(element, course.program, asCame),
      sign,
    },
    forms: { guess: (values) => course.guess(values), program: (values) => course.program.check(values) },
    acts: { run: () => course.press(), kill: () => course.kill(), copy: () => course.copy() },
    close: () => course.stop(),
  };
}

class Kill {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.killing = /** @type {Killing | null} */ (null);
    this.running = /** @type {AbortController | null} */ (null);
    this.program = /** @type {Program<Shown>} */ (new Program(stage, { name: NAME, cases: CASES, judged: (all) => this.#judged(judged(all)) }));
    stage.tell({ seconds: this.seconds });
    told(new AbortController().signal).then((of) => this.#lacks(lacks(of)), () => {});
  }

  /** @param {string | null} lack */
  #lacks(lack) {
    this.stage.tell({ lack: lack !== null, ...Object.fromEntries(LACKS.map((one) => [one, one === lack])) });
  }

  /** @param {Judged<Shown>} verdict */
  #judged(verdict) {
    const cursor = verdict.shown?.cursor ?? null;
    this.stage.tell({ "did.cursor": cursor !== null, "answer.is": cursor?.is, "answer.should": cursor?.should });
    return verdict;
  }

  /** @param {Record<string, string>} values */
  guess(values) {
    const cut = WAYS.flatMap((way) => [[`cut.${way}.guessed`, values[`cut.${way}`] === "on"]]);
    this.stage.tell({ guessed: true, "guess.lost": values.lost, "guess.silent": values.silent, ...Object.fromEntries(cut) });
    this.stage.go("run");
  }

  copy() {
    navigator.clipboard?.writeText("make cluster").then(() => this.stage.tell({ copied: true }), () => {});
  }

  // ---- run

  press() {
    if (this.running) return this.stop();
    return this.follow();
  }

  kill() {
    this.stage.tell({ "run.kills": true });
    this.killing?.kill();
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** Let four clients read until a server was killed, and see what became of them. */
  async follow() {
    const mine = (this.running = new AbortController());
    const killing = (this.killing = new Killing({ after: this.seconds * 1000 }));
    this.stage.tell({ running: true, failed: false, ran: false, "run.kills": false, killed: false });
    this.#lacks(null);
    const looking = setInterval(() => this.look(killing), TICK);
    this.look(killing);
    try {
      await killing.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (LACKS.includes(error.code)) this.#lacks(error.code);
      else if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    if (!killing.over && this.killing === killing) this.killing = null;
    this.stage.tell({ running: false, killable: false });
    if (killing.over) this.told(killing);
    this.draw();
  }

  /** How far it is. @param {Killing} killing */
  look(killing) {
    const { began, killed, at, victim } = killing;
    const left = killed ? Math.max(0, Math.ceil((at + killing.after - now()) / 1000)) : 0;
    const kills = Boolean(this.stage.facts["run.kills"]);
    this.stage.tell({
      "run.begins": !began, "run.goes": began > 0 && !killed, "run.after": killed !== null, left, victim: called(killed ?? victim),
      killed: killed !== null, killable: began > 0 && victim !== null && !kills, began: began > 0,
    });
    for (const way of WAYS) {
      const { last, times } = killing.lines[way];
      const server = last?.server ?? killing.lines[way].uses.findLast((use) => use.server !== null)?.server ?? null;
      this.stage.tell({ [`${way}.server`]: server ? called(server) : "", [`${way}.heard`]: times.size });
    }
    if (!still()) this.draw();
  }

  draw() {
    for (const way of WAYS) this.stage.draw(`lane.${way}`);
  }

  /** @param {HTMLElement} element @param {Way} way */
  lane(element, way) {
    const killing = this.killing;
    const length = BEFORE + this.seconds * 1000;
    const at = killing?.killed ? killing.at : 0;
    const to = Math.max((killing?.began || now()) + length, Math.min(now(), at ? at + this.seconds * 1000 : Infinity));
    const servers = killing?.servers.length ? killing.servers : ["A", "B", "C"];
    lane(element, killing?.began ? killing.lines[way] : null, { from: to - length, to, servers, killed: killing?.killed ?? null, at, now: now() });
  }

  // ---- see

  /** What the run has shown, beside the guesses. @param {Killing} killing */
  told(killing) {
    const { facts } = this.stage;
    const { at, ended, said } = killing;
    const end = Math.min(ended, at + this.seconds * 1000);
    let hits = 0;
    for (const way of WAYS) {
      const line = killing.lines[way];
      const [broken, next] = [line.broken(at - 100), line.after(at)];
      const was = line.uses.findLast(({ from, server }) => from < at && server !== null)?.server ?? null;
      const [cut, silent] = [broken !== null, line.silence(at, end) / 1000];
      const right = facts[`cut.${way}.guessed`] === cut;
      hits += Number(right);
      this.stage.tell({
        [`${way}.cut`]: cut, [`${way}.whole`]: !cut, [`${way}.missed`]: cut && !right, [`${way}.spared`]: !cut && !right,
        [`${way}.was`]: called(was), [`${way}.next`]: next ? called(next.server) : text("lessons.none"), [`${way}.cursor`]: next?.cursor ?? "",
        [`${way}.heard`]: line.times.size, [`${way}.lost`]: killing.lost(way).length, [`${way}.gaps`]: line.gaps,
        [`${way}.twice`]: [...line.times.values()].filter((n) => n > 1).length, [`${way}.silent`]: silent.toFixed(1),
        [`truth.cut.${way}`]: cut,
      });
    }
    const [lost, silent] = [killing.lost("ws").length, killing.lines.ws.silence(at, end) / 1000];
    const off = Number(facts["guess.silent"]) - silent;
    const all = WAYS.reduce((sum, way) => sum + killing.lost(way).length, 0);
    this.stage.tell({
      ran: true, said: said.length, hits, ways: WAYS.length, "all.right": hits === WAYS.length, victim: called(killing.killed),
      "lost.none": all === 0, "lost.some": all > 0, "lost.right": Number(facts["guess.lost"]) === lost, "lost.more": Number(facts["guess.lost"]) > lost,
      "silent.near": Math.abs(off) <= NEAR, "silent.long": off > NEAR, "silent.short": off < -NEAR,
      "truth.lost": lost, "truth.silent": silent.toFixed(1),
    });
  }
}

/** A question in short. @param {Question} question */
function asCame({ server, cursor, log }) {
  return JSON.stringify({ server, cursor, log: log.map(({ seq }) => ({ seq })) });
}
