// Lesson 5: four networks before a naive client and ours, and hidden ones to be named by what is seen.

import { PROBATION } from "/client/rung.js";
import { make } from "/page/dom.js";
import { phrase } from "/page/phrases.js";
import { learn, text } from "/page/words.js";
import { still } from "../sketch.js";
import { lasting } from "../waiting.js";
import { against, Dealer, NAMES, seen, setting, SIGNS, WANTED } from "./hidden.js";
import { Pair, WHO } from "./pair.js";
import { rows, sign } from "./rows.js";

/** @import { Lively, Stage } from "../steps.js" */
/** @import { Name } from "./hidden.js" */
/** @import { Who } from "./pair.js" */
/** @import { Way } from "./watched.js" */
/** @typedef {"refuse" | "hang" | "mute" | "free"} Place   the networks of the run, by what they do */
/** @typedef {Place | "x"} Run   and the hidden one */

await learn("/page/texts/said");

const SECONDS = { least: 3, most: 20, usual: 8 }; // of a run; `?seconds=` in the address
const TICK = 100; // ms between two looks at a run
const NETWORKS = /** @type {Record<Place, string>} */ ({ refuse: "no-upgrade", hang: "hang", mute: "mute", free: "no-upgrade" });
const PLACES = /** @type {Place[]} */ (Object.keys(NETWORKS)); // one after the other: a browser opens one WebSocket to a place at a time
const ENDS = /** @type {Record<Place, Way | "none">} */ ({ refuse: "longpoll", hang: "none", mute: "none", free: "longpoll" }); // what the prose tells of
const CHOICES = ["ws", "longpoll", "none"];
const NEAR = 1; // s by which a guess may be off and still be called near
const ROWS = /** @type {Record<Who, Way[]>} */ ({ naive: ["ws", "longpoll"], ours: ["ws", "sse", "longpoll", "poll"] });

/** @param {Stage} stage @returns {Lively} */
export function lesson(stage) {
  const course = new Fallback(stage);
  const runs = /** @type {Run[]} */ ([...PLACES, "x"]);
  const lanes = runs.flatMap((run) => WHO.map((who) => [`rows.${run}.${who}`, (/** @type {HTMLElement} */ element) => course.rows(element, run, who)]));
  return {
    live: { ...Object.fromEntries(lanes), log: (element) => decided(element, course.runs.x ?? null), sign },
    forms: { guess: (values) => course.guess(values), name: ({ name }) => course.name(name) },
    acts: { run: () => course.press(), hide: () => course.hide() },
    close: () => course.stop(),
  };
}

class Fallback {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    this.seconds = lasting(SECONDS);
    this.runs = /** @type {Partial<Record<Run, Pair>>} */ ({});
    this.running = /** @type {AbortController | null} */ (null);
    this.dealer = new Dealer();
    stage.tell({ seconds: this.seconds, half: this.seconds / 2, probation: PROBATION / 1000, "next.refuse": true, "x.count": 0, "x.wanted": WANTED });
  }

  /** @param {Record<string, string>} values `PLACE`: by what the naive client ends; `PLACE.s`: s of silence */
  guess(values) {
    const facts = PLACES.flatMap((place) => [
      [`${place}.guess`, () => called(/** @type {Way | "none"} */ (values[place]))],
      [`${place}.guess.s`, values[`${place}.s`]],
      ...CHOICES.map((choice) => [`${place}.guessed.${choice}`, values[place] === choice]),
    ]);
    this.stage.tell({ guessed: true, ...Object.fromEntries(facts) });
    this.stage.go("run");
  }

  // ---- run

  /** The button: the next of the four networks, or stop. After the last of them all begins anew. */
  async press() {
    if (this.running) return this.stop();
    const place = PLACES.find((name) => !this.runs[name]) ?? PLACES[0];
    if (place === PLACES[0]) for (const name of PLACES) this.drop(name);
    const length = this.seconds * 1000;
    const pair = new Pair({ network: NETWORKS[place], turns: place === "free" ? length / 2 : null, length });
    if (await this.follow(place, pair)) this.compare(place, pair);
    const next = PLACES.find((name) => !this.runs[name]);
    this.stage.tell({ ran: !next, "next.again": !next, ...Object.fromEntries(PLACES.map((name) => [`next.${name}`, name === next])) });
  }

  /** @param {Run} run */
  drop(run) {
    delete this.runs[run];
    this.stage.tell({ ran: false, [`${run}.begun`]: false, [`${run}.ran`]: false });
  }

  /** Let a pair run while its pictures change. Whether it came to its end. @param {Run} run @param {Pair} pair */
  async follow(run, pair) {
    const mine = (this.running = new AbortController());
    this.runs[run] = pair;
    const of = run === "x" ? "x." : ""; // a run that failed is told where it was asked for
    this.stage.tell({ running: true, [`${of}failed`]: false, [`${run}.begun`]: true, [`${run}.ran`]: false });
    const looking = setInterval(() => this.look(run, pair), TICK);
    this.look(run, pair);
    try {
      await pair.run(mine.signal);
    } catch (/** @type {any} */ error) {
      if (!mine.signal.aborted) this.stage.tell({ [`${of}failed`]: true, [`${of}fault`]: error.message });
    }
    clearInterval(looking);
    if (this.running === mine) this.running = null;
    this.stage.tell({ running: false });
    if (pair.over) this.told(run, pair);
    else this.drop(run);
    this.draw(run);
    return pair.over;
  }

  /** How far it is. @param {Run} run @param {Pair} pair */
  look(run, pair) {
    this.stage.tell({ "run.begins": !pair.began, "run.goes": pair.began > 0, left: Math.ceil((pair.length - pair.at) / 1000) });
    if (!still()) this.draw(run);
  }

  /** @param {Run} run */
  draw(run) {
    for (const who of WHO) this.stage.draw(`rows.${run}.${who}`);
    if (run === "x") this.stage.draw("log");
  }

  /** @param {HTMLElement} element @param {Run} run @param {Who} who */
  rows(element, run, who) {
    const pair = this.runs[run];
    const shown = pair?.began && !(still() && !pair.over) ? pair : null;
    const times = { began: shown?.began ?? 0, at: shown?.at ?? 0, length: this.seconds * 1000, turns: pair?.turns ?? null };
    rows(element, shown?.[who] ?? null, ROWS[who], times);
  }

  stop() {
    this.running?.abort(new Error("stopped"));
  }

  /** What a run has shown of both. @param {Run} run @param {Pair} pair */
  told(run, pair) {
    const { said, content } = pair;
    this.stage.tell({ [`${run}.ran`]: true, [`${run}.said`]: said, [`${run}.content`]: content !== null, [`${run}.content.ms`]: Math.round(content ?? 0) });
    for (const who of WHO) {
      const [ends, silence] = [pair.ends[who], pair.silence[who]];
      this.stage.tell({
        [`${run}.${who}.ends`]: () => called(ends), [`${run}.${who}.heard`]: pair[who].came.size, [`${run}.${who}.silent`]: (silence / 1000).toFixed(1),
      });
    }
  }

  // ---- see

  /** The guess about the naive client beside what it did. @param {Place} place @param {Pair} pair */
  compare(place, pair) {
    const { facts } = this.stage;
    const ended = pair.ends.naive ?? "none";
    const right = Boolean(facts[`${place}.guessed.${ended}`]);
    const usual = ended === ENDS[place];
    const off = Number(facts[`${place}.guess.s`]) - pair.silence.naive / 1000;
    this.stage.tell({
      [`${place}.right`]: right && usual, [`${place}.wrong`]: !right && usual, [`${place}.unusual`]: !usual,
      [`${place}.long`]: off > NEAR, [`${place}.short`]: off < -NEAR,
      [`truth.${place}`]: ended, [`truth.${place}.s`]: (pair.silence.naive / 1000).toFixed(1),
    });
  }

  // ---- exercise

  /** A network is hidden before both, and they run; or stop. */
  async hide() {
    if (this.running) return this.stop();
    if (this.dealer.done) this.dealer = new Dealer();
    const length = this.seconds * 1000;
    const pair = new Pair({ network: setting(this.dealer.deal(), length), length });
    this.stage.tell({ "x.given": false, "x.done": false, "x.open": false, "x.was": "", "x.count": this.dealer.right.length });
    if (!(await this.follow("x", pair))) this.dealer.takeBack();
    this.stage.tell({ "x.open": this.dealer.hidden !== null });
  }

  /** What is hidden is named. What it is stands nowhere in the page before that is told. @param {Name | undefined} name */
  name(name) {
    const pair = this.runs.x;
    const outcome = name && pair?.over ? this.dealer.name(name) : null;
    if (!name || !pair || !outcome) return;
    const { signs, figures } = seen(pair);
    const sign = outcome === "right" ? null : against(name, signs);
    const facts = SIGNS.flatMap((one) => [[`seen.${one}.yes`, one === sign && signs[one]], [`seen.${one}.no`, one === sign && !signs[one]]]);
    const { right, last, done } = this.dealer;
    this.stage.tell({
      ...Object.fromEntries([...facts, ...NAMES.map((one) => [`named.${one}`, one === name])]),
      ...Object.fromEntries(Object.entries(figures).map(([figure, value]) => [`seen.${figure}`, value])),
      "x.given": true, "x.right": outcome === "right", "x.wrong": outcome === "wrong", "x.told": outcome === "told", "x.alike": outcome !== "right" && !sign,
      "x.was": outcome === "wrong" ? "" : last, "x.open": outcome === "wrong", "x.count": right.length, "x.done": done,
    });
  }
}

/** @param {Way | "none" | null} way */
function called(way) {
  return way === null || way === "none" ? text("lessons.nothing") : text(`called.${way}`);
}

/** What our client decided in a run; but not the network's name, which the server tells it. @param {HTMLElement} element @param {Pair | null} pair */
function decided(element, pair) {
  const known = (pair?.decisions ?? []).filter(({ parts }) => !parts.some(({ key }) => key === "network"));
  const items = known.map(({ at, parts }) => make("li", {}, make("b", {}, `${(at / 1000).toFixed(1)} s`), make("span", {}, text("said", { parts: phrase(parts) }))));
  element.replaceChildren(make("ol", { class: "events" }, ...items));
}
