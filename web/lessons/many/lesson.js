// Lesson 8: many readers: what a transport costs when the rate grows, when a herd comes back, and when there is a budget.

import { measure } from "/page/calculator/measure.js";
import { cost, headOf, WAYS } from "/page/calculator/sums.js";
import { EVERY } from "/page/knobs.js";
import { age, grouped, percent, rate } from "/page/race/format.js";
import { LANES } from "/page/race/lane.js";
import { Race } from "/page/race/race.js";
import { lasting } from "../waiting.js";
import { bars } from "./bars.js";
import { BUDGETS, costOf, FIGURES, over } from "./budgets.js";
import { Growing, RATES, TRIP } from "./growing.js";
import { CLIENTS, herd, OUTAGE, POLICIES, ROOM } from "./herd.js";
import { ASKED, CAUSES, SAID, shares, three } from "./reports.js";

/** @import { Measured } from "/page/calculator/measure.js" */
/** @import { Lively, Stage } from "../steps.js" */
/** @import { Cost } from "./budgets.js" */
/** @import { Step } from "./growing.js" */
/** @import { Herd } from "./herd.js" */

const SECONDS = { least: 8, most: 60, usual: 20 }; // in which the server speaks; `?seconds=` in the address
const TICK = 250; // ms between two looks at how far it is
const BEHIND = 1.5; // times the age of a WebSocket's news: then another is called slower
const CROWD = { clients: 10_000, rate: 1, every: 1000, size: 100, rtt: 50, cookie: 0 }; // of the second guess
const LETTERS = ["A", "B", "C"];
const HERDS = Object.keys(POLICIES);

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Many(stage);
  return {
    live: Object.fromEntries(HERDS.map((name) => [`herd.${name}`, (/** @type {HTMLElement} */ element) => bars(element, course.herds[name] ?? null)])),
    forms: {
      guess: (values) => course.guess(values),
      reports: (values) => course.diagnose(values),
      budgets: (values) => course.choose(values),
    },
    acts: { run: () => course.press(), herd: () => course.comeBack(), others: () => course.others() },
    close: () => course.stop(),
  };
}

class Many {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.race = /** @type {Race | null} */ (null);
    this.running = /** @type {AbortController | null} */ (null);
    this.measured = /** @type {Measured | null} */ (null);
    this.reports = /** @type {ReturnType<typeof three>} */ ([]);
    this.herds = /** @type {Record<string, Herd>} */ ({});
    this.length = (lasting(SECONDS) * 1000) / RATES.length;
    const facts = { trip: TRIP, turn: 1000 / TRIP, first: RATES[0], last: RATES.at(-1), clients: grouped(CLIENTS), outage: OUTAGE, room: ROOM, asked: ASKED, telling: SAID };
    stage.tell({ ...facts, crowd: grouped(CROWD.clients), "crowd.rtt": CROWD.rtt, ...Object.fromEntries(RATES.map((each, i) => [`rate${i + 1}`, each])) });
    for (const { name, most } of BUDGETS) {
      for (const [figure, value] of Object.entries(written(most))) stage.tell({ [`${name}.most.${figure}`]: value });
    }
    this.others();
  }

  /** @param {{when: string, first: string, peak: string}} values */
  guess({ when, first, peak }) {
    this.stage.tell({ guessed: true, "guess.peak": peak });
    for (const one of ["always", "trip", "never", "busy"]) this.stage.tell({ [`when.${one}`]: one === when });
    for (const one of WAYS) this.stage.tell({ [`first.${one}`]: one === first });
    this.stage.go("run");
  }

  // ---- run

  press() {
    if (this.running) return this.stop();
    return this.follow();
  }

  /** Let the rate grow, while it is told how far it is. */
  async follow() {
    const mine = (this.running = new AbortController());
    this.race ??= new Race();
    const growing = new Growing({ race: this.race, length: this.length });
    this.stage.tell({ running: true, failed: false, unseen: false, ran: false, halted: false, last: RATES.at(-1) });
    const looking = setInterval(() => this.told(growing), TICK);
    try {
      await growing.run(mine.signal);
      await this.know();
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: !error.unseen, unseen: Boolean(error.unseen), fault: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    this.told(growing);
    if (growing.over) this.compare(growing);
    const ran = growing.over && this.measured !== null;
    this.stage.tell({ running: false, ran, seen: ran || Boolean(this.herds.fixed), both: ran && Boolean(this.herds.fixed) });
    if (ran) this.stage.tell({ "truth.when": "trip", "truth.first": ["poll", "longpoll"] });
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** @param {Growing} growing */
  told({ steps, rate: now }) {
    this.stage.tell({ now, "run.begins": !now, "run.goes": now > 0 });
    for (const i of RATES.keys()) this.step(`s${i + 1}`, steps[i]);
  }

  /** @param {string} name @param {Step | undefined} step */
  step(name, step) {
    const ages = LANES.map((way) => [way, step ? age(step.ages[way]) : "–"]);
    const facts = { ...Object.fromEntries(ages), asks: rate(step?.asks), frames: rate(step?.frames), each: rate(step?.each), busy: percent(step?.busy) };
    this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`${name}.${fact}`, value])));
  }

  /** Two thousand come back, in each of the four ways. */
  comeBack() {
    const seed = Math.floor(Math.random() * 2 ** 31);
    for (const name of HERDS) {
      const { peak, refused, half, most, tries, never } = (this.herds[name] = herd(POLICIES[name], { seed }));
      const facts = {
        peak: grouped(peak), refused: grouped(refused), tries: grouped(tries), never: grouped(never), lasts: never > 0,
        half: half === null ? "–" : `${half.toFixed(1)} s`, most: most === null ? "–" : `${most.toFixed(1)} s`,
      };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`${name}.${fact}`, value])));
      this.stage.draw(`herd.${name}`);
    }
    const guess = Number(this.stage.facts["guess.peak"]);
    const { peak } = this.herds.doubling;
    const near = Math.abs(guess - peak) <= peak / 10;
    this.stage.tell({ herded: true, seen: true, "peak.near": near, "peak.low": !near && guess < peak, both: Boolean(this.stage.facts.ran), "truth.peak": peak });
  }

  // ---- see

  /** When long polling fell behind, and what it saved. @param {Growing} growing */
  compare({ steps, halted }) {
    const end = steps.at(-1);
    this.step("end", end);
    const slower = steps.find(({ ages }) => ages.longpoll !== null && ages.ws !== null && ages.longpoll > BEHIND * ages.ws);
    this.stage.tell({ behind: Boolean(slower), "behind.rate": slower?.rate, halted, last: end?.rate, here: end?.here });
  }

  /** What this browser puts around a message; and what that comes to for a crowd. */
  async know() {
    this.measured ??= await measure();
    for (const way of WAYS) {
      const { requests, mbit, around } = cost(way, this.measured, CROWD);
      const facts = { requests: grouped(Math.round(requests)), mbit: mbit.toFixed(1), around: percent(around / mbit), lines: way === "poll" ? "0" : grouped(CROWD.clients) };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`crowd.${way}.${fact}`, value])));
    }
  }

  // ---- exercise

  /** Three other reports. */
  others() {
    this.reports = three(Math.floor(Math.random() * 2 ** 31));
    for (const [i, { report }] of this.reports.entries()) {
      this.stage.tell(Object.fromEntries(Object.entries(report).map(([figure, value]) => [`${LETTERS[i]}.${figure}`, grouped(value)])));
    }
    this.stage.tell({ "reports.given": false, "reports.right": false, "no.which": "" });
  }

  /** @param {Record<string, string>} values */
  diagnose(values) {
    const { reports } = this;
    const wrong = reports.findIndex(({ cause }, i) => values[`report-${LETTERS[i]}`] !== cause);
    const right = wrong < 0;
    const hits = reports.filter(({ cause }, i) => values[`report-${LETTERS[i]}`] === cause).length;
    this.stage.tell({ "reports.given": true, "reports.right": right, "reports.hits": hits, "reports.done": right || Boolean(this.stage.facts["reports.done"]) });
    for (const cause of CAUSES) {
      this.stage.tell({ [`no.${cause}`]: !right && values[`report-${LETTERS[wrong]}`] === cause, [`yes.${cause}`]: right && reports.some((one) => one.cause === cause) });
    }
    if (!right) {
      const { report } = reports[wrong];
      const facts = { which: LETTERS[wrong], ...report, ...shares(report), explains: Math.round(report.worst * ASKED) };
      this.stage.tell(Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`no.${fact}.is`, typeof value === "number" ? grouped(value) : value])));
    }
    this.done();
  }

  /** @param {Record<string, string>} values */
  async choose(values) {
    this.stage.tell({ "budgets.given": false, "budgets.failed": false });
    try {
      this.measured ??= await measure();
    } catch {
      return this.stage.tell({ "budgets.failed": true });
    }
    let right = 0;
    for (const budget of BUDGETS) right += Number(this.judge(budget, values[budget.name], values[`${budget.name}-every`]));
    this.stage.tell({ "budgets.given": true, "budgets.right": right === BUDGETS.length, "budgets.hits": right });
    return this.done();
  }

  /** @param {typeof BUDGETS[number]} budget @param {any} way @param {string | undefined} every */
  judge(budget, way, every) {
    const { name } = budget;
    const often = way === "poll" && !Number(every);
    const heads = this.measured && (way === "poll" || way === "longpoll") ? headOf(this.measured, way, 0) : { up: 0, down: 0 };
    const costs = costOf(budget, { way, every: Number(every) || EVERY.usual }, heads.up + heads.down);
    const beyond = often ? [] : over(budget, costs);
    const right = !often && !beyond.length;
    this.stage.tell({ [`${name}.often`]: often, [`${name}.right`]: right, [`${name}.wrong`]: !right, [`${name}.told`]: !often });
    for (const figure of FIGURES) this.stage.tell({ [`${name}.over.${figure}`]: beyond.includes(figure) });
    for (const [figure, value] of Object.entries(written(costs))) this.stage.tell({ [`${name}.${figure}`]: value });
    return right;
  }

  done() {
    this.stage.tell({ "all.done": Boolean(this.stage.facts["reports.done"] && this.stage.facts["budgets.right"]) });
  }
}

/** Figures as a person reads them. @param {Cost} cost */
function written({ age: old, requests, mbit, lines }) {
  return { age: age(old), requests: grouped(Math.round(requests)), mbit: mbit >= 10 ? grouped(Math.round(mbit)) : mbit.toFixed(1), lines: grouped(lines) };
}
