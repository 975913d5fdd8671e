// Lesson 1: what polling costs and how late it is, by real clients beside long polling and WebSocket.

import { model } from "/page/theory.js";
import { lane, sign } from "../lane.js";
import { soon, still } from "../sketch.js";
import { Trial } from "../trial.js";
import { agesFigure, bytesFigure, waitsFigure } from "./figures.js";
import { lasting } from "../waiting.js";

/** @import { Transport } from "/client/socket.js" */
/** @import { Lively, Stage } from "../steps.js" */
/** @import { News } from "../trial.js" */
/** @import { Counts } from "/page/meter.js" */
/** @typedef {"poll" | "longpoll" | "ws"} Way */

const WAYS = /** @type {Way[]} */ (["poll", "longpoll", "ws"]);
const EVERY = 1000; // ms between two questions
const MESSAGES = 2;
const SECONDS = { least: 3, most: 60, usual: 10 }; // of a run; `?seconds=` in the address
const TICK = 200; // ms between two looks at how much of a run is left
const WANTED = { age: 400, asks: 100 }; // the exercise: ms on average at most, questions a minute at most
const QUICKEST = 250; // ms; the hub refuses more than four questions a second

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Polling(stage);
  return {
    live: {
      ...Object.fromEntries(WAYS.map((way) => [`lane.${way}`, (element) => course.lane(element, way)])),
      ...Object.fromEntries(WAYS.map((way) => [`bytes.${way}`, (element) => course.bytes(element, way)])),
      /** @param {HTMLElement} element */
      "lane.answer": (element) => lane(element, course.checked, course.seconds),
      /** @param {HTMLElement} element */
      ages: (element) => agesFigure(element, course.ages, EVERY),
      /** @param {HTMLElement} element */
      waits: (element) => waitsFigure(element, course.ages, EVERY),
      sign,
    },
    forms: { guess: (values) => course.guess(values), answer: (values) => course.answer(values) },
    acts: { run: () => course.press(), more: () => course.more() },
    close: () => course.stop(),
  };
}

class Polling {
  /** @param {Stage} stage */
  constructor(stage) {
    const seconds = lasting(SECONDS);
    this.stage = stage;
    this.seconds = seconds;
    this.trials = /** @type {Partial<Record<Way, Trial>>} */ ({});
    this.running = /** @type {AbortController | null} */ (null);
    this.moments = /** @type {number[]} */ ([]);
    this.ages = /** @type {number[]} */ ([]);
    this.checked = /** @type {Trial | null} */ (null);
    const rate = MESSAGES / seconds;
    const { empty, mean } = model("poll", { rate, every: EVERY, rtt: 0 });
    stage.tell({
      seconds, questions: seconds, half: age(mean), share: percent(empty), "next.poll": true,
      "wanted.age": age(WANTED.age), "wanted.asks": WANTED.asks,
    });
  }

  // ---- predict

  /** @param {{empty: string, age: string}} values */
  guess({ empty, age: guessed }) {
    this.stage.tell({ guessed: true, "guess.empty": empty, [`guess.${guessed}`]: true });
    for (const other of ["0", "250", "500", "1000", "2000"]) if (other !== guessed) this.stage.tell({ [`guess.${other}`]: false });
    this.stage.go("run");
  }

  // ---- run

  /** The button: the next of the three, or stop. After the last of them all begins anew, at other moments. */
  press() {
    if (this.running) return this.stop();
    const way = WAYS.find((name) => !this.trials[name]) ?? WAYS[0];
    if (way === WAYS[0]) this.begin();
    return this.measure(way);
  }

  begin() {
    this.trials = {};
    this.moments = moments(this.seconds);
    this.stage.tell({ ran: false, ...Object.fromEntries(WAYS.map((way) => [`${way}.ran`, false])) });
    for (const way of WAYS) this.stage.draw(`lane.${way}`);
  }

  /** Two messages more for the mean; the three side by side stay as they were. */
  async more() {
    if (this.running) return this.stop();
    const trial = this.trial({ transport: "poll", length: this.seconds * 1000, moments: moments(this.seconds) });
    if (await this.follow(trial, "none")) this.grow(trial);
  }

  /** @param {Way} way */
  async measure(way) {
    const { seconds } = this;
    const trial = this.trial({ transport: way, length: seconds * 1000, moments: this.moments });
    this.trials[way] = trial;
    const whole = await this.follow(trial, `lane.${way}`);
    if (!whole) delete this.trials[way];
    else this.tell(way, trial);
    const next = WAYS.find((name) => !this.trials[name]);
    this.stage.tell({ ran: WAYS.every((name) => this.trials[name]), "next.again": !next });
    this.stage.tell(Object.fromEntries(WAYS.map((name) => [`next.${name}`, name === next])));
    for (const name of [`lane.${way}`, ...WAYS.map((each) => `bytes.${each}`)]) this.stage.draw(name);
  }

  /** @param {{transport: Transport, every?: number, length: number, moments: number[]}} settings */
  trial(settings) {
    const { trace } = this.stage.page.seats[0].tape;
    return new Trial({ every: EVERY, offset: () => trace.offset, ...settings });
  }

  /**
   * Let a trial run while its picture moves. Whether it came to its end.
   * @param {Trial} trial @param {string} picture
   */
  async follow(trial, picture) {
    const mine = (this.running = new AbortController());
    this.stage.tell({ running: true, failed: false });
    const looking = setInterval(() => this.left(trial), TICK);
    this.move(trial, picture);
    try {
      await trial.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ failed: true, fault: error.message });
    } finally {
      clearInterval(looking);
      if (this.running === mine) this.ended(); // else the next has begun
    }
    return trial.over;
  }

  ended() {
    this.running = null;
    this.stage.tell({ running: false });
  }

  /** @param {Trial} trial */
  left(trial) {
    const began = trial.began !== null;
    this.stage.tell({ "run.begins": !began, "run.goes": began, left: Math.ceil((trial.length - trial.at) / 1000) });
  }

  /** @param {Trial} trial @param {string} picture */
  move(trial, picture) {
    if (!this.running || trial.over || still()) return;
    this.stage.draw(picture);
    soon(() => this.move(trial, picture));
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** @param {HTMLElement} element @param {Way} way */
  lane(element, way) {
    const trial = this.trials[way] ?? null;
    lane(element, still() && !trial?.over ? null : trial, this.seconds);
  }

  // ---- see

  /**
   * What a run has shown: the hub's counts, and the ages as this browser saw them.
   * @param {string} way @param {Trial} trial
   */
  tell(way, { counts, before, news, heads }) {
    const facts = {
      questions: counts.requests, answers: counts.news + counts.empty, empty: counts.empty, news: counts.news,
      age: age(mean(agesOf(news))), bytes: many(counts.up + counts.down),
      each: counts.messages ? many((counts.up + counts.down) / counts.messages) : "–",
      opening: many((before.head_up ?? 0) + (before.head_down ?? 0)), around: this.around(way, counts), ran: true,
      "head.up": heads?.up.trimEnd(), "head.down": heads?.down.trimEnd(), heads: Boolean(heads),
    };
    this.stage.tell(Object.fromEntries(Object.entries(facts).map(([name, value]) => [`${way}.${name}`, value])));
    if (way === "poll") this.compare(counts, news);
    const strange = Object.values(this.trials).map((trial) => trial.counts.messages - trial.news.length);
    const unsure = this.stage.page.seats[0].tape.trace.doubt === null; // then ages are by two clocks
    this.stage.tell({ others: strange.reduce((sum, some) => sum + some, 0), unsure });
  }

  /**
   * Bytes that stand around an answer with news: heads of question and answer, or a frame's own.
   * @param {string} way @param {Counts} counts
   */
  around(way, counts) {
    if (way === "ws") return Math.round(counts.framing_down / Math.max(1, counts.frames_down));
    return Math.round(counts.head_up / counts.requests + counts.head_down / Math.max(1, counts.news + counts.empty));
  }

  /** Their guess beside what happened. @param {Counts} counts @param {News[]} news */
  compare({ empty }, news) {
    this.grow({ news });
    const off = Number(this.stage.facts["guess.empty"]) - empty;
    this.stage.tell({ "truth.empty": empty, "truth.age": EVERY / 2 });
    this.stage.tell({
      "off.none": off === 0, "off.near": Math.abs(off) === 1, "off.low": off < -1, "off.high": off > 1,
    });
  }

  /** @param {{news: News[]}} trial */
  grow({ news }) {
    this.ages.push(...agesOf(news));
    this.stage.tell({ "ages.count": this.ages.length, "ages.mean": age(mean(this.ages)) });
    for (const name of ["ages", "waits"]) this.stage.draw(name);
  }

  /** @param {HTMLElement} element @param {string} way */
  bytes(element, way) {
    /** @param {string} name */
    const around = (name) => this.stage.facts[`${name}.around`] ?? 0;
    if (around(way)) bytesFigure(element, around(way), Math.max(...WAYS.map(around)));
  }

  // ---- exercise

  /** An interval: what theory says of it, and then what the wire says. @param {{every: string}} values */
  async answer({ every }) {
    this.stop();
    const ms = Number(every);
    this.stage.tell(judged(ms));
    const asks = Math.floor((this.seconds * 1000) / ms);
    const slow = asks < 3;
    const refused = ms < QUICKEST;
    this.stage.tell({ "wire.ran": false, "wire.slow": slow, "wire.refused": refused, "wire.runs": !slow && !refused });
    if (slow || refused) return;
    const trial = this.trial({ transport: "poll", every: ms, length: asks * ms, moments: spread(ms, asks - 1) });
    this.checked = trial;
    if (await this.follow(trial, "lane.answer")) this.proven(trial);
    if (this.checked === trial) this.stage.tell({ "wire.runs": false });
    this.stage.draw("lane.answer");
  }

  /** @param {Trial} trial */
  proven({ counts, news, length }) {
    this.stage.tell({
      "wire.ran": true, "wire.count": news.length, "wire.age": age(mean(agesOf(news))),
      "wire.asks": Math.round((counts.requests * 60_000) / length), "wire.asked": counts.requests, "wire.empty": counts.empty,
    });
  }
}

/**
 * What theory says of an interval as the exercise's answer, and what a wrong one may come from.
 * @param {number} ms
 */
export function judged(ms) {
  const { mean: late, requests } = model("poll", { rate: 1, every: ms, rtt: 0 });
  const asks = Math.round(requests * 600) / 10; // a minute
  const [old, often] = [late > WANTED.age, asks > WANTED.asks];
  const seconds = ms > 0 && ms < 60;
  return {
    "answer.given": true, "answer.every": many(ms), "answer.age": age(late), "answer.asks": many(asks),
    "answer.seconds": seconds, "answer.right": !old && !often,
    "answer.old": old, "answer.late": old && ms !== EVERY, "answer.usual": ms === EVERY,
    "answer.often": often && !seconds, "answer.same": ms === WANTED.age, "answer.quick": often && !seconds && ms !== WANTED.age,
    "answer.edge": late === WANTED.age,
  };
}

/**
 * Two moments (ms) in so many seconds, each by chance, none in the first or the last of them.
 * @param {number} seconds
 */
function moments(seconds) {
  const part = (seconds - 1) / MESSAGES;
  const room = Math.max(1, Math.floor(part) - 1); // whole intervals, so that no part of one is preferred
  return Array.from({ length: MESSAGES }, (_, n) => (n * part + (part - room) / 2 + 0.2 + Math.random() * room) * 1000);
}

/**
 * So many moments, one in each interval and each in another part of it: then few messages tell the mean.
 * @param {number} every @param {number} count
 */
function spread(every, count) {
  return Array.from({ length: count }, (_, n) => (0.5 + n + (n + 0.5) / count) * every);
}

/** @param {News[]} news */
function agesOf(news) {
  return news.map(({ said, came }) => Math.max(0, came - said));
}

/** @param {number[]} numbers */
function mean(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** @param {number} ms */
function age(ms) {
  if (Number.isNaN(ms)) return "–";
  return ms < 1000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** @param {number} share */
function percent(share) {
  return `${Math.round(share * 100)} %`;
}

/** A number as both languages write it. @param {number} number */
function many(number) {
  return number.toLocaleString("en", { maximumFractionDigits: number < 100 ? 1 : 0 });
}
